"""Back-adjustment of futures rolls and corporate actions, on integers."""

from barrow.adjust.adjust import adjust
from barrow.adjust.adjustments import Adjustments, Window
from barrow.adjust.report import AdjustReport

__all__ = ["AdjustReport", "Adjustments", "Window", "adjust"]
