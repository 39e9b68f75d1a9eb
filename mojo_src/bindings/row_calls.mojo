"""Rows: objects of 48 bytes that say which row of what they are.

A list of a million records would otherwise be a million dictionaries' worth of
memory for the garbage collector to walk through: rows are not tracked by it.
Python classes derive from the type with empty `__slots__` and decode values when
they are asked for.
"""

from std.memory.alloc import unsafe_alloc

from capi import *

comptime _SIZE = 32
# Words of a row: the count, the type, then these.
comptime _TYPE = 1
comptime _OWNER = 2
comptime _ROW = 3

# Of CPython's headers: typeslots.h, structmember.h, object.h.
comptime _SLOT_DEALLOC = 52
comptime _SLOT_MEMBERS = 72
comptime _MEMBER_OBJECT = 6
comptime _MEMBER_SIZE = 19
comptime _READ_ONLY = 1
comptime _FLAG_BASE_TYPE = 1 << 10


@always_inline
def _words(o: Obj) -> Pointer[Int, MutUntrackedOrigin]:
    return Pointer[Int, MutUntrackedOrigin](unsafe_from_address=Int(o))


def _free_row(o: Obj) abi("C"):
    var words = _words(o)
    var type = words[unsafe_offset=_TYPE]
    var owner = words[unsafe_offset=_OWNER]
    if owner != 0:
        external_call["Py_DecRef", NoneType](owner)
    # Classes derived in Python always have the collector's header.
    external_call["PyObject_GC_Del", NoneType](Int(o))
    external_call["Py_DecRef", NoneType](type)


def _store(table: Pointer[Int, MutUntrackedOrigin], begin: Int, *words: Int):
    for i in range(len(words)):
        table.unsafe_store(begin + i, words[i])


def row_type(args: Args, n: Int) raises PyErr -> Obj:
    """Makes the type; call it once. Its tables live as long as the process."""
    var members = unsafe_alloc[Int](15)
    _store(
        members,
        0,
        Int(cstr("owner")),
        _MEMBER_OBJECT,
        8 * _OWNER,
        _READ_ONLY,
        0,
    )
    _store(members, 5, Int(cstr("row")), _MEMBER_SIZE, 8 * _ROW, _READ_ONLY, 0)
    _store(members, 10, 0, 0, 0, 0, 0)
    var free: CapsuleDestructor = _free_row
    var slots = unsafe_alloc[Int](6)
    _store(
        slots,
        0,
        _SLOT_DEALLOC,
        Int(fn_addr(free)),
        _SLOT_MEMBERS,
        Int(members),
        0,
        0,
    )
    var spec = unsafe_alloc[Int](4)
    _store(
        spec,
        0,
        Int(cstr("barrow._native.Row")),
        _SIZE,  # no items
        _FLAG_BASE_TYPE,
        Int(slots),
    )
    var type = external_call["PyType_FromSpec", Obj](spec)
    if not type:
        raise PyErr.pending()
    return type


def rows_new(args: Args, n: Int) raises PyErr -> Obj:
    """Args: the row type, a class derived from it, the owner, the first row, how
    many. Returns a list."""
    var base = args[]
    var cls = args[unsafe_offset=1]
    var owner = args[unsafe_offset=2]
    var begin = to_int(args[unsafe_offset=3])
    var count = to_int(args[unsafe_offset=4])
    if (
        count < 0
        or _size_of(base) != _SIZE
        or _size_of(cls) != _SIZE
        or cls == base
        or external_call["PyType_IsSubtype", c_int](cls, base) == 0
    ):
        raise PyErr.argument("expected a class of rows, and how many of them")
    var result = external_call["PyList_New", Obj](count)
    if not result:
        raise PyErr.pending()
    for i in range(count):
        var row = external_call["PyType_GenericAlloc", Obj](cls, 0)
        if not row:
            decref(result)
            raise PyErr.pending()
        # Rows refer to their owner only, which never refers to them.
        external_call["PyObject_GC_UnTrack", NoneType](row)
        external_call["Py_IncRef", NoneType](owner)
        _store(_words(row), _OWNER, Int(owner), begin + i)
        _ = external_call["PyList_SetItem", c_int](result, i, row)
    return result


def _size_of(cls: Obj) raises PyErr -> Int:
    var size = external_call["PyObject_GetAttrString", Obj](
        cls, cstr("__basicsize__")
    )
    if not size:
        raise PyErr.pending()
    var bytes = to_int(size)
    decref(size)
    return bytes
