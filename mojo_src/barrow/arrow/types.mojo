"""Types as the C Data Interface spells them."""

from std.sys import size_of

from barrow.errors import Fault


@fieldwise_init
struct Layout(Equatable, TrivialRegisterPassable):
    """How the values of a column lie in its buffers."""

    var code: UInt8
    """The number of the layout; see the constants."""

    comptime VALUES = Self(0)
    """Validity; values of one width."""
    comptime BITS = Self(1)
    """Validity; booleans, one bit each."""
    comptime TEXT = Self(2)
    """Validity; 32-bit offsets; bytes."""
    comptime LARGE_TEXT = Self(3)
    """Validity; 64-bit offsets; bytes."""
    comptime VIEWS = Self(4)
    """Validity; 16-byte views; any number of buffers of bytes; their lengths."""
    comptime STRUCT = Self(5)
    """Validity; the values are in the children."""
    comptime LIST = Self(6)
    """Validity; 32-bit offsets into the values, which are in the child."""
    comptime LARGE_LIST = Self(7)
    """Validity; 64-bit offsets into the values, which are in the child."""

    def is_list(self) -> Bool:
        """Tells whether a value is a list.

        Returns:
            Whether it is.
        """
        return self == Self.LIST or self == Self.LARGE_LIST

    def buffers(self) -> Int:
        """Counts the buffers.

        Returns:
            How many there are; the least possible for views.
        """
        if self == Self.STRUCT:
            return 1
        if self == Self.VALUES or self == Self.BITS or self.is_list():
            return 2
        return 3


@fieldwise_init
struct ColumnType(Copyable):
    """The type of a column."""

    var format: String
    """The type as the interface spells it, such as `tsn:UTC`."""
    var layout: Layout
    """How values lie in buffers."""
    var width: Int
    """Bytes of a value with layout `VALUES`, otherwise 0."""
    var dtype: Optional[DType]
    """The type of a value with layout `VALUES`; none if a value is bytes."""

    def holds[dtype: DType](self) -> Bool:
        """Tells whether values can be seen as numbers of a type.

        Bytes of a fixed size can be seen as any integer of that width.

        Parameters:
            dtype: The type of the numbers.

        Returns:
            Whether they can.
        """
        if self.layout != Layout.VALUES:
            return False
        if not self.dtype:
            comptime width = size_of[Scalar[dtype]]()
            return dtype.is_integral() and self.width == width
        return self.dtype.value() == dtype

    def name(self) -> String:
        """Names the type as the Rust library does.

        Returns:
            Text such as `FixedSizeBinary(8)` or `UInt64`; a type that is spelled in two
            ways has one name.
        """
        return _name(self.format)


def parse_format(format: StringSpan) raises Fault -> ColumnType:
    """Reads a format string.

    Args:
        format: The text, such as `w:8`.

    Returns:
        The type.

    Raises:
        Fault: If there is no such type, or barrow does not read it.
    """
    var simple = _simple(format)
    if simple:
        return ColumnType(
            String(format),
            Layout.VALUES,
            _bytes(simple.value()),
            simple.value(),
        )
    if format == "b":
        return ColumnType(String(format), Layout.BITS, 0, None)
    if format == "u" or format == "z":
        return ColumnType(String(format), Layout.TEXT, 0, None)
    if format == "U" or format == "Z":
        return ColumnType(String(format), Layout.LARGE_TEXT, 0, None)
    if format == "vu" or format == "vz":
        return ColumnType(String(format), Layout.VIEWS, 0, None)
    if format == "+s":
        return ColumnType(String(format), Layout.STRUCT, 0, None)
    if format == "+l":
        return ColumnType(String(format), Layout.LIST, 0, None)
    if format == "+L":
        return ColumnType(String(format), Layout.LARGE_LIST, 0, None)
    if format.startswith("w:"):
        var width = _number(format, 2, format.byte_length())
        if 0 < width <= Int(Int32.MAX):
            return ColumnType(String(format), Layout.VALUES, width, None)
    elif format.startswith("d:"):
        var dtype = _decimal(format)
        if dtype:
            return ColumnType(
                String(format),
                Layout.VALUES,
                _bytes(dtype.value()),
                dtype.value(),
            )
    if _is_known(format):
        raise Fault(
            "UnsupportedError",
            String(
                'type "',
                format,
                '" is not read\n  try: cast the column, or leave it out',
            ),
        )
    raise Fault(
        "CorruptError",
        String('there is no type "', _shown(format), '"'),
    )


def _simple(format: StringSpan) -> Optional[DType]:
    """The type of a value if it is a number or a time."""
    if format == "l":
        return DType.int64
    if format == "L":
        return DType.uint64
    if format == "g":
        return DType.float64
    if format == "f":
        return DType.float32
    if format == "e":
        return DType.float16
    if format == "i":
        return DType.int32
    if format == "I":
        return DType.uint32
    if format == "s":
        return DType.int16
    if format == "S":
        return DType.uint16
    if format == "c":
        return DType.int8
    if format == "C":
        return DType.uint8
    var bytes = format.as_bytes()
    if len(bytes) < 3 or bytes[0] != UInt8(ord("t")):
        return None
    var kind = bytes[1]
    var unit = bytes[2]
    if kind == UInt8(ord("s")):
        if len(bytes) >= 4 and bytes[3] == UInt8(ord(":")) and _is_unit(unit):
            return DType.int64
        return None
    if len(bytes) != 3:
        return None
    if kind == UInt8(ord("D")) and _is_unit(unit):
        return DType.int64
    if kind == UInt8(ord("t")) and _is_unit(unit):
        var short = unit == UInt8(ord("s")) or unit == UInt8(ord("m"))
        return DType.int32 if short else DType.int64
    if format == "tdD":
        return DType.int32
    if format == "tdm":
        return DType.int64
    return None


