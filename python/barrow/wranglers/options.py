"""What a caller may ask of a wrangler, checked before any frame is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

from barrow._arrow import ENCODINGS, FIXED8, FIXED16, Encoding, Meta, RecordKind, rounding_code
from barrow.bars import BarType, parse_instrument_id
from barrow.errors import BarrowArgumentError, message

TimeUnit = Literal["auto", "s", "ms", "us", "ns"]
_UNITS = ("auto", "s", "ms", "us", "ns")


class WranglerKeywords(TypedDict, total=False):
    """The options as keyword arguments; `WranglerOptions` says what they mean."""

    encoding: str
    rounding: str
    invalid_raw: Literal["error", "repair"]
    time_unit: TimeUnit


@dataclass(frozen=True)
class WranglerOptions:
    """The options of a wrangler.

    Attributes:
        encoding: `fixed8`, `fixed16`, `decimal128`, or `auto` for the narrowest of the
            first two that holds a frame. Streams keep the one they have with `auto`.
        rounding: What to do with digits beyond the precision: `exact` to refuse them,
            `half_even`, `half_away` or `truncate`.
        invalid_raw: What to do with stored raw values that are no multiple of what the
            precision allows: `error`, or `repair` to take the nearest that is one.
        time_unit: The unit of times that are plain integers; `auto` tells it by their
            number of digits, as the CSV reader does.
    """

    encoding: str = "auto"
    rounding: str = "exact"
    invalid_raw: Literal["error", "repair"] = "error"
    time_unit: TimeUnit = "auto"

    def __post_init__(self) -> None:
        """Checks every value.

        Raises:
            BarrowArgumentError: A value is none of those allowed.
        """
        _one_of("encoding", self.encoding, ("auto", *ENCODINGS))
        _one_of("invalid_raw", self.invalid_raw, ("error", "repair"))
        _one_of("time_unit", self.time_unit, _UNITS)
        rounding_code(self.rounding)

    def candidates(self, meta: Meta) -> tuple[Encoding, ...]:
        """The encodings to try, one after the other, until nothing overflows."""
        if self.encoding != "auto":
            return (ENCODINGS[self.encoding],)
        if max(meta.price_precision, meta.size_precision) > FIXED8.scale:
            return (FIXED16,)
        return (FIXED8, FIXED16)

    def largest_scale(self) -> int:
        """The most decimals there can be."""
        return FIXED16.scale if self.encoding == "auto" else ENCODINGS[self.encoding].scale


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BarrowArgumentError(message(name, f"{value!r} is none of {', '.join(allowed)}"))


def make_options(options: WranglerKeywords) -> WranglerOptions:
    """Options from keyword arguments.

    Raises:
        BarrowArgumentError: One is not known, or has a value that is not allowed.
    """
    known = WranglerOptions.__dataclass_fields__
    if unknown := [name for name in options if name not in known]:
        raise BarrowArgumentError(
            message("options", f"there is no option {', '.join(unknown)}", tries=[", ".join(known)])
        )
    return WranglerOptions(**options)


def make_meta(
    kind: RecordKind,
    identity: object,
    price_precision: int | None,
    size_precision: int | None,
    options: WranglerOptions,
) -> Meta:
    """What the records of a wrangler have in common.

    Args:
        kind: What they are.
        identity: The bar type or the instrument id: text, or anything whose text it is.
        price_precision: Decimals of prices; None where there are none.
        size_precision: Decimals of sizes; None where there are none.
        options: Decide how large a precision may be.

    Raises:
        BarrowArgumentError: One of them is none.
    """
    text = str(identity)
    if kind.key == "bar_type":
        text = str(BarType.parse(text))
    else:
        parse_instrument_id(text)
    largest = options.largest_scale()
    given = {"price_precision": price_precision, "size_precision": size_precision}
    for name, value in given.items():
        if name not in kind.precisions:
            if value is not None:
                raise BarrowArgumentError(message(name, f"{kind.plural} have none"))
        elif isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= largest:
            raise BarrowArgumentError(message(name, f"{value!r} is no number from 0 to {largest}"))
    return Meta(text, price_precision or 0, size_precision or 0)
