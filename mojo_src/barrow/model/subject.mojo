"""What the records of a batch are of: a bar type or an instrument, and its precisions."""

from std.memory import ArcPointer

from barrow.arrow import Metadata, SharedMetadata
from barrow.errors import Fault
from barrow.model.encoding import Encoding


@fieldwise_init
struct _About(Copyable, Equatable):
    """What all copies of a subject share."""

    var identity: String
    var price_precision: Int
    var size_precision: Int


struct Subject[
    encoding: Encoding,
    key: StaticString = "instrument_id",
    prices: Bool = True,
    sizes: Bool = True,
](ImplicitlyCopyable, SharedMetadata):
    """What records are of; copies share one text.

    It is the metadata of a schema, with NautilusTrader's keys: the one that names what
    the records are of, `price_precision` and `size_precision`.

    Parameters:
        encoding: How values are stored; a precision is at most its scale.
        key: `instrument_id`, `bar_type`, or another key.
        prices: Whether there are prices, hence a `price_precision`.
        sizes: Whether there are sizes, hence a `size_precision`.
    """

    var _about: ArcPointer[_About]

    def __init__(
        out self,
        var identity: String,
        price_precision: Int = 0,
        size_precision: Int = 0,
    ) raises Fault:
        """Names what records are of.

        Args:
            identity: A bar type or an instrument id, such as `EUR/USD.SIM`.
            price_precision: Decimals of prices that carry meaning.
            size_precision: Decimals of sizes that carry meaning.

        Raises:
            Fault: If the identity is none, or a precision is outside of the scale.
        """
        _check_identity(Self.key, identity)
        _check_precision[Self.encoding]("price_precision", price_precision)
        _check_precision[Self.encoding]("size_precision", size_precision)
        self._about = ArcPointer(
            _About(identity^, price_precision, size_precision)
        )

    def identity(self) -> String:
        """Tells the bar type or the instrument id.

        Returns:
            A copy of the text.
        """
        return self._about[].identity

    def price_precision(self) -> Int:
        """Tells how many decimals of prices carry meaning.

        Returns:
            Their number; 0 if there are no prices.
        """
        return self._about[].price_precision

    def size_precision(self) -> Int:
        """Tells how many decimals of sizes carry meaning.

        Returns:
            Their number; 0 if there are no sizes.
        """
        return self._about[].size_precision

    def precisions(self) -> Tuple[Int, Int]:
        """Tells the decimals that carry meaning, for text.

        Returns:
            Those of prices, those of sizes.
        """
        return (self.price_precision(), self.size_precision())

    def __eq__(self, other: Self) -> Bool:
        """Compares two subjects.

        Args:
            other: The other one.

        Returns:
            Whether they are the same in everything.
        """
        return self._about is other._about or self._about[] == other._about[]

    def write_to(self, mut writer: Some[Writer]):
        """Writes the identity.

        Args:
            writer: Where to write.
        """
        writer.write(self._about[].identity)

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
        var identity = _get(metadata, Self.key)
        var price_precision = 0
        var size_precision = 0
        comptime if Self.prices:
            price_precision = _precision[Self.encoding](
                metadata, "price_precision"
            )
        comptime if Self.sizes:
            size_precision = _precision[Self.encoding](
                metadata, "size_precision"
            )
        return Self(identity^, price_precision, size_precision)

    def to_metadata(self) -> Metadata:
        """Writes metadata.

        Returns:
            What `from_metadata` reads back as the same.
        """
        var result: Metadata = {String(Self.key): self.identity()}
        comptime if Self.prices:
            result["price_precision"] = String(self.price_precision())
        comptime if Self.sizes:
            result["size_precision"] = String(self.size_precision())
        return result^


def _get(metadata: Metadata, key: StaticString) raises Fault -> String:
    var found = metadata.get(String(key))
    if found:
        return found.take()
    var keys = String()
    for pair in metadata.items():
        keys += ", " if keys else ""
        keys += pair.key
    raise Fault(
        "SchemaError",
        String(
            "metadata: no ",
            key,
            ", found ",
            keys if keys else "nothing",
            "\n  try: the metadata of the schema that the batches came with",
        ),
    )


def _precision[
    encoding: Encoding
](metadata: Metadata, key: StaticString) raises Fault -> Int:
    var text = _get(metadata, key)
    var value = 0
    var good = 0 < text.byte_length() <= 2
    for byte in text.as_bytes():
        var digit = Int(byte) - ord("0")
        good = good and 0 <= digit <= 9
        value = 10 * value + digit if good else 0
    if not good or value > encoding.scale():
        raise _no_precision[encoding](key, String('"', text, '"'))
    return value


def _check_precision[
    encoding: Encoding
](key: StaticString, value: Int) raises Fault:
    if value < 0 or value > encoding.scale():
        raise _no_precision[encoding](key, String(value))


def _no_precision[
    encoding: Encoding
](key: StaticString, found: String) -> Fault:
    return Fault(
        "SchemaError",
        String(
            "metadata: ",
            key,
            " is ",
            found,
            ", expected a number from 0 to ",
            encoding.scale(),
            " as in ",
            encoding,
        ),
    )


def _check_identity(key: StaticString, identity: String) raises Fault:
    """Refuses what cannot be an identity; Python's `BarType` knows the whole grammar."""
    var expected = String("a text that is not empty")
    var good = identity.byte_length() > 0
    if key == "instrument_id":
        expected = "a symbol and a venue, such as EUR/USD.SIM"
        good = _has_venue(identity)
    elif key == "bar_type":
        expected = "such as EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
        var simple = identity.split("@")
        var parts = simple[0].split("-")
        var count = len(parts)
        good = count >= 5 and len(simple) <= 2
        if good:
            var source = parts[count - 1]
            good = source == "INTERNAL" or source == "EXTERNAL"
            var tail = 0
            for i in range(count - 4, count):
                tail += parts[i].byte_length() + 1
            var end = simple[0].byte_length() - tail
            good = good and _has_venue(String(simple[0][byte=0:end]))
    if not good:
        raise Fault(
            "SchemaError",
            String(
                "metadata: ", key, ' is "', identity, '", expected ', expected
            ),
        )


def _has_venue(instrument_id: String) -> Bool:
    """Whether there is something on both sides of the last dot."""
    var bytes = instrument_id.as_bytes()
    var dot = -1
    for at in range(len(bytes)):
        if bytes[at] == UInt8(ord(".")):
            dot = at
    return 0 < dot < len(bytes) - 1
