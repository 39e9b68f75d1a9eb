"""Arrow IPC files and streams: written by and read through pyarrow, called from Mojo.

Works in programs (`mojo run`) and inside the extension module alike.
"""

from barrow.ipc.reader import (
    give_batch,
    open_mapped,
    open_unmapped,
    read_stream_bytes,
    stream_bytes,
    take_batch,
)
from barrow.ipc.writer import IpcFileWriter
