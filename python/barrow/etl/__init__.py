"""Whole jobs: a text into an Arrow file, any file into records, into another, or into a
catalog; and `io`, the files between stages."""

from barrow.etl.catalog import write_catalog
from barrow.etl.convert import convert
from barrow.etl.formats import ConvertReport
from barrow.etl.ingest import IngestReport, ingest
from barrow.etl.io import (
    EtlIO,
    ResampleIOFactory,
    ResampleIOIndex,
    ResampleIOReader,
    ResampleIOWriter,
)
from barrow.etl.open import open_records
from barrow.etl.pipeline import Pipeline, RunReport, Symbol, SymbolReport, load_pipeline, run
from barrow.etl.quantize_file import QuantizeReport, dequantize_file, quantize_file
from barrow.etl.resample_file import ResampledFile, resample_file
from barrow.etl.stages import StageReport, aggregate, resample, transform

__all__ = [
    "ConvertReport",
    "EtlIO",
    "IngestReport",
    "Pipeline",
    "QuantizeReport",
    "ResampleIOFactory",
    "ResampleIOIndex",
    "ResampleIOReader",
    "ResampleIOWriter",
    "ResampledFile",
    "RunReport",
    "StageReport",
    "Symbol",
    "SymbolReport",
    "aggregate",
    "convert",
    "dequantize_file",
    "ingest",
    "load_pipeline",
    "open_records",
    "quantize_file",
    "resample",
    "resample_file",
    "run",
    "transform",
    "write_catalog",
]
