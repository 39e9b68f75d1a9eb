"""Whole jobs: a text into an Arrow file, any file into records, into
another, or into a catalog."""

from barrow.etl.catalog import write_catalog
from barrow.etl.convert import convert
from barrow.etl.formats import ConvertReport
from barrow.etl.ingest import IngestReport, ingest
from barrow.etl.open import open_records

__all__ = ["ConvertReport", "IngestReport", "convert", "ingest", "open_records", "write_catalog"]
