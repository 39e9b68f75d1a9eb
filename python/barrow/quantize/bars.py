"""Model inputs from columns of bars, each with its inverse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from barrow._columns import Array
from barrow.errors import BarrowArgumentError, message


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Bins of equal shares of the data they were made of.

    Attributes:
        edges: float64, rising: bin i has the values from `edges[i - 1]` to below `edges[i]`;
            the first and the last bin are open.
        centers: float64, what a bin stands for: the mean of its values.
    """

    edges: Array
    centers: Array

    @classmethod
    def fit(cls, values: Array, count: int) -> Bins:
        """Makes bins at the quantiles of values; equal edges become one.

        Args:
            values: Finite numbers, one axis.
            count: Bins, from 2 to 65,536.

        Raises:
            BarrowArgumentError: There are no values, or the count is out of range.
        """
        x = _finite(values)
        if not 2 <= count <= 65_536:
            raise BarrowArgumentError(message("count", f"{count}, expected 2 to 65536 bins"))
        edges = np.unique(np.quantile(x, np.arange(1, count) / count))
        edges = edges[edges > x.min()]
        bins = np.searchsorted(edges, x, "right")
        shares = np.bincount(bins, minlength=len(edges) + 1)
        return cls(edges, np.bincount(bins, x, len(edges) + 1) / np.maximum(shares, 1))

    def encode(self, values: Array) -> Array:
        """The bin of every value, uint16."""
        return np.searchsorted(self.edges, _finite(values), "right").astype(np.uint16)

    def decode(self, bins: Array) -> Array:
        """What bins stand for, float64: the inverse of `encode` up to the width of a bin."""
        return self.centers[bins]


@dataclass(frozen=True, slots=True)
class ZScore:
    """Values less their mean, in standard deviations.

    Attributes:
        mean: Of the values it was made of.
        deviation: Their standard deviation, of the population; 1 if all are equal.
    """

    mean: float
    deviation: float

    @classmethod
    def fit(cls, values: Array) -> ZScore:
        """Takes mean and deviation of finite numbers.

        Raises:
            BarrowArgumentError: There are none, or one is not finite.
        """
        x = _finite(values)
        return cls(float(x.mean()), float(x.std()) or 1.0)

    def encode(self, values: Array) -> Array:
        """Model inputs, float32."""
        return ((_finite(values) - self.mean) / self.deviation).astype(np.float32)

    def decode(self, inputs: Array) -> Array:
        """The values, float64, up to the rounding of the inputs to float32."""
        return inputs.astype(np.float64) * self.deviation + self.mean


def log_returns(prices: Array) -> Array:
    """log(price / price before), float64, one less than there are prices.

    Args:
        prices: Finite numbers above 0, one axis, such as `bars.to_float64("close")`.

    Raises:
        BarrowArgumentError: There are none, or one is not above 0.
    """
    x = _finite(prices)
    if (x <= 0).any():
        at = int(np.argmax(x <= 0))
        raise BarrowArgumentError(message("prices", f"value {at} is {x[at]}, expected more than 0"))
    return np.diff(np.log(x))


def from_log_returns(returns: Array, first: float) -> Array:
    """Prices from returns and the first price: the inverse of `log_returns`, float64."""
    steps: Array = np.concatenate([[0.0], np.cumsum(returns, dtype=np.float64)])
    prices: Array = first * np.exp(steps)
    return prices


def _finite(values: Array) -> Array:
    x = np.asarray(values, np.float64)
    if x.ndim != 1 or not len(x):
        raise BarrowArgumentError(
            message("values", f"their shape is {x.shape}, expected one axis that is not empty")
        )
    good = np.isfinite(x)
    if not good.all():
        at = int(np.argmin(good))
        raise BarrowArgumentError(message("values", f"value {at} is {x[at]}, expected a number"))
    return x
