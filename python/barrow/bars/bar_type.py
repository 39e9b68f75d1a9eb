"""What records are of: instruments, and bar types, which say how a bar was made."""

from __future__ import annotations

from dataclasses import dataclass

from barrow._records import RecordKind
from barrow.errors import BarrowArgumentError, BarrowSchemaError, message, shown

NANOSECONDS = {
    "MILLISECOND": 10**6,
    "SECOND": 10**9,
    "MINUTE": 60 * 10**9,
    "HOUR": 3600 * 10**9,
    "DAY": 86_400 * 10**9,
    "WEEK": 7 * 86_400 * 10**9,
}
AGGREGATIONS = (
    "TICK", "TICK_IMBALANCE", "TICK_RUNS", "VOLUME", "VOLUME_IMBALANCE", "VOLUME_RUNS",
    "VALUE", "VALUE_IMBALANCE", "VALUE_RUNS", *NANOSECONDS, "MONTH", "YEAR", "RENKO",
)  # fmt: skip
PRICE_TYPES = ("BID", "ASK", "MID", "LAST", "MARK")
SOURCES = ("INTERNAL", "EXTERNAL")


def parse_instrument_id(text: str) -> tuple[str, str]:
    """Reads an instrument id, `{SYMBOL}.{VENUE}`, split at the last dot.

    Returns:
        The symbol, which may hold dots, and the venue.

    Raises:
        BarrowArgumentError: The text is none.
    """
    if not isinstance(text, str):
        raise BarrowArgumentError(
            message("instrument id", f"expected text, got {type(text).__name__}")
        )
    symbol, dot, venue = text.rpartition(".")
    if symbol and venue:
        return symbol, venue
    what = "the symbol before the last dot is empty" if dot else "there is no dot before a venue"
    if symbol:
        what = "the venue after the last dot is empty"
    raise BarrowArgumentError(
        message(
            f'instrument id "{shown(text)}"', what, tries=["{SYMBOL}.{VENUE}, such as EUR/USD.SIM"]
        )
    )


@dataclass(frozen=True)
class BarType:
    """A bar type in NautilusTrader's form.

    `{SYMBOL}.{VENUE}-{step}-{AGGREGATION}-{PRICE_TYPE}-{INTERNAL|EXTERNAL}`, read from
    the right, because symbols may hold dashes and dots: the venue is what follows
    the last dot. A composite adds `@{step}-{AGGREGATION}-{INTERNAL|EXTERNAL}`.

    Attributes:
        symbol: The symbol, such as `EUR/USD`.
        venue: The venue, such as `SIM`.
        step: How many units a bar has.
        aggregation: The unit.
        price_type: Which price.
        source: Who made the bars.
        composite: What follows the `@`, or None.
    """

    symbol: str
    venue: str
    step: int
    aggregation: str
    price_type: str
    source: str
    composite: str | None = None

    @classmethod
    def parse(cls, text: str) -> BarType:
        """Reads a bar type.

        Raises:
            BarrowArgumentError: The text is none; the message points at the token.
        """
        if not isinstance(text, str):
            raise BarrowArgumentError(
                message("bar type", f"expected text, got {type(text).__name__}")
            )
        standard, at, composite = text.partition("@")
        parts = standard.rsplit("-", 4)
        if len(parts) != 5:
            raise _bad(text, f"has {len(parts)} of the 5 parts between dashes")
        instrument, step, aggregation, price_type, source = parts
        symbol, dot, venue = instrument.rpartition(".")
        if not dot or not symbol or not venue:
            raise _bad(text, f'"{instrument}" is no SYMBOL.VENUE')
        _check_step(text, step, aggregation)
        if price_type not in PRICE_TYPES:
            raise _bad(text, f'"{price_type}" is none of {", ".join(PRICE_TYPES)}')
        if source not in SOURCES:
            raise _bad(text, f'"{source}" is none of {", ".join(SOURCES)}')
        if at:
            inner = composite.split("-")
            if len(inner) != 3 or inner[2] not in SOURCES:
                raise _bad(text, f'"@{composite}" is no @STEP-AGGREGATION-SOURCE')
            _check_step(text, inner[0], inner[1])
        return cls(
            symbol, venue, int(step), aggregation, price_type, source, composite if at else None
        )

    @property
    def step_ns(self) -> int | None:
        """The length of a bar in nanoseconds; None where it is not fixed."""
        unit = NANOSECONDS.get(self.aggregation)
        return None if unit is None else unit * self.step

    def __str__(self) -> str:
        text = (
            f"{self.symbol}.{self.venue}-{self.step}-{self.aggregation}"
            f"-{self.price_type}-{self.source}"
        )
        return f"{text}@{self.composite}" if self.composite else text


def _check_step(text: str, step: str, aggregation: str) -> None:
    if not step.isascii() or not step.isdigit() or len(step) > 9 or int(step) == 0:
        raise _bad(text, f'"{shown(step, 20)}" is no step from 1 to 999999999')
    if aggregation not in AGGREGATIONS:
        raise _bad(text, f'"{aggregation}" is none of {", ".join(AGGREGATIONS)}')


def _bad(text: str, what: str) -> BarrowArgumentError:
    return BarrowArgumentError(
        message(
            f'bar type "{shown(text)}"',
            what,
            tries=["{SYMBOL}.{VENUE}-1-MINUTE-{BID|ASK|MID|LAST|MARK}-EXTERNAL"],
        )
    )


def settle_identity(
    kind: RecordKind,
    known: str | None,
    name: str,
    bar_type: str | None,
    instrument_id: str | None,
) -> str | None:
    """What records are of, by a file or by who opens it.

    Args:
        kind: What they are.
        known: What the file says.
        name: The file, for errors.
        bar_type: The bar type, where the caller gave one.
        instrument_id: The instrument id, where the caller gave one.

    Raises:
        BarrowArgumentError: What the caller gave is none.
        BarrowSchemaError: The file says otherwise, or its records have no such thing.
    """
    told = {"bar_type": bar_type, "instrument_id": instrument_id}
    for key, value in told.items():
        if value is not None and key != kind.key:
            raise BarrowSchemaError(
                message(
                    name,
                    f"it holds {kind.plural}, which have no {key.replace('_', ' ')}",
                    tries=[f"{kind.key}=... to say what they are of"],
                )
            )
    wanted = told[kind.key]
    if bar_type is not None:
        BarType.parse(bar_type)
    if instrument_id is not None:
        parse_instrument_id(instrument_id)
    if wanted is None or known == wanted:
        return known
    if known is not None:
        raise BarrowSchemaError(message(name, f"the {kind.plural} are {known}, not {wanted}"))
    return wanted
