"""The store: what is appended is what is read."""

from __future__ import annotations

import os
import random
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import barrow as bw
import books
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from minutes import BARS, MINUTE, bars_at, minutes_of
from ticks import INSTRUMENT, QUOTE, SECOND, START, TRADE, records_of


@pytest.fixture
def store(tmp_path: Path) -> bw.Store:
    return bw.Store(tmp_path / "store")


# ---------------------------------------------------------------------- round trips


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16", "decimal128"])
def test_bars_come_back_whatever_their_encoding(store: bw.Store, encoding: str) -> None:
    bars = bars_at(list(range(100)), encoding=encoding)
    done = store.append(bars)
    assert (done.rows, done.replaced, done.parts) == (100, 0, 1)
    assert (done.first, done.last) == (START, START + 99 * MINUTE)
    found = bw.Store(store.root).read(BARS)
    assert found == bars
    assert isinstance(found, bw.Bars)
    assert found.schema.equals(bars.schema, check_metadata=True)


@pytest.mark.parametrize("kind", ["quotes", "trades"])
@pytest.mark.parametrize("encoding", ["fixed8", "fixed16", "decimal128"])
def test_ticks_come_back_too(store: bw.Store, kind: str, encoding: str) -> None:
    rows = [QUOTE if kind == "quotes" else TRADE] * 9
    stamps = [START + i // 2 * SECOND for i in range(9)]
    ticks = records_of(kind, rows, encoding, stamps=stamps)
    store.append(ticks[:5])
    store.append(ticks[5:])  # shares a stamp with what is there
    assert store.read(INSTRUMENT) == ticks
    assert store.verify().ok


@pytest.mark.parametrize("encodings", [("fixed8",) * 3, ("fixed8", "decimal128", "fixed16")])
def test_order_books_come_back_too(store: bw.Store, encodings: tuple[str, ...]) -> None:
    made = {
        "deltas": [books.delta(at, price=books.UNDEFINED) for at in range(30)],
        "depths": [books.depth(at, levels=at % 11) for at in range(30)],
    }
    for kind, rows in made.items():
        parts = [rows[:10], rows[10:12], rows[12:]]
        for part, encoding in zip(parts, encodings, strict=True):
            store.append(books.records_of(kind, part, encoding))
    store.compact()
    for kind, rows in made.items():
        whole = books.records_of(kind, rows, encodings[-1])
        found = store.read(books.INSTRUMENT, container=books.CLASSES[kind])
        assert found == whole
        assert found.encoding == encodings[-1]
    assert {each.rows for each in store.list()} == {30}
    assert store.verify().ok


def test_appends_may_come_in_any_order(store: bw.Store) -> None:
    chance = random.Random(1)
    spans = [list(range(begin, begin + 7)) for begin in range(0, 140, 7)]
    chance.shuffle(spans)
    for minutes in spans:
        store.append(bars_at(minutes))
    assert minutes_of(store.read(BARS)) == list(range(140))
    store.compact()
    assert minutes_of(store.read(BARS)) == list(range(140))
    assert len(store.parts(BARS)) == 1


def test_any_range_is_what_a_scan_would_find(store: bw.Store) -> None:
    chance = random.Random(2)
    there = sorted(chance.sample(range(300), 120))
    for begin in range(0, 120, 12):
        store.append(bars_at(there[begin : begin + 12]))
    for _ in range(300):
        low, high = chance.randrange(-5, 305), chance.randrange(-5, 305)
        nudge = chance.choice([0, 0, 1])
        found = store.read(BARS, START + low * MINUTE + nudge, START + high * MINUTE + nudge)
        wanted = [m for m in there if low + bool(nudge) <= m < high + bool(nudge)]
        assert minutes_of(found) == wanted


def test_ranges_of_large_parts_are_slices_of_the_mapping(store: bw.Store) -> None:
    bars = bars_at(list(range(20_000)))
    store.append(bars[:10_000])
    store.append(bars[10_000:])
    whole, part = (
        store.read(BARS),
        store.read(BARS, START + 9_000 * MINUTE, START + 11_000 * MINUTE),
    )
    assert part == bars[9_000:11_000]
    first, second = (batch.raw("close").__array_interface__["data"][0] for batch in part.batches())
    begins = [batch.raw("close").__array_interface__["data"][0] for batch in whole.batches()]
    assert [first - begins[0], second - begins[1]] == [8 * 9_000, 0]
    mapped = Path("/proc/self/maps").read_text()
    for path in store.parts(BARS):
        assert str(path) in mapped
    assert all(begin % 64 == 0 for begin in begins)


def test_several_batches_become_one_part(store: bw.Store) -> None:
    bars = bars_at(list(range(50)))
    batches = [b for at in range(0, 50, 7) for b in bars[at : at + 7].to_arrow().to_batches()]
    store.append(bw.Bars(batches, bars.schema))
    assert [len(batch) for batch in store.read(BARS).batches()] == [50]
    assert store.read(BARS) == bars


def test_parts_have_a_size_they_do_not_exceed(
    store: bw.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barrow.store.parts._BATCH_BYTES", 1 << 10)
    bars = bars_at(list(range(200)))
    assert store.append(bars).parts == 4  # of 4 batches of 16 rows
    assert [len(batch) for batch in store.read(BARS).batches()] == [16] * 12 + [8]
    assert store.read(BARS) == bars
    assert store.read(BARS, START + 15 * MINUTE, START + 65 * MINUTE) == bars[15:65]
    before = [path.name for path in store.parts(BARS)]
    store.append(bars_at([200]))
    store.compact()
    # Three parts are full and stay; the short one is put together with the new row.
    assert [path.name for path in store.parts(BARS)][:3] == before[:3]
    assert len(store.parts(BARS)) == 4
    assert minutes_of(store.read(BARS)) == list(range(201))


def test_nothing_appended_changes_nothing(store: bw.Store) -> None:
    assert store.append(bars_at([])).rows == 0
    assert not os.path.exists(store.root)
    assert store.list() == []


# ---------------------------------------------------------------------- encodings over time


def test_encodings_and_precisions_may_change(store: bw.Store) -> None:
    store.append(bars_at([0, 1], "1.25", precision=2))
    store.append(bars_at([2, 3], "1.12345", precision=5))
    store.append(bars_at([4, 5], "1.123456789012", "fixed16", 12))
    store.append(bars_at([6], "1.5", "decimal128", 1))
    narrow = store.read(BARS, end=START + 4 * MINUTE)
    assert (narrow.encoding, narrow.price_precision) == ("fixed8", 5)
    whole = store.read(BARS)
    assert (whole.encoding, whole.price_precision) == ("fixed16", 12)
    assert [bar.close.as_decimal() for bar in whole] == [
        Decimal(text) for text in ["1.25"] * 2 + ["1.12345"] * 2 + ["1.123456789012"] * 2 + ["1.5"]
    ]
    assert store.read(BARS, START + 6 * MINUTE).encoding == "decimal128"
    store.compact()
    assert len(store.parts(BARS)) == 4  # what differs stays apart
    assert store.read(BARS) == whole
    assert store.read(BARS, end=START + 2 * MINUTE).price_precision == 2


def test_ranges_of_one_encoding_are_not_copied(store: bw.Store) -> None:
    store.append(bars_at(list(range(10_000)), precision=2))
    store.append(bars_at(list(range(10_000, 20_000)), precision=5))
    first, again = (
        [b.raw("low").__array_interface__["data"][0] for b in store.read(BARS).batches()]
        for _ in range(2)
    )
    assert first == again
    assert store.read(BARS).price_precision == 5


# ---------------------------------------------------------------------- overlaps


def test_an_overlap_is_refused(store: bw.Store) -> None:
    store.append(bars_at([0, 1, 2]))
    with pytest.raises(bw.BarrowArgumentError) as raised:
        store.append(bars_at([2, 3]))
    assert str(raised.value) == (
        f"{BARS}: the bars from 2024-01-02T09:32:00Z to 2024-01-02T09:33:00Z overlap those in "
        "the store from 2024-01-02T09:30:00Z to 2024-01-02T09:32:00Z\n"
        '  try: overlap="replace" to put them in their place'
    )
    assert minutes_of(store.read(BARS)) == [0, 1, 2]


def test_replacing_is_what_a_dictionary_would_do(store: bw.Store) -> None:
    chance = random.Random(3)
    known: dict[int, str] = {}
    for step in range(60):
        begin = chance.randrange(100)
        minutes = sorted(chance.sample(range(begin, begin + 20), chance.randrange(1, 12)))
        close = f"1.{step:03}"
        replaced = [minute for minute in known if minutes[0] <= minute <= minutes[-1]]
        done = store.append(bars_at(minutes, close), overlap="replace")
        assert (done.rows, done.replaced) == (len(minutes), len(replaced))
        for minute in replaced:
            del known[minute]
        known |= dict.fromkeys(minutes, close)
        if step % 17 == 16:
            store.compact()
        found = store.read(BARS)
        assert dict(zip(minutes_of(found), (str(b.close)[:5] for b in found), strict=True)) == known
        assert minutes_of(found) == sorted(known)
    report = store.verify()
    assert report.ok
    assert report.rows == len(known)


def test_ticks_that_share_a_stamp_are_all_replaced(store: bw.Store) -> None:
    stamps = [START, START, START + SECOND, START + SECOND, START + 2 * SECOND]
    store.append(records_of("trades", [TRADE] * 5, stamps=stamps))
    with pytest.raises(bw.BarrowArgumentError, match="overlap"):
        store.append(records_of("trades", [TRADE] * 2, stamps=[START, START + SECOND]))
    fixed = records_of("trades", [("2", "1", 2, "T-9")], stamps=[START + SECOND])
    assert store.append(fixed, overlap="replace").replaced == 2
    assert [trade.trade_id for trade in store.read(INSTRUMENT)] == ["T-1", "T-1", "T-9", "T-1"]
    last = records_of("trades", [("2", "1", 2, "T-8")], stamps=[START + 2 * SECOND])
    assert store.append(last).replaced == 0
    assert store.append(last, overlap="replace").replaced == 2
    assert [trade.trade_id for trade in store.read(INSTRUMENT)] == ["T-1", "T-1", "T-9", "T-8"]


def test_an_overlap_option_that_is_none_is_an_error(store: bw.Store) -> None:
    with pytest.raises(bw.BarrowArgumentError, match="overlap: 'skip' is none"):
        store.append(bars_at([0]), overlap="skip")  # type: ignore[arg-type]


# ---------------------------------------------------------------------- order


def test_bars_out_of_order_name_the_row(store: bw.Store) -> None:
    with pytest.raises(bw.BarrowArgumentError) as raised:
        store.append(bars_at([0, 1, 5, 4, 6]))
    assert str(raised.value) == (
        "bar 3: ts_event 2024-01-02T09:34:00Z is before 2024-01-02T09:35:00Z of the bar before it"
        "\n  try: sort the rows"
    )
    assert not os.path.exists(store.root)


def test_disorder_between_batches_is_found(store: bw.Store) -> None:
    batches = [b for m in (3, 2) for b in bars_at([m]).to_arrow().to_batches()]
    with pytest.raises(bw.BarrowArgumentError, match=r"^bar 1: "):
        store.append(bw.Bars(batches, bars_at([0]).schema))


def test_two_bars_of_one_stamp_name_the_row(store: bw.Store) -> None:
    with pytest.raises(bw.BarrowArgumentError) as raised:
        store.append(bars_at([0, 1, 1]))
    assert str(raised.value) == (
        "bar 2: ts_event 2024-01-02T09:31:00Z is the one of the bar before it"
        "\n  try: take out the rows that are there twice"
    )


def test_records_may_be_ordered_by_ts_init(store: bw.Store) -> None:
    table = records_of("trades", [TRADE] * 3).to_arrow()
    events = pa.array([START + 2, START, START + 1], pa.uint64())
    arrived = pa.array([START + 5, START + 6, START + 7], pa.uint64())
    table = table.set_column(4, table.schema.field(4), events)
    table = table.set_column(5, table.schema.field(5), arrived)
    trades = bw.Trades.from_arrow(table)
    with pytest.raises(bw.BarrowArgumentError, match='or: order_by="ts_init"'):
        store.append(trades)
    store.append(trades[:2], order_by="ts_init")
    store.append(trades[2:])
    with pytest.raises(bw.BarrowArgumentError, match="are ordered by ts_init"):
        store.append(trades[2:], order_by="ts_event")
    assert store.read(INSTRUMENT) == trades
    assert store.read(INSTRUMENT, START + 6, START + 7) == trades[1:2]
    assert store.coverage(INSTRUMENT).first == START + 5
    store.compact()
    assert store.verify().ok


# ---------------------------------------------------------------------- instants


AT = datetime(2024, 1, 2, 9, 31, tzinfo=UTC)
FORMS = [
    START + MINUTE,
    np.uint64(START + MINUTE),
    "2024-01-02T09:31:00Z",
    "2024-01-02T10:31:00+01:00",
    "2024-01-02 09:31",
    AT,
    AT.replace(tzinfo=None),
    AT.astimezone(timezone(timedelta(hours=-5))),
    pd.Timestamp(AT),
    pd.Timestamp("2024-01-02 09:31"),
    np.datetime64("2024-01-02T09:31"),
]


@pytest.mark.parametrize("form", FORMS, ids=repr)
def test_instants_may_be_said_in_many_ways(store: bw.Store, form: object) -> None:
    store.append(bars_at([0, 1, 2]))
    assert minutes_of(store.read(BARS, form)) == [1, 2]
    assert minutes_of(store.read(BARS, end=form)) == [0]


def test_a_date_is_its_midnight_and_nanoseconds_count(store: bw.Store) -> None:
    store.append(bars_at([0, 1]))
    assert minutes_of(store.read(BARS, date(2024, 1, 2), date(2024, 1, 3))) == [0, 1]
    assert minutes_of(store.read(BARS, end=date(2024, 1, 2))) == []
    assert minutes_of(store.read(BARS, pd.Timestamp(START + 1))) == [1]


@pytest.mark.parametrize("form", ["soon", 1.5, True, np.datetime64("NaT"), pd.NaT])
def test_what_is_no_instant_is_an_error(store: bw.Store, form: object) -> None:
    store.append(bars_at([0]))
    with pytest.raises(bw.BarrowArgumentError, match=r"start: .* is no instant"):
        store.read(BARS, form)
