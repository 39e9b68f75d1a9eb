"""Lends what was taken over, or made here, to others without copying.

Every struct that goes out holds a share of its owner, children too: a consumer may
move a child out and release the parent. The owner is released when the last share is.
"""

from std.ffi import c_int
from std.memory import ArcPointer
from std.memory.alloc import unsafe_alloc

from barrow.arrow.batch import Batch
from barrow.arrow.c_data import (
    AnyPtr,
    ArrayPtr,
    ArrayRelease,
    ArrowArray,
    ArrowArrayStream,
    ArrowSchema,
    GetNext,
    GetSchema,
    LastError,
    OwnedArray,
    SchemaPtr,
    SchemaRelease,
    StreamPtr,
    StreamRelease,
    WordPtr,
    address_of,
    release_array,
    release_schema,
    word_at,
)
from barrow.arrow.schema import Schema


def lend_schema(schema: ArcPointer[Schema], target: SchemaPtr):
    """Fills in a schema for a consumer.

    Args:
        schema: What to lend.
        target: A struct of the consumer, written over.
    """
    _lend_schema(schema, schema[].owner.at, target)


def lend_array(batch: Batch, target: ArrayPtr):
    """Fills in an array for a consumer.

    A batch that leaves out rows of its columns goes out with columns that have been
    cut to its rows: not every consumer looks at the struct around them.

    Args:
        batch: What to lend.
        target: A struct of the consumer, written over.
    """
    _lend_array(batch.owner, batch.owner[].at, target)
    if not batch.schema[].is_batch() or not _no_row_is_null(target):
        return
    var skipped = target[].offset
    var share = _Share(unsafe_from_address=target[].private_data)
    target[].offset = 0
    target[].null_count = 0
    target[].buffers = Int(Pointer(to=share[].no_validity))
    for i in range(Int(target[].n_children)):
        var child = ArrayPtr(unsafe_from_address=word_at(target[].children, i))
        if skipped != 0 or child[].length != target[].length:
            child[].offset += skipped
            child[].length = target[].length
            if child[].null_count > 0:
                child[].null_count = -1


def _no_row_is_null(array: ArrayPtr) -> Bool:
    return array[].null_count == 0 or word_at(array[].buffers, 0) == 0


def lend_stream(
    schema: ArcPointer[Schema], var batches: List[Batch], target: StreamPtr
):
    """Fills in a stream for a consumer.

    Args:
        schema: The schema of all batches.
        batches: What to lend, in its order.
        target: A struct of the consumer, written over.
    """
    var state = unsafe_alloc[_StreamState](1)
    state.unsafe_write(_StreamState(schema, batches^))
    var get_schema: GetSchema = _stream_schema
    var get_next: GetNext = _stream_next
    var get_last_error: LastError = _stream_error
    var release: StreamRelease = _release_lent_stream
    target.unsafe_write(
        ArrowArrayStream(
            address_of(get_schema),
            address_of(get_next),
            address_of(get_last_error),
            address_of(release),
            Int(state),
        )
    )


comptime _SchemaShare = Pointer[ArcPointer[Schema], MutUntrackedOrigin]


struct _ArrayShare(Movable):
    """What keeps an array's owner, behind `private_data`."""

    var no_validity: Int
    var owner: ArcPointer[OwnedArray]

    def __init__(out self, owner: ArcPointer[OwnedArray]):
        self.no_validity = 0
        self.owner = owner


comptime _Share = Pointer[_ArrayShare, MutUntrackedOrigin]


def _lend_schema(
    owner: ArcPointer[Schema], source: SchemaPtr, target: SchemaPtr
):
    var children = Int(source[].n_children)
    var list = 0
    if children > 0:
        var words = unsafe_alloc[Int](children)
        for i in range(children):
            var child = unsafe_alloc[ArrowSchema](1)
            _lend_schema(
                owner,
                SchemaPtr(unsafe_from_address=word_at(source[].children, i)),
                child,
            )
            words.unsafe_store(i, Int(child))
        list = Int(words)
    var share = unsafe_alloc[ArcPointer[Schema]](1)
    share.unsafe_write(owner)
    var release: SchemaRelease = _release_lent_schema
    var lent = source[]
    lent.children = list
    lent.release = address_of(release)
    lent.private_data = Int(share)
    target.unsafe_write(lent)


def _release_lent_schema(at: SchemaPtr) abi("C"):
    for i in range(Int(at[].n_children)):
        var child = SchemaPtr(unsafe_from_address=word_at(at[].children, i))
        release_schema(child)
        child.unsafe_free()
    if at[].n_children > 0:
        WordPtr(unsafe_from_address=at[].children).unsafe_free()
    var share = _SchemaShare(unsafe_from_address=at[].private_data)
    at[].release = 0
    share.unsafe_deinit_pointee()
    share.unsafe_free()


def _lend_array(
    owner: ArcPointer[OwnedArray], source: ArrayPtr, target: ArrayPtr
):
    var children = Int(source[].n_children)
    var list = 0
    if children > 0:
        var words = unsafe_alloc[Int](children)
        for i in range(children):
            var child = unsafe_alloc[ArrowArray](1)
            _lend_array(
                owner,
                ArrayPtr(unsafe_from_address=word_at(source[].children, i)),
                child,
            )
            words.unsafe_store(i, Int(child))
        list = Int(words)
    var share = unsafe_alloc[_ArrayShare](1)
    share.unsafe_write(_ArrayShare(owner))
    var release: ArrayRelease = _release_lent_array
    var lent = source[]
    lent.children = list
    lent.release = address_of(release)
    lent.private_data = Int(share)
    target.unsafe_write(lent)


def _release_lent_array(at: ArrayPtr) abi("C"):
    for i in range(Int(at[].n_children)):
        var child = ArrayPtr(unsafe_from_address=word_at(at[].children, i))
        release_array(child)
        child.unsafe_free()
    if at[].n_children > 0:
        WordPtr(unsafe_from_address=at[].children).unsafe_free()
    var share = _Share(unsafe_from_address=at[].private_data)
    at[].release = 0
    share.unsafe_deinit_pointee()
    share.unsafe_free()


struct _StreamState(Movable):
    var schema: ArcPointer[Schema]
    var batches: List[Batch]
    var next: Int

    def __init__(
        out self, schema: ArcPointer[Schema], var batches: List[Batch]
    ):
        self.schema = schema
        self.batches = batches^
        self.next = 0


comptime _StatePtr = Pointer[_StreamState, MutUntrackedOrigin]


def _stream_schema(stream: StreamPtr, target: SchemaPtr) abi("C") -> c_int:
    var state = _StatePtr(unsafe_from_address=stream[].private_data)
    lend_schema(state[].schema, target)
    return 0


def _stream_next(stream: StreamPtr, target: ArrayPtr) abi("C") -> c_int:
    var state = _StatePtr(unsafe_from_address=stream[].private_data)
    if state[].next == len(state[].batches):
        target.unsafe_write(ArrowArray())
        return 0
    lend_array(state[].batches[state[].next], target)
    state[].next += 1
    return 0


def _stream_error(stream: StreamPtr) abi("C") -> Optional[AnyPtr]:
    return None


def _release_lent_stream(stream: StreamPtr) abi("C"):
    var state = _StatePtr(unsafe_from_address=stream[].private_data)
    stream[].release = 0
    state.unsafe_deinit_pointee()
    state.unsafe_free()
