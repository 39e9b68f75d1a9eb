"""Takes over damaged structs, named by the lines of standard input, one verdict a line."""

from __future__ import annotations

import json
import sys
from ctypes import addressof, c_int32
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

import barrow as bw
import pyarrow as pa
from barrow.arrow_ffi import import_pyarrow_array, import_pyarrow_recordbatch, import_pyarrow_table
from c_structs import ArrayOf, Producer, StreamOf


def damage(producer: Producer, line: list[Any]) -> tuple[Any, Any]:
    """A batch with an int64 and a text column, of which one field is written over."""
    target, field, value = line
    numbers = producer.numbers(range(5))
    offsets = producer.numbers([0, 1, 2, 3, 4, 5], kind=c_int32)
    schemas = {"l": producer.schema("l", "n"), "u": producer.schema("u", "t")}
    arrays = {
        "l": producer.array(5, [0, numbers], label="n"),
        "u": producer.array(5, [0, offsets, producer.text("abcde")], label="t"),
    }
    schema = producer.schema("+s", children=list(schemas.values()))
    array = producer.array(5, [0], list(arrays.values()))
    if isinstance(value, str):
        value = producer.text(value.encode("latin-1"))
    elif isinstance(value, list):
        value = producer.words(value)
    what = {"schema": schema, "array": array}
    what |= {f"schema {key}": item for key, item in schemas.items()}
    what |= {f"array {key}": item for key, item in arrays.items()}
    if target in what:
        setattr(what[target], field, value)
    if line[2] == "loop":  # a struct that is its own child, twice
        loop = schemas["l"]
        loop.format, loop.n_children = producer.text("+s"), 2
        loop.children = producer.words([addressof(loop)] * 2)
    return schema, array


def try_one(line: list[Any]) -> dict[str, Any]:
    producer = Producer()
    schema, array = damage(producer, line)
    released_before = not schema.release, not array.release
    error = None
    try:
        take = (import_pyarrow_recordbatch, import_pyarrow_array)[len(line[1]) % 2]
        if line[1] == "stream":
            stream = producer.stream(schema, [array])
            setattr(stream, line[0], line[2])
            take, source = import_pyarrow_table, StreamOf(stream)
        else:
            source = ArrayOf(schema, array)
        handle = take(source)
        out = pa.array(handle) if take is import_pyarrow_array else pa.record_batch(handle)
        out.validate(full=True)
        del out, handle
    except bw.BarrowError as found:
        error = f"{found.kind}: {found}"
    counts = dict(producer.released)
    once = all(count == 1 for count in counts.values())
    whole = once and released_before == ("schema" not in counts, "array" not in counts)
    return {"error": error, "released_once": whole}


def main() -> None:
    for text in sys.stdin:
        print(json.dumps(try_one(json.loads(text))), flush=True)


if __name__ == "__main__":
    main()
