"""A schema taken over through the C Data Interface, checked before it is believed."""

from barrow.arrow.c_data import (
    FLAG_NULLABLE,
    OwnedSchema,
    SchemaPtr,
    c_text,
    is_address,
    word_at,
)
from barrow.arrow.fields import Metadata
from barrow.arrow.types import ColumnType, Layout, parse_format
from barrow.errors import Fault
from barrow.fence import ByteView

# A damaged or hostile schema may point back into itself; these end the walk.
comptime _DEEPEST = 64
comptime _MOST_FIELDS = 100_000
comptime _LONGEST_TEXT = 65_536
comptime _MOST_METADATA = 1 << 24


@fieldwise_init
struct Field(Copyable):
    """A column, or what is inside a column that is a struct."""

    var name: String
    """Its name; empty if it has none."""
    var type: ColumnType
    """Its type."""
    var nullable: Bool
    """Whether it may hold nulls."""
    var parent: Int
    """The index of the field it is in; -1 for the root."""
    var children: Int
    """How many fields are right inside it."""
    var end: Int
    """One past the index of the last field inside it."""


struct Schema(Movable):
    """An owned schema and what it says; fields lie in preorder, the root first.

    The root is the struct of a record batch, or the one type of a single array.
    """

    var owner: OwnedSchema
    """The struct, which is released once, when this is dropped."""
    var fields: List[Field]
    """The root, and everything inside it."""
    var _columns: List[Int]

    def __init__(out self, var owner: OwnedSchema) raises Fault:
        """Takes over a schema; releases it if it cannot be believed.

        Args:
            owner: The schema.

        Raises:
            Fault: If it is damaged, or has a type that barrow does not read.
        """
        var fields = List[Field]()
        _read(owner.at, fields, -1, 0)
        var columns = List[Int]()
        if fields[0].type.layout == Layout.STRUCT:
            var at = 1
            while at < len(fields):
                columns.append(at)
                at = fields[at].end
        else:
            columns.append(0)
        self.owner = owner^
        self.fields = fields^
        self._columns = columns^

    def is_batch(self) -> Bool:
        """Tells whether arrays of this schema are record batches.

        Returns:
            Whether the root is a struct.
        """
        return self.fields[0].type.layout == Layout.STRUCT

    def columns(self) -> Int:
        """Counts the columns.

        Returns:
            Their number; one for a single array.
        """
        return len(self._columns)

    def field_index(self, column: Int) -> Int:
        """Tells where a column is among the fields.

        Args:
            column: Its index, from 0 to `columns()` exclusive.

        Returns:
            The index of its field.
        """
        return self._columns[column]

    def metadata(self) raises Fault -> Metadata:
        """Reads the metadata; of a key that is there twice the last value counts.

        Returns:
            The pairs in their order.

        Raises:
            Fault: If a text is not UTF-8.
        """
        var result = Metadata()
        var at = self.owner.at[].metadata
        if at == 0:
            return result^
        var pairs = _int32(at)
        at += 4
        for _ in range(pairs):
            var key = _metadata_text(at)
            at += 4 + _int32(at)
            result[key] = _metadata_text(at)
            at += 4 + _int32(at)
        return result^

    def find(self, name: StringSpan) raises Fault -> Int:
        """Finds a column by its name.

        Args:
            name: The name.

        Returns:
            The index of the column.

        Raises:
            Fault: If there is no such column, or more than one.
        """
        var found = -1
        for i in range(self.columns()):
            if StringSpan(self.fields[self._columns[i]].name) != name:
                continue
            if found >= 0:
                raise Fault(
                    "SchemaError",
                    String(
                        "record batch: columns ",
                        found + 1,
                        " and ",
                        i + 1,
                        ' are both called "',
                        name,
                        '"',
                    ),
                )
            found = i
        if found < 0:
            var names = String()
            for i in range(min(self.columns(), 20)):
                names += ", " if i else ""
                names += self.fields[self._columns[i]].name
            raise Fault(
                "SchemaError",
                String(
                    'record batch: no column "',
                    name,
                    '"\n  try: one of ',
                    names,
                ),
            )
        return found

    def place(self, prefix: StaticString, at: Int) -> String:
        """Names a field for an error.

        Args:
            prefix: What is damaged, such as `Arrow array`.
            at: The index of the field.

        Returns:
            Text such as `Arrow array "close"`.
        """
        return _place(self.fields, prefix, at)


def _place(fields: List[Field], prefix: StaticString, at: Int) -> String:
    var path = String()
    var here = at
    while here > 0:
        var name = fields[here].name.copy()
        path = name + ("." + path if path else String())
        here = fields[here].parent
    if not path:
        return String(prefix)
    return String(prefix, ' "', path, '"')


