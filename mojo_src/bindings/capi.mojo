"""A thin layer over CPython's C interface, for the extension module only.

`external_call["Py..."]` leaves a symbol for the hosting interpreter to resolve,
so nothing here works in a program started by `mojo run`.
"""

from std.ffi import c_int, external_call
from std.memory.alloc import unsafe_alloc
from std.python import Python
from std.python._cpython import PyObjectPtr

comptime Obj = PyObjectPtr  # nullable; nothing is counted for you
comptime Args = Pointer[PyObjectPtr, MutUntrackedOrigin]
comptime Raw = Pointer[NoneType, MutUntrackedOrigin]
comptime OptRaw = Optional[Raw]


@always_inline
def cstr(s: StaticString) -> Pointer[UInt8, ImmStaticOrigin]:
    """Literals end with a zero byte; a `String` does not."""
    return s.unsafe_ptr()


# ------------------------------------------------------------------ exceptions
@fieldwise_init
struct PyErr(Copyable):
    """A typed error that knows which Python exception to become."""

    var module: StaticString
    var cls: StaticString
    var message: String

    @staticmethod
    def type(var message: String) -> Self:
        return Self("builtins", "TypeError", message^)

    @staticmethod
    def argument(var message: String) -> Self:
        return Self("barrow.errors", "BarrowArgumentError", message^)

    @staticmethod
    def pending() -> Self:
        """The interpreter already holds an exception: unwind."""
        return Self("", "", "")

    def set(self) -> Obj:
        """Hands the error to the interpreter; returns NULL."""
        if self.module == "":
            return Obj()
        var module = external_call["PyImport_ImportModule", Obj](
            cstr(self.module)
        )
        if module:
            var cls = external_call["PyObject_GetAttrString", Obj](
                module, cstr(self.cls)
            )
            if cls:
                var text = py_str(self.message)
                external_call["PyErr_SetObject", NoneType](cls, text)
                decref(text)
                decref(cls)
            decref(module)
        return Obj()


@always_inline
def has_error() -> Bool:
    return Bool(external_call["PyErr_Occurred", Obj]())


# ------------------------------------------------------------------ references
@always_inline
def decref(o: Obj):
    external_call["Py_DecRef", NoneType](o)


# ------------------------------------------------------------------ conversions
@always_inline
def to_int(o: Obj) raises PyErr -> Int:
    var value = external_call["PyLong_AsLongLong", Int64](o)
    if value == -1 and has_error():
        raise PyErr.pending()
    return Int(value)


@always_inline
def to_bool(o: Obj) raises PyErr -> Bool:
    return to_int(o) != 0


def to_string(o: Obj) raises PyErr -> String:
    var length: Int = 0
    var text = external_call[
        "PyUnicode_AsUTF8AndSize", Optional[Pointer[UInt8, ImmUntrackedOrigin]]
    ](o, Pointer(to=length))
    if not text:
        raise PyErr.pending()
    return String(
        StringSpan(
            unsafe_from_utf8=Span(unsafe_ptr=text.value(), length=length)
        )
    )


@always_inline
def item(sequence: Obj, at: Int) raises PyErr -> Obj:
    """A borrowed item of a tuple."""
    var value = external_call["PyTuple_GetItem", Obj](sequence, at)
    if not value:
        raise PyErr.pending()
    return value


@always_inline
def py_int(value: Int) -> Obj:
    return external_call["PyLong_FromLongLong", Obj](Int64(value))


def py_wide(value: Int128) -> Obj:
    """Any size of integer, through its decimal text."""
    var text = String(value)
    return external_call["PyLong_FromString", Obj](
        text.as_c_string_span().ptr(), OptRaw(None), c_int(10)
    )


def py_str(s: StringSpan) -> Obj:
    return external_call["PyUnicode_FromStringAndSize", Obj](
        s.unsafe_ptr(), s.byte_length()
    )


def py_none() -> Obj:
    ref c = Python().cpython()
    return c.Py_NewRef(c.Py_None())


def is_none(o: Obj) -> Bool:
    ref c = Python().cpython()
    return o == c.Py_None()


def py_ints(*values: Int) -> Obj:
    """A tuple of integers."""
    var result = external_call["PyTuple_New", Obj](len(values))
    for i in range(len(values)):
        put(result, i, py_int(values[i]))
    return result


@always_inline
def put(result: Obj, at: Int, value: Obj):
    """Puts an item into a new tuple; steals it."""
    _ = external_call["PyTuple_SetItem", c_int](result, at, value)


# ------------------------------------------------------------------ functions
comptime Impl = def(Args, Int) thin raises PyErr -> Obj
comptime FastFn = def(Obj, Args, Int) thin abi("C") -> Obj


def fast[impl: Impl, arity: Int](slf: Obj, args: Args, n: Int) abi("C") -> Obj:
    """Turns a Mojo function with typed errors into a METH_FASTCALL function."""
    try:
        if n != arity:
            raise PyErr.type(String("takes ", arity, " arguments, got ", n))
        return impl(args, n)
    except e:
        return e.set()


