"""What a model is, and the names of its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from operator import index
from typing import Any, Literal

import numpy as np

from barrow.errors import BarrowArgumentError, message

Trend = Literal["n", "c", "t", "ct"]
Doubles = np.ndarray[Any, np.dtype[np.float64]]
_TRENDS = ("n", "c", "t", "ct")
# A state of so many numbers already takes megabytes and milliseconds a pass.
_LARGEST_LAG = 1_000


@dataclass(frozen=True)
class Order:
    """The orders of a seasonal ARIMA model, and its trend.

    With w the series after `d` differences and `D` of a season `s`, w(t) = trend(t) + u(t) and
    (1 - ar1 B - ...)(1 - sar1 B^s - ...) u = (1 + ma1 B + ...)(1 + sma1 B^s + ...) e.

    Attributes:
        p: Autoregressive coefficients.
        d: Differences.
        q: Moving average coefficients.
        seasonal: (P, D, Q, s); (0, 0, 0, 1) without a season.
        trend: Of the differenced series: "n" none, "c" a constant (with one difference: a drift),
            "t" a slope, "ct" both. The first difference is at time 1.
    """

    p: int
    d: int
    q: int
    seasonal: tuple[int, int, int, int] = (0, 0, 0, 1)
    trend: Trend = "n"

    @classmethod
    def of(
        cls, p: int, d: int, q: int, seasonal: tuple[int, ...] | None, trend: str | None
    ) -> Order:
        """Looks at orders as a caller gives them.

        Args:
            p: Autoregressive coefficients.
            d: Differences.
            q: Moving average coefficients.
            seasonal: (P, D, Q, s), or None.
            trend: One of "n", "c", "t", "ct"; None for "c" without differences, else "n".

        Raises:
            BarrowArgumentError: A number is negative or too large, or the trend is none.
        """
        given = (0, 0, 0, 1) if seasonal is None else tuple(index(n) for n in seasonal)
        if len(given) != 4:
            raise _refused("seasonal", f"{given} are not the four numbers (P, D, Q, s)")
        many, more, most, season = given
        numbers = {"p": p, "d": d, "q": q, "P": many, "D": more, "Q": most}
        for name, number in numbers.items():
            if index(number) < 0:
                raise _refused(name, f"{number} is negative")
        if many + more + most == 0:
            season = 1
        elif season < 2:
            raise _refused("seasonal", f"a season of {season}: s is at least 2")
        if max(p, d, q) + season * max(many, more, most) > _LARGEST_LAG:
            raise _refused("order", f"the longest lag is above {_LARGEST_LAG}")
        if trend is None:
            trend = "n" if d + more else "c"
        if trend not in _TRENDS:
            raise _refused("trend", f"{trend!r} is none of {', '.join(_TRENDS)}")
        return cls(index(p), index(d), index(q), (many, more, most, season), trend)  # type: ignore[arg-type]

    def __str__(self) -> str:
        many, more, most, season = self.seasonal
        text = f"ARIMA({self.p}, {self.d}, {self.q})"
        if season > 1:
            text += f"({many}, {more}, {most})[{season}]"
        return text if self.trend == "n" else f'{text} trend="{self.trend}"'

    @property
    def lost(self) -> int:
        """Values that differencing takes."""
        return self.d + self.seasonal[1] * self.seasonal[3]

    @property
    def free(self) -> int:
        """Coefficients of the polynomials."""
        return self.p + self.q + self.seasonal[0] + self.seasonal[2]

    @property
    def estimated(self) -> int:
        """Parameters that are estimated, the variance among them."""
        return self.free + len(self.trend_names) + 1

    @property
    def fewest(self) -> int:
        """Values that a series must have."""
        return self.lost + self.free + len(self.trend_names) + 2

    @property
    def trend_names(self) -> list[str]:
        """Names of the coefficients of the trend."""
        constant = "drift" if self.lost else "const"
        return {"n": [], "c": [constant], "t": ["slope"], "ct": [constant, "slope"]}[self.trend]

    @property
    def names(self) -> list[str]:
        """Names of all parameters, in order."""
        many, _, most, season = self.seasonal
        return [
            *(f"ar.L{i + 1}" for i in range(self.p)),
            *(f"ma.L{i + 1}" for i in range(self.q)),
            *(f"ar.S.L{(i + 1) * season}" for i in range(many)),
            *(f"ma.S.L{(i + 1) * season}" for i in range(most)),
            *self.trend_names,
            "sigma2",
        ]

    def numbers(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """As the kernels take it."""
        constant, slope = "c" in self.trend, "t" in self.trend
        return np.array([self.p, self.d, self.q, *self.seasonal, constant, slope], np.int64)

    def shown(self, vectors: Doubles) -> Doubles:
        """Parameters that the model has, out of those that kernels give, in the last axis."""
        free = self.free
        kept = [*range(free), *([free] if "c" in self.trend else [])]
        kept += [free + 1] if "t" in self.trend else []
        return vectors[..., [*kept, free + 2]]

    def vector(self, values: Doubles) -> Doubles:
        """What kernels take, from the parameters that the model has."""
        full = np.zeros(self.free + 3)
        free = self.free
        full[:free] = values[:free]
        at = free
        if "c" in self.trend:
            full[free] = values[at]
            at += 1
        if "t" in self.trend:
            full[free + 1] = values[at]
        full[free + 2] = values[-1]
        return full


def _refused(name: str, what: str) -> BarrowArgumentError:
    return BarrowArgumentError(message(name, what))
