"""Where the batches of an Arrow file are and how many rows they have, all at once.

pyarrow takes 30 to 100 microseconds for a batch, and tells how many rows it has only
then. The footer says where each batch is, the message there begins with its rows: a
few words of FlatBuffers, read here for all batches together. Batches themselves are
read by pyarrow, when they are asked for.

The layout: https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format,
`File.fbs` and `Message.fbs` of its schema, and
https://flatbuffers.dev/internals/ for tables, whose fields are found through a
table of offsets.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_MAGIC = b"ARROW1"
_FOOTER_BATCHES = 3
_MESSAGE_TYPE, _MESSAGE_HEADER = 1, 2
_RECORD_BATCH = 3
_BATCH_LENGTH = 0
_BLOCK_BYTES = 24
_CONTINUATION = 0xFFFF_FFFF


class BadBlocks(ValueError):
    """The footer or a message of a file is damaged."""


def batch_rows(file: Any) -> Array:
    """The rows of every batch of an Arrow file.

    Args:
        file: The bytes of the whole file, mapped; anything with the buffer protocol.

    Returns:
        `int64`, one for every batch.

    Raises:
        BadBlocks: The footer or a message is damaged. What is not looked at here is
            found out when the batch is read.
    """
    data = _Bytes(file)
    end = len(data) - len(_MAGIC) - 4
    if not data.ends_with(_MAGIC):
        raise BadBlocks(f"the file does not end with {_MAGIC.decode()}")
    size = int(data.read(np.array([end]), "<i4")[0])
    if not 8 <= size <= end:
        raise BadBlocks(f"the footer has {size:,} bytes of {len(data):,}")
    begin = np.array([end - size])
    footer = begin + data.read(begin, "<u4")
    batches = data.field(footer, _FOOTER_BATCHES)
    if not batches[0]:
        return np.empty(0, np.int64)
    vector = batches + data.read(batches, "<u4")
    count = int(data.read(vector, "<u4")[0])
    if count * _BLOCK_BYTES > size:
        raise BadBlocks(f"the footer tells of {count:,} batches in {size:,} bytes")
    blocks = vector[0] + 4 + _BLOCK_BYTES * np.arange(count)
    # Before the format had a mark in front of the length, there was the length.
    messages = data.read(blocks, "<i8") + 4
    messages += 4 * (data.read(messages - 4, "<u4") == _CONTINUATION)
    messages += data.read(messages, "<u4")
    kinds = data.field(messages, _MESSAGE_TYPE)
    headers = data.field(messages, _MESSAGE_HEADER)
    if not (kinds.all() and headers.all()) or (data.read(kinds, "u1") != _RECORD_BATCH).any():
        raise BadBlocks("a message is none of a record batch")
    lengths = data.field(headers + data.read(headers, "<u4"), _BATCH_LENGTH)
    # FlatBuffers leave out what is zero.
    rows = np.where(lengths > 0, data.read(np.where(lengths > 0, lengths, 0), "<i8"), 0)
    if (rows < 0).any() or (rows > len(data)).any():
        raise BadBlocks(f"a batch of {int(rows[(rows < 0) | (rows > len(data))][0]):,} rows")
    return rows


class _Bytes:
    """Words of a file at many places at once."""

    def __init__(self, file: Any) -> None:
        self._bytes = np.frombuffer(file, np.uint8)

    def __len__(self) -> int:
        return len(self._bytes)

    def ends_with(self, end: bytes) -> bool:
        """Whether these are the last bytes, behind four others."""
        return len(self) >= len(end) + 4 and self._bytes[-len(end) :].tobytes() == end

    def read(self, places: Array, dtype: str) -> Array:
        """The words at places, as int64."""
        width = np.dtype(dtype).itemsize
        if len(places) and not 0 <= places.min() <= places.max() <= len(self) - width:
            raise BadBlocks("an offset points out of the file")
        words = self._bytes[places[:, None] + np.arange(width)]
        return words.view(dtype)[:, 0].astype(np.int64)

    def field(self, tables: Array, number: int) -> Array:
        """Where a field of tables is; 0 where it is left out."""
        offsets = tables - self.read(tables, "<i4")
        entry = 4 + 2 * number
        there = self.read(offsets, "<u2") > entry
        found = self.read(np.where(there, offsets + entry, offsets), "<u2")
        return np.where(there & (found > 0), tables + found, 0)
