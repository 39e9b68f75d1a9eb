from __future__ import annotations

import pickle
from decimal import Decimal
from pathlib import Path

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from barrow import Bars
from bars_fixtures import (
    BAR_TYPE,
    MINUTE,
    START,
    STEMS,
    address,
    addresses,
    expected_raw,
    write_csv,
)
from reference import COLUMNS, VALUES, integers

# ---------------------------------------------------------------------- facts


def test_facts(bars: Bars, encoding: str) -> None:
    assert len(bars) == 20
    assert bars.encoding == encoding
    assert bars.scale == (9 if encoding == "fixed8" else 16)
    assert bars.bar_type == BAR_TYPE
    assert (bars.price_precision, bars.size_precision) == (9, 0)
    assert bars.nbytes == 20 * (5 * (8 if encoding == "fixed8" else 16) + 16)


def test_raw_integers(bars: Bars) -> None:
    for name in VALUES:
        assert integers(bars, name) == expected_raw(name, bars.scale)
    assert bars.raw("ts_event").tolist() == [START + MINUTE * i for i in range(20)]


def test_raw_types(bars: Bars, encoding: str) -> None:
    for name in COLUMNS:
        raw = bars.raw(name)
        if name in ("ts_event", "ts_init"):
            assert (raw.dtype, raw.shape) == (np.uint64, (20,))
        elif encoding == "fixed8":
            assert raw.dtype == (np.uint64 if name == "volume" else np.int64)
            assert raw.shape == (20,)
        else:
            assert (raw.dtype, raw.shape) == (np.dtype("<u8"), (20, 2))


def test_an_unknown_column_is_an_argument_error(bars: Bars) -> None:
    with pytest.raises(bw.BarrowArgumentError, match="raw: no column 'vwap'"):
        bars.raw("vwap")
    with pytest.raises(bw.BarrowArgumentError, match="no time column 'open'"):
        bars.timestamps("open")
    with pytest.raises(bw.BarrowArgumentError, match="no value column 'ts_event'"):
        bars.to_float64("ts_event")


# ---------------------------------------------------------------------- zero-copy


@pytest.mark.parametrize("name", COLUMNS)
def test_raw_is_a_view_of_the_column(bars: Bars, name: str) -> None:
    assert np.shares_memory(bars.raw(name), bars.raw(name))
    assert [address(bars.raw(name))] == addresses(bars, name)


def test_timestamps_are_a_view(bars: Bars) -> None:
    stamps = bars.timestamps()
    assert np.shares_memory(stamps, bars.raw("ts_event"))
    assert stamps[0] == np.datetime64("2024-01-02T09:30:00", "ns")
    assert not stamps.flags.writeable


def test_a_slice_shares_memory(bars: Bars) -> None:
    part = bars[5:12]
    width = 8 if bars.encoding == "fixed8" else 16
    for name in VALUES:
        assert address(part.raw(name)) == address(bars.raw(name)) + 5 * width
    assert address(part.raw("ts_event")) == address(bars.raw("ts_event")) + 40


def test_batches_of_split_bars_share_memory(bars: Bars, split: Bars) -> None:
    parts = list(split.batches())
    assert [len(part) for part in parts] == [7, 7, 6]
    for part, begin in zip(parts, (0, 7, 14), strict=True):
        assert np.shares_memory(part.raw("close"), bars.raw("close")[begin : begin + 7])


def test_to_arrow_shares_memory(bars: Bars) -> None:
    for name in COLUMNS:
        chunk = bars.to_arrow()[name].chunk(0)
        assert chunk.buffers()[1].address == address(bars.raw(name))


def test_the_stream_shares_memory(bars: Bars) -> None:
    table = pa.table(bars)
    for name in COLUMNS:
        assert table[name].chunk(0).buffers()[1].address == address(bars.raw(name))


def test_views_outlive_the_bars(bars: Bars) -> None:
    view, expected = bars[3:].raw("open"), bars[3:].raw("open").tolist()
    del bars
    assert view.tolist() == expected


# ---------------------------------------------------------------------- immutable


