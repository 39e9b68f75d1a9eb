"""Arrow IPC files: written atomically, read through a memory mapping.

The reading and writing itself is done by the Mojo package, which calls pyarrow;
see mojo_src/barrow/ipc.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa

from barrow._arrow import (
    Encoding,
    EncodingName,
    RecordKind,
    array_over,
    check_nulls,
    convert_batch,
    is_text,
    padded,
    read_schema,
    record_schema,
    text_buffers,
)
from barrow._blocks import BadBlocks, batch_rows
from barrow._lib import native
from barrow.bars import (
    Batches,
    Records,
    StoredRecords,
    make_records,
    settle_identity,
    stored_schema,
    stored_tables,
)
from barrow.errors import BarrowCorruptError, BarrowIoError, message, shown
from barrow.files import AtomicFile, Output, unreadable, unwritable

_MAGIC = b"ARROW1"
# The magic with padding, the length of the footer, the magic again.
_SHORTEST = 8 + 4 + 6
_BATCH_ROWS = 65_536


def open_arrow(
    path: str | os.PathLike[str],
    *,
    bar_type: str | None = None,
    instrument_id: str | None = None,
    container: type[Records[Any]] | None = None,
) -> Records[Any]:
    """Opens an Arrow IPC file of records; nothing is read but the footer.

    Args:
        path: The file. Do not change it in place while the records are in use; barrow
            itself always replaces files as a whole.
        bar_type: The bar type, where a file of bars does not say it.
        instrument_id: The instrument id, where a file of others does not.
        container: The class of the result; by the columns of the file if None.

    Returns:
        `Bars`, `Quotes` or whatever else over the memory-mapped file.

    Raises:
        BarrowIoError: The file cannot be read.
        BarrowCorruptError: It is no Arrow IPC file, or not a whole one.
        BarrowSchemaError: It holds no records, or those of something else.
        BarrowArgumentError: The bar type or the instrument id is none.
    """
    name = os.fspath(path)
    _check_magic(name)
    try:
        reader, mapping = native.ipc_open(name, True)
        stored = reader.schema
    except (BarrowCorruptError, pa.ArrowInvalid, OSError) as error:
        raise _damaged(name, error) from error
    kind, encoding, meta = read_schema(stored, name, None if container is None else container.kind)
    identity = settle_identity(kind, meta.identity, name, bar_type, instrument_id)
    schema = record_schema(kind, encoding, replace(meta, identity=identity))
    batches = _FileBatches(name, kind, encoding, reader, mapping)
    return make_records(
        Batches(batches.lengths, batches.fetch), schema, checked=False, container=container
    )


def _damaged(name: str, error: BaseException) -> BarrowCorruptError:
    if not str(error).strip() or "<NULL>" in str(error):
        _interrupt_again()
    return BarrowCorruptError(
        message(name, f"the file is damaged: {error}", tries=["write it again from its source"])
    )


class _FileBatches:
    """The batches of a mapped file, which are looked at when they are asked for."""

    def __init__(
        self, name: str, kind: RecordKind, encoding: Encoding, reader: Any, mapping: Any
    ) -> None:
        self._name = name
        self._kind = kind
        self._encoding = encoding
        self._reader = reader
        self._mapping = mapping
        self._rows: list[int] = []

    def lengths(self) -> list[int]:
        """The rows of every batch.

        Raises:
            BarrowCorruptError: The file is damaged where it says so.
        """
        try:
            # Arrow asks the kernel for all pages of what it hands out: one byte of it.
            self._mapping.seek(0)
            first = self._mapping.read_buffer(1)
            whole = pa.foreign_buffer(first.address, self._mapping.size(), self._mapping)
            self._rows = batch_rows(whole).tolist()
        except (BadBlocks, pa.ArrowInvalid, OSError) as error:
            raise _damaged(self._name, error) from error
        return self._rows

    def fetch(self, number: int) -> pa.RecordBatch:
        """One batch.

        Raises:
            BarrowCorruptError: It is damaged.
            BarrowSchemaError: A column holds nulls.
        """
        try:
            batch = self._reader.get_batch(number)
            batch.validate()
        except (pa.ArrowInvalid, OSError) as error:
            raise _damaged(self._name, error) from error
        if batch.num_rows != self._rows[number]:
            what = f"batch {number} has {batch.num_rows:,} rows, then {self._rows[number]:,}"
            raise _damaged(self._name, ValueError(what))
        check_columns(batch, self._kind, self._encoding, self._name)
        return batch.select(list(self._kind.columns))


def _check_magic(name: str) -> None:
    try:
        with Path(name).open("rb") as file:
            head = file.read(16)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - len(_MAGIC), 0))
            tail = file.read()
    except OSError as error:
        raise unreadable(name, error) from error
    if not head.startswith(_MAGIC):
        tries = ["barrow ingest turns CSV into an Arrow file"]
        if head.startswith(b"\xff\xff\xff\xff"):
            tries = ["this looks like an Arrow IPC stream: pyarrow.ipc.open_stream reads it"]
        raise BarrowCorruptError(
            message(name, f'the file starts with "{shown(head)}", expected "ARROW1"', tries=tries)
        )
    if tail != _MAGIC or size < _SHORTEST:
        raise BarrowCorruptError(
            message(
                name,
                f'the file is cut off: its {size:,} bytes do not end with "ARROW1"',
                tries=["write it again from its source"],
            )
        )


def check_columns(batch: pa.RecordBatch, kind: RecordKind, encoding: Encoding, name: str) -> None:
    """Refuses what a file of records cannot hold; looks at no value.

    Args:
        batch: A batch that was validated.
        kind: What it holds.
        encoding: How it is stored.
        name: The file, for errors.

    Raises:
        BarrowSchemaError: A column holds nulls.
        BarrowCorruptError: A buffer is shorter than its column.
    """
    check_nulls(batch, kind, encoding, name)
    for column in kind.columns:
        array = batch.column(column)
        if is_text(array.type):  # `validate` has compared its buffers with its ends
            continue
        data, width = array.buffers()[1], array.type.bit_width // 8
        if len(array) and (data is None or data.size < (array.offset + len(array)) * width):
            raise BarrowCorruptError(
                message(f'{name} column "{column}"', "its buffer is shorter than its length")
            )


def _aligned(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch over buffers that end at multiples of 64 bytes, as pyarrow writes them.

    What a buffer has beyond its last value, up to the next such multiple, is written
    too, so that the next column begins at one. Of offsets pyarrow writes none: columns
    behind text are aligned where `RecordKind.aligned_rows` says so.
    """
    columns = [_aligned_text(c) if is_text(c.type) else _aligned_values(c) for c in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _aligned_values(column: pa.Array) -> pa.Array:
    width = column.type.bit_width // 8
    size = len(column) * width
    nulls = None
    if column.null_count:  # its bits need whole lines too
        nulls = column.is_null().to_numpy(zero_copy_only=False)
    elif size == padded(size):
        return column
    data = _whole_lines(column.buffers()[1], column.offset * width, size)
    return array_over(data, column.type, len(column), nulls)


def _aligned_text(column: pa.Array) -> pa.Array:
    if not len(column):
        return column
    ends, _ = text_buffers(column)
    offsets = np.frombuffer(ends, np.int32)
    first, size = int(offsets[0]), int(offsets[-1] - offsets[0])
    if size == padded(size):
        return column
    data = _whole_lines(column.buffers()[2], first, size)
    return array_over((offsets - first if first else ends, data), column.type, len(column))


def _whole_lines(buffer: pa.Buffer, begin: int, size: int) -> Any:
    """The bytes of a column and zeros behind them, copied unless they are there."""
    whole = padded(size)
    behind = memoryview(buffer)[begin + size : begin + whole]
    if len(behind) == whole - size and not any(behind):
        return buffer.slice(begin, whole)
    copy = np.zeros(whole, np.uint8)
    copy[:size] = np.frombuffer(buffer, np.uint8, size, begin)
    return copy


class ArrowFileWriter:
    """Writes an Arrow IPC file that appears under its name only when it is whole.

    Batches go into a file with a temporary name in the same folder. `commit` makes
    it durable and renames it; leaving the `with` block without it removes it.

    Args:
        path: The final name.
        schema: The stored schema.
        overwrite: Whether a file of that name may be replaced.
        temporary: As in `AtomicFile`.
        checksum: Whether to keep a CRC-32 of the file.

    Raises:
        BarrowIoError: The file is there already.

    Attributes:
        size: Bytes of the file, once it is committed.
        crc32: Its checksum, if one was asked for.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        schema: pa.Schema,
        *,
        overwrite: bool = False,
        temporary: str | None = None,
        checksum: bool = False,
    ) -> None:
        self.path = os.fspath(path)
        self._overwrite = overwrite
        self._temporary = temporary
        self._checksum = checksum
        self._file = self._new_file()
        self.schema = schema
        self.size = self.crc32 = 0
        self._output: Output | None = None
        self._writer: Any = None

    def _new_file(self) -> AtomicFile:
        try:
            return AtomicFile(self.path, overwrite=self._overwrite, temporary=self._temporary)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def _open(self) -> None:
        try:
            try:
                self._file.create()
                self._output = Output(self._file.temporary, checksum=self._checksum)
                self._writer = native.ipc_new(self._output, self.schema)
            except OSError as error:
                raise _unwritable(self.path, error) from error
        except BaseException:
            self.abort()
            raise

    def __enter__(self) -> Self:
        # Not before: between a constructor and the block nobody would clean up.
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()

    def write(self, batch: pa.RecordBatch) -> None:
        """Appends a batch of the schema.

        Raises:
            BarrowIoError: It cannot be written, for want of space for instance.
        """
        if self._writer is None:
            self._open()
        try:
            native.ipc_write(self._writer, _aligned(batch))
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def restate(self, schema: pa.Schema) -> None:
        """Gives the batches written so far another schema: metadata or width.

        They are copied batch by batch into a new file, in bounded memory and without
        parsing anything again.

        Raises:
            BarrowIoError: The copy cannot be written.
        """
        kind, source, _ = read_schema(self.schema, self.path)
        _, target, _ = read_schema(schema, self.path, kind)
        if source == target and self.schema.metadata == schema.metadata:
            return
        old = self._file
        try:
            self._close()
            self._file, self.schema = self._new_file(), schema
            self._open()
            reader, _ = native.ipc_open(old.temporary, False)
            for i in range(reader.num_record_batches):
                self.write(convert_batch(kind, reader.get_batch(i), source, target, schema))
        finally:
            old.abort()

    def _close(self) -> None:
        try:
            native.ipc_close(self._writer)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._writer = None
        if self._output is not None:
            self.size, self.crc32 = self._output.tell(), self._output.crc32

    def commit(self) -> None:
        """Makes the file durable and gives it its name.

        Raises:
            BarrowIoError: It cannot be written; nothing is left under its name.
        """
        self._close()
        try:
            self._file.commit()
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def abort(self) -> None:
        """Removes what was written, unless it was committed."""
        self._writer = None
        if self._output is not None:
            with contextlib.suppress(OSError):
                self._output.close()
        self._file.abort()


def write_arrow(
    records: StoredRecords,
    path: str | os.PathLike[str],
    *,
    encoding: EncodingName | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Writes records into an Arrow IPC file, wholly or not at all.

    Args:
        records: What to write.
        path: The file.
        encoding: `fixed8`, `fixed16` or `decimal128`; as they are stored if None.
        overwrite: Whether it may replace one that is there.
        progress: Called with rows written and rows in all.

    Raises:
        BarrowIoError: The file is there already, or cannot be written.
        BarrowParseError: A value does not fit into the encoding.
        BarrowArgumentError: There is no such encoding.
    """
    schema = stored_schema(records, encoding)
    rows = 0
    with ArrowFileWriter(path, schema, overwrite=overwrite) as writer:
        for table in stored_tables(records, encoding):
            for batch in table.to_batches(max_chunksize=_BATCH_ROWS):
                writer.write(batch)
                rows += batch.num_rows
                if progress is not None:
                    progress(rows, len(records))
        writer.commit()


def _interrupt_again() -> None:
    """Calls the handler of Ctrl-C, whose exception was lost on the way."""
    handler = signal.getsignal(signal.SIGINT)
    if callable(handler):
        handler(signal.SIGINT, None)
    raise KeyboardInterrupt


def _unwritable(path: str, error: OSError) -> BarrowIoError:
    # Errors that come through Mojo keep their text only, and an interrupt has none.
    if not str(error).strip() or "<NULL>" in str(error):
        _interrupt_again()
    return unwritable(path, error)