def _bytes(dtype: DType) -> Int:
    """The width of a value."""
    if dtype == DType.int8 or dtype == DType.uint8:
        return 1
    if dtype == DType.int16 or dtype == DType.uint16 or dtype == DType.float16:
        return 2
    if dtype == DType.int32 or dtype == DType.uint32 or dtype == DType.float32:
        return 4
    if dtype == DType.int128:
        return 16
    if dtype == DType.int256:
        return 32
    return 8


def _is_unit(byte: UInt8) -> Bool:
    return (
        byte == UInt8(ord("s"))
        or byte == UInt8(ord("m"))
        or byte == UInt8(ord("u"))
        or byte == UInt8(ord("n"))
    )


def _number(text: StringSpan, begin: Int, end: Int) -> Int:
    """A short decimal number, or -1."""
    var bytes = text.as_bytes()
    if begin >= end or end - begin > 10:
        return -1
    var value = 0
    for at in range(begin, end):
        var digit = Int(bytes[at]) - ord("0")
        if digit < 0 or digit > 9:
            return -1
        value = 10 * value + digit
    return value


def _decimal(format: StringSpan) -> Optional[DType]:
    """`d:precision,scale` or `d:precision,scale,bits`."""
    var bytes = format.as_bytes()
    var commas = List[Int]()
    for at in range(2, len(bytes)):
        if bytes[at] == UInt8(ord(",")):
            commas.append(at)
    if len(commas) < 1 or len(commas) > 2:
        return None
    var scale_end = commas[1] if len(commas) == 2 else len(bytes)
    var scale_begin = commas[0] + 1
    if scale_begin < len(bytes) and bytes[scale_begin] == UInt8(ord("-")):
        scale_begin += 1
    var precision = _number(format, 2, commas[0])
    if precision < 1 or _number(format, scale_begin, scale_end) < 0:
        return None
    var bits = 128
    if len(commas) == 2:
        bits = _number(format, scale_end + 1, len(bytes))
    if bits == 32 and precision <= 9:
        return DType.int32
    if bits == 64 and precision <= 18:
        return DType.int64
    if bits == 128 and precision <= 38:
        return DType.int128
    if bits == 256 and precision <= 76:
        return DType.int256
    return None


def _name(format: StringSpan) -> String:
    """The name of a type that is read."""
    comptime formats: List[StaticString] = [
        "b",
        "c",
        "C",
        "s",
        "S",
        "i",
        "I",
        "l",
        "L",
        "e",
        "f",
        "g",
        "z",
        "Z",
        "u",
        "U",
        "vz",
        "vu",
        "tdD",
        "tdm",
        "+s",
        "+l",
        "+L",
    ]
    comptime names: List[StaticString] = [
        "Boolean",
        "Int8",
        "UInt8",
        "Int16",
        "UInt16",
        "Int32",
        "UInt32",
        "Int64",
        "UInt64",
        "Float16",
        "Float32",
        "Float64",
        "Binary",
        "LargeBinary",
        "Utf8",
        "LargeUtf8",
        "BinaryView",
        "Utf8View",
        "Date32",
        "Date64",
        "Struct",
        "List",
        "LargeList",
    ]
    comptime for i in range(len(formats)):
        comptime known = formats[i]
        comptime name = names[i]
        if format == known:
            return String(name)
    var bytes = format.byte_length()
    if format.startswith("w:"):
        return String("FixedSizeBinary(", format[byte=2:bytes], ")")
    if format.startswith("d:"):
        return _decimal_name(format)
    var unit = _unit_name(format.as_bytes()[2])
    if format.startswith("tt"):
        var short = unit == "Second" or unit == "Millisecond"
        return String("Time32(" if short else "Time64(", unit, ")")
    if format.startswith("tD"):
        return String("Duration(", unit, ")")
    if bytes == 4:
        return String("Timestamp(", unit, ", None)")
    return String("Timestamp(", unit, ', Some("', format[byte=4:bytes], '"))')


def _unit_name(unit: UInt8) -> StaticString:
    if unit == UInt8(ord("s")):
        return "Second"
    if unit == UInt8(ord("m")):
        return "Millisecond"
    if unit == UInt8(ord("u")):
        return "Microsecond"
    return "Nanosecond"


def _decimal_name(format: StringSpan) -> String:
    """Of `d:38,16` and `d:38,16,128`: `Decimal128(38, 16)`."""
    var parts = format.split(",")
    var bits = String(parts[2]) if len(parts) == 3 else String("128")
    var precision = parts[0][byte = 2 : parts[0].byte_length()]
    return String("Decimal", bits, "(", precision, ", ", parts[1], ")")


def _is_known(format: StringSpan) -> Bool:
    """Whether a type that is not read is one of the interface's."""
    if format == "n" or format.startswith("ti"):
        return True
    if format == "+vl" or format == "+vL":
        return True
    if format == "+m" or format == "+r":
        return True
    return (
        format.startswith("+w:")
        or format.startswith("+ud:")
        or format.startswith("+us:")
    )


def _shown(format: StringSpan) -> String:
    """A foreign text fit for a message."""
    var result = String()
    for byte in format.as_bytes():
        if result.byte_length() >= 60:
            result += "..."
            break
        if byte >= 32 and byte < 127:
            result += chr(Int(byte))
        else:
            result += "?"
    return result
