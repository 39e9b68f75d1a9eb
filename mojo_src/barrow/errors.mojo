"""What can be wrong with an input, and which kind of error says so.

Two things live here. `Failure` is what Mojo code raises; its kinds are chosen by
who can mend the problem. `Reason` is a number that a kernel stores for a cell or
a row it refuses: kernels run over millions of rows, so they record and go on, and
the caller decides whether the first one becomes a `Failure`.

| kind | when |
| --- | --- |
| `ArgumentError` | the caller's value is wrong |
| `ParseError` | text is not the value asked of it |
| `CorruptError` | bytes break their format: a magic, a length, an offset from the file |
| `SchemaError` | a column is missing, or has another type or precision |
| `UnsupportedError` | legal, but barrow does not do it |
| `IoError` | the operating system said no |
| `InternalError` | no input should reach this |

A wrong offset is corruption when it came from a file and an argument error when
it came from the caller.
"""


@fieldwise_init
struct Failure[kind: StaticString](Copyable, Writable):
    """An error that knows its kind.

    Parameters:
        kind: The name of the kind; it leads the text, which is all that is left
            of an error that crosses an untyped `raises`.
    """

    var message: String
    """Where, what, what was expected, what to try."""

    def write_to(self, mut w: Some[Writer]):
        """Writes the kind and the message.

        Args:
            w: Where to write.
        """
        w.write(Self.kind, ": ", self.message)


comptime ArgumentError = Failure["ArgumentError"]
"""The caller's value is wrong."""
comptime ParseError = Failure["ParseError"]
"""Text is not the value asked of it."""
comptime CorruptError = Failure["CorruptError"]
"""Bytes break their format."""
comptime SchemaError = Failure["SchemaError"]
"""A column is missing, or has another type or precision."""
comptime UnsupportedError = Failure["UnsupportedError"]
"""Legal, but barrow does not do it."""
comptime IoError = Failure["IoError"]
"""The operating system said no."""
comptime InternalError = Failure["InternalError"]
"""No input should reach this."""


@fieldwise_init
struct Fault(Copyable, Writable):
    """An error of any kind, for functions that can fail in more than one way.

    A function names one type of error, so one that meets both damaged and
    unsupported input raises this.
    """

    var kind: StaticString
    """The name of one of the kinds above."""
    var message: String
    """Where, what, what was expected, what to try."""

    def write_to(self, mut w: Some[Writer]):
        """Writes the kind and the message.

        Args:
            w: Where to write.
        """
        w.write(self.kind, ": ", self.message)


@fieldwise_init
struct Reason(Equatable, TrivialRegisterPassable, Writable):
    """Why a cell or a row was refused. `OK` is zero; codes never change meaning."""

    var code: UInt8
    """The number kernels store; see the constants."""

    comptime OK = Self(0)
    """Nothing is wrong."""
    comptime EMPTY = Self(1)
    """The cell holds no text."""
    comptime NOT_A_DECIMAL = Self(2)
    """The text is no decimal number."""
    comptime NOT_FINITE = Self(3)
    """The text says NaN or infinity."""
    comptime OVERFLOW = Self(4)
    """The number is outside the range of the encoding."""
    comptime DECIMALS = Self(5)
    """Digits beyond the precision are not zero, and no rounding was asked for.
    """
    comptime NEGATIVE = Self(6)
    """A size is below zero."""
    comptime NOT_A_TIME = Self(7)
    """The text is no instant in a form that is known."""
    comptime AMBIGUOUS_TIME = Self(8)
    """Day and month could be either way round."""
    comptime TIME_RANGE = Self(9)
    """A calendar field is out of its range, or the instant is not in 1970-2262.
    """
    comptime FIELD_COUNT = Self(10)
    """The row has more or fewer fields than the header."""
    comptime TEXT_AFTER_QUOTE = Self(11)
    """A closing quote is followed by something that is no delimiter."""
    comptime UNCLOSED_QUOTE = Self(12)
    """The input ends inside a quoted field."""
    comptime NUL_BYTE = Self(13)
    """The row holds a byte of value zero."""
    comptime NOT_IN_ZONE = Self(14)
    """Clocks in the zone were set forward past this local time."""
    comptime TWICE_IN_ZONE = Self(15)
    """Clocks in the zone were set back, so that this local time came twice."""

    comptime NOT_A_SIDE = Self(16)
    """The text is no side of a trade."""
    comptime NOT_UTF8 = Self(17)
    """Text that is kept is not UTF-8."""

    comptime COUNT = 18
    """How many codes there are."""

    def name(self) -> StaticString:
        """Names the reason as reports do.

        Returns:
            A name such as `not_a_decimal`.
        """
        comptime names: List[StaticString] = [
            "ok",
            "empty",
            "not_a_decimal",
            "not_finite",
            "overflow",
            "decimals",
            "negative",
            "not_a_time",
            "ambiguous_time",
            "time_range",
            "field_count",
            "text_after_quote",
            "unclosed_quote",
            "nul_byte",
            "not_in_zone",
            "twice_in_zone",
            "not_a_side",
            "not_utf8",
        ]
        return materialize[names]()[Int(self.code)]

    def write_to(self, mut w: Some[Writer]):
        """Writes the name.

        Args:
            w: Where to write.
        """
        w.write(self.name())
