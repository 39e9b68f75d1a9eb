"""Technical indicators: one state machine each, fed a row at a time or whole columns."""

from barrow.indicators.kinds import Visitor, visit_kinds
from barrow.indicators.machine import (
    Indicator,
    Parameters,
    Row,
    Values,
    Words,
)
from barrow.indicators.run import Inputs, Outputs, Runner, batch
