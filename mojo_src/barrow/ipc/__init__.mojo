"""Arrow IPC files: written by and read through pyarrow, called from Mojo.

Works in programs (`mojo run`) and inside the extension module alike.
"""

from barrow.ipc.reader import bar_columns, column, open_mapped, open_unmapped
from barrow.ipc.writer import IpcFileWriter
