"""Bars between stages: files that are read on, added to, cut, and remembered."""

from barrow.etl.io.arrow import ArrowReader, ArrowWriter
from barrow.etl.io.binary import BinaryReader, BinaryWriter
from barrow.etl.io.factory import Format, ResampleIOFactory
from barrow.etl.io.index import BinaryIndex, TextIndex, check_input, fingerprint
from barrow.etl.io.protocols import (
    Checkpoint,
    EtlIO,
    ResampleIOIndex,
    ResampleIOReader,
    ResampleIOWriter,
)
from barrow.etl.io.stage import advance
from barrow.etl.io.text import TextReader, TextWriter

__all__ = [
    "ArrowReader",
    "ArrowWriter",
    "BinaryIndex",
    "BinaryReader",
    "BinaryWriter",
    "Checkpoint",
    "EtlIO",
    "Format",
    "ResampleIOFactory",
    "ResampleIOIndex",
    "ResampleIOReader",
    "ResampleIOWriter",
    "TextIndex",
    "TextReader",
    "TextWriter",
    "advance",
    "check_input",
    "fingerprint",
]
