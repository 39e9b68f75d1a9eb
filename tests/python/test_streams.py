"""Codecs, encodings and archives: the bytes of text, whatever they are kept in."""

from __future__ import annotations

import codecs
import gzip
import lzma
import os
import random
import zipfile
from pathlib import Path

import barrow as bw
import pytest
from barrow.csv.inputs import expand, only_part
from children import run_python
from random_csv import HEADER, ROW, facts, random_text
from sources import CODECS, TEXT, drain, make_zip, read_file, stream_of

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
