"""Record batches taken over through the C Data Interface, and views of their columns.

Taking over checks the structs and costs the same whatever the number of rows. What
only the values can tell, a count of nulls or offsets of texts, is found out when it is
first asked for.
"""

from std.memory import ArcPointer

from barrow.arrow.c_data import (
    ArrayPtr,
    OwnedArray,
    OwnedSchema,
    OwnedStream,
    is_address,
    word_at,
)
from barrow.arrow.schema import Schema
from barrow.arrow.types import ColumnType, Layout
from barrow.errors import Fault
from barrow.fence import BitView, ByteView, ColumnView, TextColumnView

comptime _WHAT: StaticString = "Arrow array"
# No buffer can be larger, so products of lengths and widths stay in range.
comptime _MOST_BYTES = Int64(1) << 56
# For columns without a value: a view needs an address that is not zero.
comptime _NOWHERE = 64


@fieldwise_init
struct Column(Copyable):
    """A column of a batch: its type, its rows and where its buffers are.

    It borrows from the batch, which must be kept alive as long as this is used.
    """

    var type: ColumnType
    """The type."""
    var length: Int
    """How many rows there are."""
    var offset: Int
    """Values to leave out at the start of every buffer."""
    var known_nulls: Int
    """How many rows are null, or -1 if that has not been counted."""
    var buffers: List[Int]
    """The addresses of the buffers, 0 where there is none; validity first."""

    def validity(self) -> BitView:
        """Shows which rows hold a value.

        Returns:
            A bit for each row, one if it is not null.
        """
        return BitView(
            address=self.buffers[0], offset=self.offset, length=self.length
        )

    def null_count(self) -> Int:
        """Counts the nulls, if the producer left that out.

        Returns:
            How many rows are null.
        """
        if self.known_nulls >= 0:
            return self.known_nulls
        return self.length - self.validity().ones()

    def values[
        dtype: DType
    ](self, name: StringSpan) raises Fault -> ColumnView[dtype]:
        """Shows the values without copying; what a null row holds means nothing.

        Parameters:
            dtype: The type of a value; any integer of that width for a column of
                bytes.

        Args:
            name: The name of the column, for the error.

        Returns:
            The values.

        Raises:
            Fault: If the column has another type.
        """
        if not self.type.holds[dtype]():
            raise self._not(name, String("a column of ", dtype))
        if self.length == 0:
            return ColumnView[dtype](address=_NOWHERE, length=0)
        return ColumnView[dtype](
            address=self.buffers[1] + self.offset * self.type.width,
            length=self.length,
        )

    def bits(self, name: StringSpan) raises Fault -> BitView:
        """Shows booleans without copying; what a null row holds means nothing.

        Args:
            name: The name of the column, for the error.

        Returns:
            The booleans.

        Raises:
            Fault: If the column has another type.
        """
        if self.type.layout != Layout.BITS:
            raise self._not(name, "booleans")
        return BitView(
            address=self.buffers[1], offset=self.offset, length=self.length
        )

    def texts(self, name: StringSpan) raises Fault -> TextColumnView:
        """Shows texts without copying, after a look at every offset.

        Args:
            name: The name of the column, for the error.

        Returns:
            The texts; the bytes are not checked to be UTF-8.

        Raises:
            Fault: If the column has another type, or its offsets fall.
        """
        if self.type.layout != Layout.TEXT:
            raise self._not(name, 'text with 32-bit offsets, "u" or "z"')
        if self.length == 0:
            return TextColumnView(
                ColumnView[DType.int32](address=_NOWHERE, length=0),
                ByteView(address=_NOWHERE, length=0),
            )
        var offsets = ColumnView[DType.int32](
            address=self.buffers[1] + 4 * self.offset, length=self.length + 1
        )
        var before = offsets[0]
        var bad = -1
        if before < 0:
            bad = 0
        for at in range(1, len(offsets)):
            var here = offsets[at]
            if here < before and bad < 0:
                bad = at
            before = here
        var end = Int(offsets[self.length])
        if bad < 0 and end > 0 and not is_address(self.buffers[2]):
            raise Fault(
                "CorruptError",
                String(
                    _WHAT,
                    ' "',
                    name,
                    '": its texts end at byte ',
                    end,
                    ", but there are no bytes",
                ),
            )
        if bad >= 0:
            raise Fault(
                "CorruptError",
                String(
                    _WHAT,
                    ' "',
                    name,
                    '": offset ',
                    bad,
                    " of its texts is ",
                    offsets[bad],
                    ", less than the one before",
                ),
            )
        return TextColumnView(
            offsets,
            ByteView(
                address=self.buffers[2] if end > 0 else _NOWHERE, length=end
            ),
        )

    def _not(self, name: StringSpan, expected: String) -> Fault:
        return Fault(
            "SchemaError",
            String(
                'column "',
                name,
                '": it has the Arrow type "',
                self.type.format,
                '", expected ',
                expected,
                "\n  try: cast the column first",
            ),
        )


