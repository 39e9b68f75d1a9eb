"""A disk in small: what a loss of power leaves of a log of system calls.

As ALICE and CrashMonkey do it: calls are recorded, and every prefix of the record is
played on a disk that keeps what was made durable and loses, or half loses, the rest.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Call:
    """A call that changed something; what it was called on is a path, not a descriptor."""

    name: str
    path: str
    other: Any = None


class Recorder:
    """Remembers every call, as a handler of `faults.calls_through`."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.said: list[tuple[int, int]] = []  # calls so far, number said
        self._paths: dict[int, str] = {}

    def __call__(self, name: str, real: Callable[..., Any], *arguments: Any) -> Any:
        if name == "open":
            path, flags = arguments
            new = not os.path.exists(path)
            descriptor = real(path, flags)
            self._paths[descriptor] = path
            if flags & os.O_CREAT and new:
                self.calls.append(Call("create", path))
            if flags & os.O_TRUNC:
                self.calls.append(Call("truncate", path, 0))
            return descriptor
        result = real(*arguments)
        if name == "write":
            descriptor, data = arguments
            self.calls.append(Call(name, self._paths[descriptor], bytes(data[:result])))
        elif name in ("fsync", "truncate"):
            self.calls.append(Call(name, self._paths[arguments[0]], (*arguments[1:], None)[0]))
        elif name in ("replace", "link", "unlink", "mkdir"):
            self.calls.append(Call(name, *arguments))
        return result

    def say(self, number: int) -> None:
        self.said.append((len(self.calls), number))


@dataclass(eq=False)
class Inode:
    """A file: what it holds, and what of it is durable."""

    data: bytes = b""
    durable: bytes = b""


@dataclass
class Disk:
    """Files and names, now and as far as they are durable.

    Attributes:
        names: Paths to files; folders are None.
        pending: Changes of names that are not durable, by the folder they are in.
    """

    names: dict[str, Inode | None] = field(default_factory=dict)
    kept: dict[str, Inode | None] = field(default_factory=dict)
    pending: list[tuple[str, str, Inode | None, bool]] = field(default_factory=list)

    def play(self, call: Call) -> None:
        """Does what a call did."""
        path = call.path
        node = self.names.get(path)
        if call.name == "create":
            self._name(path, Inode())
        elif call.name == "mkdir":
            self._name(path, None)
        elif call.name == "write" and node is not None:
            node.data += call.other
        elif call.name == "truncate" and node is not None:
            node.data = node.data[: call.other]
        elif call.name == "fsync" and node is not None:
            node.durable = node.data
        elif call.name == "fsync":
            self._keep([each for each in self.pending if each[0] == path])
        elif call.name in ("replace", "link"):
            self._name(call.other, node)
            if call.name == "replace":
                self._unname(path)
        elif call.name == "unlink":
            self._unname(path)

    def _name(self, path: str, node: Inode | None) -> None:
        self.names[path] = node
        self.pending.append((os.path.dirname(path), path, node, True))

    def _unname(self, path: str) -> None:
        del self.names[path]
        self.pending.append((os.path.dirname(path), path, None, False))

    def _keep(self, changes: list[tuple[str, str, Inode | None, bool]]) -> None:
        for change in changes:
            _, path, node, there = change
            if there:
                self.kept[path] = node
            else:
                self.kept.pop(path, None)
            self.pending.remove(change)

    def after_loss(self, names: str, data: str, chance: random.Random) -> dict[str, bytes | None]:
        """What may be there when the power comes back.

        Args:
            names: Which changes of names that were not durable took place: `all`,
                `none`, the `first` ones or `some` of them, at random.
            data: What became of bytes that were not durable: `kept`, `lost`, `half` of
                them there, or `zeros` in their place.
            chance: Decides.
        """
        found = dict(self.kept)
        pending = self.pending
        if names == "first":
            pending = pending[: chance.randrange(len(pending) + 1)]
        elif names == "some":
            pending = [each for each in pending if chance.random() < 0.5]
        for _, path, node, there in pending if names != "none" else []:
            if there:
                found[path] = node
            else:
                found.pop(path, None)
        return {
            path: None if node is None else _left(node, data)
            for path, node in found.items()
            if all(parent in found for parent in _parents(path, found, self.names))
        }


def _parents(path: str, found: Any, known: Any) -> list[str]:
    """Folders above a path that calls made; those there before need nothing."""
    parents = []
    while (above := os.path.dirname(path)) != path:
        if above in known or above in found:
            parents.append(above)
        path = above
    return parents


def _left(node: Inode, data: str) -> bytes:
    if data == "kept" or node.data == node.durable:
        return node.data
    if not node.data.startswith(node.durable):  # it was cut, too
        return node.durable if data == "lost" else node.data
    more = len(node.data) - len(node.durable)
    return {
        "lost": node.durable,
        "half": node.data[: len(node.durable) + more // 2],
        "zeros": node.durable + bytes(more),
    }[data]


def restore(files: dict[str, bytes | None], root: Path, place: Path) -> Path:
    """Writes what is left of a folder somewhere else."""
    target = place / root.name
    for path, data in sorted(files.items()):
        where = target / os.path.relpath(path, root)
        if data is None:
            where.mkdir(parents=True, exist_ok=True)
        else:
            where.parent.mkdir(parents=True, exist_ok=True)
            where.write_bytes(data)
    return target
