"""Wranglers with the names and arguments of NautilusTrader's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, ClassVar, Generic, Self, TypeVar, Unpack

import pyarrow as pa

from barrow._arrow import RecordKind
from barrow.bars import Bar, Bars, Quotes, QuoteTick, Trades, TradeTick
from barrow.csv import CsvKeywords, scan_csv
from barrow.errors import BarrowArgumentError, BarrowSchemaError, message
from barrow.wranglers.assemble import Recipe
from barrow.wranglers.frames import Frame, read_frame
from barrow.wranglers.inner import (
    BarDataWrangler,
    QuoteTickDataWrangler,
    TradeTickDataWrangler,
    _StreamWrangler,
)
from barrow.wranglers.options import WranglerKeywords

R = TypeVar("R", Bar, QuoteTick, TradeTick)
_DEFAULT_VOLUME = 1_000_000.0
_CHUNK = 10_000
# Making records costs more than small chunks of text do, so memory goes first.
_CHUNK_BYTES = 1 << 18


class _WranglerV2(Generic[R]):
    """What the wranglers have in common; see `BarDataWranglerV2`."""

    kind: ClassVar[RecordKind]
    _inner: _StreamWrangler[R]

    # ---------------------------------------------------------------- facts

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
            schema: Has the bar type or the instrument id, `price_precision` and
                `size_precision` in its metadata; others are ignored.
            **options: `WranglerOptions` says what there is.

        Raises:
            BarrowSchemaError: One of them is missing or no good.
        """
        kind = cls.kind
        keys = (kind.key, "price_precision", "size_precision")
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
            identity, price, size = (metadata[key.encode()].decode() for key in keys)
        except UnicodeDecodeError as error:
            raise BarrowSchemaError(message("schema", f"metadata is no UTF-8: {error}")) from error
        for key, text in zip(keys[1:], (price, size), strict=True):
            if not (text.isascii() and text.isdigit()):
                raise BarrowSchemaError(
                    message("schema", f"metadata {key} is {text!r}, expected a number")
                )
        try:
            return cls(identity, int(price), int(size), **options)  # type: ignore[call-arg,misc]
        except BarrowArgumentError as error:
            raise BarrowSchemaError(message("schema", f"metadata is no good: {error}")) from error

    # ---------------------------------------------------------------- frames

    def _recipe(self, default_volume: Any, ts_init_delta: int) -> Recipe:
        inner = self._inner
        return Recipe(self.kind, inner._meta, inner._options, default_volume, ts_init_delta)

    def _to_columns(self, df: Any, default_volume: Any, ts_init_delta: int) -> Any:
        recipe = self._recipe(default_volume, ts_init_delta)
        return recipe.make(read_frame(df, self.kind, recipe.optional))

    def _from_pandas_iter(
        self, df: Any, chunk_size: int, default_volume: Any, ts_init_delta: int
    ) -> Iterator[R]:
        _check_chunk(chunk_size)
        recipe = self._recipe(default_volume, ts_init_delta)
        frame = read_frame(df, self.kind, recipe.optional)
        return _records(recipe, frame, chunk_size)

    # ---------------------------------------------------------------- other sources

    def from_csv_iter(
        self,
        path: Any,
        chunk_size: int = _CHUNK,
        **options: Unpack[CsvKeywords],
    ) -> Iterator[R]:
        """The records of CSV text, one after the other, in the memory of a chunk.

        Args:
            path: As in `barrow.scan_csv`.
            chunk_size: How many rows to read at once.
            **options: As in `barrow.read_csv`; the wrangler says which instrument it is
                of, the precisions, the encoding and the rounding.

        Raises:
            BarrowArgumentError: The options say otherwise.
            BarrowSchemaError: The text holds records of another kind.
            What `barrow.scan_csv` raises.
        """
        _check_chunk(chunk_size)
        inner = self._inner
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
                yield from batch  # type: ignore[misc]

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
        batches: Any = self._inner.process_table(table)
        return [record for batch in batches for record in batch]