struct Batch(Copyable):
    """A record batch, or a single array seen as a batch of one column.

    Copies share the memory; the producer's `release` runs once, when the last copy
    and the last export are gone.
    """

    var schema: ArcPointer[Schema]
    """What the columns are."""
    var owner: ArcPointer[OwnedArray]
    """The struct that holds the buffers."""

    def __init__(
        out self, schema: ArcPointer[Schema], var array: OwnedArray
    ) raises Fault:
        """Takes over an array; releases it if it cannot be believed.

        Args:
            schema: What the array should be.
            array: The array.

        Raises:
            Fault: If the array is damaged, or does not fit the schema.
        """
        _check(schema[], 0, array.at, 0, True)
        self.schema = schema
        self.owner = ArcPointer(array^)

    def rows(self) -> Int:
        """Counts the rows.

        Returns:
            Their number.
        """
        return Int(self.owner[].at[].length)

    def columns(self) -> Int:
        """Counts the columns.

        Returns:
            Their number; one for a single array.
        """
        return self.schema[].columns()

    def column(self, at: Int) -> Column:
        """Shows a column; it borrows from this batch.

        Args:
            at: The index of the column, from 0 to `columns()` exclusive.

        Returns:
            The column.
        """
        if not self.schema[].is_batch():
            return self.root()
        ref root = self.owner[].at[]
        var child = ArrayPtr(unsafe_from_address=word_at(root.children, at))
        return self._column(
            self.schema[].field_index(at), child, Int(root.offset)
        )

    def root(self) -> Column:
        """Shows the array as a whole; it borrows from this batch.

        Returns:
            The values of a single array; of a record batch the validity only.
        """
        return self._column(0, self.owner[].at, 0)

    def _column(self, field: Int, array: ArrayPtr, skipped: Int) -> Column:
        """A column from which the batch leaves out some rows at the start."""
        ref a = array[]
        var length = self.rows()
        var nulls = Int(a.null_count)
        if nulls > 0 and (skipped != 0 or Int(a.length) != length):
            nulls = -1  # counted over other rows than the batch has
        var buffers = List[Int](capacity=Int(a.n_buffers))
        for i in range(Int(a.n_buffers)):
            buffers.append(word_at(a.buffers, i))
        if buffers[0] == 0:
            nulls = 0
        return Column(
            self.schema[].fields[field].type.copy(),
            length,
            skipped + Int(a.offset),
            nulls,
            buffers^,
        )

    def values[
        dtype: DType
    ](self, name: StringSpan) raises Fault -> ColumnView[dtype]:
        """Shows a column without copying; it borrows from this batch.

        Parameters:
            dtype: The type of a value; any integer of that width for a column of
                bytes.

        Args:
            name: The name of the column.

        Returns:
            The values.

        Raises:
            Fault: If there is no such column, it has another type, or it holds
                nulls.
        """
        var column = self.column(self.schema[].find(name))
        var values = column.values[dtype](name)
        var nulls = column.null_count()
        if nulls != 0:
            raise Fault(
                "SchemaError",
                String(
                    'column "',
                    name,
                    '": ',
                    nulls,
                    " of ",
                    column.length,
                    " rows are null, expected none\n  try: fill or drop them"
                    " first",
                ),
            )
        return values

    def texts(self, name: StringSpan) raises Fault -> TextColumnView:
        """Shows a column of text without copying; it borrows from this batch.

        Args:
            name: The name of the column.

        Returns:
            The texts; a null row is an empty or a meaningless one.

        Raises:
            Fault: If there is no such column, it has another type, or its offsets
                fall.
        """
        return self.column(self.schema[].find(name)).texts(name)

    def require_batch(self) raises Fault:
        """Refuses what is no record batch: another type, or rows that are null.

        Remembers that no row is null, if that had to be counted.

        Raises:
            Fault: If this is none.
        """
        require_struct(self.schema[])
        ref root = self.owner[].at[]
        if root.null_count == 0 or word_at(root.buffers, 0) == 0:
            return
        var valid = BitView(
            address=word_at(root.buffers, 0),
            offset=Int(root.offset),
            length=self.rows(),
        )
        var nulls = self.rows() - valid.ones()
        if nulls > 0:
            raise Fault(
                "UnsupportedError",
                String(
                    "record batch: ",
                    nulls,
                    " rows are null as a whole\n  try: import it as an array",
                ),
            )
        self.owner[].at[].null_count = 0


def require_struct(schema: Schema) raises Fault:
    """Refuses the schema of a single array.

    Args:
        schema: The schema.

    Raises:
        Fault: If its root is no struct.
    """
    if not schema.is_batch():
        raise Fault(
            "SchemaError",
            String(
                'record batch: the Arrow type is "',
                schema.fields[0].type.format,
                '", expected the struct "+s"\n  try: import it as an array',
            ),
        )


