"""Values to codes and back, every access checked."""

from std.random import random_float64, seed
from std.testing import TestSuite, assert_equal, assert_true

from barrow.fence import ColumnView, MutColumnView
from barrow.quantize import (
    Choices,
    Clip,
    Levels,
    Stop,
    dequantize,
    errors,
    packed_length,
    quantize,
)


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


def _round_trip(
    count: Int, bits: Int, symmetric: Bool, group: Int, clip: Clip
) raises:
    var values = List[Float32](capacity=count)
    for _ in range(count):
        values.append(random_float64(-3, 5).cast[DType.float32]())
    var groups = (count + group - 1) // group
    var scales = List[Float32](length=groups, fill=0)
    var zeros = List[Float32](length=groups, fill=0)
    var codes = List[UInt8](length=packed_length(count, bits), fill=255)
    var back = List[Float32](length=count, fill=-1)
    var levels = Levels(bits, symmetric)
    var stop = quantize(
        _of(values),
        Choices(levels, group, False, clip, 0.9, count % 2 == 0),
        _into(scales),
        _into(zeros),
        _into(codes),
    )
    assert_equal(stop.at, Stop.NOWHERE.at)
    dequantize(
        _of(codes),
        levels,
        group,
        _of(scales),
        _of(zeros),
        _into(back),
        count % 2 == 1,
    )
    var sums = errors(
        _of(values), _of(codes), levels, group, _of(scales), _of(zeros)
    )
    # Views do not keep what they show.
    _ = codes^
    _ = zeros^
    var largest = Float32(0)
    for i in range(count):
        var lost = abs(values[i] - back[i])
        largest = max(largest, lost)
        if clip == Clip.NONE:
            assert_true(lost <= scales[i // group] * 0.5001)
    assert_true(abs(sums.largest - largest.cast[DType.float64]()) < 1e-6)


def test_every_width_and_length_comes_back_within_half_a_step() raises:
    seed(3)
    var lengths: List[Int] = [1, 7, 8, 63, 64, 65, 4095, 4096, 4097, 9001]
    for bits in range(2, 9):
        for count in lengths:
            for symmetric in [False, True]:
                _round_trip(count, bits, symmetric, 1, Clip.NONE)
                _round_trip(count, bits, symmetric, 37, Clip.NONE)
                _round_trip(count, bits, symmetric, 10000, Clip.NONE)


def test_every_way_to_clip_stays_in_bounds() raises:
    seed(4)
    for bits in range(2, 9):
        for symmetric in [False, True]:
            _round_trip(300, bits, symmetric, 77, Clip.PERCENTILE)
            _round_trip(300, bits, symmetric, 77, Clip.SQUARES)


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
