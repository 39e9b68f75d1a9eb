"""Arrow IPC streams of records, whole or batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any, ClassVar, Generic, TypeVar, Unpack

import pyarrow as pa

from barrow._arrow import Encoding, read_schema
from barrow.bars import (
    Bar,
    Bars,
    OrderBookDelta,
    OrderBookDeltas,
    OrderBookDepth10,
    OrderBookDepths,
    Quotes,
    QuoteTick,
    Record,
    Records,
    Trades,
    TradeTick,
)
from barrow.errors import BarrowCorruptError, BarrowSchemaError, message
from barrow.wranglers.assemble import Recipe, encoding_of, stored_frame
from barrow.wranglers.names import Names
from barrow.wranglers.options import WranglerKeywords, make_meta, make_options

R = TypeVar("R", bound=Record)
_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
# Streams of Arrow before 0.15 have no such mark before a length.
_MARK = _END[:4]
_WHERE = "Arrow stream"


class StreamWrangler(Generic[R]):
    """Reads records out of Arrow IPC streams; the base of one class for each kind.

    Attributes:
        container: The class of many records.

    Args:
        identity: The bar type, or the instrument id of all others.
        price_precision: Decimals of prices; of kinds that have some.
        size_precision: Decimals of sizes; of kinds that have some.
        **options: `WranglerOptions` says what there is.

    Raises:
        BarrowArgumentError: One of them is none.
    """

    container: ClassVar[type[Records[Any]]]

    def __init__(
        self,
        identity: Any,
        price_precision: int | None = None,
        size_precision: int | None = None,
        **options: Unpack[WranglerKeywords],
    ) -> None:
        self.kind = self.container.kind
        self._options = make_options(options)
        self._meta = make_meta(self.kind, identity, price_precision, size_precision, self._options)
        repair = "half_even" if self._options.invalid_raw == "repair" else "exact"
        options_stored = replace(self._options, rounding=repair, time_unit="ns")
        self._recipe = Recipe(self.container, Names(), self._meta, options_stored, stored=True)

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
        batches = self.process_batches(data)
        return list(chain.from_iterable(batch.to_list() for batch in batches))

    def process_record_batch_bytes_iter(self, data: Any) -> Iterator[R]:
        """The records of a stream, one after the other, in the memory of a batch.

        The framing of all of the stream is checked at once, values batch by batch.

        Args:
            data: As in `process_record_batch_bytes`, which also says what is raised;
                about values, when their batch is reached.
        """
        batches = self.process_batches(data)
        return chain.from_iterable(batches)

    def process_batches(self, data: Any) -> Iterator[Records[R]]:
        """The batches of a stream as columns, in the class of the container.

        Args:
            data: As in `process_record_batch_bytes`, which also says what is raised.
        """
        whole = pa.py_buffer(data)
        schema, messages = _read_stream(whole)
        target = self._check_schema(schema, _WHERE)
        # A buffer that cannot be written to through may still be somebody's array.
        constant = isinstance(data, (bytes, pa.Buffer)) and not whole.is_mutable
        return self._decode(schema, messages, target, constant)

    def process_table(self, table: pa.Table, *, first_row: int = 0) -> Iterator[Records[R]]:
        """The batches of a table in a stored schema, checked as those of a stream.

        Args:
            table: The table.
            first_row: The number of its first row, for errors.
        """
        target = self._check_schema(table.schema, type(table).__name__)
        begin = first_row
        for batch in table.to_batches():
            # Arrow's own batches never change.
            yield self._make(batch, target, begin, constant=True)
            begin += batch.num_rows

    def _decode(
        self, schema: pa.Schema, messages: list[pa.Message], target: Encoding, constant: bool
    ) -> Iterator[Records[R]]:
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
    ) -> Records[R]:
        return self._recipe.make_in(stored_frame(batch, self.kind, constant), target, first_row)

    def _check_schema(self, schema: pa.Schema, where: str) -> Encoding:
        _, stored, meta = read_schema(schema, where, self.kind)
        mine = self._meta
        for key, found, expected in (
            (self.kind.key, meta.identity, mine.identity),
            *((key, getattr(meta, key), getattr(mine, key)) for key in self.kind.precisions),
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


class BarDataWrangler(StreamWrangler[Bar]):
    """Bars out of Arrow IPC streams."""

    container = Bars


class QuoteTickDataWrangler(StreamWrangler[QuoteTick]):
    """Quotes out of Arrow IPC streams."""

    container = Quotes


class TradeTickDataWrangler(StreamWrangler[TradeTick]):
    """Trades out of Arrow IPC streams."""

    container = Trades


class OrderBookDeltaDataWrangler(StreamWrangler[OrderBookDelta]):
    """Changes of order books out of Arrow IPC streams."""

    container = OrderBookDeltas


class OrderBookDepth10DataWrangler(StreamWrangler[OrderBookDepth10]):
    """The best levels of order books out of Arrow IPC streams."""

    container = OrderBookDepths


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
