"""Where text comes from: codecs, encodings, archives, pipes, URLs."""

from __future__ import annotations

import bz2
import codecs
import errno
import functools
import gzip
import http.server
import io
import lzma
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import barrow as bw
import pyarrow as pa
import pytest
from barrow.csv.inputs import expand, only_part
from barrow.csv.streams import Storage, Stream
from children import BARROW, assert_plain_failure, run_python
from random_csv import HEADER, ROW, facts, random_text

TEXT = random_text(21, 400)
CODECS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": functools.partial(gzip.compress, mtime=0),
    "bz2": bz2.compress,
    "zstd": lambda text: pa.compress(text, codec="zstd", asbytes=True),
    "xz": lzma.compress,
}


def drain(stream: Stream, chunk: int) -> bytes:
    """Everything in a stream, read in pieces."""
    found, piece = bytearray(), bytearray(chunk)
    try:
        while count := stream.readinto(piece):
            found += piece[:count]
        assert stream.readinto(piece) == 0  # the end stays the end
    finally:
        stream.close()
    return bytes(found)


def stream_of(data: bytes) -> Stream:
    return Stream(Storage(io.BytesIO(data), "it"))


def read_file(path: Path, chunk: int = 4096) -> bytes:
    return drain(only_part(path).open(), chunk)


def make_zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


# ---------------------------------------------------------------------- codecs


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("chunk", [1, 7, 4096])
def test_a_codec_gives_the_text_whatever_the_chunk(csv_file, codec: str, chunk: int) -> None:
    text = TEXT[: 300 if chunk == 1 else None]
    packed = CODECS[codec](text)
    assert read_file(csv_file(packed), chunk) == text
    assert drain(stream_of(packed), chunk) == text


@pytest.mark.parametrize("codec", CODECS)
def test_pieces_packed_one_by_one_are_one_text(csv_file, codec: str) -> None:
    pack = CODECS[codec]
    packed = pack(TEXT[:1000]) + pack(b"") + pack(TEXT[1000:])
    assert read_file(csv_file(packed)) == TEXT
    assert drain(stream_of(packed), 7) == TEXT


def test_zero_bytes_between_streams_of_xz_are_padding(csv_file) -> None:
    packed = lzma.compress(TEXT[:99]) + bytes(70_000) + lzma.compress(TEXT[99:]) + bytes(4)
    assert read_file(csv_file(packed)) == TEXT


@pytest.mark.parametrize("codec", CODECS)
def test_cut_off_anywhere_is_corrupt_and_never_a_short_text(csv_file, codec: str) -> None:
    pack = CODECS[codec]
    text = TEXT[:700]
    for packed, first in (
        (pack(text), 6),
        (pack(TEXT[:99]) + pack(text), len(pack(TEXT[:99])) + 1),
    ):
        for keep in range(first, len(packed)):
            with pytest.raises(bw.BarrowCorruptError, match="the compressed data is damaged"):
                drain(stream_of(packed[:keep]), 64)
        for keep in (first, len(packed) // 2 + 50, len(packed) - 1):
            with pytest.raises(bw.BarrowCorruptError):
                read_file(csv_file(packed[:keep]), 1)


@pytest.mark.parametrize("codec", CODECS)
def test_a_wrong_byte_anywhere_is_no_other_text(codec: str) -> None:
    """Only Zstandard without checksums may give other text: pyarrow writes none."""
    packed = CODECS[codec](TEXT[:700])
    changed = 0
    for at in range(6, len(packed)):
        data = bytearray(packed)
        data[at] ^= 0x55
        try:
            changed += drain(stream_of(bytes(data)), 64) != TEXT[:700]
        except bw.BarrowCorruptError:
            continue
    assert not changed or codec == "zstd"


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("tail", [b"junk" * 5, b"\xff"])
def test_what_follows_packed_text_and_is_none_is_corrupt(codec: str, tail: bytes) -> None:
    with pytest.raises(bw.BarrowCorruptError):
        drain(stream_of(CODECS[codec](TEXT) + tail), 4096)


@pytest.mark.parametrize("codec", CODECS)
def test_bars_and_rejects_are_those_of_the_plain_text(csv_file, codec: str) -> None:
    plain = bw.read_csv(csv_file(TEXT, "plain.csv"), on_error="skip")
    bars = bw.read_csv(csv_file(CODECS[codec](TEXT)), on_error="skip", chunk_bytes=777)
    assert bars == plain
    assert facts(bars.report) == facts(plain.report)


def test_the_message_about_damage(csv_file) -> None:
    path = csv_file(gzip.compress(TEXT)[:-4])
    with pytest.raises(bw.BarrowCorruptError) as caught:
        bw.read_csv(path, on_error="skip")
    assert str(caught.value) == (
        f"{path}: the compressed data is damaged: Truncated compressed stream\n"
        "  try: check that the download finished"
    )


def test_xz_that_asks_for_gigabytes_is_refused(csv_file) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 29}]
    packed = lzma.compress((HEADER + ROW).encode(), filters=filters)
    with pytest.raises(bw.BarrowUnsupportedError) as caught:
        bw.read_csv(csv_file(packed))
    assert "takes more than 256 MiB of memory\n  try: unpack it first: xz -d" in str(caught.value)


