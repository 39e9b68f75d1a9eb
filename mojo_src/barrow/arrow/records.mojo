"""Records to columns and back, for any struct, by its fields.

Reflection tells at compile time where in a record each column lies and how it is stored;
what then moves the values knows only addresses and widths, so that it is compiled once and
not for every type of record.
"""

from std.memory import ArcPointer
from std.reflection import reflect
from std.sys import size_of

from barrow.arrow.batch import Batch, Column
from barrow.arrow.fields import (
    PLAIN_DTYPES,
    ColumnValue,
    Metadata,
    Repeated,
    SharedMetadata,
    Stored,
    stored_of,
)
from barrow.arrow.produce import BatchMaker
from barrow.arrow.schema import Schema
from barrow.arrow.types import parse_format
from barrow.errors import Fault
from barrow.fence import TextColumnView

# Rows that are filled in column by column before the next ones: few enough to stay
# in the cache, enough to pay for going through the columns once more.
comptime _BLOCK = 512


@fieldwise_init
struct Slot(Copyable):
    """A column, and where its value lies in a record."""

    var name: String
    """The name of the column."""
    var offset: Int
    """Bytes from the start of the record."""
    var stored: Stored
    """How values are stored."""


def slots_of[T: AnyType]() -> List[Slot]:
    """Tells the columns of a type of record.

    Parameters:
        T: The type; see `fields` for what its fields may be.

    Returns:
        The columns, in the order of the fields.
    """
    comptime r = reflect[T]
    var result = List[Slot]()
    comptime for i in range(r.field_count()):
        comptime F = r.field_at[i].T
        comptime name = r.field_names()[i]
        comptime offset = r.field_offset[index=i]()
        comptime if conforms_to(F, SharedMetadata):
            pass
        elif conforms_to(F, Repeated):
            comptime size = size_of[F.Item]()
            comptime assert (
                size_of[F]() == size * F.COUNT
            ), "more than its values"
            for k in range(F.COUNT):
                result.append(
                    Slot(
                        String(name, "_", k),
                        offset + size * k,
                        stored_of[F.Item](),
                    )
                )
        else:
            result.append(Slot(String(name), offset, stored_of[F]()))
    return result^


def record_schema[
    T: AnyType
](metadata: Metadata) raises Fault -> ArcPointer[Schema]:
    """Makes the schema of a type of record.

    Parameters:
        T: The type of record.

    Args:
        metadata: What the schema should carry; not looked at.

    Returns:
        The schema; a column is nullable if its field may be undefined.

    Raises:
        Fault: If a format is none, which is a fault of the type.
    """
    var maker = BatchMaker(rows=0)
    for slot in slots_of[T]():
        _gather_any(maker, slot, 0, 0, 0)
    return maker^.finish(metadata).schema


def encode_records[
    T: Copyable
](metadata: Metadata, data: Span[T, _]) raises Fault -> Batch:
    """Copies the values of records into columns.

    Parameters:
        T: The type of record.

    Args:
        metadata: The metadata of the schema.
        data: The records.

    Returns:
        A batch with a row for each.

    Raises:
        Fault: If the metadata is missing something or is not that of a record, or a
            value cannot be stored.
    """
    comptime r = reflect[T]
    comptime for i in range(r.field_count()):
        comptime F = r.field_at[i].T
        comptime if conforms_to(F, SharedMetadata):
            var expected = F.from_metadata(metadata)
            for row in range(len(data)):
                ref found = r.field_ref[i](data[row])
                if found != expected:
                    raise Fault(
                        "ArgumentError",
                        String(
                            "record ",
                            row,
                            ": it is of ",
                            _pairs(found.to_metadata()),
                            ", but the metadata says ",
                            _pairs(expected.to_metadata()),
                            "\n  try: a batch for each of them",
                        ),
                    )
    var maker = BatchMaker(rows=len(data))
    var address = Int(data.unsafe_ptr())
    for slot in slots_of[T]():
        _gather_any(maker, slot, address, size_of[T](), len(data))
    return maker^.finish(metadata)


def _pairs(metadata: Metadata) -> String:
    var result = String()
    for pair in metadata.items():
        result += String(" " if result else "", pair.key, "=", pair.value)
    return result^


