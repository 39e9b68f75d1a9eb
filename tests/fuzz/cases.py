"""Random dialects of bars, quotes and trades, texts in them, and options to read them."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

VALUES = {
    "bar": ("open", "high", "low", "close", "volume"),
    "quote": ("bid_price", "ask_price", "bid_size", "ask_size"),
    "trade": ("price", "size"),
}
SIZES = ("volume", "bid_size", "ask_size", "size")
Stamp = Callable[[datetime, int], str]


def epoch(t: datetime, ns: int) -> int:
    return (t - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000 + ns % 1000


STAMPS: tuple[Stamp, ...] = (
    lambda t, ns: t.strftime("%Y-%m-%d %H:%M:%S"),
    lambda t, ns: t.strftime("%Y-%m-%dT%H:%M:%S.%f+01:00"),
    lambda t, ns: t.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    lambda t, ns: t.strftime("%d.%m.%Y %H:%M"),
    lambda t, ns: t.strftime("%Y%m%d %H%M%S"),
    lambda t, ns: t.strftime("%Y-%m-%d"),
    lambda t, ns: f"{t.year}.{t.month}.{t.day} {t.hour}:{t.minute:02}",
    lambda t, ns: str(epoch(t, ns) // 10**9),
    lambda t, ns: str(epoch(t, ns) // 10**6),
    lambda t, ns: str(epoch(t, ns) // 10**3),
    lambda t, ns: str(epoch(t, ns)),
    lambda t, ns: str(epoch(t, ns)),
)
# Stamps with a pattern; what a dialect says, and what writes it.
PATTERNS: tuple[tuple[str, Stamp], ...] = (
    ("%d/%m/%Y %H:%M:%S", lambda t, ns: t.strftime("%d/%m/%Y %H:%M:%S")),
    ("%Y%m%d %H%M%S%f", lambda t, ns: t.strftime("%Y%m%d %H%M%S%f")[:-3]),
    ("%m/%d/%Y %I:%M %p", lambda t, ns: t.strftime("%m/%d/%Y %I:%M %p")),
    ("%Q", lambda t, ns: str(epoch(t, ns) // 10**6)),
)
BAD_STAMPS = (
    "2019-02-30 00:00:00", "1969-12-31", "", "2019-01-01 25:00:00", "9999999999",
    "9999999999999999999", "2300-01-01", "x", "-1", " 1577934245 ", '"2020-01-02"',
)  # fmt: skip
ODD_NUMBERS = ("-0", "", "x", "1e5", "+3", "5.", ".5", "nan", "1.2.3", "-1", " 7 ", '"8"', "NA")
NOTES = (
    "buy", "sell", "1.5", "123", "ABC", "", "é", '"q"', '"a, b"', 'in"side', " x ",
    '"a\rb"', '"a\nb"', '"a\r\n\nb,c"', '"say ""hi"""', '"', '"open', '"shut" then', "nul\0", "#c",
)  # fmt: skip
# Of each kind, so that rows look alike: digits, letters, of one length or not.
SIDES = (("buy", "sell"), ("B", "S"), ("Buyer", "SELLER", "none"), ("bid", "ask", "", "N"))
ODD_SIDES = ("maybe", "BUY", ' "sell" ', "2", "é", "buy ")


@dataclass
class Case:
    """A text, how it is written, and how to read it."""

    text: bytes
    dialect: str
    options: dict[str, Any]
    # Options that must not change what is read.
    ways: list[dict[str, Any]]
    batch_rows: int


def number(rng: random.Random, decimals: int) -> str:
    """A number of any size, sometimes negative, seldom none at all."""
    if rng.random() < 0.01:
        return rng.choice(ODD_NUMBERS)
    whole = rng.choice([0, 1, 12, 123, 4567, 99_999, 123_456_789, 12_345_678_901])
    whole = whole if rng.random() < 0.2 else rng.randint(1, 300)
    count = rng.randint(0, decimals)
    fraction = "".join(rng.choice("0123456789") for _ in range(count))
    sign = "-" if rng.random() < 0.05 else ""
    return f"{sign}{whole}.{fraction}" if count else f"{sign}{whole}"


