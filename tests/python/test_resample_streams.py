"""Sources other than one container: stores, pyarrow's batches, tables and readers."""

from __future__ import annotations

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from barrow._arrow import BAR, QUOTE, TRADE
from rows_to_resample import (
    BAR_TYPE,
    MINUTE,
    plain_rows,
    random_bars,
    random_quotes,
    random_trades,
    records,
    stamp,
)

FRAMES = ["5m", "1h", "1d"]


def same(made, wanted):
    assert {name: plain_rows(bars) for name, bars in made.items()} == {
        name: plain_rows(bars) for name, bars in wanted.items()
    }


def bars_of_minutes(rows: int) -> bw.Bars:
    """Bars with a stamp each, as a store wants them."""
    bars = random_bars(1, rows, bar_type=BAR_TYPE)
    columns = [bars.raw(name) for name in BAR.columns]
    stamps = np.uint64(stamp("2024-03-07")) + np.arange(rows, dtype=np.uint64) * np.uint64(MINUTE)
    return records(BAR, [*columns[:5], stamps, stamps], BAR_TYPE)


def test_a_store_is_read_a_part_at_a_time(tmp_path):
    bars = bars_of_minutes(3000)
    store = bw.Store(tmp_path / "store")
    parts = [bars[:700], bars[700:701], bars[701:2200], bars[2200:]]
    for part, encoding in zip(parts, ("fixed8", "fixed16", "fixed8", "decimal128"), strict=True):
        store.append(bw.Bars.from_arrow(part.to_arrow(encoding)))
    pieces = list(store.scan(BAR_TYPE))
    assert [len(piece) for piece in pieces] == [700, 1, 1499, 800]
    assert {piece.encoding for piece in pieces} == {"fixed16"}
    whole = store.read(BAR_TYPE)
    same(bw.resample(store.scan(BAR_TYPE), FRAMES), bw.resample(whole, FRAMES))
    first, last = "2024-03-07T05:00", "2024-03-08T06:01"
    cut = bw.resample(store.scan(BAR_TYPE, first, last), FRAMES)
    same(cut, bw.resample(store.read(BAR_TYPE, first, last), FRAMES))
    none = bw.resample(store.scan(BAR_TYPE, "2025-01-01"), FRAMES)
    assert [len(made) for made in none.values()] == [0, 0, 0]
    with pytest.raises(bw.BarrowArgumentError):
        store.scan("X.Y-1-MINUTE-LAST-EXTERNAL")


def test_a_scan_is_as_of_its_call(tmp_path):
    bars = bars_of_minutes(30)
    store = bw.Store(tmp_path / "store")
    store.append(bars[:10])
    store.append(bars[10:20])
    pieces = store.scan(BAR_TYPE)
    first = next(pieces)
    store.append(bars[20:])
    store.compact()
    assert [len(first), *(len(piece) for piece in pieces)] == [10, 10]


@pytest.mark.parametrize("kind", [BAR, QUOTE, TRADE])
def test_batches_tables_and_readers_of_pyarrow(kind):
    make = {BAR: random_bars, QUOTE: random_quotes, TRADE: random_trades}[kind]
    options = {"price": "bid"} if kind == QUOTE else {}
    given = make(2, 500)
    wanted = bw.resample(given, FRAMES, **options)
    table = given.to_arrow()
    batches = table.to_batches(max_chunksize=77)
    sources = [
        table,
        table.combine_chunks().to_batches()[0],
        iter(batches),
        batches,
        (table.slice(at, 90) for at in range(0, 500, 90)),
        pa.RecordBatchReader.from_batches(table.schema, batches),
    ]
    for source in sources:
        same(bw.resample(source, FRAMES, **options), wanted)
    with pytest.raises(bw.BarrowSchemaError, match="no records that are known"):
        bw.resample([pa.table({"x": [1]})], "5m")


@pytest.mark.parametrize("bad", [0, 3, 64, 640, 2000])
def test_an_overflow_names_the_bar_it_is_in(bad):
    # Sums that pass 64 bits, in the first bars of a block and among many others.
    rows = 5 * 2001
    stamps = stamp("2024-03-07") + np.arange(rows) * MINUTE
    price = np.full(rows, 10**9)
    volume = np.full(rows, 1, np.uint64)
    volume[5 * bad : 5 * bad + 5] = 18 * 10**18
    bars = records(BAR, [price] * 4 + [volume, stamps, stamps], None)
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.resample(bars, ["5m", "1h"])
    when = np.datetime64(int(stamps[5 * bad]), "ns").astype("M8[s]")
    assert str(caught.value) == (
        f"5m bar of {when}Z: volumes sum to more than fixed8 holds, 18_446_744_073\n"
        "  try: Bars.from_arrow(bars.to_arrow(encoding='fixed16'))"
    )
    made = bw.resample(bw.Bars.from_arrow(bars.to_arrow("fixed16")), "5m")["5m"]
    assert str(made[bad].volume) == "90000000000.000"


def test_what_is_filled_has_no_nulls_and_no_volume():
    bars = random_bars(3, 50, longest=90)
    made = bw.resample(bars, "5m", empty="fill")["5m"]
    assert made.report.filled > 0
    table = pa.table(made)
    assert all(column.null_count == 0 for column in table.columns)
    filled = made.report.counts == 0
    assert not made.raw("volume")[filled].any()
    before = made.raw("close")[np.flatnonzero(filled) - 1]
    for name in BAR.values[:4]:
        assert (made.raw(name)[filled] == before).all()
    assert (np.diff(made.raw("ts_event")) == 5 * MINUTE).all()


def test_one_row_and_none_of_every_kind():
    for given, options in (
        (random_bars(1, 1), {}),
        (random_quotes(1, 1), {"price": "ask"}),
        (random_trades(1, 1), {}),
    ):
        made = bw.resample(given, ["1s", "1y"], **options)
        assert [len(bars) for bars in made.values()] == [1, 1]
        assert [int(bars.report.counts.sum()) for bars in made.values()] == [1, 1]
        none = bw.resample(given[:0], ["1s", "1y"], **options)
        assert [len(bars) for bars in none.values()] == [0, 0]
    with pytest.raises(bw.BarrowArgumentError, match="there was nothing to resample"):
        bw.resample(iter([]), "5m")
