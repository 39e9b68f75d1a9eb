"""What is wrong with a bar64 file, as a report."""

from __future__ import annotations

import os
from dataclasses import replace

from barrow._arrow import BAR
from barrow.bar64.reader import Bar64Reader
from barrow.bar64.writer import cut_tail
from barrow.bars import Finding, Report, settle_identity, validate


def check_bar64(
    path: str | os.PathLike[str], *, bar_type: str | None = None, cut: bool = False
) -> Report:
    """Looks at every checksum, then at what must hold for bars.

    Bars are looked at if no record among them is damaged.

    Args:
        path: The file.
        bar_type: The bar type, where the file does not say it.
        cut: Whether to cut off a torn tail first; it is a warning then.

    Raises:
        BarrowIoError: The file cannot be read, or not be cut.
        BarrowCorruptError: It is no bar64 file, or its header is damaged; or it is to
            be cut, and records are missing that it was created with.
        BarrowSchemaError: The bars are of another bar type.
    """
    name = os.fspath(path)
    gone = cut_tail(path) if cut else 0
    with Bar64Reader(path, torn="leave") as reader:
        found = reader.condition()
        identity = settle_identity(BAR, reader.header.bar_type, name, bar_type, None)
        reader.header = replace(reader.header, bar_type=identity)
        whole = not found.damaged
        report = validate(reader.bars(verify=False)) if whole else Report(name, found.records)
    report.source = name
    if found.first_damaged is not None:
        meaning = "the checksum of the record is wrong"
        report.findings.append(
            Finding("checksum", "error", found.damaged, found.first_damaged, None, "", meaning)
        )
    if found.missing:
        meaning = f"records are gone that were there when the file was created: {found.missing:,}"
        report.findings.append(
            Finding("cut_off", "error", found.missing, found.records, None, "", meaning)
        )
    if found.torn_bytes or gone:
        meaning = f"{found.torn_bytes or gone:,} bytes at the end are no whole record"
        severity = "warning" if gone else "error"
        meaning += ": they were cut off" if gone else ""
        report.findings.append(Finding("torn_tail", severity, 1, None, None, "", meaning))
    report.sort()
    return report
