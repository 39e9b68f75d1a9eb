"""Sessions by name, or from a TOML file."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from barrow.errors import BarrowArgumentError, message
from barrow.sessions.session import Session

_FOLDER = Path(__file__).parent / "presets"


def session_names() -> list[str]:
    """The names of the sessions that come with barrow."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def load_session(name: str | os.PathLike[str]) -> Session:
    """A session by its name, or by the path of its TOML file.

    Args:
        name: One of `session_names()`, or a path that ends in `.toml`. Its keys are the
            attributes of `Session`; a rule has `from`, `to` and `ranges`.

    Raises:
        BarrowArgumentError: There is none; the file cannot be read, or says something wrong.
    """
    text = os.fspath(name)
    if text.endswith(".toml"):
        return _read(Path(text))
    known = session_names()
    if text not in known:
        tries = [", ".join(known), "the path of a TOML file"]
        raise BarrowArgumentError(message("session", f"there is no {text!r}", tries=tries))
    return _read(_FOLDER / f"{text}.toml")


def _read(path: Path) -> Session:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BarrowArgumentError(message(str(path), f"is no session: {error}")) from error
    return Session.from_dict({"name": path.stem, **told}, str(path))
