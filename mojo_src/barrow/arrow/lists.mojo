"""Lists of numbers, seen without copying."""

from barrow.arrow.batch import Batch, Column
from barrow.arrow.c_data import ArrayPtr, word_at
from barrow.arrow.types import ColumnType, Layout
from barrow.errors import Fault
from barrow.fence import ColumnView, MutColumnView


@fieldwise_init
struct ListValues(Copyable):
    """The values of all lists of a column, one after another; borrows from the batch."""

    var values: Column
    """The values. Its rows begin where those of the producer do."""
    var row: Int
    """The first list that is null or holds a null, or -1."""
    var place: Int
    """Where in that list the null is, or -1 if the list itself is null."""


def list_values(
    batch: Batch, at: Int, ends: MutColumnView[DType.int64]
) raises Fault -> ListValues:
    """Shows the values of a column of lists, after a look at every offset.

    Args:
        batch: A record batch.
        at: The index of the column.
        ends: Room for one more than there are rows: list i has the values from `ends[i]`
            to `ends[i + 1]`, counted from the first one of `values`.

    Returns:
        The values.

    Raises:
        Fault: If the column holds no lists, or its offsets fall or lead past the values.
    """
    var column = batch.column(at)
    var field = batch.schema[].field_index(at)
    var name = batch.schema[].fields[field].name.copy()
    if not column.type.layout.is_list() or not batch.schema[].is_batch():
        raise Fault(
            "SchemaError",
            String(
                'column "',
                name,
                '": it has the Arrow type "',
                column.type.format,
                '", expected lists',
            ),
        )
    ref root = batch.owner[].at[]
    var lists = ArrayPtr(unsafe_from_address=word_at(root.children, at))
    var child = ArrayPtr(unsafe_from_address=word_at(lists[].children, 0))
    var buffers = List[Int]()
    for i in range(Int(child[].n_buffers)):
        buffers.append(word_at(child[].buffers, i))
    var nulls = Int(child[].null_count) if buffers[0] != 0 else 0
    var values = Column(
        batch.schema[].fields[field + 1].type.copy(),
        Int(child[].length),
        Int(child[].offset),
        nulls,
        buffers^,
    )
    var bad: Int
    if column.length == 0:
        ends.store(0, Int64(0))
        bad = -1
    elif column.type.layout == Layout.LIST:
        bad = _ends[DType.int32](column, values.length, ends)
    else:
        bad = _ends[DType.int64](column, values.length, ends)
    if bad >= 0:
        raise Fault(
            "CorruptError",
            String(
                'Arrow array "',
                name,
                '": offset ',
                bad,
                " of its lists is ",
                ends.load(bad),
                ", less than the one before or past the ",
                values.length,
                " values",
            ),
        )
    var result = ListValues(values^, -1, -1)
    _find_null(column, ends, result)
    return result^


def _ends[
    dtype: DType
](column: Column, length: Int, ends: MutColumnView[DType.int64]) -> Int:
    """Copies offsets; gives the first one that is wrong, or -1."""
    var width = 4 if dtype == DType.int32 else 8
    var offsets = ColumnView[dtype](
        address=column.buffers[1] + width * column.offset,
        length=column.length + 1,
    )
    var before = Int64(0)
    for i in range(len(offsets)):
        var here = offsets[i].cast[DType.int64]()
        ends.store(i, here)
        if here < before or here > Int64(length):
            return i
        before = here
    return -1


def _find_null(
    column: Column, ends: MutColumnView[DType.int64], mut result: ListValues
):
    var rows = column.validity()
    var inner = result.values.validity()
    var all_there = result.values.null_count() == 0
    for row in range(column.length):
        if not rows[row]:
            result.row = row
            return
        if all_there:
            continue
        for at in range(Int(ends.load(row)), Int(ends.load(row + 1))):
            if not inner[at]:
                result.row = row
                result.place = at - Int(ends.load(row))
                return
