"""Reads records out of a catalog."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa

from barrow.bars import AnyRecords, BarType, make_records, parse_instrument_id
from barrow.errors import BarrowArgumentError, BarrowSchemaError, message
from barrow.etl.catalog.shelf import FOLDERS, folder_name, parquet_files
from barrow.files import unreadable
from barrow.parquet import open_parquet

_SHOWN = 10


def is_catalog(path: str | os.PathLike[str]) -> bool:
    """Whether a path is that of a catalog, or of a folder in one that has files in it."""
    folder = Path(path)
    return folder.is_dir() and ((folder / "data").is_dir() or bool(parquet_files(folder)))


def open_catalog(
    catalog: str | os.PathLike[str],
    *,
    bar_type: str | None = None,
    instrument_id: str | None = None,
) -> AnyRecords:
    """Reads the bars, quotes or trades of one bar type or instrument, one batch a file.

    Args:
        catalog: The folder of the catalog, or the one in it that has the files.
        bar_type: Which bars.
        instrument_id: Which quotes or trades. Neither is needed if there is one only;
            of quotes and trades of one instrument the folder tells which.

    Raises:
        BarrowArgumentError: There are no such records, or several and none were named.
        BarrowIoError: A file cannot be read.
        BarrowCorruptError: A file is damaged.
        BarrowSchemaError: A file holds other records, or stores them differently.
    """
    place = Path(catalog)
    if not parquet_files(place):
        place = _find(place, bar_type, instrument_id)
    batches: list[pa.RecordBatch] = []
    schema: Any = None
    for file in parquet_files(place):
        records = open_parquet(file, bar_type=bar_type, instrument_id=instrument_id)
        if schema is not None and not records.schema.equals(schema, check_metadata=True):
            raise BarrowSchemaError(
                message(
                    str(file),
                    "differs from other files of its folder in bar type, instrument, encoding or "
                    "precision",
                    tries=["open it alone"],
                )
            )
        schema = records.schema
        batches += records.to_arrow().to_batches()
    return make_records(batches, schema)


def _find(catalog: Path, bar_type: str | None, instrument_id: str | None) -> Path:
    """The folder that holds what is asked for."""
    wanted = []
    if bar_type is not None:
        wanted.append(("bar_type", folder_name(str(BarType.parse(bar_type)))))
    if instrument_id is not None:
        parse_instrument_id(instrument_id)
        wanted.append(("instrument_id", folder_name(instrument_id)))
    there = [
        (FOLDERS[folder].key, place)
        for folder in FOLDERS
        for place in _folders(catalog / "data" / folder)
    ]
    found = [place for key, place in there if not wanted or (key, place.name) in wanted]
    if len(found) == 1:
        return found[0]
    asked = " and ".join(name for name in (bar_type, instrument_id) if name is not None)
    what = "holds none" if not found else "holds several"
    listed = [str(place.relative_to(catalog)) for place in found or (place for _, place in there)]
    more = ", …" if len(listed) > _SHOWN else ""
    raise BarrowArgumentError(
        message(
            str(catalog),
            f"{what} of {asked or 'bars, quotes or trades'}; there are: "
            f"{', '.join(listed[:_SHOWN]) or 'no such folders'}{more}",
            tries=["the path of one of these folders"] if listed else [],
        )
    )


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder that have Parquet files in them."""
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(str(folder), error) from error
    return [folder / name for name in names if parquet_files(folder / name)]