class BarDataWranglerV2(_WranglerV2[Bar]):
    """Turns frames, text and Arrow streams into bars.

    Args:
        bar_type: The bar type.
        price_precision: Decimals of prices.
        size_precision: Decimals of volumes.
        **options: `WranglerOptions` says what there is: `encoding`, `rounding`,
            `invalid_raw`, `time_unit`.

    Raises:
        BarrowArgumentError: One of them is none.
    """

    kind = BarDataWrangler.kind

    def __init__(
        self,
        bar_type: Any,
        price_precision: int,
        size_precision: int,
        **options: Unpack[WranglerKeywords],
    ) -> None:
        self._inner = BarDataWrangler(bar_type, price_precision, size_precision, **options)

    @property
    def bar_type(self) -> str:
        """The bar type as text."""
        return str(self._inner._meta.identity)

    def from_pandas(
        self, df: Any, default_volume: Any = _DEFAULT_VOLUME, ts_init_delta: int = 0
    ) -> list[Bar]:
        """The bars of a frame; see `to_columns`."""
        return self.to_columns(df, default_volume, ts_init_delta).to_list()

    def from_pandas_iter(
        self,
        df: Any,
        chunk_size: int = _CHUNK,
        default_volume: Any = _DEFAULT_VOLUME,
        ts_init_delta: int = 0,
    ) -> Iterator[Bar]:
        """The bars of a frame, one after the other, in the memory of a chunk.

        Args:
            df: As in `to_columns`, which also says what is raised; about values, when
                their chunk is reached.
            chunk_size: How many rows to turn into bars at once.
            default_volume: As in `to_columns`.
            ts_init_delta: As in `to_columns`.
        """
        return self._from_pandas_iter(df, chunk_size, default_volume, ts_init_delta)

    def to_columns(
        self, df: Any, default_volume: Any = _DEFAULT_VOLUME, ts_init_delta: int = 0
    ) -> Bars:
        """The bars of a frame as columns, which is the fast way.

        Args:
            df: A frame of pandas, or anything with `__arrow_c_stream__`; never changed.
                Columns are found by name in any order and case: `open`, `high`, `low`,
                `close`, `volume`, `ts_event` (or `timestamp`; with pandas the index),
                `ts_init` (or `ts_recv`).
            default_volume: The volume of every bar where there is no such column; None
                to have that refused.
            ts_init_delta: Nanoseconds added to `ts_event` to give `ts_init`, where there
                is no such column.

        Returns:
            `Bars`; its `report` tells what was rounded.

        Raises:
            BarrowSchemaError: A column is missing, has another type, or holds nulls.
            BarrowParseError: A value does not fit; names row and column.
            BarrowArgumentError: The default volume or the delta is none.
        """
        return self._to_columns(df, default_volume, ts_init_delta)  # type: ignore[no-any-return]


