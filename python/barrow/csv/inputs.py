"""What the caller names as input: files, patterns, archives, pipes, URLs, lists of them."""

from __future__ import annotations

import errno
import glob
import os
import re
import stat
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from barrow.csv.archive import Archive
from barrow.csv.remote import Remote, find, is_url
from barrow.csv.streams import ZIP_MARKS, Storage, Stream, unreadable
from barrow.errors import BarrowArgumentError, BarrowIoError, message, shown

STANDARD_INPUT = "standard input"
_MARK_BYTES = max(map(len, ZIP_MARKS))


@dataclass(frozen=True)
class Part:
    """One text: a file, a member of an archive, a pipe.

    Attributes:
        name: What messages call it.
        size: How many bytes are stored; 0 if that is not known.
        can_read_twice: Whether it can be opened again and gives the same.
        local: The path of the file it is in, if that is one of this machine.
    """

    name: str
    size: int
    can_read_twice: bool
    local: str | None
    _open: Callable[[], Storage] = field(repr=False)

    def called(self, name: str) -> Part:
        """The same text under another name in messages."""
        return replace(self, name=name, _open=lambda: replace(self._open(), path=name))

    def open(self) -> Stream:
        """Opens the text at its start.

        Raises:
            BarrowIoError: It cannot be read.
            What `Stream` raises about the first bytes.
        """
        return Stream(self._open())


@dataclass(frozen=True)
class Inputs:
    """Texts that are read one after the other.

    Attributes:
        name: The first thing the caller named, as messages call it.
        parts: The texts.
        archives: What must be closed when no part is read any more.
    """

    name: str
    parts: list[Part]
    archives: list[Archive] = field(default_factory=list)

    def close(self) -> None:
        """Closes archives."""
        for archive in self.archives:
            archive.close()


# A path, a pattern, a URL, `-`, or several of them.
Given = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Inputs


def expand(given: Given) -> Inputs:
    """Finds every text that is meant, before any of them is read.

    A string with `*`, `?` or `[` that is no file is a pattern; its files are taken in
    natural order, part2 before part10. The members of a zip archive are taken in the
    order of the archive, without folders and hidden files. `-` is standard input.

    Args:
        given: A path, pattern, URL or `-`, or a list or tuple of these.

    Raises:
        BarrowArgumentError: It is none of these, or an empty list.
        BarrowIoError: A file is not there or cannot be read; nothing fits a pattern.
        BarrowCorruptError: A zip archive is damaged.
        BarrowUnsupportedError: A member of it is encrypted; a URL takes a package
            that is not installed.
    """
    if isinstance(given, Inputs):
        return given
    several = given if isinstance(given, list | tuple) else [given]
    if not several:
        raise BarrowArgumentError(message("path", "an empty list, expected a file at least"))
    texts = [_text(one) for one in several]
    if texts.count("-") > 1:
        raise BarrowArgumentError(message("path", "- (standard input) is there twice"))
    found = [_expand_one(text) for text in texts]
    return Inputs(
        found[0].name,
        [part for inputs in found for part in inputs.parts],
        [archive for inputs in found for archive in inputs.archives],
    )


def only_part(given: Given) -> Part:
    """The text that is meant, where there is one.

    Raises:
        BarrowArgumentError: There are several.
        What `expand` raises.
    """
    inputs = expand(given)
    if len(inputs.parts) != 1:
        raise BarrowArgumentError(message(inputs.name, f"{len(inputs.parts)} texts, expected one"))
    return inputs.parts[0]


def _text(one: Any) -> str:
    if isinstance(one, str | os.PathLike):
        path = os.fspath(one)
        if isinstance(path, str):
            return path
    raise BarrowArgumentError(
        message("path", f"{one!r} is no path, pattern or URL, and no list of them")
    )


def _expand_one(text: str) -> Inputs:
    if text == "-":
        return Inputs(STANDARD_INPUT, [Part(STANDARD_INPUT, 0, False, None, _standard_input)])
    if is_url(text):
        return _behind(find(text))
    if is_pattern(text):
        found = [_file(path) for path in matching(text)]
        return Inputs(
            text,
            [part for inputs in found for part in inputs.parts],
            [archive for inputs in found for archive in inputs.archives],
        )
    return _file(text)


def is_pattern(text: str) -> bool:
    """Whether a text with `*`, `?` or `[` is a pattern, and no file of that name."""
    return any(mark in text for mark in "*?[") and "\0" not in text and not os.path.lexists(text)


def matching(pattern: str) -> list[str]:
    """The files that fit a pattern, part2 before part10.

    Raises:
        BarrowIoError: None does.
    """
    paths = [path for path in glob.glob(pattern, recursive=True) if not os.path.isdir(path)]
    if not paths:
        raise _missing(pattern)
    return sorted(paths, key=_natural)


def _natural(path: str) -> tuple[list[str | int], str]:
    """A key that sorts runs of digits as numbers."""
    pieces = re.split("([0-9]+)", path)
    return [int(p) if at % 2 else p for at, p in enumerate(pieces)], path


def _missing(pattern: str) -> BarrowIoError:
    problem = BarrowIoError(
        message(pattern, "no file fits the pattern", tries=["check the spelling and the folder"])
    )
    problem.errno, problem.filename = errno.ENOENT, pattern
    return problem


def _file(path: str) -> Inputs:
    try:
        facts = os.stat(path)
        regular = stat.S_ISREG(facts.st_mode)
        # What is no regular file gives its bytes once, so it is not looked at here.
        if regular or stat.S_ISDIR(facts.st_mode):
            with Path(path).open("rb", buffering=0) as file:
                head = file.read(_MARK_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:  # a path with a zero byte
        raise BarrowIoError(message(shown(path), f"cannot be read: {error}")) from error

    def opened() -> Storage:
        try:
            file = Path(path).open("rb", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise unreadable(path, error) from error
        local = path if regular else None
        size = os.fstat(file.fileno()).st_size
        return Storage(file, path, size, regular, may_wait=not regular, local=local)

    if regular and head.startswith(ZIP_MARKS):
        return _members(Archive(path, lambda: path), path)
    return Inputs(path, [Part(path, facts.st_size, regular, path, opened)])


def _members(archive: Archive, local: str | None) -> Inputs:
    parts = [
        Part(archive.member_name(info), info.compress_size, True, local, opener)
        for info in archive.members
        for opener in [lambda info=info: archive.open(info)]
    ]
    return Inputs(archive.name, parts, [archive])


def _behind(remote: Remote) -> Inputs:
    file = remote.open()
    try:
        head = file.read(_MARK_BYTES)
    finally:
        file.close()
    if head.startswith(ZIP_MARKS):
        return _members(Archive(remote.name, remote.open), remote.local)

    def opened() -> Storage:
        return Storage(remote.open(), remote.name, remote.size, can_read_twice=True)

    part = Part(remote.name, remote.size, True, remote.local, opened)
    return Inputs(remote.name, [part])


def _standard_input() -> Storage:
    # None in a program without a console; a text without bytes where tests replace it.
    file = getattr(sys.stdin, "buffer", None)
    if file is None or file.closed:
        raise unreadable(STANDARD_INPUT, OSError(errno.EBADF, "there is none"))
    return Storage(file, STANDARD_INPUT, may_wait=True, owned=False)
