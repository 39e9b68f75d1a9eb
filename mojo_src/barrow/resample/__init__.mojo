"""Bars of longer timeframes, folded from bars or ticks in one pass over them.

`Cascade` holds one `Level` per timeframe. A level reads the rows that come in, or the
bars of a finer level where its boundaries are among those of the finer one; Python
decides which, and where boundaries lie that no length in nanoseconds describes.
`Sampler` makes information bars of one threshold: their ends are where enough was
traded, not where time has passed.
"""

from barrow.resample.bar import OpenBar
from barrow.resample.bucket import Bucket, Buckets, LAST_STAMP
from barrow.resample.cascade import BarState, Cascade, Trouble
from barrow.resample.level import Level
from barrow.resample.midpoint import midpoints
from barrow.resample.order import first_out_of_order
from barrow.resample.records import PIECE, SCRATCH, Folded, fold_records
from barrow.resample.rows import Rows, Sink
from barrow.resample.sampler import Sampler
from barrow.resample.threshold import Amount, Threshold
from barrow.resample.whole import first_unsound
