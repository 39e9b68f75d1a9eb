"""Record batches made in Mojo: lists become columns without a copy.

What is made is a struct of the C Data Interface like any other, so that views, checks
and exports are the same for it as for what other libraries made.
"""

from std.memory import ArcPointer
from std.memory.alloc import unsafe_alloc

from barrow.arrow.batch import Batch
from barrow.arrow.c_data import (
    FLAG_NULLABLE,
    ArrayPtr,
    ArrayRelease,
    ArrowArray,
    ArrowSchema,
    OwnedArray,
    OwnedSchema,
    SchemaPtr,
    SchemaRelease,
    WordPtr,
    address_of,
    release_array,
    release_schema,
    word_at,
)
from barrow.arrow.fields import Metadata
from barrow.arrow.schema import Schema
from barrow.arrow.types import Layout, parse_format
from barrow.errors import Fault


struct BatchMaker(Movable):
    """Collects columns of one length."""

    var _rows: Int
    var _schemas: List[OwnedSchema]
    var _arrays: List[OwnedArray]

    def __init__(out self, *, rows: Int):
        """Begins a batch without columns.

        Args:
            rows: How long every column is.
        """
        self._rows = rows
        self._schemas = List[OwnedSchema]()
        self._arrays = List[OwnedArray]()

    def add[
        dtype: DType
    ](
        mut self,
        name: StringSpan,
        format: StringSpan,
        var values: List[Scalar[dtype]],
        var validity: List[UInt8] = [],
        *,
        nullable: Bool = False,
    ) raises Fault:
        """Adds a column of values of one width.

        Parameters:
            dtype: The type of a value.

        Args:
            name: The name of the column.
            format: Its type as the C Data Interface spells it, such as `w:8`.
            values: The values, which are moved, not copied.
            validity: A bit for each row, one if it is not null; empty if none is.
            nullable: Whether the schema says that there may be nulls even if there
                are none.

        Raises:
            Fault: If the type holds other values, or there are too few or too
                many.
        """
        var type = parse_format(format)
        if not type.holds[dtype]():
            raise Fault(
                "ArgumentError",
                String(
                    'new column "', name, '": "', format, '" is not ', dtype
                ),
            )
        self._check(name, len(values), self._rows, len(validity))
        var has_bits = len(validity) > 0
        self._schemas.append(_new_schema(format, name, nullable or has_bits))
        var held = _Held(validity^, values^, List[UInt8]())
        self._arrays.append(_new_array(held^, self._rows, has_bits, 2))

    def add_texts(
        mut self,
        name: StringSpan,
        var offsets: List[Int32],
        var bytes: List[UInt8],
        var validity: List[UInt8] = [],
    ) raises Fault:
        """Adds a column of text.

        Args:
            name: The name of the column.
            offsets: Where in the bytes texts begin, and where the last one ends.
            bytes: The texts as UTF-8.
            validity: A bit for each row, one if it is not null; empty if none is.

        Raises:
            Fault: If there are too few or too many, or an offset is wrong.
        """
        self._check(name, len(offsets), self._rows + 1, len(validity))
        for i in range(len(offsets)):
            var before = offsets[i - 1] if i else Int32(0)
            if offsets[i] < before or Int(offsets[i]) > len(bytes):
                raise Fault(
                    "ArgumentError",
                    String(
                        'new column "',
                        name,
                        '": offset ',
                        i,
                        " is ",
                        offsets[i],
                        ", expected ",
                        before,
                        " to ",
                        len(bytes),
                    ),
                )
        var nullable = len(validity) > 0
        self._schemas.append(_new_schema("u", name, nullable))
        var held = _Held(validity^, offsets^, bytes^)
        self._arrays.append(_new_array(held^, self._rows, nullable, 3))

    def finish(
        deinit self, metadata: Metadata = Metadata()
    ) raises Fault -> Batch:
        """Makes the batch.

        Args:
            metadata: What its schema carries.

        Returns:
            The batch, which owns the lists.

        Raises:
            Fault: Never, if columns were added as above.
        """
        var schema = _new_schema("+s", "", False, metadata)
        var none = _Held(List[UInt8](), List[UInt8](), List[UInt8]())
        var array = _new_array(none^, self._rows, False, 1)
        var count = len(self._schemas)
        if count > 0:
            var schemas = unsafe_alloc[Int](count)
            var arrays = unsafe_alloc[Int](count)
            for i in range(count):
                var schema_at = unsafe_alloc[ArrowSchema](1)
                schema_at.unsafe_write(self._schemas[i].at[])
                self._schemas[i].at[].release = 0
                schemas.unsafe_store(i, Int(schema_at))
                var array_at = unsafe_alloc[ArrowArray](1)
                array_at.unsafe_write(self._arrays[i].at[])
                self._arrays[i].at[].release = 0
                arrays.unsafe_store(i, Int(array_at))
            schema.at[].children = Int(schemas)
            schema.at[].n_children = Int64(count)
            array.at[].children = Int(arrays)
            array.at[].n_children = Int64(count)
        return Batch(ArcPointer(Schema(schema^)), array^)

    def _check(
        self, name: StringSpan, found: Int, expected: Int, validity: Int
    ) raises Fault:
        if found != expected:
            raise Fault(
                "ArgumentError",
                String(
                    'new column "',
                    name,
                    '": ',
                    found,
                    " values, expected ",
                    expected,
                ),
            )
        var bytes = (self._rows + 7) // 8
        if validity > 0 and validity < bytes:
            raise Fault(
                "ArgumentError",
                String(
                    'new column "',
                    name,
                    '": validity of ',
                    validity,
                    " bytes, expected ",
                    bytes,
                ),
            )


