"""Information bars from rows as they come: the same bits as from one call."""

from __future__ import annotations

import json

import barrow as bw
import numpy as np
import pytest
from rows_to_resample import BAR_TYPE, plain_rows, random_bars
from test_information import encoded, made_rows, trades

THRESHOLDS = [
    "40-TICK",
    "3-TICK_IMBALANCE",
    "2-TICK_RUNS",
    "17.5-VOLUME",
    "30-VOLUME_IMBALANCE",
    "15-VOLUME_RUNS",
    "12.25-VALUE",
    "33-VALUE_IMBALANCE",
    "21-VALUE_RUNS",
    bw.Threshold("RENKO", "0.00004"),
    bw.ExpectedThreshold("TICK_IMBALANCE", 20, 10, (2, 500)),
    bw.ExpectedThreshold("VOLUME_RUNS", 20),
    bw.ExpectedThreshold("VALUE_IMBALANCE", 30),
]


def in_pieces(records, thresholds, size, *, saved=0, **options):
    """All bars of an aggregator fed so many rows at a time, and its last ones."""
    aggregator = bw.BarAggregator(thresholds, **options)
    found: dict[str, list[tuple[int, ...]]] = {}
    parts = [records[at : at + size] for at in range(0, len(records), size)]
    for number, part in enumerate(parts):
        if saved and number % saved == 0:
            aggregator = bw.BarAggregator.restore(aggregator.state())
        for name, made in aggregator.push(part).items():
            found.setdefault(name, []).extend(made_rows(made))
    last = aggregator.finish()
    for name, made in last.items():
        found.setdefault(name, []).extend(made_rows(made))
    return found, last


def check(records, thresholds, size, **options):
    found, last = in_pieces(records, thresholds, size, **options)
    options.pop("saved", None)
    whole = bw.information_bars(records, thresholds, **options)
    assert list(whole) == list(last)
    for name, made in whole.items():
        assert found[name] == made_rows(made), name
        told, wanted = last[name].report.to_dict(), made.report.to_dict()
        assert told == wanted
        assert last[name].schema.equals(made.schema, check_metadata=True)


@pytest.mark.parametrize("size", [1, 3, 64, 500])
@pytest.mark.parametrize("encoding", ["fixed8", "fixed16"])
@pytest.mark.parametrize("rules", ["conserve", "nautilus"])
def test_any_batches_give_the_same_bits(size, encoding, rules):
    made = encoded(trades(11, 400, late=2), encoding)
    check(made, THRESHOLDS, size, rules=rules, sides="reported_or_tick_rule")


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize("sides", ["reported", "tick_rule"])
def test_a_saved_state_goes_on_with_the_same_bits(size, sides):
    made = trades(12, 300)
    check(made, THRESHOLDS, size, saved=3 if size > 1 else 50, sides=sides)
    wide = encoded(random_bars(3, 300, bar_type=BAR_TYPE), "fixed16")
    check(wide, ["7-TICK", "812.25-VOLUME", "900-VALUE"], size, saved=5, partial="drop")


def test_several_batches_and_an_iterator_are_as_one():
    one, several = trades(13, 900), trades(13, 900, parts=7)
    whole = bw.information_bars(one, THRESHOLDS)
    for source in (several, iter([one[:10], one[10:10], one[10:]])):
        for name, bars in bw.information_bars(source, THRESHOLDS).items():
            assert made_rows(bars) == made_rows(whole[name])
            assert len(bars.to_arrow().to_batches()) == 1


def test_open_bars_are_those_of_finishing_now():
    made = trades(14, 333)
    aggregator = bw.BarAggregator(THRESHOLDS)
    aggregator.push(made[:200])
    seen = {name: made_rows(bars) for name, bars in aggregator.open_bars().items()}
    assert {name: made_rows(bars) for name, bars in aggregator.open_bars().items()} == seen
    other = bw.BarAggregator(THRESHOLDS)
    other.push(made[:200])
    last = {name: made_rows(bars) for name, bars in other.finish().items() if len(bars)}
    assert seen == last
    before = {name: report.bars for name, report in aggregator.reports.items()}
    aggregator.push(made[200:])
    aggregator.finish()
    for name, report in aggregator.reports.items():
        assert report.bars == len(bw.information_bars(made, THRESHOLDS)[name])
        assert before[name] <= report.bars


