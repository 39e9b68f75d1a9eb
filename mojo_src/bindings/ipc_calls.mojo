"""Arrow IPC through pyarrow, as functions of the extension module."""

from std.python import PythonObject

from barrow.ipc import IpcFileWriter, open_mapped

from capi import *

comptime _WRITER: StaticString = "barrow.IpcFileWriter"


def ipc_new(args: Args, n: Int) raises PyErr -> Obj:
    """Args: path, schema. Returns a writer."""
    try:
        return new_handle[_WRITER](
            IpcFileWriter(
                PythonObject(from_borrowed=args[]),
                PythonObject(from_borrowed=args[unsafe_offset=1]),
            )
        )
    except e:
        raise _io(e)


def ipc_write(args: Args, n: Int) raises PyErr -> Obj:
    """Args: writer, batch."""
    var handle = handle_of[IpcFileWriter, _WRITER](args[])
    try:
        handle[].value.write(PythonObject(from_borrowed=args[unsafe_offset=1]))
    except e:
        raise _io(e)
    return py_none()


def ipc_close(args: Args, n: Int) raises PyErr -> Obj:
    """Args: writer."""
    var handle = handle_of[IpcFileWriter, _WRITER](args[])
    try:
        handle[].value.close()
    except e:
        raise _io(e)
    return py_none()


def ipc_open(args: Args, n: Int) raises PyErr -> Obj:
    """Args: path. Returns a pyarrow.RecordBatchFileReader over a mapping."""
    try:
        return open_mapped(PythonObject(from_borrowed=args[])).steal_data()
    except e:
        raise PyErr("barrow.errors", "BarrowCorruptError", String(e))


def _io(error: Error) -> PyErr:
    return PyErr("barrow.errors", "BarrowIoError", String(error))
