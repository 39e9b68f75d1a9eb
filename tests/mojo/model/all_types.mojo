"""Every type of record of barrow as a Python module of its own, in one extension.

`tests/python/test_mojo_records.py` compiles it.
"""

from barrow.model import (
    Bar,
    Encoding,
    OrderBookDelta,
    OrderBookDepth10,
    QuoteTick,
    TradeTick,
)
from capi import Obj
from record_module import record_module

comptime E = Encoding


@export
def PyInit_bar() abi("C") -> Obj:
    return record_module[
        "bar", Bar[E.FIXED8], Bar[E.FIXED16], Bar[E.DECIMAL128]
    ]()


@export
def PyInit_quote() abi("C") -> Obj:
    return record_module[
        "quote",
        QuoteTick[E.FIXED8],
        QuoteTick[E.FIXED16],
        QuoteTick[E.DECIMAL128],
    ]()


@export
def PyInit_trade() abi("C") -> Obj:
    return record_module[
        "trade",
        TradeTick[E.FIXED8],
        TradeTick[E.FIXED16],
        TradeTick[E.DECIMAL128],
    ]()


@export
def PyInit_delta() abi("C") -> Obj:
    return record_module[
        "delta",
        OrderBookDelta[E.FIXED8],
        OrderBookDelta[E.FIXED16],
        OrderBookDelta[E.DECIMAL128],
    ]()


@export
def PyInit_depth() abi("C") -> Obj:
    return record_module[
        "depth",
        OrderBookDepth10[E.FIXED8],
        OrderBookDepth10[E.FIXED16],
        OrderBookDepth10[E.DECIMAL128],
    ]()