def decode_records[
    T: Copyable & Deinitable
](metadata: Metadata, batch: Batch) raises Fault -> List[T]:
    """Copies columns into records.

    Parameters:
        T: The type of record.

    Args:
        metadata: The metadata of the schema.
        batch: The columns, in any order; more than needed are ignored.

    Returns:
        A record for each row.

    Raises:
        Fault: If metadata or a column is missing or of another kind, there are nulls,
            or a value is none of its column.
    """
    comptime r = reflect[T]
    comptime for i in range(r.field_count()):
        comptime F = r.field_at[i].T
        comptime if conforms_to(F, SharedMetadata):
            _ = F.from_metadata(metadata)
    batch.require_batch()
    var slots = slots_of[T]()
    var columns = List[Column](capacity=len(slots))
    var texts = List[TextColumnView]()
    for slot in slots:
        columns.append(_checked(batch, slot))
        if slot.stored.is_text():
            texts.append(_checked_texts(columns[len(columns) - 1], slot.name))
    # The memory counts as empty until every field is there. Nothing fails from here
    # on: what can has been looked at above.
    var rows = batch.rows()
    var result = List[T](capacity=rows)
    var address = Int(result.unsafe_ptr())
    comptime for i in range(r.field_count()):
        comptime F = r.field_at[i].T
        comptime if conforms_to(F, SharedMetadata):
            var shared = F.from_metadata(metadata)
            for row in range(rows):
                var to = address + row * size_of[T]()
                Pointer[F, MutUntrackedOrigin](
                    unsafe_from_address=to + r.field_offset[index=i]()
                ).unsafe_write(shared.copy())
    for begin in range(0, rows, _BLOCK):
        var end = min(begin + _BLOCK, rows)
        var text = 0
        for at in range(len(slots)):
            var to = address + slots[at].offset
            if slots[at].stored.is_text():
                _write_texts(texts[text], to, size_of[T](), begin, end)
                text += 1
            else:
                _scatter_any(
                    columns[at], slots[at].stored, to, size_of[T](), begin, end
                )
    result.resize(unsafe_uninit_length=rows)
    _ = batch
    return result^


def _gather_any(
    mut maker: BatchMaker, slot: Slot, address: Int, stride: Int, rows: Int
) raises Fault:
    """Adds the column of a slot; records lie `stride` bytes apart."""
    var start = address + slot.offset
    if slot.stored.is_text():
        var offsets: List[Int32] = [0]
        var bytes = List[UInt8]()
        for row in range(rows):
            bytes.extend(_string_at(start + row * stride)[].as_bytes())
            if len(bytes) > Int(Int32.MAX):
                raise Fault(
                    "ArgumentError",
                    String(
                        'column "',
                        slot.name,
                        '": its texts have more than 2 GiB\n  try: fewer records'
                        " in a batch",
                    ),
                )
            offsets.append(Int32(len(bytes)))
        maker.add_texts(slot.name, offsets^, bytes^)
        return
    comptime for dtype in PLAIN_DTYPES:
        if slot.stored.dtype == dtype:
            _gather[dtype](maker, slot, start, stride, rows)