@always_inline
def fn_addr[F: TrivialRegisterPassable, //](f: F) -> Raw:
    """The address of a thin C function held in a variable of its type."""
    var g = f
    return Pointer(to=g).unsafe_bitcast[Raw]()[]


struct ModuleTable:
    """PyMethodDef[] and PyModuleDef; they live as long as the process.

    Built by hand because `PythonModuleBuilder.finalize` starts one worker thread
    per CPU at import.
    """

    comptime CAPACITY = 256

    var _methods: Pointer[Int, MutUntrackedOrigin]
    var _count: Int

    def __init__(out self):
        comptime words = 4 * (Self.CAPACITY + 1)
        self._methods = unsafe_alloc[Int](words)
        for i in range(words):
            self._methods.unsafe_store(i, 0)
        self._count = 0

    def add[
        impl: Impl, arity: Int
    ](mut self, name: StaticString, doc: StaticString):
        comptime assert arity >= 0
        debug_assert(self._count < Self.CAPACITY, "the table is full")
        var f: FastFn = fast[impl, arity]
        var row = self._methods.unsafe_offset(4 * self._count)
        row.unsafe_store(0, Int(cstr(name)))
        row.unsafe_store(1, Int(fn_addr(f)))
        row.unsafe_store(2, 0x80)  # METH_FASTCALL
        row.unsafe_store(3, Int(cstr(doc)))
        self._count += 1

    def create(self, name: StaticString) -> Obj:
        var definition = unsafe_alloc[Int](13)
        for i in range(13):
            definition.unsafe_store(i, 0)
        definition.unsafe_store(0, 1)  # ob_refcnt
        definition.unsafe_store(5, Int(cstr(name)))  # m_name
        definition.unsafe_store(7, -1)  # m_size: no state per interpreter
        definition.unsafe_store(8, Int(self._methods))  # m_methods
        return external_call["PyModule_Create2", Obj](definition, c_int(1013))


# ------------------------------------------------------------------ buffers
struct PyBuffer(Movable):
    """A contiguous view of an object's memory; drop it with the GIL held."""

    var _view: Pointer[UInt64, MutUntrackedOrigin]  # struct Py_buffer, 80 bytes

    def __init__(out self, o: Obj, *, writable: Bool = False) raises PyErr:
        var view = unsafe_alloc[UInt64](10)
        var flags = c_int(1) if writable else c_int(0)  # PyBUF_WRITABLE, SIMPLE
        if external_call["PyObject_GetBuffer", c_int](o, view, flags) != 0:
            view.unsafe_free()
            raise PyErr.pending()
        self._view = view

    def __deinit__(deinit self):
        external_call["PyBuffer_Release", NoneType](self._view)
        self._view.unsafe_free()

    def address(self) -> Int:
        """Where the memory is; a valid address even if it is empty."""
        var address = Int(self._view[unsafe_offset=0])
        return address if address != 0 else 64

    def nbytes(self) -> Int:
        return Int(self._view[unsafe_offset=2])


# ------------------------------------------------------------------ GIL
@always_inline
def gil_release() -> OptRaw:
    """No Python object may be touched, or dropped, until `gil_acquire`."""
    return external_call["PyEval_SaveThread", OptRaw]()


@always_inline
def gil_acquire(state: OptRaw):
    external_call["PyEval_RestoreThread", NoneType](state)


# ------------------------------------------------------------------ handles
struct Handle[T: Movable & Deinitable](Movable):
    """A Mojo value that Python owns through a capsule.

    A thread that works on the value without the GIL marks it as busy, so that
    another thread is refused instead of racing.
    """

    var value: Self.T
    var busy: Bool

    def __init__(out self, var value: Self.T):
        self.value = value^
        self.busy = False


comptime CapsuleDestructor = def(Obj) thin abi("C") -> None


def _free_handle[
    T: Movable & Deinitable, name: StaticString
](capsule: Obj) abi("C"):
    var address = external_call["PyCapsule_GetPointer", OptRaw](
        capsule, cstr(name)
    )
    if address:
        var handle = address.value().unsafe_bitcast[Handle[T]]()
        handle.unsafe_deinit_pointee()
        handle.unsafe_free()


def new_handle[
    T: Movable & Deinitable, //, name: StaticString
](var value: T) -> Obj:
    """A capsule that owns `value`."""
    var handle = unsafe_alloc[Handle[T]](1)
    handle.unsafe_write(Handle[T](value^))
    var destroy: CapsuleDestructor = _free_handle[T, name]
    return external_call["PyCapsule_New", Obj](handle, cstr(name), destroy)


def handle_of[
    T: Movable & Deinitable, name: StaticString
](capsule: Obj) raises PyErr -> Pointer[Handle[T], MutUntrackedOrigin]:
    """The value behind a capsule; it lives as long as the capsule."""
    var address = external_call["PyCapsule_GetPointer", OptRaw](
        capsule, cstr(name)
    )
    if not address:
        raise PyErr.pending()
    var handle = address.value().unsafe_bitcast[Handle[T]]()
    if handle[].busy:
        raise PyErr.argument(
            String(name, " is in use by another thread; make one per thread")
        )
    return handle
