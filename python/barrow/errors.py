"""The errors barrow raises. Choose what to catch by who can mend it.

| class | also a | when |
| --- | --- | --- |
| `BarrowArgumentError` | `ValueError` | the caller's value is wrong |
| `BarrowParseError` | `ValueError` | text is not the value asked of it |
| `BarrowCorruptError` | `ValueError` | bytes break their format |
| `BarrowSchemaError` | `TypeError` | a column is missing, or has another type or precision |
| `BarrowUnsupportedError` | `NotImplementedError` | legal, but barrow does not do it |
| `BarrowIoError` | `OSError` | the operating system said no |
| `BarrowInternalError` | `RuntimeError` | no input should reach this: please report it |

A message says where, what was found and what was expected, and ends with what to try.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class BarrowError(Exception):
    """The base of all errors of barrow."""

    @property
    def kind(self) -> str:
        """The name of the class without the prefix, as it leads a message."""
        return type(self).__name__.removeprefix("Barrow")


class BarrowArgumentError(BarrowError, ValueError):
    """The caller's value is wrong."""


class BarrowCorruptError(BarrowError, ValueError):
    """Bytes break their format: a magic, a length, an offset from the file."""


class BarrowSchemaError(BarrowError, TypeError):
    """A column is missing, or has another type or precision."""


class BarrowUnsupportedError(BarrowError, NotImplementedError):
    """Legal, but barrow does not do it."""


class BarrowIoError(BarrowError, OSError):
    """The operating system said no; `errno` and `filename` are set where known."""

    def __str__(self) -> str:
        return str(self.args[0])

    def __reduce__(self) -> tuple[object, ...]:
        return (_io_error, (self.args[0], self.errno, self.filename))


def _io_error(text: str, number: int | None, filename: str | None) -> BarrowIoError:
    error = BarrowIoError(text)
    error.errno, error.filename = number, filename
    return error


class BarrowInternalError(BarrowError, RuntimeError):
    """No input should reach this."""


@dataclass(frozen=True)
class Place:
    """Where in a text file something is; every number counts from 1.

    Attributes:
        path: The file as the caller named it.
        line: The line, or None for the file as a whole.
        column: The number of the field, or None for the row as a whole.
        name: The name of the column in the header.
    """

    path: str
    line: int | None = None
    column: int | None = None
    name: str | None = None

    def __str__(self) -> str:
        text = self.path
        if self.line is not None:
            text += f" line {self.line}"
        if self.column is not None:
            text += f" column {self.column}"
        if self.name is not None:
            text += f' "{self.name}"'
        return text


class BarrowParseError(BarrowError, ValueError):
    """Text is not the value asked of it.

    Attributes:
        place: Where.
        reason: The name of the reason, as in reports and rejects files.
        row: The text of the row, shortened; None if it is not about a row.
    """

    def __init__(
        self, message: str, place: Place | None = None, reason: str = "", row: str | None = None
    ) -> None:
        super().__init__(message)
        self.place = place
        self.reason = reason
        self.row = row

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.args[0], self.place, self.reason, self.row))


def message(
    where: Place | str, what: str, *, row: str | None = None, tries: Sequence[str] = ()
) -> str:
    """Lays a problem out: where and what, the row, what to try.

    Args:
        where: The place, or the name of what is wrong.
        what: What was found and what was expected.
        row: The text of the row.
        tries: What to try, most likely first.
    """
    lines = [f"{where}: {what}"]
    if row is not None:
        lines.append(f"  row: {row}")
    lines += [f"  {'try' if i == 0 else ' or'}: {hint}" for i, hint in enumerate(tries)]
    return "\n".join(lines)


def shown(text: bytes | str, limit: int = 120) -> str:
    """Text fit for one line of a message: escaped where needed, and shortened."""
    if isinstance(text, bytes):
        text = text[: 4 * limit].decode("utf-8", "backslashreplace")
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[: 2 * limit])
    return text if len(text) <= limit else text[: limit - 1] + "…"
