"""Ranges of text in several threads: what must not happen between them."""

from __future__ import annotations

from pathlib import Path

import barrow as bw
import pytest
from barrow.csv import streams
from barrow.csv.source import TextSource
from children import run_python

HEADER = "timestamp,open,high,low,close,volume\n"


def row(number: int) -> str:
    return f"{1_704_187_800 + 60 * number},{number}.25,{number + 1}.5,-{number},{number}.12,7\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + "".join(map(row, range(100_000))))
    return path


def test_interrupts_end_a_read_at_any_moment(source: Path) -> None:
    code = """
        import os, random, signal, sys, threading, time
        import barrow as bw

        def read():
            return bw.read_csv(sys.argv[1], threads=3, chunk_bytes=100_000)

        expected = read()
        begun = time.monotonic()
        read()
        whole = time.monotonic() - begun
        interrupted = 0
        for turn in range(60):
            timer = threading.Timer(random.Random(turn).random() * whole, os.kill,
                                    (os.getpid(), signal.SIGINT))
            try:
                timer.start()
                bars = read()
                assert bars == expected
                while True:
                    time.sleep(1)
            except KeyboardInterrupt:
                interrupted += 1
        print(interrupted, read() == expected)
    """
    done = run_python(code, source)
    assert (done.returncode, done.stdout) == (0, "60 True\n"), done.stderr


def test_text_that_appears_behind_the_end_is_not_read_before_what_is_between(
    tmp_path: Path,
) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(b"ab\ncd\n")
    source = TextSource(path, 4)
    cut = source.cut(9)
    assert cut is not None
    assert bytes(cut.buffer[cut.begin : cut.end]) == b"ab\n"
    pieces = [source.fetch(), source.fetch()]
    source.load(pieces[0], count_lines=True)
    path.write_bytes(b"ab\ncd\nefgh\nij\n")
    source.load(pieces[1], count_lines=True)
    assert source.link(pieces[0])
    assert not source.link(pieces[1])
    source.drop(pieces[1])
    text = b""
    while not source.final:
        while (cut := source.cut(9)) is not None:
            text += cut.buffer[cut.begin : cut.end]
        source.refill()
    assert text == b"cd\nefgh\nij\n"
    source.close()


def test_pieces_that_were_not_linked_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(b"".join(b"%d\n" % i for i in range(1000, 3000)))
    source = TextSource(path, 100)
    text = b""
    for turn in range(10_000):
        while (cut := source.cut(7)) is not None:
            text += cut.buffer[cut.begin : cut.end]
            source.give_back(cut.buffer)
        if source.final:
            break
        pieces = [source.fetch() for _ in range(4)]
        for piece in reversed(pieces):
            source.load(piece, count_lines=True)
        linked = turn % 3 < 1 or source.link(pieces[0])
        for piece in pieces[turn % 3 > 0 and linked :]:
            source.drop(piece)
        if turn % 3 == 0:
            source.refill()
    assert text == path.read_bytes()
    source.close()


def test_a_disk_that_fails_is_told(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = streams.os.preadv

    def fails(descriptor: int, buffers: list, place: int) -> int:
        if place > 2_000_000:
            raise OSError(5, "Input/output error")
        return real(descriptor, buffers, place)

    monkeypatch.setattr(streams.os, "preadv", fails)
    with pytest.raises(bw.BarrowIoError, match="Input/output error"):
        bw.read_csv(source, threads=3, chunk_bytes=100_000)
