"""Files of text: compressed or not, whole or not there."""

from __future__ import annotations

import bz2
import gzip
import os
import signal
from pathlib import Path

import barrow as bw
import pytest
from barrow.files import AtomicFile
from barrow.ipc import ArrowFileWriter, write_arrow
from barrow.parquet import write_parquet
from children import names, run_python
from test_write import HEADER, ROWS, bars_of, canonical, expected, written


@pytest.mark.parametrize(("suffix", "opened"), [(".gz", gzip.open), (".bz2", bz2.open)])
def test_compression_by_the_suffix(tmp_path: Path, suffix: str, opened) -> None:
    path, plain = tmp_path / f"a.csv{suffix}", tmp_path / "a.csv"
    bw.write_csv(bars_of(ROWS), path)
    with opened(path) as file:
        assert file.read().decode() == expected(ROWS, 9, (5, 0))
    bw.write_csv(bars_of(ROWS), tmp_path / "a.csv.zst")
    assert bw.read_csv(tmp_path / "a.csv.zst") == bw.read_csv(path) == bars_of(ROWS)
    bw.write_csv(bars_of(ROWS), plain, compression="gzip")
    assert gzip.decompress(plain.read_bytes()).decode() == expected(ROWS, 9, (5, 0))
    assert written(bars_of(ROWS), path, compression=None) == expected(ROWS, 9, (5, 0))


def test_a_file_is_not_replaced_unless_it_may_be(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(bw.BarrowIoError) as raised:
        bw.write_csv(bars_of(ROWS), path)
    assert str(raised.value) == f"{path}: the file exists\n  try: overwrite=True (--overwrite)"
    assert path.read_text() == "mine"
    assert names(tmp_path) == {"a.csv"}
    assert written(bars_of(ROWS), path) == expected(ROWS, 9, (5, 0))


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(bw.BarrowIoError) as raised:
        bw.write_csv(bars_of(ROWS), tmp_path / "none" / "a.csv")
    where = tmp_path / "none" / "a.csv"
    assert str(raised.value) == f"{where}: cannot be written: No such file or directory"
    with pytest.raises(bw.BarrowIoError, match="cannot be written: Is a directory"):
        bw.write_csv(bars_of(ROWS), tmp_path, overwrite=True)


@pytest.mark.parametrize("write", [bw.write_csv, write_arrow, write_parquet])
def test_a_pipe_or_a_device_is_not_replaced(tmp_path: Path, write) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(bw.BarrowIoError) as raised:
        write(bars_of(ROWS), pipe, overwrite=True)
    assert str(raised.value) == f"{pipe}: cannot be written: it is no regular file"
    assert pipe.is_fifo()
    assert names(tmp_path) == {"pipe"}


FULL = """
    import resource, sys
    import barrow as bw
    bars = bw.read_csv(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
    try:
        bw.write_csv(bars, sys.argv[2])
    except bw.BarrowIoError as error:
        print(error.errno, error)
"""


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.csv.zst", "out.csv.bz2"])
@pytest.mark.parametrize("limit", [0, 1, 10_000])
def test_a_full_disk_leaves_nothing(tmp_path: Path, name: str, limit: int) -> None:
    source, out = tmp_path / "bars.csv", tmp_path / "out" / name
    out.parent.mkdir()
    source.write_text(canonical(3000, 5, 0, 60 * 10**9))
    done = run_python(FULL, source, out, limit)
    assert done.stderr == ""
    told = f"27 {out}: cannot be written: File too large\n  try: free some space"
    assert done.stdout.startswith(told)
    assert names(out.parent) == set()


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_an_interrupt_between_batches_leaves_nothing(tmp_path: Path, name: str) -> None:
    def interrupted(*_: int) -> None:
        assert len(names(tmp_path)) == 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bw.write_csv(bars_of(ROWS), tmp_path / name, progress=interrupted)
    assert names(tmp_path) == set()


@pytest.mark.parametrize("kind", ["file", "arrow", "csv", "parquet"])
def test_an_interrupt_as_soon_as_the_file_is_there_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    real = os.open

    def interrupted(path: str, flags: int, mode: int = 0o777) -> int:
        descriptor = real(path, flags, mode)
        if str(path).endswith(".partial"):
            os.close(descriptor)
            assert names(tmp_path) != set()
            signal.raise_signal(signal.SIGINT)
        return descriptor

    monkeypatch.setattr(os, "open", interrupted)
    bars = bars_of(ROWS)
    actions = {
        "file": lambda: AtomicFile(tmp_path / "a").create(),
        "arrow": lambda: ArrowFileWriter(tmp_path / "a", bars.schema).__enter__(),
        "csv": lambda: bw.write_csv(bars, tmp_path / "a"),
        "parquet": lambda: write_parquet(bars, tmp_path / "a"),
    }
    with pytest.raises(KeyboardInterrupt):
        actions[kind]()
    assert names(tmp_path) == set()


def test_memory_does_not_grow_with_the_bars(tmp_path: Path) -> None:
    code = """
        import sys
        import barrow as bw
        from pathlib import Path

        def resident(field):
            lines = Path("/proc/self/status").read_text().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith(field))

        bars = bw.read_csv(sys.argv[1])
        Path("/proc/self/clear_refs").write_text("5")
        before = resident("VmRSS")
        bw.write_csv(bars, sys.argv[2])
        print(resident("VmHWM") - before)
    """
    source = tmp_path / "bars.csv"
    body = canonical(20_000, 5, 0, 60 * 10**9).partition("\n")[2]
    source.write_text(HEADER + body * 40)
    done = run_python(code, source, tmp_path / "out.csv")
    assert done.stderr == ""
    assert int(done.stdout) < 8_000
    assert (tmp_path / "out.csv").read_bytes() == source.read_bytes()
