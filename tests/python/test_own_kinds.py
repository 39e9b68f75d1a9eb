"""A kind of record made outside the package does all that barrow's own do."""

from __future__ import annotations

import pickle
from enum import IntEnum
from pathlib import Path
from typing import Any

import barrow as bw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from barrow import Field, Price, Record, RecordKind, Records
from barrow.ipc import write_arrow
from barrow.parquet import write_parquet
from barrow.wranglers import DataWranglerV2, Names, StreamWrangler, Words

START = 1_704_187_800 * 10**9
ENCODINGS = ("fixed8", "fixed16", "decimal128")


class MarkPriceUpdate(Record):
    """NautilusTrader's: a price, no size, two times."""

    __slots__ = ()
    kind = RecordKind(
        "mark price", (Field.price("value"), Field.time("ts_event"), Field.time("ts_init"))
    )
    value: Price


class MarkPrices(Records[MarkPriceUpdate]):
    """Many of them."""

    __slots__ = ()
    item = MarkPriceUpdate


class MarkPriceDataWrangler(StreamWrangler[MarkPriceUpdate]):
    """Streams of them."""

    container = MarkPrices


class MarkPriceDataWranglerV2(DataWranglerV2[MarkPriceUpdate, MarkPrices]):
    """Frames of them."""

    inner = MarkPriceDataWrangler
    names = Names({"value": ("mark_price",)})


class Phase(IntEnum):
    """What the numbers of a column mean."""

    OPEN = 3
    AUCTION = 9


class Odd(Record):
    """Columns in an order none of barrow's own have, and a third time."""

    __slots__ = ()
    kind = RecordKind(
        "odd",
        (
            Field.time("ts_init"),
            Field.text("note"),
            Field.size("left", optional=True),
            Field.plain("phase", pa.int16(), Phase),
            Field.time("ts_settled"),
            Field.plain("rate", pa.float64()),
            Field.price("paid"),
            Field.time("ts_event"),
            Field.price("asked", optional=True),
        ),
        shown=("paid", "phase"),
    )


class Odds(Records[Odd]):
    """Many of them."""

    __slots__ = ()
    item = Odd


class OddDataWrangler(StreamWrangler[Odd]):
    """Streams of them."""

    container = Odds


class OddDataWranglerV2(DataWranglerV2[Odd, Odds]):
    """Frames of them."""

    inner = OddDataWrangler
    names = Names(
        words={"phase": Words("phase", "open or cross", {Phase.AUCTION: ("cross",)})},
        defaults={"rate": 0},
    )


def marks(encoding: str = "fixed8", rows: int = 5) -> MarkPrices:
    wrangler = MarkPriceDataWranglerV2("BTC.X", 2, encoding=encoding)
    stamps = [START + i for i in range(rows)]
    return wrangler.to_columns(
        pl.DataFrame({"mark_price": np.arange(rows) / 4, "ts_event": stamps})
    )


def odd_frame(**columns: Any) -> pd.DataFrame:
    stamps = pd.to_datetime([START + i for i in range(4)])
    data = {
        "ts_event": stamps, "ts_settled": stamps + pd.Timedelta(1, "D"), "note": list("abcd"),
        "left": [1.5, np.nan, 0, 2], "phase": ["open", "CROSS", "auction", "OPEN"],
        "rate": [0.1, -1, 2, np.inf], "paid": [-1.25, 2, 3, 4], "asked": [None, "1", "2.5", "3"],
    }  # fmt: skip
    return pd.DataFrame(data | columns)


def odds(encoding: str = "fixed8") -> Odds:
    return OddDataWranglerV2("A.B", 2, 1, encoding=encoding).to_columns(odd_frame())


@pytest.fixture(params=ENCODINGS)
def encoding(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=[marks, odds])
def records(request: pytest.FixtureRequest, encoding: str) -> Records[Any]:
    return request.param(encoding)


# ---------------------------------------------------------------------- columns


