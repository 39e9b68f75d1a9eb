"""Whether the raw values of others are just what records store.

A raw value must be a multiple of F = 10**k, k being the scale minus the precision, and
at most L, a multiple of F, away from zero. One multiplication tells both. Modulo 2**n,
n being the bits of a value, let u be the value plus L (plus nothing if it is unsigned)
and let R be 2 * L (or L): the value is in range if u <= R, also where the sum wrapped.
Dividing u by 5**k, which is a multiplication by its inverse modulo 2**n, and then by
2**k, which is a rotation by k bits, permutes the integers below 2**n, and gives u / F
for the multiples of F. So the result is at most R / F for the multiples up to R, and for
nothing else.
"""

from barrow.fence import ColumnView
from barrow.fixed import largest_raw, power_of_ten, scale_of

comptime _WIDTH = 8


def first_unfit[dtype: DType](raw: ColumnView[dtype], precision: Int) -> Int:
    """Finds the first raw value that is out of range or has too many decimals.

    Parameters:
        dtype: The type of a raw value.

    Args:
        raw: Values at the scale of `dtype`.
        precision: Decimals a value may have, from 0 to that scale.

    Returns:
        Its index, or -1 if there is none.
    """
    comptime word = DType.uint64 if scale_of[dtype]() == 9 else DType.uint128
    var test = _Test[word](
        scale_of[dtype]() - precision, largest_raw[dtype](), dtype.is_signed()
    )
    var at = 0
    comptime if word == DType.uint64:
        while at + _WIDTH <= len(raw):
            if not all(test.passes[_WIDTH](raw.load[_WIDTH](at).cast[word]())):
                break
            at += _WIDTH
    while at < len(raw):
        if not all(test.passes[1](raw[at].cast[word]())):
            return at
        at += 1
    return -1


struct _Test[word: DType]:
    """The constants of the test above."""

    var shift: Scalar[Self.word]
    var inverse: Scalar[Self.word]
    var rotation: Scalar[Self.word]
    var limit: Scalar[Self.word]

    def __init__(out self, zeros: Int, largest: UInt128, signed: Bool):
        # 5 times this is 1 modulo every power of two up to 2**128.
        comptime fifth = (~UInt128(0) // 5 * 4 + 1).cast[Self.word]()
        self.shift = largest.cast[Self.word]() if signed else 0
        self.inverse = 1
        for _ in range(zeros):
            self.inverse *= fifth
        self.rotation = Scalar[Self.word](zeros)
        var range = largest * 2 if signed else largest
        self.limit = (range // power_of_ten(zeros)).cast[Self.word]()

    @always_inline
    def passes[
        width: Int
    ](self, values: SIMD[Self.word, width]) -> SIMD[DType.bool, width]:
        comptime bits = Scalar[Self.word](
            64 if Self.word == DType.uint64 else 128
        )
        var product = (values + self.shift) * self.inverse
        # Masked, so that no shift is by all of the bits.
        var quotient = (product >> self.rotation) | (
            product << ((bits - self.rotation) & (bits - 1))
        )
        return quotient.le(self.limit)
