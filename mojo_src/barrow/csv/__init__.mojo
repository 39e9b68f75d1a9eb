"""Market-data text to columns of exact integers.

Decoders take bytes and say how many they used; they open no file. `split` finds
the fields of a row, `cells` turns them into values, `rows` drives both over a
chunk and keeps what was refused. Together they are the complete row parser that
decides what every text means.
"""

from .cells import RowValues, decode_row
from .plan import Role, RowPlan
from .rejects import Reject
from .rows import BarSink, Progress, RowDecoder, Stop
from .split import FieldSpans, RowSpan, split_row