def empty_batch(schema: ArcPointer[Schema]) raises Fault -> Batch:
    """Makes a batch, or a single array, without rows.

    Args:
        schema: Its schema.

    Returns:
        The batch.

    Raises:
        Fault: Never.
    """
    var array = OwnedArray()
    _fill_empty(schema[], 0, array.at)
    return Batch(schema, array^)


def _fill_empty(schema: Schema, at: Int, target: ArrayPtr):
    ref field = schema.fields[at]
    # Readers want the one offset that texts have without a row.
    var offset = List[UInt8](length=8, fill=0)
    var held = _Held(List[UInt8](), offset^, List[UInt8]())
    var buffers = field.type.layout.buffers()
    _new_array(held^, 0, False, buffers).move_to(target)
    if field.children == 0:
        return
    var words = unsafe_alloc[Int](field.children)
    var inner = at + 1
    for i in range(field.children):
        var child = unsafe_alloc[ArrowArray](1)
        _fill_empty(schema, inner, child)
        words.unsafe_store(i, Int(child))
        inner = schema.fields[inner].end
    target[].children = Int(words)
    target[].n_children = Int64(field.children)


struct _Held[dtype: DType](Movable):
    """The memory of one column, behind `private_data`."""

    var validity: List[UInt8]
    var values: List[Scalar[Self.dtype]]
    var bytes: List[UInt8]
    var buffers: List[Int]

    def __init__(
        out self,
        var validity: List[UInt8],
        var values: List[Scalar[Self.dtype]],
        var bytes: List[UInt8],
    ):
        self.validity = validity^
        self.values = values^
        self.bytes = bytes^
        self.buffers = List[Int]()


def _new_array[
    dtype: DType
](
    var held: _Held[dtype], rows: Int, nullable: Bool, buffers: Int
) -> OwnedArray:
    var at = unsafe_alloc[_Held[dtype]](1)
    at.unsafe_write(held^)
    ref h = at[]
    # Lists without items may point nowhere: NULL says so.
    h.buffers.append(Int(h.validity.unsafe_ptr()) if nullable else 0)
    h.buffers.append(Int(h.values.unsafe_ptr()) if len(h.values) else 0)
    h.buffers.append(Int(h.bytes.unsafe_ptr()) if len(h.bytes) else 0)
    var release: ArrayRelease = _release_array[dtype]
    var result = OwnedArray()
    result.at[].length = Int64(rows)
    result.at[].null_count = Int64(-1) if nullable else Int64(0)
    result.at[].n_buffers = Int64(buffers)
    result.at[].buffers = Int(h.buffers.unsafe_ptr())
    result.at[].release = address_of(release)
    result.at[].private_data = Int(at)
    return result^


def _release_array[dtype: DType](at: ArrayPtr) abi("C"):
    for i in range(Int(at[].n_children)):
        var child = ArrayPtr(unsafe_from_address=word_at(at[].children, i))
        release_array(child)
        child.unsafe_free()
    if at[].n_children > 0:
        WordPtr(unsafe_from_address=at[].children).unsafe_free()
    var held = Pointer[_Held[dtype], MutUntrackedOrigin](
        unsafe_from_address=at[].private_data
    )
    at[].release = 0
    held.unsafe_deinit_pointee()
    held.unsafe_free()


struct _Names(Movable):
    """The texts of one field, behind `private_data`."""

    var format: List[UInt8]
    var name: List[UInt8]
    var metadata: List[UInt8]

    def __init__(
        out self, format: StringSpan, name: StringSpan, metadata: Metadata
    ):
        self.format = _terminated(format)
        self.name = _terminated(name)
        self.metadata = _packed(metadata)


def _packed(metadata: Metadata) -> List[UInt8]:
    """Metadata as the C Data Interface lays it out; empty if there is none."""
    var result = List[UInt8]()
    if len(metadata) == 0:
        return result^
    _append_int32(result, len(metadata))
    for pair in metadata.items():
        for text in [pair.key, pair.value]:
            _append_int32(result, text.byte_length())
            result.extend(text.as_bytes())
    return result^


def _append_int32(mut to: List[UInt8], value: Int):
    for i in range(4):
        to.append(UInt8((value >> (8 * i)) & 0xFF))


def _terminated(text: StringSpan) -> List[UInt8]:
    var result = List[UInt8](capacity=text.byte_length() + 1)
    result.extend(text.as_bytes())
    result.append(0)
    return result^


def _new_schema(
    format: StringSpan,
    name: StringSpan,
    nullable: Bool,
    metadata: Metadata = Metadata(),
) -> OwnedSchema:
    var names = unsafe_alloc[_Names](1)
    names.unsafe_write(_Names(format, name, metadata))
    var release: SchemaRelease = _release_schema
    var result = OwnedSchema()
    result.at[].format = Int(names[].format.unsafe_ptr())
    result.at[].name = Int(names[].name.unsafe_ptr())
    if len(metadata) > 0:
        result.at[].metadata = Int(names[].metadata.unsafe_ptr())
    result.at[].flags = FLAG_NULLABLE if nullable else 0
    result.at[].release = address_of(release)
    result.at[].private_data = Int(names)
    return result^


def _release_schema(at: SchemaPtr) abi("C"):
    for i in range(Int(at[].n_children)):
        var child = SchemaPtr(unsafe_from_address=word_at(at[].children, i))
        release_schema(child)
        child.unsafe_free()
    if at[].n_children > 0:
        WordPtr(unsafe_from_address=at[].children).unsafe_free()
    var names = Pointer[_Names, MutUntrackedOrigin](
        unsafe_from_address=at[].private_data
    )
    at[].release = 0
    names.unsafe_deinit_pointee()
    names.unsafe_free()
