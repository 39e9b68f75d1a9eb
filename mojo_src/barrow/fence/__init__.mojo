"""Memory that other code owns, seen through checked views.

Every raw pointer of the project lives here or in `arrow`. A view borrows: whoever
makes one keeps the owner alive and in place until the view is last used.
"""

from barrow.fence.bits import BitView
from barrow.fence.bytes import ByteView
from barrow.fence.column import ColumnView, MutColumnView
from barrow.fence.pool import Pool
from barrow.fence.scratch import Scratch
from barrow.fence.series import NumberType, SeriesView
from barrow.fence.text import TextColumnView
