"""Columns of records that never change."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload

import numpy as np
import pyarrow as pa

from barrow._arrow import (
    Encoding,
    Meta,
    RecordKind,
    Role,
    array_over,
    check_nulls,
    column_buffer,
    convert_batch,
    encoding_named,
    format_stamp,
    is_text,
    listed,
    numeric_batch,
    numeric_schema,
    raw_view,
    read_schema,
    record_schema,
    settled_nulls,
)
from barrow._lib import native
from barrow.bars.batches import Batches
from barrow.bars.items import Cells, Record, check_text
from barrow.errors import BarrowArgumentError, message

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]
R = TypeVar("R", bound=Record)
_ITERATION_ROWS = 4096
_SHOWN_ROWS = 3


class Records(ABC, Generic[R]):
    """Records as columns: immutable, sliced without copying, decoded when asked.

    Holds record batches in one of the stored encodings. The base of `Bars`, `Quotes`,
    `Trades` and others, and of classes of your own, which say what one record is:
    `class MarkPrices(Records[MarkPriceUpdate]): item = MarkPriceUpdate`.

    Attributes:
        kind: What the records are; that of `item`.
        item: The class of one record.
        encoding: `fixed8`, `fixed16` or `decimal128`.
        identity: The bar type or the instrument id, or None where nobody said it.
        price_precision: Decimals of prices that carry meaning.
        size_precision: Decimals of sizes that carry meaning.
        report: What happened while the records were read from text, or None.
    """

    __slots__ = (
        "_batches", "_checked", "_encoding", "_meta", "_schema", "_views", "report",
    )  # fmt: skip
    kind: ClassVar[RecordKind]
    item: ClassVar[type[Any]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if hasattr(cls, "item"):
            cls.kind = cls.item.kind

    def __init__(
        self, batches: Sequence[pa.RecordBatch], schema: pa.Schema, *, checked: bool = True
    ) -> None:
        """Takes batches of the stored schema; `from_arrow` checks more.

        Args:
            batches: Record batches, each with the columns of `schema`; `Batches` to have
                them fetched when they are asked for.
            schema: A stored schema with its metadata.
            checked: Whether columns of text are known to be well formed; they are
                looked at before they are handed out otherwise.

        Raises:
            BarrowSchemaError: The schema is not one of such records.
        """
        kind = self.kind
        _, self._encoding, self._meta = read_schema(schema, "schema", kind)
        self._schema = stored = record_schema(kind, self._encoding, self._meta)
        if isinstance(batches, Batches):
            self._batches = batches.each(lambda batch: _conform(batch, kind, stored))
        else:
            self._batches = Batches.of([_conform(batch, kind, stored) for batch in batches])
        self._views: dict[int, Cells] = {}
        self._checked = checked
        self.report: Any = None

    def with_batches(self, batches: Sequence[pa.RecordBatch]) -> Self:
        """Other rows under the same schema and metadata; nothing is looked at again.

        Args:
            batches: Record batches of exactly `schema`; `Batches` as in the constructor.
        """
        other = object.__new__(type(self))
        other._encoding, other._meta, other._schema = self._encoding, self._meta, self._schema
        other._batches = batches if isinstance(batches, Batches) else Batches.of(batches)
        other._views = {}
        other._checked = self._checked
        other.report = None
        return other

    @classmethod
    def from_arrow(cls, data: Any) -> Self:
        """Takes anything with `__arrow_c_stream__` that has the stored schema.

        Args:
            data: A pyarrow table, batch or reader, or a table of another library.

        Raises:
            BarrowSchemaError: A column is missing, has another type, or holds nulls
                where there are no values that may be undefined.
        """
        if isinstance(data, pa.RecordBatch):
            data = pa.Table.from_batches([data])
        table = data if isinstance(data, pa.Table) else pa.table(data)
        _, encoding, _ = read_schema(table.schema, type(data).__name__, cls.kind)
        table = table.select(list(cls.kind.columns))
        check_nulls(table, cls.kind, encoding)
        return cls(table.to_batches(), table.schema)

    # ---------------------------------------------------------------- facts

    @property
    def encoding(self) -> str:
        """The name of the encoding."""
        return self._encoding.name

    @property
    def identity(self) -> str | None:
        """The bar type or the instrument id, or None where nobody said it."""
        return self._meta.identity

    @property
    def price_precision(self) -> int:
        """Decimals of prices that carry meaning; 0 where there are no prices."""
        return self._meta.price_precision

    @property
    def size_precision(self) -> int:
        """Decimals of sizes that carry meaning; 0 where there are no sizes."""
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
        """Bytes of the columns."""
        return sum(batch.nbytes for batch in self._batches)

    def __len__(self) -> int:
        return self._batches.starts[-1]

    # ---------------------------------------------------------------- rows

    @overload
    def __getitem__(self, at: int) -> R: ...
    @overload
    def __getitem__(self, at: slice) -> Self: ...

    def __getitem__(self, at: int | slice) -> R | Self:
        """One record, or those of a slice; only slices with a step copy."""
        if isinstance(at, slice):
            return self._slice(*at.indices(len(self)))
        row = at + len(self) if at < 0 else at
        if not 0 <= row < len(self):
            raise IndexError(f"{self.kind.name} {at} of {len(self)}")
        part, begin = self._batches.place(row)
        records: list[R] = self.item.rows(self._part(part), begin, 1)
        return records[0]

    def _slice(self, begin: int, end: int, step: int) -> Self:
        if step != 1:
            rows = pa.array(range(begin, end, step), pa.int64())
            taken = pa.Table.from_batches([*self._sound()], self._schema).take(rows)
            return type(self)(taken.to_batches(), self._schema)
        return self.with_batches(self._batches.rows(begin, end))

    def __iter__(self) -> Iterator[R]:
        for part, batch in enumerate(self._batches):
            for begin in range(0, batch.num_rows, _ITERATION_ROWS):
                count = min(_ITERATION_ROWS, batch.num_rows - begin)
                yield from self.item.rows(self._part(part), begin, count)

    def to_list(self) -> list[R]:
        """All records: 56 bytes each, and the columns they look into."""
        lists = [
            self.item.rows(self._part(part), 0, batch.num_rows)
            for part, batch in enumerate(self._batches)
        ]
        return lists[0] if len(lists) == 1 else [record for part in lists for record in part]

    def _part(self, part: int) -> Cells:
        """The columns of one batch: NumPy views, Arrow arrays where they are text."""
        cells = self._views.get(part)
        if cells is None:
            columns = [
                (field, self._batches[part].column(field.name)) for field in self.kind.fields
            ]
            views = tuple(
                column if is_text(column.type) else raw_view(field, column)
                for field, column in columns
            )
            cells = self._views[part] = Cells(
                self.kind, self._meta, self._encoding, views, checked=self._checked
            )
        return cells

    # ---------------------------------------------------------------- columns

    def raw(self, name: str, *, out: Array | None = None) -> Array:
        """The raw integers of a column.

        A view without a copy if the records are in one batch, as `read_csv` makes
        them; those of several batches are gathered into a new array (`batches()`
        gives each without copying).

        Args:
            name: Any column that is not text.
            out: Where to copy them to: contiguous, writable, of the shape and the type
                below. Memory that was touched before is several times faster to fill.

        Returns:
            `out`, or a read-only array. 8-byte encodings: `int64` prices, `uint64` sizes,
            shape (n,). 16-byte encodings: little-endian 64-bit words of shape (n, 2).
            Times: `uint64` nanoseconds. Others as they are stored.

        Raises:
            BarrowArgumentError: There is no such column, or it is text; or `out` is not
                as it must be.
        """
        if name not in self.kind.at:
            raise BarrowArgumentError(
                message("raw", f"no column {name!r}", tries=[listed(self.kind.columns)])
            )
        dtype = self._schema.field(name).type
        if is_text(dtype):
            raise BarrowArgumentError(
                message("raw", f"column {name!r} is text", tries=[f"{name}s()"])
            )
        at = self.kind.at[name]
        views = [self._part(part).columns[at] for part in range(len(self._batches))]
        if len(views) == 1 and out is None:
            return views[0]  # type: ignore[no-any-return]
        empty = raw_view(self.kind.fields[at], array_over(b"", dtype, 0))
        if out is not None:
            _check_out("raw", out, empty.dtype, (len(self), *empty.shape[1:]))
            for start, view in zip(self._batches.starts, views, strict=False):
                np.copyto(out[start : start + len(view)], view)
            return out
        if not views:
            return empty
        gathered = np.concatenate(views)
        gathered.flags.writeable = False
        return gathered

    def timestamps(self, name: str = "ts_event") -> Array:
        """Times as `datetime64[ns]` in UTC; a view where `raw` gives one.

        Args:
            name: `ts_event`, `ts_init`, or what other times there are.
        """
        if name not in self.kind.times:
            raise BarrowArgumentError(
                message("timestamps", f"no time column {name!r}", tries=list(self.kind.times))
            )
        return self.raw(name).view("datetime64[ns]")

    def to_float64(self, name: str, *, out: Array | None = None) -> Array:
        """A value column as doubles, each the nearest to the exact value.

        Args:
            name: A price or a size; NaN where it is undefined, or an erroneous price.
            out: Where to put them: contiguous, writable, `float64`, shape (n,). Memory
                that was touched before is several times faster to fill.

        Returns:
            `out`, or a new array. Other threads run meanwhile.

        Raises:
            BarrowArgumentError: There is no such column, or `out` is not as it must be.
        """
        values = self.kind.values
        if name not in values:
            raise BarrowArgumentError(
                message("to_float64", f"no value column {name!r}", tries=[listed(values)])
            )
        field = self.kind.field(name)
        if out is not None:
            _check_out("to_float64", out, np.dtype(np.float64), (len(self),))
        doubles = np.empty(len(self), np.float64) if out is None else out
        for start, batch in zip(self._batches.starts, self._batches, strict=False):
            stored = column_buffer(batch.column(name))
            room = doubles[start : start + batch.num_rows]
            native.column_to_float64(
                stored,
                self._encoding.wide,
                field.signed,
                room,
            )
        return doubles

    def batches(self) -> Iterator[Self]:
        """The records batch by batch, without copying; each has contiguous columns."""
        for batch in self._batches:
            yield self.with_batches([batch])

    # ---------------------------------------------------------------- Arrow

    def _sound(self) -> Batches:
        """The batches, once their text is known to lie within its buffers."""
        if not self._checked:
            for batch in self._batches:
                for column in batch.columns:
                    if is_text(column.type):
                        check_text(column)
            self._checked = True
        return self._batches

    def __arrow_c_schema__(self) -> object:
        """The schema tools receive; see `__arrow_c_stream__`."""
        schema = numeric_schema(self.kind, self._encoding, self._schema)
        return schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hands numbers to any Arrow tool, without copying.

        `fixed8` gives integers with `scale` 9 in the metadata of the field, the
        wide encodings give `decimal128(38, 16)`; times are `timestamp[ns, UTC]`. What
        is undefined is null. `to_arrow(encoding="decimal128")` makes decimals of any encoding.
        """
        schema = numeric_schema(self.kind, self._encoding, self._schema)
        batches = (numeric_batch(self.kind, batch, schema) for batch in self._sound())
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
        batches = list(self._sound())
        if target == self._encoding:
            return pa.Table.from_batches(batches, self._schema)
        schema = record_schema(self.kind, target, self._meta_within(target))
        converted = [
            convert_batch(self.kind, batch, self._encoding, target, schema, start)
            for start, batch in zip(self._batches.starts, batches, strict=False)
        ]
        return pa.Table.from_batches(converted, schema)

    def _meta_within(self, target: Encoding) -> Meta:
        return Meta(
            self._meta.identity,
            min(self._meta.price_precision, target.scale),
            min(self._meta.size_precision, target.scale),
            self._meta.symbol,
        )

    def to_pandas(self, values: str = "float64") -> pd.DataFrame:
        """A data frame with a `ts_event` index in UTC.

        What is undefined is NaN, None, or its sentinel as it is stored.

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
        table = self.to_arrow("decimal128" if values == "decimal" else None)
        data: dict[str, Any] = {}
        for field in self.kind.fields:
            name = field.name
            if field.role is Role.TIME:
                if name != index.name:
                    data[name] = pd.DatetimeIndex(self.timestamps(name)).tz_localize("UTC")
            elif field.role is Role.TEXT:
                # Frames align what has an index of its own, so only values go in.
                data[name] = table[name].to_pandas().array
            elif field.role is Role.PLAIN:
                data[name] = self.raw(name)
            elif values == "decimal":
                data[name] = table[name].to_pandas().to_numpy()
            else:
                of = self.to_float64 if values == "float64" else self._raw_integers
                data[name] = of(name)
        return pd.DataFrame(data, index=index)

    def _raw_integers(self, name: str) -> Any:
        """Raw values as NumPy integers, or as Python's where they have 128 bits."""
        if not self._encoding.wide:
            return self.raw(name)
        words = self.raw(name)
        high = words[:, 1].view(np.int64) if name in self.kind.prices else words[:, 1]
        pairs = zip(high.tolist(), words[:, 0].tolist(), strict=True)
        return [(h << 64) | low for h, low in pairs]

    # ---------------------------------------------------------------- the rest

    def __eq__(self, other: object) -> bool:
        """Whether all records are the same, whatever the encoding."""
        if not isinstance(other, Records) or self.kind != other.kind:
            return NotImplemented
        if len(self) != len(other) or self._meta.identity != other._meta.identity:
            return False
        if self._encoding == other._encoding:
            mine, theirs = self, other
        else:
            mine, theirs = (type(self).from_arrow(r.to_arrow("fixed16")) for r in (self, other))
        return all(_same(mine, theirs, name) for name in self.kind.columns)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[object, ...]:
        # A stream holds the rows of a slice only, not the buffers they come from.
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self._schema) as writer:
            for batch in self._sound():
                writer.write_batch(batch)
        return (_rebuild, (type(self), sink.getvalue().to_pybytes()))

    def _facts(self) -> str:
        decimals = "/".join(str(getattr(self._meta, key)) for key in self.kind.precisions)
        precisions = f"precision {decimals}"
        name = self._meta.identity or self._meta.symbol or f"no {self.kind.title}"
        return f"{name} · {len(self):,} {self.kind.plural} · {self.encoding} · {precisions}"

    def _rows(self) -> tuple[list[str], list[list[str]], bool]:
        whole = len(self) <= 2 * _SHOWN_ROWS + 1
        shown = list(self) if whole else [*self[:_SHOWN_ROWS], *self[-_SHOWN_ROWS:]]
        names = self.kind.shown or self.kind.told
        rows = []
        for record in shown:
            texts = record.texts()
            rows.append([format_stamp(record.ts_event), *(texts[name] for name in names)])
        return ["ts_event", *names], rows, not whole

    def __repr__(self) -> str:
        head, rows, cut = self._rows()
        table = [head, *rows]
        widths = [max(len(row[i]) for row in table) for i in range(len(head))]
        lines = [
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            for row in table
        ]
        if cut:
            lines.insert(1 + _SHOWN_ROWS, "…".rjust(widths[0]))
        return "\n".join([f"{type(self).__name__} {self._facts()}", *lines])

    def _repr_html_(self) -> str:
        from html import escape

        names, rows, cut = self._rows()
        cells = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
        if cut:
            cells.insert(_SHOWN_ROWS, f"<td>…</td>{'<td></td>' * (len(names) - 1)}")
        head = "".join(f"<th>{name}</th>" for name in names)
        body = "".join(f"<tr>{row}</tr>" for row in cells)
        return (
            f"<div><b>{type(self).__name__}</b> {escape(self._facts())}"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )


