"""The few vector operations the layout engine is made of, for AVX-512 VBMI and AVX2.

Everything else is generic SIMD code that the compiler splits as the target needs.
"""

from std.memory import bitcast
from std.sys import CompilationTarget
from std.sys.intrinsics import llvm_intrinsic

from barrow.fence import ByteView, Pool

comptime Block = SIMD[DType.uint8, 64]
"""Sixty-four bytes of text."""
comptime Lanes = SIMD[DType.int64, 8]
"""Eight values of a row."""

comptime HAS_VBMI = CompilationTarget._has_feature["avx512vbmi"]()
"""Whether one instruction can gather any 64 bytes of a block."""
comptime HAS_AVX2 = CompilationTarget.has_avx2()
"""Whether the layout engine can run at all."""

comptime _Bytes16 = SIMD[DType.uint8, 16]
comptime _Bytes32 = SIMD[DType.uint8, 32]
comptime _Words16 = SIMD[DType.int16, 16]
comptime _Words32 = SIMD[DType.int16, 32]
comptime _Longs8 = SIMD[DType.int32, 8]
comptime _Longs16 = SIMD[DType.int32, 16]


@always_inline
def gather_64(block: Block, at: Block) -> Block:
    """Picks bytes of one block; needs VBMI.

    Args:
        block: Where to pick from.
        at: The index of every byte wanted, below 64.

    Returns:
        The bytes.
    """
    return llvm_intrinsic[
        "llvm.x86.avx512.permvar.qi.512", Block, has_side_effect=False
    ](block, at)


@always_inline
def gather_128(first: Block, second: Block, at: Block) -> Block:
    """Picks bytes of two blocks; needs VBMI.

    Args:
        first: Bytes 0 to 63.
        second: Bytes 64 to 127.
        at: The index of every byte wanted, below 128.

    Returns:
        The bytes.
    """
    return llvm_intrinsic[
        "llvm.x86.avx512.vpermi2var.qi.512", Block, has_side_effect=False
    ](first, at, second)


@always_inline
def _gather_16(window: _Bytes16, at: _Bytes16) -> _Bytes16:
    """Picks bytes of a window; an index of 128 or more gives zero."""
    return llvm_intrinsic[
        "llvm.x86.ssse3.pshuf.b.128", _Bytes16, has_side_effect=False
    ](window, at)


@always_inline
def _gather_pair(
    text: ByteView,
    at: Int,
    windows: SIMD[DType.uint8, 8],
    lane: Int,
    even: _Bytes16,
    odd: _Bytes16,
) -> _Bytes16:
    return _gather_16(
        text.load[16](at + Int(windows[lane])), even
    ) | _gather_16(text.load[16](at + Int(windows[lane + 1])), odd)


@always_inline
def gather_windows(
    text: ByteView,
    at: Int,
    windows: SIMD[DType.uint8, 8],
    even: Block,
    odd: Block,
) -> Block:
    """Picks eight bytes for every lane out of a window of sixteen.

    Args:
        text: The chunk.
        at: Where the row starts.
        windows: Where the window of every lane starts within the row.
        even: For every pair of lanes the indexes of the even one in its low half,
            128 in its high half.
        odd: The same for the odd one, the other way round.

    Returns:
        The bytes as they stand in the text; zero where an index is 128.
    """
    var a = _gather_pair(
        text,
        at,
        windows,
        0,
        even.slice[16, offset=0](),
        odd.slice[16, offset=0](),
    )
    var b = _gather_pair(
        text,
        at,
        windows,
        2,
        even.slice[16, offset=16](),
        odd.slice[16, offset=16](),
    )
    var c = _gather_pair(
        text,
        at,
        windows,
        4,
        even.slice[16, offset=32](),
        odd.slice[16, offset=32](),
    )
    var d = _gather_pair(
        text,
        at,
        windows,
        6,
        even.slice[16, offset=48](),
        odd.slice[16, offset=48](),
    )
    return a.join(b).join(c.join(d))


@always_inline
def _add_byte_pairs(digits: Block, weights: Block) -> _Words32:
    comptime if CompilationTarget.has_avx512f():
        return llvm_intrinsic[
            "llvm.x86.avx512.pmaddubs.w.512", _Words32, has_side_effect=False
        ](digits, bitcast[DType.int8, 64](weights))
    else:
        comptime name = "llvm.x86.avx2.pmadd.ub.sw"
        var w = bitcast[DType.int8, 64](weights)
        var low = llvm_intrinsic[name, _Words16, has_side_effect=False](
            digits.slice[32, offset=0](), w.slice[32, offset=0]()
        )
        var high = llvm_intrinsic[name, _Words16, has_side_effect=False](
            digits.slice[32, offset=32](), w.slice[32, offset=32]()
        )
        return low.join(high)


