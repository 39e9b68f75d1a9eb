"""Refused rows of a stage, in a file that is added to."""

from __future__ import annotations

from typing import Any

from barrow.append_file import AppendFile
from barrow.csv import REJECTS_HEADER, reject_line
from barrow.etl.stages.ledger import check_size, remove


class RejectRows:
    """A CSV file of refused rows; the first one creates it.

    Columns as in the rejects file of `read_csv`, of several texts.

    Args:
        path: The file.
        at: Where to go on; what lies behind is cut off.

    Raises:
        BarrowCorruptError: It is shorter.
        BarrowIoError: It cannot be opened or cut.
    """

    def __init__(self, path: str, at: int) -> None:
        self.path = path
        if not at:
            remove(path)
        size = check_size(path, at)
        self._file = AppendFile(path) if size else None
        if self._file is not None and size > at:
            self._file.truncate(at)

    def write(self, name: str, *facts: Any) -> None:
        """Adds a row of the input of that name.

        Raises:
            BarrowIoError: It cannot be written.
        """
        if self._file is None:
            self._file = AppendFile.create(self.path, b"")
        start = [] if self._file.size else [b"file," + REJECTS_HEADER]
        self._file.write([*start, reject_line(*facts, file=name)])

    def flush(self) -> None:
        """Makes the rows durable.

        Raises:
            BarrowIoError: The system cannot say that they are.
        """
        if self._file is not None:
            self._file.flush()

    def tell(self) -> int:
        """How many bytes the file has."""
        return self._file.size if self._file is not None else 0

    def __enter__(self) -> RejectRows:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
