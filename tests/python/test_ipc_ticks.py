"""Arrow files of quotes and trades; see test_ipc.py for what they share with bars."""

from __future__ import annotations

import json
from pathlib import Path

import barrow as bw
import polars as pl
import pyarrow as pa
import pytest
from barrow.ipc import ArrowFileWriter, open_arrow
from children import run_barrow
from ticks import COLUMNS, ENCODINGS, INSTRUMENT, QUOTE, VALUES, Row, records_of, schema_of

TRADES_ALIGNED = (15, 31, 255, 1007)


def rows_of(kind: str, count: int) -> list[Row]:
    if kind == "quotes":
        return [(f"{i}.25", f"{i + 1}.5", str(i % 7), "3") for i in range(count)]
    return [(f"{i}.25", str(i % 7 + 1), i % 3, "x" * (i % 5) + str(i)) for i in range(count)]


def write(path: Path, records: bw.Bars | bw.Quotes | bw.Trades) -> Path:
    with ArrowFileWriter(path, records.schema, overwrite=True) as writer:
        for batch in records.to_arrow().to_batches():
            writer.write(batch)
        writer.commit()
    return path


def buffers(path: Path) -> list[dict[str, list[pa.Buffer]]]:
    """The buffers of every column of every batch of a mapped file."""
    reader = pa.ipc.open_file(pa.memory_map(str(path)))
    batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
    return [
        {name: batch.column(name).buffers()[1:] for name in batch.schema.names} for batch in batches
    ]


