"""Pieces of windows against windows added up one by one."""

from std.random import random_ui64, seed
from std.testing import TestSuite, assert_equal

from barrow.fence import MutColumnView, NumberType, SeriesView
from barrow.rolling import Fold, rolling_fold


def series(values: List[Float64]) -> SeriesView:
    return SeriesView(
        address=Int(values.unsafe_ptr()),
        length=len(values),
        stride=8,
        type=NumberType.FLOAT64,
    )


def whole_numbers(rows: Int, gaps: Bool) -> List[Float64]:
    """Small whole numbers, of which sums are exact in any order."""
    var values = List[Float64](capacity=rows)
    for _ in range(rows):
        var value = Float64(Int(random_ui64(0, 2_000)) - 1_000)
        if gaps and random_ui64(0, 9) == 0:
            value = Float64(0) / Float64(0)
        values.append(value)
    return values^


def expected[
    fold: Fold
](values: List[Float64], at: Int, window: Int, least: Int) -> Float64:
    var count = 0
    var result = fold.nothing()
    for i in range(max(0, at + 1 - window), at + 1):
        var value = values[i]
        if value != value:
            continue
        count += 1
        comptime if fold == Fold.SUM:
            result += value
        elif fold == Fold.MIN:
            result = min(result, value)
        else:
            result = max(result, value)
    return result if count >= least else Float64(0) / Float64(0)


def check[fold: Fold](rows: Int, window: Int, gaps: Bool) raises:
    var values = whole_numbers(rows, gaps)
    var results = List[Float64](length=rows, fill=-1)
    var room = MutColumnView[DType.float64](
        address=Int(results.unsafe_ptr()), length=rows
    )
    var least = max(1, window // 2)
    rolling_fold[fold](series(values), window, least, room)
    for at in range(0, rows, 7):
        var wanted = expected[fold](values, at, window, least)
        var found = results[at]
        if wanted != wanted:
            assert_equal(found != found, True)
        else:
            assert_equal(found, wanted, String(rows, " ", window, " ", at))
    _ = values^


def test_every_length_of_pieces() raises:
    seed(20240102)
    for window in [
        1,
        2,
        5,
        31,
        32,
        33,
        63,
        64,
        500,
        9,
        10,
        16,
        17,
        81,
        82,
        700,
        8_191,
        8_192,
        8_200,
        20_001,
    ]:
        for gaps in [False, True]:
            check[Fold.SUM](window + 900, window, gaps)
            check[Fold.MIN](window + 100, window, gaps)
            check[Fold.MAX](window + 100, window, gaps)


def test_series_shorter_than_the_window() raises:
    for rows in [0, 1, 5, 32, 40]:
        check[Fold.SUM](rows, 1_000, False)


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
