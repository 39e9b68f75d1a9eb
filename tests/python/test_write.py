"""Columns to text: against an independent formatter, and back through the reader."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import barrow as bw
import pyarrow as pa
import pytest
from barrow._arrow import BAR, DECIMAL128, FIXED8, FIXED16, Encoding, Meta, record_schema
from barrow.csv import write as writer
from children import names
from hypothesis import given
from hypothesis import strategies as st

COLUMNS = ("open", "high", "low", "close", "volume")
HEADER = "ts_event,open,high,low,close,volume\n"
START = 1_704_187_800 * 10**9
LAST = 2**63 - 1
PRICE_LIMIT = {9: 9_223_372_036 * 10**9, 16: 17_014_118_346_046 * 10**16}
SIZE_LIMIT = {9: 18_446_744_073 * 10**9, 16: 34_028_236_692_093 * 10**16}


def decimal(raw: int, scale: int) -> Decimal:
    """Exact; `scaleb` rounds to 28 digits."""
    return Decimal((raw < 0, tuple(map(int, str(abs(raw)))), -scale))


class Records:
    """The least a writer asks for: a schema and batches."""

    def __init__(self, schema: pa.Schema, batches: list[pa.RecordBatch]) -> None:
        self.schema = schema
        self._batches = batches

    def batches(self) -> Iterator[pa.RecordBatch]:
        yield from self._batches


def values(raw: list[int], dtype: pa.DataType, signed: bool) -> pa.Array:
    if pa.types.is_decimal(dtype):
        texts = [None if v is None else decimal(v, 16) for v in raw]
        return pa.array(texts, dtype)
    width = dtype.byte_width
    cells = [None if v is None else v.to_bytes(width, "little", signed=signed) for v in raw]
    return pa.array(cells, dtype)


def bars_of(
    rows: list[tuple[int, ...]],
    encoding: Encoding = FIXED8,
    precision: tuple[int, int] = (5, 0),
    batch_rows: int = 1 << 30,
) -> bw.Bars:
    """Bars of rows (open, high, low, close, volume, ts_event, ts_init) of raw integers."""
    schema = record_schema(BAR, encoding, Meta(None, *precision))
    batches = []
    for begin in range(0, len(rows), batch_rows):
        columns = list(zip(*rows[begin : begin + batch_rows], strict=True))
        arrays = [
            values(list(column), schema.field(name).type, name != "volume")
            for name, column in zip(COLUMNS, columns, strict=False)
        ]
        arrays += [pa.array(columns[i], pa.int64()).cast(schema.field(i).type) for i in (5, 6)]
        batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return bw.Bars(batches, schema)


def number(raw: int, scale: int, decimals: int, fewest: bool = False) -> str:
    """A number as `decimal` writes it: at least so many decimals, and none lost."""
    whole, _, fraction = f"{decimal(raw, scale):f}".partition(".")
    fraction = fraction.rstrip("0")
    if not fewest:
        fraction = fraction.ljust(decimals, "0")
    return f"{whole}.{fraction}" if fraction else whole


def stamp(nanoseconds: int, digits: int) -> str:
    seconds, rest = divmod(nanoseconds, 10**9)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return text + (f".{rest:09}"[: digits + 1] if digits else "") + "Z"


def digits_of(stamps: list[int]) -> int:
    return next(d for d in (0, 3, 6, 9) if all(s % 10 ** (9 - d) == 0 for s in stamps))


def expected(rows: list[tuple[int, ...]], scale: int, precision: tuple[int, int]) -> str:
    """What a file of bars holds."""
    with_init = any(row[5] != row[6] for row in rows)
    digits = digits_of([s for row in rows for s in (row[5:7] if with_init else row[5:6])])
    lines = [HEADER.rstrip("\n") + (",ts_init" if with_init else "")]
    for *prices, volume, event, init in rows:
        cells = [stamp(event, digits), *(number(p, scale, precision[0]) for p in prices)]
        cells.append(number(volume, scale, precision[1]))
        lines.append(",".join(cells + [stamp(init, digits)] * with_init))
    return "\n".join(lines) + "\n"


def written(records: object, path: Path, **options: object) -> str:
    bw.write_csv(records, path, overwrite=True, **options)
    return path.read_text()


# ---------------------------------------------------------------------- exact


def prices(scale: int, precision: int) -> st.SearchStrategy[int]:
    """Prices of that precision, and some with more decimals, to the ends of the range."""
    limit = PRICE_LIMIT[scale]
    unit = 10 ** (scale - precision)
    return st.one_of(
        st.integers(-(10**8), 10**8).map(lambda v: v * unit),
        st.integers(-limit // unit, limit // unit).map(lambda v: v * unit),
        st.integers(-limit, limit),
        st.sampled_from([0, 1, -1, limit, -limit, unit, -unit, 10**scale]),
    ).filter(lambda v: -limit <= v <= limit)


def sizes(scale: int, precision: int) -> st.SearchStrategy[int]:
    limit = SIZE_LIMIT[scale]
    unit = 10 ** (scale - precision)
    return st.one_of(
        st.integers(0, 10**8).map(lambda v: v * unit),
        st.integers(0, limit),
        st.sampled_from([0, 1, limit, unit]),
    ).filter(lambda v: v <= limit)


INSTANTS = st.one_of(
    st.integers(0, LAST),
    st.integers(0, LAST // 10**9).map(lambda s: s * 10**9),
    st.integers(0, LAST // 10**6).map(lambda s: s * 10**6),
    st.sampled_from([0, 1, 999_999_999, 86_399 * 10**9, 86_400 * 10**9, LAST, LAST - 1]),
)


@st.composite
def bars_and_rows(draw: st.DrawFn) -> tuple[bw.Bars, list[tuple[int, ...]], int, tuple[int, int]]:
    encoding = draw(st.sampled_from([FIXED8, FIXED16, DECIMAL128]))
    precision = (draw(st.integers(0, encoding.scale)), draw(st.integers(0, encoding.scale)))
    price = prices(encoding.scale, precision[0])
    same = draw(st.booleans())
    instant = draw(st.sampled_from([INSTANTS, st.integers(0, 10**10).map(lambda s: s * 10**9)]))
    row = st.tuples(price, price, price, price, sizes(encoding.scale, precision[1]), instant)
    rows = [
        (*r, r[5] if same else draw(instant)) for r in draw(st.lists(row, min_size=1, max_size=30))
    ]
    rows = [r for r in rows if r[5] <= LAST and r[6] <= LAST] or [(0, 0, 0, 0, 0, 0, 0)]
    batch_rows = draw(st.integers(1, 40))
    return bars_of(rows, encoding, precision, batch_rows), rows, encoding.scale, precision


@given(bars_and_rows())
def test_text_is_what_decimal_and_datetime_make_of_it_and_reads_back(
    tmp_path_factory: pytest.TempPathFactory,
    case: tuple[bw.Bars, list[tuple[int, ...]], int, tuple[int, int]],
) -> None:
    bars, rows, scale, precision = case
    path = tmp_path_factory.getbasetemp() / "property.csv"
    assert written(bars, path) == expected(rows, scale, precision)
    again = bw.read_csv(path, encoding="fixed16" if scale == 16 else "auto")
    assert again == bars


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=70), st.integers(0, 9))
def test_any_64_bit_integer_is_written_whole(
    tmp_path_factory: pytest.TempPathFactory, raws: list[int], precision: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "narrow.csv"
    undefined = (bw.PRICE_UNDEF_64, bw.PRICE_ERROR_64)
    rows = [(raw, raw, raw, raw, abs(raw), START, START) for raw in raws]
    lines = written(bars_of(rows, precision=(precision, 0)), path).splitlines()[1:]
    for raw, line in zip(raws, lines, strict=True):
        cell = "" if raw in undefined else number(raw, 9, precision)
        assert line.split(",")[1:] == [cell] * 4 + [number(abs(raw), 9, 0)]


@given(
    st.lists(
        st.one_of(
            st.integers(-(2**127), 2**127 - 1),
            st.integers(-(10**9), 10**9).map(lambda v: v * 10**11),
            st.sampled_from([2**127 - 2, -(2**127) + 1, 2**64, 10**32, 10**32 - 1]),
        ),
        min_size=1,
        max_size=40,
    ),
    st.integers(0, 16),
)
def test_any_128_bit_integer_is_written_whole(
    tmp_path_factory: pytest.TempPathFactory, raws: list[int], precision: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "wide.csv"
    undefined = (bw.PRICE_UNDEF_128, bw.PRICE_ERROR_128)
    rows = [(raw, raw, raw, raw, abs(raw), START, START) for raw in raws]
    lines = written(bars_of(rows, FIXED16, (precision, 3)), path).splitlines()[1:]
    for raw, line in zip(raws, lines, strict=True):
        cell = "" if raw in undefined else number(raw, 16, precision)
        assert line.split(",")[1:] == [cell] * 4 + [number(abs(raw), 16, 3)]


@pytest.mark.parametrize("encoding", [FIXED8, FIXED16])
def test_undefined_sizes_are_empty_cells(tmp_path: Path, encoding: Encoding) -> None:
    undefined = 2 ** (8 * encoding.width) - 1
    text = written(bars_of([(0, 0, 0, 0, undefined, 0, 0)], encoding), tmp_path / "a.csv")
    assert text == HEADER + "1970-01-01T00:00:00Z,0.00000,0.00000,0.00000,0.00000,\n"


def test_nulls_and_undefined_times_are_empty_cells(tmp_path: Path) -> None:
    schema = pa.schema(
        [
            pa.field("price", pa.decimal128(38, 16)),
            pa.field("size", pa.binary(8)),
            pa.field("ts_event", pa.uint64()),
        ],
        metadata={"price_precision": "2", "size_precision": "1"},
    )
    arrays = [
        values([None, 15 * 10**15, None, 10**16] * 9, schema.field(0).type, True),
        values([10**9, None, None, 2**64 - 1] * 9, schema.field(1).type, False),
        pa.array([0, 2**64 - 1, None, 10**6] * 9, pa.uint64()),
    ]
    batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
    # A slice that starts within a byte of the bits of validity.
    records = Records(schema, [batch.slice(1, 30)])
    period = [
        "1970-01-01T00:00:00.000Z,,1.0",
        ",1.50,",
        ",,",
        "1970-01-01T00:00:00.001Z,1.00,",
    ]
    lines = (period * 9)[1:31]
    assert written(records, tmp_path / "a.csv") == "\n".join(["ts_event,price,size", *lines, ""])


# ---------------------------------------------------------------------- canonical files


def canonical(rows: int, decimals: int, size_decimals: int, step: int, start: int = START) -> str:
    """A file in canonical form, made without barrow."""
    digits = digits_of([start + i * step for i in range(rows)])
    lines = []
    for i in range(rows):
        base = (i * 7919) % 10**6 - (250_000 if decimals else 0)
        cells = [number(base + k, decimals, decimals) for k in (0, 9, -9, 1)]
        cells.append(number((i * 104_729) % 10**7, size_decimals, size_decimals))
        lines.append(",".join([stamp(start + i * step, digits), *cells]))
    return HEADER + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("decimals", "size_decimals", "step", "start"),
    [
        (5, 0, 60 * 10**9, START),
        (2, 8, 1_000_000, START),
        (0, 0, 86_400 * 10**9, 0),
        (9, 9, 1, LAST - 5000),
        (3, 1, 250_000, START),
        (16, 4, 123 * 10**9, START),
        (12, 16, 10**9, 951_782_400 * 10**9),
    ],
)
def test_a_canonical_file_comes_back_byte_for_byte(
    tmp_path: Path, decimals: int, size_decimals: int, step: int, start: int
) -> None:
    path, out = tmp_path / "bars.csv", tmp_path / "out.csv"
    path.write_text(canonical(3000, decimals, size_decimals, step, start))
    assert bw.write_csv(bw.read_csv(path), out) == 3000
    assert out.read_bytes() == path.read_bytes()


def test_every_real_file_survives(sample_data: Path, tmp_path: Path) -> None:
    kinds = {"bar": 0, "quote": 0, "trade": 0}
    for source in sorted(sample_data.glob("*.*sv*")):
        try:
            records = bw.read_csv(source, default_volume=0)
        except bw.BarrowError:
            continue  # a dialect that has to be told
        first, second = tmp_path / "first.csv", tmp_path / "second.csv"
        bw.write_csv(records, first, overwrite=True)
        again = bw.read_csv(first)
        assert again.to_arrow(records.encoding).equals(records.to_arrow()), source
        bw.write_csv(again, second, overwrite=True)
        assert second.read_bytes() == first.read_bytes()
        kinds[records.kind.name] += 1
    assert all(kinds[name] >= least for name, least in (("bar", 20), ("quote", 3), ("trade", 3)))


@pytest.mark.parametrize("capacity", [1, 500, 1000, 4096])
@pytest.mark.parametrize("at_once", [1, 7, 64, 65])
@pytest.mark.parametrize("batch_rows", [1, 63, 1000])
def test_text_does_not_depend_on_buffers_and_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capacity: int, at_once: int, batch_rows: int
) -> None:
    rows = [
        (i * 10**4, -i * 10**4, i * 12_345, 10**18 - i, i * 10**9, START + i * 10**9, START)
        for i in range(200)
    ]
    monkeypatch.setattr(writer, "_BUFFER_BYTES", capacity)
    monkeypatch.setattr(writer, "_ROWS_AT_ONCE", at_once)
    bars = bars_of(rows, batch_rows=batch_rows)
    assert written(bars, tmp_path / "a.csv") == expected(rows, 9, (5, 0))


def test_no_rows_are_a_header(tmp_path: Path) -> None:
    assert written(bw.Bars([], bars_of([(0,) * 7]).schema), tmp_path / "a.csv") == HEADER


# ---------------------------------------------------------------------- options

ROWS = [(108_421 * 10**4, 2 * 10**9, -5 * 10**8, 10**9, 3 * 10**9, START, START)]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_every_delimiter_reads_back(tmp_path: Path, delimiter: str) -> None:
    text = written(bars_of(ROWS), tmp_path / "a.csv", delimiter=delimiter)
    assert text == expected(ROWS, 9, (5, 0)).replace(",", delimiter)
    assert bw.read_csv(tmp_path / "a.csv") == bars_of(ROWS)


def test_no_header_and_the_fewest_decimals(tmp_path: Path) -> None:
    text = written(bars_of(ROWS), tmp_path / "a.csv", header=False, decimals="shortest")
    assert text == "2024-01-02T09:30:00Z,1.08421,2,-0.5,1,3\n"


@pytest.mark.parametrize(("unit", "digits"), [("s", 10), ("ms", 13), ("us", 16), ("ns", 19)])
@pytest.mark.parametrize("instant", [0, 20_240_102 * 10**9, START, LAST // 10**9 * 10**9])
def test_epochs_have_as_many_digits_as_tell_the_unit(
    tmp_path: Path, unit: str, digits: int, instant: int
) -> None:
    row = (*ROWS[0][:5], instant, instant)
    text = written(bars_of([row]), tmp_path / "a.csv", time=unit)
    cell = text.splitlines()[1].split(",")[0]
    assert cell == str(instant // 10 ** (19 - digits)).zfill(digits)
    assert bw.read_csv(tmp_path / "a.csv").raw("ts_event").tolist() == [instant]


def test_an_epoch_that_would_lose_digits_names_the_row(tmp_path: Path) -> None:
    rows = [(*ROWS[0][:5], t, t) for t in (START, START + 10**9, START + 1_000_000)]
    with pytest.raises(bw.BarrowParseError) as raised:
        bw.write_csv(bars_of(rows, batch_rows=1), tmp_path / "a.csv", time="s")
    assert str(raised.value) == (
        'row 2 column "ts_event": 2024-01-02T09:30:00.001Z is no whole number of seconds\n'
        '  try: time="iso" (--time iso)\n'
        '   or: time="ns" (--time ns)'
    )
    assert raised.value.reason == "decimals"
    assert names(tmp_path) == set()


@pytest.mark.parametrize("time", ["iso", "ns", "s"])
def test_an_instant_beyond_2262_is_refused(tmp_path: Path, time: str) -> None:
    schema = pa.schema([pa.field("ts_event", pa.uint64())])
    batch = pa.RecordBatch.from_arrays([pa.array([1, 2**63], pa.uint64())], schema=schema)
    if time == "s":
        batch = batch.slice(1)
    with pytest.raises(bw.BarrowParseError, match=f"{2**63} ns is no instant between 1970 and"):
        bw.write_csv(Records(schema, [batch]), tmp_path / "a.csv", time=time)
    assert names(tmp_path) == set()


def test_a_timestamp_before_1970_is_refused(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("ts_event", pa.timestamp("ns", "UTC"))])
    batch = pa.RecordBatch.from_arrays([pa.array([-1], schema.field(0).type)], schema=schema)
    with pytest.raises(bw.BarrowParseError, match='row 0 column "ts_event": -1 ns is no instant'):
        bw.write_csv(Records(schema, [batch]), tmp_path / "a.csv")


def test_ts_init_is_there_if_it_says_something(tmp_path: Path) -> None:
    same, other = [(*ROWS[0][:6], START)], [(*ROWS[0][:6], START + 1)]
    path = tmp_path / "a.csv"
    assert "ts_init" not in written(bars_of(same), path)
    assert ",ts_init\n" in written(bars_of(same), path, ts_init="always")
    assert ",2024-01-02T09:30:00.000000001Z\n" in written(bars_of(other), path)
    assert bw.read_csv(path) == bars_of(other)
    assert "ts_init" not in written(bars_of(other), path, ts_init="never")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("delimiter", "x"),
        ("delimiter", ""),
        ("time", "minutes"),
        ("decimals", "all"),
        ("header", 1),
        ("ts_init", True),
        ("compression", "lz4"),
        ("quoting", "all"),
    ],
)
def test_options_that_are_none(tmp_path: Path, option: str, value: object) -> None:
    with pytest.raises(bw.BarrowArgumentError, match=option):
        bw.write_csv(bars_of(ROWS), tmp_path / "a.csv", **{option: value})
    assert names(tmp_path) == set()


# ---------------------------------------------------------------------- quotes and trades


def ticks(fields: dict[str, pa.DataType], columns: list[list], **meta: str) -> Records:
    """Records as other types have them, with one time stamp for both."""
    types = fields | {"ts_event": pa.uint64(), "ts_init": pa.uint64()}
    schema = pa.schema([pa.field(n, t) for n, t in types.items()], metadata=meta)
    columns = [*columns, *[[START + i * 10**6 for i in range(len(columns[0]))]] * 2]
    arrays = [
        values(column, field.type, "size" not in field.name)
        if pa.types.is_fixed_size_binary(field.type)
        else pa.array(column, field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    return Records(schema, [pa.RecordBatch.from_arrays(arrays, schema=schema)])


def test_quotes(tmp_path: Path) -> None:
    fields = {
        "bid_price": pa.binary(16),
        "ask_price": pa.binary(16),
        "bid_size": pa.binary(16),
        "ask_size": pa.binary(16),
    }
    columns = [[10**16, 5], [2 * 10**16, -(10**16)], [10**15, 2**128 - 1], [0, 10**16]]
    records = ticks(fields, columns, price_precision="2", size_precision="1")
    assert written(records, tmp_path / "q.csv") == (
        "ts_event,bid_price,ask_price,bid_size,ask_size\n"
        "2024-01-02T09:30:00.000Z,1.00,2.00,0.1,0.0\n"
        "2024-01-02T09:30:00.001Z,0.0000000000000005,-1.00,,1.0\n"
    )


TRADES = {
    "price": pa.binary(8),
    "size": pa.binary(8),
    "aggressor_side": pa.uint8(),
    "trade_id": pa.utf8(),
}


def trades(ids: list[str | None], sides: list[int | None]) -> Records:
    return ticks(
        TRADES,
        [[10**9] * len(ids), [2 * 10**9] * len(ids), sides, ids],
        price_precision="2",
        size_precision="0",
    )


def test_trades(tmp_path: Path) -> None:
    text = written(trades(["a1", "", None, "ü€"], [0, 1, 2, None]), tmp_path / "t.csv")
    assert text == (
        "ts_event,price,size,aggressor_side,trade_id\n"
        "2024-01-02T09:30:00.000Z,1.00,2,,a1\n"
        "2024-01-02T09:30:00.001Z,1.00,2,buy,\n"
        "2024-01-02T09:30:00.002Z,1.00,2,sell,\n"
        "2024-01-02T09:30:00.003Z,1.00,2,,ü€\n"
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@given(ids=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=20))
def test_ids_are_quoted_where_they_must_be(
    tmp_path_factory: pytest.TempPathFactory, delimiter: str, ids: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "ids.csv"
    bw.write_csv(trades(ids, [1] * len(ids)), path, overwrite=True, delimiter=delimiter)
    lines = ["ts_event,price,size,aggressor_side,trade_id".replace(",", delimiter)]
    for i, text in enumerate(ids):
        blank = text[:1] <= " " or text[-1:] <= " "
        if text and (blank or any(c in text for c in (delimiter, '"', "\n", "\r"))):
            text = '"' + text.replace('"', '""') + '"'
        time = stamp(START + i * 10**6, digits_of([START + k * 10**6 for k in range(len(ids))]))
        lines.append(delimiter.join([time, "1.00", "2", "buy", text]))
    assert path.read_bytes() == ("\n".join(lines) + "\n").encode()


def test_an_id_larger_than_the_buffer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_BUFFER_BYTES", 1000)
    ids = ["x" * 3, '"' * 5000, "y" * 70_000, "z"]
    lines = written(trades(ids, [1] * 4), tmp_path / "t.csv").splitlines()
    assert lines[2].endswith(',"' + '"' * 10_000 + '"')
    assert lines[3].endswith("," + "y" * 70_000)


def test_an_aggressor_side_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(bw.BarrowParseError, match='row 1 column "aggressor_side": is 7, expected'):
        bw.write_csv(trades(["a", "b"], [1, 7]), tmp_path / "t.csv")


def test_texts_outside_their_column_are_refused(tmp_path: Path) -> None:
    good = trades(["ab", "cd"], [1, 1])
    batch = next(good.batches())
    offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 99, 4)))
    bad = pa.Array.from_buffers(pa.utf8(), 2, [None, offsets, batch["trade_id"].buffers()[2]])
    batch = pa.RecordBatch.from_arrays(
        [*batch.columns[:3], bad, *batch.columns[4:]], batch.schema.names
    )
    with pytest.raises(bw.BarrowCorruptError, match="outside the characters of its column"):
        bw.write_csv(Records(batch.schema, [batch]), tmp_path / "t.csv")
    assert names(tmp_path) == set()


def test_columns_without_a_form(tmp_path: Path) -> None:
    with pytest.raises(bw.BarrowUnsupportedError, match='column "order_id": is int32, which has'):
        bw.write_csv(ticks({"order_id": pa.int32()}, [[1]]), tmp_path / "a.csv")
    schema = pa.schema([pa.field("price", pa.binary(8))])
    with pytest.raises(bw.BarrowSchemaError, match="no column ts_event, found price"):
        bw.write_csv(Records(schema, []), tmp_path / "a.csv")
    with pytest.raises(bw.BarrowSchemaError, match="price_precision is '10', expected a number"):
        bw.write_csv(ticks({"price": pa.binary(8)}, [[1]], price_precision="10"), tmp_path / "a")
