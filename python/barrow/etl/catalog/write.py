"""Writes records into a catalog."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import ENCODINGS, Encoding, EncodingName, Meta, format_stamp, record_schema
from barrow.bars import BarType, Records, parse_instrument_id, settle_identity
from barrow.csv import CsvKeywords, scan_csv
from barrow.errors import BarrowArgumentError, BarrowParseError, BarrowUnsupportedError, message
from barrow.etl.catalog.read import is_catalog, open_catalog
from barrow.etl.catalog.shelf import Shelf
from barrow.etl.formats import PARQUET_SUFFIXES, TEXT_SUFFIXES, ConvertReport, size_of
from barrow.files import AtomicFile, Output, unwritable
from barrow.ipc import open_arrow
from barrow.parquet import scan_parquet
from barrow.wranglers.inner import BarDataWrangler, QuoteTickDataWrangler, TradeTickDataWrangler

Progress = Callable[[int, int], None]
_WRANGLERS: dict[str, Any] = {
    wrangler.container.kind.name: wrangler
    for wrangler in (BarDataWrangler, QuoteTickDataWrangler, TradeTickDataWrangler)
}
# Of a row group; what is held in memory at once is a small multiple of it.
_ROWS = 65_536


def write_catalog(
    source: str | os.PathLike[str] | Records[Any],
    catalog: str | os.PathLike[str],
    *,
    bar_type: str | None = None,
    instrument_id: str | None = None,
    price_precision: int | None = None,
    size_precision: int | None = None,
    encoding: EncodingName | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> ConvertReport:
    """Adds bars, quotes or trades to a catalog that NautilusTrader can query.

    They become one file, `data/bar/{bar type}/{first}_{last}.parquet` or the same under
    `quote_tick` and `trade_tick`, in memory bounded by batches; it appears when it is
    whole. Instruments are not written: NautilusTrader has its own definitions of those.

    Args:
        source: Records, or a file of them: CSV, Arrow or Parquet. They must be in the
            order of `ts_init`.
        catalog: The folder; made if it is not there.
        bar_type: The bar type, where bars do not say it; text never does.
        instrument_id: The same for quotes and trades.
        price_precision: Decimals of prices, as the instrument has them. If None those of
            the files that are there already, or else of the source.
        size_precision: The same for sizes.
        encoding: `fixed16`, or `fixed8` for a NautilusTrader of standard precision. If
            None that of the files that are there already, or else `fixed16`, which
            its wheels for Linux and macOS have.
        overwrite: Whether a file of exactly the same span of time may be replaced.
        progress: Called with rows written and rows in all, 0 if unknown.

    Returns:
        The file that was written, and how many rows it has.

    Raises:
        BarrowArgumentError: There is no bar type or instrument id, there are no rows, or an
            argument is none.
        BarrowIoError: A file cannot be read or written, or one of an overlapping span is
            there.
        BarrowParseError: A row is bad, not in order, or does not fit.
        BarrowSchemaError: Files that are there are of something else, or stored
            differently.
        BarrowUnsupportedError: The records are of another kind.
    """
    started = time.monotonic()
    if encoding not in (None, "fixed8", "fixed16"):
        raise BarrowArgumentError(
            message("encoding", f"{encoding!r} is neither fixed8 nor fixed16, as catalogs have it")
        )
    if not isinstance(source, str | os.PathLike | Records):
        raise BarrowArgumentError(
            message("source", f"expected records or a path, got {type(source).__name__}")
        )
    if isinstance(source, str | os.PathLike):
        name = os.fspath(source)
        precisions = (price_precision, size_precision)
        batches, total = _read(name, bar_type, instrument_id, precisions)
    else:
        name = type(source).__name__
        batches, total = source.batches(), len(source)
    first = next(batches, None)
    if first is None:
        raise BarrowArgumentError(message(name, "holds no rows, and a catalog has no empty files"))
    if first.kind.name not in _WRANGLERS:
        raise BarrowUnsupportedError(
            message(name, f"holds {first.kind.plural}; a catalog takes bars, quotes and trades")
        )
    shelf = Shelf(Path(catalog), first.kind, _identity(first, name, bar_type, instrument_id))
    there, like = shelf.stored or (ENCODINGS["fixed16"], first)
    meta = Meta(
        shelf.identity,
        like.price_precision if price_precision is None else price_precision,
        like.size_precision if size_precision is None else size_precision,
    )
    target = ENCODINGS[encoding] if encoding else there
    shelf.check_stored(target, meta)
    writer = _CatalogFile(shelf, target, meta, overwrite)
    path = writer.write(_tables(chain([first], batches)), total, progress)
    return ConvertReport(
        path=name,
        output=str(path),
        format="nautilus-catalog",
        rows=writer.rows,
        bytes_in=size_of(source) if isinstance(source, str | os.PathLike) else 0,
        bytes_out=size_of(path),
        seconds=time.monotonic() - started,
    )


def _read(
    name: str,
    bar_type: str | None,
    instrument_id: str | None,
    precisions: tuple[int | None, int | None],
) -> tuple[Iterator[Records[Any]], int]:
    """Records of a file batch by batch, and how many there are, 0 if unknown."""
    if is_catalog(name):
        records: Records[Any] = open_catalog(name, bar_type=bar_type, instrument_id=instrument_id)
        return records.batches(), len(records)
    suffix = Path(name).suffix.lower()
    if suffix in PARQUET_SUFFIXES:
        return scan_parquet(name, bar_type=bar_type, instrument_id=instrument_id), 0
    if suffix in TEXT_SUFFIXES:
        options: CsvKeywords = {"bar_type": bar_type, "instrument_id": instrument_id}
        price, size = precisions
        if price is not None:
            options["price_precision"] = price
        if size is not None:
            options["size_precision"] = size
        if price is not None and size is not None:
            options["encoding"] = "fixed16"  # nothing is left to be found: one reading will do
        return scan_csv(name, **options), 0
    records = open_arrow(name, bar_type=bar_type, instrument_id=instrument_id)
    return records.batches(), len(records)


def _identity(
    records: Records[Any], name: str, bar_type: str | None, instrument_id: str | None
) -> str:
    """What records are of, in the one form NautilusTrader writes."""
    kind = records.kind
    identity = settle_identity(kind, records.identity, name, bar_type, instrument_id)
    if identity is None:
        raise BarrowArgumentError(
            message(
                name,
                f"its {kind.plural} have no {kind.title}, by which a catalog files them",
                tries=[f"{kind.key}=... (--{kind.key.replace('_', '-')} ...)"],
            )
        )
    if kind.key == "bar_type":
        return str(BarType.parse(identity))
    parse_instrument_id(identity)
    return identity


def _tables(batches: Iterable[Records[Any]]) -> Iterator[pa.Table]:
    """The stored columns in tables of many rows each, whatever the batches have."""
    held: list[pa.Table] = []
    rows = 0
    for batch in batches:
        for begin in range(0, len(batch), _ROWS):
            part = batch[begin : begin + _ROWS].to_arrow()
            if rows + part.num_rows > _ROWS:
                yield pa.concat_tables(held).combine_chunks()
                held, rows = [], 0
            held.append(part)
            rows += part.num_rows
    yield pa.concat_tables(held).combine_chunks()


class _CatalogFile:
    """Writes one file, which gets its name when its last row is known.

    Args:
        shelf: Where it belongs.
        encoding: How it stores values.
        meta: What its metadata says.
        overwrite: Whether it may replace one of the same span.

    Attributes:
        rows: How many were written.
    """

    def __init__(self, shelf: Shelf, encoding: Encoding, meta: Meta, overwrite: bool) -> None:
        self._shelf = shelf
        self._overwrite = overwrite
        kind = shelf.kind
        # The wrangler brings values into the encoding, and refuses what does not fit: more
        # decimals than the precision has, sentinels, sides there are not.
        self._wrangler = _WRANGLERS[kind.name](
            meta.identity, meta.price_precision, meta.size_precision, encoding=encoding.name
        )
        self._source = meta.to_dict(kind)
        own = dict(self._source)
        if kind.key == "bar_type":
            # As NautilusTrader writes it; it does not ask for it when it reads.
            own["instrument_id"] = BarType.parse(shelf.identity).instrument_id
        self._schema = record_schema(kind, encoding, meta).with_metadata(own)
        self._first = self._last = 0
        self.rows = 0

    def write(self, tables: Iterator[pa.Table], total: int, progress: Progress | None) -> Path:
        """Writes all of it, or nothing.

        Args:
            tables: Stored columns, in the order of time.
            total: How many rows there will be, 0 if unknown.
            progress: Called with rows written and `total`.

        Returns:
            The file.
        """
        import pyarrow.parquet as pq  # takes time to import

        folder = self._shelf.path
        try:
            with (
                _made(folder),
                AtomicFile(folder / "new.parquet", overwrite=True) as whole,
                Output(whole.temporary) as file,
                pq.ParquetWriter(file, self._schema, compression="zstd") as writer,
            ):
                for table in tables:
                    writer.write_table(self._checked(table), row_group_size=_ROWS)
                    if progress is not None:
                        progress(self.rows, total)
                writer.close()
                file.close()
                target = self._shelf.check_span(self._first, self._last, self._overwrite)
                whole.rename(target, overwrite=self._overwrite)
                whole.commit()
        except OSError as error:
            raise unwritable(str(folder), error) from error
        return target

    def _checked(self, table: pa.Table) -> pa.Table:
        named = table.replace_schema_metadata(self._source)
        (made,) = self._wrangler.process_table(named, first_row=self.rows)
        stamps = made.raw("ts_init")
        before = np.append(np.uint64(self._last), stamps[:-1])
        late = np.flatnonzero(stamps < before)
        if len(late):
            row = int(late[0])
            raise BarrowParseError(
                message(
                    f"row {self.rows + row} column 'ts_init'",
                    f"{format_stamp(int(stamps[row]))} is before {format_stamp(int(before[row]))} "
                    "of the row before, and a catalog is in the order of ts_init",
                    tries=["sort the rows by time"],
                )
            )
        if not self.rows:
            self._first = int(stamps[0])
        self._last = int(stamps[-1])
        self.rows += len(stamps)
        return made.to_arrow().replace_schema_metadata(self._schema.metadata)


@contextlib.contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Makes a folder; takes it and others that were made away if nothing came into it."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # not empty: that is where the file is
            for place in missing:
                place.rmdir()
