"""A quasi-Newton minimum of a likelihood (BFGS; Nocedal and Wright 2006, chapter 6).

A pass over the series gives the value and central differences in every direction, so a
step of the line search knows its gradient too.
"""

from std.math import sqrt

from barrow.arima.coefficients import F64
from barrow.arima.likelihood import Likelihood
from barrow.arima.prepare import Status
from barrow.fence import Pool

comptime _WIDTH = 1e-5
comptime _ENOUGH = 1e-9
comptime _FLAT = 1e-5
comptime _LONGEST = 0.5


struct Point(Copyable):
    """A place with the value and the gradient there."""

    var at: Pool[Float64]
    """Numbers without bounds."""
    var value: Float64
    """What is to be made small."""
    var gradient: Pool[Float64]
    """Its derivatives."""

    def __init__(out self, size: Int):
        """Makes the origin, where nothing is known.

        Args:
            size: How many dimensions there are.
        """
        self.at = Pool[Float64](length=size, fill=0.0)
        self.value = Float64.MAX
        self.gradient = Pool[Float64](length=size, fill=0.0)

    def steepest(self) -> Float64:
        """Gives the largest derivative.

        Returns:
            Its size.
        """
        var largest = 0.0
        for i in range(len(self.gradient)):
            largest = max(largest, abs(self.gradient[i]))
        return largest


def look[lanes: Int](mut likelihood: Likelihood[lanes], mut point: Point):
    """Evaluates the value and the gradient at a place.

    Parameters:
        lanes: Parameter sets in a pass.

    Args:
        likelihood: What to evaluate.
        point: The place; gets the rest.
    """
    comptime V = SIMD[F64, lanes]
    comptime pairs = (lanes - 1) // 2
    var size = len(point.at)
    var begin = 0
    while True:
        var end = min(begin + pairs, size)
        for i in range(size):
            var numbers = V(point.at[i])
            if begin <= i < end:
                numbers[1 + i - begin] += _WIDTH
                numbers[1 + pairs + i - begin] -= _WIDTH
            likelihood.free.store[lanes](i * lanes, numbers)
        var values = likelihood.at_free()
        point.value = values[0]
        for i in range(begin, end):
            point.gradient[i] = (
                values[1 + i - begin] - values[1 + pairs + i - begin]
            ) / (2.0 * _WIDTH)
        begin = end
        if begin >= size:
            break


@fieldwise_init
struct Descent(Copyable):
    """How a minimization ended."""

    var point: Point
    """Where."""
    var status: Int
    """`CONVERGED`, `LIMIT` or `STALLED`."""
    var iterations: Int
    """How many directions were searched."""


def minimize[
    lanes: Int
](mut likelihood: Likelihood[lanes], var start: Point, limit: Int) -> Descent:
    """Goes down to a local minimum.

    Parameters:
        lanes: Parameter sets in a pass.

    Args:
        likelihood: What to make small.
        start: Where to begin.
        limit: How many directions to search at most.

    Returns:
        Where that ended, and how.
    """
    var size = len(start.at)
    look(likelihood, start)
    var here = start^
    if size == 0:
        return Descent(here^, Status.CONVERGED, 0)
    var there = Point(size)
    var inverse = Pool[Float64](length=size * size, fill=0.0)
    var direction = Pool[Float64](length=size, fill=0.0)
    var change = Pool[Float64](length=size, fill=0.0)
    var image = Pool[Float64](length=size, fill=0.0)
    var fresh = True
    var count = Float64(likelihood.sums.count)
    for iteration in range(limit):
        if fresh:
            for i in range(size):
                for j in range(size):
                    inverse[i * size + j] = 1.0 if i == j else 0.0
        var slope = _aim(inverse, here.gradient, direction)
        if not fresh and slope > -_ENOUGH / count:
            if here.steepest() < _FLAT:
                return Descent(here^, Status.CONVERGED, iteration)
        if slope >= 0.0 or slope != slope:
            if fresh:
                return Descent(here^, _judge(here), iteration)
            fresh = True
            continue
        var length = 0.0
        for i in range(size):
            length = max(length, abs(direction[i]))
        var step = min(1.0, (0.1 if fresh else _LONGEST) / length)
        if fresh and length < 1e-8:
            return Descent(here^, Status.CONVERGED, iteration)
        var found = False
        for _ in range(25):
            for i in range(size):
                there.at[i] = here.at[i] + step * direction[i]
            look(likelihood, there)
            if there.value <= here.value + 1e-4 * step * slope:
                found = True
                break
            # The minimum of the parabola through both values and the slope.
            var rise = there.value - here.value - step * slope
            var shorter = -0.5 * slope * step * step / rise
            if not shorter > 0.1 * step:
                shorter = 0.1 * step
            step = min(shorter, 0.5 * step)
        if not found:
            if fresh or here.steepest() < _FLAT:
                return Descent(here^, _judge(here), iteration)
            fresh = True
            continue
        _learn(inverse, here, there, change, image, fresh)
        fresh = False
        swap(here, there)
    return Descent(here^, Status.LIMIT, limit)


def _judge(point: Point) -> Int:
    return Status.CONVERGED if point.steepest() < _FLAT else Status.STALLED


def _aim(
    inverse: Pool[Float64],
    gradient: Pool[Float64],
    mut direction: Pool[Float64],
) -> Float64:
    """Sets the direction of descent; returns the slope along it."""
    var size = len(gradient)
    var slope = 0.0
    for i in range(size):
        var total = 0.0
        for j in range(size):
            total -= inverse[i * size + j] * gradient[j]
        direction[i] = total
        slope += total * gradient[i]
    return slope


def _learn(
    mut inverse: Pool[Float64],
    here: Point,
    there: Point,
    mut change: Pool[Float64],
    mut image: Pool[Float64],
    fresh: Bool,
):
    """Updates the inverse of the second derivatives."""
    var size = len(change)
    var along = 0.0
    var steep = 0.0
    var far = 0.0
    for i in range(size):
        change[i] = there.at[i] - here.at[i]
        var bend = there.gradient[i] - here.gradient[i]
        along += change[i] * bend
        steep += bend * bend
        far += change[i] * change[i]
    if not along > 1e-10 * sqrt(steep * far):
        return
    if fresh:
        for i in range(size):
            inverse[i * size + i] = along / steep
    var quadratic = 0.0
    for i in range(size):
        var total = 0.0
        for j in range(size):
            total += inverse[i * size + j] * (
                there.gradient[j] - here.gradient[j]
            )
        image[i] = total
        quadratic += total * (there.gradient[i] - here.gradient[i])
    var scale = (1.0 + quadratic / along) / along
    for i in range(size):
        for j in range(size):
            inverse[i * size + j] += (
                scale * change[i] * change[j]
                - (change[i] * image[j] + image[i] * change[j]) / along
            )
