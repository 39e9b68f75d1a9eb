"""What a pipeline does, from a TOML file."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from barrow.csv import CsvKeywords, make_options
from barrow.errors import BarrowArgumentError, message
from barrow.etl.stages.settings import SUFFIXES, StageFormat
from barrow.files import unreadable
from barrow.resample import ResampleKeywords, Resampler, Timeframe

_NAME = re.compile(r"[\w+=@#&()-][\w.+=@#&()-]*")
_KEYS = ("output", "format", "timeframes", "live", "sort", "csv", "resample", "symbols")
_SYMBOL_KEYS = ("name", "bar_type", "sources", "timeframes", "live", "sort", "csv", "resample")


@dataclass(frozen=True)
class Symbol:
    """What becomes of one symbol.

    Attributes:
        name: What its files are called.
        sources: Files and patterns of the vendor.
        timeframes: Which bars are made.
        live: Whether somebody writes to the sources.
        sort: Whether bars of a source are put in order first.
        csv: How text is read; with the bar type, if that is known.
        resample: How bars are made.
    """

    name: str
    sources: tuple[str, ...]
    timeframes: tuple[str, ...]
    live: bool
    sort: bool
    csv: CsvKeywords
    resample: ResampleKeywords


@dataclass(frozen=True)
class Pipeline:
    """What a pipeline does.

    Attributes:
        output: The folder that everything goes into.
        format: `binary`, `text` or `arrow`: the files of all stages.
        symbols: What becomes of each symbol.
    """

    output: str
    format: StageFormat
    symbols: tuple[Symbol, ...]


def load_pipeline(path: str | os.PathLike[str]) -> Pipeline:
    """Reads and checks a configuration; relative paths in it are seen from its folder.

    Args:
        path: The TOML file; `docs/guide/pipeline.md` says what is in it.

    Raises:
        BarrowArgumentError: It is no TOML, or a key or a value is wrong; the message says
            which.
        BarrowIoError: It cannot be read.
    """
    name = os.fspath(path)
    try:
        told = tomllib.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise unreadable(name, error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BarrowArgumentError(message(name, f"is no TOML: {error}")) from error
    return make_pipeline(told, name, os.path.dirname(name))


def make_pipeline(told: Mapping[str, Any], where: str, folder: str = "") -> Pipeline:
    """Checks a configuration.

    Args:
        told: What the TOML file holds.
        where: What messages call it.
        folder: What relative paths are seen from.

    Raises:
        BarrowArgumentError: A key or a value is wrong.
    """
    table = _Table(dict(told), where, _KEYS)
    output = table.text("output", None)
    format = table.text("format", "binary")
    if format not in SUFFIXES:
        raise table.wrong("format", f"{format!r} is none of {', '.join(SUFFIXES)}")
    entries = table.list("symbols", dict)
    if not entries:
        raise table.wrong("symbols", "there are none", ["[[symbols]]"])
    symbols: list[Symbol] = []
    for at, entry in enumerate(entries):
        inner = _Table(entry, f"{where} symbols[{at}]", _SYMBOL_KEYS)
        symbol = _symbol(inner, table, folder)
        if any(symbol.name == other.name for other in symbols):
            raise inner.wrong("name", f"{symbol.name!r} is there twice")
        symbols.append(symbol)
    return Pipeline(os.path.join(folder, output), cast(StageFormat, format), tuple(symbols))


def _symbol(table: _Table, common: _Table, folder: str) -> Symbol:
    name = table.text("name", None)
    if not _NAME.fullmatch(name):
        raise table.wrong("name", f"{name!r} cannot be the name of a file", ["EURUSD"])
    sources = table.list("sources", str)
    if not sources:
        raise table.wrong("sources", "there are none", ['["data/*.csv"]'])
    timeframes = table.list("timeframes", str) or common.list("timeframes", str)
    if not timeframes:
        raise table.wrong("timeframes", "there are none", ['["5m", "1h", "1d"]'])
    csv: Any = {**common.table("csv"), **table.table("csv")}
    if (bar_type := table.text("bar_type", "")) != "":
        csv["bar_type"] = bar_type
    options: Any = {**common.table("resample"), **table.table("resample")}
    if str(options.get("session", "")).endswith(".toml"):
        options["session"] = os.path.join(folder, options["session"])
    _check(table, "csv", csv, CsvKeywords, lambda: make_options(csv))
    for timeframe in timeframes:
        Timeframe.parse(timeframe)
    _check(table, "resample", options, ResampleKeywords, lambda: Resampler(timeframes, **options))
    return Symbol(
        name,
        tuple(os.path.join(folder, source) for source in sources),
        tuple(timeframes),
        table.flag("live", common.flag("live", False)),
        table.flag("sort", common.flag("sort", False)),
        csv,
        options,
    )


def _check(table: _Table, name: str, told: dict[str, Any], known: Any, make: Any) -> None:
    """Refuses keys and values that the stages would refuse later."""
    for key in told:
        if key not in known.__annotations__:
            keys = ", ".join(known.__annotations__)
            raise table.wrong(f"{name}.{key}", f"is no option; there are {keys}")
    make()


@dataclass(frozen=True)
class _Table:
    """A table of the file, and where it is.

    Raises:
        BarrowArgumentError: It has a key that there is not.
    """

    told: dict[str, Any]
    where: str
    keys: tuple[str, ...]

    def __post_init__(self) -> None:
        for key in self.told:
            if key not in self.keys:
                raise self.wrong(key, f"is no key; there are {', '.join(self.keys)}")

    def wrong(self, key: str, what: str, tries: list[str] | None = None) -> BarrowArgumentError:
        """The error for a key."""
        return BarrowArgumentError(message(f"{self.where} {key}", what, tries=tries or []))

    def text(self, key: str, default: str | None) -> str:
        """A text; it must be there if the default is None."""
        value = self.told.get(key, default)
        if not isinstance(value, str):
            what = "is not there" if value is None else f"{value!r} is no text"
            raise self.wrong(key, what)
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.told.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, f"{value!r} is not true or false")
        return value

    def list(self, key: str, of: type) -> list[Any]:
        """A list of values of a type; one that is not there is empty."""
        value = self.told.get(key, [])
        if isinstance(value, of) and of is str:
            return [value]
        if not isinstance(value, list) or not all(isinstance(each, of) for each in value):
            kind = "texts" if of is str else "tables"
            raise self.wrong(key, f"{value!r} is no list of {kind}")
        return value

    def table(self, key: str) -> dict[str, Any]:
        """A table; one that is not there is empty."""
        value = self.told.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, f"{value!r} is no table")
        return value
