"""Whole jobs: a text into an Arrow file, any file into records, or into another."""

from barrow.etl.convert import ConvertReport, convert
from barrow.etl.ingest import IngestReport, ingest
from barrow.etl.open import open_records

__all__ = ["ConvertReport", "IngestReport", "convert", "ingest", "open_records"]