class QuoteTickDataWranglerV2(_WranglerV2[QuoteTick]):
    """Turns frames, text and Arrow streams into quotes.

    Args:
        instrument_id: The instrument id.
        price_precision: Decimals of prices.
        size_precision: Decimals of sizes.
        **options: As of `BarDataWranglerV2`.

    Raises:
        BarrowArgumentError: One of them is none.
    """

    kind = QuoteTickDataWrangler.kind

    def __init__(
        self,
        instrument_id: Any,
        price_precision: int,
        size_precision: int,
        **options: Unpack[WranglerKeywords],
    ) -> None:
        self._inner = QuoteTickDataWrangler(
            instrument_id, price_precision, size_precision, **options
        )

    @property
    def instrument_id(self) -> str:
        """The instrument id as text."""
        return str(self._inner._meta.identity)

    def from_pandas(
        self, df: Any, default_volume: Any = _DEFAULT_VOLUME, ts_init_delta: int = 0
    ) -> list[QuoteTick]:
        """The quotes of a frame; see `to_columns`."""
        return self.to_columns(df, default_volume, ts_init_delta).to_list()

    def from_pandas_iter(
        self,
        df: Any,
        chunk_size: int = _CHUNK,
        default_volume: Any = _DEFAULT_VOLUME,
        ts_init_delta: int = 0,
    ) -> Iterator[QuoteTick]:
        """The quotes of a frame; arguments as in `BarDataWranglerV2.from_pandas_iter`."""
        return self._from_pandas_iter(df, chunk_size, default_volume, ts_init_delta)

    def to_columns(
        self, df: Any, default_volume: Any = _DEFAULT_VOLUME, ts_init_delta: int = 0
    ) -> Quotes:
        """The quotes of a frame as columns; see `BarDataWranglerV2.to_columns`.

        Columns are `bid_price` (or `bid`), `ask_price` (`ask`), `bid_size`, `ask_size`,
        `ts_event` and `ts_init`; sizes that are not there are `default_volume`.
        """
        return self._to_columns(df, default_volume, ts_init_delta)  # type: ignore[no-any-return]


class TradeTickDataWranglerV2(_WranglerV2[TradeTick]):
    """Turns frames, text and Arrow streams into trades.

    Args:
        instrument_id: The instrument id.
        price_precision: Decimals of prices.
        size_precision: Decimals of sizes.
        **options: As of `BarDataWranglerV2`.

    Raises:
        BarrowArgumentError: One of them is none.
    """

    kind = TradeTickDataWrangler.kind

    def __init__(
        self,
        instrument_id: Any,
        price_precision: int,
        size_precision: int,
        **options: Unpack[WranglerKeywords],
    ) -> None:
        self._inner = TradeTickDataWrangler(
            instrument_id, price_precision, size_precision, **options
        )

    @property
    def instrument_id(self) -> str:
        """The instrument id as text."""
        return str(self._inner._meta.identity)

    def from_pandas(
        self, df: Any, default_volume: Any = None, ts_init_delta: int = 0
    ) -> list[TradeTick]:
        """The trades of a frame; see `to_columns`."""
        return self.to_columns(df, default_volume, ts_init_delta).to_list()

    def from_pandas_iter(
        self,
        df: Any,
        chunk_size: int = _CHUNK,
        default_volume: Any = None,
        ts_init_delta: int = 0,
    ) -> Iterator[TradeTick]:
        """The trades of a frame; arguments as in `BarDataWranglerV2.from_pandas_iter`."""
        return self._from_pandas_iter(df, chunk_size, default_volume, ts_init_delta)

    def to_columns(self, df: Any, default_volume: Any = None, ts_init_delta: int = 0) -> Trades:
        """The trades of a frame as columns; see `BarDataWranglerV2.to_columns`.

        Columns are `price`, `size` (or `quantity`, `amount`), `aggressor_side` (or
        `side`: text or numbers; or `buyer_maker`: the seller crossed the spread where
        true), `trade_id`, `ts_event` and `ts_init`. A trade without a size is no trade, so
        there is no default unless one is given.
        """
        return self._to_columns(df, default_volume, ts_init_delta)  # type: ignore[no-any-return]


def _check_chunk(chunk_size: int) -> None:
    if isinstance(chunk_size, bool) or not isinstance(chunk_size, int) or chunk_size < 1:
        raise BarrowArgumentError(message("chunk_size", f"{chunk_size!r} is no number from 1"))


def _records(recipe: Recipe, frame: Frame, chunk_size: int) -> Iterator[Any]:
    # All records of a frame have one encoding, whatever the chunk they are in.
    encoding = recipe.settled(frame, chunk_size)
    for begin in range(0, frame.rows, chunk_size):
        yield from recipe.make_in(frame.slice(begin, chunk_size), encoding, begin)
