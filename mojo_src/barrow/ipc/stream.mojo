"""Arrow IPC streams: written batch by batch, read batch by batch."""

from std.python import Python, PythonObject

from barrow.arrow import Batch
from barrow.ipc.reader import give_batch, take_batch


struct IpcStreamWriter(Movable):
    """An Arrow IPC stream under construction.

    Until `close` has written the mark of its end, readers cannot tell the stream from
    one that was cut off.
    """

    var _writer: PythonObject

    def __init__(out self, sink: PythonObject, schema: PythonObject) raises:
        """Begins a stream.

        Args:
            sink: A path, or what pyarrow takes as a place to write: a
                `pyarrow.NativeFile` or a Python file.
            schema: A `pyarrow.Schema`.

        Raises:
            What pyarrow raises if it cannot be written.
        """
        self._writer = Python.import_module("pyarrow").ipc.new_stream(
            sink, schema
        )

    def write(mut self, batch: PythonObject) raises:
        """Appends a batch.

        Args:
            batch: A `pyarrow.RecordBatch` of the writer's schema.

        Raises:
            What pyarrow raises if the batch cannot be written.
        """
        self._writer.write_batch(batch)

    def close(mut self) raises:
        """Writes the mark of the end; the sink stays open if it was given open.

        Raises:
            What pyarrow raises if it cannot be written.
        """
        self._writer.close()


struct IpcStreamReader(Movable):
    """The batches of an Arrow IPC stream, one after the other.

    Batches of a stream in memory, or of a mapped file, borrow from it and keep it
    alive; of any other source they are read when they are asked for.
    """

    var schema: PythonObject
    """The `pyarrow.Schema` with its metadata."""
    var _reader: PythonObject

    def __init__(out self, source: PythonObject) raises:
        """Reads the schema.

        Args:
            source: A `pyarrow.Buffer`, bytes, or what pyarrow can read from.

        Raises:
            What pyarrow raises if this is no stream.
        """
        self._reader = Python.import_module("pyarrow").ipc.open_stream(source)
        self.schema = self._reader.schema

    def next(mut self) raises -> Optional[PythonObject]:
        """Reads on.

        Returns:
            A `pyarrow.RecordBatch`, or nothing at the end. pyarrow takes the end of
            the bytes for one, too.

        Raises:
            What pyarrow raises if the stream is damaged or cut off inside a batch.
        """
        var builtins = Python.import_module("builtins")
        var batch = builtins.next(self._reader, Python.none())
        if batch is Python.none():
            return None
        return batch^


def read_stream_bytes(data: PythonObject) raises -> List[Batch]:
    """Reads all batches of an Arrow IPC stream, without copying uncompressed ones.

    Args:
        data: The stream: `bytes`, or anything else with a buffer.

    Returns:
        The batches.

    Raises:
        What pyarrow raises if this is no Arrow IPC stream, or one that ends within a
        batch.
    """
    var buffer = Python.import_module("pyarrow").py_buffer(data)
    var reader = IpcStreamReader(buffer)
    var result = List[Batch]()
    while True:
        var batch = reader.next()
        if not batch:
            return result^
        result.append(take_batch(batch.value()))


def stream_bytes(batches: List[Batch]) raises -> PythonObject:
    """Writes an Arrow IPC stream.

    Args:
        batches: The batches, at least one, all of one schema.

    Returns:
        Python `bytes`.

    Raises:
        What pyarrow raises if the batches differ in schema; also if there are none.
    """
    if len(batches) == 0:
        raise Error(
            "ArgumentError: stream_bytes: no batches, expected one or more"
        )
    var sink = Python.import_module("pyarrow").BufferOutputStream()
    var writer = IpcStreamWriter(sink, give_batch(batches[0]).schema)
    for ref batch in batches:
        writer.write(give_batch(batch))
    writer.close()
    return sink.getvalue().to_pybytes()
