from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import barrow as bw
import pytest
from children import BARROW, ROOT, assert_plain_failure, names, run_python
from reference import COLUMNS, integers

sys.path.insert(0, str(ROOT / "benchmarks"))
from make_data import make_bars

HEADER = "timestamp,open,high,low,close,volume\n"
ROW = "2024-01-02T09:30:00Z,1.0842,1.0850,1.0840,1.0848,312\n"
MEMORY_LIMIT = 300 << 20


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "bars.arrow"


@pytest.fixture(scope="session")
def block(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100,000 generated bars, about 6 MB."""
    path = tmp_path_factory.mktemp("generated") / "block.csv"
    make_bars(path, 100_000)
    return path


def repeat(block: Path, path: Path, times: int, tail: str = "") -> Path:
    """The rows of a file many times over."""
    header, _, rows = block.read_bytes().partition(b"\n")
    with path.open("wb") as file:
        file.write(header + b"\n")
        for _ in range(times):
            file.write(rows)
        file.write(tail.encode())
    return path


# ---------------------------------------------------------------------- results


@pytest.mark.parametrize("batch_rows", [1000, 65_536])
def test_ingest_writes_what_read_reads(block: Path, out: Path, batch_rows: int) -> None:
    report = bw.ingest(block, out, batch_rows=batch_rows)
    bars, read = bw.open(out), bw.read_csv(block)
    assert bars == read
    assert bars.schema.equals(read.schema, check_metadata=True)
    assert (report.rows_in, report.rows_out, report.rows_rejected) == (100_000, 100_000, 0)
    assert report.batches == len(list(bars.batches())) == -(-100_000 // batch_rows)
    assert (report.first_ts, report.last_ts) == (bars[0].ts_event, bars[-1].ts_event)
    assert (report.bytes_in, report.bytes_out) == (block.stat().st_size, out.stat().st_size)
    assert report.output == str(out)
    assert names(out.parent) == {"bars.arrow"}


LATE = {
    "precision": (ROW.replace("1.0848", "1.084812"), "fixed8", 6, 0),
    "size precision": (ROW.replace("312", "312.25"), "fixed8", 4, 2),
    "decimals": (ROW.replace("1.0848", "1.08480000000012"), "fixed16", 14, 0),
    "volume": (ROW.replace("312", "31200000000"), "fixed16", 4, 0),
}


@pytest.mark.parametrize("kind", LATE)
@pytest.mark.parametrize("after", [0, 50, 97])
def test_what_grows_late_restates_the_batches_before(
    tmp_path: Path, out: Path, kind: str, after: int
) -> None:
    row, encoding, price_precision, size_precision = LATE[kind]
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + ROW * after + row + ROW * (97 - after))
    report = bw.ingest(path, out, batch_rows=8)
    bars = bw.open(out)
    facts = (encoding, price_precision, size_precision)
    assert (bars.encoding, bars.price_precision, bars.size_precision) == facts
    assert (report.encoding, report.price_precision, report.size_precision) == facts
    assert [len(part) for part in bars.batches()] == [8] * 12 + [2]
    read = bw.read_csv(path)
    for name in COLUMNS:
        assert integers(bars, name) == integers(read, name)
    aligned = [
        column.buffers()[1].address % 64
        for part in list(bars.batches())[:-1]
        for column in part.to_arrow().to_batches()[0].columns
    ]
    assert set(aligned) == {0}
    assert names(out.parent) == {"bars.arrow"}


def test_growing_again_and_again_restates_again(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "bars.csv"
    rows = [ROW.replace("1.0848", f"1.0848{'1' * i}") for i in range(12)]
    path.write_text(HEADER + "".join(row * 10 for row in rows))
    bw.ingest(path, out, batch_rows=8)
    bars = bw.open(out)
    assert (bars.encoding, bars.price_precision) == ("fixed16", 15)
    assert bars == bw.read_csv(path)
    assert names(out.parent) == {"bars.arrow"}


def test_the_account_adds_up(tmp_path: Path, out: Path) -> None:
    path, rejects = tmp_path / "bars.csv", out.parent / "rejects.csv"
    rng = random.Random(11)
    rows = [rng.choice([ROW, ROW, "x\n", "\n", ROW.replace("312", "-1")]) for _ in range(5000)]
    path.write_text(HEADER + "".join(rows))
    report = bw.ingest(path, out, on_error="quarantine", rejects=rejects, batch_rows=64)
    good, blank = rows.count(ROW), rows.count("\n")
    assert (report.rows_out, report.blank_lines) == (good, blank)
    assert report.rows_rejected == 5000 - good - blank
    assert report.rows_in == report.rows_out + report.rows_rejected
    assert len(bw.open(out)) == good
    assert len(rejects.read_text().splitlines()) == 1 + report.rows_rejected
    read = bw.read_csv(path, on_error="quarantine", rejects=tmp_path / "read.csv")
    assert (tmp_path / "read.csv").read_bytes() == rejects.read_bytes()
    assert read.report.rejects == report.rejects


def test_progress_is_told(block: Path, out: Path) -> None:
    calls: list[tuple[int, int, int]] = []
    bw.ingest(block, out, batch_rows=10_000, threads=1, progress=lambda *call: calls.append(call))
    size = block.stat().st_size
    assert [rows for *_, rows in calls] == list(range(10_000, 100_001, 10_000))
    assert {total for _, total, _ in calls} == {size}
    assert [done for done, *_ in calls] == sorted(done for done, *_ in calls)
    assert calls[-1][0] == size


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "text",
    ["", HEADER, HEADER + ROW * 50 + "x\n", "a,b\n1,2\n", HEADER + ROW.replace("1.0842", "9" * 20)],
)
def test_an_error_leaves_nothing(tmp_path: Path, out: Path, text: str) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(text)
    with pytest.raises(bw.BarrowError):
        bw.ingest(path, out, batch_rows=8)
    assert names(out.parent) == set()


def test_nothing_but_bad_rows_is_an_error(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + "x\n" * 3)
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.ingest(path, out, on_error="quarantine", rejects=out.parent / "rejects.csv")
    assert str(caught.value) == (
        f"{path}: none of the 3 rows can be read; the first at line 2: "
        "the row has 1 fields, the header has 6"
    )
    assert names(out.parent) == set()


def test_an_existing_output_is_refused_and_kept(tmp_path: Path, out: Path, block: Path) -> None:
    out.write_text("mine")
    with pytest.raises(bw.BarrowIoError) as caught:
        bw.ingest(block, out)
    assert str(caught.value) == f"{out}: the file exists\n  try: overwrite=True (--overwrite)"
    assert out.read_text() == "mine"
    bw.ingest(block, out, overwrite=True)
    assert len(bw.open(out)) == 100_000
    assert names(out.parent) == {"bars.arrow"}


def test_a_failed_overwrite_keeps_the_old_file(tmp_path: Path, out: Path) -> None:
    out.write_text("mine")
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + ROW * 20 + "x\n")
    with pytest.raises(bw.BarrowParseError):
        bw.ingest(path, out, overwrite=True, batch_rows=8)
    assert out.read_text() == "mine"
    assert names(out.parent) == {"bars.arrow"}


def test_the_input_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + ROW)
    for output in (path, tmp_path / "." / "bars.csv"):
        with pytest.raises(bw.BarrowError):
            bw.ingest(path, output, overwrite=True)
    assert path.read_text() == HEADER + ROW


@pytest.mark.parametrize("overwrite", [False, True])
def test_rejects_and_output_cannot_be_one_file(tmp_path: Path, out: Path, overwrite: bool) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + ROW + "x\n")
    with pytest.raises(bw.BarrowError):
        bw.ingest(path, out, on_error="quarantine", rejects=out, overwrite=overwrite)
    assert names(out.parent) == set()


def test_bad_arguments(block: Path, out: Path) -> None:
    with pytest.raises(bw.BarrowArgumentError, match="batch_rows: 0 is less than 1"):
        bw.ingest(block, out, batch_rows=0)
    with pytest.raises(bw.BarrowArgumentError, match="encodnig"):
        bw.ingest(block, out, encodnig="fixed8")


# ---------------------------------------------------------------------- full disk

LIMITED = """
    import resource, sys
    limit = int(sys.argv.pop(1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    from barrow.cli import main
    main()
"""


@pytest.mark.parametrize("limit", [0, 100, 1000, 100_000, 3_000_000])
def test_a_full_disk_leaves_nothing(block: Path, out: Path, limit: int) -> None:
    done = run_python(LIMITED, limit, "ingest", block, "-o", out)
    assert_plain_failure(done)
    assert done.stderr.startswith(f"IoError: {out}: cannot be written: ")
    assert "File too large" in done.stderr
    assert names(out.parent) == set()


def test_a_full_disk_is_told_in_words_with_what_to_try(block: Path, out: Path) -> None:
    done = run_python(LIMITED, 100_000, "ingest", block, "-o", out)
    assert done.stderr == (
        f"IoError: {out}: cannot be written: File too large\n"
        "  try: free some space, or write elsewhere\n"
    )


def test_a_disk_that_fills_up_while_restating_leaves_nothing(
    tmp_path: Path, block: Path, out: Path
) -> None:
    path = repeat(block, tmp_path / "late.csv", 1, ROW.replace("1.0848", "1.08480000000001"))
    done = run_python(LIMITED, 7_000_000, "ingest", path, "-o", out)
    assert_plain_failure(done)
    assert "cannot be written: " in done.stderr
    assert "File too large" in done.stderr
    assert names(out.parent) == set()


@pytest.mark.parametrize("bad_rows", [2, 3, 4000])
def test_a_disk_too_full_for_the_rejects_leaves_nothing(
    tmp_path: Path, out: Path, bad_rows: int
) -> None:
    path, rejects = tmp_path / "bars.csv", out.parent / "rejects.csv"
    path.write_text(HEADER + ROW * 8 + f"{'bad' * 1000}\n" * bad_rows)
    arguments = ("ingest", path, "-o", out, "--on-error", "quarantine", "--rejects", rejects)
    done = run_python(LIMITED, 6_000, *arguments)
    assert_plain_failure(done)
    assert str(rejects) in done.stderr
    assert names(out.parent) == set()


# ---------------------------------------------------------------------- interruption


@pytest.fixture
def waiting(tmp_path: Path, block: Path, out: Path) -> Iterator[subprocess.Popen]:
    """An ingest that has written something and now waits for more text."""
    pipe, rejects = tmp_path / "pipe", out.parent / "rejects.csv"
    os.mkfifo(pipe)
    options = ("--batch-rows", "1000", "--on-error", "quarantine", "--rejects", rejects)
    command = [*BARROW, "ingest", pipe, "-o", out, *options]
    process = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True)
    with pipe.open("wb") as file:
        header, end, rows = block.read_bytes().partition(b"\n")
        file.write(header + end + b"bad\n" * 3000 + rows)
        file.flush()
        deadline = time.monotonic() + 60
        while not any((out.parent / n).stat().st_size > 1000 for n in names(out.parent)):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield process
    process.kill()
    process.communicate(timeout=60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_ingest_leaves_nothing(
    waiting: subprocess.Popen, out: Path, number: int
) -> None:
    waiting.send_signal(number)
    _, errors = waiting.communicate(timeout=60)
    assert waiting.returncode == 130
    assert "Traceback" not in errors
    assert names(out.parent) == set()


def test_an_interrupted_ingest_says_so(waiting: subprocess.Popen) -> None:
    waiting.send_signal(signal.SIGINT)
    _, errors = waiting.communicate(timeout=60)
    assert errors == "interrupted: nothing was written\n"


def test_a_killed_ingest_leaves_no_file_under_the_final_name(
    waiting: subprocess.Popen, block: Path, out: Path
) -> None:
    waiting.kill()
    waiting.communicate(timeout=60)
    assert waiting.returncode == -signal.SIGKILL
    assert not out.exists()
    for name in names(out.parent):
        assert name == "rejects.csv" or (name.startswith(".") and name.endswith(".partial"))
    bw.ingest(block, out)
    assert len(bw.open(out)) == 100_000


def test_a_killed_ingest_leaves_no_half_rejects_under_the_final_name(
    waiting: subprocess.Popen, block: Path, out: Path
) -> None:
    waiting.kill()
    waiting.communicate(timeout=60)
    assert "rejects.csv" not in names(out.parent)


def catches(pid: int, number: int) -> bool:
    """Whether a process handles a signal; `main` does so with SIGTERM once it begins."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    mask = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(mask.split()[1], 16) >> (number - 1) & 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_at_any_moment_the_file_is_whole_or_not_there(
    tmp_path: Path, block: Path, out: Path, number: int
) -> None:
    path = repeat(block, tmp_path / "bars.csv", 5, ROW.replace("1.0848", "1.08480000000001"))

    def started() -> subprocess.Popen:
        process = subprocess.Popen(
            [*BARROW, "ingest", str(path), "-o", str(out)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        # What Python does while it still imports barrow is not ours.
        while process.poll() is None and not catches(process.pid, signal.SIGTERM):
            time.sleep(0.002)
        return process

    process, begun = started(), time.monotonic()
    process.communicate(timeout=60)
    whole = time.monotonic() - begun
    assert (process.returncode, len(bw.open(out))) == (0, 500_001)
    out.unlink()
    rng = random.Random(int(number))
    for share in (0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 1):
        process = started()
        time.sleep(whole * share * rng.uniform(0.9, 1.1))
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        assert "Traceback" not in errors
        assert process.returncode in (0, -number, 130), errors
        if out.exists():
            assert len(bw.open(out)) == 500_001
            out.unlink()
        if number != signal.SIGKILL:
            assert names(out.parent) == set()


def test_an_exception_in_progress_leaves_nothing(block: Path, out: Path) -> None:
    def progress(done: int, total: int, rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bw.ingest(block, out, batch_rows=1000, progress=progress)
    assert names(out.parent) == set()


# ---------------------------------------------------------------------- memory

PEAK = """
    import sys, barrow as bw
    bw.ingest(sys.argv[1], sys.argv[2])
    status = open("/proc/self/status").read()
    print(int(status.split("VmHWM:")[1].split()[0]) << 10)
"""


def peak(path: Path, out: Path) -> int:
    """The most memory a child held while it ingested a file, mapped pages included.

    Not `ru_maxrss`: that begins with what the parent held when it forked.
    """
    done = run_python(PEAK, path, out)
    assert done.returncode == 0, done.stderr
    out.unlink()
    return int(done.stdout)


def test_memory_does_not_grow_with_the_file(tmp_path: Path, block: Path, out: Path) -> None:
    small = peak(repeat(block, tmp_path / "small.csv", 3), out)
    large = peak(repeat(block, tmp_path / "large.csv", 33), out)
    assert large < MEMORY_LIMIT
    assert large - small < 16 << 20


def test_memory_does_not_grow_while_restating(tmp_path: Path, block: Path, out: Path) -> None:
    tail = ROW.replace("1.0848", "1.08480000000001")
    small = peak(repeat(block, tmp_path / "small.csv", 3, tail), out)
    large = peak(repeat(block, tmp_path / "large.csv", 20, tail), out)
    assert large < MEMORY_LIMIT
    assert large - small < 32 << 20


@pytest.mark.slow
def test_memory_does_not_grow_with_a_gigabyte(tmp_path: Path, block: Path, out: Path) -> None:
    tail = ROW.replace("1.0848", "1.08480000000001")
    assert peak(repeat(block, tmp_path / "large.csv", 170), out) < MEMORY_LIMIT
    assert peak(repeat(block, tmp_path / "late.csv", 170, tail), out) < MEMORY_LIMIT
