"""Kinds of records, how their values are stored, and the schemas that follow."""

from barrow._records.encodings import (
    DECIMAL128,
    ENCODINGS,
    FIXED8,
    FIXED16,
    Encoding,
    EncodingName,
    encoding_named,
)
from barrow._records.kind import TIMES, Field, RecordKind, Role
from barrow._records.known import (
    BAR,
    DELTA,
    DEPTH,
    DEPTH_LEVELS,
    KINDS,
    QUOTE,
    TRADE,
    AggressorSide,
    BookAction,
    OrderSide,
    RecordFlag,
)
from barrow._records.schemas import (
    Meta,
    check_nulls,
    listed,
    numeric_schema,
    read_schema,
    record_schema,
)

__all__ = [
    "BAR",
    "DECIMAL128",
    "DELTA",
    "DEPTH",
    "DEPTH_LEVELS",
    "ENCODINGS",
    "FIXED8",
    "FIXED16",
    "KINDS",
    "QUOTE",
    "TIMES",
    "TRADE",
    "AggressorSide",
    "BookAction",
    "Encoding",
    "EncodingName",
    "Field",
    "Meta",
    "OrderSide",
    "RecordFlag",
    "RecordKind",
    "Role",
    "check_nulls",
    "encoding_named",
    "listed",
    "numeric_schema",
    "read_schema",
    "record_schema",
]
