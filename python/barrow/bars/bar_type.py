"""What records are of: instruments, and bar types, which say how a bar was made."""

from __future__ import annotations

from dataclasses import dataclass

from barrow._records import RecordKind
from barrow.bars.bar_spec import (
    AggregationSource,
    BarAggregation,
    BarSpecification,
    PriceType,
    named,
    read_spec,
)
from barrow.bars.tokens import Token, cut, member, whole_text
from barrow.errors import BarrowArgumentError, BarrowSchemaError, message, shown

_ID_FORM = "{SYMBOL}.{VENUE}, such as EUR/USD.SIM"
_FORM = "{SYMBOL}.{VENUE}-{step}-{AGGREGATION}-{PRICE_TYPE}-{INTERNAL|EXTERNAL}"
_INNER_FORM = "{step}-{AGGREGATION}-{INTERNAL|EXTERNAL}"


def parse_instrument_id(text: str) -> tuple[str, str]:
    """Reads an instrument id, `{SYMBOL}.{VENUE}`, split at the last dot.

    Returns:
        The symbol, which may hold dots, and the venue, which is ASCII.

    Raises:
        BarrowArgumentError: The text is none.
    """
    return _read_instrument(whole_text("instrument id", text))


def _read_instrument(token: Token) -> tuple[str, str]:
    # Alone it is the whole text; in a bar type the error points at it.
    name = "instrument id" if token.text != token.whole else ""
    symbol, dot, venue = token.text.rpartition(".")
    if not dot:
        what = "there is no dot before a venue"
    elif not symbol or symbol.isspace():
        what = "the symbol before the last dot is empty"
    elif not venue or venue.isspace():
        what = "the venue after the last dot is empty"
    elif not venue.isascii():
        what = "the venue after the last dot is not ASCII"
    elif not token.text.isprintable():
        what = "it holds a character that cannot be printed"
    else:
        return symbol, venue
    raise token.error(what, name=name, tries=[_ID_FORM])


