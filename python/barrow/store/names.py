"""Names of what is in a store, as folders."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote

from barrow._arrow import RecordKind
from barrow.bars import BarType, parse_instrument_id
from barrow.errors import BarrowArgumentError, message

# The most bytes of a name on the file systems of Linux.
_LONGEST = 255


@lru_cache(maxsize=4096)
def folder_name(name: str) -> str:
    """A name as that of a folder: letters, digits and `_.-~@+=`, all else in percents.

    Args:
        name: A bar type, an instrument id or what a kind of records is called.

    Raises:
        BarrowArgumentError: It is too long for a file system.
    """
    escaped = quote(name, safe="@+=")
    if escaped.startswith("."):  # `ls` and patterns leave those out
        escaped = "%2E" + escaped[1:]
    if not escaped or len(escaped) > _LONGEST:
        raise BarrowArgumentError(
            message(f'"{name}"', f"is no name of 1 to {_LONGEST} bytes, as folders have")
        )
    return escaped


def check_identity(kind: RecordKind, identity: str | None) -> str:
    """What records are of, once it is known to be whole.

    Raises:
        BarrowArgumentError: Nobody said it, or it is none.
    """
    if identity is None:
        raise BarrowArgumentError(
            message(
                "append",
                f"the {kind.plural} do not say their {kind.title}",
                tries=[f"read or open them with {kind.key}=..."],
            )
        )
    if kind.key == "bar_type":
        BarType.parse(identity)
    else:
        parse_instrument_id(identity)
    return identity
