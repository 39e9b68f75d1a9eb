"""Validates bars that are still text, with the lines they stand on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Unpack

import numpy as np

from barrow._arrow import BAR
from barrow.bars import Finding, Report, make_records
from barrow.bars.checks import Validator, count_distant_duplicates, step_of
from barrow.csv.inputs import Given, expand
from barrow.csv.many import ManyReader, open_rows
from barrow.csv.options import CsvKeywords, CsvOptions, make_options
from barrow.csv.report import CsvReport

_ROWS = 65_536


def check_csv(path: Given, **options: Unpack[CsvKeywords]) -> tuple[Report, CsvReport]:
    """Validates CSV text in bounded memory; rows that cannot be read are findings.

    Args:
        path: As in `read_csv`.
        **options: As in `read_csv`; `on_error` is always `skip`.

    Returns:
        What was found in the bars and the rows, and the account of the rows.

    Raises:
        What `read_csv` raises about the file as a whole.
    """
    # Without a policy that allows bad rows, there is no number of them to put up with.
    checked = make_options(CsvKeywords(**{**options, "on_error": "skip", "rejects": None}))
    inputs = expand(path)
    reader = open_rows(inputs, checked)
    validator = Validator(step_of(checked.bar_type), kind=reader.kind)
    try:
        columns = reader.new_columns(_ROWS, lines=True)
        while not reader.ended:
            columns, rows = reader.read(columns, 0)
            if rows:
                schema = reader.schema()
                records = make_records([columns.batch(schema, rows)], schema)
                validator.push(records, columns.lines)
        account = reader.report()
        twice = reader.source.can_read_twice
    finally:
        reader.close()
    report = validator.report(inputs.name)
    unordered = any(finding.check == "ts_order" for finding in report.findings)
    if unordered and twice and reader.kind is BAR:
        count_distant_duplicates(report, *_all_stamps(inputs, checked))
    if isinstance(reader, ManyReader):
        report.findings = [_placed(finding, reader) for finding in report.findings]
    for reject in account.rejects:
        name = "negative_volume" if reject.reason == "negative" else reject.reason
        meaning = "the row cannot be read"
        meaning += f': column "{reject.column}"' if reject.column else ""
        finding = Finding(
            name,
            "error",
            reject.count,
            None,
            reject.first_line,
            reject.sample,
            meaning,
            reject.file,
        )
        report.findings.append(finding)
    if reader.header.kind is BAR and "volume" not in reader.header.role_names:
        meaning = "there is no volume column; ingest wants a default volume"
        report.findings.append(Finding("missing_column", "warning", 1, None, None, "", meaning))
    report.sort()
    return report, account


def _placed(finding: Finding, reader: ManyReader) -> Finding:
    """A finding with the text it is in, whose number stands in its line so far."""
    if finding.first_line is None:
        return finding
    file, line = reader.place(finding.first_line)
    return replace(finding, first_line=line, file=file)


def _all_stamps(
    path: Given, options: CsvOptions
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Stamps and lines, 16 bytes per row: only read where bars are out of order."""
    reader = open_rows(path, options)
    stamps, lines = [], []
    try:
        columns = reader.new_columns(_ROWS, lines=True)
        while not reader.ended:
            columns, rows = reader.read(columns, 0)
            stamps.append(columns.stamps[:rows].copy())
            lines.append(columns.lines[:rows].copy())
    finally:
        reader.close()
    return np.concatenate(stamps), np.concatenate(lines)
