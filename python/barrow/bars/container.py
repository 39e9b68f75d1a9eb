"""Columns of bars that never change."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import pyarrow as pa

from barrow._arrow import (
    COLUMNS,
    PRICES,
    VALUES,
    BarMeta,
    Encoding,
    bar_schema,
    column_buffer,
    convert_batch,
    encoding_named,
    format_stamp,
    numeric_batch,
    numeric_schema,
    raw_view,
    read_schema,
)
from barrow._lib import native
from barrow.bars.values import Bar
from barrow.errors import BarrowArgumentError, BarrowSchemaError, message

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]
_ITERATION_ROWS = 4096
_SHOWN_ROWS = 3


class Bars:
    """Bars as columns: immutable, sliced without copying, decoded when asked.

    Holds record batches in one of the stored encodings. `bw.read_csv` and `bw.open`
    make them; `Bars.from_arrow` takes any Arrow data with the stored schema.

    Attributes:
        encoding: `fixed8`, `fixed16` or `decimal128`.
        bar_type: The bar type, or None where nobody said it.
        price_precision: Decimals of prices that carry meaning.
        size_precision: Decimals of volumes that carry meaning.
        report: What happened while the bars were read from text, or None.
    """

    __slots__ = ("_batches", "_encoding", "_meta", "_schema", "_starts", "report")

    def __init__(self, batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> None:
        """Takes batches of the stored schema; `Bars.from_arrow` checks more.

        Args:
            batches: Record batches, each with the columns of `schema`.
            schema: A stored schema with its metadata.

        Raises:
            BarrowSchemaError: The schema is not one of bars.
        """
        self._encoding, self._meta = read_schema(schema, "schema")
        self._schema = bar_schema(self._encoding, self._meta)
        self._batches = tuple(_conform(b, self._schema) for b in batches if b.num_rows)
        self._starts: list[int] = [0, *accumulate(batch.num_rows for batch in self._batches)]
        self.report: Any = None

    @classmethod
    def from_arrow(cls, data: Any) -> Bars:
        """Takes anything with `__arrow_c_stream__` that has the stored schema.

        Args:
            data: A pyarrow table, batch or reader, or a table of another library.

        Raises:
            BarrowSchemaError: A column is missing, has another type, or holds nulls.
        """
        if isinstance(data, pa.RecordBatch):
            data = pa.Table.from_batches([data])
        table = data if isinstance(data, pa.Table) else pa.table(data)
        read_schema(table.schema, type(data).__name__)
        table = table.select(list(COLUMNS))
        for name in COLUMNS:
            if table[name].null_count:
                raise BarrowSchemaError(
                    message(f'column "{name}"', f"holds {table[name].null_count} nulls")
                )
        return cls(table.to_batches(), table.schema)

    # ---------------------------------------------------------------- facts

    @property
    def encoding(self) -> str:
        """The name of the encoding."""
        return self._encoding.name

    @property
    def bar_type(self) -> str | None:
        """The bar type as text."""
        return self._meta.bar_type

    @property
    def price_precision(self) -> int:
        """Decimals of prices that carry meaning."""
        return self._meta.price_precision

    @property
    def size_precision(self) -> int:
        """Decimals of volumes that carry meaning."""
        return self._meta.size_precision

    @property
    def scale(self) -> int:
        """The power of ten one raw unit stands for: 9 or 16."""
        return self._encoding.scale

    @property
    def schema(self) -> pa.Schema:
        """The stored schema."""
        return self._schema

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return len(self) * (len(VALUES) * self._encoding.width + 16)

    def __len__(self) -> int:
        return self._starts[-1]

    # ---------------------------------------------------------------- rows

    @overload
    def __getitem__(self, at: int) -> Bar: ...
    @overload
    def __getitem__(self, at: slice) -> Bars: ...

    def __getitem__(self, at: int | slice) -> Bar | Bars:
        """One bar, or the bars of a slice; only slices with a step copy."""
        if isinstance(at, slice):
            return self._slice(*at.indices(len(self)))
        row = at + len(self) if at < 0 else at
        if not 0 <= row < len(self):
            raise IndexError(f"bar {at} of {len(self)}")
        part = bisect_right(self._starts, row) - 1
        return next(self._decode(self._batches[part], row - self._starts[part], 1))

    def _slice(self, begin: int, end: int, step: int) -> Bars:
        if step != 1:
            rows = pa.array(range(begin, end, step), pa.int64())
            return self._with(pa.Table.from_batches(self._batches, self._schema).take(rows))
        parts = []
        for start, batch in zip(self._starts, self._batches, strict=False):
            low, high = max(begin - start, 0), min(end - start, batch.num_rows)
            if low < high:
                parts.append(batch.slice(low, high - low))
        return self._with(pa.Table.from_batches(parts, self._schema))

    def _with(self, table: pa.Table) -> Bars:
        return Bars(table.to_batches(), self._schema)

    def __iter__(self) -> Iterator[Bar]:
        for batch in self._batches:
            for begin in range(0, batch.num_rows, _ITERATION_ROWS):
                yield from self._decode(batch, begin, _ITERATION_ROWS)

    def _decode(self, batch: pa.RecordBatch, begin: int, count: int) -> Iterator[Bar]:
        part = batch.slice(begin, count)
        columns = [self._integers(part.column(name), name) for name in COLUMNS]
        for *raw, ts_event, ts_init in zip(*columns, strict=True):
            yield Bar(tuple(raw), ts_event, ts_init, self._meta, self._encoding)

    def _integers(self, column: pa.Array, name: str) -> list[int]:
        view = raw_view(column, self._encoding, name)
        if view.ndim == 1:
            return list(view.tolist())
        words = view[:, 1] if name == "volume" else view[:, 1].view(np.int64)
        low, high = view[:, 0].tolist(), words.tolist()
        return [(h << 64) | w for h, w in zip(high, low, strict=True)]

    # ---------------------------------------------------------------- columns

    def raw(self, name: str) -> Array:
        """The raw integers of a column.

        A view without a copy if the bars are in one batch, as `read_csv` makes them;
        bars of several batches are gathered into a new array (`batches()` gives
        each without copying).

        Args:
            name: `open`, `high`, `low`, `close`, `volume`, `ts_event` or `ts_init`.

        Returns:
            Read-only. 8-byte encodings: `int64`, `uint64` for volume, shape (n,).
            16-byte encodings: little-endian 64-bit words of shape (n, 2). Times:
            `uint64` nanoseconds.

        Raises:
            BarrowArgumentError: There is no such column.
        """
        if name not in COLUMNS:
            raise BarrowArgumentError(
                message("raw", f"no column {name!r}", tries=[", ".join(COLUMNS)])
            )
        views = [raw_view(b.column(name), self._encoding, name) for b in self._batches]
        if len(views) == 1:
            return views[0]
        if not views:
            return raw_view(pa.array([], self._schema.field(name).type), self._encoding, name)
        gathered = np.concatenate(views)
        gathered.flags.writeable = False
        return gathered

    def timestamps(self, name: str = "ts_event") -> Array:
        """Times as `datetime64[ns]` in UTC; a view where `raw` gives one.

        Args:
            name: `ts_event` or `ts_init`.
        """
        if name not in ("ts_event", "ts_init"):
            raise BarrowArgumentError(
                message("timestamps", f"no time column {name!r}", tries=["ts_event", "ts_init"])
            )
        return self.raw(name).view("datetime64[ns]")

    def to_float64(self, name: str) -> Array:
        """A value column as doubles, each the nearest to the exact value.

        Args:
            name: `open`, `high`, `low`, `close` or `volume`.
        """
        if name not in VALUES:
            raise BarrowArgumentError(
                message("to_float64", f"no value column {name!r}", tries=[", ".join(VALUES)])
            )
        values = np.empty(len(self), np.float64)
        precision = self.price_precision if name in PRICES else self.size_precision
        for start, batch in zip(self._starts, self._batches, strict=False):
            native.column_to_float64(
                column_buffer(batch.column(name), self._encoding.width),
                self._encoding.wide,
                name in PRICES,
                precision,
                values[start : start + batch.num_rows],
            )
        return values

    def batches(self) -> Iterator[Bars]:
        """The bars batch by batch, without copying; each has contiguous columns."""
        for batch in self._batches:
            yield Bars([batch], self._schema)

    # ---------------------------------------------------------------- Arrow

    def __arrow_c_schema__(self) -> object:
        """The schema tools receive; see `__arrow_c_stream__`."""
        return numeric_schema(self._encoding, self._schema).__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hands numbers to any Arrow tool, without copying.

        `fixed8` gives integers with `scale` 9 in the metadata of the field, the
        wide encodings give `decimal128(38, 16)`; times are `timestamp[ns, UTC]`.
        `to_arrow(encoding="decimal128")` makes decimals of any encoding.
        """
        schema = numeric_schema(self._encoding, self._schema)
        batches = (numeric_batch(batch, self._encoding, schema) for batch in self._batches)
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        return reader.__arrow_c_stream__(requested_schema)

    def to_arrow(self, encoding: str | None = None) -> pa.Table:
        """The stored columns with their metadata.

        Args:
            encoding: `fixed8`, `fixed16` or `decimal128`; as stored if None. Copies
                only where the width of values changes.

        Raises:
            BarrowParseError: A value does not fit; names row and column.
        """
        target = self._encoding if encoding is None else encoding_named(encoding)
        if target == self._encoding:
            return pa.Table.from_batches(self._batches, self._schema)
        schema = bar_schema(target, self._meta_within(target))
        batches = [
            convert_batch(batch, self._encoding, target, schema, start)
            for start, batch in zip(self._starts, self._batches, strict=False)
        ]
        return pa.Table.from_batches(batches, schema)

    def _meta_within(self, target: Encoding) -> BarMeta:
        return BarMeta(
            self._meta.bar_type,
            min(self._meta.price_precision, target.scale),
            min(self._meta.size_precision, target.scale),
            self._meta.symbol,
        )

    def to_pandas(self, values: str = "float64") -> pd.DataFrame:
        """A data frame with a `ts_event` index in UTC.

        Args:
            values: `float64` for the nearest doubles, `decimal` for exact
                `decimal.Decimal` objects, `raw` for integers at the scale.
        """
        import pandas as pd

        if values not in ("float64", "decimal", "raw"):
            raise BarrowArgumentError(
                message("to_pandas", f"values={values!r}", tries=["float64", "decimal", "raw"])
            )
        index = pd.DatetimeIndex(self.timestamps(), name="ts_event").tz_localize("UTC")
        data: dict[str, Any] = {}
        if values == "decimal":
            table = self.to_arrow("decimal128")
            data = {name: table[name].to_pandas().to_numpy() for name in VALUES}
        for name in VALUES if values != "decimal" else ():
            if values == "float64":
                data[name] = self.to_float64(name)
            elif self._encoding.wide:
                batches = self._batches
                data[name] = [v for b in batches for v in self._integers(b.column(name), name)]
            else:
                data[name] = self.raw(name)
        data["ts_init"] = pd.DatetimeIndex(self.timestamps("ts_init")).tz_localize("UTC")
        return pd.DataFrame(data, index=index)

    # ---------------------------------------------------------------- the rest

    def __eq__(self, other: object) -> bool:
        """Whether all values are the same numbers, whatever the encoding."""
        if not isinstance(other, Bars):
            return NotImplemented
        if len(self) != len(other) or self.bar_type != other.bar_type:
            return False
        if self._encoding == other._encoding:
            mine, theirs = self, other
        else:
            mine, theirs = (Bars.from_arrow(b.to_arrow("fixed16")) for b in (self, other))
        return all(bool(np.array_equal(mine.raw(n), theirs.raw(n))) for n in COLUMNS)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[object, ...]:
        # A stream holds the rows of a slice only, not the buffers they come from.
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self._schema) as writer:
            for batch in self._batches:
                writer.write_batch(batch)
        return (_rebuild, (sink.getvalue().to_pybytes(),))

    def _facts(self) -> str:
        precisions = f"precision {self.price_precision}/{self.size_precision}"
        name = self.bar_type or self._meta.symbol or "no bar type"
        return f"{name} · {len(self):,} bars · {self.encoding} · {precisions}"

    def _rows(self) -> tuple[list[list[str]], bool]:
        whole = len(self) <= 2 * _SHOWN_ROWS + 1
        shown = list(self) if whole else [*self[:_SHOWN_ROWS], *self[-_SHOWN_ROWS:]]
        rows = [
            [format_stamp(bar.ts_event), *(str(getattr(bar, name)) for name in VALUES)]
            for bar in shown
        ]
        return rows, not whole

    def __repr__(self) -> str:
        rows, cut = self._rows()
        table = [["ts_event", *VALUES], *rows]
        widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
        lines = [
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            for row in table
        ]
        if cut:
            lines.insert(1 + _SHOWN_ROWS, "…".rjust(widths[0]))
        return "\n".join([f"Bars {self._facts()}", *lines])

    def _repr_html_(self) -> str:
        from html import escape

        rows, cut = self._rows()
        cells = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
        if cut:
            cells.insert(_SHOWN_ROWS, f"<td>…</td>{'<td></td>' * len(VALUES)}")
        head = "".join(f"<th>{name}</th>" for name in ("ts_event", *VALUES))
        body = "".join(f"<tr>{row}</tr>" for row in cells)
        return (
            f"<div><b>Bars</b> {escape(self._facts())}"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )


def _conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of bars under their own schema; others say nullable, or more."""
    if batch.schema.equals(schema, check_metadata=True):
        return batch
    return pa.RecordBatch.from_arrays([batch.column(name) for name in COLUMNS], schema=schema)


def _rebuild(stream: bytes) -> Bars:
    return Bars.from_arrow(pa.ipc.open_stream(stream).read_all())
