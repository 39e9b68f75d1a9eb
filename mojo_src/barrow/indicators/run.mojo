"""Rows of columns through a machine: missing values, the warm-up, restarts."""

from std.math import isfinite
from std.utils.numerics import nan

from barrow.fence import ColumnView, MutColumnView
from barrow.indicators.machine import *


# From this many rows on results are larger than the caches of most machines.
comptime _STREAMED = 1 << 21


@fieldwise_init
struct Inputs(ImplicitlyCopyable):
    """The columns of bars; those that are not read may be empty."""

    var open: ColumnView[DType.float64]
    """First prices."""
    var high: ColumnView[DType.float64]
    """Highest prices."""
    var low: ColumnView[DType.float64]
    """Lowest prices."""
    var close: ColumnView[DType.float64]
    """Last prices, or the values of a series."""
    var volume: ColumnView[DType.float64]
    """How much was traded."""


@fieldwise_init
struct Outputs(ImplicitlyCopyable):
    """Where values go; an indicator with fewer outputs leaves the last ones alone."""

    var first: MutColumnView[DType.float64]
    """The first output."""
    var second: MutColumnView[DType.float64]
    """The second output."""
    var third: MutColumnView[DType.float64]
    """The third output."""
    var fourth: MutColumnView[DType.float64]
    """The fourth output."""

    @always_inline
    def store[count: Int](self, at: Int, values: Values):
        """Writes the values of a row.

        Parameters:
            count: How many there are.

        Args:
            at: The row.
            values: Its values.
        """
        self.first.store(at, values[0])
        comptime if count > 1:
            self.second.store(at, values[1])
        comptime if count > 2:
            self.third.store(at, values[2])
        comptime if count > 3:
            self.fourth.store(at, values[3])

    @always_inline
    def begin_lines[count: Int](self, at: Int) -> Bool:
        """Whether a row begins a cache line in every output.

        Parameters:
            count: How many outputs there are.

        Args:
            at: The row.

        Returns:
            Whether it does.
        """
        var places = self.first.address() + 8 * at
        comptime if count > 1:
            places |= self.second.address() + 8 * at
        comptime if count > 2:
            places |= self.third.address() + 8 * at
        return places % 64 == 0

    @always_inline
    def store_wide[count: Int, streamed: Bool](self, at: Int, results: Results):
        """Writes the values of `WIDE` rows.

        Parameters:
            count: How many outputs there are.
            streamed: Whether past the caches; the first row begins a line then.

        Args:
            at: The first row.
            results: Their values.
        """
        comptime assert count <= 3, "a fourth output has no room in Results"
        comptime if streamed:
            self.first.stream[WIDE](at, results.first)
            comptime if count > 1:
                self.second.stream[WIDE](at, results.second)
            comptime if count > 2:
                self.third.stream[WIDE](at, results.third)
        else:
            self.first.store[WIDE](at, results.first)
            comptime if count > 1:
                self.second.store[WIDE](at, results.second)
            comptime if count > 2:
                self.third.store[WIDE](at, results.third)


struct Runner[I: Indicator](Movable):
    """A machine with what the loop around it remembers.

    A row with a value that is not finite gives NaN. Then the machine starts over, so that
    values come back as after a warm-up; or, if it skips, goes on as if the row were not there.

    Parameters:
        I: The machine.
    """

    var machine: Self.I
    """It."""
    var parameters: Parameters
    """What it was made with."""
    var skip: Bool
    """Whether rows that are not finite are passed over."""
    var at: Int
    """How many rows it took since it started."""
    var warm: Int
    """How many rows have no values."""

    def __init__(out self, parameters: Parameters, skip: Bool):
        """Starts before the first row.

        Args:
            parameters: In the order of the indicator's table.
            skip: Whether rows that are not finite are passed over.
        """
        self.machine = Self.I(parameters)
        self.parameters = parameters
        self.skip = skip
        self.at = 0
        self.warm = self.machine.warm_up()

    def reset(mut self):
        """Forgets all rows."""
        self.machine = Self.I(self.parameters)
        self.at = 0

    def update(mut self, row: Row) -> Values:
        """Takes one row.

        Args:
            row: Its numbers; those the machine does not read are 0.

        Returns:
            The values; NaN in the warm-up.
        """
        var sum = row.open + row.high + row.low + row.close + row.volume
        if not _finite(row, sum):
            if not self.skip and self.at > 0:
                self.reset()
            return Values(nan[DType.float64]())
        var values = self.machine.update(row, self.at)
        self.at += 1
        return values if self.at > self.warm else Values(nan[DType.float64]())

    def run(mut self, inputs: Inputs, outputs: Outputs, first: Int, last: Int):
        """Takes rows of columns.

        Args:
            inputs: At least `last` values in every column the machine reads.
            outputs: Room for as many.
            first: The first row.
            last: The row after the last one.
        """
        var at = self.at
        _pass(
            self.machine,
            at,
            self.warm,
            self.parameters,
            self.skip,
            inputs,
            outputs,
            first,
            last,
        )
        self.at = at

    def visit(mut self, mut words: Words):
        """Saves or restores all that it remembers.

        Args:
            words: Takes the numbers, or replaces them.
        """
        words.count(self.at, 0, 1 << 53)
        self.machine.visit(words)


