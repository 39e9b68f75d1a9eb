"""Market-data text to columns of exact integers.

Decoders take bytes and say how many they used; they open no file. `split` finds
the fields of a row, `cells` turns them into values, `rows` drives both over a
chunk and keeps what was refused. Together they are the complete row parser that
decides what every text means. `write` goes the other way, by `quick`, `digits` and `clock`.
"""

from barrow.csv.cells import RowValues, decode_row
from barrow.csv.clock import Clock, TimeForm, fraction_digits
from barrow.csv.digits import DecimalForm, Division, sixteen_digits
from barrow.csv.lines import LineCount, count_lines
from barrow.csv.plan import Role, RowPlan, SideToken
from barrow.csv.rejects import Reject
from barrow.csv.rows import Progress, RowDecoder, Stop, Tally
from barrow.csv.sink import IdColumn, RecordSink
from barrow.csv.split import FieldSpans, RowSpan, split_row
from barrow.csv.write import CellColumn, CellKind, Written, write_rows
