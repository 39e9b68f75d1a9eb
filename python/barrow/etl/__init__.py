"""Whole jobs: a text into an Arrow file, and any file into bars."""

from barrow.etl.ingest import IngestReport, ingest
from barrow.etl.open import open_bars

__all__ = ["IngestReport", "ingest", "open_bars"]