@always_inline
def _add_word_pairs(words: _Words32, weights: _Words32) -> _Longs16:
    comptime if CompilationTarget.has_avx512f():
        return llvm_intrinsic[
            "llvm.x86.avx512.pmaddw.d.512", _Longs16, has_side_effect=False
        ](words, weights)
    else:
        comptime name = "llvm.x86.avx2.pmadd.wd"
        var low = llvm_intrinsic[name, _Longs8, has_side_effect=False](
            words.slice[16, offset=0](), weights.slice[16, offset=0]()
        )
        var high = llvm_intrinsic[name, _Longs8, has_side_effect=False](
            words.slice[16, offset=16](), weights.slice[16, offset=16]()
        )
        return low.join(high)


@always_inline
def eight_digits(digits: Block) -> Lanes:
    """Turns eight digits per lane into a number.

    Lane 1 is a time of day instead: two digits of hours, two of minutes, two of
    seconds, two that are zero, and the number is seconds.

    Args:
        digits: Values from 0 to 9, the most significant first.

    Returns:
        Eight numbers.
    """
    # Ten times the first of a pair plus the second.
    comptime tens = bitcast[DType.uint8, 64](
        SIMD[DType.uint16, 32](10 + (1 << 8))
    )
    var pairs = _add_byte_pairs(digits, tens)
    # A hundred times the first pair plus the second; 3600 and 60 in lane 1.
    var hundreds = SIMD[DType.int32, 16](100 + (1 << 16))
    hundreds[2] = 3600 + (60 << 16)
    hundreds[3] = 1
    var quads = _add_word_pairs(pairs, bitcast[DType.int16, 32](hundreds))
    var both = bitcast[DType.uint64, 8](quads)
    var first = SIMD[DType.uint64, 8](
        10_000, 1, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000
    )
    return bitcast[DType.int64, 8](times_32(both, first) + (both >> 32))


@always_inline
def times_32(
    a: SIMD[DType.uint64, 8], b: SIMD[DType.uint64, 8]
) -> SIMD[DType.uint64, 8]:
    """Multiplies the low halves of lanes: one instruction everywhere.

    Args:
        a: Factors; their high halves are ignored.
        b: Factors; their high halves are ignored.

    Returns:
        The products.
    """
    return (a & 0xFFFF_FFFF) * (b & 0xFFFF_FFFF)


@always_inline
def transpose(rows: Pool[Lanes]) -> Array[Lanes, 8]:
    """Turns eight rows of eight values into eight columns.

    Args:
        rows: Eight rows.

    Returns:
        The columns.
    """
    var a0 = rows[0].shuffle[0, 8, 2, 10, 4, 12, 6, 14](rows[1])
    var a1 = rows[0].shuffle[1, 9, 3, 11, 5, 13, 7, 15](rows[1])
    var b0 = rows[2].shuffle[0, 8, 2, 10, 4, 12, 6, 14](rows[3])
    var b1 = rows[2].shuffle[1, 9, 3, 11, 5, 13, 7, 15](rows[3])
    var c0 = rows[4].shuffle[0, 8, 2, 10, 4, 12, 6, 14](rows[5])
    var c1 = rows[4].shuffle[1, 9, 3, 11, 5, 13, 7, 15](rows[5])
    var d0 = rows[6].shuffle[0, 8, 2, 10, 4, 12, 6, 14](rows[7])
    var d1 = rows[6].shuffle[1, 9, 3, 11, 5, 13, 7, 15](rows[7])
    var u04 = a0.shuffle[0, 1, 8, 9, 4, 5, 12, 13](b0)
    var u26 = a0.shuffle[2, 3, 10, 11, 6, 7, 14, 15](b0)
    var u15 = a1.shuffle[0, 1, 8, 9, 4, 5, 12, 13](b1)
    var u37 = a1.shuffle[2, 3, 10, 11, 6, 7, 14, 15](b1)
    var v04 = c0.shuffle[0, 1, 8, 9, 4, 5, 12, 13](d0)
    var v26 = c0.shuffle[2, 3, 10, 11, 6, 7, 14, 15](d0)
    var v15 = c1.shuffle[0, 1, 8, 9, 4, 5, 12, 13](d1)
    var v37 = c1.shuffle[2, 3, 10, 11, 6, 7, 14, 15](d1)
    return [
        u04.shuffle[0, 1, 2, 3, 8, 9, 10, 11](v04),
        u15.shuffle[0, 1, 2, 3, 8, 9, 10, 11](v15),
        u26.shuffle[0, 1, 2, 3, 8, 9, 10, 11](v26),
        u37.shuffle[0, 1, 2, 3, 8, 9, 10, 11](v37),
        u04.shuffle[4, 5, 6, 7, 12, 13, 14, 15](v04),
        u15.shuffle[4, 5, 6, 7, 12, 13, 14, 15](v15),
        u26.shuffle[4, 5, 6, 7, 12, 13, 14, 15](v26),
        u37.shuffle[4, 5, 6, 7, 12, 13, 14, 15](v37),
    ]
