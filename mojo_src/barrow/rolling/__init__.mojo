"""Statistics of windows that move over series of numbers, as pandas defines them."""

from barrow.rolling.ladder import Fold, Ladder
from barrow.rolling.sums import rolling_fold
