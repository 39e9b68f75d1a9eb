"""Checks of bars: eight at a time, and one by one as a twin says."""

from std.random import random_ui64, seed
from std.testing import TestSuite, assert_equal

from barrow.fence import ColumnView
from barrow.fixed import largest_raw
from barrow.model import BarChecks, BarColumns, Check, check_bars

comptime MINUTE = UInt64(60_000_000_000)
comptime START = UInt64(1_704_196_800_000_000_000)


struct Bars[price: DType, size: DType](Movable):
    """Columns owned by the test; good bars until something is changed."""

    var opens: List[Scalar[Self.price]]
    var highs: List[Scalar[Self.price]]
    var lows: List[Scalar[Self.price]]
    var closes: List[Scalar[Self.price]]
    var volumes: List[Scalar[Self.size]]
    var stamps: List[UInt64]

    def __init__(out self, rows: Int):
        self.opens = List[Scalar[Self.price]](length=rows, fill=20)
        self.highs = List[Scalar[Self.price]](length=rows, fill=30)
        self.lows = List[Scalar[Self.price]](length=rows, fill=10)
        self.closes = List[Scalar[Self.price]](length=rows, fill=20)
        self.volumes = List[Scalar[Self.size]](length=rows, fill=5)
        self.stamps = List[UInt64](length=rows, fill=START)
        for i in range(rows):
            self.stamps[i] += UInt64(i) * MINUTE

    def view(
        mut self, begin: Int, end: Int
    ) -> BarColumns[Self.price, Self.size]:
        var rows = end - begin
        var stamps = ColumnView[DType.uint64](
            address=Int(self.stamps.unsafe_ptr().unsafe_offset(begin)),
            length=rows,
        )
        return BarColumns[Self.price, Self.size](
            _view[Self.price](self.opens, begin, rows),
            _view[Self.price](self.highs, begin, rows),
            _view[Self.price](self.lows, begin, rows),
            _view[Self.price](self.closes, begin, rows),
            _view[Self.size](self.volumes, begin, rows),
            stamps,
            stamps,
        )


def _view[
    dtype: DType
](mut values: List[Scalar[dtype]], begin: Int, rows: Int) -> ColumnView[dtype]:
    return ColumnView[dtype](
        address=Int(values.unsafe_ptr().unsafe_offset(begin)), length=rows
    )


def checked[
    price: DType, size: DType
](mut bars: Bars[price, size], step: UInt64, batch: Int) -> BarChecks:
    var checks = BarChecks()
    var rows = len(bars.stamps)
    for begin in range(0, rows, batch):
        check_bars(bars.view(begin, min(begin + batch, rows)), step, checks)
    return checks^


def twin[
    price: DType, size: DType
](bars: Bars[price, size], step: UInt64) -> BarChecks:
    """The same, written down as the checks are described."""
    var checks = BarChecks()
    var largest = Int128(largest_raw[price]())
    for i in range(len(bars.stamps)):
        var open = Int128(bars.opens[i])
        var high = Int128(bars.highs[i])
        var low = Int128(bars.lows[i])
        var close = Int128(bars.closes[i])
        if high < open or high < low or high < close:
            checks.note(Check.HIGH, i)
        if low > open or low > close:
            checks.note(Check.LOW, i)
        var outside = UInt128(bars.volumes[i]) > largest_raw[size]()
        for value in [open, high, low, close]:
            outside |= value > largest or value < -largest
        if outside:
            checks.note(Check.RANGE, i)
        if i > 0:
            var step_back = bars.stamps[i - 1] > bars.stamps[i]
            if step_back:
                checks.note(Check.ORDER, i)
            elif bars.stamps[i - 1] == bars.stamps[i]:
                checks.note(Check.DUPLICATE, i)
            elif step > 0 and bars.stamps[i] - bars.stamps[i - 1] > step:
                checks.note(Check.GAP, i)
                var gap = Int(bars.stamps[i] - bars.stamps[i - 1])
                if gap > checks.longest_gap:
                    checks.longest_gap = gap
                    checks.longest_gap_row = i
    checks.rows = len(bars.stamps)
    return checks^


def told(checks: BarChecks) -> String:
    var text = String(
        checks.rows,
        " rows, gap ",
        checks.longest_gap,
        " at ",
        checks.longest_gap_row,
    )
    for i in range(Check.COUNT):
        text += String(", ", checks.counts[i], "@", checks.first_rows[i])
    return text^


