"""Stages of a pipeline: what came to files of a vendor goes on to canonical bars of a day
each, to one file, and to files of longer timeframes; each goes on where it stopped."""

from barrow.etl.stages.aggregate import aggregate
from barrow.etl.stages.report import StageReport
from barrow.etl.stages.resample import resample
from barrow.etl.stages.settings import StageFormat
from barrow.etl.stages.transform import transform

__all__ = ["StageFormat", "StageReport", "aggregate", "resample", "transform"]
