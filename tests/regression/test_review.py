"""Faults a review found, each with the smallest text that showed it."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from barrow._arrow import BAR, FIXED8, Meta, record_schema, stored_batch
from barrow.ipc import ArrowFileWriter

HEADER = "timestamp,open,high,low,close,volume\n"
ROW = "2024-01-02 09:30:00,1,2,0.5,1.5,{}\n"


@pytest.fixture
def write(tmp_path: Path):
    def text(content: str, name: str = "bars.csv") -> Path:
        path = tmp_path / name
        path.write_text(content)
        return path

    return text


@pytest.mark.parametrize("layouts", [True, False])
def test_a_volume_of_minus_zero_does_not_teach_a_negative_layout(write, layouts: bool) -> None:
    path = write(HEADER + ROW.format("-0") * 20 + ROW.format("-5") + ROW.format("10") * 20)
    with pytest.raises(bw.BarrowParseError, match=r'line 22 .*"-5" is negative'):
        bw.read_csv(path, layouts=layouts)


def test_a_quote_inside_a_name_of_the_header_takes_no_rows(write) -> None:
    path = write(HEADER.strip() + ',size 5"\n' + ROW.format(7).strip() + ",1\n" + "x\n" * 3)
    report = bw.read_csv(path, on_error="skip").report
    assert (report.rows_in, report.rows_out) == (4, 1)


@pytest.mark.parametrize("layouts", [True, False])
def test_rows_with_their_own_offset_keep_it_after_widening(write, layouts: bool) -> None:
    local, zulu = ROW.format(7), ROW.format(7).replace(",", "Z,", 1)
    path = write(HEADER + local * 60 + zulu.replace("1.5", "1.0123456789") + zulu * 60)
    bars = bw.read_csv(path, timezone="Europe/Berlin", layouts=layouts)
    hours = bars.timestamps().astype("datetime64[h]")
    assert [str(h)[-2:] for h in np.unique(hours[:60])] == ["08"]
    assert [str(h)[-2:] for h in np.unique(hours[60:])] == ["09"]


def test_a_stray_quote_takes_no_other_lines_with_it(write) -> None:
    bad = ROW.format(7).replace(",2,", ',"2,')
    good = ROW.format(7) * 400
    path = write(HEADER + ROW.format(7) * 100 + bad + good + bad + good)
    report = bw.read_csv(path, on_error="skip").report
    assert (report.rows_in, report.rows_out, report.rows_rejected) == (902, 900, 2)
    alone = bw.read_csv(write(HEADER + bad + good), on_error="skip").report
    assert (alone.rows_out, alone.rows_rejected) == (400, 1)


@pytest.mark.parametrize("layouts", [True, False])
def test_a_line_end_inside_quotes_counts_as_a_line(write, layouts: bool) -> None:
    row = ROW.format(7).strip() + ',"1\r2"\n'
    path = write(HEADER.strip() + ",note\n" + row * 20 + "bad\n")
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.read_csv(path, layouts=layouts)
    assert caught.value.place.line == 42


def test_a_line_that_starts_like_a_comment_is_one(tmp_path: Path, write) -> None:
    dialect = tmp_path / "notes.toml"
    dialect.write_text(
        'header = "no"\ncomment = "#"\n[columns]\nts_event = 1\nopen = 2\nhigh = 3\n'
        "low = 4\nclose = 5\nvolume = 6\n"
    )
    row = ROW.format(7)
    path = write(("AB," + row) * 20 + ("#B," + row) * 5 + ("AB," + row) * 20)
    assert len(bw.read_csv(path, dialect=str(dialect))) == 40


def test_mixed_symbols_and_newest_first_are_told(write) -> None:
    text = "symbol," + HEADER
    text += ("AAPL," + ROW.format(7)) * 30 + ("MSFT," + ROW.format(7)) * 30
    notes = bw.read_csv(write(text)).report.notes
    assert notes[0].startswith("several symbols are mixed: AAPL first, another one at line 32;")
    old = ROW.format(7).replace("2024", "2023")
    assert "newest first" in " ".join(bw.read_csv(write(HEADER + ROW.format(7) + old)).report.notes)


def test_a_file_that_came_to_be_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    schema = record_schema(BAR, FIXED8, Meta(None, 0, 0))
    zeros = [np.zeros(8, np.uint8)] * 5 + [np.zeros(1, np.uint64)] * 2
    path = tmp_path / "bars.arrow"
    with ArrowFileWriter(path, schema) as writer:
        writer.write(stored_batch(schema, zeros, 1))
        path.write_text("mine")
        with pytest.raises(bw.BarrowIoError, match="the file exists"):
            writer.commit()
    assert path.read_text() == "mine"
    assert os.listdir(tmp_path) == ["bars.arrow"]


def test_open_takes_a_bar_type_and_refuses_another(write, tmp_path: Path) -> None:
    out = tmp_path / "bars.arrow"
    bw.ingest(write(HEADER + ROW.format(7)), out)
    name = "A.B-1-DAY-LAST-EXTERNAL"
    assert bw.open(out, bar_type=name).bar_type == name
    with pytest.raises(bw.BarrowArgumentError):
        bw.open(out, bar_type="nonsense")
    bw.ingest(write(HEADER + ROW.format(7)), out, bar_type=name, overwrite=True)
    with pytest.raises(bw.BarrowSchemaError, match=r"the bars are A\.B"):
        bw.open(out, bar_type="A.B-1-HOUR-LAST-EXTERNAL")


def test_a_pickled_slice_holds_its_rows_only(write) -> None:
    bars = bw.read_csv(write(HEADER + ROW.format(7) * 5000))
    assert len(pickle.dumps(bars[:2])) < 4000
    assert pickle.loads(pickle.dumps(bars[10:20])) == bars[10:20]


def test_an_interrupt_inside_pyarrow_stays_an_interrupt(tmp_path: Path, monkeypatch) -> None:
    schema = record_schema(BAR, FIXED8, Meta(None, 0, 0))
    zeros = [np.zeros(8, np.uint8)] * 5 + [np.zeros(1, np.uint64)] * 2

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    writer = ArrowFileWriter(tmp_path / "bars.arrow", schema)
    monkeypatch.setattr(pa.ipc, "read_message", interrupted)
    with pytest.raises(KeyboardInterrupt):
        writer.write(stored_batch(schema, zeros, 1))
    writer.abort()
    assert os.listdir(tmp_path) == []
