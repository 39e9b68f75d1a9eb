"""The intervals that bars cover."""

from barrow.fence import Pool

comptime LAST_STAMP = 9_214_646_399_999_999_999
"""The last nanosecond of 2261: what is later has no room for the end of its bar."""
comptime _NEVER = Int64.MAX - 1
"""The end of an interval that nothing ends; one can still be added to it."""


@fieldwise_init
struct Bucket(ImplicitlyCopyable):
    """An interval from `start` to `end` exclusive, in nanoseconds UTC."""

    var start: Int64
    """Its first nanosecond; negative before 1970."""
    var end: Int64
    """The first nanosecond after it."""
    var left_out: Bool
    """Whether its rows become no bar."""


struct Buckets(Copyable):
    """Cuts time into intervals: of one length, at given boundaries, or both."""

    var _step: Int64
    var _origin: Int64
    var _edges: Pool[Int64]
    var _left_out: Pool[Bool]
    var _at: Int
    var _bound: Int64
    """Where what the last interval is cut from ends."""

    def __init__(out self, *, step: Int64, origin: Int64):
        """Cuts time into intervals of one length.

        Args:
            step: The length in nanoseconds; more than 0.
            origin: Where some interval starts; nanoseconds UTC.
        """
        self._step = step
        # The same grid, from an origin that nothing overflows with.
        self._origin = origin % step
        self._edges = Pool[Int64]()
        self._left_out = Pool[Bool]()
        self._at = 0
        self._bound = _NEVER

    def __init__(
        out self,
        *,
        step: Int64,
        var edges: Pool[Int64],
        var left_out: Pool[Bool],
    ):
        """Cuts what lies between two boundaries into intervals of one length.

        Args:
            step: The length in nanoseconds, counted from every boundary anew; the
                last interval before a boundary may be shorter. More than 0.
            edges: The boundaries, as below.
            left_out: For what lies between two of them, as below.
        """
        self = Self(edges=edges^, left_out=left_out^)
        self._step = step

    def __init__(out self, *, var edges: Pool[Int64], var left_out: Pool[Bool]):
        """Cuts time at boundaries.

        Args:
            edges: Where an interval ends and the next one starts, rising; at least
                one. What is before the first one belongs to the first interval, what
                is after the last one to an interval without an end.
            left_out: For every interval between two edges, whether its rows are left
                out; empty if none is.
        """
        self._step = 0
        self._origin = 0
        self._edges = edges^
        self._left_out = left_out^
        self._at = 0
        # Nothing was found yet.
        self._bound = Int64.MIN

    def find(mut self, stamp: Int64, last: Bucket) -> Bucket:
        """Finds the interval of a stamp.

        Args:
            stamp: Nanoseconds UTC; not before the stamps asked for earlier.
            last: The interval found before; tried first.

        Returns:
            The interval.
        """
        if self._step > 0:
            if (
                stamp >= last.end
                and stamp - last.end < self._step
                and stamp < self._bound
            ):
                var end = min(self._after(last.end), self._bound)
                return Bucket(last.end, end, last.left_out)
            if len(self._edges) == 0:
                # Floor division: the origin may be after the stamp.
                var start = stamp - (stamp - self._origin) % self._step
                return Bucket(start, self._after(start), False)
        while (
            self._at + 1 < len(self._edges)
            and self._edges[self._at + 1] <= stamp
        ):
            self._at += 1
        var left_out = (
            self._left_out[self._at] if self._at
            < len(self._left_out) else False
        )
        self._bound = (
            self._edges[self._at + 1] if self._at + 1
            < len(self._edges) else _NEVER
        )
        var start = self._edges[self._at]
        if self._step == 0:
            return Bucket(start, self._bound, left_out)
        start += (stamp - start) // self._step * self._step
        var end = min(self._after(start), self._bound)
        return Bucket(start, end, left_out)

    @always_inline
    def even_step(self) -> Int64:
        """Says how long intervals are, if all are of one length.

        Returns:
            The length in nanoseconds; 0 if there are boundaries.
        """
        return self._step if len(self._edges) == 0 else 0

    @always_inline
    def _after(self, start: Int64) -> Int64:
        return start + self._step if start <= _NEVER - self._step else _NEVER
