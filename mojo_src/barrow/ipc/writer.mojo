"""Writes Arrow IPC files whose batches start at multiples of 64 bytes."""

from std.python import Python, PythonObject

comptime ALIGNMENT = 64
"""Batches of a mapped file start at multiples of a cache line."""
# Metadata of a message is padded to this many bytes by the format.
comptime _STEP = 8
# So many digits tell how many rows a batch has.
comptime _DIGITS = 12
comptime _UNEQUAL = 0


struct IpcFileWriter(Movable):
    """An Arrow IPC file under construction.

    pyarrow aligns to 8 bytes. A batch may carry metadata of its own, and its
    length decides where the batch's values start: every batch gets as many blanks
    there as bring them to the next multiple of 64. Rows per batch should be a
    multiple of 8, so that every column inside the batch is aligned as well.

    The same metadata tells how many rows each batch before it has, where they are
    equally long, so that a reader knows the rows of all batches by the last one.
    """

    var _sink: PythonObject
    var _writer: PythonObject
    var _padding: List[Int]  # see _measure_padding
    var _first: Int  # where the first batch starts
    var _batches: Int
    var _each: Int  # rows of every batch so far, if they are equally long

    def __init__(out self, sink: PythonObject, schema: PythonObject) raises:
        """Creates the file and writes the schema.

        Args:
            sink: A path, where an existing file is replaced, or a Python file that
                stands at its beginning.
            schema: A `pyarrow.Schema`.

        Raises:
            What pyarrow raises if the file cannot be written.
        """
        var pa = Python.import_module("pyarrow")
        self._padding = List[Int]()
        self._batches = 0
        self._each = _UNEQUAL
        # The magic with its padding, then the schema; pyarrow writes neither
        # before the first batch.
        self._first = 8 + Int(py=len(schema.serialize()))
        var builtins = Python.import_module("builtins")
        self._sink = sink
        if builtins.isinstance(sink, builtins.str).__bool__():
            self._sink = pa.OSFile(sink, "wb")
        self._writer = pa.ipc.new_file(self._sink, schema)

    def write(mut self, batch: PythonObject) raises:
        """Appends a batch.

        Args:
            batch: A `pyarrow.RecordBatch` of the writer's schema.

        Raises:
            What pyarrow raises if the batch cannot be written.
        """
        var rows = Int(py=batch.num_rows)
        var before = self._each
        if self._batches > 0 and rows != before:
            self._each = _UNEQUAL
        elif self._batches == 0:
            self._each = rows
        self._batches += 1
        if rows == 0:
            self._writer.write_batch(batch)
            return
        if len(self._padding) == 0:
            var pa = Python.import_module("pyarrow")
            self._padding = _measure_padding(pa, batch.slice(0, 1))
        var position = max(Int(py=self._sink.tell()), self._first)
        var missing = -(position + self._padding[0]) % ALIGNMENT
        self._writer.write_batch(
            batch,
            custom_metadata=_told(before, self._padding[1 + missing // _STEP]),
        )

    def close(mut self) raises:
        """Writes the footer and closes the file.

        Raises:
            What pyarrow raises if the footer cannot be written.
        """
        self._writer.close()
        self._sink.close()


def _told(before: Int, blanks: Int) raises -> PythonObject:
    """The metadata of a batch: as long as its blanks make it, whatever it tells."""
    var metadata = Python.dict()
    metadata["rows_before"] = PythonObject(String(before)).zfill(_DIGITS)
    metadata["padding"] = PythonObject(" ") * PythonObject(blanks)
    return metadata


def _message_length(
    pa: PythonObject, batch: PythonObject, count: Int
) raises -> Int:
    """Bytes before the values of a batch that carries `count` blanks."""
    var sink = pa.BufferOutputStream()
    var writer = pa.ipc.new_stream(sink, batch.schema)
    # The schema goes out together with the first batch.
    writer.write_batch(batch)
    var before = Int(py=sink.tell())
    writer.write_batch(batch, custom_metadata=_told(_UNEQUAL, count))
    var values = pa.ipc.read_message(batch.serialize()).body.size
    return Int(py=sink.tell()) - before - Int(py=values)


def _measure_padding(pa: PythonObject, batch: PythonObject) raises -> List[Int]:
    """Finds how many blanks lengthen a message by 0, 8, .. 56 bytes.

    Returns the shortest length, then the blanks for each. They are the same for
    all batches of one schema that are not empty.
    """
    var shortest = _message_length(pa, batch, 0)
    var blanks = List[Int](length=1 + ALIGNMENT // _STEP, fill=0)
    blanks[0] = shortest
    for count in range(0, 2 * ALIGNMENT, _STEP):
        var more = _message_length(pa, batch, count) - shortest
        if more < ALIGNMENT:
            blanks[1 + more // _STEP] = count
    return blanks^