PEAK = """
    import sys, barrow as bw
    for batch in bw.scan_csv(sys.argv[1], encoding="fixed8", price_precision=4, size_precision=0):
        pass
    print(batch.report.rows_out)
    status = open("/proc/self/status").read()
    print(int(status.split("VmHWM:")[1].split()[0]) << 10)
"""


@pytest.mark.parametrize("kind", [*CODECS, "zip"])
def test_memory_is_bounded_however_well_text_is_packed(tmp_path: Path, kind: str) -> None:
    def peak(rows: int) -> int:
        text = HEADER.encode() + ROW.encode() * rows
        path = tmp_path / f"{rows}"
        if kind == "zip":
            make_zip(path, {"a.csv": text})
        else:
            path.write_bytes(CODECS[kind](text))
        done = run_python(PEAK, path)
        assert done.returncode == 0, done.stderr
        found, memory = done.stdout.split()
        assert int(found) == rows
        return int(memory)

    # 32 MB of text, packed into a few kilobytes
    assert peak(600_000) - peak(20_000) < 24 << 20


# ---------------------------------------------------------------------- UTF-16

STRANGE = "größe,€uro,\U0001d11e clef,\u0416," * 9


def wide_text(extra: str) -> str:
    return f"note,{HEADER}" + f"{extra},{ROW}".replace("\n", "\r\n") * 3


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize("chunk", [1, 3, 64, 4096])
@pytest.mark.parametrize("packed", [False, True])
def test_utf16_is_read_as_utf8(
    csv_file, encoding: str, mark: bool, chunk: int, packed: bool
) -> None:
    text = HEADER + ROW + STRANGE
    bom = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}[encoding]
    data = (bom if mark else b"") + text.encode(encoding)
    path = csv_file(gzip.compress(data) if packed else data)
    assert read_file(path, chunk) == text.encode()


