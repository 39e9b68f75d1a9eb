"""Whole jobs: a text into an Arrow file, any file into records, or into another."""

from barrow.etl.convert import ConvertReport, convert
from barrow.etl.ingest import IngestReport, ingest
from barrow.etl.open import open_records
from barrow.etl.resample_file import ResampledFile, resample_file

__all__ = [
    "ConvertReport",
    "IngestReport",
    "ResampledFile",
    "convert",
    "ingest",
    "open_records",
    "resample_file",
]
