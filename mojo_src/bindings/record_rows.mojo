"""Records to tuples of raw values and back, for types of records made elsewhere."""

from std.sys import size_of

from barrow.arrow import PLAIN_DTYPES, Batch, BatchMaker, Slot, slots_of
from barrow.errors import Fault

from capi import *
from capsules import fault_error


def rows_of_records[T: Copyable](records: List[T]) -> Obj:
    """A tuple of a tuple for each record: integers, floats and texts in the order of the
    columns; None where `decimal128` has a null."""
    var slots = slots_of[T]()
    var address = Int(records.unsafe_ptr())
    var result = external_call["PyTuple_New", Obj](len(records))
    for row in range(len(records)):
        var values = external_call["PyTuple_New", Obj](len(slots))
        for i in range(len(slots)):
            var at = address + row * size_of[T]() + slots[i].offset
            put(values, i, _value(slots[i], at))
        put(result, row, values)
    _ = records
    return result


def batch_of_rows(slots: List[Slot], rows: Obj) raises Fault -> Batch:
    """The columns of what `rows_of_records` gives; `rows` is a tuple of tuples."""
    var count = external_call["PyTuple_Size", Int](rows)
    for row in range(count):
        var found = external_call["PyTuple_Size", Int](_item(rows, row))
        if found != len(slots):
            var names = String()
            for slot in slots:
                names += String(", " if names else "", slot.name)
            raise Fault(
                "ArgumentError",
                String(
                    "row ",
                    row,
                    ": ",
                    found,
                    " values, expected ",
                    len(slots),
                    ": ",
                    names,
                ),
            )
    var maker = BatchMaker(rows=count)
    for i in range(len(slots)):
        if slots[i].stored.is_text():
            _add_texts(maker, slots[i], rows, i, count)
        comptime for dtype in PLAIN_DTYPES:
            if not slots[i].stored.is_text() and slots[i].stored.dtype == dtype:
                _add_values[dtype](maker, slots[i], rows, i, count)
    return maker^.finish()


def _value(slot: Slot, at: Int) -> Obj:
    """What lies at an address."""
    if slot.stored.is_text():
        return py_str(
            Pointer[String, MutUntrackedOrigin](unsafe_from_address=at)[]
        )
    comptime for dtype in PLAIN_DTYPES:
        if slot.stored.dtype == dtype:
            var value = _at[dtype](at)[]
            comptime if dtype.is_floating_point():
                return external_call["PyFloat_FromDouble", Obj](Float64(value))
            else:
                if slot.stored.nullable:
                    if value == Scalar[dtype](slot.stored.undefined):
                        return py_none()
                if _is_unsigned(slot):
                    comptime width = size_of[Scalar[dtype]]()
                    var wide = UInt128(value) & (
                        UInt128.MAX >> UInt128(128 - 8 * width)
                    )
                    return _py_number(String(wide))
                return _py_number(String(value))
    return py_none()


def _py_number(var text: String) -> Obj:
    return external_call["PyLong_FromString", Obj](
        text.as_c_string_span().ptr(), OptRaw(None), c_int(10)
    )


def _is_unsigned(slot: Slot) -> Bool:
    """Whether values are without a sign in a record, whatever they are in a column."""
    ref stored = slot.stored
    return (
        stored.dtype.is_unsigned()
        or stored.role == "size"
        or stored.role == "time"
    )


def _item(sequence: Obj, at: Int) -> Obj:
    """A borrowed item of a tuple that is known to have it."""
    return external_call["PyTuple_GetItem", Obj](sequence, at)


def _add_texts(
    mut maker: BatchMaker, slot: Slot, rows: Obj, at: Int, count: Int
) raises Fault:
    var offsets: List[Int32] = [0]
    var bytes = List[UInt8]()
    for row in range(count):
        try:
            var text = to_string(_item(_item(rows, row), at))
            bytes.extend(text.as_bytes())
        except error:
            external_call["PyErr_Clear", NoneType]()
            raise _misfit(slot, row, "no text, expected text")
        offsets.append(Int32(len(bytes)))
    maker.add_texts(slot.name, offsets^, bytes^)


def _add_values[
    dtype: DType
](
    mut maker: BatchMaker, slot: Slot, rows: Obj, at: Int, count: Int
) raises Fault:
    var values = List[Scalar[dtype]](capacity=count)
    var validity = List[UInt8]()
    for row in range(count):
        var given = _item(_item(rows, row), at)
        if slot.stored.nullable and is_none(given):
            if len(validity) == 0:
                validity.resize((count + 7) // 8, 0xFF)
            validity[row >> 3] &= ~(UInt8(1) << UInt8(row & 7))
            values.append(0)
            continue
        comptime if dtype.is_floating_point():
            var value = external_call["PyFloat_AsDouble", Float64](given)
            if value == -1 and has_error():
                external_call["PyErr_Clear", NoneType]()
                raise _misfit(slot, row, "no number, expected a float")
            values.append(value.cast[dtype]())
        else:
            values.append(_integer[dtype](slot, row, given))
    maker.add(slot.name, slot.stored.format, values^, validity^)


def _integer[
    dtype: DType
](slot: Slot, row: Int, given: Obj) raises Fault -> Scalar[dtype]:
    """The bits of an integer that has the width, and the sign, of a slot."""
    comptime bits = 8 * size_of[Scalar[dtype]]()
    var index = external_call["PyNumber_Index", Obj](given)
    if not index:
        external_call["PyErr_Clear", NoneType]()
        raise _misfit(slot, row, "no integer, expected a raw value")
    # Through the decimal text: C's functions end at 64 bits.
    var text_object = external_call["PyObject_Str", Obj](index)
    decref(index)
    var text = String()
    try:
        text = to_string(text_object)
    except error:
        external_call["PyErr_Clear", NoneType]()
    decref(text_object)
    var negative = text.startswith("-")
    var magnitude = UInt128(0)
    # 38 digits always fit; more than 39 never do.
    var fits = 0 < text.byte_length() - Int(negative) <= 39
    for byte in text.as_bytes()[Int(negative) : text.byte_length()]:
        var digit = UInt128(byte - UInt8(ord("0")))
        if magnitude > (UInt128.MAX - digit) // 10:
            fits = False
            break
        magnitude = magnitude * 10 + digit
    var highest = UInt128.MAX >> UInt128(128 - bits)
    var signed = not _is_unsigned(slot)
    if signed:
        highest >>= 1
    if negative:
        fits = fits and signed and magnitude <= highest + 1
    else:
        fits = fits and magnitude <= highest
    if not fits:
        raise _misfit(
            slot,
            row,
            String(
                text,
                ", expected ",
                "a signed" if signed else "an unsigned",
                " integer of ",
                bits,
                " bits",
            ),
        )
    return Scalar[dtype](UInt128(0) - magnitude if negative else magnitude)


def _misfit(slot: Slot, row: Int, found: String) -> Fault:
    return Fault(
        "ArgumentError",
        String("row ", row, ', column "', slot.name, '": ', found),
    )


@always_inline
def _at[
    dtype: DType
](address: Int) -> Pointer[Scalar[dtype], MutUntrackedOrigin]:
    return Pointer[Scalar[dtype], MutUntrackedOrigin](
        unsafe_from_address=address
    )
