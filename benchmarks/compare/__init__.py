"""What the harness asks of a task and of a rival.

A task is a folder here, a rival a module in it. `benchmarks/README.md` says how to
add either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Floor", "Rival", "Task", "Unavailable", "Verdict", "version"]


class Unavailable(Exception):
    """Raised by a rival's module when what is installed cannot do the task."""


@dataclass(frozen=True)
class Verdict:
    """How an answer compares with the reference.

    Attributes:
        right: Whether it may be timed.
        values: What the values are: exact, or float64.
        note: What a reader of the table should know.
    """

    right: bool
    values: str
    note: str = ""


@dataclass(frozen=True)
class Floor:
    """Work that no rival can avoid."""

    name: str
    run: Callable[[], Any]


class Rival(Protocol):
    """A module that does the task one way.

    A rival that does only a part of the task, because all of it takes too long, has
    a function `fraction() -> float` too; times and memory are scaled by it.
    """

    NAME: str
    VERSION: str
    THREADS: int

    def setup(self, path: Path) -> None:
        """Prepares a run; called before every one, not timed."""

    def run(self) -> Any:
        """Does the task; timed."""

    def answer(self, result: Any) -> Any:
        """Turns the result into what the task's `judge` compares."""


class Task(Protocol):
    """The package that holds the rivals.

    A task that wants a certain number of rows, where the caller does not say how much,
    has `ROWS` too.

    Attributes:
        TITLE: What is timed, in a sentence.
    """

    TITLE: str

    def reference(self, path: Path) -> Any:
        """The right answer, found without any rival where that is possible."""

    def describe(self, reference: Any) -> dict[str, Any]:
        """Facts about the reference for the report: at least `rows` and `checked`.

        `bytes` and `rate_of`, where MB/s shall count something else than the text.
        """

    def judge(self, reference: Any, answer: Any) -> Verdict:
        """Compares an answer with the reference."""

    def floors(self, path: Path, reference: Any) -> list[Floor]:
        """What bounds every rival."""
