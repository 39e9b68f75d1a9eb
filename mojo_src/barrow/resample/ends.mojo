"""Where bars of few rows end, in intervals of one length."""

from std.bit import count_trailing_zeros
from std.memory import bitcast, pack_bits

from barrow.fence import ColumnView, Scratch

comptime _LANES = 8
comptime _GROUP = 64
# A whole number below 2^52 in the lower bits of this double's is that number above it.
comptime _WHOLE = Int64(0x4330_0000_0000_0000)
comptime _ABOVE = Float64(4503599627370496.0)
comptime _MOST = Int64(1) << 50


def find_ends(
    stamps: ColumnView[DType.int64],
    begin: Int,
    end: Int,
    base: Int64,
    step: Int64,
    mut bounds: Scratch[DType.int64],
) -> Int:
    """Finds the rows that are in another interval than the row before.

    Every stamp is divided by the length of an interval, as doubles, and the quotient less
    a half is rounded to the nearest whole number. It is never nearer to the middle between
    two of them than 1 / (2 * step), as half a nanosecond is added to every dividend, and
    off by half of that at most, as dividends are below 2^50.

    Args:
        stamps: Rising nanoseconds.
        begin: The first row, which is in the first interval.
        end: The row after the last one.
        base: Where the first interval starts.
        step: The length of an interval; more than 0.
        bounds: Gets `begin`, then the rows found.

    Returns:
        How many rows were found: as many as `bounds` has room for less 64, at least,
        if there are so many and they are near enough.
    """
    bounds.store(0, Int64(begin))
    # The largest power of two in the step makes no difference to a quotient.
    var shift = count_trailing_zeros(step)
    var odd = step >> shift
    var inverse = 1.0 / Float64(odd)
    var middle = _ABOVE + Float64(odd >> 1)
    # Whole vectors only, which may reach past the end.
    var last = min(
        end, begin + 1 + (len(stamps) - begin - 1) // _LANES * _LANES
    )
    if last <= begin + 1:
        return 0
    if (stamps[last - 1] - base) >> shift >= _MOST:
        # What is too far away is left for another call.
        last = begin + 1 + min(_GROUP, last - begin - 1)
        if (stamps[last - 1] - base) >> shift >= _MOST:
            return 0
    var before = SIMD[DType.int64, _LANES](_WHOLE + 1)
    var row = begin + 1
    var found = 0
    while row < last and found + _GROUP < len(bounds):
        var changed = UInt64(0)
        if row + _GROUP <= last:
            comptime for k in range(_GROUP // _LANES):
                var number = _number(
                    stamps.load[_LANES](row + k * _LANES),
                    base,
                    shift,
                    middle,
                    inverse,
                )
                changed |= _changes(before, number) << UInt64(k * _LANES)
                before = number
        else:
            for k in range((last - row + _LANES - 1) // _LANES):
                var number = _number(
                    stamps.load[_LANES](row + k * _LANES),
                    base,
                    shift,
                    middle,
                    inverse,
                )
                changed |= _changes(before, number) << UInt64(k * _LANES)
                before = number
            changed &= (UInt64(1) << UInt64(last - row)) - 1
        while changed != 0:
            found += 1
            bounds.store(found, Int64(row + Int(count_trailing_zeros(changed))))
            changed &= changed - 1
        row += _GROUP
    return found


@always_inline
def _number(
    stamps: SIMD[DType.int64, _LANES],
    base: Int64,
    shift: Int64,
    middle: Float64,
    inverse: Float64,
) -> SIMD[DType.int64, _LANES]:
    """The number of the interval of every stamp, from `_WHOLE` + 1 on."""
    var whole = (stamps - base) >> shift | _WHOLE
    var above = bitcast[DType.float64, _LANES](whole) - middle
    return bitcast[DType.int64, _LANES](above * inverse + (_ABOVE + 1))


@always_inline
def _changes(
    before: SIMD[DType.int64, _LANES], now: SIMD[DType.int64, _LANES]
) -> UInt64:
    var earlier = before.shuffle[7, 8, 9, 10, 11, 12, 13, 14](now)
    return UInt64(pack_bits(earlier.ne(now)))
