"""Fingerprints of what was read of a file, made while it is read or from the file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from typing import Any

import numpy as np

from barrow._lib import native
from barrow.files import unreadable

Lanes = np.ndarray[Any, np.dtype[np.uint64]]
STRIPE = 64
"""Bytes that go into the lanes together."""
_LANES = 8
_PIECE = 1 << 18  # stays in the cache of a core
_ODD = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Printed:
    """What a reader read between two positions, which it had from the file only once.

    Attributes:
        begin: The position it was read from.
        end: The position it was read to.
        chain: See `linked`.
        head: What the first bytes of the file hash to, as `fingerprint` has it.
        tail: What the bytes before the end hash to, likewise.
    """

    begin: int
    end: int
    lanes: bytes
    head: int
    tail: int


def new_lanes() -> Lanes:
    """The fingerprint of no bytes: eight words that `native.fingerprint` adds to."""
    return np.array([(_ODD * (lane + 1)) % 2**64 for lane in range(_LANES)], np.uint64)


def linked(chain: int, lanes: bytes, size: int, rest: bytes = b"") -> int:
    """64 bits of all bytes before a position.

    Args:
        chain: Those of the bytes before an earlier position; 0 at the start of the file.
        lanes: The lanes of the bytes between, as many as make whole stripes.
        size: How many bytes are between.
        rest: The last ones, which are no whole stripe.
    """
    told = chain.to_bytes(8, "little") + size.to_bytes(8, "little") + lanes + rest
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), "little")


def linked_bytes(chain: int, data: bytes) -> int:
    """The same of bytes that are at hand."""
    lanes, whole = new_lanes(), len(data) // STRIPE * STRIPE
    native.fingerprint(memoryview(data)[:whole], lanes)
    return linked(chain, lanes.tobytes(), len(data), data[whole:])


def linked_file(path: str, begin: int, end: int, chain: int) -> int:
    """The same of bytes of a file.

    Raises:
        BarrowIoError: It cannot be read.
    """
    lanes, rest = new_lanes(), b""
    try:
        with open(path, "rb", buffering=0) as file:
            file.seek(begin)
            for piece in _pieces(file, end - begin):
                whole = len(piece) // STRIPE * STRIPE
                native.fingerprint(piece[:whole], lanes)
                rest = bytes(piece[whole:])
            size = file.tell() - begin
    except OSError as error:
        raise unreadable(path, error) from error
    return linked(chain, lanes.tobytes(), size, rest)


def _pieces(file: FileIO, count: int) -> Iterator[memoryview]:
    """So many bytes, in memory that is used again; all but the last piece are full."""
    room = memoryview(bytearray(_PIECE))
    while count > 0:
        wanted = min(_PIECE, count)
        filled = 0
        while filled < wanted and (read := file.readinto(room[filled:wanted])):
            filled += read
        if not filled:
            return
        yield room[:filled]
        count -= filled