def test_schemas(encoding: str) -> None:
    value = {"fixed8": pa.binary(8), "fixed16": pa.binary(16)}.get(encoding, pa.decimal128(38, 16))
    time = pa.timestamp("ns", "UTC") if encoding == "decimal128" else pa.uint64()
    assert marks(encoding).schema.equals(
        pa.schema(
            [
                pa.field(n, t, False)
                for n, t in (("value", value), ("ts_event", time), ("ts_init", time))
            ],
            {"instrument_id": "BTC.X", "price_precision": "2"},
        ),
        check_metadata=True,
    )
    assert odds(encoding).schema.names == list(Odd.kind.columns)
    assert odds(encoding).schema.field("asked").nullable == (encoding == "decimal128")
    assert repr(marks(encoding)).startswith(
        f"MarkPrices BTC.X · 5 mark prices · {encoding} · precision 2\n"
    )


def test_columns(encoding: str) -> None:
    records = odds(encoding)
    assert records.to_float64("paid").tolist() == [-1.25, 2, 3, 4]
    assert records.raw("phase").tolist() == [3, 9, 9, 3]
    assert records.raw("phase").dtype == np.int16
    assert records.raw("rate").tolist() == [0.1, -1, 2, np.inf]
    day = 86_400 * 10**9
    assert records.timestamps("ts_settled").astype(int).tolist() == [
        START + day + i for i in range(4)
    ]
    assert records.raw("ts_init").tolist() == records.raw("ts_event").tolist()
    # Gaps of a frame are 0, since none of them is a trade that was not made.
    assert records.to_float64("left").tolist() == [1.5, 0, 0, 2]
    frame = records.to_pandas()
    assert list(frame.columns) == [c for c in Odd.kind.columns if c != "ts_event"]
    assert OddDataWranglerV2("A.B", 2, 1, encoding=encoding).to_columns(frame) == records


def test_everything_comes_back(records: Records[Any], tmp_path: Path) -> None:
    cls = type(records)
    for target in ENCODINGS:
        assert cls.from_arrow(records.to_arrow(target)) == records
        write_arrow(records, tmp_path / f"{target}.arrow", encoding=target)
        assert bw.open(tmp_path / f"{target}.arrow", container=cls) == records
    write_parquet(records, tmp_path / "a.parquet")
    opened = bw.open(tmp_path / "a.parquet", container=cls)
    assert (opened, type(opened)) == (records, cls)
    assert pickle.loads(pickle.dumps(records)) == records
    assert records[1:4:2].to_list() == records.to_list()[1:4:2]
    for record in records:
        assert type(record).from_dict(record.to_dict()) == record
        assert pickle.loads(pickle.dumps(record)) == record


def test_single_records(encoding: str) -> None:
    mark = marks(encoding)[1]
    assert (mark.value, str(mark), repr(mark)) == (
        bw.Price.parse("0.25"),
        f"BTC.X,0.25,{START + 1}",
        "MarkPriceUpdate(2024-01-02T09:30:00.000000001Z value=0.25)",
    )
    assert mark.to_dict() == {
        "type": "MarkPriceUpdate", "instrument_id": "BTC.X", "value": "0.25",
        "ts_event": START + 1, "ts_init": START + 1,
    }  # fmt: skip
    odd: Any = odds(encoding)[1]
    assert (odd.phase, odd.note, odd.rate, str(odd.paid)) == (Phase.AUCTION, "b", -1.0, "2.00")
    assert repr(odd) == "Odd(2024-01-02T09:30:00.000000001Z paid=2.00 phase=AUCTION)"
    assert type(odd).phase.__doc__ == "What the column `phase` holds."


def test_streams(records: Records[Any]) -> None:
    inner = {MarkPrices: MarkPriceDataWranglerV2, Odds: OddDataWranglerV2}[type(records)]
    wrangler = inner.from_schema(records.schema)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, records.schema) as writer:
        writer.write_table(records.to_arrow(), 2)
    assert wrangler._inner.process_record_batch_bytes(sink.getvalue()) == records.to_list()
    assert list(wrangler._inner.process_record_batch_bytes_iter(sink.getvalue())) == list(records)
    assert wrangler.from_arrow(records.to_arrow()) == records.to_list()


