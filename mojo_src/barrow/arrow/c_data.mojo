"""The structs of the Arrow C Data and C Stream Interfaces, and who owns them.

https://arrow.apache.org/docs/format/CDataInterface.html and CStreamInterface.html.
Pointers are kept as integers, 0 for NULL: the layout is what matters, and what they
point to is foreign. A struct whose `release` is NULL has been released or moved.
"""

from std.ffi import c_int, external_call
from std.memory.alloc import unsafe_alloc

from barrow.errors import Fault
from barrow.fence import ByteView

comptime SchemaPtr = Pointer[ArrowSchema, MutUntrackedOrigin]
"""A schema somewhere in memory."""
comptime ArrayPtr = Pointer[ArrowArray, MutUntrackedOrigin]
"""An array somewhere in memory."""
comptime StreamPtr = Pointer[ArrowArrayStream, MutUntrackedOrigin]
"""A stream somewhere in memory."""
comptime WordPtr = Pointer[Int, MutUntrackedOrigin]
"""Pointers one after another, as integers."""
comptime AnyPtr = Pointer[NoneType, MutUntrackedOrigin]
"""What C calls `void *`."""

comptime SchemaRelease = def(SchemaPtr) thin abi("C") -> None
"""Releases a schema."""
comptime ArrayRelease = def(ArrayPtr) thin abi("C") -> None
"""Releases an array."""
comptime StreamRelease = def(StreamPtr) thin abi("C") -> None
"""Releases a stream."""
comptime GetSchema = def(StreamPtr, SchemaPtr) thin abi("C") -> c_int
"""Gets the schema of a stream; zero, or an `errno`."""
comptime GetNext = def(StreamPtr, ArrayPtr) thin abi("C") -> c_int
"""Gets the next array of a stream; zero, or an `errno`."""
comptime LastError = def(StreamPtr) thin abi("C") -> Optional[AnyPtr]
"""Gets the text of a stream's last error; it lives until the next call."""

comptime FLAG_NULLABLE = 2
"""The flag of a schema whose array may hold nulls."""

# The kernel maps nothing here, so such an address is no address.
comptime _LOWEST = 4096


@fieldwise_init
struct ArrowSchema(ImplicitlyCopyable):
    """`struct ArrowSchema`."""

    var format: Int
    """The type, as a text that ends with a zero byte."""
    var name: Int
    """The name, as such a text, or NULL."""
    var metadata: Int
    """Pairs of texts with their lengths, or NULL."""
    var flags: Int64
    """Bits; see `FLAG_NULLABLE`."""
    var n_children: Int64
    """How many children there are."""
    var children: Int
    """Where the pointers to the children are."""
    var dictionary: Int
    """The type of a dictionary's values, or NULL."""
    var release: Int
    """The function that releases this, or NULL."""
    var private_data: Int
    """The producer's own."""

    def __init__(out self):
        """Makes a released schema."""
        self = Self(0, 0, 0, 0, 0, 0, 0, 0, 0)