@pytest.mark.parametrize("at", [65_533, 65_534, 65_535, 65_536, 65_537, 131_070])
def test_a_pair_of_surrogates_split_between_pieces_is_one_character(at: int) -> None:
    text = "a" * (at // 2) + "\U0001d11e" + "b" * 70_000
    data = b"" if at % 2 == 0 else b"\xff\xfe"
    assert drain(stream_of(data + text.encode("utf-16-le")), 1 << 20) == text.encode()


def test_utf16_bars_and_rejects_are_those_of_utf8(csv_file, tmp_path: Path) -> None:
    text = HEADER + ROW + "größe\n" + ROW + "\U0001d11e,1\n"
    found = []
    for name in ("utf-8", "utf-16", "utf-16-be", "utf-8-sig"):
        rejects = tmp_path / f"{name}.rejects"
        path = csv_file(text.encode(name), f"{name}.csv")
        bars = bw.read_csv(path, on_error="quarantine", rejects=rejects, chunk_bytes=5)
        found.append((bars, facts(bars.report), rejects.read_bytes()))
    assert found[0][0].report.rows_rejected == 2
    assert found[1] == found[0]
    assert found[2] == found[0]
    # offsets are places in the file as long as it is UTF-8: here behind a mark of 3 bytes
    assert found[3][:2] == found[0][:2]


INVALID = {
    "lone high surrogate": (b"\x00\xd8a\x00", 0, "illegal UTF-16 surrogate"),
    "lone low surrogate": (b"\x00\xdca\x00", 0, "illegal encoding"),
    "high surrogate at the end": (b"\x00\xd8", 0, "unexpected end of data"),
    "odd byte at the end": (b"a", 0, "truncated data"),
}


@pytest.mark.parametrize("name", INVALID)
@pytest.mark.parametrize("before", [0, 5, 65_534, 65_536, 131_072])
@pytest.mark.parametrize("chunk", [64, 4096])
def test_invalid_utf16_is_told_with_its_place(name: str, before: int, chunk: int) -> None:
    wrong, at, reason = INVALID[name]
    good = ("a" * before).encode("utf-16-le")
    with pytest.raises(bw.BarrowParseError) as caught:
        drain(stream_of(b"\xff\xfe" + good + wrong), chunk)
    place = 2 + len(good) + at
    assert str(caught.value).splitlines()[0] == (
        f"it: the text is UTF-16-LE, but not at byte {place}: {reason}"
    )
    assert caught.value.reason == "not_utf16"


@pytest.mark.parametrize("encoding", ["utf-32", "utf-32-le", "utf-32-be"])
def test_utf32_is_unsupported(csv_file, encoding: str) -> None:
    with pytest.raises(bw.BarrowUnsupportedError, match="the text is UTF-32, expected UTF-8"):
        bw.read_csv(csv_file((HEADER + ROW).encode(encoding)))


# ---------------------------------------------------------------------- zip

METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflated": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("chunk", [1, 7, 4096])
def test_the_member_of_a_zip_archive_is_the_text(tmp_path: Path, method: str, chunk: int) -> None:
    text = TEXT[: 300 if chunk == 1 else None]
    path = make_zip(tmp_path / "a.zip", {"sub/bars.csv": text}, METHODS[method])
    part = only_part(path)
    assert part.name == f"{path}/sub/bars.csv"
    assert drain(part.open(), chunk) == text
    assert drain(part.open(), chunk) == text  # and again


def test_a_packed_or_wide_member_is_unpacked_and_narrowed(tmp_path: Path) -> None:
    data = gzip.compress((HEADER + ROW).encode("utf-16"))
    path = make_zip(tmp_path / "a.zip", {"bars.csv.gz": data})
    assert len(bw.read_csv(path)) == 1


JUNK = {
    "folder/": b"",
    "__MACOSX/._bars.csv": b"\0\5\x16\7",
    ".DS_Store": b"\0\0\0\1Bud1",
    "folder/.hidden.csv": b"x",
    ".git/config": b"x",
}


def test_folders_and_hidden_files_in_a_zip_archive_are_left_out(tmp_path: Path) -> None:
    members = {**JUNK, "./folder/bars.csv": (HEADER + ROW).encode()}
    path = make_zip(tmp_path / "a.zip", members)
    assert [part.name for part in expand(path).parts] == [f"{path}/./folder/bars.csv"]
    assert len(bw.read_csv(path)) == 1


def test_a_zip_archive_without_files_is_an_error(tmp_path: Path) -> None:
    for name, members in (("none", {}), ("junk", JUNK)):
        path = make_zip(tmp_path / f"{name}.zip", members)
        with pytest.raises(bw.BarrowParseError) as caught:
            bw.read_csv(path)
        assert str(caught.value) == f"{path}: the archive holds no files, expected texts"
        assert caught.value.reason == "empty"


def patched(data: bytes, entry: bytes, at: int, new: bytes) -> bytes:
    """A zip archive with every header of a kind changed."""
    pieces = data.split(entry)
    head = [pieces[0]] + [p[: at - 4] + new + p[at - 4 + len(new) :] for p in pieces[1:]]
    return entry.join(head)


def test_an_encrypted_member_is_unsupported(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"ok.csv": TEXT[:99], "secret.csv": TEXT[:99]})
    path.write_bytes(patched(path.read_bytes(), b"PK\1\2", 8, b"\1\0"))
    with pytest.raises(bw.BarrowUnsupportedError) as caught:
        bw.read_csv(path)
    assert str(caught.value) == (
        f"{path}/ok.csv: is encrypted\n  try: unpack it first: 7z x {path}"
    )


def test_an_unusual_method_is_unsupported(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"bars.csv": TEXT[:99]})
    path.write_bytes(patched(path.read_bytes(), b"PK\1\2", 10, b"\x09\0"))
    with pytest.raises(bw.BarrowUnsupportedError, match=r"bars.csv: is packed by method 9, "):
        bw.read_csv(path)


