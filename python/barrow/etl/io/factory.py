"""Which handler a file needs."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from barrow.bar64 import MAGIC
from barrow.errors import BarrowArgumentError, message
from barrow.etl.formats import BAR64_SUFFIX, TEXT_SUFFIXES
from barrow.etl.io.arrow import (
    FILE_MAGIC,
    FILE_SUFFIXES,
    STREAM_MAGIC,
    STREAM_SUFFIXES,
    ArrowReader,
    ArrowWriter,
)
from barrow.etl.io.binary import BinaryReader, BinaryWriter
from barrow.etl.io.index import INDEX_MAGIC, BinaryIndex, TextIndex
from barrow.etl.io.protocols import ResampleIOIndex, ResampleIOReader, ResampleIOWriter
from barrow.etl.io.text import TextReader, TextWriter
from barrow.files import unreadable

_HEAD_BYTES = 4096


@dataclass(frozen=True)
class Format:
    """A format of files of bars.

    Attributes:
        name: What it is called.
        suffixes: How names of its files end, in lower case.
        matches: Whether a file that starts with these bytes is one; there is one at least.
        reader: Makes a `ResampleIOReader` of a path and options.
        writer: Makes a `ResampleIOWriter` of a path and options.
    """

    name: str
    suffixes: tuple[str, ...]
    matches: Callable[[bytes], bool]
    reader: Callable[..., ResampleIOReader]
    writer: Callable[..., ResampleIOWriter]


_BINARY = Format(
    "binary", (BAR64_SUFFIX,), lambda head: head.startswith(MAGIC), BinaryReader, BinaryWriter
)
_ARROW = Format(
    "arrow",
    (*STREAM_SUFFIXES, *FILE_SUFFIXES),
    lambda head: head.startswith((FILE_MAGIC, STREAM_MAGIC)),
    ArrowReader,
    ArrowWriter,
)
# What has no zero bytes is text; packed text and UTF-16 are told by their suffix.
_TEXT = Format("text", TEXT_SUFFIXES, lambda head: b"\0" not in head, TextReader, TextWriter)


class ResampleIOFactory:
    """Makes readers and writers by what a file holds, and by its suffix where it is new.

    Args:
        formats: Formats to look through before barrow's own: `binary` (bar64), `arrow`,
            `text` (CSV).

    Attributes:
        formats: All of them, in the order they are looked through.
    """

    def __init__(self, *formats: Format) -> None:
        self.formats = (*formats, _BINARY, _ARROW, _TEXT)

    def format_of(self, path: str | os.PathLike[str]) -> Format:
        """The format of a file.

        Args:
            path: The file, which may be there or not.

        Raises:
            BarrowArgumentError: It has nothing in it, or is not there, and no format has
                its suffix; or it has zero bytes and is in no known format.
            BarrowIoError: It is there and cannot be read.
        """
        name = os.fspath(path)
        head = _head(name)
        found = [format for format in self.formats if head and format.matches(head)]
        by_name = [format for format in self.formats if name.lower().endswith(format.suffixes)]
        if found or by_name:
            return (found or by_name)[0]
        known = ", ".join(suffix for format in self.formats for suffix in format.suffixes)
        what = f"neither the content nor the suffix of {name!r} tells its format"
        raise BarrowArgumentError(message("path", what, tries=[f"one of {known}"]))

    def reader(self, path: str | os.PathLike[str], **options: Any) -> ResampleIOReader:
        """A reader of a file, at its start.

        Args:
            path: The file.
            **options: What the handler of the format takes, such as `whole`.

        Raises:
            What `format_of` and the handler raise.
        """
        return self.format_of(path).reader(path, **options)

    def writer(self, path: str | os.PathLike[str], **options: Any) -> ResampleIOWriter:
        """A writer that goes on at the end of a file, which need not be there.

        Args:
            path: The file.
            **options: What the handler of the format takes, such as `at`.

        Raises:
            What `format_of` and the handler raise.
        """
        return self.format_of(path).writer(path, **options)

    def index(self, path: str | os.PathLike[str]) -> ResampleIOIndex:
        """An index: text if it is one or ends in `.json`, binary otherwise.

        Raises:
            BarrowIoError: It is there and cannot be read.
        """
        head = _head(os.fspath(path))
        if head.startswith(INDEX_MAGIC):
            return BinaryIndex(path)
        if head.startswith(b"{") or os.fspath(path).lower().endswith(".json"):
            return TextIndex(path)
        return BinaryIndex(path)


def _head(path: str) -> bytes:
    if not os.path.exists(path):
        return b""
    try:
        with open(path, "rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error
