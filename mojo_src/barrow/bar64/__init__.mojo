"""Bars as records of 64 bytes, one cache line each, with a checksum of its own.

`docs/format.md` describes the file. Here are its kernels: columns to records and back,
and the checksums.
"""

from barrow.bar64.checksum import Crc32c, crc32c, crc32c_by_table
from barrow.bar64.fingerprint import LANES, Lanes, fingerprint, stirred
from barrow.bar64.records import (
    COLUMNS,
    RECORD_BYTES,
    Columns,
    MutColumns,
    damage,
    pack,
    unpack,
)
