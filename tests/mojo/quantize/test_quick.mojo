"""Quotients without a division, and sixteen groups at once, every access checked.

`-D EVERY=1` tries all quotients that could be wrong, not some: half a minute.
"""

from std.bit import count_trailing_zeros
from std.random import random_float64, random_si64, seed
from std.sys import get_defined_int
from std.testing import TestSuite, assert_equal, assert_true

from barrow.fence import ColumnView, MutColumnView
from barrow.quantize import Choices, Clip, Levels, Stop, packed_length, quantize
from barrow.quantize.grid import Floats, Grid, grid_of, grids_of
from barrow.quantize.quick import quotient

comptime _EVERY = get_defined_int["EVERY", 997]()


def _check(a: Int, b: Int, power: Int) raises:
    """Compares a / b, both 24 bits."""
    var x = Float32(a) * Float32(2) ** power
    var scale = Float32(b)
    var found = quotient(Floats(x), Floats(scale), Floats(1 / scale))
    assert_equal(found[0], x / scale)


def _near_the_middle(b: Int, power: Int, most: Int) raises -> Int:
    """Tries every a of 24 bits whose quotient by b is as near as `most` to the middle
    between two floats: a * 2**power - b * m is small, where m is odd and has 25 bits.
    """
    var twos = Int(count_trailing_zeros(b))
    var odd = b >> twos
    # Newton's iteration doubles the bits that are right, from the first three on.
    var inverse = odd
    for _ in range(4):
        inverse = (inverse * (2 - odd * inverse)) & ((1 << 32) - 1)
    var modulus = 1 << (power - twos)
    var tried = 0
    for j in range(-most, most + 1):
        if j == 0 or Int(count_trailing_zeros(j)) != twos:
            continue
        var m = (-(j >> twos) * inverse) & (modulus - 1)
        m += ((1 << 24) - m + modulus - 1) // modulus * modulus
        while m < 1 << 25:
            var a = (b * m + j) >> power
            if (1 << 23) <= a < (1 << 24) and (a >= b) == (power == 24):
                _check(a, b, 20)
                tried += 1
            m += modulus
    return tried


def test_quotients_are_those_of_a_division() raises:
    var tried = 0
    for b in range(1 << 23, 1 << 24, _EVERY):
        tried += _near_the_middle(b, 24, 16)
        tried += _near_the_middle(b, 25, 32)
    assert_true(tried > (1 << 23) // _EVERY)
    seed(1)
    for _ in range(100_000):
        _check(
            Int(random_si64(1 << 23, (1 << 24) - 1)),
            Int(random_si64(1 << 23, (1 << 24) - 1)),
            Int(random_si64(-10, 20)),
        )


def test_grids_side_by_side_are_those_of_each() raises:
    seed(2)
    for _ in range(2000):
        var low = Floats(0)
        var high = Floats(0)
        for i in range(16):
            var offset = random_float64(-3, 3) * Float64(
                10.0
            ) ** random_float64(-3, 3)
            low[i] = offset.cast[DType.float32]()
            high[i] = (offset + random_float64(0, 2)).cast[DType.float32]()
        low[0] = high[0]
        low[1] = 0
        high[1] = 0
        for bits in range(2, 9):
            for symmetric in [False, True]:
                for half in [False, True]:
                    var levels = Levels(bits, symmetric)
                    var all = grids_of[16](low, high, levels, half)
                    for i in range(16):
                        var one = grid_of(low[i], high[i], levels, half)
                        assert_equal(all.scale[i], one.scale)
                        assert_equal(all.zero[i], one.zero)


def _of[dtype: DType](ref numbers: List[Scalar[dtype]]) -> ColumnView[dtype]:
    return ColumnView[dtype](
        address=Int(numbers.unsafe_ptr()), length=len(numbers)
    )


def _into[
    dtype: DType
](ref numbers: List[Scalar[dtype]]) -> MutColumnView[dtype]:
    return MutColumnView[dtype](
        address=Int(numbers.unsafe_ptr()), length=len(numbers)
    )


def _compare(
    values: List[Float32], bits: Int, symmetric: Bool, group: Int
) raises:
    """Codes of 8 bits and fewer against those of `Grid.codes`, one by one."""
    var count = len(values)
    var groups = (count + group - 1) // group
    var scales = List[Float32](length=groups, fill=0)
    var zeros = List[Float32](length=groups, fill=0)
    var codes = List[UInt8](length=packed_length(count, bits), fill=255)
    var levels = Levels(bits, symmetric)
    var choices = Choices(levels, group, False, Clip.NONE, 0.9, False)
    var stop = quantize(
        _of(values), choices, _into(scales), _into(zeros), _into(codes)
    )
    assert_equal(stop.at, Stop.NOWHERE.at)
    for i in range(count):
        var index = i // group
        var low = values[index * group]
        var high = low
        if i % group == 0:
            for k in range(index * group, min((index + 1) * group, count)):
                low = min(low, values[k])
                high = max(high, values[k])
            var grid = grid_of(low, high, levels, False)
            assert_equal(scales[index], grid.scale)
            assert_equal(zeros[index], grid.zero)
        var grid = Grid(scales[index], zeros[index])
        var code = Int(grid.codes[1](values[i], levels)) & ((1 << bits) - 1)
        var bit = i * bits
        var word = Int(codes[bit // 8])
        if bit // 8 + 1 < len(codes):
            word |= Int(codes[bit // 8 + 1]) << 8
        assert_equal((word >> (bit % 8)) & ((1 << bits) - 1), code)


def test_sixteen_groups_at_once_are_those_of_each() raises:
    seed(3)
    var sizes: List[Int] = [16, 32, 64, 128, 192, 256, 320, 48, 4096]
    for group in sizes:
        var values = List[Float32](capacity=35 * group)
        for i in range(35 * group - 7):
            # Ties, equal values, far offsets and tiny spans, a few groups each.
            var kind = i // group % 7
            var x = random_float64(-3, 5)
            if kind == 1:
                x = Float64(random_si64(-300, 300))
            elif kind == 2:
                x = -2.5
            elif kind == 3:
                x = 0
            elif kind == 4:
                x += 1e6
            elif kind == 5 and i // group > 20:
                x *= 1e-30
            elif kind == 6 and i // group > 27:
                x = 1e9 + Float64(random_si64(0, 3)) * 64
            values.append(x.cast[DType.float32]())
        for bits in range(2, 9):
            for symmetric in [False, True]:
                _compare(values, bits, symmetric, group)


def test_a_value_that_is_not_finite_stops_sixteen_groups() raises:
    var values = List[Float32](length=64 * 16, fill=1)
    values[700] = Float32(0) / Float32(0)
    values[900] = 1 / Float32(0)
    var scales = List[Float32](length=16, fill=0)
    var zeros = List[Float32](length=16, fill=0)
    var codes = List[UInt8](length=64 * 8, fill=0)
    var stop = quantize(
        _of(values),
        Choices(Levels(4, False), 64, False, Clip.NONE, 0.9, False),
        _into(scales),
        _into(zeros),
        _into(codes),
    )
    assert_equal(stop.at, 700)


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
