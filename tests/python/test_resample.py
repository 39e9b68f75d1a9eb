"""Bars of longer timeframes against plain integers, one row at a time."""

from __future__ import annotations

import pickle

import barrow as bw
import numpy as np
import pytest
from barrow._arrow import BAR, DECIMAL128, FIXED16
from rows_to_resample import (
    BAR_TYPE,
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    fold_plainly,
    of_calendar,
    of_length,
    plain_rows,
    random_bars,
    random_quotes,
    random_trades,
    records,
    same_bars,
    stamp,
    widened,
)

LENGTHS = {"1m": MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "1h": HOUR, "4h": 4 * HOUR,
           "90s": 90 * SECOND}  # fmt: skip
HIGHEST, LOWEST = 2**63 - 1, -(2**63)
CALENDAR = ["1d", "1w", "1M", "1q", "1y"]
ALL = [*LENGTHS, *CALENDAR]
ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo",
         "America/Havana", "Asia/Beirut"]  # fmt: skip


def expected(bars, name, zone="UTC", bias=0, offset=0):
    if name in LENGTHS:
        origin = of_calendar("d", zone)(plain_rows(bars[:1])[0][5])[0] + offset
        return fold_plainly(plain_rows(bars), of_length(LENGTHS[name], origin), bias)
    return fold_plainly(plain_rows(bars), of_calendar(name[1], zone, offset), bias)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("closed", ["left", "right"])
@pytest.mark.parametrize("start", ["2018-03-08", "2018-10-20"])
def test_every_timeframe_together_is_what_plain_integers_give(zone, closed, start):
    bars = random_bars(1, 700, start, longest=400, late=2)
    made = bw.resample(bars, ALL, tz=zone, closed=closed)
    assert list(made) == ALL
    for name in ALL:
        same_bars(made[name], expected(bars, name, zone, closed == "right"))


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 8, 9, 64, 4095, 4096, 4097, 9000])
@pytest.mark.parametrize("longest", [0, 1, 30])
def test_any_number_of_rows(rows, longest):
    bars = random_bars(rows, rows, longest=longest)
    made = bw.resample(bars, ["1h", "5m", "1d"])
    for name in ("5m", "1h", "1d"):
        wanted = expected(bars, name) if rows else []
        same_bars(made[name], wanted)
        assert made[name].report.rows_in == rows


@pytest.mark.parametrize("encoding", [FIXED16, DECIMAL128])
@pytest.mark.parametrize("empty", ["drop", "fill"])
def test_every_encoding_gives_the_same(encoding, empty):
    bars = random_bars(3, 3000, longest=30, parts=3)
    names = ["5m", "1h", "1d", "1M"]
    narrow = bw.resample(bars, names, empty=empty)
    wide = bw.resample(widened(bars, encoding), names, empty=empty)
    for name in names:
        assert wide[name].encoding == encoding.name
        assert wide[name] == narrow[name]
        assert wide[name].schema.metadata == narrow[name].schema.metadata


@pytest.mark.parametrize("parts", [1, 2, 17])
def test_batches_do_not_matter(parts):
    bars = random_bars(4, 1000, longest=30, parts=parts)
    one = random_bars(4, 1000, longest=30)
    for name, made in bw.resample(bars, ALL).items():
        assert made == bw.resample(one, name)[name]


def test_alone_or_together_timeframes_are_the_same():
    bars = random_bars(5, 4000, longest=60, late=3)
    for label in ("left", "right"):
        together = bw.resample(bars, ALL, tz="America/New_York", label=label)
        assert together["1h"].report.source == "15m"
        assert together["1q"].report.source == "1M"
        assert together["1M"].report.source == "1d"
        for name in ALL:
            alone = bw.resample(bars, name, tz="America/New_York", label=label)[name]
            assert alone.report.source == "rows"
            assert alone == together[name]


def test_a_month_is_never_made_from_weeks():
    bars = random_bars(6, 50, "2024-03-28", longest=600)  # April began on a Monday
    made = bw.resample(bars, ["1w", "1M"])
    assert made["1M"].report.source == "rows"


def test_a_first_interval_that_starts_before_that_of_a_longer_timeframe():
    # Five months are counted from the first row's, a quarter may have begun before it.
    bars = random_bars(6, 50, "2019-09-27", longest=60)
    made = bw.resample(bars, ["1q", "5M", "3d", "1M"])
    assert made["5M"].report.source == "1M"
    for name, bars_made in made.items():
        assert bars_made == bw.resample(bars, name)[name]
    alone = bw.resample(bars, ["1q", "5M"])
    assert alone["5M"].report.source == "rows"
    assert len(alone["5M"]) == 1


