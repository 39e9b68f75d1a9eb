"""A reader of bar64 files written from docs/format.md alone; it uses nothing of barrow."""

from __future__ import annotations

import struct
from typing import Any


def _table() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return table


_TABLE = _table()


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


def read_page(data: bytes) -> tuple[dict[str, Any], list[tuple[int, ...]]]:
    """The facts of the header and every record; fails where anything is not whole."""
    assert data[:8] == bytes.fromhex("89 42 41 52 36 34 0D 0A")
    version, n = struct.unpack_from("<HH", data, 8)
    assert version == 1
    assert 1 <= n <= 64
    scale, price, size, stamp = data[12:16]
    b, s, zero, created_with = struct.unpack_from("<HHIQ", data, 16)
    assert zero == 0
    end = 32 + b + s
    assert end <= 64 * n - 4
    assert not any(data[end : 64 * n - 4])
    assert struct.unpack_from("<I", data, 64 * n - 4) == (crc32c(data[: 64 * n - 4]),)
    facts = {
        "scale": scale,
        "price_precision": price,
        "size_precision": size,
        "stamp": stamp,
        "created_with": created_with,
        "bar_type": data[32 : 32 + b].decode(),
        "symbol": data[32 + b : end].decode(),
    }
    body = data[64 * n :]
    assert len(body) % 64 == 0
    records = []
    for at in range(0, len(body), 64):
        (checksum,) = struct.unpack_from("<I", body, at + 60)
        assert checksum == crc32c(body[at : at + 60])
        records.append(struct.unpack_from("<QqqqqQQI", body, at))
    assert len(records) >= created_with
    return facts, records