def spoil[price: DType, size: DType](mut bars: Bars[price, size], row: Int):
    """Changes one cell to something near or far, good or not."""
    comptime largest = largest_raw[price]().cast[price]()
    comptime ends: List[Scalar[price]] = [
        largest,
        largest + 1,
        -largest,
        -largest - 1,
        Scalar[price].MAX,
        Scalar[price].MIN,
        0,
        10,
        20,
        30,
        31,
        9,
    ]
    var value = materialize[ends]()[Int(random_ui64(0, 11))]
    var column = random_ui64(0, 5)
    if column == 0:
        bars.opens[row] = value
    elif column == 1:
        bars.highs[row] = value
    elif column == 2:
        bars.lows[row] = value
    elif column == 3:
        bars.closes[row] = value
    elif column == 4:
        var top = largest_raw[size]().cast[size]()
        bars.volumes[row] = [top, top + 1, Scalar[size].MAX, 0][
            Int(random_ui64(0, 3))
        ]
    else:
        bars.stamps[row] = [
            bars.stamps[max(row - 1, 0)],
            bars.stamps[row] + 1,
            bars.stamps[row] - 1,
            UInt64(0),
            UInt64.MAX // 2,
            START,
        ][Int(random_ui64(0, 5))]


def check_random[price: DType, size: DType](rounds: Int) raises:
    for round in range(rounds):
        var bars = Bars[price, size](Int(random_ui64(1, 70)))
        for _ in range(round % 4):
            spoil(bars, Int(random_ui64(0, UInt64(len(bars.stamps) - 1))))
        for step in [UInt64(0), MINUTE, MINUTE - 1, 2 * MINUTE]:
            var wanted = told(twin(bars, step))
            for batch in [1, 7, 8, 9, 33, 100]:
                assert_equal(told(checked(bars, step, batch)), wanted)


def test_good_bars_have_no_faults() raises:
    var bars = Bars[DType.int64, DType.uint64](1_000)
    assert_equal(
        told(checked(bars, MINUTE, 64)),
        "1000 rows, gap 0 at -1, 0@-1, 0@-1, 0@-1, 0@-1, 0@-1, 0@-1",
    )


def test_a_fault_of_any_row_is_found_wherever_the_lanes_begin() raises:
    for row in range(30):
        var bars = Bars[DType.int64, DType.uint64](30)
        bars.highs[row] = 19
        bars.volumes[29] = UInt64.MAX
        assert_equal(
            told(checked(bars, MINUTE, 30)),
            String(
                "30 rows, gap 0 at -1, 1@",
                row,
                ", 0@-1, 1@29, 0@-1, 0@-1, 0@-1",
            ),
        )


def test_a_gap_is_known_across_batches() raises:
    var bars = Bars[DType.int64, DType.uint64](20)
    for row in range(10, 20):
        bars.stamps[row] += 3 * MINUTE
    for batch in [1, 5, 10, 20]:
        var checks = checked(bars, MINUTE, batch)
        assert_equal(checks.counts[Check.GAP.code], 1)
        assert_equal(checks.longest_gap, 4 * Int(MINUTE))
        assert_equal(checks.longest_gap_row, 10)


def test_time_that_comes_back_from_an_undefined_stamp_is_out_of_order() raises:
    for row in range(1, 30):
        var bars = Bars[DType.int64, DType.uint64](31)
        bars.stamps[row] = UInt64.MAX
        for step in [UInt64(0), MINUTE]:
            assert_equal(told(checked(bars, step, 31)), told(twin(bars, step)))


def test_an_empty_batch_changes_nothing() raises:
    var bars = Bars[DType.int64, DType.uint64](9)
    var checks = checked(bars, MINUTE, 9)
    var before = told(checks)
    check_bars(bars.view(0, 0), MINUTE, checks)
    assert_equal(told(checks), before)
    assert_equal(checks.previous, bars.stamps[8])


def test_lanes_agree_with_the_twin() raises:
    seed(20240102)
    check_random[DType.int64, DType.uint64](4_000)


def test_wide_bars_agree_with_the_twin() raises:
    seed(7)
    check_random[DType.int128, DType.uint128](1_000)


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
