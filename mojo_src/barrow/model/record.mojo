"""What makes a struct a record: the three traits, by its fields."""

from std.memory import ArcPointer
from std.reflection import reflect

from barrow.arrow import (
    Batch,
    ColumnValue,
    DecodeFromRecordBatch,
    EncodeToRecordBatch,
    Metadata,
    Repeated,
    Schema,
    SharedMetadata,
    decode_records,
    encode_records,
    record_schema,
)
from barrow.errors import Fault


trait Record(DecodeFromRecordBatch, EncodeToRecordBatch):
    """A struct whose fields are the columns, in their order.

    One field is a `Subject`; the others are a `Price`, `Quantity`, `UnixNanos`,
    `Levels`, a number, a `String` or a type of your own with the trait
    `ColumnValue`. A struct with this trait needs no more than its fields.
    """

    @staticmethod
    def get_schema(metadata: Metadata) raises Fault -> ArcPointer[Schema]:
        """Makes the schema.

        Args:
            metadata: What the schema should carry; not looked at.

        Returns:
            The schema: the columns in the order of the fields.

        Raises:
            Fault: Never.
        """
        return record_schema[Self](metadata)

    @staticmethod
    def encode_batch(
        metadata: Metadata, data: Span[Self, _]
    ) raises Fault -> Batch:
        """Writes records.

        Args:
            metadata: The metadata of the schema, such as `chunk_metadata` tells it.
            data: The records; there may be none.

        Returns:
            A batch of their values, which are copied.

        Raises:
            Fault: If the metadata is missing something or is not that of the records,
                or if a value cannot be stored.
        """
        return encode_records[Self](metadata, data)

    def metadata(self) -> Metadata:
        """Tells the metadata of a batch with this record.

        Returns:
            The metadata.
        """
        var result = Metadata()
        comptime r = reflect[Self]
        comptime for i in range(r.field_count()):
            comptime F = r.field_at[i].T
            comptime if conforms_to(F, SharedMetadata):
                result.update(r.field_ref[i](self).to_metadata())
        return result^

    @staticmethod
    def decode_batch(
        metadata: Metadata, batch: Batch
    ) raises Fault -> List[Self]:
        """Reads records; columns are found by name, more than needed are ignored.

        Args:
            metadata: The metadata of the schema.
            batch: The columns.

        Returns:
            The records, one for each row.

        Raises:
            Fault: If metadata or a column is missing or of another kind, if there are
                nulls, or if a value is none of its column.
        """
        return decode_records[Self](metadata, batch)


def write_record[
    T: AnyType, //, without: StaticString = ""
](record: T, mut writer: Some[Writer]):
    """Writes what a record is of and its values, with commas between them.

    Parameters:
        T: The type of record.
        without: A column to leave out; NautilusTrader leaves `ts_init` out of some.

    Args:
        record: The record.
        writer: Where to write.
    """
    comptime r = reflect[T]
    var precisions = (0, 0)
    comptime for i in range(r.field_count()):
        comptime F = r.field_at[i].T
        ref field = r.field_ref[i](record)
        comptime if r.field_names()[i] != without:
            comptime if i > 0:
                writer.write(",")
            comptime if conforms_to(F, SharedMetadata):
                precisions = field.precisions()
                field.write_to(writer)
            elif conforms_to(F, Repeated):
                for k in range(F.COUNT):
                    writer.write("," if k else "")
                    _write_value(field[k], writer, precisions)
            else:
                _write_value(field, writer, precisions)


def _write_value[
    F: AnyType, //
](value: F, mut writer: Some[Writer], precisions: Tuple[Int, Int]):
    comptime if conforms_to(F, ColumnValue):
        value.write_value(writer, F.decimals(precisions[0], precisions[1]))
    elif conforms_to(F, Writable):
        value.write_to(writer)
