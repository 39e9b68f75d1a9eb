"""Indicators at the edges: few rows, long and short windows, flat and huge prices, other types."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import barrow as bw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from barrow import Bars, indicators
from barrow.indicators import catalog
from barrow.indicators.table import BY_NAME, Parameter
from prices import COLUMNS, random_bars

ENTRIES = catalog()
by_name = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)

# What bars of the price 5 and the volume 7 give where it is not the price itself.
FLAT = {
    "obv": 7.0, "vwap": 5.0, "true_range": 0.0, "hurst": 0.5, "psar": 5.0, "rocr": 1.0,
    "rocr100": 100.0, "aroon": 100.0, "supertrend": (5.0, 1.0),
}  # fmt: skip
PRICES = {
    "sma", "ema", "wma", "dema", "tema", "kama", "trima", "t3", "hma", "bollinger", "keltner",
    "keltner_original", "donchian", "midprice", "midpoint", "ichimoku", "rolling_vwap", "vwma",
    "typical_price", "median_price", "weighted_close", "average_price", "linreg",
    "linreg_intercept", "tsf",
}  # fmt: skip


def outputs(values):
    return np.stack(values if isinstance(values, tuple) else (values,))


def bits(values):
    return outputs(values).view(np.uint64)


def picked(entry, place):
    """Parameters at the short end, near it, or far from both ends."""
    definition = BY_NAME[entry.name]

    def number(parameter: Parameter):
        if parameter.choices:
            return parameter.choices[-1]
        if not isinstance(parameter.default, int):
            return parameter.default
        return int(parameter.least) + place

    return tuple(number(parameter) for parameter in definition.parameters)


def first_value(column):
    found = np.flatnonzero(~np.isnan(column))
    return int(found[0]) if len(found) else len(column)


@by_name
@pytest.mark.parametrize("place", [0, 1, 2, 7, 40])
def test_values_begin_where_the_class_says(entry, place):
    numbers = picked(entry, place)
    wanted = getattr(indicators, entry.title)(*numbers).warm_up
    bars = random_bars(400, 31)
    for column in outputs(getattr(bw, entry.name)(bars, *numbers)):
        assert first_value(column) == wanted
        assert np.isfinite(column[wanted:]).all()


@by_name
def test_the_catalog_tells_of_the_real_warm_up(entry):
    bars = random_bars(400, 32)
    for column in outputs(getattr(bw, entry.name)(bars)):
        assert first_value(column) == entry.warm_up


@by_name
def test_no_row_depends_on_later_ones(entry):
    bars = random_bars(300, 33)
    for numbers in (tuple(entry.parameters.values()), picked(entry, 0)):
        whole = bits(getattr(bw, entry.name)(bars, *numbers))
        warm = getattr(indicators, entry.title)(*numbers).warm_up
        for rows in {0, 1, 2, 7, 8, 9, max(warm - 1, 0), warm, warm + 1, warm + 8, 299}:
            head = {name: column[:rows] for name, column in bars.items()}
            np.testing.assert_array_equal(
                bits(getattr(bw, entry.name)(head, *numbers)), whole[:, :rows]
            )


@by_name
def test_a_window_longer_than_the_series_has_no_value(entry):
    lengths = [p.name for p in BY_NAME[entry.name].parameters if isinstance(p.default, int)]
    bars = random_bars(50, 34)
    values = outputs(getattr(bw, entry.name)(bars, **dict.fromkeys(lengths, 51)))
    assert values.shape == (len(entry.outputs), 50)
    assert np.isnan(values).all() == bool(lengths)


@by_name
def test_flat_prices_give_the_limit(entry):
    bars = dict.fromkeys(COLUMNS[:4], np.full(300, 5.0)) | {"volume": np.full(300, 7.0)}
    found = outputs(getattr(bw, entry.name)(bars))[:, entry.warm_up :]
    if entry.name == "obv":
        np.testing.assert_array_equal(found, 7.0)
        return
    expected = FLAT.get(entry.name, 5.0 if entry.name in PRICES else 0.0)
    expected = np.reshape(expected, (-1, 1)) * np.ones_like(found)
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-14)


@by_name
def test_prices_and_volumes_of_zero_are_no_error(entry):
    bars = {name: np.zeros(300) for name in COLUMNS}
    found = outputs(getattr(bw, entry.name)(bars))[:, entry.warm_up :]
    assert np.isfinite(found).all()


@by_name
@pytest.mark.parametrize("size", [1e-300, 1e150, 1e300])
def test_tiny_and_huge_prices_do_not_hang_or_crash(entry, size):
    bars = {name: column * size for name, column in random_bars(300, 35).items()}
    found = outputs(getattr(bw, entry.name)(bars))
    assert found.shape == (len(entry.outputs), 300)
    assert np.isnan(found[:, : entry.warm_up]).all()
    stream = getattr(indicators, entry.title)()
    rows = [stream.update({k: v[i] for k, v in bars.items()}) for i in range(300)]
    again = outputs(tuple(np.transpose(np.reshape(rows, (300, -1)))))
    np.testing.assert_array_equal(again, found)


@by_name
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_gap_anywhere_is_a_gap_of_its_row_only(entry, bad):
    """At every place of a group of eight rows, in every column that is read."""
    clean = random_bars(240, 36)
    call = getattr(bw, entry.name)
    numbers = picked(entry, 2)
    warm = getattr(indicators, entry.title)(*numbers).warm_up
    for shift, name in enumerate([*entry.inputs] * 4):
        at = 150 + 3 * shift
        bars = clean | {name: clean[name].copy()}
        bars[name][at] = bad
        found = outputs(call(bars, *numbers))
        assert np.isnan(found[:, at : at + 1 + warm]).all()
        assert np.isfinite(found[:, at + 1 + warm :]).all()
        after = {k: v[at + 1 :] for k, v in clean.items()}
        np.testing.assert_array_equal(
            found[:, at + 1 :].copy().view(np.uint64), bits(call(after, *numbers))
        )


@by_name
def test_columns_that_are_not_read_may_hold_anything(entry):
    bars = random_bars(100, 37)
    wanted = bits(getattr(bw, entry.name)(bars))
    spoiled = {k: v if k in entry.inputs else np.full(100, np.nan) for k, v in bars.items()}
    np.testing.assert_array_equal(bits(getattr(bw, entry.name)(spoiled)), wanted)


@by_name
@pytest.mark.parametrize(
    "kind",
    ["int64", "int32", "uint8", "float32", "float16", "big", "strided", "backwards", "readonly",
     "list", "arrow", "arrow_int", "arrow_float", "chunked", "table", "pandas", "polars"],
)  # fmt: skip
def test_numbers_of_any_kind_give_the_bits_of_doubles(entry, kind):
    bars = {k: np.floor(v) for k, v in random_bars(160, 38, 100.0).items()}
    bars["volume"] = bars["volume"] % 200 + 1
    wanted = bits(getattr(bw, entry.name)(bars))
    np.testing.assert_array_equal(bits(getattr(bw, entry.name)(converted(bars, kind))), wanted)
    if entry.inputs == ("close",):
        series = converted({"close": bars["close"]}, kind)
        if not isinstance(series, pa.Table):
            found = getattr(bw, entry.name)(series["close"])
            np.testing.assert_array_equal(bits(found), wanted)


def converted(bars, kind):
    def readonly(values):
        values = values.copy()
        values.flags.writeable = False
        return values

    each = {
        "big": lambda v: v.astype(">f8"),
        "strided": lambda v: np.repeat(v, 3)[::3],
        "backwards": lambda v: v[::-1].copy()[::-1],
        "readonly": readonly,
        "list": list,
        "arrow": pa.array,
        "arrow_int": lambda v: pa.array(v.astype(np.int64)),
        "arrow_float": lambda v: pa.array(v.astype(np.float32)).slice(0),
        "chunked": lambda v: pa.chunked_array([v[:31], v[31:31], v[31:]]),
        "table": pa.array,
        "pandas": lambda v: v,
        "polars": lambda v: v,
    }.get(kind, lambda v: v.astype(kind))
    made = {name: each(column) for name, column in bars.items()}
    if kind == "table":
        return pa.table(made)
    if kind == "pandas":
        return pd.DataFrame(made)
    if kind == "polars":
        return pl.DataFrame(made)
    return made


@by_name
@pytest.mark.parametrize(
    "values",
    [
        np.array([True, False]), np.array([1j, 2j]), np.array(["1", "2"]),
        np.array(["2024-01-02", "2024-01-03"], "M8[ns]"), np.array([1.0, None], object),
        np.zeros((2, 2)), np.float64(3), pa.array(["a"]), pa.array([True]), None,
    ],
    ids=lambda values: f"{type(values).__name__}-{getattr(values, 'dtype', '')}",
)  # fmt: skip
def test_what_is_no_column_of_numbers_is_refused_by_all(entry, values):
    data = dict.fromkeys(COLUMNS, values)
    with pytest.raises(bw.BarrowSchemaError, match="expected numbers in one dimension"):
        getattr(bw, entry.name)(data)


ROWS = 60


@cache
def stored(encoding):
    """Bars, and the doubles they are made of."""
    cells = {}
    for name, column in random_bars(ROWS, 39).items():
        rounded = [f"{x:.0f}" if name == "volume" else f"{x:.5f}" for x in column]
        cells[name] = rounded
    lines = ["timestamp,open,high,low,close,volume"]
    for i in range(ROWS):
        numbers = ",".join(cells[name][i] for name in COLUMNS)
        lines.append(f"2024-01-02T00:{i:02}:00Z,{numbers}")
    kind = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
    with TemporaryDirectory() as folder:
        path = Path(folder, "bars.csv")
        path.write_text("\n".join(lines) + "\n")
        bars = bw.read_csv(path, bar_type=kind, encoding=encoding)
    doubles = {name: np.array([float(cell) for cell in cells[name]]) for name in COLUMNS}
    return bars, doubles


@by_name
@pytest.mark.parametrize("encoding", ["fixed8", "fixed16", "decimal128"])
def test_bars_of_any_encoding_give_the_bits_of_their_doubles(entry, encoding):
    bars, doubles = stored(encoding)
    wanted = bits(getattr(bw, entry.name)(doubles))
    np.testing.assert_array_equal(bits(getattr(bw, entry.name)(bars)), wanted)
    stream = getattr(indicators, entry.title)()
    rows = [stream.update(bar) for bar in bars]
    again = outputs(tuple(np.transpose(np.reshape(rows, (ROWS, -1)))))
    np.testing.assert_array_equal(again, wanted.view(np.float64))


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16", "decimal128"])
def test_batches_of_bars_are_one_series(encoding):
    bars, doubles = stored(encoding)
    table = bars.to_arrow(encoding)
    pieces = [table.slice(at, rows) for at, rows in ((0, 13), (13, 27), (40, 20))]
    split = Bars.from_arrow(pa.Table.from_batches([b for p in pieces for b in p.to_batches()]))
    assert len(list(split.batches())) == 3
    np.testing.assert_array_equal(bits(bw.atr(split, 5)), bits(bw.atr(doubles, 5)))


def without_values(encoding):
    """Bars with an undefined close, an erroneous low and an undefined volume."""
    table = stored(encoding)[0].to_arrow(encoding)
    width = 8 if encoding == "fixed8" else 16
    price, error, size = {
        8: (bw.PRICE_UNDEF_64, bw.PRICE_ERROR_64, bw.QUANTITY_UNDEF_64),
        16: (bw.PRICE_UNDEF_128, bw.PRICE_ERROR_128, bw.QUANTITY_UNDEF_128),
    }[width]
    for name, row, raw, signed in (
        ("close", 20, price, True),
        ("low", 33, error, True),
        ("volume", 45, size, False),
    ):
        at = table.schema.get_field_index(name)
        cells = table.column(name).to_pylist()
        cells[row] = raw.to_bytes(width, "little", signed=signed)
        table = table.set_column(at, table.schema.field(at), pa.array(cells, pa.binary(width)))
    return Bars.from_arrow(table)


@by_name
@pytest.mark.parametrize("encoding", ["fixed8", "fixed16"])
def test_sentinels_of_bars_are_gaps_row_by_row_and_all_at_once(entry, encoding):
    bars = without_values(encoding)
    doubles = {name: column.copy() for name, column in stored(encoding)[1].items()}
    for name, row in (("close", 20), ("low", 33), ("volume", 45)):
        doubles[name][row] = np.nan
    wanted = bits(getattr(bw, entry.name)(doubles, *picked(entry, 1)))
    found = getattr(bw, entry.name)(bars, *picked(entry, 1))
    np.testing.assert_array_equal(bits(found), wanted)
    stream = getattr(indicators, entry.title)(*picked(entry, 1))
    rows = [stream.update(bar) for bar in bars]
    again = outputs(tuple(np.transpose(np.reshape(rows, (ROWS, -1)))))
    np.testing.assert_array_equal(again, wanted.view(np.float64))
