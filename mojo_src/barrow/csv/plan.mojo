"""How to read the rows of one file."""

from barrow.fence import ByteView
from barrow.fixed import NumberForm, Rounding
from barrow.time import Zone


@fieldwise_init
struct Role(Equatable, TrivialRegisterPassable):
    """What a field of a row is for. The first five are the value columns: prices
    first, then sizes, as the plan counts them."""

    var code: UInt8
    """See the constants."""

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
    comptime SIDE = Self(10)
    """Which side was the aggressor of a trade."""
    comptime ID = Self(11)
    """The identifier of a trade."""

    comptime VALUES = 5
    """The most value columns a record has."""
    comptime COUNT = 12
    """How many roles there are."""


@fieldwise_init
struct SideToken(Copyable):
    """What one text in a side column means."""

    var text: String
    """The text, in lower case."""
    var side: UInt8
    """0 for neither, 1 for the buyer, 2 for the seller."""


struct RowPlan(Copyable):
    """Everything the row parser has to know; made once per file."""

    var delimiter: UInt8
    """The byte between fields."""
    var quote: UInt8
    """The byte around quoted fields; 0 for none."""
    var comment: UInt8
    """The byte that starts lines to be skipped; 0 for none."""
    var field_count: Int
    """How many fields a row has."""
    var pad_short: Bool
    """Whether rows may end early; fields they lack are empty."""
    var fields: Array[Int, Role.COUNT]
    """The field of every role, by code; -1 where there is none."""
    var prices: Int
    """How many value columns hold prices, which have signs: 4 for bars."""
    var values: Int
    """How many value columns there are; sizes follow the prices."""
    var trades: Bool
    """Whether records have a side and an identifier."""
    var sides: List[SideToken]
    """What texts in the side column mean."""
    var nulls: List[String]
    """Texts that stand for an empty value cell."""
    var symbol: String
    """The symbol of the rows wanted; empty for all rows."""
    var price_precision: Int
    """Decimals kept of a price; -1 for as many as the encoding has."""
    var size_precision: Int
    """Decimals kept of a size; -1 for as many as the encoding has."""
    var rounding: Rounding
    """What happens to further decimals."""
    var price_form: NumberForm
    """How prices are written."""
    var size_form: NumberForm
    """How sizes are written."""
    var default_volume: String
    """Every size that has no field."""
    var empty_volume: Bool
    """Whether an empty size is the default one instead of an error."""
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
        self.prices = 4
        self.values = 5
        self.trades = False
        self.sides = List[SideToken]()
        self.nulls = List[String]()
        self.symbol = ""
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
            role: Any role.

        Returns:
            Its index, or -1.
        """
        return self.fields[Int(role.code)]

    def is_empty(self, cell: ByteView) -> Bool:
        """Tells whether a value cell holds nothing.

        Args:
            cell: The bytes of the cell, blanks and quotes left out.

        Returns:
            Whether it is empty, or one of the texts that stand for that.
        """
        if len(cell) == 0:
            return True
        for i in range(len(self.nulls)):
            if cell.equals(self.nulls[i]):
                return True
        return False

    def side_of(self, cell: ByteView) -> Optional[UInt8]:
        """Reads a side.

        Args:
            cell: The bytes of the cell, blanks and quotes left out.

        Returns:
            Its code, or nothing for a text that is not known. An empty cell is
            neither side.
        """
        if self.is_empty(cell):
            return UInt8(0)
        for i in range(len(self.sides)):
            if cell.equals(self.sides[i].text, fold_case=True):
                return self.sides[i].side
        return None
