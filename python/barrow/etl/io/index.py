"""Crash-safe notes of how far a stage has come, as text or in 64 bytes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import struct
from abc import ABC, abstractmethod
from dataclasses import asdict, astuple, fields
from pathlib import Path
from typing import Any, Generic, TypeVar

from barrow._lib import native
from barrow.errors import BarrowCorruptError, message
from barrow.etl.io.checks import too_short
from barrow.etl.io.protocols import Checkpoint
from barrow.files import SYSTEM, AtomicFile, Output, sync_folder, unreadable, unwritable

T = TypeVar("T")
_KIND = "barrow_index"
INDEX_MAGIC = b"\x89BARIX\r\n"
_VERSION = 1
_RECORD = struct.Struct("<8sIQQQQQ8xI")
_CHECKSUM_BYTES = 4
PRINTED_BYTES = 4096
_NAMES = tuple(field.name for field in fields(Checkpoint))


def fingerprint(path: str | os.PathLike[str], position: int) -> tuple[int, int]:
    """What the first bytes and those before a position of a file hash to.

    Args:
        path: The file.
        position: What lies behind is not looked at.

    Returns:
        Of up to 4,096 bytes each, 64 bits of BLAKE2b.

    Raises:
        BarrowIoError: The file cannot be read.
    """
    count = min(position, PRINTED_BYTES)
    try:
        with open(path, "rb") as file:
            head = file.read(count)
            file.seek(position - count)
            tail = file.read(count)
    except OSError as error:
        raise unreadable(os.fspath(path), error) from error
    return hashed(head), hashed(tail)


def hashed(data: bytes) -> int:
    """64 bits of BLAKE2b of some bytes."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


def check_input(path: str | os.PathLike[str], saved: Checkpoint) -> None:
    """Refuses to go on in an input that is another than the one that was read.

    Args:
        path: The input.
        saved: How far it was read.

    Raises:
        BarrowCorruptError: It is shorter, or its bytes at the start or before the
            position are others.
        BarrowIoError: It cannot be read.
    """
    name = os.fspath(path)
    if not saved.input_position:
        return
    if (size := os.stat(name).st_size) < saved.input_position:
        raise too_short(name, size, saved.input_position)
    if fingerprint(name, saved.input_position) != (saved.input_head, saved.input_tail):
        what = f"it was rewritten before byte {saved.input_position:,}, where reading stopped"
        tries = ["start over: clear the index and remove the output"]
        raise BarrowCorruptError(message(name, what, tries=tries))


class IndexFile(ABC, Generic[T]):
    """Facts in a file that is replaced as a whole: old or new, never half.

    Args:
        path: The file; it need not be there.

    Attributes:
        path: The file as the caller named it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)

    def load(self) -> T | None:
        """What was saved last; None if nothing was.

        Raises:
            BarrowCorruptError: The file is damaged, or something else.
            BarrowIoError: It cannot be read.
        """
        try:
            data = Path(self.path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unreadable(self.path, error) from error
        facts = self._decoded(data)
        if facts is None:
            tries = ["start over: remove it and the output"]
            raise BarrowCorruptError(message(self.path, "it is no whole index", tries=tries))
        return facts

    def save(self, facts: T) -> None:
        """Replaces what was saved; durable when this returns.

        Raises:
            BarrowIoError: It cannot be written; what was saved before is still there.
        """
        try:
            with AtomicFile(self.path, overwrite=True) as whole:
                with Output(whole.temporary) as output:
                    output.write(self._encoded(facts))
                whole.commit()
        except OSError as error:
            raise unwritable(self.path, error) from error

    def clear(self) -> None:
        """Forgets what was saved; durable when this returns.

        Raises:
            BarrowIoError: The file cannot be removed.
        """
        try:
            with contextlib.suppress(FileNotFoundError):
                SYSTEM.unlink(self.path)
                sync_folder(os.path.dirname(self.path))
        except OSError as error:
            raise unwritable(self.path, error, "cannot be removed") from error

    @abstractmethod
    def _encoded(self, facts: T) -> bytes:
        """The facts as the file has them."""

    @abstractmethod
    def _decoded(self, data: bytes) -> T | None:
        """What the file says; None if it is not whole."""


def sealed(kind: str, version: int, facts: dict[str, Any]) -> bytes:
    """Facts as a JSON object with a checksum."""
    told = {kind: version, **facts}
    return (json.dumps({**told, "crc32c": _checksum(told)}, indent=1) + "\n").encode()


def unsealed(kind: str, version: int, data: bytes) -> dict[str, Any] | None:
    """What `sealed` was given; None if it is not whole, or something else."""
    try:
        facts = json.loads(data)
    except ValueError:
        return None
    if not isinstance(facts, dict) or facts.get(kind) != version:
        return None
    if facts.pop("crc32c", None) != _checksum(facts):
        return None
    del facts[kind]
    return facts


class TextIndex(IndexFile[Checkpoint]):
    """An index as a JSON object with a checksum, for people to read."""

    def _encoded(self, facts: Checkpoint) -> bytes:
        return sealed(_KIND, _VERSION, asdict(facts))

    def _decoded(self, data: bytes) -> Checkpoint | None:
        facts = unsealed(_KIND, _VERSION, data)
        if facts is None or set(facts) != set(_NAMES):
            return None
        return Checkpoint(**facts)


def _checksum(facts: dict[str, Any]) -> int:
    return native.crc32c(json.dumps(facts, sort_keys=True).encode())


class BinaryIndex(IndexFile[Checkpoint]):
    """An index as one record of 64 bytes with a checksum."""

    def _encoded(self, facts: Checkpoint) -> bytes:
        told = _RECORD.pack(INDEX_MAGIC, _VERSION, *astuple(facts), 0)[:-_CHECKSUM_BYTES]
        return told + native.crc32c(told).to_bytes(_CHECKSUM_BYTES, "little")

    def _decoded(self, data: bytes) -> Checkpoint | None:
        if len(data) != _RECORD.size:
            return None
        magic, version, *values, checksum = _RECORD.unpack(data)
        if (magic, version) != (INDEX_MAGIC, _VERSION):
            return None
        if checksum != native.crc32c(data[:-_CHECKSUM_BYTES]):
            return None
        return Checkpoint(*values)
