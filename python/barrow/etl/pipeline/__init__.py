"""Pipelines: the stages of many symbols, from a configuration."""

from barrow.etl.pipeline.config import Pipeline, Symbol, load_pipeline, make_pipeline
from barrow.etl.pipeline.run import RunReport, SymbolReport, run

__all__ = [
    "Pipeline",
    "RunReport",
    "Symbol",
    "SymbolReport",
    "load_pipeline",
    "make_pipeline",
    "run",
]
