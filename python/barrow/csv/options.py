"""What a caller may ask of the CSV reader, checked before any file is touched."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from barrow._arrow import ENCODINGS, FIXED8, Encoding, parse_raw, rounding_code
from barrow.bars import BarType, parse_instrument_id
from barrow.csv.dialect import find_dialect
from barrow.csv.hints import option
from barrow.errors import BarrowArgumentError, BarrowParseError, message
from barrow.zones import offsets

OnError = Literal["raise", "skip", "quarantine"]
# Codes of `Fold` in mojo_src/barrow/time/zone.mojo.
FOLDS = {"raise": 0, "earlier": 1, "later": 2}


# More threads than this have nothing to read: copying the text takes a third of the time.
_THREADS = min(4, os.cpu_count() or 1)


class CsvKeywords(TypedDict, total=False):
    """The options as keyword arguments; `CsvOptions` says what they mean."""

    bar_type: str | None
    instrument_id: str | None
    symbol: str | None
    dialect: str
    price_precision: int | Literal["auto"]
    size_precision: int | Literal["auto"]
    encoding: str
    rounding: str
    on_error: OnError
    rejects: str | os.PathLike[str] | None
    max_errors: int | None
    default_volume: Any
    timezone: str | None
    fold: str
    time_format: str | None
    ts_init_delta: int
    stamp: Literal["open", "close"] | None
    chunk_bytes: int
    threads: int
    layouts: bool


@dataclass(frozen=True)
class CsvOptions:
    """The options of `read_csv`, `scan_csv` and `ingest`.

    Attributes:
        bar_type: Of bars; goes into the metadata; unknown if None.
        instrument_id: Of quotes and trades, `{SYMBOL}.{VENUE}`; goes into the metadata.
        symbol: Reads only rows with that in the symbol column; others are counted.
        dialect: The name of a dialect, the path of its TOML file, or `auto` to find it
            by looking at the text.
        price_precision: Decimals of prices, or `auto` for as many as the text shows.
        size_precision: The same for volumes.
        encoding: `fixed8`, `fixed16`, `decimal128`, or `auto` for the narrowest of
            the first two that holds the data.
        rounding: `exact`, `half_even`, `half_away` or `truncate`.
        on_error: `raise` at the first bad row, `skip` bad rows, or `quarantine`
            them in the file `rejects`.
        rejects: Where quarantined rows go.
        max_errors: With `skip` and `quarantine`, how many bad rows to put up with;
            any number if None.
        default_volume: The volume or size of every row where there is no such column.
        timezone: The zone of times that do not tell, before that of the dialect: an
            IANA name, an offset such as `-05:00`, or `America/New_York+7h` for broker clocks.
        fold: What a local time means that comes twice when clocks are set back:
            `raise` for an error, `earlier` or `later`.
        time_format: The form of time stamps, before that of the dialect.
        ts_init_delta: Nanoseconds added to `ts_event` to give `ts_init`.
        stamp: `open` if bars are stamped when they open: `ts_init` is then their close,
            by the length the bar type says, so that nothing is known too early. `close`
            or None leave it to `ts_init_delta`.
        chunk_bytes: How much text is read at once.
        threads: How many threads parse; the result is the same with any number.
        layouts: Whether rows that look alike are read many at a time; the result is
            the same without, only slower.
    """

    bar_type: str | None = None
    instrument_id: str | None = None
    symbol: str | None = None
    dialect: str = "auto"
    price_precision: int | Literal["auto"] = "auto"
    size_precision: int | Literal["auto"] = "auto"
    encoding: str = "auto"
    rounding: str = "exact"
    on_error: OnError = "raise"
    rejects: str | os.PathLike[str] | None = None
    max_errors: int | None = None
    default_volume: Any = None
    timezone: str | None = None
    fold: str = "raise"
    time_format: str | None = None
    ts_init_delta: int = 0
    stamp: Literal["open", "close"] | None = None
    chunk_bytes: int = 1 << 20
    threads: int = _THREADS
    layouts: bool = True

    def __post_init__(self) -> None:
        """Checks every value.

        Raises:
            BarrowArgumentError: A value is none of those allowed.
        """
        if self.bar_type is not None:
            # In the one form NautilusTrader writes, whatever the caller's.
            object.__setattr__(self, "bar_type", str(BarType.parse(self.bar_type)))
        if self.bar_type is not None and self.instrument_id is not None:
            raise BarrowArgumentError(
                message("instrument_id", "the bar type names the instrument already")
            )
        if self.instrument_id is not None:
            parse_instrument_id(self.instrument_id)
        if self.symbol is not None:
            self._check_symbol()
        if self.dialect != "auto":
            find_dialect(self.dialect)
        if self.timezone is not None:
            offsets(self.timezone)
        self._one_of("fold", self.fold, tuple(FOLDS))
        if self.stamp is not None:
            self._one_of("stamp", self.stamp, ("open", "close"))
        if self.stamp == "open" and (self.delta_to_init is None or self.ts_init_delta):
            raise BarrowArgumentError(
                message(
                    "stamp",
                    "open needs a bar type of a fixed length, and no ts_init_delta beside it",
                )
            )
        self._one_of("encoding", self.encoding, ("auto", *ENCODINGS))
        self._one_of("on_error", self.on_error, ("raise", "skip", "quarantine"))
        rounding_code(self.rounding)
        for name in ("price_precision", "size_precision"):
            value = getattr(self, name)
            if value != "auto" and not (
                isinstance(value, int) and 0 <= value <= self.largest_scale
            ):
                raise BarrowArgumentError(
                    message(
                        name, f"{value!r} is not auto or a number from 0 to {self.largest_scale}"
                    )
                )
        if (self.on_error == "quarantine") != (self.rejects is not None):
            raise BarrowArgumentError(
                message(
                    "rejects",
                    "a file for rejected rows and on_error='quarantine' go together",
                    tries=['on_error="quarantine", rejects="rejects.csv"'],
                )
            )
        if self.default_volume is not None:
            self._check_default_volume()
        delta = self.ts_init_delta
        if not isinstance(delta, int) or not -(2**63) <= delta < 2**63:
            raise BarrowArgumentError(
                message("ts_init_delta", f"{delta!r} is no number of nanoseconds in 64 bits")
            )
        if self.max_errors is not None and (
            not isinstance(self.max_errors, int) or self.max_errors < 0 or self.on_error == "raise"
        ):
            raise BarrowArgumentError(
                message(
                    "max_errors",
                    f"{self.max_errors!r} is no number from 0, or on_error is raise, which "
                    "allows none",
                    tries=[option("on_error", "skip")],
                )
            )
        for name in ("chunk_bytes", "threads"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise BarrowArgumentError(message(name, f"{value!r} is no number from 1"))

    def _one_of(self, name: str, value: str, allowed: tuple[str, ...]) -> None:
        if value not in allowed:
            raise BarrowArgumentError(message(name, f"{value!r} is none of {', '.join(allowed)}"))

    def _check_symbol(self) -> None:
        # Blanks around a cell do not belong to it, so that such a symbol is in no file.
        symbol = self.symbol
        if not isinstance(symbol, str) or not symbol or symbol != symbol.strip(" \t"):
            raise BarrowArgumentError(
                message("symbol", f"{symbol!r} is no text without blanks around it")
            )
        try:
            symbol.encode()
        except UnicodeEncodeError as error:
            raise BarrowArgumentError(message("symbol", f"{symbol!r} is no Unicode")) from error

    def _check_default_volume(self) -> None:
        try:
            parse_raw(self.default_volume_text, self.widest, signed=False)
        except BarrowParseError as error:
            raise BarrowArgumentError(
                message("default_volume", f"{self.default_volume!r} is no volume: {error}")
            ) from error

    @property
    def identity(self) -> str | None:
        """The bar type or the instrument id, where one was given."""
        return self.bar_type or self.instrument_id

    @property
    def default_volume_text(self) -> str:
        """The default volume as text; a float as the shortest that reads back."""
        return "0" if self.default_volume is None else str(self.default_volume)

    @property
    def largest_scale(self) -> int:
        """The most decimals the chosen encoding may come to have."""
        return self.widest.scale

    @property
    def delta_to_init(self) -> int | None:
        """Nanoseconds from `ts_event` to `ts_init`; None if that is not known."""
        if self.stamp != "open":
            return self.ts_init_delta
        return None if self.bar_type is None else BarType.parse(self.bar_type).step_ns

    @property
    def widest(self) -> Encoding:
        """The encoding bad values are judged by: the widest they may come to have."""
        return ENCODINGS["fixed16" if self.encoding == "auto" else self.encoding]

    @property
    def first_encoding(self) -> Encoding:
        """The encoding to begin with."""
        precisions = (self.price_precision, self.size_precision)
        if self.encoding != "auto":
            return ENCODINGS[self.encoding]
        if any(isinstance(p, int) and p > FIXED8.scale for p in precisions):
            return ENCODINGS["fixed16"]
        return FIXED8


def make_options(options: CsvKeywords) -> CsvOptions:
    """Options from keyword arguments.

    Raises:
        BarrowArgumentError: One is not known, or has a value that is not allowed.
    """
    unknown = [name for name in options if name not in CsvOptions.__dataclass_fields__]
    if unknown:
        raise BarrowArgumentError(
            message(
                "options",
                f"there is no option {', '.join(unknown)}",
                tries=[", ".join(CsvOptions.__dataclass_fields__)],
            )
        )
    return CsvOptions(**options)
