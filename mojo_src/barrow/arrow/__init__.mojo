"""Columns in Arrow's layout, the C interfaces, and kernels that read columns."""

from barrow.arrow.batch import Batch, Column, read_stream, require_struct
from barrow.arrow.c_data import (
    ArrayPtr,
    ArrowArray,
    ArrowArrayStream,
    ArrowSchema,
    OwnedArray,
    OwnedSchema,
    OwnedStream,
    SchemaPtr,
    StreamPtr,
    release_array,
    release_schema,
    release_stream,
)
from barrow.arrow.decode import narrow, to_float64, total, widen
from barrow.arrow.export import lend_array, lend_schema, lend_stream
from barrow.arrow.fields import (
    PLAIN_DTYPES,
    ColumnValue,
    Metadata,
    Repeated,
    SharedMetadata,
    Stored,
)
from barrow.arrow.from_float import from_floats
from barrow.arrow.from_values import from_decimals, from_texts, from_times
from barrow.arrow.lists import ListValues, list_values
from barrow.arrow.outcome import Outcome
from barrow.arrow.produce import BatchMaker, empty_batch
from barrow.arrow.records import (
    Slot,
    decode_records,
    encode_records,
    metadata_keys,
    record_schema,
    slots_of,
)
from barrow.arrow.schema import Field, Schema
from barrow.arrow.stored import first_unfit
from barrow.arrow.traits import (
    ArrowSchemaProvider,
    DecodeFromRecordBatch,
    EncodeToRecordBatch,
)
from barrow.arrow.types import ColumnType, Layout, parse_format
