"""Sixteen short groups at once: their ranges, their grids, then their codes.

A group alone would wait for its own chain of reductions and divisions; sixteen side by
side, one in each lane, share one chain, and are still in the nearest cache when their
codes are made.
"""

from std.math import fma

from barrow.fence import ColumnView, MutColumnView, Scratch
from barrow.quantize.bits import BLOCK
from barrow.quantize.grid import Floats, LANES, Levels, grids_of
from barrow.quantize.quick import (
    AHEAD,
    Quick,
    STEP,
    Shape,
    offsets_of,
    saturated,
    tame,
)
from barrow.quantize.ranges import at_once

comptime GROUPS = LANES
"""Groups at once."""


def groups_at_once(group: Int) -> Bool:
    """Tells for which groups `Room.encode` is made.

    Args:
        group: Values of a group.

    Returns:
        Whether steps begin where groups do, or groups where a vector does, and the codes
        of sixteen groups fit into a block.
    """
    var even = group % STEP == 0 or group == STEP // 2 or group == LANES
    return even and group > 0 and GROUPS * group <= BLOCK


struct Room(Movable):
    """What is known of sixteen groups while their codes are made."""

    var _low: Scratch[DType.float32]
    var _high: Scratch[DType.float32]
    var _inverse: Scratch[DType.float32]
    var _offset: Scratch[DType.int32]

    def __init__(out self):
        """Makes room."""
        self._low = Scratch[DType.float32](length=GROUPS * LANES)
        self._high = Scratch[DType.float32](length=GROUPS * LANES)
        self._inverse = Scratch[DType.float32](length=GROUPS)
        self._offset = Scratch[DType.int32](length=GROUPS)

    def encode[
        dtype: DType
    ](
        mut self,
        values: ColumnView[dtype],
        group: Int,
        levels: Levels,
        half: Bool,
        scales: MutColumnView[DType.float32],
        zeros: MutColumnView[DType.float32],
        mut codes: Scratch[DType.uint8],
    ) -> Bool:
        """Quantizes sixteen groups.

        Parameters:
            dtype: How values are stored.

        Args:
            values: Their values.
            group: Values of a group, as `groups_at_once` wants it.
            levels: Which codes there are.
            half: As `grids_of` has it.
            scales: Where their scales go.
            zeros: Where their zeros go.
            codes: Where their codes go, one a byte, from the first byte on.

        Returns:
            Whether all were; otherwise a value is not finite or a grid not tame, and
            what was written means nothing.
        """
        if not self._ranges(values, group):
            return False
        var low = self._reduced[False]()
        var high = self._reduced[True]()
        var grids = grids_of[GROUPS](low, high, levels, half)
        if not tame[GROUPS](grids.scale, grids.zero):
            return False
        var shape = Shape.of(levels)
        scales.store[GROUPS](0, grids.scale)
        zeros.store[GROUPS](0, grids.zero)
        self._inverse.store[GROUPS](0, Floats(1) / grids.scale)
        self._offset.store[GROUPS](0, offsets_of[GROUPS](grids.zero, shape))
        if group >= STEP:
            self._codes[dtype, 4](values, group, shape, scales, codes)
        elif group == STEP // 2:
            self._codes[dtype, 2](values, group, shape, scales, codes)
        else:
            self._codes[dtype, 1](values, group, shape, scales, codes)
        return True

    @always_inline
    def _ranges[
        dtype: DType
    ](mut self, values: ColumnView[dtype], group: Int) -> Bool:
        """Finds the least and the largest values, up to sixteen of each group; tells
        whether all are finite."""
        var doubt = Floats(0)
        for i in range(GROUPS):
            var at = i * group
            var end = at + group
            var low = at_once[dtype, LANES](values, at)
            var high = low
            # NaN as soon as a value is not finite: infinity times zero is NaN.
            var bad = low * Floats(0)
            at += LANES
            while at < end:
                var x = at_once[dtype, LANES](values, at)
                low = x.lt(low).select(x, low)
                high = x.gt(high).select(x, high)
                bad = fma(x, Floats(0), bad)
                at += LANES
            self._low.store[LANES](i * LANES, low)
            self._high.store[LANES](i * LANES, high)
            doubt += bad
        return all(doubt.eq(Floats(0)))

    @always_inline
    def _reduced[largest: Bool](self) -> Floats:
        """Reduces each row to one lane, by halves of two rows at a time."""
        var rows = Array[Floats, GROUPS](fill=Floats(0))
        comptime for i in range(GROUPS):
            comptime if largest:
                rows[i] = self._high.load[LANES](i * LANES)
            else:
                rows[i] = self._low.load[LANES](i * LANES)
        comptime for level in range(4):
            comptime left = GROUPS >> (level + 1)
            comptime for i in range(left):
                var a = rows[2 * i]
                var b = rows[2 * i + 1]
                var x = a.shuffle[
                    0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
                ](b)
                var y = a.shuffle[
                    1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
                ](b)
                comptime if largest:
                    rows[i] = x.gt(y).select(x, y)
                else:
                    rows[i] = x.lt(y).select(x, y)
        return rows[0]

    @always_inline
    def _codes[
        dtype: DType, shared: Int
    ](
        self,
        values: ColumnView[dtype],
        group: Int,
        shape: Shape,
        scales: MutColumnView[DType.float32],
        mut codes: Scratch[DType.uint8],
    ):
        """Makes codes; `shared` vectors of a step are of one group."""
        for i in range(0, GROUPS, 4 // shared):
            var a = self._group(i, scales)
            var b = self._group(i + 1, scales) if shared == 1 else a
            var c = self._group(i + 2 // shared, scales) if shared < 4 else a
            var d = self._group(i + 3, scales) if shared == 1 else c
            var at = i * group
            var end = at + max(group, STEP)
            while at < end:
                comptime for k in range(4):
                    values.expect(at + AHEAD + k * LANES)
                codes.store[STEP](
                    at,
                    saturated(
                        a.codes(at_once[dtype, LANES](values, at)),
                        b.codes(at_once[dtype, LANES](values, at + LANES)),
                        c.codes(at_once[dtype, LANES](values, at + 2 * LANES)),
                        d.codes(at_once[dtype, LANES](values, at + 3 * LANES)),
                        shape,
                    ),
                )
                at += STEP

    @always_inline
    def _group(self, i: Int, scales: MutColumnView[DType.float32]) -> Quick:
        return Quick(
            scales.load(i), self._inverse.load(i), self._offset.load(i)
        )