@fieldwise_init
struct ArrowArray(ImplicitlyCopyable):
    """`struct ArrowArray`."""

    var length: Int64
    """How many values there are."""
    var null_count: Int64
    """How many of them are null, or -1 if that is not known."""
    var offset: Int64
    """Values to leave out at the start of the buffers."""
    var n_buffers: Int64
    """How many buffers there are."""
    var n_children: Int64
    """How many children there are."""
    var buffers: Int
    """Where the pointers to the buffers are."""
    var children: Int
    """Where the pointers to the children are."""
    var dictionary: Int
    """The values of a dictionary, or NULL."""
    var release: Int
    """The function that releases this, or NULL."""
    var private_data: Int
    """The producer's own."""

    def __init__(out self):
        """Makes a released array."""
        self = Self(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


@fieldwise_init
struct ArrowArrayStream(ImplicitlyCopyable):
    """`struct ArrowArrayStream`."""

    var get_schema: Int
    """A `GetSchema`."""
    var get_next: Int
    """A `GetNext`."""
    var get_last_error: Int
    """A `LastError`."""
    var release: Int
    """The function that releases this, or NULL."""
    var private_data: Int
    """The producer's own."""

    def __init__(out self):
        """Makes a released stream."""
        self = Self(0, 0, 0, 0, 0)


@always_inline
def is_address(word: Int) -> Bool:
    """Tells whether a word of a foreign struct can be an address at all.

    Args:
        word: What stands where a pointer should.

    Returns:
        False for NULL and for numbers that are too small.
    """
    return word < 0 or word >= _LOWEST


@always_inline
def as_function[F: TrivialRegisterPassable](address: Int) -> F:
    """Makes an address callable.

    Parameters:
        F: The type of the function.

    Args:
        address: Where its code is.

    Returns:
        The function.
    """
    # The word that holds the address is reinterpreted, not what it points to.
    var word = address
    return Pointer(to=word).unsafe_bitcast[F]()[]


@always_inline
def address_of[F: TrivialRegisterPassable, //](function: F) -> Int:
    """Tells where the code of a function is.

    Parameters:
        F: The type of the function.

    Args:
        function: A C function held in a variable of its type.

    Returns:
        The address.
    """
    var held = function
    return Pointer(to=held).unsafe_bitcast[Int]()[]


@always_inline
def word_at(words: Int, at: Int) -> Int:
    """Reads one of several pointers.

    Args:
        words: Where they are.
        at: The index of one.

    Returns:
        The pointer as an integer.
    """
    return WordPtr(unsafe_from_address=words)[unsafe_offset=at]


def c_text(address: Int, most: Int) -> Optional[ByteView[ImmUntrackedOrigin]]:
    """Borrows a text that ends with a zero byte.

    Args:
        address: Where it starts.
        most: How many bytes it may have.

    Returns:
        The text, or none if it is longer.
    """
    var bytes = Pointer[UInt8, ImmUntrackedOrigin](unsafe_from_address=address)
    for length in range(most + 1):
        if bytes[unsafe_offset=length] == 0:
            return ByteView(address=address, length=length)
    return None


def release_schema(at: SchemaPtr):
    """Releases a schema unless that was done before.

    Args:
        at: The schema.
    """
    if at[].release != 0:
        as_function[SchemaRelease](at[].release)(at)


def release_array(at: ArrayPtr):
    """Releases an array unless that was done before.

    Args:
        at: The array.
    """
    if at[].release != 0:
        as_function[ArrayRelease](at[].release)(at)


def release_stream(at: StreamPtr):
    """Releases a stream unless that was done before.

    Args:
        at: The stream.
    """
    if at[].release != 0:
        as_function[StreamRelease](at[].release)(at)


# The structs below live on the heap: foreign code writes to them, and a local that
# is written behind the compiler's back may be read back stale. A pointer `at` does not
# keep its owner: the owner must be used once more after the last access through it.
struct OwnedSchema(Movable):
    """A schema that is released once, when this is dropped."""

    var at: SchemaPtr
    """The struct."""

    def __init__(out self):
        """Makes a released schema, for a producer to fill."""
        self.at = unsafe_alloc[ArrowSchema](1)
        self.at.unsafe_write(ArrowSchema())

    def __init__(out self, *, taking: SchemaPtr):
        """Moves a schema, as the interface defines moving.

        Args:
            taking: Whose it was; marked as released.
        """
        self.at = unsafe_alloc[ArrowSchema](1)
        self.at.unsafe_write(taking[])
        taking[].release = 0

    def __deinit__(deinit self):
        """Releases the schema."""
        release_schema(self.at)
        self.at.unsafe_free()

    def move_to(deinit self, target: SchemaPtr):
        """Moves the schema elsewhere, as the interface defines moving.

        Args:
            target: Where to; written over.
        """
        target.unsafe_write(self.at[])
        self.at.unsafe_free()

    def forget(deinit self):
        """Drops the struct without releasing what it says it holds."""
        self.at.unsafe_free()


struct OwnedArray(Movable):
    """An array that is released once, when this is dropped."""

    var at: ArrayPtr
    """The struct."""

    def __init__(out self):
        """Makes a released array, for a producer to fill."""
        self.at = unsafe_alloc[ArrowArray](1)
        self.at.unsafe_write(ArrowArray())

    def __init__(out self, *, taking: ArrayPtr):
        """Moves an array, as the interface defines moving.

        Args:
            taking: Whose it was; marked as released.
        """
        self.at = unsafe_alloc[ArrowArray](1)
        self.at.unsafe_write(taking[])
        taking[].release = 0

    def __deinit__(deinit self):
        """Releases the array."""
        release_array(self.at)
        self.at.unsafe_free()

    def move_to(deinit self, target: ArrayPtr):
        """Moves the array elsewhere, as the interface defines moving.

        Args:
            target: Where to; written over.
        """
        target.unsafe_write(self.at[])
        self.at.unsafe_free()

    def forget(deinit self):
        """Drops the struct without releasing what it says it holds."""
        self.at.unsafe_free()


struct OwnedStream(Movable):
    """A stream that is released once, when this is dropped, read to its end or not."""

    var at: StreamPtr
    """The struct."""

    def __init__(out self):
        """Makes a released stream, for a producer to fill."""
        self.at = unsafe_alloc[ArrowArrayStream](1)
        self.at.unsafe_write(ArrowArrayStream())

    def __init__(out self, *, taking: StreamPtr):
        """Moves a stream, as the interface defines moving.

        Args:
            taking: Whose it was; marked as released.
        """
        self.at = unsafe_alloc[ArrowArrayStream](1)
        self.at.unsafe_write(taking[])
        taking[].release = 0

    def __deinit__(deinit self):
        """Releases the stream."""
        release_stream(self.at)
        self.at.unsafe_free()

    def check(self) raises Fault:
        """Looks whether the stream can be used at all.

        Raises:
            Fault: If it was released, or a function is missing.
        """
        if self.at[].release == 0:
            raise Fault(
                "CorruptError",
                "Arrow stream: it was released or moved before"
                "\n  try: a fresh stream; each can be consumed once",
            )
        if not (
            is_address(self.at[].get_schema)
            and is_address(self.at[].get_next)
            and is_address(self.at[].release)
        ):
            raise Fault(
                "CorruptError",
                "Arrow stream: get_schema, get_next or release is NULL",
            )

    def schema(self) raises Fault -> OwnedSchema:
        """Asks for the schema.

        Returns:
            The schema as the producer made it, not checked.

        Raises:
            Fault: If the producer failed.
        """
        var result = OwnedSchema()
        var status = as_function[GetSchema](self.at[].get_schema)(
            self.at, result.at
        )
        if status != 0:
            # What a failed call left behind is not to be believed.
            result^.forget()
            raise self._failed("schema", Int(status))
        return result^

    def next(self) raises Fault -> Optional[OwnedArray]:
        """Asks for the next array.

        Returns:
            The array as the producer made it, not checked; none at the end.

        Raises:
            Fault: If the producer failed.
        """
        var result = OwnedArray()
        var status = as_function[GetNext](self.at[].get_next)(
            self.at, result.at
        )
        if status != 0:
            result^.forget()
            raise self._failed("next array", Int(status))
        if result.at[].release == 0:
            return None
        return result^

    def _failed(self, what: String, status: Int) -> Fault:
        var text = String("no reason given")
        if is_address(self.at[].get_last_error):
            var found = as_function[LastError](self.at[].get_last_error)(
                self.at
            )
            if found:
                var address = Int(found.value())
                var length = external_call["strnlen", Int](
                    found.value(), Int(2000)
                )
                text = ByteView(address=address, length=length).text()
        return Fault(
            "IoError",
            String(
                "Arrow stream: its producer failed to give the ",
                what,
                " (error ",
                status,
                "): ",
                text,
            ),
        )
