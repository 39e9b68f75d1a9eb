"""A Python extension module for a type of record that barrow does not have.

`docs/guide/new-record-type.md` walks through one. The module has the functions of the three
traits; `barrow.RecordModule` gives them Python's types.
"""

from std.memory import ArcPointer

from barrow.arrow import (
    ArrowArray,
    ArrowSchema,
    Batch,
    Metadata,
    OwnedArray,
    OwnedSchema,
    Schema,
    metadata_keys,
    parse_format,
    slots_of,
)
from barrow.errors import Fault
from barrow.model import Record

from capi import *
from capsules import *
from record_rows import batch_of_rows, rows_of_records


def record_module[
    name: StaticString,
    Fixed8: Record,
    Fixed16: Record,
    Decimal128: Record,
]() -> Obj:
    """Makes the module; what `PyInit_<name>` of an extension returns.

    Parameters:
        name: The name of the module.
        Fixed8: The record, its values stored as `fixed8`.
        Fixed16: The same as `fixed16`.
        Decimal128: The same as `decimal128`.
    """
    # Looks the interpreter's functions up now, as in `_native`.
    decref(py_none())
    var table = ModuleTable()
    table.add[_columns[Fixed8, Decimal128], 0]("columns", "The columns.")
    table.add[_keys[Fixed8], 0]("keys", "The keys of the metadata.")
    table.add[
        _chosen[_map[Fixed8], _map[Fixed16], _map[Decimal128]],
        1,
    ]("get_schema_map", "The type of every column in an encoding.")
    table.add[
        _chosen[_schema[Fixed8], _schema[Fixed16], _schema[Decimal128]],
        2,
    ]("get_schema", "The schema in an encoding, with metadata.")
    table.add[
        _chosen[_encode[Fixed8], _encode[Fixed16], _encode[Decimal128]],
        3,
    ]("encode_batch", "Rows to a batch in an encoding, with metadata.")
    table.add[_decode[Fixed8, Fixed16, Decimal128], 2](
        "decode_batch", "A batch in any encoding to rows."
    )
    return table.create(name)


comptime _Of = def(Args) thin raises PyErr -> Obj


def _chosen[
    fixed8: _Of, fixed16: _Of, decimal128: _Of
](args: Args, n: Int) raises PyErr -> Obj:
    """Calls one of three, by the encoding that is the first argument."""
    var encoding = to_string(args[])
    if encoding == "fixed8":
        return fixed8(args)
    if encoding == "fixed16":
        return fixed16(args)
    if encoding == "decimal128":
        return decimal128(args)
    raise PyErr.argument(
        String(
            "encoding: '",
            encoding,
            "' is none of the encodings\n  try: fixed8, fixed16, decimal128",
        )
    )


def _columns[A: Record, C: Record](args: Args, n: Int) raises PyErr -> Obj:
    """Returns a tuple of (name, role, type in `fixed8`, whether optional)."""
    var slots = slots_of[A]()
    var decimals = slots_of[C]()
    var result = external_call["PyTuple_New", Obj](len(slots))
    for i in range(len(slots)):
        ref stored = slots[i].stored
        var row = external_call["PyTuple_New", Obj](4)
        put(row, 0, py_str(slots[i].name))
        put(row, 1, py_str(stored.role))
        try:
            put(row, 2, py_str(parse_format(stored.format).name()))
        except fault:
            raise fault_error(fault)
        put(row, 3, py_int(Int(decimals[i].stored.nullable)))
        put(result, i, row)
    return result


def _keys[A: Record](args: Args, n: Int) raises PyErr -> Obj:
    """Returns a tuple of the keys of the metadata."""
    var keys = metadata_keys[A]()
    var result = external_call["PyTuple_New", Obj](len(keys))
    for i in range(len(keys)):
        put(result, i, py_str(keys[i]))
    return result


def _map[T: Record](args: Args) raises PyErr -> Obj:
    """Args: encoding. Returns a tuple of (name, type)."""
    try:
        var pairs = T.get_schema_map()
        var result = external_call["PyTuple_New", Obj](len(pairs))
        var at = 0
        for pair in pairs.items():
            var row = external_call["PyTuple_New", Obj](2)
            put(row, 0, py_str(pair.key))
            put(row, 1, py_str(pair.value))
            put(result, at, row)
            at += 1
        return result
    except fault:
        raise fault_error(fault)


def _schema[T: Record](args: Args) raises PyErr -> Obj:
    """Args: encoding, metadata. Returns a schema capsule."""
    var metadata = _metadata(args[unsafe_offset=1])
    try:
        return schema_capsule(T.get_schema(metadata))
    except fault:
        raise fault_error(fault)


def _encode[T: Record](args: Args) raises PyErr -> Obj:
    """Args: encoding, metadata, tuple of tuples of raw values. Returns
    (schema capsule, array capsule)."""
    var metadata = _metadata(args[unsafe_offset=1])
    try:
        var given = batch_of_rows(slots_of[T](), args[unsafe_offset=2])
        # The values go through the traits both ways: they check what `given` is.
        var records = T.decode_batch(metadata, given)
        return batch_capsules(T.encode_batch(metadata, records))
    except fault:
        raise fault_error(fault)


def _decode[
    A: Record, B: Record, C: Record
](args: Args, n: Int) raises PyErr -> Obj:
    """Args: schema capsule, array capsule. Returns a tuple of tuples of raw values."""
    var schema_at = pointee[ArrowSchema](args[], SCHEMA)
    var array_at = pointee[ArrowArray](args[unsafe_offset=1], ARRAY)
    # Both are taken before either is looked at, so that both are released.
    var owned_schema = OwnedSchema(taking=schema_at)
    var owned_array = OwnedArray(taking=array_at)
    try:
        var schema = ArcPointer(Schema(owned_schema^))
        var batch = Batch(schema, owned_array^)
        var fixed8 = _fitting[A](schema[])
        var fixed16 = _fitting[B](schema[])
        var decimal128 = _fitting[C](schema[])
        # The one that most columns fit says best what is wrong with the others.
        if fixed8 >= fixed16 and fixed8 >= decimal128:
            return _rows[A](batch)
        if fixed16 >= decimal128:
            return _rows[B](batch)
        return _rows[C](batch)
    except fault:
        raise fault_error(fault)


def _fitting[T: Record](schema: Schema) -> Int:
    """How many columns of a schema have the type that a record wants."""
    var found = 0
    for slot in slots_of[T]():
        for i in range(schema.columns()):
            ref field = schema.fields[schema.field_index(i)]
            if field.name == slot.name:
                found += Int(field.type.format == slot.stored.format)
    return found


def _rows[T: Record](batch: Batch) raises Fault -> Obj:
    var records = T.decode_batch(batch.schema[].metadata(), batch)
    return rows_of_records[T](records)


def _metadata(pairs: Obj) raises PyErr -> Metadata:
    """Of a tuple of pairs of texts."""
    var result = Metadata()
    for i in range(external_call["PyTuple_Size", Int](pairs)):
        var pair = item(pairs, i)
        result[to_string(item(pair, 0))] = to_string(item(pair, 1))
    return result^
