"""Where a catalog keeps the records of one bar type or instrument.

`{catalog}/data/{folder of the kind}/{bar type or instrument id without slashes}/` holds
files `{first ts_init}_{last ts_init}.parquet`, whose spans must not overlap. NautilusTrader
tells from the names which files to read, and reads all files of such a folder with the
metadata of one of them.
"""

from __future__ import annotations

import datetime as dt
import errno
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from barrow._arrow import BAR, QUOTE, TRADE, Encoding, Meta, RecordKind, read_schema
from barrow.bars import BarType
from barrow.errors import BarrowSchemaError, BarrowUnsupportedError, message
from barrow.files import io_error, unreadable
from barrow.parquet import parquet_schema

FOLDERS: dict[str, RecordKind] = {"bar": BAR, "quote_tick": QUOTE, "trade_tick": TRADE}
_SECOND = 10**9
_STAMP = r"(\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2})-(\d{9})Z"
_NAME = re.compile(rf"{_STAMP}_{_STAMP}\.parquet")
_FORM = "%Y-%m-%dT%H-%M-%S"


def folder_name(identity: str) -> str:
    """What the folder of a bar type or an instrument is called."""
    return identity.replace("/", "")


def file_name(first: int, last: int) -> str:
    """What the file of a span of `ts_init` is called.

    Args:
        first: The first instant, nanoseconds since 1970.
        last: The last one.
    """
    return f"{_stamp_text(first)}_{_stamp_text(last)}.parquet"


def _stamp_text(instant: int) -> str:
    seconds, rest = divmod(instant, _SECOND)
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):{_FORM}}-{rest:09}Z"


def span_of(name: str) -> tuple[int, int] | None:
    """The span of `ts_init` the name of a file tells; None if it tells none."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        return _instant(found[1], found[2]), _instant(found[3], found[4])
    except ValueError:  # a day or an hour there is not
        return None


def _instant(seconds: str, nanoseconds: str) -> int:
    stamp = dt.datetime.strptime(seconds, _FORM).replace(tzinfo=dt.UTC)
    return int(stamp.timestamp()) * _SECOND + int(nanoseconds)


@dataclass(frozen=True)
class Shelf:
    """The folder of a catalog for one bar type or instrument.

    Attributes:
        catalog: The folder of the catalog.
        kind: What the records are.
        identity: Their bar type or instrument id.
    """

    catalog: Path
    kind: RecordKind
    identity: str

    def __post_init__(self) -> None:
        """Refuses what the catalog has no place for.

        Raises:
            BarrowUnsupportedError: NautilusTrader keeps no such records, or no folder can
                have that name.
        """
        if self.kind not in FOLDERS.values():
            raise BarrowUnsupportedError(
                message("catalog", f"has no folder for {self.kind.plural}")
            )
        if folder_name(self.identity) in (".", ".."):
            raise BarrowUnsupportedError(
                message("catalog", f"{self.identity} gives no name for a folder")
            )

    @cached_property
    def path(self) -> Path:
        """The folder."""
        folder = next(name for name, kind in FOLDERS.items() if kind == self.kind)
        return self.catalog / "data" / folder / folder_name(self.identity)

    @cached_property
    def files(self) -> list[Path]:
        """The files that are there, in the order of their names, which is that of time."""
        return parquet_files(self.path)

    @cached_property
    def stored(self) -> tuple[Encoding, Meta] | None:
        """How the files that are there store records; None if there are none.

        Raises:
            BarrowSchemaError: They are not of this bar type or instrument: a folder may be
                that of two, whose names differ in slashes only.
        """
        found: tuple[Encoding, Meta] | None = None
        for file in self.files:
            kind, encoding, meta = read_schema(parquet_schema(file), str(file), self.kind)
            if meta.identity is not None and kind.key == "bar_type":
                meta = Meta(
                    str(BarType.parse(meta.identity)), meta.price_precision, meta.size_precision
                )
            if meta.identity != self.identity:
                raise BarrowSchemaError(
                    message(
                        str(file),
                        f"holds {kind.plural} of {meta.identity}, whose folder is also that of "
                        f"{self.identity}",
                        tries=["another catalog"],
                    )
                )
            if found is not None and found != (encoding, meta):
                raise BarrowSchemaError(
                    message(
                        str(file),
                        "differs from other files of its folder in encoding or precision, which "
                        "NautilusTrader takes from one for all",
                    )
                )
            found = encoding, meta
        return found

    def check_stored(self, encoding: Encoding, meta: Meta) -> None:
        """Refuses records that would not be stored as those that are there.

        Args:
            encoding: How they would be stored.
            meta: What their metadata would say.

        Raises:
            BarrowSchemaError: There are others.
        """
        if self.stored is None or self.stored == (encoding, meta):
            return
        there, known = self.stored
        raise BarrowSchemaError(
            message(
                str(self.files[0]),
                f"is stored as {there.name} with precisions {known.price_precision} and "
                f"{known.size_precision}, not as {encoding.name} with {meta.price_precision} and "
                f"{meta.size_precision}, and NautilusTrader takes these from one file for all",
                tries=["leave encoding and precisions out", "another catalog"],
            )
        )

    def check_span(self, first: int, last: int, overwrite: bool) -> Path:
        """The file for a span of `ts_init`.

        Args:
            first: The first instant, nanoseconds since 1970.
            last: The last one.
            overwrite: Whether a file of exactly that span may be replaced.

        Raises:
            BarrowIoError: A file of an overlapping span is there.
        """
        target = self.path / file_name(first, last)
        for file in self.files:
            span = span_of(file.name)
            if span is None or span[1] < first or last < span[0]:
                continue
            if file.name == target.name and overwrite:
                continue
            same = file.name == target.name
            raise io_error(
                str(file),
                "the file exists" if same else f"its span overlaps with that of {target.name}",
                errno.EEXIST,
                ["overwrite=True (--overwrite)" if same else "remove it, or leave those rows out"],
            )
        return target


def parquet_files(folder: Path) -> list[Path]:
    """The Parquet files in a folder by name; none if there is no such folder.

    Raises:
        BarrowIoError: The folder cannot be read.
    """
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise unreadable(str(folder), error) from error
    return [folder / n for n in names if n.endswith(".parquet") and not n.startswith(".")]