def read_stream(
    stream: OwnedStream, schema: ArcPointer[Schema]
) raises Fault -> List[Batch]:
    """Takes over everything a stream still has.

    Args:
        stream: The stream; it stays the caller's.
        schema: Its schema.

    Returns:
        The arrays in their order.

    Raises:
        Fault: If the producer failed or an array is damaged. What was taken before
            is released.
    """
    var batches = List[Batch]()
    while True:
        var array = stream.next()
        if not array:
            return batches^
        batches.append(Batch(schema, array.take()))


def _check(
    schema: Schema, at: Int, array: ArrayPtr, needed: Int64, is_root: Bool
) raises Fault:
    """Looks at one struct and what is inside; `needed` rows must be there."""
    ref field = schema.fields[at]
    ref a = array[]
    if a.release == 0 and is_root:
        raise Fault(
            "CorruptError",
            String(
                _WHAT,
                ": it was released or moved before\n  try: a fresh capsule; each"
                " can be consumed once",
            ),
        )
    if a.release == 0:
        raise _damaged(schema, at, "the column was released or moved before")
    if not is_address(a.release):
        raise _damaged(schema, at, "release is no address")
    if a.length < 0:
        raise _damaged(schema, at, String("a length of ", a.length))
    if a.offset < 0:
        raise _damaged(schema, at, String("an offset of ", a.offset))
    var width = Int64(max(field.type.width, 16))
    if a.length > _MOST_BYTES or a.offset > _MOST_BYTES:
        raise _too_long(schema, at)
    var end = a.offset + a.length
    if end > _MOST_BYTES // width:
        raise _too_long(schema, at)
    if a.length < needed:
        raise _damaged(
            schema,
            at,
            String(a.length, " rows, but the batch reaches to row ", needed),
        )
    if a.null_count < -1 or a.null_count > a.length:
        raise _damaged(
            schema, at, String(a.null_count, " nulls in ", a.length, " rows")
        )
    if a.dictionary != 0:
        raise _damaged(schema, at, "a dictionary that the schema does not have")
    _check_buffers(schema, at, array)
    if a.n_children != Int64(field.children):
        raise _damaged(
            schema,
            at,
            String(
                a.n_children, " children, but the schema has ", field.children
            ),
        )
    if field.children > 0 and not is_address(a.children):
        raise _damaged(schema, at, "the list of children is NULL")
    var inner = at + 1
    # How many values lists need, their offsets tell when they are looked at.
    var inside = Int64(0) if field.type.layout.is_list() else end
    for i in range(field.children):
        var child = word_at(a.children, i)
        if not is_address(child):
            raise _damaged(schema, inner, "the column is NULL")
        _check(
            schema, inner, ArrayPtr(unsafe_from_address=child), inside, False
        )
        inner = schema.fields[inner].end


def _check_buffers(schema: Schema, at: Int, array: ArrayPtr) raises Fault:
    ref a = array[]
    ref type = schema.fields[at].type
    var expected = Int64(type.layout.buffers())
    var views = type.layout == Layout.VIEWS
    if a.n_buffers < expected or (a.n_buffers > expected and not views):
        raise _damaged(
            schema, at, String(a.n_buffers, " buffers, expected ", expected)
        )
    if a.n_buffers > _MOST_BYTES:
        raise _damaged(schema, at, String(a.n_buffers, " buffers"))
    if not is_address(a.buffers):
        raise _damaged(schema, at, "the list of buffers is NULL")
    if a.null_count > 0 and word_at(a.buffers, 0) == 0:
        raise _damaged(
            schema, at, String(a.null_count, " nulls, but no validity buffer")
        )
    if a.length == 0:
        return  # without rows, buffers may point nowhere in any way
    var validity = word_at(a.buffers, 0)
    if validity != 0 and not is_address(validity):
        raise _damaged(schema, at, "buffer 1 is no address")
    if type.layout == Layout.STRUCT:
        return
    if not is_address(word_at(a.buffers, 1)):
        raise _damaged(
            schema, at, String(a.length, " rows, but buffer 2 is NULL")
        )
    if views:
        var count = Int(a.n_buffers) - 3
        var lengths = word_at(a.buffers, Int(a.n_buffers) - 1)
        if count > 0 and not is_address(lengths):
            raise _damaged(schema, at, "the lengths of its buffers are NULL")
        for i in range(count):
            var length = word_at(lengths, i)
            var buffer = word_at(a.buffers, 2 + i)
            if length < 0 or (length > 0 and not is_address(buffer)):
                raise _damaged(
                    schema,
                    at,
                    String("buffer ", i + 3, " of ", length, " bytes is NULL"),
                )


def _damaged(schema: Schema, at: Int, what: String) -> Fault:
    return Fault("CorruptError", schema.place(_WHAT, at) + ": " + what)


def _too_long(schema: Schema, at: Int) -> Fault:
    return _damaged(schema, at, "offset and length reach past all memory")