@dataclass(frozen=True)
class BarType:
    """A bar type in NautilusTrader's form.

    `{SYMBOL}.{VENUE}-{step}-{AGGREGATION}-{PRICE_TYPE}-{INTERNAL|EXTERNAL}`, read from
    the right, because symbols may hold dashes and dots: the venue is what follows
    the last dot. A composite is made from other bars of the instrument and adds
    `@{step}-{AGGREGATION}-{INTERNAL|EXTERNAL}` of those.

    Args:
        instrument_id: Such as `EUR/USD.SIM`.
        spec: How many units of what a bar has, and which price.
        aggregation_source: Who made the bars; the name will do.
        made_from: The bars a composite is made from: of the same instrument and price,
            and no composite.

    Raises:
        BarrowArgumentError: One of them is none.
    """

    instrument_id: str
    spec: BarSpecification
    aggregation_source: AggregationSource = AggregationSource.EXTERNAL
    made_from: BarType | None = None

    def __post_init__(self) -> None:
        parse_instrument_id(self.instrument_id)
        source = named(AggregationSource, self.aggregation_source, "aggregation source")
        object.__setattr__(self, "aggregation_source", source)
        inner = self.made_from
        if "@" in self.instrument_id:
            raise BarrowArgumentError(
                message(
                    f'instrument id "{shown(self.instrument_id)}"',
                    "there is an @ in it, which in a bar type comes before what it is made from",
                )
            )
        if inner is not None and (
            inner.made_from is not None
            or inner.instrument_id != self.instrument_id
            or inner.spec.price_type is not self.spec.price_type
        ):
            raise BarrowArgumentError(
                message(
                    "made_from",
                    f"{inner} is no bar type of {self.instrument_id} and {self.spec.price_type} "
                    "that is no composite itself",
                )
            )

    @classmethod
    def parse(cls, text: str) -> BarType:
        """Reads a bar type; `from_str` is NautilusTrader's name for it.

        Names may be in small letters, and a step may begin with zeros; `str` gives the
        one form that NautilusTrader writes.

        Raises:
            BarrowArgumentError: The text is none; the message points at the token.
        """
        whole = whole_text("bar type", text)
        at = text.find("@")
        standard = whole.split(0, at if at >= 0 else len(text))
        parts = cut(standard, 5)
        if len(parts) != 5:
            raise whole.error(
                f"has {len(parts)} of the 5 parts between dashes", tries=[_whole_form(whole, parts)]
            )
        instrument_id = parts[0].text
        _read_instrument(parts[0])
        price_type = member(PriceType, parts[3], "price type")
        spec = read_spec(parts[1], parts[2], price_type)
        source = member(AggregationSource, parts[4], "aggregation source")
        inner = None
        if at >= 0:
            composite = whole.split(at + 1, len(text))
            pieces = cut(composite, 3)
            if len(pieces) != 3:
                raise composite.error(
                    f"expected {_INNER_FORM}", name="what the bars are made from,"
                )
            inner_spec = read_spec(pieces[0], pieces[1], price_type)
            inner_source = member(AggregationSource, pieces[2], "aggregation source")
            inner = cls(instrument_id, inner_spec, inner_source)
        return cls(instrument_id, spec, source, inner)

    from_str = parse

    @classmethod
    def new_composite(
        cls,
        instrument_id: str,
        bar_spec: BarSpecification,
        aggregation_source: AggregationSource | str,
        composite_step: int,
        composite_aggregation: BarAggregation | str,
        composite_aggregation_source: AggregationSource | str,
    ) -> BarType:
        """A composite with the arguments NautilusTrader has for it.

        Args:
            instrument_id: Such as `EUR/USD.SIM`.
            bar_spec: What a bar is of.
            aggregation_source: Who makes it.
            composite_step: How many units the bars have that it is made from.
            composite_aggregation: Of what.
            composite_aggregation_source: Who made those.

        Raises:
            BarrowArgumentError: One of them is none.
        """
        unit = named(BarAggregation, composite_aggregation, "aggregation")
        inner = BarSpecification(composite_step, unit, bar_spec.price_type)
        outer_source, inner_source = (
            named(AggregationSource, source, "aggregation source")
            for source in (aggregation_source, composite_aggregation_source)
        )
        made_from = cls(instrument_id, inner, inner_source)
        return cls(instrument_id, bar_spec, outer_source, made_from)

    @property
    def symbol(self) -> str:
        """What the venue calls the instrument."""
        return self.instrument_id.rpartition(".")[0]

    @property
    def venue(self) -> str:
        """Where it is traded."""
        return self.instrument_id.rpartition(".")[2]

    @property
    def step_ns(self) -> int | None:
        """The length of a bar in nanoseconds; None where it is not fixed."""
        return self.spec.step_ns

    def is_standard(self) -> bool:
        """Whether it does not say from which bars it is made."""
        return self.made_from is None

    def is_composite(self) -> bool:
        """Whether it says from which bars it is made."""
        return self.made_from is not None

    def standard(self) -> BarType:
        """The bar type without what it is made from."""
        return BarType(self.instrument_id, self.spec, self.aggregation_source)

    def composite(self) -> BarType:
        """The bars it is made from; itself where it does not say, as in NautilusTrader."""
        return self.made_from or self

    def is_externally_aggregated(self) -> bool:
        """Whether somebody else made the bars."""
        return self.aggregation_source is AggregationSource.EXTERNAL

    def is_internally_aggregated(self) -> bool:
        """Whether the system that uses them made the bars."""
        return self.aggregation_source is AggregationSource.INTERNAL

    def __str__(self) -> str:
        text = f"{self.instrument_id}-{self.spec}-{self.aggregation_source}"
        if self.made_from is None:
            return text
        inner = self.made_from.spec
        return f"{text}@{inner.step}-{inner.aggregation}-{self.made_from.aggregation_source}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"


def _whole_form(whole: Token, parts: list[Token]) -> str:
    """What to try where parts are missing: most often the last one was left out."""
    if len(parts) != 4 or "@" in whole.text:
        return _FORM
    guess = f"{whole.text}-{AggregationSource.EXTERNAL}"
    try:
        BarType.parse(guess)
    except BarrowArgumentError:
        return _FORM
    return guess


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
        wanted = str(BarType.parse(bar_type))
    if instrument_id is not None:
        parse_instrument_id(instrument_id)
    if wanted is None or known == wanted:
        return known
    if known is not None:
        raise BarrowSchemaError(message(name, f"the {kind.plural} are {known}, not {wanted}"))
    return wanted
