"""A producer of the Arrow C interfaces made with ctypes, whole or damaged, that counts."""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Sequence
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p, pointer
from typing import Any

_PYAPI = ctypes.pythonapi
_PYAPI.PyCapsule_New.restype = ctypes.py_object
_PYAPI.PyCapsule_New.argtypes = [c_void_p, c_char_p, c_void_p]


class Schema(Structure):
    pass


class Array(Structure):
    pass


class Stream(Structure):
    pass


SchemaRelease = CFUNCTYPE(None, POINTER(Schema))
ArrayRelease = CFUNCTYPE(None, POINTER(Array))
StreamRelease = CFUNCTYPE(None, POINTER(Stream))
GetSchema = CFUNCTYPE(c_int, POINTER(Stream), POINTER(Schema))
GetNext = CFUNCTYPE(c_int, POINTER(Stream), POINTER(Array))
LastError = CFUNCTYPE(c_void_p, POINTER(Stream))

# Pointers are plain numbers, so that a test can write any into them.
Schema._fields_ = [
    ("format", c_void_p),
    ("name", c_void_p),
    ("metadata", c_void_p),
    ("flags", c_int64),
    ("n_children", c_int64),
    ("children", c_void_p),
    ("dictionary", c_void_p),
    ("release", c_void_p),
    ("private_data", c_void_p),
]
Array._fields_ = [
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", c_void_p),
    ("children", c_void_p),
    ("dictionary", c_void_p),
    ("release", c_void_p),
    ("private_data", c_void_p),
]
Stream._fields_ = [
    ("get_schema", c_void_p),
    ("get_next", c_void_p),
    ("get_last_error", c_void_p),
    ("release", c_void_p),
    ("private_data", c_void_p),
]


def address(item: Any) -> int:
    """Where a ctypes object, a callback or a buffer is."""
    if hasattr(item, "argtypes"):
        return ctypes.cast(item, c_void_p).value or 0
    return ctypes.addressof(item)


class Producer:
    """Makes structs; keeps their memory, and counts how often each is released."""

    def __init__(self) -> None:
        self.released: Counter[str] = Counter()
        self._kept: list[Any] = []

    def keep(self, item: Any) -> int:
        """Keeps something alive and tells where it is."""
        self._kept.append(item)
        return address(item)

    def text(self, value: str | bytes) -> int:
        """A text that ends with a zero byte."""
        raw = value.encode() if isinstance(value, str) else value
        return self.keep(ctypes.create_string_buffer(raw))

    def words(self, values: Sequence[int]) -> int:
        """Pointers one after another."""
        return self.keep((c_void_p * max(len(values), 1))(*values))

    def numbers(self, values: Sequence[int], kind: Any = c_int64) -> int:
        """Numbers one after another."""
        return self.keep((kind * max(len(values), 1))(*values))

    def _release(self, label: str, kind: Any) -> int:
        def release(at: Any) -> None:
            self.released[label] += 1
            at.contents.release = None

        return self.keep(kind(release))

    def schema(
        self, fmt: str, name: str = "", children: Sequence[Schema] = (), **changed: Any
    ) -> Schema:
        """A schema; `changed` writes over its fields."""
        made = Schema(
            self.text(fmt), self.text(name), None, 2, len(children),
            self.words([address(child) for child in children]), None,
            self._release("schema", SchemaRelease) if not name else
            self._release(f"schema {name}", SchemaRelease), None,
        )  # fmt: skip
        return self._changed(made, changed)

    def array(
        self,
        rows: int,
        buffers: Sequence[int],
        children: Sequence[Array] = (),
        label: str = "array",
        **changed: Any,
    ) -> Array:
        """An array; `changed` writes over its fields."""
        made = Array(
            rows, 0, 0, len(buffers), len(children), self.words(buffers),
            self.words([address(child) for child in children]), None,
            self._release(label, ArrayRelease), None,
        )  # fmt: skip
        return self._changed(made, changed)

    def _changed(self, made: Any, changed: dict[str, Any]) -> Any:
        for key, value in changed.items():
            setattr(made, key, value)
        self._kept.append(made)
        return made

    def stream(self, schema: Schema, items: Sequence[Array | int]) -> Stream:
        """A stream; a number among the items is an error that is given there."""
        left = list(items)
        reason = self.text("the disk is on fire")

        def get_schema(_: Any, target: Any) -> int:
            ctypes.memmove(target, pointer(schema), ctypes.sizeof(Schema))
            return 0

        def get_next(_: Any, target: Any) -> int:
            item = left.pop(0) if left else Array()
            if isinstance(item, int):
                return item
            ctypes.memmove(target, pointer(item), ctypes.sizeof(Array))
            return 0

        made = Stream(
            self.keep(GetSchema(get_schema)), self.keep(GetNext(get_next)),
            self.keep(LastError(lambda _: reason)), self._release("stream", StreamRelease), None,
        )  # fmt: skip
        return self._changed(made, {})


def capsule(item: Any, name: bytes) -> object:
    """A capsule without a destructor around a struct or an address."""
    where = item if isinstance(item, int) else address(item)
    return _PYAPI.PyCapsule_New(where, name, None)


class ArrayOf:
    """An object with `__arrow_c_array__`."""

    def __init__(self, schema: Any, array: Any) -> None:
        self.pair = (capsule(schema, b"arrow_schema"), capsule(array, b"arrow_array"))

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        return self.pair


class StreamOf:
    """An object with `__arrow_c_stream__`."""

    def __init__(self, stream: Any) -> None:
        self.capsule = capsule(stream, b"arrow_array_stream")

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.capsule
