"""Blocks of 32 values as GGUF files have them: `Q8_0` and `Q4_0`.

A block begins with its scale d as a float16. Codes are made with d and its inverse in
float32, before d is rounded; so they are, byte for byte, what ggml's
`quantize_row_q8_0_ref` and `quantize_row_q4_0_ref` write.

`Q8_0`, 34 bytes: d = max |x| / 127; then 32 signed bytes, x / d rounded, ties away from 0.
`Q4_0`, 18 bytes: d = m / -8, where m is the first of the values with the largest magnitude;
then 16 bytes: byte j has in its low half min(15, floor(x[j] / d + 8.5)), and value j + 16
in its high half. A code q stands for (q - 8) * d.
"""

from std.math import floor
from std.memory import bitcast

from barrow.fence import ColumnView, MutColumnView

comptime GGUF_BLOCK = 32
"""Values of a block."""


def gguf_block_bytes(bits: Int) -> Int:
    """Counts the bytes of a block.

    Args:
        bits: 8 or 4.

    Returns:
        34 or 18.
    """
    return 2 + GGUF_BLOCK * bits // 8


def to_gguf(
    values: ColumnView[DType.float32],
    bits: Int,
    blocks: MutColumnView[DType.uint8],
) -> Int:
    """Quantizes whole blocks.

    Args:
        values: Values, a multiple of 32.
        bits: 8 or 4.
        blocks: Where the blocks go.

    Returns:
        The first value that is NaN or infinite, or whose block has a scale that float16
        does not hold; or -1.
    """
    var size = gguf_block_bytes(bits)
    for block in range(len(values) // GGUF_BLOCK):
        var begin = block * GGUF_BLOCK
        var largest = Float32(0)
        for i in range(GGUF_BLOCK):
            var x = values[begin + i]
            if x * 0 != 0:
                return begin + i
            if abs(x) > abs(largest):
                largest = x
        var d = largest / -8 if bits == 4 else abs(largest) / 127
        var inverse = 1 / d if d != 0 else Float32(0)
        var stored = d.cast[DType.float16]()
        if stored * 0 != 0:
            return begin
        var word = bitcast[DType.uint16](stored)
        var to = block * size
        blocks.store(to, (word & 255).cast[DType.uint8]())
        blocks.store(to + 1, (word >> 8).cast[DType.uint8]())
        if bits == 8:
            for i in range(GGUF_BLOCK):
                var q = _half_away(values[begin + i] * inverse)
                blocks.store(
                    to + 2 + i, q.cast[DType.int32]().cast[DType.uint8]()
                )
            continue
        for i in range(GGUF_BLOCK // 2):
            var low = _four(values[begin + i] * inverse)
            var high = _four(values[begin + GGUF_BLOCK // 2 + i] * inverse)
            blocks.store(to + 2 + i, low | high << 4)
    return -1


@always_inline
def _half_away(x: Float32) -> Float32:
    # In doubles the sum is exact, so that 0.49999997 does not become 1.
    var up = floor(abs(x).cast[DType.float64]() + 0.5).cast[DType.float32]()
    return -up if x < 0 else up


@always_inline
def _four(x: Float32) -> UInt8:
    # From 0.5 to 16.5, so cutting the fraction off is rounding down.
    return min((x + 8.5).cast[DType.int32](), 15).cast[DType.uint8]()


def from_gguf(
    blocks: ColumnView[DType.uint8],
    bits: Int,
    values: MutColumnView[DType.float32],
):
    """Turns blocks back into values.

    Args:
        blocks: Blocks.
        bits: 8 or 4.
        values: Where the values go, 32 for every block.
    """
    var size = gguf_block_bytes(bits)
    for block in range(len(values) // GGUF_BLOCK):
        var at = block * size
        var begin = block * GGUF_BLOCK
        var word = blocks[at].cast[DType.uint16]()
        word |= blocks[at + 1].cast[DType.uint16]() << 8
        var d = bitcast[DType.float16](word).cast[DType.float32]()
        if bits == 8:
            for i in range(GGUF_BLOCK):
                var q = blocks[at + 2 + i].cast[DType.int8]()
                values.store(begin + i, q.cast[DType.float32]() * d)
            continue
        for i in range(GGUF_BLOCK // 2):
            var both = blocks[at + 2 + i]
            var low = (both & 15).cast[DType.float32]() - 8
            var high = (both >> 4).cast[DType.float32]() - 8
            values.store(begin + i, low * d)
            values.store(begin + GGUF_BLOCK // 2 + i, high * d)
