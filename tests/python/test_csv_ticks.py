"""Random quotes and trades against the independent reader, in any chunks and threads."""

from __future__ import annotations

from pathlib import Path

import barrow as bw
import pytest
from random_csv import facts, read_rejects
from random_ticks import TickText, random_ticks
from reference_ticks import assert_same_ticks, read_ticks


def read(folder: Path, made: TickText, **options: object):
    """The records and the rejected rows."""
    path, dialect, rejects = (folder / name for name in ("ticks.csv", "own.toml", "rejects.csv"))
    path.write_bytes(made.text)
    dialect.write_text(made.dialect)
    rejects.unlink(missing_ok=True)
    records = bw.read_csv(
        path,
        dialect=str(dialect),
        symbol=made.plan.symbol,
        default_volume=0,
        on_error="quarantine",
        rejects=rejects,
        **options,
    )
    return records, read_rejects(rejects) if rejects.exists() else []


@pytest.mark.parametrize("seed", range(40))
def test_random_ticks_are_read_as_the_reference_reads_them(tmp_path: Path, seed: int) -> None:
    made = random_ticks(seed, 500)
    expected = read_ticks(made.text, made.plan)
    for layouts in (True, False):
        records, rejected = read(tmp_path, made, layouts=layouts)
        assert_same_ticks(records, expected)
        assert rejected == [
            (row.line, row.offset, reason, column, row.text)
            for row, reason, column in expected.refused
        ]
        report = records.report
        counts = (report.rows_out, report.rows_rejected, report.rows_filtered)
        assert counts == (len(records), len(expected.refused), expected.filtered)
        assert report.rows_in == sum(counts)
        assert report.record == made.plan.kind


@pytest.mark.usefixtures("tiny_windows")
@pytest.mark.parametrize("chunk_bytes", [1, 3, 64, 4096, 1 << 24])
@pytest.mark.parametrize("seed", range(100, 106))
def test_any_chunk_and_any_number_of_threads_give_the_same(
    tmp_path: Path, seed: int, chunk_bytes: int
) -> None:
    made = random_ticks(seed, 250)
    expected = read_ticks(made.text, made.plan)
    whole, rejected = read(tmp_path, made, threads=1)
    assert_same_ticks(whole, expected)
    for threads in (1, 2, 3, 4):
        records, found = read(tmp_path, made, chunk_bytes=chunk_bytes, threads=threads)
        assert records == whole
        assert facts(records.report) == facts(whole.report)
        assert found == rejected


@pytest.mark.usefixtures("tiny_windows")
def test_threads_are_really_used_in_these_tests(tmp_path: Path, monkeypatch) -> None:
    begun = []

    class Watched(bw.csv.rows.RangeReader):
        def read(self, columns, row):
            begun.append(row)
            return super().read(columns, row)

    monkeypatch.setattr("barrow.csv.rows.RangeReader", Watched)
    read(tmp_path, random_ticks(100, 250), chunk_bytes=64, threads=2)
    assert begun


@pytest.mark.usefixtures("tiny_windows")
@pytest.mark.parametrize("seed", range(200, 204))
@pytest.mark.parametrize("batch_rows", [1, 7, 64])
def test_batches_hold_what_one_reading_does(tmp_path: Path, seed: int, batch_rows: int) -> None:
    made = random_ticks(seed, 200)
    whole, _ = read(tmp_path, made)
    scan = bw.scan_csv(
        tmp_path / "ticks.csv",
        dialect=str(tmp_path / "own.toml"),
        symbol=made.plan.symbol,
        default_volume=0,
        on_error="skip",
        batch_rows=batch_rows,
        chunk_bytes=300,
        threads=3,
    )
    parts = list(scan)
    assert [record for part in parts for record in part] == list(whole)
    assert facts(scan.report) == facts(whole.report)
