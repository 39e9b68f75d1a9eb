"""A layer of system calls that fails, dies or remembers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from barrow.files import System

CALLS = ("open", "write", "write_at", "fsync", "sync", "truncate", "replace", "link", "unlink",
         "mkdir", "lock")  # fmt: skip
REAL = {name: getattr(System, name) for name in (*CALLS, "close")}


@contextmanager
def calls_through(handler: Callable[..., Any]) -> Iterator[None]:
    """Lets `handler(name, real, *arguments)` make every call."""

    def method(name: str) -> Callable[..., Any]:
        def call(self: System, *arguments: Any) -> Any:
            return handler(name, lambda *given: REAL[name](self, *given), *arguments)

        return call

    for name in REAL:
        setattr(System, name, method(name))
    try:
        yield
    finally:
        for name, real in REAL.items():
            setattr(System, name, real)


class Counting:
    """Counts calls, and does something else at one of them.

    Args:
        at: The number of that call, from 1; none if 0.
        instead: What to do; called as a handler is.
    """

    def __init__(self, at: int = 0, instead: Callable[..., Any] | None = None) -> None:
        self.at, self.instead = at, instead
        self.count = 0
        self.name = ""

    def __call__(self, name: str, real: Callable[..., Any], *arguments: Any) -> Any:
        if name == "close":
            return real(*arguments)
        self.count += 1
        if self.count == self.at and self.instead is not None:
            self.name = name
            return self.instead(name, real, *arguments)
        return real(*arguments)


def failing(number: int) -> Callable[..., Any]:
    """Fails with an error of the system."""

    def call(name: str, real: Callable[..., Any], *arguments: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return call


def half_failing(number: int) -> Callable[..., Any]:
    """Writes half of it before it fails."""

    def call(name: str, real: Callable[..., Any], *arguments: Any) -> Any:
        if name in ("write", "write_at"):
            real(arguments[0], arguments[1][: len(arguments[1]) // 2], *arguments[2:])
        raise OSError(number, os.strerror(number))

    return call


def half_writing(name: str, real: Callable[..., Any], *arguments: Any) -> Any:
    """Writes half of what it is given, as it may; a handler."""
    if name in ("write", "write_at"):
        descriptor, data, *place = arguments
        return real(descriptor, data[: (len(data) + 1) // 2], *place)
    return real(*arguments)


def dying(after: str) -> Callable[..., Any]:
    """Ends the process with SIGKILL, `before`, `after` or `amid` the call."""

    def call(name: str, real: Callable[..., Any], *arguments: Any) -> Any:
        if after == "after":
            real(*arguments)
        elif after == "amid" and name in ("write", "write_at"):
            real(arguments[0], arguments[1][: len(arguments[1]) // 2], *arguments[2:])
        os.kill(os.getpid(), signal.SIGKILL)

    return call
