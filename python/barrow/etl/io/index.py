"""Crash-safe notes of how far a stage has come, as text or in 64 bytes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import struct
from dataclasses import asdict, astuple, fields
from pathlib import Path
from typing import Any

from barrow._lib import native
from barrow.errors import BarrowCorruptError, message
from barrow.etl.io.checks import too_short
from barrow.etl.io.protocols import Checkpoint
from barrow.files import AtomicFile, Output, sync_folder, unreadable, unwritable

INDEX_MAGIC = b"\x89BARIX\r\n"
_VERSION = 1
_RECORD = struct.Struct("<8sIQQQQQ8xI")
_CHECKSUM_BYTES = 4
_PRINTED_BYTES = 4096
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
    count = min(position, _PRINTED_BYTES)
    try:
        with open(path, "rb") as file:
            head = file.read(count)
            file.seek(position - count)
            tail = file.read(count)
    except OSError as error:
        raise unreadable(os.fspath(path), error) from error
    return _hashed(head), _hashed(tail)


def _hashed(data: bytes) -> int:
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


class _IndexFile:
    """What both forms share: a file that is replaced as a whole.

    Args:
        path: The file; it need not be there.

    Attributes:
        path: The file as the caller named it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)

    def load(self) -> Checkpoint | None:
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
        checkpoint = self._decoded(data)
        if checkpoint is None:
            tries = ["start over: remove it and the output"]
            raise BarrowCorruptError(message(self.path, "it is no whole index", tries=tries))
        return checkpoint

    def save(self, checkpoint: Checkpoint) -> None:
        """Replaces what was saved; durable when this returns.

        Raises:
            BarrowIoError: It cannot be written; what was saved before is still there.
        """
        try:
            with AtomicFile(self.path, overwrite=True) as whole:
                with Output(whole.temporary) as output:
                    output.write(self._encoded(checkpoint))
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
                os.unlink(self.path)
                sync_folder(os.path.dirname(self.path))
        except OSError as error:
            raise unwritable(self.path, error, "cannot be removed") from error

    def _encoded(self, checkpoint: Checkpoint) -> bytes:
        raise NotImplementedError

    def _decoded(self, data: bytes) -> Checkpoint | None:
        raise NotImplementedError


class TextIndex(_IndexFile):
    """An index as a JSON object with a checksum, for people to read."""

    def _encoded(self, checkpoint: Checkpoint) -> bytes:
        facts: dict[str, Any] = {"barrow_index": _VERSION, **asdict(checkpoint)}
        facts["crc32c"] = _checksum(facts)
        return (json.dumps(facts, indent=2) + "\n").encode()

    def _decoded(self, data: bytes) -> Checkpoint | None:
        try:
            facts = json.loads(data)
        except ValueError:
            return None
        if not isinstance(facts, dict) or facts.get("barrow_index") != _VERSION:
            return None
        told = facts.pop("crc32c", None)
        if set(facts) != {"barrow_index", *_NAMES} or told != _checksum(facts):
            return None
        return Checkpoint(**{name: facts[name] for name in _NAMES})


def _checksum(facts: dict[str, Any]) -> int:
    return native.crc32c(json.dumps(facts, sort_keys=True).encode())


class BinaryIndex(_IndexFile):
    """An index as one record of 64 bytes with a checksum."""

    def _encoded(self, checkpoint: Checkpoint) -> bytes:
        told = _RECORD.pack(INDEX_MAGIC, _VERSION, *astuple(checkpoint), 0)[:-_CHECKSUM_BYTES]
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