def test_checks() -> None:
    assert bw.validate(marks()).ok
    table = odds().to_arrow()
    bad = table.set_column(3, table.schema.field(3), pa.array([3, 4, 9, 3], pa.int16()))
    bad = pa.concat_tables([bad, bad.slice(3)])
    found = {f.check: (f.count, f.first_row) for f in bw.validate(Odds.from_arrow(bad)).findings}
    assert found == {"unknown_phase": (1, 1), "repeated": (1, 4)}


# ---------------------------------------------------------------------- errors


def test_a_reader_that_was_told_nothing_says_what_to_do(tmp_path: Path) -> None:
    write_arrow(marks(), tmp_path / "a.arrow")
    with pytest.raises(
        bw.BarrowSchemaError, match="no records that are known: found value, ts_e"
    ) as e:
        bw.open(tmp_path / "a.arrow")
    assert str(e.value).endswith("or: container=... for a class of your own")
    with pytest.raises(bw.BarrowSchemaError, match="no odds: column note, left, phase"):
        bw.open(tmp_path / "a.arrow", container=Odds)
    (tmp_path / "a.csv").write_text("timestamp,price,size,side,id\n2024-01-02,1,1,buy,1\n")
    with pytest.raises(bw.BarrowSchemaError, match="it holds trades, expected mark prices"):
        bw.open(tmp_path / "a.csv", container=MarkPrices)


def test_there_is_no_size_precision() -> None:
    assert (marks().price_precision, marks().size_precision) == (2, 0)
    with pytest.raises(bw.BarrowArgumentError, match="size_precision: mark prices have none"):
        MarkPriceDataWranglerV2("BTC.X", 2, 0)
    with pytest.raises(bw.BarrowArgumentError, match="price_precision: None is no number"):
        MarkPriceDataWranglerV2("BTC.X")


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"phase": ["open", "closed", "open", "open"]},
         'row 1 column "phase": "closed" is no phase: expected 3 (OPEN), 9 (AUCTION), or text '
         "such as open or cross"),
        ({"phase": [3, 9, 4, 3]}, 'row 2 column "phase": 4 is no phase'),
        ({"paid": [1, 2, np.nan, 3]}, 'row 2 column "paid": "nan" is not a finite number'),
    ],
)  # fmt: skip
def test_frames_that_are_none(columns: dict[str, Any], text: str) -> None:
    with pytest.raises(bw.BarrowParseError) as raised:
        OddDataWranglerV2("A.B", 2, 1).to_columns(odd_frame(**columns))
    assert str(raised.value).startswith(text)


TIMES = (Field.time("ts_event"), Field.time("ts_init"))


@pytest.mark.parametrize(
    ("fields", "options", "text"),
    [
        ((Field.price("a"), Field.price("a"), *TIMES), {}, "a column is there twice"),
        ((Field.text("a"), *TIMES), {}, "no column is a price or a size"),
        ((Field.price("a"), TIMES[1]), {}, "there is no time ts_event"),
        ((Field.price("a"), Field.plain("b", pa.bool_()), *TIMES), {},
         'column "b" is bool, expected an integer or a float'),
        ((Field.price("a"), *TIMES), {"key": "isin"}, "the key is 'isin', expected bar_type or"),
        ((Field.price("a"), *TIMES), {"shown": ("x",)}, "it shows x, which it does not have"),
    ],
)  # fmt: skip
def test_kinds_that_are_none(fields: Any, options: Any, text: str) -> None:
    with pytest.raises(bw.BarrowArgumentError, match=f"^kind 'x': {text}"):
        RecordKind("x", fields, **options)


def test_columns_that_would_hide_what_every_record_has() -> None:
    taken = RecordKind("x", (Field.price("owner"), *TIMES))
    with pytest.raises(bw.BarrowArgumentError, match="column 'owner' is a name every record has"):
        type("Taken", (Record,), {"__slots__": (), "kind": taken})
