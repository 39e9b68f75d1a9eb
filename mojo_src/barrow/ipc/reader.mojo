"""Reads Arrow IPC files through a memory mapping."""

from std.python import Python, PythonObject
from std.sys import size_of

from barrow.errors import SchemaError
from barrow.fence import ColumnView
from barrow.model import BarColumns


def map_file(path: PythonObject) raises -> PythonObject:
    """Maps a file; nothing of it is read before it is touched.

    Args:
        path: The file.

    Returns:
        A `pyarrow.MemoryMappedFile`.

    Raises:
        What pyarrow raises if there is no such file.
    """
    return Python.import_module("pyarrow").memory_map(path, "r")


def open_file(source: PythonObject) raises -> PythonObject:
    """Reads the footer of an Arrow IPC file.

    Args:
        source: A path, a mapped file, or what else pyarrow reads from.

    Returns:
        A `pyarrow.RecordBatchFileReader`; its batches borrow from a mapping and keep
        it alive, and are copies of what was read from anything else.

    Raises:
        What pyarrow raises if this is no whole Arrow IPC file.
    """
    return Python.import_module("pyarrow").ipc.open_file(source)


def open_mapped(path: PythonObject) raises -> PythonObject:
    """Maps a file and reads its footer; values are read when they are touched.

    Args:
        path: An Arrow IPC file.

    Returns:
        A `pyarrow.RecordBatchFileReader`; its batches borrow from the mapping and
        keep it alive.

    Raises:
        What pyarrow raises if this is no whole Arrow IPC file.
    """
    return open_file(map_file(path))


def column[
    dtype: DType
](batch: PythonObject, name: StaticString) raises -> ColumnView[dtype]:
    """Borrows a column of a batch without copying.

    Parameters:
        dtype: The type of a value; the column may have any Arrow type of that
            width, such as `FixedSizeBinary(8)` for `int64`.

    Args:
        batch: A `pyarrow.RecordBatch`; keep it alive as long as the view.
        name: The name of the column.

    Returns:
        The values from the batch's offset on.

    Raises:
        If there is no such column, or its width is another, or it holds nulls.
    """
    var index = Int(py=batch.schema.get_field_index(name))
    if index < 0:
        raise _as_error(
            SchemaError(String('no column "', name, '" in the batch'))
        )
    var values = batch.column(index)
    comptime width = 8 * size_of[Scalar[dtype]]()
    if Int(py=values.type.bit_width) != width:
        raise _as_error(
            SchemaError(
                String(
                    'column "',
                    name,
                    '" is ',
                    String(py=values.type),
                    ", expected a type of ",
                    width,
                    " bits",
                )
            )
        )
    if Int(py=values.null_count) != 0:
        raise _as_error(SchemaError(String('column "', name, '" holds nulls')))
    var buffer = values.buffers()[1]
    var address = Int(py=buffer.address) + Int(py=values.offset) * width // 8
    return ColumnView[dtype](address=address, length=Int(py=len(values)))


def bar_columns[
    price: DType, size: DType
](batch: PythonObject) raises -> BarColumns[price, size]:
    """Borrows the columns of a batch of bars, found by name.

    Parameters:
        price: `int64` for fixed8, `int128` for fixed16.
        size: `uint64` for fixed8, `uint128` for fixed16.

    Args:
        batch: A `pyarrow.RecordBatch`; keep it alive as long as the result.

    Returns:
        The columns.

    Raises:
        If a column is missing, has another width or holds nulls.
    """
    return BarColumns[price, size](
        column[price](batch, "open"),
        column[price](batch, "high"),
        column[price](batch, "low"),
        column[price](batch, "close"),
        column[size](batch, "volume"),
        column[DType.uint64](batch, "ts_event"),
        column[DType.uint64](batch, "ts_init"),
    )


def _as_error(error: SchemaError) -> Error:
    """Python interop raises untyped errors, so the kind goes into the text."""
    return Error(String(error))
