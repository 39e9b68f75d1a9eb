"""Whole jobs: a text into an Arrow file, and any file into records."""

from barrow.etl.ingest import IngestReport, ingest
from barrow.etl.open import open_records

__all__ = ["IngestReport", "ingest", "open_records"]
