"""Rolling statistics, as functions of the extension module."""

from std.ffi import c_int, external_call
from std.memory import bitcast
from std.memory.alloc import unsafe_alloc

from barrow.fence import MutColumnView, NumberType, SeriesView
from barrow.rolling import Fold, rolling_fold

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
        """The type as the module `struct` writes it; zero if it is none of ours.
        """
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


def rolling(args: Args, n: Int) raises PyErr -> Obj:
    """Args: statistic, values, window, min_periods, result (float64)."""
    var statistic = to_int(args[])
    var source = _Numbers(args[unsafe_offset=1])
    var x = source.series()
    var window = to_int(args[unsafe_offset=2])
    var min_periods = to_int(args[unsafe_offset=3])
    var target = _Numbers(args[unsafe_offset=4], writable=True)
    var result = target.room()
    if len(result) != len(x) or _overlap(x, result):
        raise PyErr.argument("the result is not as long, or in the same memory")
    if window < 1 or min_periods < 0:
        raise PyErr.argument("no such window")
    var state = OptRaw(None)
    var long = len(x) > 4096
    if long:
        state = gil_release()
    if statistic == 0:
        rolling_fold[Fold.SUM](x, window, min_periods, result)
    elif statistic == 1:
        rolling_fold[Fold.SUM, mean=True](x, window, min_periods, result)
    elif statistic == 2:
        rolling_fold[Fold.MIN](x, window, min_periods, result)
    else:
        rolling_fold[Fold.MAX](x, window, min_periods, result)
    if long:
        gil_acquire(state)
    _ = source^
    _ = target^
    return py_none()