def _gather[
    dtype: DType
](
    mut maker: BatchMaker, slot: Slot, start: Int, stride: Int, rows: Int
) raises Fault:
    var values = List[Scalar[dtype]](capacity=rows)
    for row in range(rows):
        values.append(_value_at[dtype](start + row * stride)[])
    var validity = List[UInt8]()
    comptime if dtype.is_integral():
        if slot.stored.nullable:
            var undefined = Scalar[dtype](slot.stored.undefined)
            for row in range(rows):
                if values[row] != undefined:
                    continue
                if len(validity) == 0:
                    validity.resize((rows + 7) // 8, 0xFF)
                validity[row >> 3] &= ~(UInt8(1) << UInt8(row & 7))
                values[row] = 0
        if slot.stored.bounded:
            _check_bounds[dtype](slot, Span(values))
    maker.add(
        slot.name,
        slot.stored.format,
        values^,
        validity^,
        nullable=slot.stored.nullable,
    )


def _check_bounds[
    dtype: DType
](slot: Slot, values: Span[Scalar[dtype], _]) raises Fault:
    """Refuses the first value that is none of the column; nulls hold a zero, or any
    value of others, so they are left out by the caller."""
    var lowest = Scalar[dtype](slot.stored.lowest)
    var highest = Scalar[dtype](slot.stored.highest)
    for row in range(len(values)):
        if values[row] < lowest or values[row] > highest:
            raise _out_of_bounds(slot, row, String(values[row]))


def _out_of_bounds(slot: Slot, row: Int, found: String) -> Fault:
    return Fault(
        "SchemaError",
        String(
            'column "',
            slot.name,
            '": row ',
            row,
            " holds ",
            found,
            ", expected ",
            slot.stored.lowest,
            " to ",
            slot.stored.highest,
        ),
    )


def _checked(batch: Batch, slot: Slot) raises Fault -> Column:
    """The column of a slot, if all its values are good."""
    var column = batch.column(batch.schema[].find(slot.name))
    var expected = parse_format(slot.stored.format)
    if column.type.format != expected.format:
        var found = column.type.name()
        if found != expected.name():
            raise Fault(
                "SchemaError",
                String(
                    'column "',
                    slot.name,
                    '": it is ',
                    found,
                    ", expected ",
                    expected.name(),
                    "\n  try: the type of record in the encoding of the batch, or"
                    " cast the column",
                ),
            )
    var nulls = column.null_count()
    if nulls != 0 and not slot.stored.nullable:
        raise Fault(
            "SchemaError",
            String(
                'column "',
                slot.name,
                '": ',
                nulls,
                " of ",
                column.length,
                " rows are null, expected none\n  try: fill or drop them first",
            ),
        )
    column.known_nulls = nulls
    if slot.stored.bounded:
        comptime for dtype in PLAIN_DTYPES:
            comptime if dtype.is_integral():
                if slot.stored.dtype == dtype:
                    _check_column[dtype](column, nulls, slot)
    return column^


def _check_column[
    dtype: DType
](column: Column, nulls: Int, slot: Slot) raises Fault:
    var values = column.values[dtype](slot.name)
    var lowest = Scalar[dtype](slot.stored.lowest)
    var highest = Scalar[dtype](slot.stored.highest)
    var valid = column.validity()
    for row in range(len(values)):
        if lowest <= values[row] <= highest:
            continue
        if nulls == 0 or valid[row]:
            raise _out_of_bounds(slot, row, String(values[row]))


def _checked_texts(
    column: Column, name: StringSpan
) raises Fault -> TextColumnView:
    var texts = column.texts(name)
    for row in range(len(texts)):
        if not texts[row].is_utf8():
            raise Fault(
                "SchemaError",
                String('column "', name, '": row ', row, " is not UTF-8"),
            )
    return texts


def _write_texts(
    texts: TextColumnView, start: Int, stride: Int, begin: Int, end: Int
):
    for row in range(begin, end):
        _string_at(start + row * stride).unsafe_write(texts[row].text())


def _scatter_any(
    column: Column,
    stored: Stored,
    start: Int,
    stride: Int,
    begin: Int,
    end: Int,
):
    """Copies rows of a column into records; only the width of values matters."""
    var source = column.buffers[1] + column.offset * column.type.width
    comptime for dtype in [
        DType.uint8,
        DType.uint16,
        DType.uint32,
        DType.uint64,
        DType.uint128,
    ]:
        comptime width = size_of[Scalar[dtype]]()
        if column.type.width == width:
            for row in range(begin, end):
                _value_at[dtype](start + row * stride)[] = _value_at[dtype](
                    source + row * width
                ).unsafe_load[alignment=1]()
            if stored.nullable and column.null_count() != 0:
                var valid = column.validity()
                for row in range(begin, end):
                    if not valid[row]:
                        _value_at[dtype](start + row * stride)[] = Scalar[
                            dtype
                        ](stored.undefined)


@always_inline
def _value_at[
    dtype: DType
](address: Int) -> Pointer[Scalar[dtype], MutUntrackedOrigin]:
    return Pointer[Scalar[dtype], MutUntrackedOrigin](
        unsafe_from_address=address
    )


@always_inline
def _string_at(address: Int) -> Pointer[String, MutUntrackedOrigin]:
    return Pointer[String, MutUntrackedOrigin](unsafe_from_address=address)
