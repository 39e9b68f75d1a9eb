"""What stages ask of files of bars, whatever their format.

A class that has these methods works, without inheriting anything.

A **position** is a number of bytes, from 0 to the size of the file: what lies before it
has been read, or written, and adding to the file leaves it alone. Only what `tell` gave
is one; 0 is the start of every file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

from barrow.bars import Bars


@runtime_checkable
class EtlIO(Protocol):
    """A file of bars and a place in it; leaving the `with` block closes it."""

    @property
    def path(self) -> str:
        """The file as the caller named it."""

    def tell(self) -> int:
        """The position: behind the last bar that was read or written."""

    def close(self) -> None:
        """Lets the file go; more than once is no error."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@runtime_checkable
class ResampleIOReader(EtlIO, Protocol):
    """Reads bars in their order."""

    def read_batch(self, n: int) -> Bars | None:
        """The next bars.

        Args:
            n: How many, 1 or more; there are fewer only at the end of the file.

        Returns:
            The bars; None at the end of the file.
        """

    def seek(self, position: int) -> None:
        """Goes on at a position of an earlier `tell`, also of another reader."""


@runtime_checkable
class ResampleIOWriter(EtlIO, Protocol):
    """Adds bars to the end of a file."""

    def write_batch(self, bars: Bars) -> int:
        """Writes bars behind the last one, all of them or none.

        Returns:
            How many bars that were.
        """

    def truncate(self, position: int) -> None:
        """Drops what lies behind a position of an earlier `tell`."""

    def flush(self, fsync: bool = True) -> None:
        """Hands what was written to the system.

        Args:
            fsync: Whether it has to be durable when this returns.
        """

    def finalize(self) -> None:
        """Ends the file as its format has it, makes it durable and closes it.

        A writer that is opened on it later can still go on.
        """


@dataclass(frozen=True)
class Checkpoint:
    """How far a stage has come: what an index holds.

    Attributes:
        input_position: Where to go on reading.
        output_position: Where to go on writing; what lies behind is not known to be whole.
        last_stamp: The last `ts_event` that was read, nanoseconds UTC; 0 if none was.
        input_head: The fingerprint of the first bytes of the input.
        input_tail: The fingerprint of the bytes before `input_position`.
    """

    input_position: int = 0
    output_position: int = 0
    last_stamp: int = 0
    input_head: int = 0
    input_tail: int = 0


@runtime_checkable
class ResampleIOIndex(Protocol):
    """Remembers how far a stage has come, in a file that is old or new but never half.

    Data is made durable before the index that speaks of it is saved.
    """

    @property
    def path(self) -> str:
        """The file as the caller named it."""

    def load(self) -> Checkpoint | None:
        """What was saved last; None if nothing was."""

    def save(self, checkpoint: Checkpoint) -> None:
        """Replaces what was saved; durable when this returns."""

    def clear(self) -> None:
        """Forgets what was saved, so that the stage starts over."""