def _same(mine: Records[Any], theirs: Records[Any], name: str) -> bool:
    if is_text(mine.schema.field(name).type):
        return bool(mine.to_arrow()[name].equals(theirs.to_arrow()[name]))
    return bool(np.array_equal(mine.raw(name), theirs.raw(name)))


def _check_out(where: str, out: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    if isinstance(out, np.ndarray):
        flags = out.flags
        if out.dtype == dtype and out.shape == shape and flags.c_contiguous and flags.writeable:
            return
        order = "" if flags.c_contiguous else ", not contiguous"
        found = f"{out.dtype} of shape {out.shape}{order}{'' if flags.writeable else ', read-only'}"
    else:
        found = f"a {type(out).__name__}"
    raise BarrowArgumentError(
        message(
            where,
            f"out is {found}, expected a contiguous, writable {dtype} of shape {shape}",
            tries=[f"np.empty({shape}, np.{dtype})"],
        )
    )


def _conform(batch: pa.RecordBatch, kind: RecordKind, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of records under their own schema, with sentinels under nulls."""
    nulls = any(batch.column(f.name).null_count for f in kind.fields if f.optional)
    if not nulls and batch.schema.equals(schema, check_metadata=True):
        return batch
    columns = {field.name: batch.column(field.name) for field in kind.fields}
    for field in kind.fields:
        if field.optional and pa.types.is_decimal(columns[field.name].type):
            columns[field.name] = settled_nulls(columns[field.name], field.signed)
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _rebuild(cls: type[Records[R]], stream: bytes) -> Records[R]:
    return cls.from_arrow(pa.ipc.open_stream(stream).read_all())