@pytest.mark.parametrize("method", METHODS)
def test_a_cut_off_zip_archive_is_corrupt(tmp_path: Path, method: str) -> None:
    path = make_zip(tmp_path / "a.zip", {"bars.csv": TEXT[:700]}, METHODS[method])
    data = path.read_bytes()
    for keep in range(4, len(data), 3):
        path.write_bytes(data[:keep])
        with pytest.raises(bw.BarrowCorruptError) as caught:
            read_file(path)
        assert str(caught.value).startswith(f"{path}: the zip archive is damaged: ")


@pytest.mark.parametrize("method", METHODS)
def test_a_wrong_byte_in_a_zip_archive_is_no_other_text(tmp_path: Path, method: str) -> None:
    path = make_zip(tmp_path / "a.zip", {"bars.csv": TEXT[:700]}, METHODS[method])
    data = path.read_bytes()
    kinds = (bw.BarrowCorruptError, bw.BarrowUnsupportedError, bw.BarrowParseError)
    seen = set()
    for at in range(4, len(data)):
        for flip in (0x01, 0x80, 0xFF):
            path.write_bytes(data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :])
            try:
                assert read_file(path) == TEXT[:700], (at, flip)
            except kinds as error:
                seen.add(type(error))
    assert bw.BarrowCorruptError in seen


def test_damage_names_the_member(tmp_path: Path) -> None:
    texts = {"one.csv": (HEADER + ROW).encode(), "two.csv": random_text(3, 900)}
    path = make_zip(tmp_path / "a.zip", texts)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(bw.BarrowCorruptError, match=r"a\.zip/two\.csv: the compressed data is "):
        bw.read_csv(path, on_error="skip")


def test_a_member_that_is_shorter_than_the_archive_says_is_corrupt(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"bars.csv": TEXT[:700]})
    path.write_bytes(patched(path.read_bytes(), b"PK\1\2", 24, (1000).to_bytes(4, "little")))
    with pytest.raises(bw.BarrowCorruptError, match="300 bytes are missing"):
        read_file(path)


def test_a_zip_archive_in_another_is_unsupported(tmp_path: Path) -> None:
    inner = make_zip(tmp_path / "inner.zip", {"bars.csv": TEXT})
    outer = make_zip(tmp_path / "outer.zip", {"inner.zip": inner.read_bytes()})
    with pytest.raises(bw.BarrowUnsupportedError, match=r"outer.zip/inner.zip: this is a zip "):
        bw.read_csv(outer)


def test_a_name_with_control_characters_is_escaped(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"\x1b[31mred.csv": b"x"})
    with pytest.raises(bw.BarrowError) as caught:
        bw.read_csv(path)
    assert "\x1b" not in str(caught.value)
    assert r"\x1b[31mred.csv" in str(caught.value)


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


# ---------------------------------------------------------------------- all the same


def test_random_chunks_of_any_source_give_the_same(csv_file, tmp_path: Path) -> None:
    rng = random.Random(17)
    expected = bw.read_csv(csv_file(TEXT), on_error="skip")
    paths = [csv_file(pack(TEXT), f"{codec}") for codec, pack in CODECS.items()]
    paths.append(make_zip(tmp_path / "a.zip", {"bars.csv": TEXT}))
    for path in paths:
        for threads in (1, 2):
            chunk = rng.choice([1, 7, 4096]) if threads == 2 else rng.randint(20, 9000)
            bars = bw.read_csv(path, on_error="skip", chunk_bytes=chunk, threads=threads)
            assert bars == expected
            assert facts(bars.report) == facts(expected.report)


def test_nothing_stays_open(csv_file, tmp_path: Path) -> None:
    good = make_zip(tmp_path / "good.zip", {"bars.csv": (HEADER + ROW).encode()})
    bad = make_zip(tmp_path / "bad.zip", {"bars.csv": b"x"})
    cut = csv_file(lzma.compress(TEXT)[:-30], "cut.xz")
    bw.read_csv(good)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        bw.read_csv(good)
        bw.sniff_csv(good)
        bw.read_csv(good.as_uri())
        for path in (bad, cut):
            with pytest.raises(bw.BarrowError):
                bw.read_csv(path)
    assert len(os.listdir("/proc/self/fd")) == before
