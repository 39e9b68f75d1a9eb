"""Bars of longer timeframes from bars or ticks, on exact integers."""

from barrow.resample.options import ResampleKeywords
from barrow.resample.report import ResampleReport
from barrow.resample.resample import resample
from barrow.resample.resampler import Resampler
from barrow.resample.timeframe import Timeframe

__all__ = ["ResampleKeywords", "ResampleReport", "Resampler", "Timeframe", "resample"]
