"""Rolling statistics, as functions of the extension module."""

from std.ffi import c_int, external_call
from std.memory.alloc import unsafe_alloc

from barrow.fence import MutColumnView, NumberType, SeriesView
from barrow.rolling import (
    exact_sum,
    exact_variance,
    first_too_large,
    Fold,
    Interpolation,
    Moment,
    RankMethod,
    rolling_fold,
    rolling_moment,
    rolling_place,
    rolling_quantile,
    rolling_rank,
    Weighted,
    weighted_moment,
)

from capi import *

comptime _STRIDED = 0x1C  # PyBUF_STRIDES | PyBUF_FORMAT
comptime _WRITABLE = 0x1D


struct _Numbers(Movable):
    """A series of an object with the buffer protocol; drop it with the GIL held."""

    var _view: Pointer[UInt64, MutUntrackedOrigin]  # struct Py_buffer, 80 bytes

    def __init__(out self, o: Obj, *, writable: Bool = False) raises PyErr:
        var view = unsafe_alloc[UInt64](10)
        var flags = c_int(_WRITABLE if writable else _STRIDED)
        if external_call["PyObject_GetBuffer", c_int](o, view, flags) != 0:
            view.unsafe_free()
            raise PyErr.pending()
        self._view = view

    def __deinit__(deinit self):
        external_call["PyBuffer_Release", NoneType](self._view)
        self._view.unsafe_free()

    def _dimensions(self) -> Int:
        return Int(self._view[unsafe_offset=4] >> 32)

    def _extent(self, word: Int, axis: Int) -> Int:
        """A number of `shape` (word 6) or of `strides` (word 7)."""
        var numbers = Pointer[Int, ImmUntrackedOrigin](
            unsafe_from_address=Int(self._view[unsafe_offset=word])
        )
        return numbers[unsafe_offset=axis]

    def _letter(self) -> UInt8:
        """The type as the module `struct` writes it; zero if it is none of ours."""
        var address = Int(self._view[unsafe_offset=5])
        if address == 0:
            return 0
        var text = Pointer[UInt8, ImmUntrackedOrigin](
            unsafe_from_address=address
        )
        return text[] if text[unsafe_offset=1] == 0 else 0

    def address(self) -> Int:
        var address = Int(self._view[unsafe_offset=0])
        return address if address != 0 else 64

    def series(self) raises PyErr -> SeriesView:
        """The numbers; those of two dimensions are words of 128 bits."""
        var letter = self._letter()
        var type: NumberType
        if letter == UInt8(ord("d")):
            type = NumberType.FLOAT64
        elif letter == UInt8(ord("f")):
            type = NumberType.FLOAT32
        elif letter == UInt8(ord("l")) or letter == UInt8(ord("q")):
            type = NumberType.INT64
        elif letter == UInt8(ord("L")) or letter == UInt8(ord("Q")):
            type = NumberType.UINT64
        else:
            raise PyErr.argument("numbers of another type")
        if self._dimensions() == 2:
            if (
                type != NumberType.UINT64
                or self._extent(6, 1) != 2
                or self._extent(7, 1) != 8
            ):
                raise PyErr.argument("two dimensions, but no words")
            type = NumberType.INT128
        elif self._dimensions() != 1:
            raise PyErr.argument("not one dimension")
        return SeriesView(
            address=self.address(),
            length=self._extent(6, 0),
            stride=self._extent(7, 0),
            type=type,
        )

    def room(self) raises PyErr -> MutColumnView[DType.float64]:
        """Contiguous doubles to write."""
        if (
            self._letter() != UInt8(ord("d"))
            or self._dimensions() != 1
            or (self._extent(7, 0) != 8 and self._extent(6, 0) > 1)
        ):
            raise PyErr.argument("no contiguous float64")
        return MutColumnView[DType.float64](
            address=self.address(), length=self._extent(6, 0)
        )


def _overlap(x: SeriesView, result: MutColumnView[DType.float64]) -> Bool:
    var begin = result.address()
    var end = begin + 8 * len(result)
    return x.begin() < end and begin < x.end()


# Numbers of statistics; `python/barrow/rolling/_run.py` has the same.
comptime _SUM = 0
comptime _MEAN = 1
comptime _MIN = 2
comptime _MAX = 3
comptime _VAR = 4
comptime _STD = 5
comptime _SKEW = 6
comptime _KURT = 7
comptime _COV = 8
comptime _CORR = 9
comptime _QUANTILE = 10
comptime _RANK = 11
comptime _ARGMIN = 12
comptime _ARGMAX = 13
comptime _EWM_MEAN = 14
comptime _EWM_VAR = 15
comptime _EWM_STD = 16
comptime _COUNT = 17
# Fewer numbers take less time than giving the lock away.
comptime _LOCKED = 4096