@pytest.fixture(params=["quotes", "trades"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=ENCODINGS)
def encoding(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("batch_rows", [1, 7, 64, None])
def test_open_gives_what_was_written(
    tmp_path: Path, kind: str, encoding: str, batch_rows: int | None
) -> None:
    records = records_of(kind, rows_of(kind, 200), encoding, batch_rows=batch_rows)
    opened = bw.open(write(tmp_path / "ticks.arrow", records))
    assert type(opened) is type(records)
    assert opened == records
    assert list(opened) == list(records)
    assert opened[150:][3] == records[153]
    assert opened.schema.equals(records.schema, check_metadata=True)
    assert opened.to_pandas().equals(records.to_pandas())


def test_plain_tools_read_the_exact_schema(tmp_path: Path, kind: str, encoding: str) -> None:
    records = records_of(kind, rows_of(kind, 200), encoding, batch_rows=60)
    path = write(tmp_path / "ticks.arrow", records)
    with pa.OSFile(str(path)) as file:
        reader = pa.ipc.open_file(file)
        assert reader.schema.equals(schema_of(kind, encoding), check_metadata=True)
        table = reader.read_all()
    table.validate(full=True)
    assert table.equals(records.to_arrow())
    assert pl.read_ipc(path).columns == list(COLUMNS[kind])


@pytest.mark.parametrize("rows", [1, 3, 8, 15, 64, 100])
def test_every_column_of_quotes_is_aligned(tmp_path: Path, encoding: str, rows: int) -> None:
    records = records_of("quotes", rows_of("quotes", 200), encoding, batch_rows=rows)
    for batch in buffers(write(tmp_path / "q.arrow", records)):
        assert {b.address % 64 for column in batch.values() for b in column} == {0}


@pytest.mark.parametrize("rows", TRADES_ALIGNED)
def test_every_column_of_trades_is_aligned(tmp_path: Path, encoding: str, rows: int) -> None:
    assert records_of("trades", []).kind.aligned_rows(rows) == rows
    records = records_of("trades", rows_of("trades", 1007), encoding, batch_rows=rows)
    found = buffers(write(tmp_path / "t.arrow", records))
    for batch in found if 1007 % rows == 0 else found[:-1]:
        assert {b.address % 64 for column in batch.values() for b in column} == {0}


def test_other_batches_of_trades_are_aligned_up_to_their_ids(tmp_path: Path, encoding: str) -> None:
    records = records_of("trades", rows_of("trades", 200), encoding, batch_rows=64)
    for batch in buffers(write(tmp_path / "t.arrow", records)):
        offsets, _ = batch.pop("trade_id")
        times = [batch.pop(name)[0] for name in ("ts_event", "ts_init")]
        assert {b.address % 64 for b in (offsets, *(c[0] for c in batch.values()))} == {0}
        assert {b.address % 8 for b in times} == {0}


def test_padding_holds_nothing_of_other_rows(tmp_path: Path) -> None:
    secret = "5551234567"
    rows = [("1", "2", 0, "a"), ("1", "2", 0, secret), ("1", "2", 0, secret)]
    trades = records_of("trades", rows)[:1]
    assert secret.encode() not in write(tmp_path / "t.arrow", trades).read_bytes()


@pytest.mark.parametrize("begin", [0, 1, 8, 37])
def test_slices_are_written_as_what_they_show(
    tmp_path: Path, kind: str, encoding: str, begin: int
) -> None:
    records = records_of(kind, rows_of(kind, 200), encoding, batch_rows=50)[begin : begin + 90]
    assert bw.open(write(tmp_path / "ticks.arrow", records)) == records


def test_open_maps_every_column(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "ticks.arrow", records_of(kind, rows_of(kind, 200), batch_rows=64))
    opened = bw.open(path)
    ranges = [
        [int(end, 16) for end in line.split()[0].split("-")]
        for line in Path("/proc/self/maps").read_text().splitlines()
        if line.endswith(str(path))
    ]
    for batch in opened.to_arrow().to_batches():
        for column in batch.columns:
            for buffer in column.buffers()[1:]:
                assert any(begin <= buffer.address < end for begin, end in ranges)


def test_restating_widens_and_keeps_the_ids(tmp_path: Path, kind: str) -> None:
    narrow = records_of(kind, rows_of(kind, 200), batch_rows=31)
    wide = records_of(kind, rows_of(kind, 200), "fixed16")
    path = tmp_path / "ticks.arrow"
    with ArrowFileWriter(path, narrow.schema) as writer:
        for batch in narrow.to_arrow().to_batches():
            writer.write(batch)
        writer.restate(wide.schema)
        writer.commit()
    assert bw.open(path) == wide
    assert bw.open(path).encoding == "fixed16"
    for batch in buffers(path)[:-1]:
        assert {b.address % 64 for column in batch.values() for b in column} == {0}


# ---------------------------------------------------------------------- whose they are


def unnamed(tmp_path: Path, kind: str) -> Path:
    table = records_of(kind, rows_of(kind, 9)).to_arrow()
    known = {"price_precision": "4", "size_precision": "0"}
    table = table.replace_schema_metadata(known)
    return write(tmp_path / "unnamed.arrow", type(records_of(kind, [])).from_arrow(table))


def test_an_instrument_id_is_told_where_the_file_has_none(tmp_path: Path, kind: str) -> None:
    path = unnamed(tmp_path, kind)
    assert bw.open(path).instrument_id is None
    assert bw.open(path, instrument_id=INSTRUMENT).instrument_id == INSTRUMENT
    assert open_arrow(path, instrument_id="A.B").schema.metadata[b"instrument_id"] == b"A.B"
    with pytest.raises(bw.BarrowArgumentError, match='instrument id "EURUSD": there is no dot'):
        bw.open(path, instrument_id="EURUSD")


def test_another_instrument_is_a_schema_error(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "ticks.arrow", records_of(kind, rows_of(kind, 9)))
    assert bw.open(path, instrument_id=INSTRUMENT).instrument_id == INSTRUMENT
    with pytest.raises(bw.BarrowSchemaError) as caught:
        bw.open(path, instrument_id="GBP/USD.SIM")
    assert str(caught.value) == f"{path}: the {kind} are {INSTRUMENT}, not GBP/USD.SIM"


def test_what_does_not_apply_is_a_schema_error(tmp_path: Path, kind: str, csv_file) -> None:
    path = write(tmp_path / "ticks.arrow", records_of(kind, rows_of(kind, 9)))
    with pytest.raises(bw.BarrowSchemaError) as caught:
        bw.open(path, bar_type="A.B-1-DAY-LAST-EXTERNAL")
    assert str(caught.value) == (
        f"{path}: it holds {kind}, which have no bar type\n"
        "  try: instrument_id=... to say what they are of"
    )
    bars = csv_file("timestamp,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,10\n")
    bw.ingest(bars, tmp_path / "bars.arrow")
    with pytest.raises(bw.BarrowSchemaError, match="it holds bars, which have no instrument id"):
        bw.open(tmp_path / "bars.arrow", instrument_id=INSTRUMENT)


# ---------------------------------------------------------------------- damage


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """Trades whose 100th id ends far beyond the text; the footer is whole."""
    path = write(tmp_path / "t.arrow", records_of("trades", rows_of("trades", 200)))
    offsets = buffers(path)[0]["trade_id"][0]
    content = bytearray(path.read_bytes())
    at = content.index(memoryview(offsets).tobytes())
    content[at + 400 : at + 404] = (2**31 - 1).to_bytes(4, "little")
    path = tmp_path / "damaged.arrow"
    path.write_bytes(content)
    return path


def test_damaged_ids_are_refused_before_they_are_used(damaged: Path) -> None:
    trades = bw.open(damaged)
    assert isinstance(trades, bw.Trades)
    uses = [
        trades.trade_ids,
        trades.to_arrow,
        trades.to_pandas,
        lambda: [trade.trade_id for trade in trades],
        lambda: trades[99].trade_id,
        lambda: trades[::2],
        lambda: pa.table(trades),
        lambda: trades == bw.open(damaged),
        lambda: bw.validate(trades),
        lambda: trades[90:110].trade_ids(),
        trades.__reduce__,
    ]
    for use in uses:
        with pytest.raises(bw.BarrowCorruptError, match="a column of text: is damaged"):
            use()


def test_the_rest_of_damaged_trades_can_be_read(damaged: Path) -> None:
    trades = bw.open(damaged)
    assert trades.raw("aggressor_side").tolist() == [i % 3 for i in range(200)]
    assert trades.to_float64("price").tolist() == [i + 0.25 for i in range(200)]
    assert (trades[0].trade_id, trades[-1].trade_id) == ("0", "xxxx199")
    assert trades[:50].trade_ids().to_pylist() == [r[3] for r in rows_of("trades", 50)]


def test_ids_that_are_no_utf8_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.arrow", records_of("trades", [("1", "2", 0, "ABCDEFGH")] * 9))
    path.write_bytes(path.read_bytes().replace(b"ABCDEFGH", b"\xff" * 8))
    with pytest.raises(bw.BarrowCorruptError, match="UTF8"):
        bw.open(path).trade_ids()


# ---------------------------------------------------------------------- the command line


def succeed(*arguments: object) -> str:
    done = run_barrow(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_info_and_head(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "ticks.arrow", records_of(kind, rows_of(kind, 9), batch_rows=4))
    facts = json.loads(succeed("info", path, "--json"))
    assert (facts["rows"], facts["batches"], facts["instrument_id"]) == (9, 3, INSTRUMENT)
    assert list(facts["columns"]) == list(COLUMNS[kind])
    rows = json.loads(succeed("head", path, "-n", "2", "--json"))
    assert [list(row) for row in rows] == [["ts_event", *COLUMNS[kind][:4]]] * 2
    assert [row[VALUES[kind][0]] for row in rows] == ["0.2500", "1.2500"]
    lines = succeed("head", path).splitlines()
    assert lines[0].split() == ["ts_event", *COLUMNS[kind][:4]]
    assert len(lines) == 10
    assert lines[2].split()[1:] == list(rows[1].values())[1:]


def test_check(tmp_path: Path) -> None:
    good = write(tmp_path / "good.arrow", records_of("quotes", rows_of("quotes", 9)))
    assert succeed("check", good) == f"{good}: 9 quotes, 0 errors, 0 warnings\n"
    rows = [QUOTE, ("2", "1", "5", "7"), QUOTE]
    bad = write(tmp_path / "bad.arrow", records_of("quotes", rows, stamps=[3, 2, 9]))
    done = run_barrow("check", bad)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{bad}: 3 quotes, 1 errors, 1 warnings",
        "  error: ts_order, 1 rows, first at row 1: the stamp is before the one of the quote "
        "before",
        "    1970-01-01T00:00:00.000000003Z then 1970-01-01T00:00:00.000000002Z",
        "  warning: crossed_quote, 1 rows, first at row 1: the bid is above the ask",
        "    QuoteTick(1970-01-01T00:00:00.000000002Z bid_price=2.0000 ask_price=1.0000 "
        "bid_size=5 ask_size=7)",
    ]
    done = run_barrow("check", bad, "--bar-type", "A.B-1-DAY-LAST-EXTERNAL")
    assert (done.returncode, done.stderr) == (2, "ArgumentError: bar_type: quotes have none\n")
