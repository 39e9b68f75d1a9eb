"""Bar types: what is printed is read back, and what is read is legal or points at a token."""

from __future__ import annotations

import re

import barrow as bw
from barrow import AggregationSource, BarAggregation, BarSpecification, BarType, PriceType
from hypothesis import given
from hypothesis import strategies as st

PERIODS = {"MILLISECOND": 1000, "SECOND": 60, "MINUTE": 60, "HOUR": 24, "MONTH": 12}


@st.composite
def specs(draw: st.DrawFn, price_type: PriceType | None = None) -> BarSpecification:
    unit = draw(st.sampled_from(BarAggregation))
    period = PERIODS.get(unit)
    legal = [n for n in range(1, period) if period % n == 0] if period else None
    step = draw(st.sampled_from(legal) if legal else st.integers(1, 2**64 - 1))
    return BarSpecification(step, unit, price_type or draw(st.sampled_from(PriceType)))


PRINTABLE = st.characters(exclude_categories=("C", "Z"), exclude_characters="@")
SYMBOLS = st.text(PRINTABLE, min_size=1)
VENUES = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="@."), min_size=1
)


@st.composite
def bar_types(draw: st.DrawFn) -> BarType:
    instrument = f"{draw(SYMBOLS)}.{draw(VENUES)}"
    spec = draw(specs())
    sources = st.sampled_from(AggregationSource)
    inner = BarType(instrument, draw(specs(spec.price_type)), draw(sources))
    return BarType(instrument, spec, draw(sources), draw(st.sampled_from([None, inner])))


@given(bar_types())
def test_what_is_printed_is_read_back(bar_type: BarType) -> None:
    assert BarType.parse(str(bar_type)) == bar_type
    assert BarSpecification.parse(str(bar_type.spec)) == bar_type.spec
    assert BarType.parse(str(bar_type.standard())) == bar_type.standard()
    assert BarType.parse(str(bar_type.composite())) == bar_type.composite()
    step = bar_type.spec.step_ns
    if step is not None and step < 2**62:
        duration = bar_type.spec.timedelta
        again = BarSpecification.from_timedelta(duration, bar_type.spec.price_type)
        assert again.step_ns == step


@given(bar_types(), st.data())
def test_a_damaged_text_is_another_bar_type_or_an_error(
    bar_type: BarType, data: st.DataObject
) -> None:
    text = str(bar_type)
    at = data.draw(st.integers(0, len(text)))
    piece = data.draw(st.sampled_from(["", "-", "@", ".", "x", "0", "7", "É", " ", "\n"]))
    damaged = text[:at] + piece + text[at + data.draw(st.integers(0, 3)) :]
    try:
        parsed = BarType.parse(damaged)
    except bw.BarrowArgumentError as error:
        if place := re.search(r"at character (\d+): ", str(error)):
            assert 1 <= int(place[1]) <= len(damaged) + 1
    else:
        assert BarType.parse(str(parsed)) == parsed
