"""Bars of longer timeframes from bars or ticks, on exact integers."""

from barrow.resample.aggregator import BarAggregator
from barrow.resample.information import information_bars
from barrow.resample.information_options import InformationKeywords
from barrow.resample.options import ResampleKeywords
from barrow.resample.report import ResampleReport
from barrow.resample.resample import resample
from barrow.resample.resampler import Resampler
from barrow.resample.threshold import ExpectedThreshold, Threshold, is_information
from barrow.resample.timeframe import Timeframe

__all__ = [
    "BarAggregator",
    "ExpectedThreshold",
    "InformationKeywords",
    "ResampleKeywords",
    "ResampleReport",
    "Resampler",
    "Threshold",
    "Timeframe",
    "information_bars",
    "is_information",
    "resample",
]
