"""How to read the rows of one file."""

from barrow.fixed import NumberForm, Rounding
from barrow.time import Zone


@fieldwise_init
struct Role(Equatable, TrivialRegisterPassable):
    """What a field of a row is for. The first five are the value columns."""

    var code: UInt8
    """See the constants."""

    comptime OPEN = Self(0)
    """Opening price."""
    comptime HIGH = Self(1)
    """Highest price."""
    comptime LOW = Self(2)
    """Lowest price."""
    comptime CLOSE = Self(3)
    """Closing price."""
    comptime VOLUME = Self(4)
    """Volume."""
    comptime TS_EVENT = Self(5)
    """The instant the source stamped."""
    comptime TS_INIT = Self(6)
    """The instant the record was made."""
    comptime DATE = Self(7)
    """The day, where date and time of day are two fields."""
    comptime TIME = Self(8)
    """The time of day, where date and time of day are two fields."""
    comptime SYMBOL = Self(9)
    """Which instrument; only told apart from others, not kept."""
    comptime IGNORED = Self(255)
    """Not read."""

    comptime VALUES = 5
    """How many value columns a bar has."""
    comptime COUNT = 10
    """How many roles there are besides `IGNORED`."""


struct RowPlan(Copyable):
    """Everything the row parser has to know; made once per file."""

    var delimiter: UInt8
    """The byte between fields."""
    var quote: UInt8
    """The byte around quoted fields."""
    var comment: UInt8
    """The byte that starts lines to be skipped; 0 for none."""
    var field_count: Int
    """How many fields a row has."""
    var pad_short: Bool
    """Whether rows may end early; fields they lack are empty."""
    var fields: Array[Int, Role.COUNT]
    """The field of every role, by code; -1 where there is none."""
    var price_precision: Int
    """Decimals kept of a price; -1 for as many as the encoding has."""
    var size_precision: Int
    """Decimals kept of a volume; -1 for as many as the encoding has."""
    var rounding: Rounding
    """What happens to further decimals."""
    var price_form: NumberForm
    """How prices are written."""
    var size_form: NumberForm
    """How volumes are written."""
    var default_volume: String
    """The volume of every row where there is no such field."""
    var empty_volume: Bool
    """Whether an empty volume is the default one instead of an error."""
    var time_pattern: String
    """The form of stamps, or of times of day; empty for the known forms."""
    var date_pattern: String
    """The form of days where they are a field of their own; empty as well."""
    var zone: Zone
    """The zone of times that do not tell."""
    var ts_init_delta: Int64
    """Nanoseconds from `ts_event` to `ts_init` where the latter is no field."""
    var may_widen: Bool
    """Whether a 64-bit parser stops at a row that only 128 bits can hold. Then it
    rounds nothing that they would not round, and bad rows are judged by them."""
    var use_layouts: Bool
    """Whether rows whose layout is known may be read the fast way."""
    var reject_limit: Int
    """How many rejects to keep before the parser stops."""

    def __init__(out self, field_count: Int):
        """Plans rows without any role.

        Args:
            field_count: How many fields a row has.
        """
        self.delimiter = UInt8(ord(","))
        self.quote = UInt8(ord('"'))
        self.comment = 0
        self.pad_short = False
        self.field_count = field_count
        self.fields = Array[Int, Role.COUNT](fill=-1)
        self.price_precision = -1
        self.size_precision = -1
        self.rounding = Rounding.EXACT
        self.price_form = NumberForm.PLAIN
        self.size_form = NumberForm.PLAIN
        self.default_volume = "0"
        self.empty_volume = False
        self.time_pattern = ""
        self.date_pattern = ""
        self.zone = Zone()
        self.ts_init_delta = 0
        self.may_widen = False
        self.use_layouts = True
        self.reject_limit = 1

    @always_inline
    def field(self, role: Role) -> Int:
        """Finds the field with a role.

        Args:
            role: Any role but `IGNORED`.

        Returns:
            Its index, or -1.
        """
        return self.fields[Int(role.code)]
