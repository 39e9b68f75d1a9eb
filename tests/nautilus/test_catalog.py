"""Catalogs: NautilusTrader queries what barrow writes, and barrow opens what it writes."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import barrow as bw
import pyarrow.parquet as pq
import pytest
from theirs import (
    BAR_TYPE,
    CLASSES,
    ENCODING,
    IDENTITY,
    INSTRUMENT,
    KIND_NAMES,
    LAST,
    MINUTE,
    SCALE,
    START,
    Row,
    catalog_at,
    legacy,
    limit_rows,
    ours,
    rows_of,
    theirs,
    told,
)

FOLDERS = {"bar": "bar", "quote": "quote_tick", "trade": "trade_tick"}
KEYS = {"bar": "bar_type", "quote": "instrument_id", "trade": "instrument_id"}
HOUR = 60 * MINUTE


@pytest.fixture(params=KIND_NAMES)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row[3])


def query(catalog: Path, kind: str, **options: Any) -> list[Any]:
    there = catalog_at(catalog)
    return there.query(CLASSES[kind], identifiers=[IDENTITY[kind]], **options)


def facts(kind: str, records: Any) -> list[Any]:
    return [told(kind, record) for record in records]


def folder(catalog: Path, kind: str) -> Path:
    return catalog / "data" / FOLDERS[kind] / IDENTITY[kind].replace("/", "")


def test_they_query_what_barrow_writes(kind: str, tmp_path: Path) -> None:
    rows, price, size = rows_of(kind)
    rows = in_order(rows)
    report = bw.write_catalog(ours(kind, rows, price, size), tmp_path / "c", encoding=ENCODING)
    expected = theirs(kind, rows, price, size)
    assert report.rows == len(rows)
    assert Path(report.output).parent == folder(tmp_path / "c", kind)
    found = query(tmp_path / "c", kind)
    assert facts(kind, found) == facts(kind, expected)
    start, end = rows[10][3], rows[20][3]
    part = query(tmp_path / "c", kind, start=start, end=end)
    assert facts(kind, part) == facts(kind, [e for e in expected if start <= e.ts_init <= end])
    there = catalog_at(tmp_path / "c")
    assert there.get_intervals(CLASSES[kind], IDENTITY[kind]) == [(rows[0][3], rows[-1][3])]
    assert {one.removeprefix("custom_") for one in there.list_data_types()} == {FOLDERS[kind]}
    getter = {"bar": there.bars, "quote": there.quote_ticks, "trade": there.trade_ticks}[kind]
    assert len(getter()) == len(getter([INSTRUMENT])) == len(rows)


def test_their_name_of_a_file_is_the_same(kind: str, tmp_path: Path) -> None:
    rows, price, size = rows_of(kind)
    rows = in_order(rows)
    report = bw.write_catalog(ours(kind, rows, price, size), tmp_path / "a", encoding=ENCODING)
    objects = legacy(kind, theirs(kind, rows, price, size))
    catalog_at(tmp_path / "b").write_data(objects)
    (written,) = (tmp_path / "b").rglob("*.parquet")
    mine = Path(report.output)
    assert mine.relative_to(tmp_path / "a") == written.relative_to(tmp_path / "b")
    # And so is what is in it.
    left, right = pq.read_table(mine), pq.read_table(written)
    assert left.equals(right)
    known = {**right.schema.metadata}
    assert left.schema.metadata == {key: known[key] for key in left.schema.metadata}


def test_barrow_opens_what_they_write(kind: str, tmp_path: Path) -> None:
    rows, price, size = rows_of(kind)
    rows = in_order(rows)
    catalog = catalog_at(tmp_path)
    objects = legacy(kind, theirs(kind, rows, price, size))
    catalog.write_data(objects[:15])
    catalog.write_data(objects[15:])
    records = ours(kind, rows, price, size)
    assert bw.open(tmp_path) == records
    assert bw.open(tmp_path, **{KEYS[kind]: IDENTITY[kind]}) == records
    assert bw.open(folder(tmp_path, kind)) == records
    assert facts(kind, bw.open(tmp_path)) == facts(kind, objects)
    for file in sorted(tmp_path.rglob("*.parquet")):
        assert len(bw.open(file)) in (15, len(rows) - 15)


def test_both_write_into_one_catalog(kind: str, tmp_path: Path) -> None:
    rows, price, size = rows_of(kind, 30)
    rows = in_order(rows)
    objects = legacy(kind, theirs(kind, rows, price, size))
    catalog = catalog_at(tmp_path)
    bw.write_catalog(ours(kind, rows[:10], price, size), tmp_path, encoding=ENCODING)
    catalog.write_data(objects[10:20])
    # How the others are stored, the files that are there tell.
    bw.write_catalog(ours(kind, rows[20:], price, size), tmp_path)
    assert facts(kind, query(tmp_path, kind)) == facts(kind, objects)
    assert bw.open(tmp_path) == ours(kind, rows, price, size)
    with pytest.raises(bw.BarrowIoError, match="overlaps"):
        bw.write_catalog(ours(kind, rows[15:25], price, size), tmp_path)
    catalog.consolidate_data(CLASSES[kind], IDENTITY[kind], ensure_contiguous_files=False)
    assert len(list(tmp_path.rglob("*.parquet"))) == 1
    assert facts(kind, query(tmp_path, kind)) == facts(kind, objects)
    assert bw.open(tmp_path) == ours(kind, rows, price, size)


def test_the_ends_of_the_range(kind: str, tmp_path: Path) -> None:
    rows = limit_rows(kind)
    assert max(row[3] for row in rows) == LAST
    rows = in_order(rows)
    bw.write_catalog(ours(kind, rows, 2, 2), tmp_path, encoding=ENCODING)
    expected = theirs(kind, rows, 2, 2)
    assert facts(kind, query(tmp_path, kind)) == facts(kind, expected)


def test_many_row_groups(tmp_path: Path) -> None:
    draw = random.Random(7)
    lines = ["timestamp,open,high,low,close,volume"]
    for i in range(150_000):
        low, high = sorted((draw.randrange(1, 10**7), draw.randrange(1, 10**7)))
        stamp = (START + i * MINUTE) // 10**9
        lines.append(
            f"{stamp},{low / 1e5:.5f},{high / 1e5:.5f},{low / 1e5:.5f},{high / 1e5:.5f},{i}"
        )
    (tmp_path / "bars.csv").write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "barrow.cli", "convert", tmp_path / "bars.csv", "-o",
               tmp_path / "c", "--to", "nautilus-catalog", "--bar-type", BAR_TYPE, "--encoding",
               ENCODING]  # fmt: skip
    subprocess.run(command, check=True)
    found = query(tmp_path / "c", "bar")
    bars = bw.read_csv(tmp_path / "bars.csv", bar_type=BAR_TYPE)
    assert [str(one) for one in found] == [str(one) for one in bars]
    part = query(tmp_path / "c", "bar", start=START + 65_530 * MINUTE, end=START + 65_540 * MINUTE)
    assert [str(one) for one in part] == [str(one) for one in bars[65_530:65_541]]
    assert bw.open(tmp_path / "c").to_list() == bars.to_list()


def test_quotes_and_trades_of_one_instrument_and_bars_of_it(tmp_path: Path) -> None:
    every = {}
    for kind in KIND_NAMES:
        rows, price, size = rows_of(kind)
        every[kind] = ours(kind, in_order(rows), price, size)
        bw.write_catalog(every[kind], tmp_path, encoding=ENCODING)
    for kind in KIND_NAMES:
        assert facts(kind, query(tmp_path, kind)) == facts(kind, every[kind])
        assert bw.open(folder(tmp_path, kind)) == every[kind]
    assert bw.open(tmp_path, bar_type=BAR_TYPE) == every["bar"]
    with pytest.raises(bw.BarrowArgumentError, match="holds several of"):
        bw.open(tmp_path, instrument_id=INSTRUMENT)
    assert SCALE in (9, 16)