@always_inline
def _finite(row: Row, sum: Float64) -> Bool:
    """Whether all numbers of a row are; the sum of them overflows at worst for nothing."""
    return isfinite(sum) or (
        isfinite(row.open)
        and isfinite(row.high)
        and isfinite(row.low)
        and isfinite(row.close)
        and isfinite(row.volume)
    )


@always_inline
def _pass[
    I: Indicator
](
    mut machine: I,
    mut at: Int,
    warm: Int,
    parameters: Parameters,
    skip: Bool,
    inputs: Inputs,
    outputs: Outputs,
    first: Int,
    last: Int,
):
    """The loop. Inlined, so that the state of a local machine stays in registers."""
    comptime missing = nan[DType.float64]()
    var i = first
    while i < last:
        var until = last
        comptime if conforms_to(I, WideIndicator):
            if at % WIDE == 0:
                # Past the caches where they are too small and lines begin with groups.
                if len(outputs.first) >= _STREAMED and outputs.begin_lines[
                    I.OUTPUTS
                ](i):
                    i = _take_wide[streamed=True](
                        machine, at, inputs, outputs, i, last
                    )
                else:
                    i = _take_wide[streamed=False](
                        machine, at, inputs, outputs, i, last
                    )
            # One by one until a group may begin.
            until = min(i + WIDE - at % WIDE, last)
        # Nothing in here touches the machine from outside: its state stays in registers.
        while i < until:
            var row = Row(0, 0, 0, 0, 0)
            var sum = _load[I.USES](inputs, i, row)
            if not _finite(row, sum):
                break
            var values = machine.update(row, at)
            outputs.store[I.OUTPUTS](
                i, values if at >= warm else Values(missing)
            )
            at += 1
            i += 1
        if i < until:
            outputs.store[I.OUTPUTS](i, Values(missing))
            i += 1
            if not skip and at > 0:
                machine = I(parameters)
                at = 0


@always_inline
def _take_wide[
    I: WideIndicator, //, *, streamed: Bool
](
    mut machine: I,
    mut at: Int,
    inputs: Inputs,
    outputs: Outputs,
    first: Int,
    last: Int,
) -> Int:
    """Takes rows `WIDE` at once while it can; returns the first one it did not take."""
    var i = first
    while i + WIDE <= last and machine.ready(at):
        var rows = Rows(Lanes(0), Lanes(0), Lanes(0), Lanes(0), Lanes(0))
        var off = _load_wide[I.USES](inputs, i, rows)
        if not all(off.eq(0)):
            break
        outputs.store_wide[I.OUTPUTS, streamed](i, machine.update_wide(rows))
        at += WIDE
        i += WIDE
    return i


@always_inline
def _load_wide[uses: Int](inputs: Inputs, at: Int, mut rows: Rows) -> Lanes:
    """Reads the columns that are used; returns 0 for rows that are finite."""
    var off = Lanes(0)
    comptime if uses & OPEN != 0:
        rows.open = inputs.open.load[WIDE](at)
        off += rows.open - rows.open
    comptime if uses & HIGH != 0:
        rows.high = inputs.high.load[WIDE](at)
        off += rows.high - rows.high
    comptime if uses & LOW != 0:
        rows.low = inputs.low.load[WIDE](at)
        off += rows.low - rows.low
    comptime if uses & CLOSE != 0:
        rows.close = inputs.close.load[WIDE](at)
        off += rows.close - rows.close
    comptime if uses & VOLUME != 0:
        rows.volume = inputs.volume.load[WIDE](at)
        off += rows.volume - rows.volume
    return off


@always_inline
def _load[uses: Int](inputs: Inputs, at: Int, mut row: Row) -> Float64:
    """Reads the columns that are used; returns the sum of their values."""
    var sum = 0.0
    comptime if uses & CLOSE != 0:
        row.close = inputs.close.load[1](at)
        sum = row.close
    comptime if uses & OPEN != 0:
        row.open = inputs.open.load[1](at)
        sum += row.open
    comptime if uses & HIGH != 0:
        row.high = inputs.high.load[1](at)
        sum += row.high
    comptime if uses & LOW != 0:
        row.low = inputs.low.load[1](at)
        sum += row.low
    comptime if uses & VOLUME != 0:
        row.volume = inputs.volume.load[1](at)
        sum += row.volume
    return sum


def batch[
    I: Indicator
](
    parameters: Parameters,
    skip: Bool,
    inputs: Inputs,
    outputs: Outputs,
    count: Int,
):
    """Takes all rows from the start, with the state in registers.

    Parameters:
        I: The machine.

    Args:
        parameters: In the order of the indicator's table.
        skip: Whether rows that are not finite are passed over.
        inputs: At least `count` values in every column the machine reads.
        outputs: Room for as many.
        count: How many rows.
    """
    var machine = I(parameters)
    var at = 0
    _pass(
        machine,
        at,
        machine.warm_up(),
        parameters,
        skip,
        inputs,
        outputs,
        0,
        count,
    )
