"""Columns in Arrow's layout and the kernels that read them."""

from barrow.arrow.decode import narrow, to_float64, total, widen
