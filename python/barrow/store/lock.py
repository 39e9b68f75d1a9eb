"""One writer at a time: a lock the system takes back when its holder dies."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator

from barrow.errors import BarrowIoError
from barrow.files import SYSTEM, io_error, unwritable

_SHORTEST, _LONGEST = 0.001, 0.05  # seconds between two looks


@contextlib.contextmanager
def locked(path: str, timeout: float) -> Iterator[None]:
    """Holds a lock as long as the block runs.

    It keeps apart processes, and threads of one.

    Args:
        path: The file that is locked; it is created, and stays.
        timeout: The most seconds to wait for whoever has it.

    Raises:
        BarrowIoError: Somebody else had it all the time, or it cannot be locked.
    """
    try:
        descriptor = SYSTEM.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW)
    except OSError as error:
        raise unwritable(path, error, "cannot be locked") from error
    try:
        _wait(descriptor, path, timeout)
        yield
    finally:
        with contextlib.suppress(OSError):
            # A child that was forked meanwhile has the descriptor too: closing alone
            # would leave it locked.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            SYSTEM.close(descriptor)


def _wait(descriptor: int, path: str, timeout: float) -> None:
    until, pause = time.monotonic() + timeout, _SHORTEST
    while True:
        try:
            SYSTEM.lock(descriptor)
            return
        except BlockingIOError as error:
            if time.monotonic() + pause > until:
                raise _busy(path, timeout) from error
        except OSError as error:
            raise unwritable(path, error, "cannot be locked") from error
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST)


def _busy(path: str, timeout: float) -> BarrowIoError:
    return io_error(
        path,
        f"is locked: another writer was at work for more than {timeout:g} s",
        errno.EWOULDBLOCK,
        ["timeout=60 to wait longer", "find who it is: fuser on that file"],
    )
