"""Market-data text to exact columns: finds the columns, feeds the Mojo row parser
chunk by chunk, and keeps an account of every row."""

from barrow.csv.check import check_csv
from barrow.csv.columns import ColumnSet
from barrow.csv.dialect import TEXT_KINDS
from barrow.csv.inputs import is_pattern, matching
from barrow.csv.many import ManyReader, open_rows
from barrow.csv.options import CsvKeywords, CsvOptions, OnError, make_options
from barrow.csv.read import BatchScan, read_csv, scan_csv
from barrow.csv.rejects import REJECTS_HEADER, reject_line
from barrow.csv.report import CsvReport, PartReport, RejectCount
from barrow.csv.rows import RowReader
from barrow.csv.sniff import Verdict, sniff_csv
from barrow.csv.write import CsvWriteKeywords, csv_texts, write_csv

__all__ = [
    "REJECTS_HEADER",
    "TEXT_KINDS",
    "BatchScan",
    "ColumnSet",
    "CsvKeywords",
    "CsvOptions",
    "CsvReport",
    "CsvWriteKeywords",
    "ManyReader",
    "OnError",
    "PartReport",
    "RejectCount",
    "RowReader",
    "Verdict",
    "check_csv",
    "csv_texts",
    "is_pattern",
    "make_options",
    "matching",
    "open_rows",
    "read_csv",
    "reject_line",
    "scan_csv",
    "sniff_csv",
    "write_csv",
]
