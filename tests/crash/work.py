"""What writers do in these tests: steps that can be taken up again after a crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from barrow import Bars, Store, Trades

BARS = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
TRADES = "EUR/USD.SIM"
START = 1_704_187_800 * 10**9
MINUTE = 60 * 10**9


def bars(begin: int, end: int, shift: int = 0) -> Bars:
    """Bars whose every value follows from their number."""
    at = np.arange(begin, end, dtype=np.int64)
    price = 10**9 + (at * 7919 % 1000) * 10**4 + shift * 10**4
    stamps = (START + at * MINUTE).astype(np.uint64)
    columns = {
        "open": price, "high": price + 10**4, "low": price - 10**4, "close": price,
        "volume": (at % 97 * 10**9).astype(np.uint64), "ts_event": stamps, "ts_init": stamps,
    }  # fmt: skip
    arrays = [
        pa.array(values) if name.startswith("ts_") else binary(values)
        for name, values in columns.items()
    ]
    known = {"bar_type": BARS, "price_precision": "5", "size_precision": "0"}
    return Bars.from_arrow(table(list(columns), arrays, known))


def trades(begin: int, end: int, shift: int = 0) -> Trades:
    """Trades, of which three share a stamp."""
    at = np.arange(begin, end, dtype=np.int64)
    stamps = pa.array((START + at // 3 * MINUTE).astype(np.uint64))
    names = ["price", "size", "aggressor_side", "trade_id", "ts_event", "ts_init"]
    arrays = [
        binary(10**9 + at % 50 * 10**4 + shift * 10**4),
        binary(at % 9 * 10**9),
        pa.array((at % 3).astype(np.uint8)),
        pa.array([f"T-{i}" * (i % 3 + 1) for i in range(begin, end)]),
        stamps,
        stamps,
    ]
    known = {"instrument_id": TRADES, "price_precision": "5", "size_precision": "0"}
    return Trades.from_arrow(table(names, arrays, known))


def binary(values: np.ndarray) -> pa.Array:
    data = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.binary(8), len(data), [None, pa.py_buffer(data)])


def table(names: list[str], arrays: list[pa.Array], known: dict[str, str]) -> pa.Table:
    fields = [pa.field(n, a.type, nullable=False) for n, a in zip(names, arrays, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=known))


@dataclass(frozen=True)
class Work:
    """A series that grows by chunks, is corrected once, and compacted now and then.

    Attributes:
        name: What it is a series of.
        make: Makes records from one number to another.
        chunk: Records of an append.
        chunks: Appends in all.
        every: Appends between two compactions.
        fixed: The chunk that is replaced, after the one `every` later came.
    """

    name: str
    make: Callable[..., Bars | Trades]
    chunk: int
    chunks: int
    every: int
    fixed: int = 1

    def run(self, root: Path, say: Callable[[int], None] = lambda _: None) -> None:
        """Does what is left of the work; says how many chunks are surely in the store."""
        store = Store(root)
        done = self.count(store)
        while True:
            if done > self.fixed + 1 and not self.corrected(store):
                store.append(self.chunk_at(self.fixed, 1), overlap="replace")
                say(done)
            if done and (done % self.every == 0 or done == self.chunks):
                store.compact(self.name)
                say(done)
            if done == self.chunks:
                return
            store.append(self.chunk_at(done))
            done += 1
            say(done)

    def contents(self, root: Path) -> dict[str, bytes]:
        """Every file of the store."""
        return contents(root)

    def chunk_at(self, number: int, shift: int = 0) -> Bars | Trades:
        return self.make(number * self.chunk, (number + 1) * self.chunk, shift)

    def corrected(self, store: Store) -> bool:
        at = self.fixed * self.chunk
        return store.read(self.name)[at] == self.make(at, at + 1, 1)[0]

    def count(self, store: Store) -> int:
        """Chunks in the store; nothing but whole ones is."""
        there = {each.identity: each.rows for each in store.list()}
        chunks, rest = divmod(there.get(self.name, 0), self.chunk)
        assert not rest
        return chunks

    def check(self, root: Path, sure: int) -> None:
        """What was said to be in the store is there, and nothing that should not be."""
        store = Store(root)
        report = store.verify()
        assert report.ok, report.to_json()
        count = self.count(store)
        assert count >= sure, f"{sure} chunks were acknowledged, {count} are there"
        if count:
            found = store.read(self.name)
            assert found == self.expected(count, self.corrected_in(found, count))

    def corrected_in(self, found: Bars | Trades, count: int) -> bool:
        at = self.fixed * self.chunk
        return count > self.fixed and found[at] == self.make(at, at + 1, 1)[0]

    def expected(self, count: int, corrected: bool) -> Bars | Trades:
        """What the first chunks are."""
        parts = [
            self.chunk_at(at, int(corrected and at == self.fixed)).to_arrow() for at in range(count)
        ]
        return type(self.make(0, 1)).from_arrow(pa.concat_tables(parts))


def some_bars(chunks: int = 7, chunk: int = 50) -> Work:
    return Work(BARS, bars, chunk, chunks, 3)


def some_trades(chunks: int = 7, chunk: int = 48) -> Work:
    return Work(TRADES, trades, chunk, chunks, 3)


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones too."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
