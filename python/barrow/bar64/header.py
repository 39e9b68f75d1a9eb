"""The first records of a bar64 file: what the others mean."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, get_args

import numpy as np
import pyarrow as pa

from barrow._arrow import BAR, FIXED8, Meta, read_schema, record_schema
from barrow._lib import native
from barrow.errors import (
    BarrowArgumentError,
    BarrowCorruptError,
    BarrowUnsupportedError,
    message,
    shown,
)

# As in PNG: a byte that is no ASCII, and a line end that copying as text would change.
MAGIC = b"\x89BAR64\r\n"
VERSION = 1
RECORD_BYTES = 64
# Magic, version, records of the header, scale, precisions of prices and sizes, stamp,
# bytes of the bar type and of the symbol, zero, sealed.
_FIXED = struct.Struct("<8sHHBBBBHHIQ")
_CHECKSUM = struct.Struct("<I")
# One page, so that a header is never half rewritten by a process that is killed.
_MOST_BYTES = 4096
_MOST_TEXT = _MOST_BYTES - _FIXED.size - _CHECKSUM.size
_SCALE = FIXED8.scale

RECORD = np.dtype(
    [
        ("ts_event", "<u8"),
        ("open", "<i8"),
        ("high", "<i8"),
        ("low", "<i8"),
        ("close", "<i8"),
        ("volume", "<u8"),
        ("ts_init", "<u8"),
        ("flags", "<u4"),
        ("crc32c", "<u4"),
    ]
)
"""A record as NumPy sees it: 64 bytes, prices and volume at scale 9, nanoseconds UTC."""

Stamp = Literal["open", "close"]
_STAMPS: tuple[str | None, ...] = (None, *get_args(Stamp))


@dataclass(frozen=True)
class Header:
    """What a bar64 file says about its records.

    Attributes:
        bar_type: The bar type, or None where nobody said it.
        price_precision: Decimals of prices that carry meaning, 0 to 9.
        size_precision: Decimals of volumes that carry meaning, 0 to 9.
        symbol: The symbol where only that is known.
        stamp: Which end of a bar `ts_event` is; None if nobody said it.
        sealed: How many records the file had when it was created as a whole. One that
            has fewer was cut off; one that was only appended to has 0 here.
    """

    bar_type: str | None = None
    price_precision: int = 0
    size_precision: int = 0
    symbol: str | None = None
    stamp: Stamp | None = None
    sealed: int = 0

    @classmethod
    def of(cls, schema: pa.Schema, where: str, stamp: Stamp | None = None) -> Self:
        """The header for bars of a stored schema.

        Args:
            schema: The schema; precisions beyond 9 become 9.
            where: What to call its source in an error.
            stamp: Which end of a bar `ts_event` is.

        Raises:
            BarrowSchemaError: It is not one of bars.
        """
        _, _, meta = read_schema(schema, where, BAR)
        price, size = min(meta.price_precision, _SCALE), min(meta.size_precision, _SCALE)
        return cls(meta.identity, price, size, meta.symbol, stamp)

    @property
    def meta(self) -> Meta:
        """The same as metadata of a schema."""
        return Meta(self.bar_type, self.price_precision, self.size_precision, self.symbol)

    def schema(self) -> pa.Schema:
        """The stored schema of the bars, `fixed8`."""
        return record_schema(BAR, FIXED8, self.meta)

    def encode(self) -> bytes:
        """The bytes of the header: a multiple of 64.

        Raises:
            BarrowArgumentError: A text is too long, or a precision or the stamp is none.
        """
        texts = [(text or "").encode() for text in (self.bar_type, self.symbol)]
        size = sum(map(len, texts))
        if size > _MOST_TEXT:
            raise BarrowArgumentError(
                message("bar_type", f"{size:,} bytes of text, expected at most {_MOST_TEXT:,}")
            )
        if self.stamp not in _STAMPS:
            raise BarrowArgumentError(
                message("stamp", f"{self.stamp!r} is none of {', '.join(get_args(Stamp))}, None")
            )
        for name in ("price_precision", "size_precision"):
            if not 0 <= getattr(self, name) <= _SCALE:
                raise BarrowArgumentError(
                    message(name, f"{getattr(self, name)}, expected 0 to {_SCALE}")
                )
        records = -(-(_FIXED.size + size + _CHECKSUM.size) // RECORD_BYTES)
        fixed = _FIXED.pack(
            MAGIC,
            VERSION,
            records,
            _SCALE,
            self.price_precision,
            self.size_precision,
            _STAMPS.index(self.stamp),
            *map(len, texts),
            0,
            self.sealed,
        )
        told = (fixed + b"".join(texts)).ljust(records * RECORD_BYTES - _CHECKSUM.size, b"\0")
        return told + _CHECKSUM.pack(native.crc32c(told))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> tuple[Self, int]:
        """Reads the header of a file.

        Returns:
            The header, and how many bytes it has.

        Raises:
            OSError: As the system tells it.
            What `decode` raises.
        """
        with Path(path).open("rb") as file:
            start = file.read(_FIXED.size)
            size = header_bytes(start)
            return cls.decode(start + file.read(max(size - len(start), 0)), os.fspath(path))

    @classmethod
    def decode(cls, data: bytes, path: str) -> tuple[Self, int]:
        """Reads a header.

        Args:
            data: The start of the file, the whole header at least.
            path: What to call the file in an error.

        Returns:
            The header, and how many bytes it has.

        Raises:
            BarrowCorruptError: It is none, not a whole one, or a damaged one.
            BarrowUnsupportedError: It is of another version of the format.
        """
        if not data.startswith(MAGIC):
            tries = ["barrow convert FILE -o OTHER.bar64 makes such files"]
            if MAGIC.startswith(data[: len(MAGIC)]):
                raise _damaged(path, "the file is cut off within its header")
            what = f'the file starts with "{shown(data[:8])}", expected "{shown(MAGIC)}"'
            raise BarrowCorruptError(message(path, what, tries=tries))
        size = header_bytes(data)
        if size == 0 or len(data) < size:
            raise _damaged(path, "the file is cut off within its header")
        told = data[: size - _CHECKSUM.size]
        (found,) = _CHECKSUM.unpack(data[size - _CHECKSUM.size : size])
        if found != (wanted := native.crc32c(told)):
            raise _damaged(
                path, f"the checksum of the header is {found:#010x}, its bytes give {wanted:#010x}"
            )
        _, version, _, scale, price, volume, stamp, *lengths, _, sealed = _FIXED.unpack(
            told[: _FIXED.size]
        )
        if version != VERSION:
            raise BarrowUnsupportedError(
                message(
                    path,
                    f"it is version {version} of bar64, this barrow reads version {VERSION}",
                    tries=["a newer barrow"],
                )
            )
        texts = told[_FIXED.size :]
        end = sum(lengths)
        if (scale, stamp < len(_STAMPS), end <= len(texts)) != (_SCALE, True, True) or not (
            price <= _SCALE and volume <= _SCALE
        ):
            raise _damaged(
                path,
                f"the header says scale {scale}, precisions {price} and {volume}, stamp {stamp} "
                f"and {end} bytes of text, which cannot be",
            )
        try:
            bar_type, symbol = (
                texts[begin:stop].decode() or None
                for begin, stop in ((0, lengths[0]), (lengths[0], end))
            )
        except UnicodeDecodeError as error:
            raise _damaged(path, f"a text of the header is not UTF-8: {error}") from error
        return cls(bar_type, price, volume, symbol, _STAMPS[stamp], sealed), size


def header_bytes(start: bytes) -> int:
    """How long a header says it is; 0 where that cannot be told.

    Args:
        start: The first bytes of the file.
    """
    if len(start) < _FIXED.size:
        return 0
    return int(_FIXED.unpack_from(start)[2]) * RECORD_BYTES


def is_bar64(path: str | os.PathLike[str]) -> bool:
    """Whether a file starts as bar64 files do; False also where it cannot be read."""
    if not os.path.isfile(path):  # what a pipe has given cannot be read again
        return False
    try:
        with Path(path).open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):  # whoever opens it next says what is wrong
        return False


def _damaged(path: str, what: str) -> BarrowCorruptError:
    return BarrowCorruptError(message(path, what, tries=["write it again from its source"]))