def _read(
    at: SchemaPtr, mut fields: List[Field], parent: Int, depth: Int
) raises Fault:
    """Reads one struct and what is inside; appends to the fields."""
    comptime what: StaticString = "Arrow schema"
    var here = len(fields)
    var children: Int
    # Texts for errors are made when there is one: they would cost more than the
    # reading.
    try:
        children = _read_field(at, fields, parent, depth)
    except fault:
        var site = _place(fields, what, min(here, len(fields) - 1))
        if len(fields) == here and parent >= 0:
            site = _place(fields, what, parent) + ", a column of it"
        raise Fault(fault.kind, site + ": " + fault.message)
    for i in range(children):
        var child = word_at(at[].children, i)
        if not is_address(child):
            raise Fault(
                "CorruptError",
                String(
                    _place(fields, what, here), ": child ", i + 1, " is NULL"
                ),
            )
        _read(SchemaPtr(unsafe_from_address=child), fields, here, depth + 1)
    fields[here].end = len(fields)


def _read_field(
    at: SchemaPtr, mut fields: List[Field], parent: Int, depth: Int
) raises Fault -> Int:
    """Reads one struct without its children; gives their number."""
    if at[].release == 0:
        raise _corrupt(
            "it was released or moved before\n  try: a fresh capsule; each can be"
            " consumed once"
        )
    if not is_address(at[].release):
        raise _corrupt("release is no address")
    if not is_address(at[].format):
        raise _corrupt("the format is NULL")
    if depth > _DEEPEST or len(fields) >= _MOST_FIELDS:
        raise Fault(
            "UnsupportedError",
            String(
                "more than ", _DEEPEST, " levels or ", _MOST_FIELDS, " fields"
            ),
        )
    var name = String()
    if at[].name != 0:
        name = _text(at[].name, "the name")
    fields.append(
        Field(
            name^,
            ColumnType(String(), Layout.STRUCT, 0, None),
            at[].flags & FLAG_NULLABLE != 0,
            parent,
            0,
            len(fields) + 1,
        )
    )
    var type = parse_format(_text(at[].format, "the format"))
    if at[].dictionary != 0:
        raise Fault(
            "UnsupportedError",
            (
                "dictionaries are not read\n  try: decode the column first, as"
                " `dictionary_decode()` of pyarrow does"
            ),
        )
    _check_metadata(at[].metadata)
    var children = Int(at[].n_children)
    if type.layout.is_list() and children != 1:
        raise _corrupt(
            String(children, " children, expected one of ", type.format)
        )
    if (
        type.layout != Layout.STRUCT
        and not type.layout.is_list()
        and children != 0
    ):
        raise _corrupt(
            String(children, " children, expected none of ", type.format)
        )
    if children < 0 or children > _MOST_FIELDS:
        raise _corrupt(String(children, " children"))
    if children > 0 and not is_address(at[].children):
        raise _corrupt("the list of children is NULL")
    fields[len(fields) - 1].type = type^
    fields[len(fields) - 1].children = children
    return children


def _corrupt(var message: String) -> Fault:
    return Fault("CorruptError", message^)


def _text(address: Int, what: StaticString) raises Fault -> String:
    if not is_address(address):
        raise _corrupt(String(what, " is no address"))
    var found = c_text(address, _LONGEST_TEXT)
    if not found:
        raise _corrupt(
            String(what, " is longer than ", _LONGEST_TEXT, " bytes")
        )
    if not found.value().is_utf8():
        raise _corrupt(String(what, " is not UTF-8"))
    return found.value().text()


def _check_metadata(address: Int) raises Fault:
    """Walks the lengths: whoever receives the schema next may believe them."""
    if address == 0:
        return
    if not is_address(address):
        raise _corrupt("the metadata is no address")
    var at = address
    var pairs = _int32(at)
    if pairs < 0 or pairs > _MOST_METADATA:
        raise _corrupt(String("metadata of ", pairs, " pairs"))
    at += 4
    for _ in range(2 * pairs):
        var length = _int32(at)
        at += 4 + length
        if length < 0 or at - address > _MOST_METADATA:
            raise _corrupt(String("metadata with a text of ", length, " bytes"))


def _metadata_text(address: Int) raises Fault -> String:
    var length = _int32(address)
    var bytes = ByteView(address=address + 4, length=length)
    if not bytes.is_utf8():
        raise Fault(
            "SchemaError",
            String(
                'Arrow schema: its metadata is not UTF-8: "', bytes.text(), '"'
            ),
        )
    return bytes.text()


def _int32(address: Int) -> Int:
    var bytes = ByteView(address=address, length=4)
    var value = Int32(0)
    for i in range(4):
        value |= bytes[i].cast[DType.int32]() << Int32(8 * i)
    return Int(value)
