"""Random text of quotes and trades, good and bad."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass

from random_csv import BAD_CELLS, BAD_STAMPS, STAMPS, a_number
from reference_ticks import USUAL_SIDES, VALUES, Plan

SYMBOLS = ("AAPL", "MSFT", "BRK.B", "é", "a")
NULLS = ("NA", "-", "9223372036854775807")
OWN_SIDES = {"true": 2, "false": 1}
NOTES = ("", "plain", '"a, b"', '"say ""hi"""', '"two\nlines"', '"\r\n"', 'in"side', "1.5")


@dataclass
class TickText:
    """A text, and how it is to be read.

    Attributes:
        text: The text.
        dialect: The dialect in TOML.
        plan: The same for the reference.
    """

    text: bytes
    dialect: str
    plan: Plan


def an_id(rng: random.Random, i: int) -> bytes:
    kinds = (
        str(10**9 + i).encode(),
        str(uuid.UUID(int=rng.getrandbits(128))).encode(),
        b'"%d"' % i,
        b'" quoted, ""%d"" "' % i,
        '"""é"""'.encode(),
        "日本-%d".encode().replace(b"%d", str(i).encode()),
        b"  blanks  within  ",
        b'in""side',
        b"",
        b"\xff\xfe",
        b"\xed\xa0\x80",  # a surrogate: no UTF-8
        b"x" * rng.choice([63, 64, 65, 300]),
        b'"two\nlines"',
    )
    return rng.choice(kinds)


def a_side(rng: random.Random) -> str:
    known = [*USUAL_SIDES, *OWN_SIDES, *NULLS[:2]]
    text = rng.choice(known)
    text = rng.choice([text, text, text.upper(), text.title(), f'"{text}"', f" {text}\t"])
    return rng.choice(["maybe", "buyy", "é", "1"]) if rng.random() < 0.03 else text


def random_ticks(seed: int, rows: int) -> TickText:
    """A text of quotes (even seeds) or trades."""
    rng = random.Random(f"ticks {seed}")
    kind = ("quote", "trade")[seed % 2]
    columns = ["ts_event", *VALUES[kind], "note"]
    if rng.random() < 0.2:
        columns = [name for name in columns if not name.endswith("size")]
    columns += ["ts_init"] * (rng.random() < 0.5) + ["symbol"] * (rng.random() < 0.6)
    if kind == "trade":
        columns += ["side"] * (rng.random() < 0.8) + ["trade_id"] * (rng.random() < 0.9)
    rng.shuffle(columns)
    alike, end = rng.random() < 0.5, rng.choice([b"\n", b"\r\n", b""])
    stamp, init = rng.choice(STAMPS), rng.choice(STAMPS)
    symbols = SYMBOLS[: rng.randrange(1, 6)]
    optional = rng.random() < 0.5

    def value(name: str) -> str:
        if rng.random() < 0.02:
            return rng.choice([*BAD_CELLS[:7], *NULLS, ""])
        if alike and rng.random() < 0.98:
            return f"{rng.randrange(10)}.{rng.randrange(10**4):04}"
        sign = "-" if rng.random() < 0.2 and not name.endswith("size") else ""
        return sign + a_number(rng, wide=seed % 3 == 0)

    def cell(name: str, i: int) -> bytes:
        if name == "trade_id":
            return an_id(rng, i) if not alike or rng.random() < 0.02 else b"%d" % (10**9 + i)
        if name in ("ts_event", "ts_init"):
            form = (stamp, init)[name == "ts_init"] if alike else rng.choice(STAMPS)
            text = rng.choice(BAD_STAMPS) if rng.random() < 0.01 else form(i)
        elif name == "symbol":
            text = rng.choice(symbols) if rng.random() < 0.3 else symbols[0]
        elif name == "side":
            text = a_side(rng) if not alike or rng.random() < 0.05 else rng.choice(["buy", "sell"])
        elif name == "note":
            text = rng.choice(NOTES) if not alike or rng.random() < 0.05 else "n"
        else:
            text = value(name)
            if rng.random() < 0.02:
                text = rng.choice([' "{}"', '"{}"', " {}", "{}\t"]).format(text).strip("\n")
                text = text.lstrip() if text.lstrip().startswith('"') else text
        return text.encode()

    parts = [",".join(columns).encode() + (end or b"\n")]
    for i in range(rows):
        cells = [cell(name, i) for name in columns]
        if rng.random() < 0.01:
            del cells[rng.randrange(len(cells)) :]
        parts.append(b",".join(cells) + (end or rng.choice([b"\n", b"\r\n", b"\r"])))
        if rng.random() < 0.03:
            parts.append(rng.choice([b"\n", b" \t\r\n", b"\r"]))
    symbol = None
    if "symbol" in columns and rng.random() < 0.6:
        symbol = rng.choice([symbols[0], symbols[0], symbols[-1], symbols[-1], "NONE"])
    dialect = [
        f'record = "{kind}"',
        f"volume_optional = {str(optional).lower()}",
        f"nulls = {list(NULLS)}",
        'sides = { true = "sell", false = "buy" }' if kind == "trade" else "",
        "[columns]",
        *(f'{name} = ["{name}"]' for name in columns if name != "note"),
    ]
    plan = Plan(kind, symbol, NULLS, OWN_SIDES, optional)
    return TickText(b"".join(parts), "\n".join(dialect) + "\n", plan)
