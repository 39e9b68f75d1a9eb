"""Where the batches of an Arrow file are and how many rows they have, all at once.

pyarrow takes 30 to 100 microseconds for a batch, and tells how many rows it has only
then. The footer says where each batch is, the message there begins with its rows: a
few words of FlatBuffers, read here for all batches together, a page of the file each.
In files of barrow's the last message tells that all batches before it are equally long,
and the other messages need not be looked at. Batches themselves are read by pyarrow,
when they are asked for.

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
_MESSAGE_TYPE, _MESSAGE_HEADER, _MESSAGE_METADATA = 1, 2, 4
_RECORD_BATCH = 3
_BATCH_LENGTH = 0
_KEY, _VALUE = 0, 1
# Fewer messages are looked at one by one, which costs as little.
_FEW = 4
# See mojo_src/barrow/ipc/writer.mojo.
_ROWS_BEFORE = b"rows_before"
_LONGEST = 32
_BLOCK_BYTES, _BLOCK_BODY = 24, 16
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
            found out when the batch is read: whoever reads one has to compare its rows
            with what is returned.
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
    # Of the footer alone, batches of numbers are equally long or nearly so if their
    # bodies are; how long bodies with text are says nothing.
    if count > _FEW and not np.ptp(data.read(blocks[:-1] + _BLOCK_BODY, "<i8")):
        ends = _messages(data, blocks[[0, -1]])
        first, last = _rows(data, ends).tolist()
        if first and _rows_before(data, ends[1:]) == first:
            return np.append(np.full(count - 1, first), last)
    return _rows(data, _messages(data, blocks))


def _messages(data: _Bytes, blocks: Array) -> Array:
    """Where the messages of record batches are, as tables."""
    # Before the format had a mark in front of the length, there was the length.
    messages = data.read(blocks, "<i8") + 4
    messages += 4 * (data.read(messages - 4, "<u4") == _CONTINUATION)
    return messages + data.read(messages, "<u4")


def _rows(data: _Bytes, messages: Array) -> Array:
    """The rows of record batches."""
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


def _rows_before(data: _Bytes, message: Array) -> int:
    """The rows of every batch before one, if its metadata tells them; 0 if not."""
    metadata = data.field(message, _MESSAGE_METADATA)
    if not metadata[0]:
        return 0
    vector = metadata + data.read(metadata, "<u4")
    count = min(int(data.read(vector, "<u4")[0]), _FEW)
    pairs = vector[0] + 4 + 4 * np.arange(count)
    pairs += data.read(pairs, "<u4")
    for pair in pairs:
        if data.text(np.array([pair]), _KEY) == _ROWS_BEFORE:
            told = data.text(np.array([pair]), _VALUE)
            return int(told) if told.isdigit() else 0
    return 0


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

    def text(self, table: Array, number: int) -> bytes:
        """A text in a table; none where it is left out."""
        field = self.field(table, number)
        if not field[0]:
            return b""
        begin = field + self.read(field, "<u4")
        size = int(self.read(begin, "<u4")[0])
        start = int(begin[0]) + 4
        return self._bytes[start : start + min(size, _LONGEST)].tobytes()

    def field(self, tables: Array, number: int) -> Array:
        """Where a field of tables is; 0 where it is left out."""
        offsets = tables - self.read(tables, "<i4")
        entry = 4 + 2 * number
        there = self.read(offsets, "<u2") > entry
        found = self.read(np.where(there, offsets + entry, offsets), "<u2")
        return np.where(there & (found > 0), tables + found, 0)
