"""Files between stages: readers, writers, and who picks them."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import barrow as bw
import pyarrow as pa
import pytest
from barrow.bar64 import write_bar64
from barrow.etl import EtlIO, ResampleIOFactory, ResampleIOReader, ResampleIOWriter
from barrow.etl.io import (
    ArrowReader,
    ArrowWriter,
    BinaryReader,
    BinaryWriter,
    Checkpoint,
    Format,
    TextIndex,
    TextReader,
    TextWriter,
    advance,
)
from barrow.ipc import write_arrow
from test_bar64 import BAR_TYPE, make_bars

ROWS = 1000
SUFFIXES = {"text": ".csv", "binary": ".bar64", "arrow": ".arrows"}
FACTORY = ResampleIOFactory()
TOLD: dict[str, Any] = {"bar_type": BAR_TYPE, "price_precision": 3, "size_precision": 1}


@pytest.fixture
def bars(tmp_path: Path) -> bw.Bars:
    return make_bars(tmp_path / "source.csv", ROWS)


def reader_of(path: Path, **options: Any) -> ResampleIOReader:
    """A reader that tells the bar type too where the text does not."""
    told = TOLD if FACTORY.format_of(path).name == "text" else {}
    return FACTORY.reader(path, **told, **options)


def all_of(reader: ResampleIOReader, n: int = 300) -> bw.Bars:
    parts = []
    while (bars := reader.read_batch(n)) is not None:
        assert len(bars) <= n
        parts.append(bars)
    tables = [part.to_arrow() for part in parts]
    return bw.Bars.from_arrow(pa.concat_tables(tables))


def written(path: Path, bars: bw.Bars, step: int = ROWS) -> Path:
    with FACTORY.writer(path) as writer:
        for begin in range(0, len(bars), step):
            assert writer.write_batch(bars[begin : begin + step]) == len(bars[begin : begin + step])
        writer.finalize()
    return path


@pytest.fixture(params=list(SUFFIXES))
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"out{SUFFIXES[request.param]}"


# ---------------------------------------------------------------------- reading


@pytest.mark.parametrize("n", [1, 7, 300, 999, 1000, 5000])
def test_batches_have_as_many_bars_as_asked_for(bars: bw.Bars, path: Path, n: int) -> None:
    written(path, bars, step=333)
    with reader_of(path) as reader:
        sizes = []
        while (part := reader.read_batch(n)) is not None:
            assert part == bars[sum(sizes) : sum(sizes) + n]
            sizes.append(len(part))
        assert reader.read_batch(n) is None
    assert sum(sizes) == ROWS
    assert set(sizes[:-1]) <= {n}


def test_every_position_can_be_gone_back_to(bars: bw.Bars, path: Path) -> None:
    written(path, bars, step=100)
    size = path.stat().st_size
    with reader_of(path) as reader:
        places = [reader.tell()]
        while reader.read_batch(37) is not None:
            places.append(reader.tell())
        assert places == sorted(set(places))
        assert 0 <= places[0] < places[-1] <= size
        for at in range(len(places) - 2, -1, -1):
            reader.seek(places[at])
            assert reader.tell() == places[at]
            assert reader.read_batch(37) == bars[37 * at : 37 * (at + 1)]
            assert reader.tell() == places[at + 1]
        reader.seek(0)
        assert reader.read_batch(5) == bars[:5]
        reader.seek(places[-1])
        assert reader.read_batch(5) is None
    for at in (0, 5, 27):
        with reader_of(path) as other:
            other.seek(places[at])
            assert other.read_batch(37) == bars[37 * at : 37 * (at + 1)]


def test_a_reader_goes_on_where_somebody_added(bars: bw.Bars, path: Path) -> None:
    with FACTORY.writer(path) as writer:
        writer.write_batch(bars[:100])
        with reader_of(path, whole=False) as reader:
            assert all_of(reader) == bars[:100]
            place = reader.tell()
            writer.write_batch(bars[100:150])
            reader.seek(place)
            assert all_of(reader) == bars[100:150]
            place = reader.tell()
            reader.seek(place)
            assert reader.read_batch(1) is None
            assert reader.tell() == place


def test_numbers_that_are_no_positions_are_refused(bars: bw.Bars, path: Path) -> None:
    written(path, bars)
    size = path.stat().st_size
    with reader_of(path) as reader:
        reader.read_batch(10)
        place = reader.tell()
        wrong = 17 if isinstance(reader, ArrowReader) else place + 1
        with pytest.raises(bw.BarrowArgumentError) as caught:
            reader.seek(wrong)
        assert str(caught.value).startswith(f"position: {wrong:,} of {path} is not ")
        with pytest.raises(bw.BarrowCorruptError) as short:
            reader.seek(size + 64)
        assert str(short.value).startswith(f"{path}: it has {size:,} bytes, expected at least ")
        with pytest.raises(bw.BarrowArgumentError, match="n: 0 is no number from 1"):
            reader.read_batch(0)


def test_files_that_are_not_there_are_io_errors(tmp_path: Path) -> None:
    for suffix in (*SUFFIXES.values(), ".arrow"):
        with pytest.raises(bw.BarrowIoError, match="cannot be read: No such file"):
            FACTORY.reader(tmp_path / f"none{suffix}")


def test_arrow_files_are_read_as_well(bars: bw.Bars, tmp_path: Path) -> None:
    path = tmp_path / "bars.arrow"
    bw.ingest(tmp_path / "source.csv", path, batch_rows=64, bar_type=BAR_TYPE)
    with reader_of(path) as reader:
        assert isinstance(reader, ArrowReader)
        assert all_of(reader, 50) == bars
        reader.seek(0)
        reader.read_batch(130)
        place = reader.tell()
    with reader_of(path) as reader:
        reader.seek(place)
        assert all_of(reader) == bars[130:]
    packed = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(path, bars.schema, options=packed) as sink:
        sink.write_table(bars.to_arrow())
    with pytest.raises(bw.BarrowUnsupportedError, match="compressed batches"):
        reader_of(path)


def test_a_reader_of_a_file_of_others_says_so(tmp_path: Path) -> None:
    source = tmp_path / "trades.csv"
    source.write_text("timestamp,price,size\n1704187800,1,1\n")
    with pytest.raises(bw.BarrowSchemaError, match="it holds trades, expected bars"):
        TextReader(source)
    write_arrow(bw.read_csv(source), tmp_path / "trades.arrow")
    with pytest.raises(bw.BarrowSchemaError, match="no bars"):
        ArrowReader(tmp_path / "trades.arrow")
    with pa.ipc.new_stream(tmp_path / "t.arrows", bw.read_csv(source).schema):
        pass
    with pytest.raises(bw.BarrowSchemaError, match="no bars"):
        ArrowReader(tmp_path / "t.arrows")


# ---------------------------------------------------------------------- text


def test_a_line_that_is_being_written_is_left_for_later(tmp_path: Path) -> None:
    path = tmp_path / "live.csv"
    head = "timestamp,open,high,low,close,volume\n"
    path.write_text(head + "1704187800,1,1,1,1,1\n1704187860,1,1,1,1")
    with TextReader(path, whole=False) as reader:
        assert len(reader.read_batch(10) or ()) == 1
        assert reader.read_batch(10) is None
        place = reader.tell()
        assert place == path.stat().st_size - len("1704187860,1,1,1,1")
        path.write_text(head + "1704187800,1,1,1,1,1\n1704187860,1,1,1,1,25\n1704187920,1")
        reader.seek(place)
        found = reader.read_batch(10)
        assert found is not None
        assert [str(bar.volume) for bar in found] == ["25"]
    with TextReader(path) as whole, pytest.raises(bw.BarrowParseError, match="line 4"):
        whole.read_batch(10)


def test_a_file_with_a_header_only_has_no_bars_yet(tmp_path: Path) -> None:
    path = tmp_path / "live.csv"
    path.write_text("timestamp,open,high,low,close,volume\n")
    with TextReader(path) as reader:
        assert reader.read_batch(10) is None
        with path.open("a") as file:
            file.write("1704187800,1,1,1,1,1\n\n")
        reader.seek(reader.tell())
        assert len(reader.read_batch(10) or ()) == 1
        assert reader.read_batch(10) is None


def test_lines_in_errors_count_from_where_reading_went_on(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    rows = "1704187800,1,1,1,1,1\n" * 9 + "1704187800,1,x,1,1,1\n"
    path.write_text("timestamp,open,high,low,close,volume\n" + rows)
    with TextReader(path) as reader:
        reader.read_batch(8)
        place = reader.tell()
        with pytest.raises(bw.BarrowParseError, match=r"bars\.csv line 11 column 3"):
            reader.read_batch(2)
        reader.seek(place)
        with pytest.raises(bw.BarrowParseError) as caught:
            reader.read_batch(2)
    assert str(caught.value).startswith(f'{path} from byte {place} line 2 column 3 "high": "x" is')


def test_packed_text_is_read_but_has_no_positions(bars: bw.Bars, tmp_path: Path) -> None:
    path = tmp_path / "bars.csv.gz"
    path.write_bytes(gzip.compress((tmp_path / "source.csv").read_bytes()))
    with reader_of(path) as reader:
        assert all_of(reader) == bars
        for ask in (reader.tell, lambda: reader.seek(0)):
            with pytest.raises(bw.BarrowUnsupportedError, match="cannot go on within packed text"):
                ask()


# ---------------------------------------------------------------------- writing


@pytest.mark.parametrize("name", ["out.csv", "out.bar64"])
def test_the_bytes_do_not_depend_on_the_batches(bars: bw.Bars, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    whole = written(path, bars).read_bytes()
    for step in (1, 64, 333):
        path.unlink()
        assert written(path, bars, step).read_bytes() == whole


def test_what_is_written_is_read_by_others(bars: bw.Bars, tmp_path: Path) -> None:
    assert bw.read_csv(written(tmp_path / "a.csv", bars), bar_type=BAR_TYPE) == bars
    assert bw.open(written(tmp_path / "a.bar64", bars)) == bars
    stream = written(tmp_path / "a.arrows", bars, 300)
    assert bw.Bars.from_arrow(pa.ipc.open_stream(stream.read_bytes()).read_all()) == bars


def test_writers_go_on_at_the_end(bars: bw.Bars, path: Path) -> None:
    for begin in range(0, ROWS, 250):
        with FACTORY.writer(path) as writer:
            before = writer.tell()
            assert (before == 0) == (begin == 0)
            writer.write_batch(bars[begin : begin + 250])
            assert writer.tell() == path.stat().st_size > before
            writer.finalize()
        with reader_of(path) as reader:
            assert all_of(reader) == bars[: begin + 250]


def test_what_lies_behind_a_position_is_dropped(bars: bw.Bars, path: Path) -> None:
    with FACTORY.writer(path) as writer:
        places = [writer.tell()]
        for begin in range(0, ROWS, 100):
            writer.write_batch(bars[begin : begin + 100])
            places.append(writer.tell())
        writer.truncate(places[7])
        assert writer.tell() == places[7] == path.stat().st_size
        writer.write_batch(bars[700:750])
        writer.truncate(places[3])
        writer.write_batch(bars[300:310])
        writer.flush()
        with pytest.raises(bw.BarrowArgumentError, match=r"position: .* is not "):
            writer.truncate(places[2] + 1)
        with pytest.raises(bw.BarrowCorruptError, match="expected at least"):
            writer.truncate(places[9])
    with reader_of(path, whole=False) as reader:
        assert all_of(reader) == bars[:310]
    with FACTORY.writer(path) as writer:
        writer.truncate(0)
        writer.write_batch(bars[:5])
        writer.finalize()
    with reader_of(path) as reader:
        assert all_of(reader) == bars[:5]


def test_a_torn_end_is_an_error_unless_a_position_is_given(bars: bw.Bars, path: Path) -> None:
    with FACTORY.writer(path) as writer:
        writer.write_batch(bars[:500])
        place = writer.tell()
        writer.write_batch(bars[500:])
        end = writer.tell()
    torn = path.read_bytes()
    for size in (*range(end - 70, end - 64), end - 1, place + 1):
        path.write_bytes(torn[:size])
        if path.suffix == ".csv" and torn[size - 1 : size] == b"\n":
            continue
        with pytest.raises(bw.BarrowCorruptError):
            FACTORY.writer(path)
        assert path.stat().st_size == size
        with FACTORY.writer(path, at=place) as writer:
            assert writer.tell() == place == path.stat().st_size
            writer.write_batch(bars[500:])
            writer.finalize()
        with reader_of(path) as reader:
            assert all_of(reader) == bars
    path.write_bytes(torn[: place - 1])
    with pytest.raises(bw.BarrowCorruptError, match=f"expected at least {place:,}"):
        FACTORY.writer(path, at=place)


def test_two_writers_are_kept_apart(bars: bw.Bars, path: Path) -> None:
    written(path, bars)
    with FACTORY.writer(path), pytest.raises(bw.BarrowIoError, match="another writer has it open"):
        FACTORY.writer(path)


def test_bars_of_something_else_are_refused(bars: bw.Bars, path: Path, tmp_path: Path) -> None:
    other = make_bars(tmp_path / "o.csv", 3, bar_type="GBP/USD.SIM-1-MINUTE-BID-EXTERNAL")
    finer = make_bars(tmp_path / "f.csv", 3, price_precision=5)
    with FACTORY.writer(path) as writer:
        writer.write_batch(bars)
        end = writer.tell()
        with pytest.raises(bw.BarrowSchemaError, match="those to write GBP/USD"):
            writer.write_batch(other)
        with pytest.raises(bw.BarrowSchemaError, match="price_precision of the file is 3"):
            writer.write_batch(finer)
        assert writer.tell() == end == path.stat().st_size


def test_files_that_are_something_else_are_not_added_to(bars: bw.Bars, tmp_path: Path) -> None:
    arrow = tmp_path / "bars.arrow"
    for there in (False, True):
        if there:
            write_arrow(bars, arrow)
        with pytest.raises(bw.BarrowUnsupportedError) as caught:
            FACTORY.writer(arrow)
        assert str(caught.value) == (
            f"{arrow}: it is an Arrow file, which nothing can be added to\n"
            "  try: a stream (.arrows)\n   or: a bar64 file (.bar64)"
        )
    source = tmp_path / "source.csv"
    with pytest.raises(bw.BarrowSchemaError) as other:
        FACTORY.writer(source)
    assert str(other.value) == (
        f'{source}: the file starts with "timestamp,open,high,low,close,volume\\n", expected '
        '"ts_event,open,high,low,close,volume,ts_init\\n"\n  try: another file'
    )


def test_a_full_disk_leaves_the_file_as_it_was(
    bars: bw.Bars, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(path, bars[:10])
    real = os.pwrite
    with FACTORY.writer(path) as writer:
        before = path.read_bytes()

        def full(file: int, data: Any, place: int) -> int:
            if place > len(before):
                raise OSError(28, "No space left on device")
            return real(file, memoryview(data)[:100], place)

        monkeypatch.setattr(os, "pwrite", full)
        with pytest.raises(bw.BarrowIoError, match="No space left on device"):
            writer.write_batch(bars[10:])
        assert path.read_bytes() == before
        monkeypatch.setattr(os, "pwrite", real)
        writer.write_batch(bars[10:])
        writer.finalize()
    with reader_of(path) as reader:
        assert all_of(reader) == bars


# ---------------------------------------------------------------------- the factory


def test_the_content_decides_before_the_suffix(bars: bw.Bars, tmp_path: Path) -> None:
    kinds: dict[str, tuple[type, Callable[[Path], object]]] = {
        "binary": (BinaryReader, lambda path: write_bar64(bars, path, overwrite=True)),
        "arrow": (ArrowReader, lambda path: write_arrow(bars, path, overwrite=True)),
        "text": (TextReader, lambda path: bw.write_csv(bars, path, overwrite=True)),
    }
    for name, (kind, write) in kinds.items():
        for suffix in (".csv", ".bar64", ".arrow", ".dat", ""):
            path = tmp_path / f"bars{suffix}"
            write(path)
            assert FACTORY.format_of(path).name == name
            with reader_of(path) as reader:
                assert isinstance(reader, kind)
                assert all_of(reader) == bars


def test_the_suffix_decides_where_there_is_nothing(tmp_path: Path) -> None:
    writers = {"a.csv": TextWriter, "a.BAR64": BinaryWriter, "a.arrows": ArrowWriter}
    for name, kind in writers.items():
        with FACTORY.writer(tmp_path / name) as writer:
            assert type(writer) is kind
        (tmp_path / name).touch()
        assert FACTORY.format_of(tmp_path / name).writer is kind
    with pytest.raises(bw.BarrowArgumentError) as caught:
        FACTORY.writer(tmp_path / "a.dat")
    assert str(caught.value).startswith(
        f"path: neither the content nor the suffix of '{tmp_path}/a.dat' tells its format\n"
        "  try: one of .bar64, .arrows, .arrow, .feather, .ipc, .csv, "
    )
    (tmp_path / "b.dat").write_bytes(b"\0\1\2")
    with pytest.raises(bw.BarrowArgumentError):
        FACTORY.reader(tmp_path / "b.dat")


@pytest.mark.parametrize("suffix", SUFFIXES.values())
def test_the_handlers_follow_the_protocols(bars: bw.Bars, tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"x{suffix}", bars)
    with FACTORY.writer(path) as writer, reader_of(path, whole=False) as reader:
        assert isinstance(writer, ResampleIOWriter)
        assert isinstance(reader, ResampleIOReader)
        assert isinstance(writer, EtlIO)
        assert isinstance(reader, EtlIO)
        assert not isinstance(writer, ResampleIOReader)
        assert not isinstance(reader, ResampleIOWriter)
        assert (writer.path, reader.path) == (str(path), str(path))
    for _ in range(2):
        writer.close()
        reader.close()


# ---------------------------------------------------------------------- a class of one's own


class MyFile:
    """Bars pickled one batch a line: follows the protocols, inherits nothing."""

    def __init__(self, path: str | os.PathLike[str], **_: Any) -> None:
        self.path = os.fspath(path)
        self._file = Path(self.path).open("a+b")  # noqa: SIM115
        self._file.seek(0)

    def read_batch(self, n: int) -> bw.Bars | None:
        row = self._file.readline()
        if not row:
            return None
        table = pa.ipc.open_stream(bytes.fromhex(row[7:].decode())).read_all()
        return bw.Bars.from_arrow(table)

    def write_batch(self, bars: bw.Bars) -> int:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, bars.schema) as writer:
            writer.write_table(bars.to_arrow())
        self._file.seek(0, os.SEEK_END)
        self._file.write(b"MYBARS " + sink.getvalue().to_pybytes().hex().encode() + b"\n")
        return len(bars)

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, position: int) -> None:
        self._file.seek(position)

    def truncate(self, position: int) -> None:
        self._file.truncate(position)

    def flush(self, fsync: bool = True) -> None:
        self._file.flush()

    def finalize(self) -> None:
        self.flush()
        self.close()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> MyFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def test_a_class_of_ones_own_works_without_inheriting(bars: bw.Bars, tmp_path: Path) -> None:
    mine = Format("mine", (".mine",), lambda head: head.startswith(b"MYBARS"), MyFile, MyFile)
    factory = ResampleIOFactory(mine)
    with factory.writer(tmp_path / "a.mine") as writer:
        assert isinstance(writer, ResampleIOReader)
        assert isinstance(writer, ResampleIOWriter)
        source = written(tmp_path / "s.bar64", bars)
        with reader_of(source) as reader:
            index = TextIndex(tmp_path / "a.json")
            assert advance(reader, writer, index, batch_rows=300) == ROWS
    (tmp_path / "a.mine").rename(tmp_path / "a.csv")
    index = TextIndex(tmp_path / "b.json")
    with factory.reader(tmp_path / "a.csv") as reader, FACTORY.writer(tmp_path / "b.csv") as out:
        assert isinstance(reader, MyFile)
        assert advance(reader, out, index) == ROWS
    with reader_of(tmp_path / "b.csv") as reader:
        assert all_of(reader) == bars
    assert index.load() == Checkpoint(
        (tmp_path / "a.csv").stat().st_size,
        (tmp_path / "b.csv").stat().st_size,
        bars[-1].ts_event,
        *[getattr(index.load(), name) for name in ("input_head", "input_tail")],
    )
