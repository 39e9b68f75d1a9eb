"""Catalogs, without NautilusTrader: tests/nautilus has what it says to them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import barrow as bw
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from barrow.etl.catalog.shelf import file_name, span_of
from children import assert_plain_failure, names, run_barrow
from ticks import INSTRUMENT, QUOTE, SECOND, START, TRADE, records_of

BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
MINUTE = 60 * 10**9
HEADER = "timestamp,open,high,low,close,volume\n"
PLACE = "data/bar/EURUSD.SIM-1-MINUTE-BID-EXTERNAL"


def write(path: Path, first: int = 0, rows: int = 20, price: str = "1.0842") -> Path:
    lines = [f"{START // 10**9 + 60 * (first + i)},{price},2,-1,1,{i}\n" for i in range(rows)]
    path.write_text(HEADER + "".join(lines))
    return path


def bars_of(path: Path, first: int = 0, rows: int = 20, price: str = "1.0842") -> bw.Bars:
    return bw.read_csv(write(path, first, rows, price), bar_type=BAR_TYPE)


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write(tmp_path / "bars.csv")


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return tmp_path / "out" / "catalog"


def test_names_of_files_tell_their_span() -> None:
    first, last = START, START + 123_456_789
    name = file_name(first, last)
    assert name == ("2024-01-02T09-30-00-000000000Z_2024-01-02T09-30-00-123456789Z.parquet")
    assert span_of(name) == (first, last)
    ends = file_name(0, 2**63 - 1)
    assert ends == "1970-01-01T00-00-00-000000000Z_2262-04-11T23-47-16-854775807Z.parquet"
    assert span_of(ends) == (0, 2**63 - 1)
    for other in ("part-0.parquet", name.replace("09-30", "25-30"), f"{name}.tmp", ""):
        assert span_of(other) is None


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".arrow", ".parquet"])
def test_any_file_goes_into_a_catalog(
    tmp_path: Path, csv: Path, catalog: Path, suffix: str
) -> None:
    bars = bw.read_csv(csv, bar_type=BAR_TYPE)
    source = tmp_path / f"source{suffix}"
    bw.convert(csv, source, **({"bar_type": BAR_TYPE} if ".csv" not in suffix else {}))
    told: list[tuple[int, int]] = []
    report = bw.convert(
        source, catalog, to="nautilus-catalog", bar_type=BAR_TYPE,
        progress=lambda *numbers: told.append(numbers),
    )  # fmt: skip
    path = catalog / PLACE / file_name(START, START + 19 * MINUTE)
    assert (report.path, report.output, report.format) == (
        str(source),
        str(path),
        "nautilus-catalog",
    )
    assert (report.rows, report.bytes_in) == (20, source.stat().st_size)
    assert report.bytes_out == path.stat().st_size
    assert told == [(20, 20 if suffix == ".arrow" else 0)]
    assert names(path.parent) == {path.name}
    schema = pq.read_schema(path)
    assert schema.field("open").type == pa.binary(16)
    assert schema.metadata == {
        b"bar_type": BAR_TYPE.encode(),
        b"instrument_id": b"EUR/USD.SIM",
        b"price_precision": b"4",
        b"size_precision": b"0",
    }
    for place in (catalog, path.parent, path):
        opened = bw.open(place)
        assert opened == bars
        assert (opened.bar_type, opened.encoding) == (BAR_TYPE, "fixed16")


@pytest.mark.parametrize(("kind", "row", "folder"), [
    ("quotes", QUOTE, "quote_tick"), ("trades", TRADE, "trade_tick"),
])  # fmt: skip
def test_ticks_of_every_encoding(catalog: Path, kind: str, row: tuple, folder: str) -> None:
    for at, encoding in enumerate(("fixed8", "fixed16", "decimal128")):
        stamps = [START + (3 * at + i) * SECOND for i in range(3)]
        bw.write_catalog(records_of(kind, [row] * 3, encoding, stamps=stamps), catalog)
    opened = bw.open(catalog, instrument_id=INSTRUMENT)
    every = [START + i * SECOND for i in range(9)]
    assert opened == records_of(kind, [row] * 9, "fixed16", stamps=every)
    assert len(names(catalog / "data" / folder / "EURUSD.SIM")) == 3


def test_a_later_file_is_stored_as_those_that_are_there(tmp_path: Path, catalog: Path) -> None:
    bw.write_catalog(bars_of(tmp_path / "a.csv"), catalog, encoding="fixed8")
    later = bars_of(tmp_path / "b.csv", 20, price="1.5")
    assert later.price_precision == 1
    bw.write_catalog(later, catalog)
    opened = bw.open(catalog)
    assert (opened.encoding, opened.price_precision, len(opened)) == ("fixed8", 4, 40)
    finer = bars_of(tmp_path / "c.csv", 40, price="1.08425")
    with pytest.raises(bw.BarrowParseError, match=r'row 0 column "open": "1\.08425" has more'):
        bw.write_catalog(finer, catalog)
    (first, _) = sorted((catalog / PLACE).iterdir())
    for options, text in (
        ({"encoding": "fixed16"}, "not as fixed16 with 4 and 0"),
        ({"price_precision": 5}, "not as fixed8 with 5 and 0"),
    ):
        with pytest.raises(bw.BarrowSchemaError) as caught:
            bw.write_catalog(finer, catalog, **options)
        assert str(caught.value) == (
            f"{first}: is stored as fixed8 with precisions 4 and 0, {text}, and NautilusTrader "
            "takes these from one file for all\n"
            "  try: leave encoding and precisions out\n   or: another catalog"
        )


def test_the_precisions_of_the_instrument(csv: Path, catalog: Path) -> None:
    bw.write_catalog(csv, catalog, bar_type=BAR_TYPE, price_precision=5, size_precision=2)
    opened = bw.open(catalog)
    assert (opened.price_precision, opened.size_precision) == (5, 2)
    assert str(opened[0]).startswith(f"{BAR_TYPE},1.08420,2.00000,-1.00000,1.00000,0.00,")
    with pytest.raises(bw.BarrowParseError, match=r"line 2 column 2 .open.: .1\.0842. has more"):
        bw.write_catalog(csv, catalog, bar_type=BAR_TYPE, price_precision=3, size_precision=0)
    with pytest.raises(bw.BarrowArgumentError, match="price_precision: 17 is no"):
        bw.write_catalog(opened, catalog / "new", price_precision=17)
    wide = bw.Bars.from_arrow(_with_volume(opened, 2 * 10**10))
    with pytest.raises(bw.BarrowParseError, match="is beyond the largest value of fixed8"):
        bw.write_catalog(wide, catalog.parent / "other", encoding="fixed8")


def _with_volume(bars: bw.Bars, volume: int) -> pa.Table:
    table = bars.to_arrow()
    cells = pa.array([(volume * 10**16).to_bytes(16, "little")] * len(bars), pa.binary(16))
    return table.set_column(4, table.schema.field(4), cells)


def test_spans_do_not_overlap(tmp_path: Path, catalog: Path) -> None:
    first = bw.write_catalog(bars_of(tmp_path / "a.csv"), catalog)
    again = bars_of(tmp_path / "b.csv", price="1.0")
    with pytest.raises(bw.BarrowIoError) as caught:
        bw.write_catalog(again, catalog)
    assert str(caught.value) == (
        f"{first.output}: the file exists\n  try: overwrite=True (--overwrite)"
    )
    for begin, rows in ((19, 5), (-5, 6), (3, 2), (-3, 40)):
        other = bars_of(tmp_path / "c.csv", begin, rows)
        for overwrite in (False, True):
            with pytest.raises(bw.BarrowIoError) as caught:
                bw.write_catalog(other, catalog, overwrite=overwrite)
            name = file_name(START + begin * MINUTE, START + (begin + rows - 1) * MINUTE)
            assert str(caught.value) == (
                f"{first.output}: its span overlaps with that of {name}\n"
                "  try: remove it, or leave those rows out"
            )
    assert names(catalog / PLACE) == {Path(first.output).name}
    assert bw.open(catalog)[0].open.raw == 10_842 * 10**12
    bw.write_catalog(again, catalog, overwrite=True)
    assert bw.open(catalog)[0].open.raw == 10**16


def test_a_folder_is_that_of_one_instrument(tmp_path: Path, catalog: Path) -> None:
    first = bw.write_catalog(bars_of(tmp_path / "a.csv"), catalog)
    other = BAR_TYPE.replace("/", "")
    with pytest.raises(bw.BarrowSchemaError) as caught:
        bw.write_catalog(write(tmp_path / "b.csv", 30), catalog, bar_type=other)
    assert str(caught.value) == (
        f"{first.output}: holds bars of {BAR_TYPE}, whose folder is also that of {other}\n"
        "  try: another catalog"
    )
    with pytest.raises(bw.BarrowSchemaError, match=r"the bars are EUR/USD\.SIM.*, not EURUSD"):
        bw.open(catalog, bar_type=other)


def test_rows_are_in_the_order_of_ts_init(tmp_path: Path, catalog: Path) -> None:
    rows = 70_000
    path = write(tmp_path / "long.csv", rows=rows)
    with path.open("a") as file:
        file.write(f"{START // 10**9},1,1,1,1,1\n")
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.write_catalog(path, catalog, bar_type=BAR_TYPE)
    assert str(caught.value) == (
        "row 70000 column 'ts_init': 2024-01-02T09:30:00Z is before 2024-02-20T00:09:00Z of the "
        "row before, and a catalog is in the order of ts_init\n  try: sort the rows by time"
    )
    assert not catalog.parent.exists()


def test_records_without_a_name_have_no_place(csv: Path, tmp_path: Path, catalog: Path) -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.write_catalog(csv, catalog)
    assert str(caught.value) == (
        f"{csv}: its bars have no bar type, by which a catalog files them\n"
        "  try: bar_type=... (--bar-type ...)"
    )
    with pytest.raises(bw.BarrowArgumentError, match="Bars: its bars have no bar type"):
        bw.write_catalog(bw.read_csv(csv), catalog)
    with pytest.raises(bw.BarrowArgumentError, match="holds no rows"):
        bw.write_catalog(bars_of(tmp_path / "a.csv")[:0], catalog)
    with pytest.raises(bw.BarrowArgumentError, match="'decimal128' is neither fixed8 nor fixed16"):
        bw.write_catalog(csv, catalog, bar_type=BAR_TYPE, encoding="decimal128")
    with pytest.raises(bw.BarrowArgumentError, match="expected records or a path, got dict"):
        bw.write_catalog({}, catalog)
    assert not catalog.parent.exists()


def test_nothing_is_left_of_what_fails(tmp_path: Path, catalog: Path) -> None:
    bad = write(tmp_path / "bad.csv", rows=70_000)
    with bad.open("a") as file:
        file.write("x,1,1,1,1,1\n")
    options = {"bar_type": BAR_TYPE, "price_precision": 4, "size_precision": 0}
    with pytest.raises(bw.BarrowParseError, match="line 70002"):
        bw.write_catalog(bad, catalog, **options)
    assert not catalog.parent.exists()

    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bw.write_catalog(bars_of(tmp_path / "a.csv"), catalog, progress=stop)
    assert not catalog.parent.exists()
    bw.write_catalog(bars_of(tmp_path / "a.csv"), catalog)
    with pytest.raises(KeyboardInterrupt):
        bw.write_catalog(bars_of(tmp_path / "b.csv", 20), catalog, progress=stop)
    assert len(names(catalog / PLACE)) == 1
    with pytest.raises(bw.BarrowIoError, match="cannot be written: Not a directory"):
        bw.write_catalog(bars_of(tmp_path / "a.csv"), tmp_path / "a.csv")
    with pytest.raises(bw.BarrowIoError, match=r"no such\.csv: cannot be read"):
        bw.write_catalog(tmp_path / "no such.csv", catalog, bar_type=BAR_TYPE)


def test_what_is_asked_of_a_catalog(tmp_path: Path, catalog: Path) -> None:
    bars = bars_of(tmp_path / "a.csv")
    other = BAR_TYPE.replace("BID", "ASK")
    bw.write_catalog(bars, catalog)
    bw.write_catalog(write(tmp_path / "b.csv"), catalog, bar_type=other)
    (catalog / "data" / "crypto_perpetual" / "X.Y").mkdir(parents=True)
    (catalog / "data" / "bar" / "a file").write_text("")
    assert bw.open(catalog, bar_type=BAR_TYPE) == bars
    assert bw.open(catalog, bar_type=BAR_TYPE.lower().replace("eur/usd.sim", "EUR/USD.SIM")) == bars
    there = ", ".join(f"data/bar/{name.replace('/', '')}" for name in sorted([BAR_TYPE, other]))
    for options, what in (
        ({}, "holds several of bars, quotes or trades"),
        ({"instrument_id": "A.B"}, "holds none of A.B"),
        ({"bar_type": "A.B-1-DAY-LAST-EXTERNAL"}, "holds none of A.B-1-DAY-LAST-EXTERNAL"),
    ):
        with pytest.raises(bw.BarrowArgumentError) as caught:
            bw.open(catalog, **options)
        assert str(caught.value) == (
            f"{catalog}: {what}; there are: {there}\n  try: the path of one of these folders"
        )
    (tmp_path / "empty" / "data").mkdir(parents=True)
    with pytest.raises(bw.BarrowArgumentError, match=r"there are: no such folders$"):
        bw.open(tmp_path / "empty")
    with pytest.raises(bw.BarrowIoError, match="Is a directory"):
        bw.open(catalog / "data" / "bar")


def test_files_that_differ_are_not_put_together(tmp_path: Path, catalog: Path) -> None:
    bw.write_catalog(bars_of(tmp_path / "a.csv"), catalog)
    bw.write_catalog(bars_of(tmp_path / "b.csv", 20), tmp_path / "two", encoding="fixed8")
    (second,) = (tmp_path / "two").rglob("*.parquet")
    moved = catalog / PLACE / second.name
    second.rename(moved)
    with pytest.raises(bw.BarrowSchemaError, match="differs from other files of its folder"):
        bw.open(catalog)
    with pytest.raises(bw.BarrowSchemaError, match="differs from other files of its folder"):
        bw.write_catalog(bars_of(tmp_path / "c.csv", 40), catalog)
    moved.write_bytes(b"PAR1")
    with pytest.raises(bw.BarrowCorruptError, match="no whole Parquet file"):
        bw.write_catalog(bars_of(tmp_path / "c.csv", 40), catalog)


def test_the_command(csv: Path, tmp_path: Path, catalog: Path) -> None:
    options = ("-o", catalog, "--to", "nautilus-catalog")
    done = run_barrow("convert", csv, *options)
    assert_plain_failure(done, 2)
    assert "its bars have no bar type" in done.stderr
    done = run_barrow("convert", csv, *options, "--bar-type", BAR_TYPE, "--json",
                      "--price-precision", "5", "--size-precision", "0")  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["rows"], report["format"]) == (20, "nautilus-catalog")
    assert bw.open(catalog).price_precision == 5
    assert_plain_failure(run_barrow("convert", csv, *options, "--bar-type", BAR_TYPE), 1)
    done = run_barrow("convert", catalog, "-o", tmp_path / "back.csv", "--decimals", "shortest")
    assert done.returncode == 0, done.stderr
    assert bw.read_csv(tmp_path / "back.csv", bar_type=BAR_TYPE).raw("open").tolist() == (
        bw.read_csv(csv).raw("open").tolist()
    )
    for extra in (("--price-precision", "5"), ("--size-precision", "5")):
        done = run_barrow("convert", csv, "-o", tmp_path / "x.csv", *extra)
        assert_plain_failure(done, 2)
        assert (
            f"{extra[0][2:].replace('-', '_')}: is an option of catalogs, not of csv" in done.stderr
        )


PEAK = """
import sys, barrow as bw
bw.write_catalog(sys.argv[1], sys.argv[2], bar_type=sys.argv[3])
with open("/proc/self/status") as status:
    print(int(status.read().split("VmHWM:")[1].split()[0]) << 10)
"""


def peak(source: Path, out: Path) -> int:
    command = [sys.executable, "-c", PEAK, str(source), str(out), BAR_TYPE]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    return int(done.stdout)


def least_peak(source: Path, out: Path) -> int:
    """Of three runs: how far pyarrow's threads read ahead depends on who else is at work."""
    return min(peak(source, out.with_name(f"{out.name}-{at}")) for at in range(3))


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small = write(tmp_path / "small.csv", rows=300_000)
    large = write(tmp_path / "large.csv", rows=1_500_000)
    before = peak(small, tmp_path / "a")
    assert least_peak(large, tmp_path / "b") < before + (24 << 20)
    for name in ("small", "large"):
        bw.convert(tmp_path / f"{name}.csv", tmp_path / f"{name}.parquet", bar_type=BAR_TYPE)
    before = peak(tmp_path / "small.parquet", tmp_path / "c")
    assert least_peak(tmp_path / "large.parquet", tmp_path / "d") < before + (40 << 20)
