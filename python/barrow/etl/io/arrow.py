"""Arrow IPC for stages: files are read, streams are read and added to.

An Arrow file ends with a table of its batches, so nothing can be added to it; a stream
is one message after another. A position is where the columns of a batch begin in the
file and as many bytes further as rows of it were read, which is still within the batch.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any, Self

import pyarrow as pa

from barrow._arrow import BAR, FIXED8, Meta, read_schema, record_schema
from barrow.append_file import AppendFile
from barrow.bars import Bars, require_like
from barrow.errors import BarrowCorruptError, BarrowUnsupportedError, message
from barrow.etl.io.checks import check_count, no_position, too_short
from barrow.files import unreadable
from barrow.ipc import open_arrow

FILE_MAGIC, STREAM_MAGIC = b"ARROW1", b"\xff\xff\xff\xff"
END_OF_STREAM = STREAM_MAGIC + bytes(4)
FILE_SUFFIXES = (".arrow", ".feather", ".ipc")
STREAM_SUFFIXES = (".arrows",)
_FEW_BATCHES = 4


class ArrowReader:
    """Reads an Arrow IPC file or stream in a stored encoding, mapped, not compressed.

    Args:
        path: The file. What is added later is seen after `seek`.
        whole: Whether a stream must have the mark of its end; what is behind the last
            whole message is left out otherwise.
        ended: Whether that mark must be there; a stream that is added to has none, and
            may not be torn nevertheless.

    Raises:
        BarrowIoError: The file cannot be read.
        BarrowCorruptError: It is neither, or damaged, or a stream without its end.
        BarrowSchemaError: It holds no bars.
        BarrowUnsupportedError: It is compressed.

    Attributes:
        path: The file as the caller named it.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, whole: bool = True, ended: bool = True
    ) -> None:
        self.path = os.fspath(path)
        self._whole, self._ended = whole, ended
        self._open()

    def _open(self) -> None:
        data = _mapped(self.path)
        if data.slice(0, len(FILE_MAGIC)).to_pybytes() == FILE_MAGIC:
            # Checks more than is asked here, and says it better.
            records = open_arrow(self.path, container=Bars)
            reader = pa.ipc.open_file(pa.BufferReader(data))
            batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
            self._schema = records.schema
        else:
            ends, ended = message_ends(self.path, data, torn=not self._whole)
            if self._whole and self._ended and not ended:
                what = "the stream has no end: it is cut off, or somebody writes to it"
                tries = ["whole=False to read what is there"]
                raise BarrowCorruptError(message(self.path, what, tries=tries))
            self._schema, batches = _read_stream(self.path, data, ends)
        self._batches = [batch for batch in batches if batch.num_rows]
        self._places = [_place(self.path, data, batch) for batch in self._batches]
        self._at, self._row = 0, 0

    def read_batch(self, n: int) -> Bars | None:
        """The next bars, at most `n` of them; None at the end.

        Raises:
            BarrowSchemaError: There are nulls among them.
            BarrowArgumentError: `n` is less than 1.
        """
        check_count(n)
        parts: list[pa.RecordBatch] = []
        while n > 0 and self._batches:
            if self._row == self._batches[self._at].num_rows:
                if self._at + 1 == len(self._batches):
                    break  # a position behind the last bar stays in its batch
                self._at, self._row = self._at + 1, 0
            part = self._batches[self._at].slice(self._row, n)
            parts.append(part)
            n -= part.num_rows
            self._row += part.num_rows
        if not parts:
            return None
        table = pa.Table.from_batches(parts, self._schema)
        if len(parts) > _FEW_BATCHES:
            # Small batches one by one cost more than a copy.
            table = table.combine_chunks()
        return Bars.from_arrow(table)

    def tell(self) -> int:
        """The position: behind the last bar that was read; 0 before the first one."""
        if not self._at and not self._row:
            return 0
        return self._places[self._at] + self._row

    def seek(self, position: int) -> None:
        """Goes on at a position of `tell`.

        Raises:
            BarrowArgumentError: It is not within a batch.
            BarrowCorruptError: The file is shorter.
            What opening the file raises.
        """
        self._open()
        if not position:
            return
        size = os.stat(self.path).st_size
        if position > size:
            raise too_short(self.path, size, position)
        for at, (place, batch) in enumerate(zip(self._places, self._batches, strict=True)):
            if place <= position <= place + batch.num_rows:
                self._at, self._row = at, position - place
                return
        raise no_position(self.path, position, "is not within a batch")

    def close(self) -> None:
        """Lets the file go; what was made of it lives on."""
        self._batches, self._places = [], []
        self._at = self._row = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class ArrowWriter:
    """Adds to an Arrow IPC stream, which the first bars create.

    Bars are stored as the first ones are; the mark of the end is written by `finalize`.

    Args:
        path: The stream.
        at: Where to go on: what lies behind is cut off. At the end if None; a message
            that is not whole is an error then.

    Raises:
        BarrowCorruptError: The stream is shorter than `at`, damaged or torn.
        BarrowSchemaError: It holds no bars.
        BarrowUnsupportedError: It is an Arrow file, which nothing can be added to.
        BarrowIoError: It cannot be opened, or another writer has it open.

    Attributes:
        path: The stream as the caller named it.
    """

    def __init__(self, path: str | os.PathLike[str], *, at: int | None = None) -> None:
        self.path = os.fspath(path)
        self._file: AppendFile | None = None
        self._schema: pa.Schema | None = None
        self._ends: list[int] = []
        if os.path.exists(self.path):
            self._file = AppendFile(self.path)
        elif self.path.lower().endswith(FILE_SUFFIXES):
            raise self._no_stream()
        try:
            if self._file is not None and self._file.size:
                self._go_on(at)
            if at is not None:
                self.truncate(at)
        except BaseException:
            self.close()
            raise

    def _no_stream(self) -> BarrowUnsupportedError:
        what = "it is an Arrow file, which nothing can be added to"
        tries = ["a stream (.arrows)", "a bar64 file (.bar64)"]
        return BarrowUnsupportedError(message(self.path, what, tries=tries))

    def _go_on(self, at: int | None) -> None:
        """Finds the messages that are there."""
        assert self._file is not None
        data = _mapped(self.path)
        if data.slice(0, len(FILE_MAGIC)).to_pybytes() == FILE_MAGIC:
            raise self._no_stream()
        # A schema that is not whole leaves a position of 0 only.
        self._ends, ended = message_ends(self.path, data, torn=at is not None)
        end = self._ends[-1] if self._ends else 0
        if self._ends:
            self._schema, _ = _read_stream(self.path, data, self._ends[:1])
        if ended or at is not None:
            self._file.truncate(end)

    def write_batch(self, bars: Bars) -> int:
        """Writes bars behind the last one, all of them or none.

        Raises:
            BarrowIoError: They cannot be written; the stream is as long as before.
            BarrowParseError: A value does not fit into the encoding of the stream.
            BarrowSchemaError: They are of something else than the bars before, or have
                more decimals.
        """
        if self._file is None:
            self._file = AppendFile.create(self.path, b"")
        start = [] if self._schema is not None else [bars.schema.serialize()]
        schema = bars.schema if self._schema is None else self._schema
        _, encoding, meta = read_schema(schema, self.path, BAR)
        require_like(bars, BAR, meta, self.path)
        table = bars.to_arrow(encoding.name).replace_schema_metadata(schema.metadata)
        messages = [*start, *(batch.serialize() for batch in table.to_batches())]
        self._file.write(messages)
        self._schema = schema
        for part in messages:
            self._ends.append((self._ends[-1] if self._ends else 0) + part.size)
        return len(bars)

    def tell(self) -> int:
        """The position: behind the last batch; 0 if there is no stream yet."""
        return 0 if self._file is None else self._file.size

    def truncate(self, position: int) -> None:
        """Drops batches behind a position of `tell`.

        Raises:
            BarrowArgumentError: It is not between two batches.
            BarrowCorruptError: The stream is shorter.
            BarrowIoError: The stream cannot be cut.
        """
        size = self.tell()
        if position > size:
            raise too_short(self.path, size, position)
        if position and position not in self._ends:
            raise no_position(self.path, position, "is not between two batches")
        if self._file is not None:
            self._file.truncate(position)
            self._ends = [end for end in self._ends if end <= position]
            self._schema = self._schema if self._ends else None

    def flush(self, fsync: bool = True) -> None:
        """Hands what was written to the system, and waits for the disk if asked.

        Raises:
            BarrowIoError: The system cannot say that it is durable.
        """
        if self._file is not None:
            self._file.flush(fsync=fsync)

    def finalize(self) -> None:
        """Writes the mark of the end, makes the stream durable and closes it.

        Raises:
            BarrowIoError: It cannot be written.
        """
        if self._file is not None and self._ends:
            self._file.write([END_OF_STREAM])
        self.flush()
        self.close()

    def close(self) -> None:
        """Lets the stream go, without the mark of its end."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _mapped(path: str) -> pa.Buffer:
    """The bytes of a file without copying."""
    try:
        if not os.stat(path).st_size:
            return pa.py_buffer(b"")
        with pa.memory_map(path) as source:
            return source.read_buffer()
    except OSError as error:
        raise unreadable(path, error) from error


def _read_stream(
    path: str, data: pa.Buffer, ends: list[int]
) -> tuple[pa.Schema, list[pa.RecordBatch]]:
    """The schema and the batches of so many messages, without copying."""
    if not ends:
        return record_schema(BAR, FIXED8, Meta(None)), []
    try:
        stream = pa.ipc.open_stream(pa.BufferReader(data.slice(0, ends[-1])))
        read_schema(stream.schema, path, BAR)
        batches = list(stream)
        for batch in batches:
            batch.validate()
    except (OSError, pa.ArrowInvalid) as error:
        what = f"the stream is damaged: {error}"
        tries = ["write it again from its source"]
        raise BarrowCorruptError(message(path, what, tries=tries)) from error
    return stream.schema, batches


def message_ends(path: str, data: pa.Buffer, *, torn: bool = False) -> tuple[list[int], bool]:
    """Where the messages of a stream end, the schema first; values are not read.

    Args:
        path: The stream, for errors.
        data: Its bytes.
        torn: Whether what follows the last whole message is left out; it is an error
            otherwise.

    Returns:
        The ends, and whether the mark of the end follows.

    Raises:
        BarrowCorruptError: What follows a message is no whole one.
    """
    source: Any = pa.BufferReader(data)
    messages = pa.ipc.MessageReader.open_stream(source)
    ends: list[int] = []
    # Both the mark of the end and the end of the bytes end the iteration.
    with contextlib.suppress(StopIteration, OSError, pa.ArrowInvalid):
        while True:
            messages.read_next_message()
            ends.append(source.tell())
    rest = data.slice(ends[-1] if ends else 0)
    ended = rest.size == len(END_OF_STREAM) and rest.to_pybytes() == END_OF_STREAM
    if not torn and (not ends or (rest.size and not ended)):
        what = f"what follows {len(ends):,} messages of an Arrow stream is no whole one"
        tries = ["at=... to go on at a position", "write it again from its source"]
        raise BarrowCorruptError(message(path, what, tries=tries))
    return ends, ended


def _place(path: str, data: pa.Buffer, batch: pa.RecordBatch) -> int:
    """Where the columns of a batch begin in the file."""
    place = int(batch.column(0).buffers()[1].address - data.address)
    if not 0 <= place < data.size:
        raise BarrowUnsupportedError(
            message(
                path,
                "reading cannot go on within compressed batches",
                tries=["bw.convert writes it without compression"],
            )
        )
    return place
