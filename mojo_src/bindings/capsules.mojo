"""Capsules of the Arrow PyCapsule interface, and faults as exceptions."""

from std.memory import ArcPointer

from barrow.arrow import (
    ArrowArray,
    ArrowArrayStream,
    ArrowSchema,
    Batch,
    Schema,
    lend_array,
    lend_schema,
    lend_stream,
    release_array,
    release_schema,
    release_stream,
)
from barrow.errors import Fault

from capi import *

# The names the PyCapsule interface gives.
comptime SCHEMA: StaticString = "arrow_schema"
comptime ARRAY: StaticString = "arrow_array"
comptime STREAM: StaticString = "arrow_array_stream"


def pointee[
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


def schema_capsule(schema: ArcPointer[Schema]) -> Obj:
    """A new schema capsule."""
    var target = unsafe_alloc[ArrowSchema](1)
    lend_schema(schema, target)
    var destroy: CapsuleDestructor = _free_schema
    return external_call["PyCapsule_New", Obj](target, cstr(SCHEMA), destroy)


def batch_capsules(batch: Batch) -> Obj:
    """A new tuple of a schema capsule and an array capsule."""
    var array = unsafe_alloc[ArrowArray](1)
    lend_array(batch, array)
    var destroy: CapsuleDestructor = _free_array
    var result = external_call["PyTuple_New", Obj](2)
    put(result, 0, schema_capsule(batch.schema))
    put(
        result,
        1,
        external_call["PyCapsule_New", Obj](array, cstr(ARRAY), destroy),
    )
    return result


def stream_capsule(schema: ArcPointer[Schema], var batches: List[Batch]) -> Obj:
    """A new stream capsule."""
    var stream = unsafe_alloc[ArrowArrayStream](1)
    lend_stream(schema, batches^, stream)
    var destroy: CapsuleDestructor = _free_stream
    return external_call["PyCapsule_New", Obj](stream, cstr(STREAM), destroy)


# A consumer has moved the struct out, or nobody wanted it.
def _free_schema(capsule: Obj) abi("C"):
    var address = external_call["PyCapsule_GetPointer", OptRaw](
        capsule, cstr(SCHEMA)
    )
    if address:
        var schema = address.value().unsafe_bitcast[ArrowSchema]()
        release_schema(schema)
        schema.unsafe_free()


def _free_array(capsule: Obj) abi("C"):
    var address = external_call["PyCapsule_GetPointer", OptRaw](
        capsule, cstr(ARRAY)
    )
    if address:
        var array = address.value().unsafe_bitcast[ArrowArray]()
        release_array(array)
        array.unsafe_free()


def _free_stream(capsule: Obj) abi("C"):
    var address = external_call["PyCapsule_GetPointer", OptRaw](
        capsule, cstr(STREAM)
    )
    if address:
        var stream = address.value().unsafe_bitcast[ArrowArrayStream]()
        release_stream(stream)
        stream.unsafe_free()


def fault_error(fault: Fault) -> PyErr:
    comptime module: StaticString = "barrow.errors"
    if fault.kind == "ArgumentError":
        return PyErr(module, "BarrowArgumentError", fault.message)
    if fault.kind == "SchemaError":
        return PyErr(module, "BarrowSchemaError", fault.message)
    if fault.kind == "UnsupportedError":
        return PyErr(module, "BarrowUnsupportedError", fault.message)
    if fault.kind == "IoError":
        return PyErr(module, "BarrowIoError", fault.message)
    return PyErr(module, "BarrowCorruptError", fault.message)
