"""Text packed in every way, and how to read all of a stream."""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from barrow.csv.inputs import only_part
from barrow.csv.streams import Storage, Stream
from random_csv import random_text

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
