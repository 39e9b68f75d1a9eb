"""Parts of a text, and errors that point at them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from barrow.errors import BarrowArgumentError, message, shown

N = TypeVar("N", bound=StrEnum)
# A longer text would not fit beside its marks on one line.
_WIDEST = 100


@dataclass(frozen=True)
class Token:
    """A part of a text.

    Attributes:
        kind: What the whole text should be, such as `bar type`.
        whole: The whole text.
        begin: Where the part begins, counted from 0.
        text: The part.
    """

    kind: str
    whole: str
    begin: int
    text: str

    def split(self, begin: int, end: int) -> Token:
        """A part of the part, by places counted from its beginning."""
        return Token(self.kind, self.whole, self.begin + begin, self.text[begin:end])

    def error(self, what: str, *, name: str = "", tries: Iterable[str] = ()) -> BarrowArgumentError:
        """The error that says where the part is and what is wrong with it.

        Args:
            what: What is wrong: what was expected.
            name: What the part should be, such as `step`; the whole text is meant, and
                no place said, if there is none.
            tries: What to try.
        """
        if name:
            what = f'{name} "{shown(self.text, 30)}" at character {self.begin + 1}: {what}'
        if name and self.whole.isascii() and self.whole.isprintable():
            marks = " " * self.begin + "^" * max(len(self.text), 1)
            if len(marks) <= _WIDEST and len(self.whole) <= _WIDEST:
                what += f"\n  {self.whole}\n  {marks}"
        where = f'{self.kind} "{shown(self.whole)}"'
        return BarrowArgumentError(message(where, what, tries=list(tries)))


def whole_text(kind: str, text: Any) -> Token:
    """A whole text as a token.

    Args:
        kind: What it should be, such as `bar type`.
        text: Should be text.

    Raises:
        BarrowArgumentError: It is something else.
    """
    if not isinstance(text, str):
        raise BarrowArgumentError(message(kind, f"expected text, got {type(text).__name__}"))
    return Token(kind, text, 0, text)


def cut(token: Token, count: int) -> list[Token]:
    """The last parts of a token between dashes, and what is before them.

    Args:
        token: The token.
        count: How many parts there are at most.
    """
    parts: list[Token] = []
    end = len(token.text)
    while len(parts) < count - 1 and (dash := token.text.rfind("-", 0, end)) >= 0:
        parts.append(token.split(dash + 1, end))
        end = dash
    return [token.split(0, end), *reversed(parts)]


def member(names: type[N], token: Token, name: str) -> N:
    """The member of an enumeration a part names, in capitals or not.

    Args:
        names: The enumeration.
        token: The part.
        name: What the part is called in an error.

    Raises:
        BarrowArgumentError: It names none; with the nearest that is one.
    """
    if token.text.isascii() and token.text.upper() in names.__members__:
        return names[token.text.upper()]
    near = get_close_matches(token.text[:40].upper(), names.__members__, n=1, cutoff=0.5)
    raise token.error(f"expected one of {', '.join(names)}", name=name, tries=near)
