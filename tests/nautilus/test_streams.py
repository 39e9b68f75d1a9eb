"""Arrow streams: NautilusTrader reads what barrow writes, and the other way round."""

from __future__ import annotations

from typing import Any

import barrow as bw
import pyarrow as pa
import pytest
from barrow._arrow import KINDS
from theirs import (
    CLASSES,
    ENCODERS,
    ENCODING,
    KIND_NAMES,
    LIMITS,
    MOST_PRICE,
    MOST_SIZE,
    PYO3,
    SCALE,
    legacy,
    limit_rows,
    our_wrangler,
    ours,
    pyo3,
    rows_of,
    stream,
    theirs,
    told,
    wrangler,
)

CONTAINERS = {"bar": bw.Bars, "quote": bw.Quotes, "trade": bw.Trades}
ITEMS = {"bar": bw.Bar, "quote": bw.QuoteTick, "trade": bw.TradeTick}


@pytest.fixture(params=KIND_NAMES)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def both(kind: str) -> tuple[Any, list[Any]]:
    rows, price, size = rows_of(kind)
    return ours(kind, rows, price, size), theirs(kind, rows, price, size)


def test_they_read_what_barrow_writes(kind: str, both: tuple[Any, list[Any]]) -> None:
    records, expected = both
    made = wrangler(kind, records.price_precision, records.size_precision)
    found = made.process_record_batch_bytes(stream(records))
    assert [told(kind, one) for one in found] == [told(kind, one) for one in expected]
    assert found == expected


def test_they_read_other_encodings_once_brought_into_theirs(
    kind: str, both: tuple[Any, list[Any]]
) -> None:
    records, expected = both
    decimals = CONTAINERS[kind].from_arrow(records.to_arrow("decimal128"))
    table = decimals.to_arrow(ENCODING)
    made = wrangler(kind, records.price_precision, records.size_precision)
    found = made.process_record_batch_bytes(stream(CONTAINERS[kind].from_arrow(table)))
    assert found == expected


def test_barrow_reads_what_they_write(kind: str, both: tuple[Any, list[Any]]) -> None:
    records, expected = both
    data = ENCODERS[kind](expected)
    made = our_wrangler(kind, records.price_precision, records.size_precision)
    found = made._inner.process_record_batch_bytes(data)
    assert [told(kind, one) for one in found] == [told(kind, one) for one in expected]
    assert found == records.to_list()
    assert list(made._inner.process_record_batch_bytes_iter(data)) == found
    table = pa.ipc.open_stream(data).read_all()
    assert CONTAINERS[kind].from_arrow(table) == records
    assert made.from_arrow(table) == found
    assert type(made).from_schema(table.schema)._inner._meta == made._inner._meta


def test_dictionaries_and_texts_are_the_same(kind: str, both: tuple[Any, list[Any]]) -> None:
    records, expected = both
    for mine, core, old in zip(records, expected, legacy(kind, expected), strict=True):
        assert told(kind, mine) == told(kind, core) == told(kind, old)
        assert ITEMS[kind].from_dict(core.to_dict()) == mine
        assert ITEMS[kind].from_dict(CLASSES[kind].to_dict(old)) == mine
        # Not by ==: the older version keeps names of its two halves in two places, and aborts.
        again = CLASSES[kind].from_dict(mine.to_dict())
        assert told(kind, again) == told(kind, old)


def test_few_decimals(kind: str) -> None:
    rows, _, _ = rows_of(kind)
    coarse = [row for row in rows if all(len(text.partition(".")[2]) <= 4 for text in row[0])]
    assert len(coarse) >= 4
    records, expected = ours(kind, coarse, 4, 2), theirs(kind, coarse, 4, 2)
    found = wrangler(kind, 4, 2).process_record_batch_bytes(stream(records))
    assert [told(kind, one) for one in found] == [told(kind, one) for one in expected]
    assert [told(kind, one) for one in records] == [told(kind, one) for one in expected]
    back = our_wrangler(kind, 4, 2)._inner.process_record_batch_bytes(ENCODERS[kind](expected))
    assert back == records.to_list()


def test_the_ends_of_the_range(kind: str) -> None:
    rows = limit_rows(kind)
    records, expected = ours(kind, rows, 2, 2), theirs(kind, rows, 2, 2)
    found = wrangler(kind, 2, 2).process_record_batch_bytes(stream(records))
    assert [told(kind, one) for one in found] == [told(kind, one) for one in expected]
    assert [told(kind, one) for one in records] == [told(kind, one) for one in expected]
    back = our_wrangler(kind, 2, 2)._inner.process_record_batch_bytes(ENCODERS[kind](expected))
    assert back == records.to_list()


def test_schemas_are_the_same(kind: str, both: tuple[Any, list[Any]]) -> None:
    records, expected = both
    schema = pa.ipc.open_stream(ENCODERS[kind](expected)).schema
    assert schema.equals(records.schema)
    known = {name.decode(): value.decode() for name, value in schema.metadata.items()}
    mine = {name.decode(): value.decode() for name, value in records.schema.metadata.items()}
    # Of bars they name the instrument too; the bar type tells it.
    assert known | mine == known
    assert known.keys() - mine.keys() == ({"instrument_id"} if kind == "bar" else set())
    told_types = PYO3[kind].get_fields()
    assert list(told_types) == list(KINDS[kind].columns)


def test_the_limits_are_theirs() -> None:
    assert (MOST_PRICE, MOST_SIZE) == LIMITS
    assert pyo3.FIXED_PRECISION == SCALE
