"""The store as a folder of files that several look at."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import barrow as bw
import pyarrow as pa
import pytest
from barrow.bars.records import Records
from barrow.store import Coverage, Gap
from children import run_python
from minutes import BARS, FOLDER, MINUTE, bars_at, minutes_of
from ticks import INSTRUMENT, QUOTE, SECOND, START, TRADE, records_of


@pytest.fixture
def store(tmp_path: Path) -> bw.Store:
    return bw.Store(tmp_path / "store")


# ---------------------------------------------------------------------- what is there


def test_the_list_says_what_there_is(store: bw.Store) -> None:
    store.append(bars_at([0, 1]))
    store.append(bars_at([2, 9]))
    store.append(records_of("trades", [TRADE] * 3))
    bars, trades = store.list()
    assert bars == store.coverage(BARS)
    assert isinstance(bars, Coverage)
    assert (bars.kind, bars.identity, bars.rows, bars.parts) == ("bar", BARS, 4, 2)
    assert (bars.first, bars.last) == (START, START + 9 * MINUTE)
    assert bars.ranges == ((START, START + 9 * MINUTE),)
    assert (trades.kind, trades.rows, trades.encodings) == ("trade", 3, ("fixed8",))
    assert str(trades).startswith(
        "EUR/USD.SIM: 3 trades, 2024-01-02T09:30:00Z to 2024-01-02T09:30:02Z, 1 parts, "
    )


def test_coverage_has_runs_of_appends(store: bw.Store) -> None:
    for minutes in ([0, 1], [2, 3], [10, 11], [5]):
        store.append(bars_at(minutes))
    at = [START + minute * MINUTE for minute in (0, 3, 5, 5, 10, 11)]
    assert store.coverage(BARS).ranges == ((at[0], at[1]), (at[2], at[3]), (at[4], at[5]))


def test_gaps_are_found_inside_and_between_parts(store: bw.Store) -> None:
    store.append(bars_at([0, 1, 4]))
    store.append(bars_at([5, 10, 11]))
    store.append(bars_at([20]))
    at = {minute: START + minute * MINUTE for minute in range(21)}
    gaps = [Gap(at[1], at[4], 2), Gap(at[5], at[10], 4), Gap(at[11], at[20], 8)]
    assert store.gaps(BARS) == gaps
    assert store.gaps(BARS, longer_than=4 * MINUTE) == gaps[1:]
    assert gaps[0].span_ns == 3 * MINUTE


def test_gaps_of_ticks_need_a_length(store: bw.Store) -> None:
    store.append(records_of("quotes", [QUOTE] * 3, stamps=[START, START + 1, START + SECOND]))
    assert store.gaps(INSTRUMENT, longer_than=100) == [Gap(START + 1, START + SECOND, None)]
    with pytest.raises(bw.BarrowArgumentError, match="quotes have no length of their own"):
        store.gaps(INSTRUMENT)


def test_several_kinds_of_one_instrument_have_to_be_told_apart(store: bw.Store) -> None:
    quotes, trades = records_of("quotes", [QUOTE] * 2), records_of("trades", [TRADE] * 3)
    store.append(quotes)
    assert store.read(INSTRUMENT) == quotes
    store.append(trades)
    with pytest.raises(bw.BarrowArgumentError) as raised:
        store.read(INSTRUMENT)
    assert str(raised.value) == (
        "EUR/USD.SIM: the store has quotes and trades of it\n"
        "  try: kind='quote'\n   or: kind='trade'"
    )
    assert store.read(INSTRUMENT, kind="trade") == trades
    assert store.read(INSTRUMENT, kind="quote") == quotes
    assert store.coverage(INSTRUMENT, kind="quote").rows == 2
    assert set(store.compact(kind="trade")) == {"trade/EUR%2FUSD.SIM"}


class BlockTrade(bw.TradeTick):
    __slots__ = ()
    kind = replace(bw.TradeTick.kind, name="block trade")


class BlockTrades(Records[BlockTrade]):
    __slots__ = ()
    kind = BlockTrade.kind
    item = BlockTrade


def test_records_of_your_own_have_a_folder_of_their_own(store: bw.Store) -> None:
    trades = BlockTrades.from_arrow(records_of("trades", [TRADE] * 3).to_arrow())
    store.append(trades)
    assert store.read(INSTRUMENT) == trades
    assert store.compact(INSTRUMENT).keys() == {"block%20trade/EUR%2FUSD.SIM"}
    stranger = bw.Store(store.root)
    assert stranger.list() == []
    assert isinstance(stranger.read(INSTRUMENT, container=BlockTrades)[0], BlockTrade)
    friend = bw.Store(store.root, containers=[BlockTrades])
    assert [(each.kind, each.rows) for each in friend.list()] == [("block trade", 3)]
    assert friend.verify().rows == 3


def test_what_is_not_there_is_an_error_that_says_what_is(store: bw.Store) -> None:
    with pytest.raises(bw.BarrowArgumentError, match=r"no records of it in .*\n.*append"):
        store.read(BARS)
    store.append(bars_at([0]))
    with pytest.raises(bw.BarrowArgumentError, match=f"no trades of it.*\n.*{BARS}"):
        store.read("EUR/USD.SIM", kind="trade")


@pytest.mark.parametrize(
    "name", ["A.B", "..B", ".SPX.CBOE", "a/../b.X", "É.SIM", "a b%2F.X", "~.X"]
)
def test_any_name_is_a_folder_of_its_own(store: bw.Store, name: str) -> None:
    bar_type = f"{name}-1-MINUTE-LAST-EXTERNAL"
    store.append(bars_at([0], bar_type=bar_type))
    assert [each.identity for each in bw.Store(store.root).list()] == [bar_type]
    assert store.read(bw.BarType.parse(bar_type)).bar_type == bar_type
    [path] = store.parts(bar_type)
    assert path.parent.parent == Path(store.root, "bar")
    assert path.parent.name.isascii()
    assert not path.parent.name.startswith(".")


def test_records_without_a_name_are_refused(store: bw.Store) -> None:
    with pytest.raises(bw.BarrowArgumentError) as raised:
        store.append(bars_at([0], bar_type=None))
    assert str(raised.value) == (
        "append: the bars do not say their bar type\n  try: read or open them with bar_type=..."
    )
    with pytest.raises(bw.BarrowArgumentError, match="expected records such as Bars, got list"):
        store.append([])  # type: ignore[arg-type]
    with pytest.raises(bw.BarrowArgumentError, match="is no name of 1 to 255 bytes"):
        store.append(bars_at([0], bar_type=f"{'É' * 99}.X-1-DAY-LAST-EXTERNAL"))


# ---------------------------------------------------------------------- folders and files


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(bw.BarrowArgumentError) as raised:
        bw.Store(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path}: is no store: it has no store.json, and holds notes.txt\n"
        "  try: a folder of its own"
    )
    with pytest.raises(bw.BarrowArgumentError, match="is no folder"):
        bw.Store(tmp_path / "notes.txt")


def test_a_store_of_a_newer_barrow_is_refused(store: bw.Store) -> None:
    store.append(bars_at([0]))
    Path(store.root, "store.json").write_text('{"format": "barrow store", "version": 2}')
    with pytest.raises(bw.BarrowUnsupportedError, match=r"expected .*'version': 1"):
        bw.Store(store.root)


def test_a_series_in_the_wrong_folder_is_found(store: bw.Store) -> None:
    store.append(bars_at([0]))
    Path(store.root, FOLDER).rename(Path(store.root, "bar", "X.Y-1-MINUTE-BID-EXTERNAL"))
    with pytest.raises(bw.BarrowCorruptError, match=r"expected bar records of X\.Y-1"):
        bw.Store(store.root).read("X.Y-1-MINUTE-BID-EXTERNAL")


def test_the_layout_is_the_one_of_the_format_page(store: bw.Store) -> None:
    store.append(bars_at([0, 1]))
    store.append(bars_at([1], "1.7"), overlap="replace")
    files = {str(p.relative_to(store.root)) for p in Path(store.root).rglob("*") if p.is_file()}
    names = ("lock", "manifest.jsonl", "part-00000001.arrow", "part-00000002.arrow")
    assert files == {"lock", "store.json", *(f"{FOLDER}/{name}" for name in names)}
    lines = Path(store.root, FOLDER, "manifest.jsonl").read_text().splitlines()
    head, first, second = map(json.loads, lines)
    del head["crc"]
    assert head == {
        "format": "barrow series", "version": 1, "kind": "bar", "identity": BARS,
        "order": "ts_event", "lines": 1,
    }  # fmt: skip
    assert (first["line"], first["until"], first["next"]) == (1, START + MINUTE, 2)
    assert second["remove"] == [["part-00000001.arrow", 0]]
    assert [(e["part"], e["begin"], e["end"], e["batches"]) for e in second["add"]] == [
        ("part-00000001.arrow", 0, 1, [2]),
        ("part-00000002.arrow", 0, 1, [1]),
    ]


def test_parts_are_arrow_files_any_tool_reads(store: bw.Store) -> None:
    bars = bars_at([0, 1, 2], encoding="decimal128")
    store.append(bars)
    [path] = store.parts(BARS)
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    assert table.equals(bars.to_arrow())
    assert bw.open(path) == bars


def test_open_takes_the_folder_of_a_store(store: bw.Store) -> None:
    bars, quotes = bars_at([0, 1]), records_of("quotes", [QUOTE])
    store.append(bars)
    assert bw.open(store.root) == bars
    store.append(quotes)
    with pytest.raises(bw.BarrowArgumentError, match="the store holds 2 series"):
        bw.open(store.root)
    assert bw.open(store.root, bar_type=BARS) == bars
    assert bw.open(store.root, instrument_id=INSTRUMENT) == quotes


def test_verify_says_what_is_damaged(store: bw.Store) -> None:
    for minute in range(4):
        store.append(bars_at([minute]))
    paths = store.parts(BARS)
    paths[0].unlink()
    report = bw.Store(store.root).verify()
    assert [finding.check for finding in report.findings] == ["part_missing"]
    paths[0].write_bytes(paths[1].read_bytes())
    data = bytearray(paths[2].read_bytes())
    data[len(data) // 2] ^= 1
    paths[2].write_bytes(data)
    Path(store.root, FOLDER, "part-00000099.arrow").write_bytes(b"")
    report = bw.Store(store.root).verify()
    assert not report.ok
    assert [(f.check, Path(f.file or "").name) for f in report.findings] == [
        ("part_checksum", "part-00000001.arrow"),
        ("part_checksum", "part-00000003.arrow"),
        ("stray_file", "part-00000099.arrow"),
    ]
    Path(store.root, FOLDER, "manifest.jsonl").write_text("{}\n")
    [finding] = bw.Store(store.root).verify(BARS).findings
    assert finding.check == "manifest"


def test_a_part_that_is_gone_is_an_error(store: bw.Store) -> None:
    store.append(bars_at([0]))
    [path] = store.parts(BARS)
    path.unlink()
    with pytest.raises(bw.BarrowCorruptError) as raised:
        bw.Store(store.root).read(BARS)
    assert str(raised.value) == (
        f"{path}: is gone, and the manifest lists it\n  try: restore it from a copy"
    )


# ---------------------------------------------------------------------- at the same time


def test_a_reader_sees_what_another_process_appends(store: bw.Store) -> None:
    reader = bw.Store(store.root)
    store.append(bars_at([0]))
    before = reader.read(BARS)
    store.append(bars_at([1]))
    assert minutes_of(reader.read(BARS)) == [0, 1]
    store.compact()
    assert minutes_of(reader.read(BARS)) == [0, 1]
    assert minutes_of(before) == [0]


def test_files_a_compaction_removed_do_not_stay_mapped(store: bw.Store) -> None:
    bars = bars_at(list(range(20_000)))
    for begin in range(0, 20_000, 10_000):
        store.append(bars[begin : begin + 10_000])
    reader = bw.Store(store.root)
    reader.read(BARS)
    store.compact()
    assert len(reader.read(BARS)) == 20_000
    maps = Path("/proc/self/maps").read_text().splitlines()
    mapped = [line for line in maps if store.root in line]
    assert not [line for line in mapped if "deleted" in line]
    assert mapped


def test_records_outlive_the_files_they_are_in(store: bw.Store) -> None:
    bars = bars_at(list(range(20_000)))
    for begin in range(0, 20_000, 10_000):
        store.append(bars[begin : begin + 10_000])
    found = store.read(BARS)
    store.compact()
    assert len(store.parts(BARS)) == 1
    assert found == bars == store.read(BARS)


def test_a_reader_whose_manifest_is_old_reads_it_again(store: bw.Store) -> None:
    for minute in range(3):
        store.append(bars_at([minute]))
    reader = bw.Store(store.root)
    assert reader.coverage(BARS).parts == 3
    series = reader._one(BARS, None, None)
    old = series.state()
    store.compact()
    answers = iter([old])
    fresh = series.state
    series.state = lambda: next(answers, None) or fresh()  # type: ignore[method-assign]
    assert minutes_of(reader.read(BARS)) == [0, 1, 2]


def test_readers_never_see_half_an_append(store: bw.Store) -> None:
    stop, seen = threading.Event(), []
    wrong: list[object] = []
    store.append(bars_at(list(range(5))))

    def look() -> None:
        reader = bw.Store(store.root)
        while not stop.is_set():
            minutes = minutes_of(reader.read(BARS))
            seen.append(len(minutes))
            if minutes != list(range(len(minutes))) or len(minutes) % 5:
                wrong.append(minutes)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for step in range(1, 40):
        store.append(bars_at(list(range(5 * step, 5 * step + 5))))
        if step % 5 == 0:
            store.compact()
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(seen) > 2
    assert len(store.read(BARS)) == 200


WRITER = """
import sys, barrow as bw
sys.path.insert(0, sys.argv[1])
from children import run_python
from minutes import BARS, bars_at, minutes_of
store = bw.Store(sys.argv[2])
turns = 0
while True:
    there = minutes_of(store.read(BARS)) if store.list() else []
    if len(there) >= 120:
        break
    try:
        store.append(bars_at([len(there) + i for i in range(3)]))
        turns += 1
    except bw.BarrowArgumentError as error:
        assert "overlap" in str(error)
