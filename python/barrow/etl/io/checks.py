"""What every handler checks in the same way."""

from __future__ import annotations

from collections.abc import Sequence

from barrow.errors import BarrowArgumentError, BarrowCorruptError, message

_START_OVER = "start over: clear the index and remove the file"


def check_count(n: int) -> None:
    """Refuses a number of bars that is none.

    Raises:
        BarrowArgumentError: It is less than 1.
    """
    if not isinstance(n, int) or n < 1:
        raise BarrowArgumentError(message("n", f"{n!r} is no number from 1"))


def no_position(path: str, position: int, what: str) -> BarrowArgumentError:
    """The error for a number that `tell` cannot have given.

    Args:
        path: The file.
        position: The number.
        what: What is there instead.
    """
    return BarrowArgumentError(
        message("position", f"{position:,} of {path} {what}", tries=["one that tell() gave"])
    )


def too_short(
    path: str, size: int, position: int, tries: Sequence[str] = (_START_OVER,)
) -> BarrowCorruptError:
    """The error for a file that has lost what was written before a position.

    Args:
        path: The file.
        size: How many bytes it has.
        position: How many it must have.
        tries: What to do about it.
    """
    return BarrowCorruptError(
        message(
            path,
            f"it has {size:,} bytes, expected at least {position:,}: somebody cut it",
            tries=tries,
        )
    )
