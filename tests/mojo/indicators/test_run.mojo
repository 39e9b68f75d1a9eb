"""What the loop around machines promises, for every indicator there is."""

from std.testing import TestSuite, assert_equal, assert_true

from barrow.indicators import (
    Indicator,
    Parameters,
    Runner,
    Visitor,
    Words,
    visit_kinds,
)
from feed import NAN, Feed, Found, assert_same, at_once, one_by_one

comptime ROWS = 400


def parameters(seed: Int) -> Parameters:
    """Lengths for any indicator; what is no length is in range too."""
    if seed == 0:
        return Parameters(20, 9, 4, 0, 0, 0, 0, 0)
    if seed == 1:
        # A line needs two values; the others take one too.
        return Parameters(2, 1, 1, 0, 0, 0, 0, 0)
    return Parameters(9, 33, 17, 0, 0, 0, 0, 0)


struct Streams(Visitor):
    """Rows one by one, all at once and in chunks; with gaps, by both policies."""

    var gaps: Bool
    var failed: String
    var seen: Int

    def __init__(out self, gaps: Bool):
        self.gaps = gaps
        self.failed = ""
        self.seen = 0

    def add[I: Indicator](mut self, name: StaticString):
        self.seen += 1
        for which in range(3):
            for skip in [False, True]:
                try:
                    self._compare[I](String(name), parameters(which), skip)
                except e:
                    self.failed += String(e, "\n")

    def _compare[
        I: Indicator
    ](self, name: String, numbers: Parameters, skip: Bool) raises:
        var feed = Feed(random=ROWS)
        if self.gaps:
            feed.spoil(3, NAN)
            feed.spoil(150, 1 / Float64(0))
            feed.spoil(151, NAN)
            feed.spoil(310, -1 / Float64(0))
        var whole = at_once[I](feed, numbers, skip)
        var rows = one_by_one[I](feed, numbers, skip)
        assert_same[I.OUTPUTS](whole, rows, name)
        var parts = Found(ROWS)
        var runner = Runner[I](numbers, skip)
        var at = 0
        var size = 1
        while at < ROWS:
            var end = min(at + size, ROWS)
            runner.run(feed.inputs(), parts.outputs(), at, end)
            at = end
            size = size * 3 % 31
        assert_same[I.OUTPUTS](whole, parts, name + " in parts")


struct WarmUps(Visitor):
    """The first row with a value is the one that the machine names."""

    var failed: String

    def __init__(out self):
        self.failed = ""

    def add[I: Indicator](mut self, name: StaticString):
        var feed = Feed(random=ROWS)
        for which in range(3):
            var found = at_once[I](feed, parameters(which))
            var warm = I(parameters(which)).warm_up()
            for k in range(I.OUTPUTS):
                for at in range(ROWS):
                    var value = found.columns[k][at]
                    if (value != value) != (at < warm):
                        self.failed += String(
                            name, " row ", at, " for ", warm, "\n"
                        )
                        return


struct Restored(Visitor):
    """A machine made of another one's numbers goes on as that one."""

    var failed: String

    def __init__(out self):
        self.failed = ""

    def add[I: Indicator](mut self, name: StaticString):
        try:
            self._compare[I](String(name))
        except e:
            self.failed += String(e, "\n")

    def _compare[I: Indicator](self, name: String) raises:
        var feed = Feed(random=ROWS)
        var numbers = parameters(0)
        var whole = at_once[I](feed, numbers)
        for cut in [0, 1, 19, 20, 201]:
            var parts = Found(ROWS)
            var first = Runner[I](numbers, False)
            first.run(feed.inputs(), parts.outputs(), 0, cut)
            var saved = Words()
            first.visit(saved)
            var second = Runner[I](numbers, False)
            var words = Words(saved.numbers.copy())
            second.visit(words)
            assert_true(words.sound, name)
            assert_equal(words.at, len(saved.numbers), name)
            second.run(feed.inputs(), parts.outputs(), cut, ROWS)
            assert_same[I.OUTPUTS](whole, parts, name + " restored")


def test_rows_at_once_and_in_parts_give_the_bits_of_one_by_one() raises:
    var streams = Streams(gaps=False)
    visit_kinds(streams)
    assert_equal(streams.failed, "")
    assert_true(streams.seen >= 60)


def test_the_same_where_there_are_gaps() raises:
    var streams = Streams(gaps=True)
    visit_kinds(streams)
    assert_equal(streams.failed, "")


def test_warm_ups_are_as_long_as_machines_say() raises:
    var warm_ups = WarmUps()
    visit_kinds(warm_ups)
    assert_equal(warm_ups.failed, "")


def test_restored_machines_go_on_with_the_same_bits() raises:
    var restored = Restored()
    visit_kinds(restored)
    assert_equal(restored.failed, "")


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
