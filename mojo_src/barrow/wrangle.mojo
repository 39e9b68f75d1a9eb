"""Record batches and streams to and from lists of records, for any type of record."""

from std.memory import ArcPointer

from barrow.arrow import (
    Batch,
    DecodeFromRecordBatch,
    EncodeToRecordBatch,
    Metadata,
    OwnedStream,
    Schema,
)
from barrow.errors import Fault


def to_records[
    T: DecodeFromRecordBatch
](batches: List[Batch]) raises Fault -> List[T]:
    """Reads all records of some batches.

    Parameters:
        T: The type of record.

    Args:
        batches: The batches; each has its own metadata.

    Returns:
        The records in their order.

    Raises:
        Fault: As `decode_batch`; a batch after the first is named by its index.
    """
    var result = List[T]()
    for i in range(len(batches)):
        try:
            var metadata = batches[i].schema[].metadata()
            result.extend(T.decode_batch(metadata, batches[i]))
        except fault:
            raise _in_batch(i, fault)
    return result^


def to_batches[
    T: EncodeToRecordBatch
](records: Span[T, _], chunk_size: Int) raises Fault -> List[Batch]:
    """Writes records to batches.

    Parameters:
        T: The type of record.

    Args:
        records: The records, all of one bar type or instrument.
        chunk_size: The most rows of a batch, at least 1.

    Returns:
        The batches; none if there are no records.

    Raises:
        Fault: As `encode_batch`; or if `chunk_size` is less than 1.
    """
    if chunk_size < 1:
        raise Fault(
            "ArgumentError",
            String("chunk_size is ", chunk_size, ", expected 1 or more"),
        )
    var result = List[Batch]()
    if len(records) == 0:
        return result^
    var metadata = T.chunk_metadata(records)
    for begin in range(0, len(records), chunk_size):
        var end = min(begin + chunk_size, len(records))
        try:
            result.append(T.encode_batch(metadata, records[begin:end]))
        except fault:
            raise _in_batch(len(result), fault)
    return result^


struct RecordReader[T: DecodeFromRecordBatch](Movable):
    """Records of a stream one by one, holding one batch of them at a time.

    Parameters:
        T: The type of record.
    """

    var _stream: OwnedStream
    var _schema: ArcPointer[Schema]
    var _metadata: Metadata
    var _records: List[Self.T]
    var _batches: Int

    def __init__(out self, var stream: OwnedStream) raises Fault:
        """Begins to read a stream of the C Stream Interface.

        Args:
            stream: The stream; it is released when this is dropped.

        Raises:
            Fault: If it is no stream, or its schema cannot be read.
        """
        stream.check()
        var schema = ArcPointer(Schema(stream.schema()))
        var metadata = schema[].metadata()
        self._stream = stream^
        self._schema = schema^
        self._metadata = metadata^
        self._records = List[Self.T]()
        self._batches = 0

    def next(mut self) raises Fault -> Optional[Self.T]:
        """Reads one more record.

        Returns:
            The record, or none at the end of the stream.

        Raises:
            Fault: If the producer failed, or as `decode_batch`, naming the batch.
        """
        while len(self._records) == 0:
            var array = self._stream.next()
            if not array:
                return None
            try:
                var batch = Batch(self._schema, array.take())
                self._records = Self.T.decode_batch(self._metadata, batch)
            except fault:
                raise _in_batch(self._batches, fault)
            self._batches += 1
            # The next one is taken from the end, which moves no others.
            self._records.reverse()
        return self._records.pop()


def _in_batch(at: Int, fault: Fault) -> Fault:
    if at == 0:
        return fault.copy()
    return Fault(fault.kind, String("batch ", at, ": ", fault.message))
