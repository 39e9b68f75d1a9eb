"""The three traits of records that can be record batches, and back.

The names and what they mean are those of NautilusTrader's Rust traits. `Record` in the
room `model` implements all three for a struct by its fields; a type that needs something
else implements them by itself.
"""

from std.memory import ArcPointer

from barrow.arrow.batch import Batch
from barrow.arrow.fields import Metadata
from barrow.arrow.schema import Schema
from barrow.errors import Fault


trait ArrowSchemaProvider:
    """A type of record that has an Arrow schema."""

    @staticmethod
    def get_schema(metadata: Metadata) raises Fault -> ArcPointer[Schema]:
        """Makes the schema.

        Args:
            metadata: What the schema should carry; not looked at.

        Returns:
            The schema: the columns in their order.

        Raises:
            Fault: If a column could not be described, which is a fault of the type.
        """
        ...

    @staticmethod
    def get_schema_map() raises Fault -> Dict[String, String]:
        """Tells the types of the columns, named as the Rust library names them.

        Returns:
            From the name of a column to its type, such as `FixedSizeBinary(8)`, in the
            order of the schema.

        Raises:
            Fault: As `get_schema`.
        """
        var schema = Self.get_schema(Metadata())
        var result = Dict[String, String]()
        for i in range(schema[].columns()):
            ref field = schema[].fields[schema[].field_index(i)]
            result[field.name] = field.type.name()
        return result^


trait EncodeToRecordBatch(ArrowSchemaProvider, Copyable, Deinitable):
    """A type of record that can be written to record batches."""

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
        ...

    def metadata(self) -> Metadata:
        """Tells the metadata of a batch with this record.

        Returns:
            The metadata.
        """
        ...

    @staticmethod
    def chunk_metadata(chunk: Span[Self, _]) raises Fault -> Metadata:
        """Tells the metadata of a batch of records: that of the first one.

        Args:
            chunk: The records, at least one.

        Returns:
            The metadata.

        Raises:
            Fault: If there are none.
        """
        if len(chunk) == 0:
            raise Fault(
                "ArgumentError",
                (
                    "chunk_metadata: no records, expected at least one\n  try: pass"
                    " metadata of your own to encode_batch"
                ),
            )
        return chunk[0].metadata()


trait DecodeFromRecordBatch(ArrowSchemaProvider, Copyable, Deinitable):
    """A type of record that can be read from record batches."""

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
        ...