@pytest.mark.parametrize("name", COLUMNS)
def test_raw_views_are_read_only(bars: Bars, name: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        bars.raw(name)[0] = 1


def test_raw_views_cannot_be_made_writable(narrow: Bars) -> None:
    with pytest.raises(ValueError, match="WRITEABLE"):
        narrow.raw("open").flags.writeable = True


def test_gathered_columns_are_read_only(split: Bars) -> None:
    with pytest.raises(ValueError, match="read-only"):
        split.raw("open")[0] = 1


def test_items_cannot_be_assigned_or_deleted(bars: Bars) -> None:
    with pytest.raises(TypeError):
        bars[0] = bars[1]
    with pytest.raises(TypeError):
        del bars[0]
    with pytest.raises(AttributeError):
        bars.encoding = "fixed8"


# ---------------------------------------------------------------------- rows


def test_items_are_bars(bars: Bars) -> None:
    assert str(bars[0].open) == "1.084200000"
    assert bars[0].open == Decimal("1.0842")
    assert bars[2].volume == 18_446_744_073
    assert bars[-1].ts_event == START + 19 * MINUTE
    assert bars[-20] == bars[0]
    assert bars[np.int64(4)] == bars[4]


@pytest.mark.parametrize("at", [20, -21, 10**30])
def test_an_item_outside_is_an_index_error(bars: Bars, at: int) -> None:
    with pytest.raises(IndexError, match=rf"bar {at} of 20"):
        bars[at]


@pytest.mark.parametrize("at", ["close", 1.5, None])
def test_an_item_that_is_no_number_is_a_type_error(bars: Bars, at: object) -> None:
    with pytest.raises(TypeError):
        bars[at]


def test_iteration_gives_every_bar(bars: Bars, split: Bars) -> None:
    assert list(split) == list(bars) == [bars[i] for i in range(20)]
    assert [bar.close.raw for bar in split] == expected_raw("close", bars.scale)
    assert list(reversed(bars)) == list(bars)[::-1]


def test_iteration_crosses_its_own_blocks(tmp_path: Path) -> None:
    bars = bw.read_csv(write_csv(tmp_path / "many.csv", 9000))
    stamps = [bar.ts_event for bar in bars]
    assert stamps == [START + MINUTE * i for i in range(9000)]


SLICES = [
    slice(None),
    slice(3, 3),
    slice(5, 2),
    slice(25, 40),
    slice(0, 7),
    slice(6, 8),
    slice(7, 14),
    slice(-3, None),
    slice(None, None, 2),
    slice(1, 18, 5),
    slice(None, None, -1),
    slice(12, 3, -4),
    slice(-100, 100),
]


@pytest.mark.parametrize("at", SLICES, ids=str)
def test_slices_hold_what_list_slices_hold(bars: Bars, split: Bars, at: slice) -> None:
    expected = list(bars)[at]
    for source in (bars, split):
        part = source[at]
        assert isinstance(part, Bars)
        assert (len(part), part.bar_type, part.encoding) == (
            len(expected),
            BAR_TYPE,
            bars.encoding,
        )
        assert list(part) == expected
        for name in VALUES:
            assert integers(part, name) == [getattr(bar, name).raw for bar in expected]


def test_slices_of_slices(split: Bars) -> None:
    part = split[4:18][2:][:9]
    assert list(part) == list(split)[6:15]
    assert part.raw("ts_event").tolist() == [START + MINUTE * i for i in range(6, 15)]
    assert part.to_float64("close").tolist() == split.to_float64("close")[6:15].tolist()


def test_empty_bars_answer_every_question(bars: Bars) -> None:
    none = bars[:0]
    assert len(none) == 0
    assert list(none) == list(none.batches()) == []
    for name in COLUMNS:
        assert none.raw(name).shape[0] == 0
        assert none.raw(name).dtype == bars.raw(name).dtype
        assert none.raw(name).ndim == bars.raw(name).ndim
    assert none.to_float64("open").shape == (0,)
    assert none.to_arrow().num_rows == pa.table(none).num_rows == 0
    assert none.to_arrow("fixed16").num_rows == 0
    for values in ("float64", "decimal", "raw"):
        assert none.to_pandas(values).shape == (0, 6)
    assert pickle.loads(pickle.dumps(none)) == none
    assert "0 bars" in repr(none)
    assert "0 bars" in none._repr_html_()
    assert bw.validate(none).ok
    with pytest.raises(IndexError):
        none[0]


# ---------------------------------------------------------------------- the rest


def test_equality_is_about_numbers(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "bars.csv", 20)
    narrow, wide = (bw.read_csv(path, encoding=e) for e in ("fixed8", "fixed16"))
    assert narrow == wide
    assert narrow == bw.read_csv(path, encoding="decimal128")
    assert narrow != narrow[1:]
    assert narrow != bw.read_csv(path, bar_type=BAR_TYPE)
    assert narrow != list(narrow)
    assert narrow != bw.read_csv(path, ts_init_delta=1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(narrow)


def test_pickling_keeps_everything_but_the_rest_of_a_slice(bars: Bars, split: Bars) -> None:
    for source in (bars, split, bars[4:6]):
        twin = pickle.loads(pickle.dumps(source))
        assert twin == source
        assert twin.schema.equals(source.schema, check_metadata=True)


def test_repr_shows_both_ends(narrow: Bars) -> None:
    lines = repr(narrow).splitlines()
    assert lines[0] == f"Bars {BAR_TYPE} · 20 bars · fixed8 · precision 9/0"
    assert lines[1].split() == ["ts_event", *VALUES]
    assert lines[2].split() == [
        "2024-01-02T09:30:00Z",
        "1.084200000",
        "1.085000000",
        "1.084000000",
        "1.084800000",
        "312",
    ]
    assert lines[5].strip() == "…"
    assert len(lines) == 9
    assert len(repr(narrow[:7]).splitlines()) == 9
    assert "…" not in repr(narrow[:7])


def test_html_escapes_the_bar_type(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "bars.csv", 20)
    html = bw.read_csv(path, bar_type="<b>A&B.C-1-MINUTE-BID-EXTERNAL")._repr_html_()
    assert "&lt;b&gt;A&amp;B.C-1-MINUTE-BID-EXTERNAL" in html
    assert html.count("<tr>") == 8


# ---------------------------------------------------------------------- conversion


@pytest.mark.parametrize("target", ["fixed8", "fixed16", "decimal128"])
def test_every_encoding_converts_to_every_other(bars: Bars, target: str) -> None:
    table = bars.to_arrow(target)
    converted = Bars.from_arrow(table)
    assert converted.encoding == target
    assert converted == bars
    for name in VALUES:
        assert integers(converted, name) == expected_raw(name, converted.scale)
    assert table.schema.metadata == bars.to_arrow().schema.metadata
    assert not any(field.nullable for field in table.schema)


def test_fixed16_and_decimal128_share_bytes(tmp_path: Path) -> None:
    bars = bw.read_csv(write_csv(tmp_path / "b.csv", 20), encoding="fixed16")
    column = bars.to_arrow("decimal128")["open"]
    assert column.type == pa.decimal128(38, 16)
    assert column.chunk(0).buffers()[1].address == address(bars.raw("open"))
    assert column.to_pylist()[:2] == [Decimal("1.0842"), Decimal("-2.5")]


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("close", "1.00000000001", "1.00000000001"),
        ("high", "9223372037", "9223372037"),
        ("low", "-9223372037", "-9223372037"),
        ("volume", "18446744074", "18446744074"),
    ],
)
def test_a_value_that_does_not_fit_names_row_and_column(
    tmp_path: Path, column: str, value: str, shown: str
) -> None:
    path = write_csv(tmp_path / "bars.csv", 12)
    cells = dict(zip(VALUES, STEMS[0], strict=True)) | {column: value}
    with path.open("a") as file:
        file.write(f"2024-01-03,{','.join(cells[name] for name in VALUES)}\n")
    table = bw.read_csv(path).to_arrow()
    bars = Bars.from_arrow(
        pa.Table.from_batches([*table.slice(0, 9).to_batches(), *table.slice(9).to_batches()])
    )
    with pytest.raises(bw.BarrowParseError) as caught:
        bars.to_arrow("fixed8")
    largest = 18_446_744_073 if column == "volume" else 9_223_372_036
    assert str(caught.value) == (
        f"row 12 column '{column}': {shown} does not fit into fixed8 (9 decimals, at most "
        f"{largest})\n  try: encoding='fixed16'"
    )


def test_an_unknown_encoding_is_an_argument_error(bars: Bars) -> None:
    with pytest.raises(bw.BarrowArgumentError, match="'fixed9' is none of the encodings"):
        bars.to_arrow("fixed9")


def test_doubles_are_the_nearest(bars: Bars) -> None:
    for name in VALUES:
        column = VALUES.index(name)
        expected = [float(STEMS[i % 3][column]) for i in range(20)]
        assert bars.to_float64(name).tolist() == expected
