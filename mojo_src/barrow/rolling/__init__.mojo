"""Statistics of windows that move over series of numbers, as pandas defines them."""

from barrow.rolling.ewm import Weighted, WeightedMoments, weighted_moment
from barrow.rolling.exact import exact_sum, exact_variance, first_too_large
from barrow.rolling.interpolation import Interpolation, QuantilePlace
from barrow.rolling.ladder import Fold, Ladder
from barrow.rolling.moments import Moment, rolling_moment
from barrow.rolling.ordered import OrderedWindow, RankMethod, rolling_rank
from barrow.rolling.places import rolling_place
from barrow.rolling.quantiles import rolling_quantile
from barrow.rolling.sums import rolling_fold