def trade_ids(rng: random.Random) -> Callable[[], bytes]:
    """A source of identifiers of one kind, with a few of others between them."""
    counter = rng.randrange(10 ** rng.randrange(1, 12))

    def digits() -> bytes:
        nonlocal counter
        counter += rng.choice([1, 1, 1, 7])
        return str(counter).encode()

    def letters() -> bytes:
        count = rng.choice([1, 8, 8, 8, 20])
        return "".join(rng.choice("abcXYZ-_.#/") for _ in range(count)).encode()

    kinds: list[Callable[[], bytes]] = [
        digits,
        letters,
        lambda: str(uuid.UUID(int=rng.getrandbits(128))).encode(),
        lambda: b'"%d"' % rng.randrange(10**6),
        lambda: b'"a""%d"' % rng.randrange(10),
        lambda: b'" ,%d\t"' % rng.randrange(10),
        lambda: f"é{rng.randrange(100)}ü€".encode(),
        lambda: bytes([rng.choice([0xFF, 0xC0, 0xED, 0x80]), 0xA0, 0x41]),
        lambda: b"",
        lambda: b"  x y\t",
        lambda: b"L" * rng.choice([63, 64, 65, 66, 130, 300]),
        lambda: b'"two\nlines"',
    ]
    main = kinds[rng.choice([0, 0, 1, 2, 2, 3, 4, 6, 10])]
    odd = rng.choice([0, 0, 0.02, 0.2])
    return lambda: rng.choice(kinds)() if rng.random() < odd else main()


def cut_delimiter(cell: bytes, delimiter: bytes, quote: bytes) -> bytes:
    """Keeps the number of fields right most of the time."""
    quoted = quote and cell.startswith(quote)
    return cell if quoted else cell.replace(delimiter, b"_")