@fieldwise_init
struct _Job(ImplicitlyCopyable):
    var statistic: Int
    var x: SeriesView
    var y: SeriesView
    var window: Int
    var min_periods: Int
    # ddof, how to interpolate, or how to rank; bits of options of weighted moments.
    var choice: Int
    # The quantile, or alpha.
    var parameter: Float64
    var result: MutColumnView[DType.float64]

    def run(self):
        if self.statistic <= _MAX:
            self._fold()
        elif self.statistic <= _STD and self.x.is_integer():
            if self.statistic == _VAR:
                self._exact_variance[False]()
            else:
                self._exact_variance[True]()
        elif self.statistic <= _CORR:
            self._moments()
        elif self.statistic >= _EWM_MEAN:
            self._weighted_moments()
        elif self.statistic == _QUANTILE:
            rolling_quantile(
                self.x,
                self.window,
                self.min_periods,
                self.parameter,
                Interpolation(self.choice),
                self.result,
            )
        elif self.statistic == _RANK:
            rolling_rank(
                self.x,
                self.window,
                self.min_periods,
                RankMethod(self.choice & 3),
                self.choice & 4 != 0,
                self.choice & 8 == 0,
                self.result,
            )
        elif self.statistic == _ARGMIN:
            rolling_place[False](
                self.x, self.window, self.min_periods, self.result
            )
        else:
            rolling_place[True](
                self.x, self.window, self.min_periods, self.result
            )

    def _fold(self):
        var exact = self.x.is_integer()
        if self.statistic == _SUM:
            if exact:
                exact_sum[False](
                    self.x, self.window, self.min_periods, self.result
                )
            else:
                rolling_fold[Fold.SUM](
                    self.x, self.window, self.min_periods, self.result
                )
        elif self.statistic == _MEAN:
            if exact:
                exact_sum[True](
                    self.x, self.window, self.min_periods, self.result
                )
            else:
                rolling_fold[Fold.SUM, mean=True](
                    self.x, self.window, self.min_periods, self.result
                )
        elif self.statistic == _MIN:
            rolling_fold[Fold.MIN](
                self.x, self.window, self.min_periods, self.result
            )
        else:
            rolling_fold[Fold.MAX](
                self.x, self.window, self.min_periods, self.result
            )

    def _exact_variance[deviation: Bool](self):
        exact_variance[deviation](
            self.x, self.window, self.min_periods, self.choice, self.result
        )

    def _moments(self):
        if self.statistic == _VAR:
            self._moment[Moment.VAR]()
        elif self.statistic == _STD:
            self._moment[Moment.STD]()
        elif self.statistic == _SKEW:
            self._moment[Moment.SKEW]()
        elif self.statistic == _KURT:
            self._moment[Moment.KURT]()
        elif self.statistic == _COV:
            self._moment[Moment.COV]()
        else:
            self._moment[Moment.CORR]()

    def _moment[moment: Moment](self):
        rolling_moment[moment](
            self.x,
            self.y,
            self.window,
            self.min_periods,
            self.choice,
            self.result,
        )

    def _weighted_moments(self):
        if self.statistic == _EWM_MEAN:
            self._weighted[Weighted.MEAN]()
        elif self.statistic == _EWM_VAR:
            self._weighted[Weighted.VAR]()
        else:
            self._weighted[Weighted.STD]()

    def _weighted[what: Weighted](self):
        weighted_moment[what](
            self.x,
            self.parameter,
            self.min_periods,
            self.choice & 1 != 0,
            self.choice & 2 != 0,
            self.choice & 4 != 0,
            self.result,
        )


def rolling(args: Args, n: Int) raises PyErr -> Obj:
    """Args: statistic, values, second values (of a pair), window, min_periods, choice, parameter, result (float64).
    Returns -1, or the first integer that is too large to be summed."""
    var statistic = to_int(args[])
    var source = _Numbers(args[unsafe_offset=1])
    var other = _Numbers(args[unsafe_offset=2])
    var target = _Numbers(args[unsafe_offset=7], writable=True)
    var parameter = external_call["PyFloat_AsDouble", Float64](
        args[unsafe_offset=6]
    )
    if parameter == -1 and has_error():
        raise PyErr.pending()
    var job = _Job(
        statistic,
        source.series(),
        other.series(),
        to_int(args[unsafe_offset=3]),
        to_int(args[unsafe_offset=4]),
        to_int(args[unsafe_offset=5]),
        parameter,
        target.room(),
    )
    if (
        statistic < 0
        or statistic >= _COUNT
        or job.window < 1
        or job.min_periods < 0
        or job.choice < 0
        or not (parameter >= 0 and parameter <= 1)
        or len(job.x) != len(job.result)
        or len(job.y) != len(job.result)
    ):
        raise PyErr.argument("no such statistic, or not of such arrays")
    if _overlap(job.x, job.result) or _overlap(job.y, job.result):
        raise PyErr.argument("the result is in the memory of the values")
    var large: Int
    if len(job.x) <= _LOCKED:
        large = _compute(job)
    else:
        var state = gil_release()
        large = _compute(job)
        gil_acquire(state)
    _ = source^
    _ = other^
    _ = target^
    return py_int(large)


def _compute(job: _Job) -> Int:
    if (
        job.statistic == _SUM
        or job.statistic == _MEAN
        or (job.statistic == _VAR or job.statistic == _STD)
    ):
        var large = first_too_large(job.x, min(job.window, len(job.x) + 1))
        if large >= 0:
            return large
    job.run()
    return -1
