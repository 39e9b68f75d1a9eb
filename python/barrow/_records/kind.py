"""What a kind of record consists of: columns, each with a name and a role."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import cached_property

import pyarrow as pa

from barrow._records.encodings import ENCODINGS, Encoding
from barrow.errors import BarrowArgumentError, message

TIMES = ("ts_event", "ts_init")
KEYS = ("bar_type", "instrument_id")


class Role(Enum):
    """What a column is for, which decides how it is stored."""

    PRICE = "price"
    SIZE = "size"
    PLAIN = "plain"
    TEXT = "text"
    TIME = "time"


@dataclass(frozen=True)
class Field:
    """A column of records; made by `price`, `size`, `plain`, `text` and `time`.

    Attributes:
        name: What it is called.
        role: What it is for. Prices are signed and sizes unsigned fixed-point values.
        dtype: The Arrow type of a plain column, which no encoding changes.
        enum: What the numbers of a plain column mean, if they mean something.
        optional: Whether values may be undefined: the sentinel of their encoding, null
            in `decimal128`.
    """

    name: str
    role: Role
    dtype: pa.DataType | None = None
    enum: type[IntEnum] | None = None
    optional: bool = False

    @classmethod
    def price(cls, name: str, *, optional: bool = False) -> Field:
        """A column of signed fixed-point values, at `price_precision`."""
        return cls(name, Role.PRICE, optional=optional)

    @classmethod
    def size(cls, name: str, *, optional: bool = False) -> Field:
        """A column of unsigned fixed-point values, at `size_precision`."""
        return cls(name, Role.SIZE, optional=optional)

    @classmethod
    def plain(cls, name: str, dtype: pa.DataType, enum: type[IntEnum] | None = None) -> Field:
        """A column of integers or floats, stored as they are.

        Args:
            name: What it is called.
            dtype: `uint8` to `uint64`, `int8` to `int64`, `float32` or `float64`.
            enum: What its numbers mean.
        """
        return cls(name, Role.PLAIN, dtype, enum)

    @classmethod
    def text(cls, name: str) -> Field:
        """A column of text."""
        return cls(name, Role.TEXT)

    @classmethod
    def time(cls, name: str) -> Field:
        """A column of instants."""
        return cls(name, Role.TIME)

    @cached_property
    def is_value(self) -> bool:
        """Whether it is a fixed-point value, a price or a size."""
        return self.role in (Role.PRICE, Role.SIZE)

    @cached_property
    def signed(self) -> bool:
        """Whether raw values have a sign."""
        return self.role is Role.PRICE

    def type_in(self, encoding: Encoding) -> pa.DataType:
        """The Arrow type of the stored column."""
        if self.role is Role.TIME:
            return encoding.time_type
        if self.role is Role.TEXT:
            return pa.string()
        return encoding.value_type if self.dtype is None else self.dtype

    def stored_in(self, encoding: Encoding) -> pa.Field:
        """The field of the stored schema."""
        nullable = self.optional and encoding.name == "decimal128"
        return pa.field(self.name, self.type_in(encoding), nullable=nullable)


_PLAIN_TYPES = (
    pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
    pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(),
)  # fmt: skip


@dataclass(frozen=True)
class RecordKind:
    """What a record of market data consists of.

    Attributes:
        name: What one is called in a sentence, such as `bar`.
        fields: The columns, in the order of the stored schema. `ts_event` and `ts_init`
            are two of them, and one at least is a price or a size.
        key: The metadata that names what the records are of: `bar_type` or
            `instrument_id`.
        shown: Columns that tables show where all would not fit; all if empty.

    Raises:
        BarrowArgumentError: The columns, or their types, are not as described here.
    """

    name: str
    fields: tuple[Field, ...]
    key: str = "instrument_id"
    shown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [field.name for field in self.fields]
        faults = []
        if len(set(names)) != len(names):
            faults.append("a column is there twice")
        if not any(field.is_value for field in self.fields):
            faults.append("no column is a price or a size")
        times = [field.name for field in self.fields if field.role is Role.TIME]
        faults += [f"there is no time {name}" for name in TIMES if name not in times]
        faults += [
            f'column "{field.name}" is {field.dtype}, expected an integer or a float'
            for field in self.fields
            if field.role is Role.PLAIN and field.dtype not in _PLAIN_TYPES
        ]
        if self.key not in KEYS:
            faults.append(f"the key is {self.key!r}, expected {' or '.join(KEYS)}")
        if strangers := [name for name in self.shown if name not in names]:
            faults.append(f"it shows {', '.join(strangers)}, which it does not have")
        if faults:
            raise BarrowArgumentError(message(f"kind {self.name!r}", "; ".join(faults)))

    @cached_property
    def stored(self) -> dict[str, pa.Schema]:
        """The stored schema without metadata, by the name of the encoding."""
        return {
            encoding.name: pa.schema([field.stored_in(encoding) for field in self.fields])
            for encoding in ENCODINGS.values()
        }

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every column, in the order of the stored schema."""
        return tuple(field.name for field in self.fields)

    @cached_property
    def at(self) -> dict[str, int]:
        """The position of every column."""
        return {name: at for at, name in enumerate(self.columns)}

    @cached_property
    def prices(self) -> tuple[str, ...]:
        """Signed fixed-point columns."""
        return self._named(Role.PRICE)

    @cached_property
    def sizes(self) -> tuple[str, ...]:
        """Unsigned fixed-point columns."""
        return self._named(Role.SIZE)

    @cached_property
    def values(self) -> tuple[str, ...]:
        """Fixed-point columns."""
        return self._named(Role.PRICE, Role.SIZE)

    @cached_property
    def extras(self) -> tuple[str, ...]:
        """Columns that are neither values nor times."""
        return self._named(Role.PLAIN, Role.TEXT)

    @cached_property
    def times(self) -> tuple[str, ...]:
        """Columns of instants."""
        return self._named(Role.TIME)

    @cached_property
    def told(self) -> tuple[str, ...]:
        """Every column but `ts_event` and `ts_init`."""
        return tuple(name for name in self.columns if name not in TIMES)

    @cached_property
    def precisions(self) -> tuple[str, ...]:
        """The precisions the metadata has: those of the roles there are."""
        known = (("price_precision", self.prices), ("size_precision", self.sizes))
        return tuple(key for key, names in known if names)

    def _named(self, *roles: Role) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields if field.role in roles)

    def field(self, name: str) -> Field:
        """The column of that name."""
        return self.fields[self.at[name]]

    @property
    def plural(self) -> str:
        """What several of them are called."""
        return f"{self.name}s"

    @property
    def title(self) -> str:
        """What `key` is called in a sentence."""
        return self.key.replace("_", " ")

    def aligned_rows(self, rows: int) -> int:
        """The most rows of a batch, up to `rows`, whose columns are aligned in a file.

        Of a text of n rows a file holds n + 1 offsets of 4 bytes, and only the ones
        that fill lines of 64 bytes leave what follows aligned: 65,535 are good, 65,536
        are not.
        """
        if not self._named(Role.TEXT) or rows < 15:
            return rows
        return (rows + 1) // 16 * 16 - 1
