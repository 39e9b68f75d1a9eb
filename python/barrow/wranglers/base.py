"""What all wranglers with the names and arguments of NautilusTrader's do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, ClassVar, Generic, Self, TypeVar, Unpack

import pyarrow as pa

from barrow._arrow import RecordKind
from barrow.bars import Record, Records
from barrow.csv import TEXT_KINDS, CsvKeywords, scan_csv
from barrow.errors import (
    BarrowArgumentError,
    BarrowSchemaError,
    BarrowUnsupportedError,
    message,
)
from barrow.wranglers.assemble import Recipe
from barrow.wranglers.frames import Frame, read_frame
from barrow.wranglers.inner import StreamWrangler
from barrow.wranglers.names import Names
from barrow.wranglers.options import WranglerKeywords

R = TypeVar("R", bound=Record)
C = TypeVar("C", bound=Records[Any])
CHUNK = 10_000
# Making records costs more than small chunks of text do, so memory goes first.
_CHUNK_BYTES = 1 << 18


class BaseWrangler(Generic[R, C]):
    """Text, streams and facts; `DataWranglerV2` adds frames.

    Attributes:
        inner: The class that reads streams, which says what records there are.
        names: What frames may call columns, and leave out.
    """

    inner: ClassVar[type[StreamWrangler[Any]]]
    names: ClassVar[Names] = Names()
    _inner: StreamWrangler[R]

    @property
    def kind(self) -> RecordKind:
        """What the records consist of."""
        return self._inner.kind

    @property
    def price_precision(self) -> int:
        """Decimals of prices."""
        return self._inner._meta.price_precision

    @property
    def size_precision(self) -> int:
        """Decimals of sizes."""
        return self._inner._meta.size_precision

    @classmethod
    def from_schema(cls, schema: pa.Schema, **options: Unpack[WranglerKeywords]) -> Self:
        """A wrangler for what the metadata of a schema says.

        Args:
            schema: Has the bar type or the instrument id, and the precisions, in its
                metadata; others are ignored.
            **options: `WranglerOptions` says what there is.

        Raises:
            BarrowSchemaError: One of them is missing or no good.
        """
        kind = cls.inner.container.kind
        keys = (kind.key, *kind.precisions)
        metadata = schema.metadata or {}
        if missing := [key for key in keys if key.encode() not in metadata]:
            raise BarrowSchemaError(
                message(
                    "schema",
                    f"metadata {', '.join(missing)} missing, expected {', '.join(keys)}",
                    tries=[f"{cls.__name__}({', '.join(keys)})"],
                )
            )
        try:
            identity, *texts = (metadata[key.encode()].decode() for key in keys)
        except UnicodeDecodeError as error:
            raise BarrowSchemaError(message("schema", f"metadata is no UTF-8: {error}")) from error
        for key, text in zip(kind.precisions, texts, strict=True):
            if not (text.isascii() and text.isdigit()):
                raise BarrowSchemaError(
                    message("schema", f"metadata {key} is {text!r}, expected a number")
                )
        precisions = dict(zip(kind.precisions, map(int, texts), strict=True))
        make: Any = cls
        try:
            wrangler: Self = make(identity, **precisions, **options)
        except BarrowArgumentError as error:
            raise BarrowSchemaError(message("schema", f"metadata is no good: {error}")) from error
        return wrangler

    # ---------------------------------------------------------------- frames

    def _recipe(self, default_volume: Any, ts_init_delta: int) -> Recipe:
        inner = self._inner
        return Recipe(
            inner.container, self.names, inner._meta, inner._options, default_volume, ts_init_delta
        )

    def _columns(self, df: Any, default_volume: Any, ts_init_delta: int) -> Any:
        recipe = self._recipe(default_volume, ts_init_delta)
        return recipe.make(read_frame(df, self.kind, self.names, recipe.optional))

    def _iterate(
        self, df: Any, chunk_size: int, default_volume: Any, ts_init_delta: int
    ) -> Iterator[R]:
        _check_chunk(chunk_size)
        recipe = self._recipe(default_volume, ts_init_delta)
        frame = read_frame(df, self.kind, self.names, recipe.optional)
        return _records(recipe, frame, chunk_size)

    # ---------------------------------------------------------------- other sources

    def from_csv_iter(
        self,
        path: Any,
        chunk_size: int = CHUNK,
        **options: Unpack[CsvKeywords],
    ) -> Iterator[R]:
        """The records of CSV text, one after the other, in the memory of a chunk.

        Args:
            path: As in `barrow.scan_csv`.
            chunk_size: How many rows to read at once.
            **options: As in `barrow.read_csv`; the wrangler says which instrument it is
                of, the precisions, the encoding and the rounding.

        Raises:
            BarrowUnsupportedError: There is no such text but of bars, quotes and trades.
            BarrowArgumentError: The options say otherwise.
            BarrowSchemaError: The text holds records of another kind.
            What `barrow.scan_csv` raises.
        """
        _check_chunk(chunk_size)
        inner = self._inner
        if self.kind not in TEXT_KINDS.values():
            raise BarrowUnsupportedError(
                message(
                    "from_csv_iter",
                    f"there is no dialect of CSV for {self.kind.plural}",
                    tries=["from_pandas(df) of a frame another library has read, as text"],
                )
            )
        own: dict[str, Any] = {
            self.kind.key: inner._meta.identity,
            "price_precision": self.price_precision,
            "size_precision": self.size_precision,
            "encoding": inner._options.encoding,
            "rounding": inner._options.rounding,
        }
        for name, value in own.items():
            if name in options and options[name] != value:  # type: ignore[literal-required]
                raise BarrowArgumentError(
                    message(name, f"the wrangler has {value!r} already", tries=["leave it out"])
                )
        merged: Any = {"chunk_bytes": _CHUNK_BYTES, **options, **own}
        return self._scan(path, chunk_size, merged)

    def _scan(self, path: Any, chunk_size: int, options: Any) -> Iterator[R]:
        with scan_csv(path, batch_rows=chunk_size, **options) as batches:
            for batch in batches:
                if batch.kind is not self.kind:
                    raise BarrowSchemaError(
                        message(
                            os.fspath(path) if isinstance(path, (str, os.PathLike)) else "text",
                            f"it holds {batch.kind.plural}, expected {self.kind.plural}",
                        )
                    )
                rows: Any = batch
                yield from rows

    def from_arrow(self, table: Any) -> list[R]:
        """The records of a table in a stored schema, with its metadata.

        Args:
            table: Anything with `__arrow_c_stream__` whose columns are stored in one of
                the encodings, in any order; others are ignored. Frames of numbers are
                for `from_pandas`.

        Raises:
            What `_inner.process_record_batch_bytes` raises, but for damage.
        """
        if isinstance(table, pa.RecordBatch):
            table = pa.Table.from_batches([table])
        if not isinstance(table, pa.Table):
            table = pa.table(table)
        return [record for batch in self._inner.process_table(table) for record in batch]


class InstrumentWrangler(BaseWrangler[R, C]):
    """Adds the constructor of all kinds but bars; see `DataWranglerV2`."""

    def __init__(
        self,
        instrument_id: Any,
        price_precision: int | None = None,
        size_precision: int | None = None,
        **options: Unpack[WranglerKeywords],
    ) -> None:
        self._inner = self.inner(instrument_id, price_precision, size_precision, **options)

    @property
    def instrument_id(self) -> str:
        """The instrument id as text."""
        return str(self._inner._meta.identity)


class DataWranglerV2(InstrumentWrangler[R, C]):
    """Turns frames, text and Arrow streams into records of an instrument.

    A class of your own says `inner`, and `names` where frames call columns otherwise.

    Args:
        instrument_id: The instrument id.
        price_precision: Decimals of prices; of kinds that have some.
        size_precision: Decimals of sizes; of kinds that have some.
        **options: `WranglerOptions` says what there is: `encoding`, `rounding`,
            `invalid_raw`, `time_unit`.

    Raises:
        BarrowArgumentError: One of them is none.
    """

    def from_pandas(self, df: Any, ts_init_delta: int = 0) -> list[R]:
        """The records of a frame; see `to_columns`."""
        return self.to_columns(df, ts_init_delta).to_list()

    def from_pandas_iter(
        self, df: Any, chunk_size: int = CHUNK, ts_init_delta: int = 0
    ) -> Iterator[R]:
        """The records of a frame, one after the other, in the memory of a chunk.

        Args:
            df: As in `to_columns`, which also says what is raised; about values, when
                their chunk is reached.
            chunk_size: How many rows to turn into records at once.
            ts_init_delta: As in `to_columns`.
        """
        return self._iterate(df, chunk_size, None, ts_init_delta)

    def to_columns(self, df: Any, ts_init_delta: int = 0) -> C:
        """The records of a frame as columns, which is the fast way.

        Args:
            df: A frame of pandas, or anything with `__arrow_c_stream__`; never changed.
                Columns are found by name in any order and case; `ts_event` may be
                `timestamp` (or with pandas the index), `ts_init` may be `ts_recv`. The
                class says what else there is.
            ts_init_delta: Nanoseconds added to `ts_event` to give `ts_init`, where there
                is no such column.

        Returns:
            Columns; their `report` tells what was rounded.

        Raises:
            BarrowSchemaError: A column is missing, has another type, or holds nulls.
            BarrowParseError: A value does not fit; names row and column.
            BarrowArgumentError: The delta is none.
        """
        columns: C = self._columns(df, None, ts_init_delta)
        return columns


class VolumeWranglerV2(BaseWrangler[R, C]):
    """Turns frames into records whose sizes may be missing; see `DataWranglerV2`."""

    def from_pandas(
        self, df: Any, default_volume: Any = 1_000_000.0, ts_init_delta: int = 0
    ) -> list[R]:
        """The records of a frame; see `to_columns`."""
        return self.to_columns(df, default_volume, ts_init_delta).to_list()

    def from_pandas_iter(
        self,
        df: Any,
        chunk_size: int = CHUNK,
        default_volume: Any = 1_000_000.0,
        ts_init_delta: int = 0,
    ) -> Iterator[R]:
        """The records of a frame, one after the other, in the memory of a chunk.

        Args:
            df: As in `to_columns`, which also says what is raised; about values, when
                their chunk is reached.
            chunk_size: How many rows to turn into records at once.
            default_volume: As in `to_columns`.
            ts_init_delta: As in `to_columns`.
        """
        return self._iterate(df, chunk_size, default_volume, ts_init_delta)

    def to_columns(self, df: Any, default_volume: Any = 1_000_000.0, ts_init_delta: int = 0) -> C:
        """The records of a frame as columns, which is the fast way.

        Args:
            df: As in `DataWranglerV2.to_columns`.
            default_volume: What every record has where there is no column of volumes or
                sizes; None to have that refused.
            ts_init_delta: Nanoseconds added to `ts_event` to give `ts_init`, where there
                is no such column.

        Returns:
            Columns; their `report` tells what was rounded.

        Raises:
            BarrowSchemaError: A column is missing, has another type, or holds nulls.
            BarrowParseError: A value does not fit; names row and column.
            BarrowArgumentError: The default volume or the delta is none.
        """
        columns: C = self._columns(df, default_volume, ts_init_delta)
        return columns


def _check_chunk(chunk_size: int) -> None:
    if isinstance(chunk_size, bool) or not isinstance(chunk_size, int) or chunk_size < 1:
        raise BarrowArgumentError(message("chunk_size", f"{chunk_size!r} is no number from 1"))


def _records(recipe: Recipe, frame: Frame, chunk_size: int) -> Iterator[Any]:
    # All records of a frame have one encoding, whatever the chunk they are in.
    encoding = recipe.settled(frame, chunk_size)
    for begin in range(0, frame.rows, chunk_size):
        yield from recipe.make_in(frame.slice(begin, chunk_size), encoding, begin)
