"""Arrow IPC through pyarrow, as functions of the extension module."""

from std.python import Python, PythonObject

from barrow.ipc import IpcFileWriter, map_file, open_file

from capi import *

comptime _WRITER: StaticString = "barrow.IpcFileWriter"


def ipc_new(args: Args, n: Int) raises PyErr -> Obj:
    """Args: a path or a Python file, schema. Returns a writer."""
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
    """Args: path, mapped. Returns a pyarrow.RecordBatchFileReader and what it reads
    from: a pyarrow.MemoryMappedFile, or a pyarrow.OSFile that nothing is mapped of."""
    var mapped = to_bool(args[unsafe_offset=1])
    try:
        var path = PythonObject(from_borrowed=args[])
        var source: PythonObject
        if mapped:
            source = map_file(path)
        else:
            source = Python.import_module("pyarrow").OSFile(path, "rb")
        var reader = open_file(source)
        return Python.tuple(reader, source).steal_data()
    except e:
        raise PyErr("barrow.errors", "BarrowCorruptError", String(e))


def _io(error: Error) -> PyErr:
    return PyErr("barrow.errors", "BarrowIoError", String(error))
