"""Frames of any library as Arrow columns, under the names records have."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import RecordKind, listed
from barrow.errors import BarrowSchemaError, message, shown
from barrow.wranglers.names import Names

_TRIES = 4  # as many missing columns are explained


@dataclass(frozen=True)
class Column:
    """A column of a frame.

    Attributes:
        name: What the frame calls it.
        data: What is in it.
        scale: The power of ten an integer stands for, where the field says so: the
            integers barrow hands to other tools do.
    """

    name: str
    data: pa.ChunkedArray
    scale: int = 0

    def slice(self, begin: int, rows: int) -> Column:
        """Some of the rows, without copying."""
        return Column(self.name, self.data.slice(begin, rows), self.scale)


@dataclass(frozen=True)
class Frame:
    """Columns by the names records have; those that are not there are left out.

    Attributes:
        columns: What is there.
        rows: How many.
        constant: Whether nobody changes their memory any more, so that records may
            look into it.
    """

    columns: dict[str, Column]
    rows: int
    constant: bool = False

    def slice(self, begin: int, rows: int) -> Frame:
        """Some of the rows, without copying."""
        rows = max(min(rows, self.rows - begin), 0)
        return Frame(
            {k: c.slice(begin, rows) for k, c in self.columns.items()}, rows, self.constant
        )


def read_frame(data: Any, kind: RecordKind, names: Names, optional: Iterable[str] = ()) -> Frame:
    """Finds the columns of records in a frame; nothing of it is changed.

    Args:
        data: A pandas frame, or anything with `__arrow_c_stream__`.
        kind: What to find.
        names: What the columns may be called.
        optional: Columns that may be missing.

    Raises:
        BarrowSchemaError: It is no frame, or a column is missing or there twice.
    """
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(data, pandas.DataFrame):
        return _read_pandas(data, kind, names, optional)
    table = _as_table(data)
    found = _match(list(table.schema.names), kind, names)
    _check_missing(found, kind, names, optional, table.schema.names)
    columns = {}
    for name, at in found.items():
        field = table.schema.field(at)
        columns[name] = Column(field.name, _plain(table.column(at)), _scale_of(field))
    return Frame(columns, table.num_rows)


def _as_table(data: Any) -> pa.Table:
    if isinstance(data, pa.Table):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if isinstance(data, pa.RecordBatchReader):
        return data.read_all()
    if not hasattr(data, "__arrow_c_stream__"):
        tries = ["a frame of pandas or polars, a table of pyarrow, a relation of duckdb"]
        if hasattr(data, "collect"):
            tries.insert(0, "collect() it")
        raise BarrowSchemaError(
            message("frame", f"{type(data).__name__} is no frame that is known", tries=tries)
        )
    return pa.table(data)


def _scale_of(field: pa.Field) -> int:
    text = (field.metadata or {}).get(b"scale", b"0")
    return int(text) if text in (b"9", b"16") else 0


def _match(found_names: Sequence[Any], kind: RecordKind, names: Names) -> dict[str, int]:
    """By the names records have, where the columns are."""
    folded: dict[str, list[int]] = {}
    for at, name in enumerate(found_names):
        if isinstance(name, str):
            folded.setdefault(name.lower(), []).append(at)
    found: dict[str, int] = {}
    for name in kind.columns:
        exact = [at for at, other in enumerate(found_names) if other == name]
        places = exact or folded.get(name, [])
        if not places:
            places = [at for alias in names.others(name) for at in folded.get(alias, [])]
        if len(places) > 1:
            several = ", ".join(f'"{found_names[at]}"' for at in places)
            raise BarrowSchemaError(
                message(
                    "frame",
                    f"{several} could all be {name}",
                    tries=[f'rename the right one to "{name}", or drop the others'],
                )
            )
        if places:
            found[name] = places[0]
    return found


def _check_missing(
    found: Collection[str],
    kind: RecordKind,
    names: Names,
    optional: Iterable[str],
    found_names: Iterable[Any],
) -> None:
    there = {*found, *optional, "ts_init"}
    missing = [name for name in kind.columns if name not in there]
    if not missing:
        names.check_columns(found)
        return
    shown_names = shown(", ".join(map(str, found_names)), 400)
    tries: list[str] = []
    for name in missing:
        also = names.others(name)
        if len(tries) == _TRIES:
            break
        tries.append(f"{name} may be called {', '.join(also)}" if also else f'rename it "{name}"')
    raise BarrowSchemaError(
        message(
            "frame",
            f"no {kind.plural}: column {listed(missing)} missing, "
            f"found {shown_names or 'no columns'}",
            tries=tries,
        )
    )


def _read_pandas(data: Any, kind: RecordKind, names: Names, optional: Iterable[str]) -> Frame:
    labels = list(data.columns)
    series = [data.iloc[:, at] for at in range(len(labels))]
    found = _match(labels, kind, names)
    # An index counts as columns behind the others; one of dates may go without a name.
    levels = [data.index.get_level_values(i) for i in range(data.index.nlevels)]
    known = {*labels}
    named = [(n, level) for n, level in zip(data.index.names, levels, strict=True) if n is not None]
    for name, level in named:
        if name not in known:
            own = _match([name], kind, names)
            for column in own:
                if column not in found:
                    found[column] = len(labels)
            labels.append(name)
            series.append(level)
    if "ts_event" not in found:
        dated = [level for level in levels if level.dtype.kind == "M"]
        if len(dated) == 1:
            found["ts_event"] = len(labels)
            labels.append(dated[0].name or "index")
            series.append(dated[0])
    _check_missing(found, kind, names, optional, labels)
    columns = {
        name: Column(str(labels[at]), _from_series(series[at], str(labels[at])))
        for name, at in found.items()
    }
    return Frame(columns, len(data))


def _from_series(series: Any, name: str) -> pa.ChunkedArray:
    """A column of pandas, without a copy where it lies as Arrow wants it."""
    values = series
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "fiuM":
        # As they are: a NaN stays one, which costs nothing, and is refused later.
        values = series.to_numpy()
        if not values.dtype.isnative:
            values = values.astype(values.dtype.newbyteorder("="))
    try:
        array = pa.array(values) if values is not series else pa.array(series, from_pandas=True)
    except (pa.ArrowException, OverflowError, UnicodeEncodeError) as error:
        raise BarrowSchemaError(
            message(
                f'frame column "{name}"',
                f"{series.dtype} of no one type: {shown(str(error))}",
                tries=["astype(str) if it holds texts and numbers"],
            )
        ) from error
    return _plain(array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array]))


def _plain(data: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column without dictionaries, and text as Arrow's `string`."""
    dtype = data.type
    if isinstance(dtype, pa.BaseExtensionType):
        data = pa.chunked_array([chunk.storage for chunk in data.chunks], dtype.storage_type)
        dtype = data.type
    if pa.types.is_dictionary(dtype):
        data = data.cast(dtype.value_type)
        dtype = data.type
    if pa.types.is_large_string(dtype) or pa.types.is_string_view(dtype):
        data = data.cast(pa.string())
    return data