def test_a_look_at_open_bars_drops_none_of_them():
    aggregator = bw.BarAggregator("40-TICK", partial="drop")
    aggregator.push(trades(14, 50))
    assert aggregator.open_bars() == {}
    assert aggregator.reports["40-TICK"].rows_dropped == {}
    assert aggregator.finish()["40-TICK"].report.rows_dropped == {"unfinished": 10}


def test_no_rows_give_no_bars():
    nothing = trades(1, 5)[:0]
    for name, bars in bw.information_bars(nothing, THRESHOLDS).items():
        assert len(bars) == 0, name
        assert bars.report.rows_in == 0
        assert not bars.report.unfinished
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.information_bars(iter([]), "5-TICK")
    assert str(caught.value) == (
        "information_bars: there are no records\n  try: at least one batch"
    )


def test_one_row_is_a_bar_that_is_open():
    made = trades(1, 1)
    for name, bars in bw.information_bars(made, ["5-TICK", "9-RENKO"], price_increment=1).items():
        assert len(bars) == 1, name
        assert bars.report.unfinished
    assert made_rows(bw.information_bars(made, "1-TICK")["1-TICK"])[0][-1] == 1


def test_nothing_is_pushed_after_the_end():
    aggregator = bw.BarAggregator("5-TICK")
    aggregator.push(trades(1, 7))
    aggregator.finish()
    for call in (aggregator.finish, lambda: aggregator.push(trades(1, 7))):
        with pytest.raises(bw.BarrowArgumentError) as caught:
            call()
        assert str(caught.value) == (
            "BarAggregator: is finished\n  try: another BarAggregator(...)"
        )


def test_other_records_are_refused():
    aggregator = bw.BarAggregator("5-TICK")
    aggregator.push(trades(1, 7))
    with pytest.raises(bw.BarrowSchemaError) as caught:
        aggregator.push(encoded(trades(1, 7), "fixed16"))
    assert str(caught.value) == (
        "push: the records are not like those before: their schema differs"
    )


def test_a_state_is_refused_that_is_none():
    aggregator = bw.BarAggregator("5-VOLUME")
    aggregator.push(trades(1, 7))
    state = json.loads(aggregator.state())
    broken = []
    for change in (
        {"version": 2},
        {"format": "barrow.resampler"},
        {"outputs": []},
        {"thresholds": [{"aggregation": "MINUTE", "amount": "5"}]},
    ):
        broken.append(json.dumps({**state, **change}).encode())
    for at, word in ((0, 0), (4, 2**62), (43, -1), (47, 9), (48, 64)):
        changed = json.loads(aggregator.state())
        changed["outputs"][0]["words"][at] = word
        broken.append(json.dumps(changed).encode())
    short = json.loads(aggregator.state())
    short["outputs"][0]["words"] = [1, 2]
    for text in (*broken, json.dumps(short).encode(), b"", b"{}", b"[1]"):
        with pytest.raises(bw.BarrowCorruptError, match="is none of an aggregator of version 1"):
            bw.BarAggregator.restore(text)
    restored = bw.BarAggregator.restore(aggregator.state())
    assert restored.state() == aggregator.state()


def test_a_state_before_the_first_row_goes_on():
    aggregator = bw.BarAggregator.restore(bw.BarAggregator(["5-VOLUME", "3-TICK"]).state())
    made = trades(1, 40)
    aggregator.push(made)
    whole = bw.information_bars(made, ["5-VOLUME", "3-TICK"])
    last = aggregator.finish()
    assert plain_rows(whole["3-TICK"])[-1:] == plain_rows(last["3-TICK"])


def test_memory_that_is_used_again_does_not_change_bars():
    made = trades(15, 4000)
    aggregator = bw.BarAggregator("0.5-VOLUME")
    first = aggregator.push(made[:2000])["0.5-VOLUME"]
    before = first.raw("close").copy()
    aggregator.push(made[2000:])
    assert np.array_equal(first.raw("close"), before)
