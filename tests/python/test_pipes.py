"""Standard input, pipes and URLs."""

from __future__ import annotations

import errno
import functools
import gzip
import http.server
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import barrow as bw
import pytest
from barrow.csv.inputs import expand
from barrow.csv.streams import Storage, Stream
from children import BARROW, assert_plain_failure
from random_csv import HEADER, ROW
from sources import CODECS, TEXT, make_zip

# ---------------------------------------------------------------------- pipes

STDIN = """
    import sys, barrow as bw
    bars = bw.read_csv("-", on_error="skip", chunk_bytes=int(sys.argv[1]))
    print(len(bars), bars.report.rows_in, bars.report.path)
"""


def pipe_through(command: list[str], data: bytes, piece: int = 1 << 20) -> tuple[int, str, str]:
    """Runs a command that reads what arrives in pieces."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None

    def feed() -> None:
        try:
            for at in range(0, len(data), piece):
                process.stdin.write(data[at : at + piece])
                process.stdin.flush()
            process.stdin.close()
        except BrokenPipeError:
            pass

    thread = threading.Thread(target=feed)
    thread.start()
    out, errors = process.stdout.read(), process.stderr.read()
    thread.join()
    process.stdout.close()
    process.stderr.close()
    return process.wait(60), out.decode(), errors.decode()


def python_reading(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]


@pytest.mark.parametrize("codec", ["plain", "utf-16", *CODECS])
@pytest.mark.parametrize("chunk", [7, 1 << 20])
def test_standard_input_is_read(csv_file, codec: str, chunk: int) -> None:
    text = TEXT if codec != "utf-16" else (HEADER + ROW * 300).encode()
    expected = bw.read_csv(csv_file(text), on_error="skip").report
    data = text.decode().encode("utf-16") if codec == "utf-16" else text
    data = CODECS[codec](data) if codec in CODECS else data
    status, out, errors = pipe_through(python_reading(STDIN, chunk), data, 501)
    assert (status, errors) == (0, "")
    assert out == f"{expected.rows_out} {expected.rows_in} standard input\n"


def test_a_zip_archive_in_a_pipe_is_unsupported(tmp_path: Path) -> None:
    data = make_zip(tmp_path / "a.zip", {"bars.csv": TEXT}).read_bytes()
    out = tmp_path / "out.arrow"
    status, said, errors = pipe_through([*BARROW, "ingest", "-", "-o", str(out)], data)
    assert (status, said) == (1, "")
    assert errors == (
        "UnsupportedError: standard input: this is a zip archive, which is read from its end: "
        "not from a pipe, not in another archive\n"
        "  try: give the archive as a file\n"
        "   or: unpack it first\n"
    )
    assert not out.exists()


@pytest.mark.parametrize("codec", ["plain", "gzip"])
def test_the_commands_read_standard_input(tmp_path: Path, codec: str) -> None:
    text = (HEADER + ROW + ROW.replace("09:30", "09:31")).encode()
    data = CODECS[codec](text) if codec in CODECS else text
    out = tmp_path / "out.arrow"
    status, said, errors = pipe_through([*BARROW, "ingest", "-", "-o", str(out)], data, 9)
    assert (status, errors) == (0, "")
    assert len(bw.open(out)) == 2
    status, said, errors = pipe_through([*BARROW, "check", "-"], data)
    assert (status, said) == (0, "standard input: 2 bars, 0 errors, 0 warnings\n")
    status, said, errors = pipe_through([*BARROW, "sniff", "-"], data, 9)
    assert status == 0
    assert "evidence: 2 of 2 sample rows are read" in said or "1 of 1 sample" in said


def test_errors_call_it_standard_input() -> None:
    code = "import barrow as bw; bw.read_csv('-')"
    for data, text in (
        (b"", "standard input: the file is empty"),
        ((HEADER + "x\n").encode(), "standard input line 2: the row has 1 fields"),
        (gzip.compress(TEXT)[:-9], "standard input: the compressed data is damaged"),
    ):
        status, _, errors = pipe_through([sys.executable, "-c", code], data)
        assert status == 1
        assert text in errors


def test_a_closed_standard_input_is_an_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m barrow.cli check - <&-", shell=True, capture_output=True, text=True
    )
    assert_plain_failure(done)
    assert done.stderr.startswith("IoError: standard input: cannot be read: ")


def test_standard_input_stays_open(csv_file, monkeypatch: pytest.MonkeyPatch) -> None:
    with csv_file(HEADER + ROW).open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert len(bw.read_csv("-")) == 1
        assert not file.closed
        assert not file.buffer.closed


def test_a_pipe_whose_writer_does_not_wait_is_an_error_not_an_end() -> None:
    reading, writing = os.pipe()
    try:
        os.set_blocking(reading, False)
        with open(reading, "rb", buffering=0, closefd=False) as file:
            os.write(writing, b"timestamp,")
            with pytest.raises(bw.BarrowIoError) as caught:
                Stream(Storage(file, "pipe"))
        assert caught.value.errno == errno.EAGAIN
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("codec", ["plain", *CODECS])
@pytest.mark.parametrize("chunk", [7, 1 << 20])
def test_a_fifo_is_read(csv_file, tmp_path: Path, codec: str, chunk: int) -> None:
    expected = bw.read_csv(csv_file(TEXT), on_error="skip")
    data = CODECS[codec](TEXT) if codec in CODECS else TEXT
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    def feed() -> None:
        with fifo.open("wb", buffering=0) as file:
            for at in range(0, len(data), 777):
                file.write(data[at : at + 777])

    thread = threading.Thread(target=feed)
    thread.start()
    bars = bw.read_csv(fifo, on_error="skip", chunk_bytes=chunk)
    thread.join()
    assert bars == expected


def test_a_scan_of_a_packed_fifo_needs_what_is_to_be_found(tmp_path: Path) -> None:
    command = python_reading("""
        import barrow as bw
        given = {"encoding": "fixed8", "price_precision": 4, "size_precision": 0}
        print([len(batch) for batch in bw.scan_csv("-", batch_rows=2, **given)])
    """)
    data = gzip.compress((HEADER + ROW * 5).encode())
    assert pipe_through(command, data) == (0, "[2, 2, 1]\n", "")
    command = python_reading("import barrow as bw; next(bw.scan_csv('-'))")
    status, _, errors = pipe_through(command, data)
    assert status == 1
    assert "standard input: a pipe can be read once only" in errors


@pytest.mark.parametrize("codec", ["plain", *CODECS])
def test_an_interrupted_wait_for_a_pipe_ends_at_once(tmp_path: Path, codec: str) -> None:
    """Also where a library waits for bytes to unpack."""
    rng = random.Random(31)
    rows = (ROW.replace("312", str(rng.getrandbits(32))) for _ in range(50_000))
    text = (HEADER + "".join(rows)).encode()  # chunks of packed text are filled up
    data = CODECS[codec](text) if codec in CODECS else text
    out = tmp_path / "out.arrow"
    options = ["--batch-rows", "100"]
    process = subprocess.Popen(
        [*BARROW, "ingest", "-", "-o", str(out), *options],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(data[: len(data) * 3 // 4])
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while not os.listdir(tmp_path):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    errors = process.stderr.read()
    process.stdin.close()
    process.stderr.close()
    assert errors == b"interrupted: nothing was written\n"
    assert os.listdir(tmp_path) == []


# ---------------------------------------------------------------------- URLs


def test_a_file_url_is_read_through_arrow(csv_file, tmp_path: Path) -> None:
    expected = bw.read_csv(csv_file(TEXT), on_error="skip")
    for codec in ("plain", *CODECS):
        data = CODECS[codec](TEXT) if codec in CODECS else TEXT
        path = csv_file(data, f"bars of {codec}.csv")
        url = path.as_uri()
        bars = bw.read_csv(url, on_error="skip", chunk_bytes=5000)
        assert bars == expected
        assert (bars.report.path, expand(url).parts[0].size) == (url, len(data))
    path = make_zip(tmp_path / "a.zip", {"bars.csv": TEXT})
    assert bw.read_csv(path.as_uri(), on_error="skip") == expected


def test_a_url_that_leads_nowhere_is_an_io_error(tmp_path: Path) -> None:
    for url, number in (
        ((tmp_path / "none.csv").as_uri(), errno.ENOENT),
        (tmp_path.as_uri(), errno.EISDIR),
        ("memory://none.csv", errno.ENOENT),
        ("file://not/absolute", None),
    ):
        with pytest.raises(bw.BarrowIoError) as caught:
            bw.read_csv(url)
        assert caught.value.errno == number
        assert str(caught.value).startswith(f"{url}: cannot be read: ")


def test_an_object_of_fsspec_is_read(csv_file, tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    expected = bw.read_csv(csv_file(TEXT), on_error="skip")
    zipped = make_zip(tmp_path / "a.zip", {"bars.csv": TEXT}).read_bytes()
    packed = {codec: pack(TEXT) for codec, pack in CODECS.items()}
    for name, data in {"plain": TEXT, "zip": zipped, **packed}.items():
        with fsspec.open(f"memory://barrow/{name}", "wb") as file:
            file.write(data)
        bars = bw.read_csv(f"memory://barrow/{name}", on_error="skip", chunk_bytes=5000)
        assert bars == expected
    batches = list(bw.scan_csv("memory://barrow/gzip", on_error="skip"))
    assert sum(map(len, batches)) == len(expected)
    with pytest.raises(bw.BarrowIoError, match="Is a directory"):
        bw.read_csv("memory://barrow")


def test_a_scheme_nobody_knows_is_an_io_error() -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(bw.BarrowIoError, match="Protocol not known"):
        bw.read_csv("gopher-hole://x/y.csv")


def test_without_fsspec_the_error_names_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(bw.BarrowUnsupportedError) as caught:
        bw.read_csv("https://example.org/bars.csv?key=secret")
    assert str(caught.value) == (
        "https://example.org/bars.csv: reading this URL takes fsspec, which is not installed\n"
        "  try: pip install fsspec aiohttp\n"
        "   or: download it first"
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()
        thread.join()


def test_text_from_a_web_server_is_read(csv_file, server: str) -> None:
    pytest.importorskip("fsspec")
    pytest.importorskip("aiohttp")
    expected = bw.read_csv(csv_file(TEXT), on_error="skip")
    csv_file(gzip.compress(TEXT), "bars.csv.gz")
    for name in ("bars.csv", "bars.csv.gz"):
        assert bw.read_csv(f"{server}/{name}", on_error="skip", chunk_bytes=999) == expected
    with pytest.raises(bw.BarrowIoError) as caught:
        bw.read_csv(f"{server}/none.csv?key=secret")
    assert str(caught.value) == (
        f"{server}/none.csv: cannot be read: No such file or directory\n"
        "  try: check the spelling and the folder"
    )


def test_secrets_in_a_url_are_not_told() -> None:
    with pytest.raises(bw.BarrowError) as caught:
        bw.read_csv("nowhere://me:secret@host/bars.csv")
    assert "secret" not in str(caught.value)
    assert "nowhere://me:***@host/bars.csv" in str(caught.value)
