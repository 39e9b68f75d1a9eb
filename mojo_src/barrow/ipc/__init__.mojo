"""Arrow IPC files: written by and read through pyarrow, called from Mojo.

Works in programs (`mojo run`) and inside the extension module alike.
"""

from .reader import bar_columns, column, open_mapped
from .writer import IpcFileWriter
