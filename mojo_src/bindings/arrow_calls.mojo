"""The Arrow C interfaces through capsules, as functions of the extension module."""

from std.memory import ArcPointer

from barrow.arrow import (
    ArrowArray,
    ArrowArrayStream,
    ArrowSchema,
    Batch,
    OwnedArray,
    OwnedSchema,
    OwnedStream,
    Schema,
    empty_batch,
    read_stream,
    require_struct,
)

from capi import *
from capsules import *

comptime _BATCH: StaticString = "barrow.ArrowBatch"
comptime _SHARED: StaticString = "barrow.ArrowSchema"


def arrow_take_array(args: Args, n: Int) raises PyErr -> Obj:
    """Args: schema capsule, array capsule, whether it must be a record batch.
    Returns (schema, batch)."""
    var strict = to_bool(args[unsafe_offset=2])
    var schema_at = pointee[ArrowSchema](args[], SCHEMA)
    var array_at = pointee[ArrowArray](args[unsafe_offset=1], ARRAY)
    # Both are taken before either is looked at, so that both are released.
    var owned_schema = OwnedSchema(taking=schema_at)
    var owned_array = OwnedArray(taking=array_at)
    try:
        var schema = ArcPointer(Schema(owned_schema^))
        var batch = Batch(schema, owned_array^)
        if strict:
            batch.require_batch()
        var result = external_call["PyTuple_New", Obj](2)
        put(result, 0, new_handle[_SHARED](schema))
        put(result, 1, new_handle[_BATCH](batch^))
        return result
    except fault:
        raise fault_error(fault)


def arrow_take_stream(args: Args, n: Int) raises PyErr -> Obj:
    """Args: stream capsule, whether it must give record batches.
    Returns (schema, tuple of batches)."""
    var strict = to_bool(args[unsafe_offset=1])
    var stream = OwnedStream(taking=pointee[ArrowArrayStream](args[], STREAM))
    # A producer may wait for threads that need the interpreter.
    var state = gil_release()
    try:
        stream.check()
        var schema = ArcPointer(Schema(stream.schema()))
        if strict:
            require_struct(schema[])
        var batches = read_stream(stream, schema)
        if strict:
            for ref batch in batches:
                batch.require_batch()
        _ = stream^
        gil_acquire(state)
        var list = external_call["PyTuple_New", Obj](len(batches))
        for i in range(len(batches)):
            put(list, i, new_handle[_BATCH](batches[i].copy()))
        var result = external_call["PyTuple_New", Obj](2)
        put(result, 0, new_handle[_SHARED](schema))
        put(result, 1, list)
        return result
    except fault:
        gil_acquire(state)
        raise fault_error(fault)


def arrow_empty(args: Args, n: Int) raises PyErr -> Obj:
    """Args: schema. Returns a batch without rows."""
    var handle = handle_of[ArcPointer[Schema], _SHARED](args[])
    try:
        return new_handle[_BATCH](empty_batch(handle[].value))
    except fault:
        raise fault_error(fault)


def arrow_fields(args: Args, n: Int) raises PyErr -> Obj:
    """Args: schema. Returns (is a record batch, the root, the columns), a field as
    (name, format, nullable)."""
    var handle = handle_of[ArcPointer[Schema], _SHARED](args[])
    ref schema = handle[].value[]
    var columns = external_call["PyTuple_New", Obj](schema.columns())
    for i in range(schema.columns()):
        put(columns, i, _field(schema, schema.field_index(i)))
    var result = external_call["PyTuple_New", Obj](3)
    put(result, 0, py_int(Int(schema.is_batch())))
    put(result, 1, _field(schema, 0))
    put(result, 2, columns)
    return result


def _field(schema: Schema, at: Int) -> Obj:
    ref field = schema.fields[at]
    var result = external_call["PyTuple_New", Obj](3)
    put(result, 0, py_str(field.name))
    put(result, 1, py_str(field.type.format))
    put(result, 2, py_int(Int(field.nullable)))
    return result


def arrow_rows(args: Args, n: Int) raises PyErr -> Obj:
    """Args: batch. Returns how many rows it has."""
    return py_int(handle_of[Batch, _BATCH](args[])[].value.rows())


def arrow_find(args: Args, n: Int) raises PyErr -> Obj:
    """Args: schema, name. Returns the index of the column."""
    var handle = handle_of[ArcPointer[Schema], _SHARED](args[])
    var name = to_string(args[unsafe_offset=1])
    try:
        return py_int(handle[].value[].find(name))
    except fault:
        raise fault_error(fault)


def arrow_column(args: Args, n: Int) raises PyErr -> Obj:
    """Args: batch, index, or -1 for the array as a whole. Returns (length, offset, null count, then the addresses
    of the buffers, 0 where there is none)."""
    var handle = handle_of[Batch, _BATCH](args[])
    ref batch = handle[].value
    var at = to_int(args[unsafe_offset=1])
    if at < -1 or at >= batch.columns():
        raise PyErr.argument(
            String("column ", at, " of ", batch.columns(), " columns")
        )
    var column = batch.root() if at < 0 else batch.column(at)
    var result = external_call["PyTuple_New", Obj](3 + len(column.buffers))
    put(result, 0, py_int(column.length))
    put(result, 1, py_int(column.offset))
    put(result, 2, py_int(column.null_count()))
    for i in range(len(column.buffers)):
        put(result, 3 + i, py_int(column.buffers[i]))
    return result


def arrow_lend_schema(args: Args, n: Int) raises PyErr -> Obj:
    """Args: schema. Returns a schema capsule."""
    var handle = handle_of[ArcPointer[Schema], _SHARED](args[])
    return schema_capsule(handle[].value)


def arrow_lend_array(args: Args, n: Int) raises PyErr -> Obj:
    """Args: batch. Returns (schema capsule, array capsule)."""
    var handle = handle_of[Batch, _BATCH](args[])
    return batch_capsules(handle[].value)


def arrow_lend_stream(args: Args, n: Int) raises PyErr -> Obj:
    """Args: schema, tuple of batches. Returns a stream capsule."""
    var schema = handle_of[ArcPointer[Schema], _SHARED](args[])
    var list = args[unsafe_offset=1]
    var batches = List[Batch]()
    for i in range(external_call["PyTuple_Size", Int](list)):
        var handle = handle_of[Batch, _BATCH](item(list, i))
        batches.append(handle[].value.copy())
    return stream_capsule(schema[].value, batches^)
