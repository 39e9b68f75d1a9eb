from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from fractions import Fraction

import barrow as bw
import numpy as np
import pytest
from barrow import Bar, Price, Quantity
from barrow._lib import native


@pytest.mark.parametrize(
    ("text", "raw", "precision", "scale"),
    [
        ("1.08421", 1_084_210_000, 5, 9),
        ("-0.000000001", -1, 9, 9),
        ("9223372036", 9_223_372_036 * 10**9, 0, 9),
        ("9223372037", 9_223_372_037 * 10**16, 0, 16),
        ("0.0000000001", 10**6, 10, 16),
        ("1.50", 1_500_000_000, 2, 9),
        ("100.50", int.from_bytes(bytes.fromhex("004d446617000000"), "little"), 2, 9),
        ("12e-3", 12_000_000, 3, 9),
        ("17014118346046", 17_014_118_346_046 * 10**16, 0, 16),
    ],
)
def test_price_is_parsed_exactly(text: str, raw: int, precision: int, scale: int) -> None:
    price = Price.parse(text)
    assert (price.raw, price.precision, price.scale) == (raw, precision, scale)
    assert price.as_decimal() == Decimal(text)


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (Price, "1.08421x", 'value: "1.08421x" is not a decimal number'),
        (Price, "", "value: the cell is empty, expected a value"),
        (Price, "nan", 'value: "nan" is not a finite number'),
        (
            Price,
            "17014118346047",
            'value: "17014118346047" is beyond the largest value of fixed16, 17_014_118_346_046',
        ),
        (Price, "0.00000000000000001", 'value: "0.00000000000000001" has more than 16 decimals'),
        (Quantity, "-1", 'value: "-1" is negative, expected zero or more'),
    ],
)
def test_bad_text_is_a_parse_error(kind: type, text: str, message: str) -> None:
    with pytest.raises(bw.BarrowParseError) as caught:
        kind.parse(text)
    assert str(caught.value) == message


def test_a_named_encoding_is_kept_to() -> None:
    assert Price.parse("1.5", encoding="fixed16").scale == 16
    with pytest.raises(bw.BarrowParseError, match="has more than 9 decimals"):
        Price.parse("0.0000000001", encoding="fixed8")


def test_an_unknown_encoding_is_an_argument_error() -> None:
    with pytest.raises(bw.BarrowArgumentError):
        Price.parse("1.5", encoding="fixed9")


def test_text_shows_at_least_the_precision() -> None:
    assert str(Price(1_500_000_000, 2, 9)) == "1.50"
    assert str(Price(1_500_000_000, 0, 9)) == "1.5"
    assert str(Price(-1, 2, 9)) == "-0.000000001"
    assert str(Price(0, 3, 16)) == "0.000"
    assert repr(Quantity(312 * 10**9, 0, 9)) == "Quantity(312)"


@pytest.mark.parametrize("text", ["0.1", "1.08421", "-3.3", "123456789.123456789", "1e-16", "0"])
@pytest.mark.parametrize("encoding", ["auto", "fixed16"])
def test_float_is_the_nearest_double(text: str, encoding: str) -> None:
    assert float(Price.parse(text, encoding=encoding)) == float(Fraction(text))


def test_values_compare_across_scales_and_kinds_of_numbers() -> None:
    narrow, wide = Price.parse("1.5"), Price.parse("1.5", encoding="fixed16")
    assert narrow == wide == Decimal("1.5") == narrow
    assert narrow == 1.5
    assert narrow != 1.6
    assert Price.parse("0.1") != 0.1
    assert Price.parse("2") == 2 == Quantity.parse("2")
    assert narrow < Price.parse("1.6", encoding="fixed16")
    assert Price.parse("-1") < 0 <= Price.parse("0")
    assert sorted([wide, Price.parse("1"), Price.parse("-2")])[0] == -2
    assert narrow != "1.5"


def test_comparing_with_text_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        _ = Price.parse("1") < "2"


def test_equal_values_hash_alike() -> None:
    same = [Price.parse("1.5"), Price.parse("1.50", encoding="fixed16"), Decimal("1.5"), 1.5]
    assert len({hash(value) for value in same}) == 1
    assert len({Price.parse("2"), 2, Decimal(2)}) == 1


@pytest.mark.parametrize("value", [Price.parse("-1.25"), Quantity.parse("1e-16")])
def test_values_survive_pickle_and_copy(value: Price) -> None:
    for twin in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert type(twin) is type(value)
        assert (twin.raw, twin.precision, twin.scale) == (value.raw, value.precision, value.scale)


@pytest.fixture
def bar(tmp_path) -> Bar:
    path = tmp_path / "one.csv"
    path.write_text(
        "timestamp,open,high,low,close,volume\n2024-01-02T09:30:00.25Z,1.10,1.2,1.0,1.15,312\n"
    )
    return bw.read_csv(path, bar_type="EUR/USD.SIM-1-MINUTE-BID-EXTERNAL")[0]


def test_a_bar_shows_its_values(bar: Bar) -> None:
    assert repr(bar) == (
        "Bar(2024-01-02T09:30:00.250Z open=1.10 high=1.20 low=1.00 close=1.15 volume=312)"
    )
    assert str(bar) == (
        "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL,1.10,1.20,1.00,1.15,312,1704187800250000000"
    )
    assert (bar.open.raw, bar.volume.raw) == (1_100_000_000, 312_000_000_000)
    assert isinstance(bar.volume, Quantity)
    assert isinstance(bar.open, Price)
    assert bar.bar_type == "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"


def test_a_bar_survives_pickle_and_equals_itself_only(bar: Bar) -> None:
    twin = pickle.loads(pickle.dumps(bar))
    assert twin == bar
    assert hash(twin) == hash(bar)
    assert twin.open == bar.open
    assert bar != (1, 2)


def test_values_have_no_room_for_attributes(bar: Bar) -> None:
    for value in (bar, bar.open, bar.volume):
        with pytest.raises(AttributeError):
            value.anything = 1


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("beside", [0, 10**9, 2**60], ids=["small", "ones", "large"])
def test_what_is_no_number_is_nan_as_a_double(signed: bool, wide: bool, beside: int) -> None:
    bits = 128 if wide else 64
    largest = 2 ** (bits - signed) - 1
    marks = {0, 3, 8, 20} | ({5, 17} if signed else set())
    rows = []
    for i in range(21):  # vectors of eight, and what is left
        raw = beside if i not in marks else -(2 ** (bits - 1)) if i in (5, 17) else largest
        rows.append(raw.to_bytes(bits // 8, "little", signed=signed))
    found = np.empty(21)
    native.column_to_float64(np.frombuffer(b"".join(rows), np.uint8), wide, signed, found)
    assert set(np.flatnonzero(np.isnan(found))) == marks
    assert set(found[~np.isnan(found)]) == {beside / 10 ** (16 if wide else 9)}
    near = np.frombuffer((largest - 1).to_bytes(bits // 8, "little", signed=signed) * 9, np.uint8)
    native.column_to_float64(near, wide, signed, found[:9])
    assert not np.isnan(found[:9]).any()
