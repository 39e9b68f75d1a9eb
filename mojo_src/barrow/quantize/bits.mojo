"""Codes in bits: a little-endian stream, the first code in the lowest bits.

Code i of b bits takes bits i * b to i * b + b - 1 of the stream, where bit k is bit
k % 8, counted from the lowest, of byte k // 8. Eight codes are b whole bytes.
"""

from std.memory import bitcast
from std.sys.intrinsics import llvm_intrinsic

from barrow.fence import ColumnView, MutColumnView, Scratch

comptime BLOCK = 4096
"""Codes that are made, then packed, while they are in the nearest cache."""


def packed_length(codes: Int, bits: Int) -> Int:
    """Counts the bytes that codes take.

    Args:
        codes: How many there are.
        bits: Bits of each.

    Returns:
        Their number.
    """
    return (codes * bits + 7) // 8


def _mask(bits: Int) -> UInt64:
    return UInt64(0x0101_0101_0101_0101) * UInt64((1 << bits) - 1)


def pack(
    codes: Scratch[DType.uint8],
    count: Int,
    bits: Int,
    packed: MutColumnView[DType.uint8],
    byte: Int,
    past_caches: Bool,
):
    """Packs codes, of which there are eight or more bytes beyond the last one.

    Args:
        codes: Codes, one a byte; bits above the width do not count.
        count: How many; the last bits of the last byte are 0.
        bits: Bits of each.
        packed: The stream.
        byte: Where in it the first code begins.
        past_caches: Whether whole lines are written past the caches.
    """
    if bits == 8:
        _copy(codes, count, packed, byte, past_caches)
        return
    var at = 0
    var to = byte
    if bits == 4:
        while at + 64 <= count:
            packed.store[32](to, _halves(codes.load[64](at) & 15))
            at += 64
            to += 32
    elif bits == 2:
        while at + 64 <= count:
            packed.store[16](to, _quarters(codes.load[64](at) & 3))
            at += 64
            to += 16
    var mask = _mask(bits)
    while at < count:
        var eight = bitcast[DType.uint64, 1](codes.load[8](at))
        var left = count - at
        if left < 8:
            eight &= (UInt64(1) << UInt64(8 * left)) - 1
        var word = llvm_intrinsic["llvm.pext", UInt64](eight, mask)
        var length = bits if left >= 8 else packed_length(left, bits)
        # What is stored beyond is overwritten by the next eight codes; another thread
        # may be at work behind the end.
        if to + 8 <= len(packed):
            packed.store[8](to, bitcast[DType.uint8, 8](word))
        else:
            for i in range(length):
                packed.store(
                    to + i, (word >> UInt64(8 * i)).cast[DType.uint8]()
                )
        at += 8
        to += length


def _copy(
    codes: Scratch[DType.uint8],
    count: Int,
    packed: MutColumnView[DType.uint8],
    byte: Int,
    past_caches: Bool,
):
    var to = byte
    var at = 0
    if past_caches:
        while at < count and (packed.before_line() - to) % 64 != 0:
            packed.store(to, codes.load(at))
            at += 1
            to += 1
        while at + 64 <= count:
            packed.stream[64](to, codes.load[64](at))
            at += 64
            to += 64
    while at + 64 <= count:
        packed.store[64](to, codes.load[64](at))
        at += 64
        to += 64
    while at < count:
        packed.store(to, codes.load(at))
        at += 1
        to += 1


@always_inline
def _halves(codes: SIMD[DType.uint8, 64]) -> SIMD[DType.uint8, 32]:
    """Packs codes of 4 bits: the second one of a pair moves down behind the first."""
    var pairs = bitcast[DType.uint16, 32](codes)
    return (pairs | pairs >> 4).cast[DType.uint8]()


@always_inline
def _quarters(codes: SIMD[DType.uint8, 64]) -> SIMD[DType.uint8, 16]:
    """Packs codes of 2 bits, in two steps of the same kind."""
    var fours = bitcast[DType.uint32, 16](codes)
    fours |= fours >> 6
    return (fours & 15 | fours >> 12 & 240).cast[DType.uint8]()


def unpack(
    packed: ColumnView[DType.uint8],
    byte: Int,
    count: Int,
    bits: Int,
    flip: UInt8,
    mut codes: Scratch[DType.uint8],
):
    """Unpacks codes, one a byte.

    Args:
        packed: The stream.
        byte: Where in it the first code begins.
        count: How many codes; there is room for eight or more beyond.
        bits: Bits of each.
        flip: Is applied to every code by exclusive or.
        codes: Where they go.
    """
    var at = 0
    if bits == 8:
        while at + 64 <= count:
            codes.store[64](at, packed.load[64](byte + at) ^ flip)
            at += 64
        while at < count:
            codes.store(at, packed[byte + at] ^ flip)
            at += 1
        return
    var here = byte
    if bits == 4:
        while at + 64 <= count:
            var pairs = packed.load[32](here).cast[DType.uint16]()
            pairs = (pairs | pairs << 4) & 0x0F0F
            codes.store[64](at, bitcast[DType.uint8, 64](pairs) ^ flip)
            at += 64
            here += 32
    elif bits == 2:
        while at + 64 <= count:
            var fours = packed.load[16](here).cast[DType.uint32]()
            fours = (fours | fours << 12) & 0x000F_000F
            fours = (fours | fours << 6) & 0x0303_0303
            codes.store[64](at, bitcast[DType.uint8, 64](fours) ^ flip)
            at += 64
            here += 16
    var mask = _mask(bits)
    var flips = UInt64(0x0101_0101_0101_0101) * flip.cast[DType.uint64]()
    while at < count:
        var word = UInt64(0)
        if here + 8 <= len(packed):
            word = bitcast[DType.uint64, 1](packed.load[8](here))
        else:
            for i in range(min(bits, len(packed) - here)):
                word |= packed[here + i].cast[DType.uint64]() << UInt64(8 * i)
        var eight = llvm_intrinsic["llvm.pdep", UInt64](word, mask) ^ flips
        codes.store[8](at, bitcast[DType.uint8, 8](eight))
        at += 8
        here += bits
