"""How values are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from barrow.errors import BarrowArgumentError, message

EncodingName = Literal["fixed8", "fixed16", "decimal128"]
STAMP = pa.timestamp("ns", "UTC")


@dataclass(frozen=True)
class Encoding:
    """How values are stored.

    Attributes:
        name: `fixed8`, `fixed16` or `decimal128`.
        width: Bytes of a value.
        scale: The power of ten one raw unit stands for.
        price_max: The largest whole price; NautilusTrader's limit.
        size_max: The largest whole volume.
    """

    name: EncodingName
    width: int
    scale: int
    price_max: int
    size_max: int

    @property
    def wide(self) -> bool:
        """Whether raw values have 128 bits."""
        return self.width == 16

    @property
    def value_type(self) -> pa.DataType:
        """The Arrow type of a stored value."""
        return pa.decimal128(38, 16) if self.name == "decimal128" else pa.binary(self.width)

    @property
    def time_type(self) -> pa.DataType:
        """The Arrow type of a stored time stamp."""
        return STAMP if self.name == "decimal128" else pa.uint64()


FIXED8 = Encoding("fixed8", 8, 9, 9_223_372_036, 18_446_744_073)
FIXED16 = Encoding("fixed16", 16, 16, 17_014_118_346_046, 34_028_236_692_093)
DECIMAL128 = Encoding("decimal128", 16, 16, 17_014_118_346_046, 34_028_236_692_093)
ENCODINGS: dict[str, Encoding] = {e.name: e for e in (FIXED8, FIXED16, DECIMAL128)}


def encoding_named(name: str) -> Encoding:
    """The encoding of that name.

    Raises:
        BarrowArgumentError: There is none.
    """
    if name not in ENCODINGS:
        raise BarrowArgumentError(
            message(
                "encoding",
                f"{name!r} is none of the encodings",
                tries=["auto for the narrowest that fits", *ENCODINGS],
            )
        )
    return ENCODINGS[name]
