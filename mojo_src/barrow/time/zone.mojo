"""Local time to UTC by a table of offsets.

The rules of time zones belong to a library: Python makes the table from `zoneinfo`.
"""

from barrow.errors import Reason
from barrow.fence import Pool
from barrow.time.forms import Instant


@fieldwise_init
struct Fold(Equatable, TrivialRegisterPassable):
    """What a local time means that a clock set back shows twice."""

    var code: UInt8
    """See the constants."""

    comptime REFUSE = Self(0)
    """Nothing: it is an error."""
    comptime EARLIER = Self(1)
    """The first time it was shown."""
    comptime LATER = Self(2)
    """The second time."""


struct Zone(Copyable):
    """The offsets of a zone, period after period.

    Period `i` goes from `starts[i]` to `starts[i + 1]`, in nanoseconds UTC, and
    local time is UTC plus `offsets[i]`.
    """

    var starts: Pool[Int64]
    """Where periods start; the last entry is the end of the last."""
    var offsets: Pool[Int64]
    """Nanoseconds local time is ahead of UTC, by period."""
    var fold: Fold
    """What a local time means that comes twice."""
    var named: Bool
    """Whether somebody asked for this zone; otherwise it is UTC by default."""

    def __init__(out self):
        """Makes UTC."""
        self.starts = Pool[Int64](length=1, fill=Int64.MIN)
        self.starts.append(Int64.MAX)
        self.offsets = Pool[Int64](length=1, fill=0)
        self.fold = Fold.REFUSE
        self.named = False

    def _local(self, period: Int, edge: Int) -> Int64:
        """A bound of a period on the local clock, kept within 64 bits."""
        var bound = self.starts[edge]
        if bound == Int64.MIN or bound == Int64.MAX:
            return bound
        return bound + self.offsets[period]

    def to_utc(self, local: Int64) -> Instant:
        """Converts a local time.

        Args:
            local: Nanoseconds since 1970-01-01 on the local clock.

        Returns:
            The instant; `NOT_IN_ZONE` for a time that clocks set forward left out,
            `TWICE_IN_ZONE` for one that comes twice and may not.
        """
        # The last period that starts at or before this local time.
        var low = 0
        var high = len(self.offsets) - 1
        while low < high:
            var middle = (low + high + 1) // 2
            if self._local(middle, middle) <= local:
                low = middle
            else:
                high = middle - 1
        var in_low = local < self._local(low, low + 1)
        var in_before = low > 0 and local < self._local(low - 1, low)
        if not in_low and not in_before:
            return Instant(0, False, Reason.NOT_IN_ZONE)
        var period = low
        if in_low and in_before:
            if self.fold == Fold.REFUSE:
                return Instant(0, False, Reason.TWICE_IN_ZONE)
            period = low if self.fold == Fold.LATER else low - 1
        elif in_before:
            period = low - 1
        var utc = local - self.offsets[period]
        if utc < 0:
            return Instant(0, False, Reason.TIME_RANGE)
        return Instant(utc, False, Reason.OK)

    def day_offset(self, midnight: Int64, length: Int64) -> Optional[Int64]:
        """Finds the offset of a local day on which no clock is changed.

        Args:
            midnight: Its first nanosecond on the local clock.
            length: Nanoseconds of a day.

        Returns:
            What to subtract from local time all day, or nothing.
        """
        if len(self.offsets) == 1:
            return self.offsets[0]
        var first = self.to_utc(midnight)
        var last = self.to_utc(midnight + length - 1)
        if first.reason != Reason.OK or last.reason != Reason.OK:
            return None
        if last.nanoseconds - first.nanoseconds != length - 1:
            return None
        return midnight - first.nanoseconds
