"""Arrow IPC streams of records, whole or batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any, ClassVar, Generic, TypeVar, Unpack

import pyarrow as pa

from barrow._arrow import BAR, QUOTE, TRADE, Encoding, RecordKind, read_schema
from barrow.bars import AnyRecords, Bar, QuoteTick, TradeTick
from barrow.errors import BarrowCorruptError, BarrowSchemaError, message
from barrow.wranglers.assemble import Recipe, encoding_of, stored_frame
from barrow.wranglers.options import WranglerKeywords, make_meta, make_options

R = TypeVar("R")
_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
# Streams of Arrow before 0.15 have no such mark before a length.
_MARK = _END[:4]
_WHERE = "Arrow stream"


class _StreamWrangler(Generic[R]):
    """Reads records out of Arrow IPC streams.

    Args:
        identity: The bar type, or the instrument id of ticks.
        price_precision: Decimals of prices.
        size_precision: Decimals of sizes.
        **options: `WranglerOptions` says what there is.

    Raises:
        BarrowArgumentError: One of them is none.
    """

    kind: ClassVar[RecordKind]

    def __init__(
        self,
        identity: Any,
        price_precision: int,
        size_precision: int,
        **options: Unpack[WranglerKeywords],
    ) -> None:
        self._options = make_options(options)
        self._meta = make_meta(self.kind, identity, price_precision, size_precision, self._options)
        repair = "half_even" if self._options.invalid_raw == "repair" else "exact"
        options_stored = replace(self._options, rounding=repair, time_unit="ns")
        self._recipe = Recipe(self.kind, self._meta, options_stored)

    def process_record_batch_bytes(self, data: Any) -> list[R]:
        """The records of a stream.

        Args:
            data: An Arrow IPC stream: `bytes`, or anything with the buffer protocol.
                Records look into `bytes` and constant buffers of pyarrow without a copy, so
                that these live as long as any record; others are copied.

        Raises:
            BarrowCorruptError: The stream is damaged or cut off, also where only its
                end is missing.
            BarrowSchemaError: A column is missing, has another type or nulls, or the
                metadata is missing or that of something else.
            BarrowParseError: A value is a sentinel, out of range, or no multiple of what
                the precision allows; names row and column.
        """
        batches: Iterator[Any] = self.process_batches(data)
        return list(chain.from_iterable(batch.to_list() for batch in batches))

    def process_record_batch_bytes_iter(self, data: Any) -> Iterator[R]:
        """The records of a stream, one after the other, in the memory of a batch.

        The framing of all of the stream is checked at once, values batch by batch.

        Args:
            data: As in `process_record_batch_bytes`, which also says what is raised;
                about values, when their batch is reached.
        """
        batches: Iterator[Any] = self.process_batches(data)
        return chain.from_iterable(batches)

    def process_batches(self, data: Any) -> Iterator[AnyRecords]:
        """The batches of a stream as `Bars`, `Quotes` or `Trades`.

        Args:
            data: As in `process_record_batch_bytes`, which also says what is raised.
        """
        whole = pa.py_buffer(data)
        schema, messages = _read_stream(whole)
        target = self._check_schema(schema, _WHERE)
        # A buffer that cannot be written to through may still be somebody's array.
        constant = isinstance(data, (bytes, pa.Buffer)) and not whole.is_mutable
        return self._decode(schema, messages, target, constant)

    def process_table(self, table: pa.Table) -> Iterator[AnyRecords]:
        """The batches of a table in a stored schema, checked as those of a stream."""
        target = self._check_schema(table.schema, type(table).__name__)
        begin = 0
        for batch in table.to_batches():
            # Arrow's own batches never change.
            yield self._make(batch, target, begin, constant=True)
            begin += batch.num_rows

    def _decode(
        self, schema: pa.Schema, messages: list[pa.Message], target: Encoding, constant: bool
    ) -> Iterator[AnyRecords]:
        begin = 0
        for number, part in enumerate(messages):
            try:
                batch = pa.ipc.read_record_batch(part, schema)
                batch.validate()
            except (pa.ArrowInvalid, OSError) as error:
                raise BarrowCorruptError(
                    message(f"{_WHERE} batch {number}", f"is damaged: {error}")
                ) from error
            yield self._make(batch, target, begin, constant)
            begin += batch.num_rows

    def _make(
        self, batch: pa.RecordBatch, target: Encoding, first_row: int, constant: bool
    ) -> AnyRecords:
        return self._recipe.make_in(stored_frame(batch, self.kind, constant), target, first_row)

    def _check_schema(self, schema: pa.Schema, where: str) -> Encoding:
        _, stored, meta = read_schema(schema, where, self.kind)
        mine = self._meta
        for key, found, expected in (
            (self.kind.key, meta.identity, mine.identity),
            ("price_precision", meta.price_precision, mine.price_precision),
            ("size_precision", meta.size_precision, mine.size_precision),
        ):
            if found != expected:
                raise BarrowSchemaError(
                    message(
                        where,
                        f"metadata {key} is {'missing' if found is None else repr(found)}, "
                        f"expected {expected!r} as in the wrangler",
                        tries=["from_schema(...) to make a wrangler that fits"],
                    )
                )
        return encoding_of(self._options.encoding, stored)


class BarDataWrangler(_StreamWrangler[Bar]):
    """Bars out of Arrow IPC streams."""

    kind = BAR


class QuoteTickDataWrangler(_StreamWrangler[QuoteTick]):
    """Quotes out of Arrow IPC streams."""

    kind = QUOTE


class TradeTickDataWrangler(_StreamWrangler[TradeTick]):
    """Trades out of Arrow IPC streams."""

    kind = TRADE


def _read_stream(whole: pa.Buffer) -> tuple[pa.Schema, list[pa.Message]]:
    """Takes a stream apart without copying, up to the mark at its end.

    pyarrow itself takes the end of the bytes for the end of the stream, so that a
    stream cut between two batches would lose the rest of them without a word.

    Raises:
        BarrowCorruptError: It is no stream, damaged, cut off, or goes on behind its end.
    """
    source = pa.BufferReader(whole)
    messages: list[pa.Message] = []
    end = 0
    while True:
        try:
            messages.append(pa.ipc.read_message(source))
        except EOFError:
            break
        except (pa.ArrowInvalid, OSError) as error:
            raise _cut_off(end, whole.size, len(messages), str(error)) from error
        end = source.tell()
    if not messages:
        raise BarrowCorruptError(
            message(_WHERE, f"its {whole.size:,} bytes hold no schema, expected an IPC stream")
        )
    view = memoryview(whole)
    begin = bytes(view[:4])
    mark = _END if begin == _MARK else _END[4:]
    found = bytes(view[end : end + len(mark)])
    if found != mark:
        raise _cut_off(end, whole.size, len(messages), "the mark of its end is missing")
    end += len(mark)
    if end != whole.size:
        raise BarrowCorruptError(
            message(
                _WHERE,
                f"{whole.size - end:,} bytes follow its end at byte {end:,}",
                tries=["pass streams one by one"],
            )
        )
    try:
        schema = pa.ipc.read_schema(messages[0])
    except (pa.ArrowInvalid, OSError) as error:
        raise BarrowCorruptError(message(_WHERE, f"the schema is damaged: {error}")) from error
    for part in messages[1:]:
        if part.type != "record batch":
            raise BarrowCorruptError(
                message(_WHERE, f"holds a message of type {part.type}, expected record batches")
            )
    return schema, messages[1:]


def _cut_off(end: int, size: int, messages: int, what: str) -> BarrowCorruptError:
    batches = max(messages - 1, 0)
    return BarrowCorruptError(
        message(
            _WHERE,
            f"is cut off or damaged behind {batches} batches, at byte {end:,} of {size:,}: {what}",
            tries=["write the stream again, and close its writer"],
        )
    )