class Maker:
    """Makes one case.

    Args:
        rng: Where chance comes from.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.kind = rng.choice(["bar", "quote", "trade", "trade"])
        self.delimiter = rng.choice([",", ",", ";", "\t"])
        self.quote = rng.choice(['"', '"', '"', '"', "'", ""])
        self.nulls = rng.choice([[], [], ["NaN", "NA"], ["9223372036854775807"], ["-"]])
        self.comment = rng.choice(["", "", "#"])
        self.decimals = rng.choice([0, 1, 2, 3, 5, 9, 12])
        self.point = "," if self.delimiter != "," and rng.random() < 0.2 else "."
        self.alike = rng.random() < 0.7
        self.noise = rng.choice([0, 0, 0.003, 0.03])
        self.bad_bytes = rng.choice([0, 0, 0, 0.01])
        self.columns = self._columns()
        self._times()

    def _columns(self) -> list[str]:
        rng, kind = self.rng, self.kind
        columns = list(VALUES[kind])
        if rng.random() < 0.2:
            columns = [name for name in columns if name not in SIZES]
        columns += ["date", "time"] if rng.random() < 0.15 else ["ts_event"]
        if rng.random() < 0.4:
            columns.append("ts_init")
        if rng.random() < 0.35:
            columns.append("symbol")
        if kind == "trade":
            columns += [name for name in ("side", "trade_id") if rng.random() < 0.75]
        columns += [f"x{i}" for i in range(rng.choice([0, 0, 0, 1, 2, 3]))]
        if rng.random() < 0.7:
            rng.shuffle(columns)
        return columns

    def _times(self) -> None:
        rng = self.rng
        self.time_format = ""
        self.stamp = rng.choice(STAMPS)
        self.init = rng.choice([*STAMPS[:3], *STAMPS[7:], *STAMPS[7:]])
        if "ts_event" in self.columns and rng.random() < 0.2:
            self.time_format, self.stamp = rng.choice(PATTERNS)
        at = datetime(rng.choice([2019, 2024, 2024]), rng.randint(1, 12), 5, tzinfo=UTC)
        if rng.random() < 0.4:
            # Where the first three of 19 digits change, or the first ones of all.
            turn = rng.choice([150, 160, 170, 171, 100]) * 10**7
            at = datetime.fromtimestamp(turn, UTC) - timedelta(seconds=rng.randint(0, 300))
        self.at = at
        self.steps = rng.choice([(1, 1, 60, 61), (60, 60, 60, 3600), (0, 0.001, 0.25), (86_400,)])

    def dialect(self) -> str:
        """The dialect in TOML."""
        rng = self.rng
        lines = [
            f'record = "{self.kind}"',
            f'delimiter = "{self.delimiter}"'.replace("\t", "\\t"),
            f"quote = '''{self.quote}'''",
            f'comment = "{self.comment}"',
            f'decimal = "{self.point}"',
            f'time_format = "{self.time_format}"',
            f"nulls = {self.nulls}",
            f"volume_optional = {str(rng.random() < 0.5).lower()}",
            f"pad_short = {str(rng.random() < 0.1).lower()}",
            f"price_shift = {rng.choice([0, 0, 0, 0, -2, 3, -9])}",
            f"volume_shift = {rng.choice([0, 0, 0, 0, 6, -3])}",
        ]
        if self.kind == "trade" and rng.random() < 0.3:
            lines.append('sides = { true = "sell", false = "buy", x = "" }')
            self.sides: tuple[str, ...] = ("true", "False", "x")
        else:
            self.sides = rng.choice(SIDES)
        self.header = rng.random() < 0.8
        if not self.header:
            lines.append('header = "no"')
        lines.append("[columns]")
        for at, name in enumerate(self.columns):
            if not name.startswith("x"):
                lines.append(f"{name} = " + (f'["{name}"]' if self.header else str(at)))
        return "\n".join(lines) + "\n"

    def text(self, rows: int) -> bytes:
        """The text, which `dialect` has to come before."""
        rng = self.rng
        end = rng.choice([b"\n", b"\n", b"\n", b"\r\n", b"\r\n", b"\r"])
        delimiter = self.delimiter.encode()
        parts = [delimiter.join(name.encode() for name in self.columns) + end] * self.header
        next_id = trade_ids(rng)
        symbols, run = rng.choice([["AAPL"], ["AAPL", "MSFT"], ["A", "BB", "CCC", "é"]]), 0
        symbol = symbols[0]
        self.symbols = symbols
        for _ in range(rows):
            self.at += timedelta(seconds=rng.choice(self.steps))
            if run == 0:
                symbol, run = rng.choice(symbols), rng.choice([1, 5, 60, 1000])
            run -= 1
            cells = [
                cut_delimiter(cell, delimiter, self.quote.encode())
                for cell in (self._cell(name, next_id, symbol) for name in self.columns)
            ]
            if rng.random() < self.noise:
                del cells[rng.randrange(len(cells)) :]
            row = delimiter.join(cells)
            if rng.random() < self.bad_bytes and row:
                at = rng.randrange(len(row))
                row = row[:at] + bytes([rng.randrange(256)]) + row[at + 1 :]
            parts.append(row + (rng.choice([b"\n", b"\r\n", b"\r"]) if self._odd() else end))
            if self._odd():
                parts.append(rng.choice([b"\n", b" \t\r\n", b"\r", b"# note, 1\n", b"\n\n\r\n"]))
        text = b"".join(parts)
        return text if rng.random() < 0.8 else text.rstrip(b"\r\n")

    def _odd(self) -> bool:
        return self.rng.random() < self.noise

    def _cell(self, name: str, next_id: Callable[[], bytes], symbol: str) -> bytes:
        rng = self.rng
        if name == "trade_id":
            return next_id()
        text = self._plain(name, symbol)
        if self._odd() and self.quote:
            text = rng.choice([f"{self.quote}{text}{self.quote}", f" {text}", f"{text}\t"])
        return text.encode("utf-8")

    def _plain(self, name: str, symbol: str) -> str:
        rng = self.rng
        if name in ("ts_event", "ts_init", "date", "time"):
            return rng.choice(BAD_STAMPS) if self._odd() else self._time(name)
        if name == "symbol":
            return symbol
        if name == "side":
            return rng.choice(ODD_SIDES) if self._odd() else rng.choice(self.sides)
        if name.startswith("x"):
            return rng.choice(NOTES if self._odd() else NOTES[:6])
        if self._odd() and self.nulls:
            return rng.choice(self.nulls)
        if name in SIZES and rng.random() < 0.9:
            size = rng.randint(0, 10 ** rng.randint(1, 7))
            return rng.choice(ODD_NUMBERS) if self._odd() else str(size)
        if self.alike and not self._odd():
            digits = min(self.decimals, 5)
            text = f"{rng.randint(1, 9)}.{rng.randrange(10**5):05}"[: 2 + digits].rstrip(".")
        else:
            text = number(rng, self.decimals)
        return text.replace(".", self.point)

    def _time(self, name: str) -> str:
        ns = self.rng.randrange(1000)
        if name == "date":
            return self.at.strftime("%Y-%m-%d")
        if name == "time":
            return self.at.strftime("%H:%M:%S")
        if name == "ts_init":
            return self.init(self.at + timedelta(milliseconds=ns), ns)
        return self.stamp(self.at, ns)

    def options(self) -> dict[str, Any]:
        """Options that may change what is read."""
        rng = self.rng
        options: dict[str, Any] = {
            "encoding": rng.choice(["auto", "auto", "fixed8", "fixed16"]),
            "rounding": rng.choice(["exact", "exact", "half_even", "half_away", "truncate"]),
            "timezone": rng.choice([None, None, "Europe/Berlin", "America/New_York"]),
            "fold": rng.choice(["raise", "later"]),
            "on_error": rng.choice(["raise", "skip", "quarantine", "quarantine"]),
            "default_volume": rng.choice([0, 0, "1.5", 10**10]),
        }
        if rng.random() < 0.3:
            options["price_precision"] = rng.choice([0, 2, 5, 9])
        if rng.random() < 0.2:
            options["size_precision"] = rng.choice([0, 2, 9])
        if rng.random() < 0.3:
            options["ts_init_delta"] = rng.choice([1, 60 * 10**9, -(10**9), 10**19 // 2])
        if options["on_error"] != "raise" and rng.random() < 0.3:
            options["max_errors"] = rng.choice([0, 1, 5, 1000])
        if "symbol" in self.columns and rng.random() < 0.6:
            options["symbol"] = rng.choice([*self.symbols, "NONE"])
        return options


def make_case(rng: random.Random) -> Case:
    """A text and all there is to know to read it."""
    maker = Maker(rng)
    dialect = maker.dialect()
    small = rng.random() < 0.3
    text = maker.text(rng.randint(3, 60) if small else rng.randint(20, 400))
    chunks = [1, 2, 3, 17, 64, 100] if small else [64, 100, 300, 512, 1000, 4096]
    ways = [
        {"threads": rng.choice([2, 3, 4]), "layouts": True, "chunk_bytes": rng.choice(chunks)},
        {"threads": 1, "layouts": True, "chunk_bytes": rng.choice([*chunks, 1 << 20])},
        {"threads": rng.choice([2, 3, 4]), "layouts": False, "chunk_bytes": rng.choice(chunks)},
    ]
    return Case(text, dialect, maker.options(), ways, rng.choice([1, 7, 64, 1000]))
