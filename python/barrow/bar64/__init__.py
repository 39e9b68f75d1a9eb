"""bar64: bars in records of 64 bytes, each with its own checksum; see docs/format.md.

A file that is appended to in place, by one writer at a time, and that tells after a
crash which of its records are whole.
"""

from barrow.bar64.check import check_bar64
from barrow.bar64.header import MAGIC, RECORD, Header, Stamp, is_bar64
from barrow.bar64.reader import Bar64Reader, Condition, open_bar64
from barrow.bar64.writer import Bar64Writer, append_bar64, cut_tail, write_bar64

__all__ = [
    "MAGIC",
    "RECORD",
    "Bar64Reader",
    "Bar64Writer",
    "Condition",
    "Header",
    "Stamp",
    "append_bar64",
    "check_bar64",
    "cut_tail",
    "is_bar64",
    "open_bar64",
    "write_bar64",
]
