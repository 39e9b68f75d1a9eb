"""Arrow IPC files and streams: written by and read through pyarrow, called from Mojo.

Works in programs (`mojo run`) and inside the extension module alike.
"""

from barrow.ipc.reader import (
    give_batch,
    map_file,
    open_file,
    open_mapped,
    read_stream_bytes,
    stream_bytes,
    take_batch,
)
from barrow.ipc.select import column_total, concatenate, rows_between
from barrow.ipc.stream import IpcStreamReader, IpcStreamWriter
from barrow.ipc.writer import IpcFileWriter
