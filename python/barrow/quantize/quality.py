"""What was lost: mean squared error, largest error, cosine, signal to noise."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quality:
    """How near codes are to the values they were made of, all in doubles.

    Attributes:
        mse: The mean of squared differences; 0 of no values.
        max_abs: The largest difference.
        cosine: Of the angle between both as vectors: 1 if they point the same way.
        snr_db: Signal to noise, 10 * log10(sum of squares / sum of squared differences);
            infinite if nothing was lost.
    """

    mse: float
    max_abs: float
    cosine: float
    snr_db: float


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over values x and what their codes stand for, y.

    Attributes:
        count: How many there are.
        lost: Of (x - y)**2.
        values: Of x**2.
        stood: Of y**2.
        products: Of x * y.
        largest: The largest |x - y|.
    """

    count: int = 0
    lost: float = 0.0
    values: float = 0.0
    stood: float = 0.0
    products: float = 0.0
    largest: float = 0.0

    @classmethod
    def of(cls, count: int, sums: tuple[float, float, float, float, float]) -> Sums:
        """What a kernel gave."""
        return cls(count, *sums)

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.count + other.count,
            self.lost + other.lost,
            self.values + other.values,
            self.stood + other.stood,
            self.products + other.products,
            max(self.largest, other.largest),
        )

    def quality(self) -> Quality:
        """What the sums mean."""
        # Roots first: a product of both could be too small or too large for a double.
        lengths = math.sqrt(self.values) * math.sqrt(self.stood)
        same = self.values == self.stood
        cosine = self.products / lengths if lengths else float(same)
        snr = math.inf
        if self.lost:
            snr = 10 * math.log10(self.values / self.lost) if self.values else -math.inf
        return Quality(self.lost / max(self.count, 1), self.largest, cosine, snr)
