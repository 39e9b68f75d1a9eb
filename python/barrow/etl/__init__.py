"""Whole jobs: a text into an Arrow file, any file into records, or into another; and
`io`, the files between stages."""

from barrow.etl.convert import ConvertReport, convert
from barrow.etl.ingest import IngestReport, ingest
from barrow.etl.io import (
    EtlIO,
    ResampleIOFactory,
    ResampleIOIndex,
    ResampleIOReader,
    ResampleIOWriter,
)
from barrow.etl.open import open_records

__all__ = [
    "ConvertReport",
    "EtlIO",
    "IngestReport",
    "ResampleIOFactory",
    "ResampleIOIndex",
    "ResampleIOReader",
    "ResampleIOWriter",
    "convert",
    "ingest",
    "open_records",
]
