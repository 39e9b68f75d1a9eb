"""Rows for the tests of indicators, and ways to send them through a machine."""

from std.memory import bitcast
from std.random import random_float64, seed
from std.testing import assert_equal, assert_true

from barrow.fence import ColumnView, MutColumnView
from barrow.indicators import (
    Indicator,
    Inputs,
    Outputs,
    Parameters,
    Row,
    Runner,
    batch,
)

comptime NAN = Float64(0) / Float64(0)


struct Feed(Movable, Sized):
    """Columns of bars."""

    var open: List[Float64]
    var high: List[Float64]
    var low: List[Float64]
    var close: List[Float64]
    var volume: List[Float64]

    def __init__(out self, var close: List[Float64]):
        """Bars of one price each, which trade 1, 2, 3, ..."""
        self.open = close.copy()
        self.high = close.copy()
        self.low = close.copy()
        self.volume = List[Float64]()
        for i in range(len(close)):
            self.volume.append(Float64(i + 1))
        self.close = close^

    def __init__(out self, *, random: Int):
        """A walk near 100."""
        seed(random)
        self.open = List[Float64]()
        self.high = List[Float64]()
        self.low = List[Float64]()
        self.close = List[Float64]()
        self.volume = List[Float64]()
        var price = 100.0
        for _ in range(random):
            self.open.append(price)
            price += random_float64(-1, 1)
            var before = self.open[len(self.open) - 1]
            self.close.append(price)
            self.high.append(max(price, before) + random_float64(0, 1))
            self.low.append(min(price, before) - random_float64(0, 1))
            self.volume.append(random_float64(1, 1000))

    def __len__(self) -> Int:
        return len(self.close)

    def spoil(mut self, at: Int, value: Float64):
        """Puts a value that is no number into every column."""
        self.open[at] = value
        self.high[at] = value
        self.low[at] = value
        self.close[at] = value
        self.volume[at] = value

    def row(self, at: Int, uses: Int) -> Row:
        """A row as the extension sends it: 0 where a column is not read."""
        return Row(
            self.open[at] if uses & 1 else 0.0,
            self.high[at] if uses & 2 else 0.0,
            self.low[at] if uses & 4 else 0.0,
            self.close[at] if uses & 8 else 0.0,
            self.volume[at] if uses & 16 else 0.0,
        )

    def inputs(ref self) -> Inputs:
        """All columns; the feed must be kept until they are last used."""
        return Inputs(
            _view(self.open),
            _view(self.high),
            _view(self.low),
            _view(self.close),
            _view(self.volume),
        )


def _view(values: List[Float64]) -> ColumnView[DType.float64]:
    return ColumnView[DType.float64](
        address=Int(values.unsafe_ptr()), length=len(values)
    )


struct Found(Movable):
    """Room for what an indicator gives."""

    var columns: List[List[Float64]]

    def __init__(out self, rows: Int):
        self.columns = List[List[Float64]]()
        for _ in range(4):
            self.columns.append(List[Float64](length=rows, fill=-7))

    def outputs(ref self) -> Outputs:
        """All four; the room must be kept until they are last used."""
        return Outputs(
            self._view(0), self._view(1), self._view(2), self._view(3)
        )

    def _view(ref self, at: Int) -> MutColumnView[DType.float64]:
        return MutColumnView[DType.float64](
            address=Int(self.columns[at].unsafe_ptr()),
            length=len(self.columns[at]),
        )


def at_once[
    I: Indicator
](feed: Feed, parameters: Parameters, skip: Bool = False) -> Found:
    """The values of all rows, as a function of Python computes them."""
    var found = Found(len(feed))
    batch[I](parameters, skip, feed.inputs(), found.outputs(), len(feed))
    return found^


def one_by_one[
    I: Indicator
](feed: Feed, parameters: Parameters, skip: Bool = False) -> Found:
    """The values of all rows, as a class of Python gives them."""
    var found = Found(len(feed))
    var runner = Runner[I](parameters, skip)
    for at in range(len(feed)):
        var values = runner.update(feed.row(at, I.USES))
        for k in range(4):
            found.columns[k][at] = values[k]
    return found^


def assert_same[count: Int](one: Found, other: Found, what: String) raises:
    """Compares bits; any NaN equals any other."""
    for k in range(count):
        for at in range(len(one.columns[k])):
            var a = one.columns[k][at]
            var b = other.columns[k][at]
            if a != a and b != b:
                continue
            assert_equal(
                bitcast[DType.uint64](a),
                bitcast[DType.uint64](b),
                String(what, ", output ", k, ", row ", at),
            )


def assert_near(value: Float64, expected: Float64, what: String) raises:
    """Compares numbers that were rounded a few times; any NaN equals any other."""
    if expected != expected:
        assert_true(value != value, String(what, " is ", value))
    else:
        var near = abs(value - expected) <= 1e-14 * abs(expected)
        assert_true(near, String(what, " is ", value, ", not ", expected))


def check[
    I: Indicator
](close: List[Float64], parameters: Parameters, expected: List[Float64]) raises:
    """The first output of bars of one price each is as expected, NaN included."""
    var feed = Feed(close.copy())
    var found = at_once[I](feed, parameters)
    for at in range(len(close)):
        var value = found.columns[0][at]
        assert_near(value, expected[at], String("row ", at))
