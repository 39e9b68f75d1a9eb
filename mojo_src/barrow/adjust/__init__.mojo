"""Prices moved or multiplied in stretches of time, on integers.

Segments say which stretch a row is in; one kernel adds an amount to the rows of each, the
other multiplies them by a fraction.
"""

from barrow.adjust.ratio import Factor, Factors, Scaled, multiply_rows
from barrow.adjust.runs import Runs, runs_of
from barrow.adjust.shift import shift_rows
