"""How a field of a record is stored: what the reflection in `records` goes by.

A record is a struct. Each of its fields is a column, several columns, or what all
records of a batch share:

| type of the field | becomes |
| --- | --- |
| one with the trait `ColumnValue` | a column as its `stored` says |
| a number such as `UInt64` | a column of that type |
| `String` | a column of text |
| one with the trait `Repeated` | `COUNT` columns, `name_0`, `name_1` and so on |
| one with the trait `SharedMetadata` | no column; metadata of the schema |
"""

from barrow.errors import Fault

comptime Metadata = Dict[String, String]
"""Pairs of texts in their order: the metadata of a schema."""

comptime PLAIN_DTYPES: List[DType] = [
    DType.uint8,
    DType.int8,
    DType.uint16,
    DType.int16,
    DType.uint32,
    DType.int32,
    DType.uint64,
    DType.int64,
    DType.float32,
    DType.float64,
    DType.int128,
]
"""Types whose values can be columns; the last one only where a field says so."""


@fieldwise_init
struct Stored(TrivialRegisterPassable):
    """How values of one field are stored.

    The bytes of a value are the same in a record and in a column: what is signed in one
    may be unsigned in the other, but never wider.
    """

    var format: StaticString
    """The Arrow type as the C Data Interface spells it, such as `w:8`."""
    var dtype: DType
    """The values of the column; not looked at for text."""
    var lowest: Int128
    """The lowest value the column may hold; looked at only if `bounded`."""
    var highest: Int128
    """The highest value the column may hold; looked at only if `bounded`."""
    var bounded: Bool
    """Whether some values of the type are none of the field."""
    var undefined: Int128
    """What stands for a null; looked at only if `nullable`."""
    var nullable: Bool
    """Whether the column may hold nulls."""

    @staticmethod
    def any(format: StaticString, dtype: DType) -> Self:
        """Stores every value of a type; no nulls.

        Args:
            format: The Arrow type.
            dtype: The values.

        Returns:
            How that is stored.
        """
        return Self(format, dtype, 0, 0, False, 0, False)

    @staticmethod
    def between(
        format: StaticString, dtype: DType, lowest: Int128, highest: Int128
    ) -> Self:
        """Stores a range of the values of a type; no nulls.

        Args:
            format: The Arrow type.
            dtype: The values.
            lowest: The lowest one.
            highest: The highest one.

        Returns:
            How that is stored.
        """
        return Self(format, dtype, lowest, highest, True, 0, False)

    def or_null(self, undefined: Int128) -> Self:
        """Lets a null stand for one value.

        Args:
            undefined: The value, outside of the range.

        Returns:
            How that is stored.
        """
        var result = self
        result.undefined = undefined
        result.nullable = True
        return result

    def is_text(self) -> Bool:
        """Tells text from values of one width.

        Returns:
            Whether the column is text.
        """
        return self.format == "u"


trait ColumnValue:
    """A type of field whose bytes are one value of a column."""

    comptime stored: Stored
    """How it is stored."""

    def write_value(self, mut writer: Some[Writer], decimals: Int):
        """Writes the value as people read it.

        Args:
            writer: Where to write.
            decimals: Decimals of a price, or of a size, that carry meaning.
        """
        ...

    @staticmethod
    def decimals(price_precision: Int, size_precision: Int) -> Int:
        """Tells which precision is the one of these values.

        Args:
            price_precision: Decimals of prices that carry meaning.
            size_precision: Decimals of sizes that carry meaning.

        Returns:
            One of the two; 0 unless a type says otherwise.
        """
        return 0


trait Repeated:
    """A type of field that is several values, one after another, and nothing else."""

    comptime Item: Copyable & Deinitable
    """The type of one value."""
    comptime COUNT: Int
    """How many there are."""

    def __getitem__(self, at: Int) -> Self.Item:
        """Returns one value.

        Args:
            at: Its index, from 0 to `COUNT` exclusive.

        Returns:
            A copy of the value.
        """
        ...


trait SharedMetadata(Copyable, Deinitable, Equatable, Writable):
    """A type of field that is the same in all records of a batch: its metadata."""

    @staticmethod
    def from_metadata(metadata: Metadata) raises Fault -> Self:
        """Reads metadata; keys that mean nothing here are ignored.

        Args:
            metadata: The metadata of a schema.

        Returns:
            What it says.

        Raises:
            Fault: If a key is missing, or its value is no good.
        """
        ...

    def to_metadata(self) -> Metadata:
        """Writes metadata.

        Returns:
            What `from_metadata` reads back as the same.
        """
        ...

    def precisions(self) -> Tuple[Int, Int]:
        """Tells the decimals that carry meaning, for text.

        Returns:
            Those of prices, those of sizes.
        """
        return (0, 0)


def plain_format(dtype: DType) -> StaticString:
    """Spells the Arrow type of plain numbers.

    Args:
        dtype: The type of a number.

    Returns:
        Its format; empty if there is none.
    """
    if dtype == DType.uint8:
        return "C"
    if dtype == DType.int8:
        return "c"
    if dtype == DType.uint16:
        return "S"
    if dtype == DType.int16:
        return "s"
    if dtype == DType.uint32:
        return "I"
    if dtype == DType.int32:
        return "i"
    if dtype == DType.uint64:
        return "L"
    if dtype == DType.int64:
        return "l"
    if dtype == DType.float32:
        return "f"
    if dtype == DType.float64:
        return "g"
    return ""


def stored_of[F: AnyType]() -> Stored:
    """Tells how fields of a type are stored; not compiled for what is no column.

    Parameters:
        F: The type of the field.

    Returns:
        How they are stored.
    """
    comptime if conforms_to(F, ColumnValue):
        return F.stored
    elif F == String:
        return Stored.any("u", DType.uint8)
    else:
        comptime format = _plain_format_of[F]()
        comptime assert format != "", (
            "a field of a record must be a number, a String, or have one of the"
            " traits ColumnValue, Repeated or SharedMetadata"
        )
        return Stored.any(format, _plain_dtype_of[F]())


def _plain_dtype_of[F: AnyType]() -> DType:
    comptime for dtype in PLAIN_DTYPES:
        comptime if F == Scalar[dtype]:
            return dtype
    return DType.bool  # which no column has


def _plain_format_of[F: AnyType]() -> StaticString:
    return plain_format(_plain_dtype_of[F]())