def test_days_of_a_zone_are_made_of_hours_only_where_they_start_with_one():
    bars = random_bars(7, 1500, longest=60)
    assert bw.resample(bars, ["1h", "1d"], tz="Asia/Kolkata")["1d"].report.source == "1h"
    # Half an hour is what Lord Howe sets its clocks by.
    howe = bw.resample(random_bars(7, 3000, longest=90), ["1h", "1d"], tz="Australia/Lord_Howe")
    assert howe["1d"].report.source == "rows"


def test_days_are_as_long_as_the_clocks_make_them():
    rows = plain_rows(random_bars(8, 72, longest=0))
    stamps = stamp("2024-03-08T05:30") + np.arange(72) * HOUR
    columns = [np.array([row[at] for row in rows], np.uint64) for at in range(5)]
    bars = records(BAR, [*columns, stamps, stamps], None)
    days = bw.resample(bars, "1d", tz="America/New_York", label="left")["1d"]
    ends = bw.resample(bars, "1d", tz="America/New_York", label="right")["1d"]
    hours = (ends.raw("ts_event") - days.raw("ts_event")) // np.uint64(HOUR)
    assert hours.tolist()[:3] == [24, 24, 23]


@pytest.mark.parametrize("name", ["1d", "1w", "1M", "4h"])
def test_an_offset_moves_intervals_by_the_clock(name):
    bars = random_bars(9, 3000, longest=60)
    made = bw.resample(bars, name, tz="America/New_York", offset="17h")[name]
    same_bars(made, expected(bars, name, "America/New_York", offset=17 * HOUR))


def test_volumes_beyond_64_bits_of_their_sum_are_an_error_that_names_the_bar():
    bars = random_bars(10, 10, "2024-03-07T10:00", longest=1)
    columns = [bars.raw(name).copy() for name in BAR.columns]
    columns[4][:] = 2**62
    big = records(BAR, columns, None)
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.resample(big, "1h")
    assert str(caught.value) == (
        "1h bar of 2024-03-07T10:00:00Z: volumes sum to more than fixed8 holds, 18_446_744_073\n"
        "  try: Bars.from_arrow(bars.to_arrow(encoding='fixed16'))"
    )
    wide = bw.resample(widened(big, FIXED16), "1h")["1h"]
    assert wide[0].volume.raw == 10 * 2**62 * 10**7


@pytest.mark.parametrize("bits", [50, 52, 58])
def test_large_volumes_are_summed_exactly(bits):
    bars = random_bars(11, 5000, longest=1)
    columns = [bars.raw(name).copy() for name in BAR.columns]
    rng = np.random.default_rng(bits)
    columns[4] = rng.integers(2 ** (bits - 1), 2**bits, 5000, np.uint64)
    large = records(BAR, columns, None)
    for name, made in bw.resample(large, ["1m", "5m", "15m"]).items():
        same_bars(made, expected(large, name))


@pytest.mark.parametrize(
    ("column", "row", "value"),
    [
        *((column, row, value) for column, row in ((0, 0), (3, 9)) for value in (HIGHEST, LOWEST)),
        *((1, row, HIGHEST) for row in (0, 4, 9)),
        *((2, row, LOWEST) for row in (0, 4, 9)),
    ],
)
def test_an_undefined_price_that_would_be_in_a_bar_is_an_error(column, row, value):
    bars = random_bars(12, 10, "2024-03-07T10:00", longest=1)
    columns = [bars.raw(name).copy() for name in BAR.columns]
    columns[column][row] = value
    broken = records(BAR, columns, None)
    with pytest.raises(bw.BarrowParseError, match="a price is undefined, or beyond 9_223_372_036"):
        bw.resample(broken, "1m")


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16"])
def test_trades_become_bars(encoding):
    trades = random_trades(1, 3000)
    trades = bw.Trades.from_arrow(trades.to_arrow(encoding))
    made = bw.resample(trades, ["1m", "1h"])
    assert made["1m"].bar_type == "BTC.SIM-1-MINUTE-LAST-INTERNAL"
    rows = [(t.price.raw,) * 4 + (t.size.raw, t.ts_event, t.ts_init) for t in trades]
    for name, bars in made.items():
        same_bars(bars, fold_plainly(rows, of_length(LENGTHS[name])))