print(turns)
"""


def test_two_writers_do_not_lose_a_row(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(Path(__file__).parent), str(tmp_path / "store")]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    turns = [int(writer.communicate(timeout=300)[0]) for writer in writers]
    assert sum(turns) == 40
    store = bw.Store(tmp_path / "store")
    assert minutes_of(store.read(BARS)) == list(range(120))
    assert store.verify().ok
    assert not store.verify().findings


def test_a_writer_waits_for_another_one_and_then_says_so(store: bw.Store) -> None:
    import fcntl

    store.append(bars_at([0]))
    lock = Path(store.root, FOLDER, "lock")
    with lock.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(bw.BarrowIoError) as raised:
            store.append(bars_at([1]), timeout=0.05)
        assert str(raised.value).startswith(
            f"{lock}: is locked: another writer was at work for more than 0.05 s\n"
        )
        with pytest.raises(bw.BarrowIoError, match="is locked"):
            store.compact(timeout=0)
        assert minutes_of(store.read(BARS)) == [0]
        threading.Timer(0.2, lambda: fcntl.flock(file, fcntl.LOCK_UN)).start()
        store.append(bars_at([1]), timeout=30)
    assert minutes_of(store.read(BARS)) == [0, 1]


def test_reading_changes_no_file(store: bw.Store) -> None:
    store.append(bars_at([0]))
    before = {path: path.stat().st_mtime_ns for path in Path(store.root).rglob("*")}
    reader = bw.Store(store.root)
    reader.read(BARS)
    reader.list()
    reader.verify()
    assert {path: path.stat().st_mtime_ns for path in Path(store.root).rglob("*")} == before


def test_many_parts_are_read_with_few_open_files(tmp_path: Path) -> None:
    store = bw.Store(tmp_path / "store")
    bars = bars_at(list(range(60_000)))
    for begin in range(0, 60_000, 5_000):  # 12 parts too large not to be mapped
        store.append(bars[begin : begin + 5_000])
    code = """
        import os, resource, sys, barrow as bw
        store = bw.Store(sys.argv[1])
        held = [store.read(sys.argv[2])]
        open_files = len(os.listdir("/proc/self/fd"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
        held += [bw.Store(sys.argv[1]).read(sys.argv[2]) for _ in range(9)]
        assert all(records == held[0] for records in held)
        assert len(os.listdir("/proc/self/fd")) == open_files
        print(len(store.read(sys.argv[2])), store.compact()[sys.argv[3]].after)
    """
    done = run_python(code, store.root, BARS, FOLDER)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "60000 1\n"


def test_a_part_that_cannot_be_opened_says_why(store: bw.Store) -> None:
    store.append(bars_at(list(range(5_000))))
    [path] = store.parts(BARS)
    code = """
        import os, resource, sys, barrow as bw
        store = bw.Store(sys.argv[1])
        store.coverage(sys.argv[2])
        resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
        held = []
        try:
            while True:
                held.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        try:
            store.read(sys.argv[2])
        except bw.BarrowIoError as error:
            print(error)
    """
    done = run_python(code, store.root, BARS)
    assert done.stdout == (
        f"{path}: cannot be opened: too many files are open\n  try: ulimit -n 65536\n"
    )
