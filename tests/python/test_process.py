from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from hashlib import sha256
from pathlib import Path

import barrow as bw
import pytest
from barrow._lib import supported_levels
from children import run_python

HEADER = "timestamp,open,high,low,close,volume\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "bars.csv"
    rows = (
        f"{1_704_187_800 + 60 * i},{i}.25,{i + 1}.5,-{i},{i}.12{i},{7 * i}.5\n"
        + ("x\n" if i % 97 == 0 else "")
        for i in range(20_000)
    )
    path.write_text(HEADER + "".join(rows))
    return path


def digest(path: Path, out: Path) -> str:
    """Everything barrow makes of a file, as one hash."""
    rejects = out.with_suffix(".rejects")
    bw.ingest(path, out, batch_rows=1000, on_error="quarantine", rejects=rejects)
    bars = bw.open(out)
    found = sha256(out.read_bytes() + rejects.read_bytes())
    for name in ("open", "volume"):
        found.update(bars.to_float64(name).tobytes())
    for encoding in ("fixed16", "decimal128"):
        for chunk in bars.to_arrow(encoding)["close"].chunks:
            found.update(chunk.buffers()[1])
    report = bw.validate(bars)
    found.update(repr((report.findings, bars[7], bw.Price.parse("1.5"))).encode())
    return found.hexdigest()


def work(path: Path, out: Path, answers: multiprocessing.Queue) -> None:
    answers.put(digest(path, out))


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_barrow_works_in_child_processes(source: Path, tmp_path: Path, method: str) -> None:
    expected = digest(source, tmp_path / "parent.arrow")
    context = multiprocessing.get_context(method)
    answers = context.Queue()
    children = [
        context.Process(target=work, args=(source, tmp_path / f"{i}.arrow", answers))
        for i in range(3)
    ]
    for child in children:
        child.start()
    assert {answers.get(timeout=120) for _ in children} == {expected}
    for child in children:
        child.join(60)
        assert child.exitcode == 0


def test_bars_travel_to_another_process(source: Path) -> None:
    bars = bw.read_csv(source, on_error="skip")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(len, (bars,)) == len(bars) == 20_000
        assert pool.apply(bw.Bars.to_float64, (bars, "open")).tolist()[:2] == [0.25, 1.25]


def test_errors_travel_to_another_process(source: Path) -> None:
    with (
        multiprocessing.get_context("spawn").Pool(1) as pool,
        pytest.raises(bw.BarrowParseError) as caught,
    ):
        pool.apply(bw.read_csv, (source,))
    assert caught.value.place.line == 3


def test_four_threads_inside_at_once(source: Path, tmp_path: Path) -> None:
    expected = digest(source, tmp_path / "alone.arrow")
    found: list[str] = []
    gate = threading.Barrier(4)

    def run(number: int) -> None:
        gate.wait()
        for turn in range(4):
            found.append(digest(source, tmp_path / f"{number}-{turn}.arrow"))

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 16


def test_one_bars_object_is_read_by_four_threads(source: Path) -> None:
    bars = bw.read_csv(source, on_error="skip")
    expected = (list(bars[:500]), bars.to_float64("close").tolist())
    found: list[bool] = []

    def run() -> None:
        for _ in range(10):
            found.append((list(bars[:500]), bars.to_float64("close").tolist()) == expected)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 40


# ---------------------------------------------------------------------- import


def test_import_leaves_the_environment_alone() -> None:
    code = """
        import os, subprocess, sys
        shell = lambda: subprocess.run(["/usr/bin/env"], capture_output=True, text=True).stdout
        before, outside = dict(os.environ), shell()
        import barrow
        assert dict(os.environ) == before, set(os.environ.items()) ^ set(before.items())
        assert shell() == outside
    """
    for extra in ({}, {"MOJO_PYTHON_LIBRARY": "/x", "PYTHONEXECUTABLE": "", "MOJO_PYTHON": "/y"}):
        done = run_python(code, env={**os.environ, **extra})
        assert done.returncode == 0, done.stderr


def test_import_starts_no_threads() -> None:
    code = """
        import os
        import numpy, pyarrow
        before = set(os.listdir("/proc/self/task"))
        import barrow
        assert set(os.listdir("/proc/self/task")) == before
    """
    done = run_python(code)
    assert done.returncode == 0, done.stderr


def test_import_is_quiet_and_loads_nothing_heavy() -> None:
    code = """
        import sys
        import barrow
        heavy = {"pandas", "polars", "duckdb", "matplotlib", "scipy", "typer", "rich", "max"}
        heavy |= {"fsspec", "aiohttp", "pyarrow.fs"}
        print(sorted(heavy & set(sys.modules)))
    """
    done = run_python(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


@pytest.mark.parametrize("path", ["", "/nonexistent"])
def test_import_works_without_python3_on_path(source: Path, path: str) -> None:
    code = "import sys, barrow as bw; print(len(bw.read_csv(sys.argv[1], on_error='skip')))"
    done = run_python(code, source, env={**os.environ, "PATH": path})
    assert (done.returncode, done.stdout) == (0, "20000\n"), done.stderr


def test_import_works_in_an_empty_environment(source: Path) -> None:
    code = "import sys, barrow as bw; print(len(bw.read_csv(sys.argv[1], on_error='skip')))"
    keep = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
    done = run_python(code, source, env=keep)
    assert (done.returncode, done.stdout) == (0, "20000\n"), done.stderr


@pytest.mark.parametrize("level", supported_levels())
def test_every_cpu_level_gives_the_same(source: Path, tmp_path: Path, level: str) -> None:
    expected = digest(source, tmp_path / "here.arrow")
    code = f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        import barrow as bw
        from test_process import digest
        print(bw.cpu_level(), digest(Path(sys.argv[1]), Path(sys.argv[2])))
    """
    env = {**os.environ, "BARROW_CPU": level}
    done = run_python(code, source, tmp_path / "there.arrow", env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [level, expected]


def test_an_unknown_cpu_level_is_an_import_error() -> None:
    done = run_python("import barrow", env={**os.environ, "BARROW_CPU": "pentium"})
    assert done.returncode == 1
    assert "ImportError: BARROW_CPU=pentium, but this CPU runs " in done.stderr


def test_files_read_and_refused_leave_no_descriptors_open(source: Path) -> None:
    bw.read_csv(source, on_error="skip")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        bw.read_csv(source, on_error="skip")
        with pytest.raises(bw.BarrowParseError):
            bw.read_csv(source)
        with pytest.raises(bw.BarrowIoError):
            bw.read_csv(source, on_error="quarantine", rejects=source)
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_tests_run_the_interpreter_of_the_environment() -> None:
    assert run_python("import sys; print(sys.prefix)").stdout.strip() == sys.prefix