@pytest.mark.parametrize("price", ["bid", "ask", "mid"])
@pytest.mark.parametrize("encoding", ["fixed8", "fixed16"])
def test_quotes_become_bars_of_one_price(price, encoding):
    quotes = random_quotes(2, 3000)
    quotes = bw.Quotes.from_arrow(quotes.to_arrow(encoding))
    made = bw.resample(quotes, ["1m", "1h"], price=price)
    assert made["1m"].bar_type == f"EUR/USD.SIM-1-MINUTE-{price.upper()}-INTERNAL"
    assert made["1m"].price_precision == (6 if price == "mid" else 5)

    def pick(bid, ask):
        return {"bid": bid, "ask": ask, "mid": (bid + ask) // 2}[price]

    rows = [
        (pick(q.bid_price.raw, q.ask_price.raw),) * 4
        + (pick(q.bid_size.raw, q.ask_size.raw), q.ts_event, q.ts_init)
        for q in quotes
    ]
    for name, bars in made.items():
        same_bars(bars, fold_plainly(rows, of_length(LENGTHS[name])))


def test_a_middle_that_needs_one_more_digit_is_an_error():
    quotes = random_quotes(3, 5)
    columns = [quotes.raw(name).copy() for name in quotes.kind.columns]
    columns[0][3] += 1
    with pytest.raises(bw.BarrowParseError, match="row 3: the middle price needs more than 9"):
        bw.resample(records(quotes.kind, columns, None), "1m", price="mid")


# ------------------------------------------------------------------ the last bar


def last_of(made):
    return made[-1].ts_init, made.report.unfinished, len(made)


def test_the_last_bar_is_flagged_unless_its_time_is_over():
    bars = random_bars(13, 30, "2024-03-07T10:00", longest=1)  # ends before 10:30
    known = int(bars.raw("ts_init")[-1])
    whole = bw.resample(bars, "1h")["1h"]
    assert last_of(whole) == (known, True, 1)
    kept = bw.resample(bars, "1h", partial="keep")["1h"]
    assert last_of(kept) == (stamp("2024-03-07T11:00"), False, 1)
    dropped = bw.resample(bars, "1h", partial="drop")["1h"]
    assert len(dropped) == 0
    assert dropped.report.rows_dropped == {"unfinished": 30}
    columns = [bars.raw(name).copy() for name in BAR.columns]
    columns[6][-1] = stamp("2024-03-07T11:00")
    over = bw.resample(records(BAR, columns, None), "1h", partial="drop")["1h"]
    assert last_of(over) == (stamp("2024-03-07T11:00"), False, 1)


def test_ts_init_is_never_before_the_end_nor_before_a_row():
    bars = random_bars(14, 2000, longest=9, late=200)
    latest = {}
    for name, made in bw.resample(bars, ALL).items():
        ends = bw.resample(bars, name, label="right")[name].raw("ts_event")
        assert np.all(made.raw("ts_init")[:-1] >= ends[:-1])
        latest[name] = int(made.raw("ts_init").max())
    assert min(latest.values()) >= int(bars.raw("ts_init").max())


# ------------------------------------------------------------------ intervals without a row


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.parametrize("label", ["left", "right"])
def test_filled_intervals_have_the_last_close_and_no_volume(zone, label):
    bars = random_bars(15, 500, longest=60, late=400)
    for name in ("15m", "1d"):
        made = bw.resample(bars, name, tz=zone, empty="fill", label=label)[name]
        interval = of_length(15 * MINUTE) if name == "15m" else of_calendar("d", zone)
        plain, wanted = expected(bars, name, zone), []
        for bar in plain:
            while wanted and wanted[-1].end < bar.start:
                before = wanted[-1]
                start, end = interval(before.end)
                made_up = type(before)(
                    *[before.close] * 4, 0, start, end, max(before.known, end), 0
                )
                wanted.append(made_up)
            wanted.append(bar)
        same_bars(made, wanted, label)
        assert made.report.filled == len(wanted) - len(plain) > 0
        assert made.report.bars == len(wanted)


# ------------------------------------------------------------------ metadata and the rest


def test_the_bar_type_has_the_new_step_and_unit():
    bars = random_bars(16, 100, bar_type=BAR_TYPE)
    made = bw.resample(bars, ["5m", "1q", "2w", "1y"])
    assert [b.bar_type for b in made.values()] == [
        "EUR/USD.SIM-5-MINUTE-BID-INTERNAL",
        "EUR/USD.SIM-3-MONTH-BID-INTERNAL",
        "EUR/USD.SIM-2-WEEK-BID-INTERNAL",
        "EUR/USD.SIM-1-YEAR-BID-INTERNAL",
    ]
    assert bw.resample(random_bars(16, 100), "5m")["5m"].bar_type is None
    again = bw.resample(made["5m"], "1h")["1h"]
    direct = bw.resample(bars, "1h", partial="keep")["1h"]
    assert plain_rows(again)[:-1] == plain_rows(direct)[:-1]
    assert pickle.loads(pickle.dumps(made["5m"])) == made["5m"]


def test_columns_are_aligned_and_outlive_everything_else():
    made = bw.resample(random_bars(17, 9000, longest=2), ["5m", "1h"])["5m"]
    batch = made.to_arrow().to_batches()[0]
    assert all(column.buffers()[1].address % 64 == 0 for column in batch.columns)
    wanted = plain_rows(made)
    del batch
    _ = [bw.resample(random_bars(18, 9000), ["5m", "1h"]) for _ in range(5)]
    assert plain_rows(made) == wanted


def test_slices_and_streams_are_taken():
    bars = random_bars(19, 5000, longest=9)
    part = bars[1001:4003]
    whole = bw.resample(part, ["5m", "1d"])
    stream = bw.resample((part[i : i + 333] for i in range(0, len(part), 333)), ["5m", "1d"])
    for name, made in whole.items():
        same_bars(made, expected(part, name))
        assert stream[name] == made
        assert stream[name].report.counts.tolist() == made.report.counts.tolist()
        assert stream[name].report.rows_in == len(part)


def test_pieces_left_out_are_counted_and_become_no_bar():
    from barrow._lib import native

    bars = random_bars(20, 3000, longest=9)
    columns = tuple(np.ascontiguousarray(bars.raw(name)) for name in BAR.columns)
    first, last = (int(t) // DAY * DAY for t in bars.raw("ts_event")[[0, -1]])
    edges = np.arange(first, last + 2 * DAY, DAY // 4)
    flags = (np.arange(len(edges) - 1) % 3 == 1).astype(np.uint8)
    none = np.empty(0, np.uint8)
    levels = ((-1, 0, 0, edges, flags), (0, DAY, 0, none, none))
    fold = native.resample_new(False, False, False, levels, None)
    blocks = tuple(np.zeros(4000 * 64, np.uint8) for _ in levels)
    places = np.array([[4000, 0], [4000, 0]])
    assert native.resample_push(fold, False, columns, blocks, places)[0] == 0
    native.resample_peek(fold, False, False, blocks, places)
    stamps = bars.raw("ts_event").astype(np.int64)
    left_out = flags[np.searchsorted(edges, stamps, "right") - 1].astype(bool)
    assert native.resample_facts(fold, False)[1:] == (int(left_out.sum()), 0, 0)
    kept = [row for row, out in zip(plain_rows(bars), left_out, strict=True) if not out]
    for level, step in ((0, DAY // 4), (1, DAY)):
        wanted = fold_plainly(kept, of_length(step))
        high = blocks[level][4000 * 8 : 4000 * 16].view(np.int64)[: places[level, 1]]
        counts = blocks[level][4000 * 56 :].view(np.int64)[: places[level, 1]]
        assert high.tolist() == [bar.high for bar in wanted]
        assert counts.tolist() == [bar.count for bar in wanted]


def test_the_kernel_refuses_too_little_room():
    from barrow._lib import native

    none = np.empty(0, np.uint8)
    fold = native.resample_new(False, False, False, ((-1, MINUTE, 0, none, none),), None)
    bars = random_bars(21, 100, longest=2)
    columns = tuple(np.ascontiguousarray(bars.raw(name)) for name in BAR.columns)
    block = (np.zeros(64 * 8, np.uint8),)
    with pytest.raises(bw.BarrowArgumentError, match="no room for 9 bars"):
        native.resample_push(fold, False, columns, block, np.array([[9, 0]]))
    places = np.array([[8, 0]])
    assert native.resample_push(fold, False, columns, block, places)[0] == 4
    assert places.tolist() == [[8, 8]]


def test_a_step_that_no_bar_type_has_leaves_the_symbol():
    bars = random_bars(1, 100, bar_type=BAR_TYPE)
    made = bw.resample(bars, ["5m", "7m"])
    assert made["5m"].bar_type == BAR_TYPE.replace("-1-MINUTE", "-5-MINUTE").replace("EXT", "INT")
    assert made["7m"].bar_type is None
    assert made["7m"].schema.metadata[b"symbol"] == BAR_TYPE.split(".")[0].encode()
