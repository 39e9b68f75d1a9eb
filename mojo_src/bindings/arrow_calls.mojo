"""The Arrow C interfaces through capsules, as functions of the extension module."""

from std.memory import ArcPointer

from barrow.arrow import (
    ArrayPtr,
    ArrowArray,
    ArrowArrayStream,
    ArrowSchema,
    Batch,
    OwnedArray,
    OwnedSchema,
    OwnedStream,
    Schema,
    SchemaPtr,
    StreamPtr,
    empty_batch,
    lend_array,
    lend_schema,
    lend_stream,
    read_stream,
    release_array,
    release_schema,
    release_stream,
    require_struct,
)
from barrow.errors import Fault

from capi import *

comptime _BATCH: StaticString = "barrow.ArrowBatch"
comptime _SHARED: StaticString = "barrow.ArrowSchema"
# The names the PyCapsule interface gives.
comptime _SCHEMA: StaticString = "arrow_schema"
comptime _ARRAY: StaticString = "arrow_array"
comptime _STREAM: StaticString = "arrow_array_stream"


def arrow_take_array(args: Args, n: Int) raises PyErr -> Obj:
    """Args: schema capsule, array capsule, whether it must be a record batch.
    Returns (schema, batch)."""
    var strict = to_bool(args[unsafe_offset=2])
    var schema_at = _pointee[ArrowSchema](args[], _SCHEMA)
    var array_at = _pointee[ArrowArray](args[unsafe_offset=1], _ARRAY)
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
        raise _error(fault)


def arrow_take_stream(args: Args, n: Int) raises PyErr -> Obj:
    """Args: stream capsule, whether it must give record batches.
    Returns (schema, tuple of batches)."""
    var strict = to_bool(args[unsafe_offset=1])
    var stream = OwnedStream(taking=_pointee[ArrowArrayStream](args[], _STREAM))
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
        raise _error(fault)


def arrow_empty(args: Args, n: Int) raises PyErr -> Obj:
    """Args: schema. Returns a batch without rows."""
    var handle = handle_of[ArcPointer[Schema], _SHARED](args[])
    try:
        return new_handle[_BATCH](empty_batch(handle[].value))
    except fault:
        raise _error(fault)


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
        raise _error(fault)


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
    return _schema_capsule(handle[].value)


def arrow_lend_array(args: Args, n: Int) raises PyErr -> Obj:
    """Args: batch. Returns (schema capsule, array capsule)."""
    var handle = handle_of[Batch, _BATCH](args[])
    var array = unsafe_alloc[ArrowArray](1)
    lend_array(handle[].value, array)
    var destroy: CapsuleDestructor = _free_array
    var result = external_call["PyTuple_New", Obj](2)
    put(result, 0, _schema_capsule(handle[].value.schema))
    put(
        result,
        1,
        external_call["PyCapsule_New", Obj](array, cstr(_ARRAY), destroy),
    )
    return result


def arrow_lend_stream(args: Args, n: Int) raises PyErr -> Obj:
    """Args: schema, tuple of batches. Returns a stream capsule."""
    var schema = handle_of[ArcPointer[Schema], _SHARED](args[])
    var list = args[unsafe_offset=1]
    var batches = List[Batch]()
    for i in range(external_call["PyTuple_Size", Int](list)):
        var handle = handle_of[Batch, _BATCH](item(list, i))
        batches.append(handle[].value.copy())
    var stream = unsafe_alloc[ArrowArrayStream](1)
    lend_stream(schema[].value, batches^, stream)
    var destroy: CapsuleDestructor = _free_stream
    return external_call["PyCapsule_New", Obj](stream, cstr(_STREAM), destroy)


def _pointee[
    T: AnyType
](capsule: Obj, name: StaticString) raises PyErr -> Pointer[
    T, MutUntrackedOrigin
]:
    """The struct behind a capsule; it lives as long as the capsule."""
    if not external_call["PyCapsule_IsValid", c_int](capsule, cstr(name)):
        raise PyErr.argument(
            String(
                'Arrow capsule: expected a capsule called "',
                name,
                '"\n  try: an object with __arrow_c_array__ or',
                " __arrow_c_stream__",
            )
        )
    var address = external_call["PyCapsule_GetPointer", OptRaw](
        capsule, cstr(name)
    )
    if not address:
        raise PyErr.pending()
    return address.value().unsafe_bitcast[T]()


def _schema_capsule(schema: ArcPointer[Schema]) -> Obj:
    var target = unsafe_alloc[ArrowSchema](1)
    lend_schema(schema, target)
    var destroy: CapsuleDestructor = _free_schema
    return external_call["PyCapsule_New", Obj](target, cstr(_SCHEMA), destroy)


# A consumer has moved the struct out, or nobody wanted it.
def _free_schema(capsule: Obj) abi("C"):
    var address = external_call["PyCapsule_GetPointer", OptRaw](
        capsule, cstr(_SCHEMA)
    )
    if address:
        var schema = address.value().unsafe_bitcast[ArrowSchema]()
        release_schema(schema)
        schema.unsafe_free()


def _free_array(capsule: Obj) abi("C"):
    var address = external_call["PyCapsule_GetPointer", OptRaw](
        capsule, cstr(_ARRAY)
    )
    if address:
        var array = address.value().unsafe_bitcast[ArrowArray]()
        release_array(array)
        array.unsafe_free()


def _free_stream(capsule: Obj) abi("C"):
    var address = external_call["PyCapsule_GetPointer", OptRaw](
        capsule, cstr(_STREAM)
    )
    if address:
        var stream = address.value().unsafe_bitcast[ArrowArrayStream]()
        release_stream(stream)
        stream.unsafe_free()


def _error(fault: Fault) -> PyErr:
    comptime module: StaticString = "barrow.errors"
    if fault.kind == "SchemaError":
        return PyErr(module, "BarrowSchemaError", fault.message)
    if fault.kind == "UnsupportedError":
        return PyErr(module, "BarrowUnsupportedError", fault.message)
    if fault.kind == "IoError":
        return PyErr(module, "BarrowIoError", fault.message)
    return PyErr(module, "BarrowCorruptError", fault.message)
