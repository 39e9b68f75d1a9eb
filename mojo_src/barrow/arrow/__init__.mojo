"""Columns in Arrow's layout and the kernels that read them."""

from barrow.arrow.decode import narrow, to_float64, total, widen
from barrow.arrow.from_float import from_floats
from barrow.arrow.from_values import from_decimals, from_texts
from barrow.arrow.outcome import Outcome
