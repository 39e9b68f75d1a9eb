"""Technical indicators, as functions of the extension module.

A kind is made from the place of an indicator in `indicator_names`. Columns are buffers of float64: open,
high, low, close, volume, of which those an indicator does not read may be empty.
"""

from std.ffi import external_call
from std.memory.alloc import unsafe_alloc

from barrow.fence import ColumnView, MutColumnView
from barrow.indicators import (
    Indicator,
    Inputs,
    Outputs,
    Parameters,
    Row,
    Runner,
    Values,
    Visitor,
    Words,
    batch,
    visit_kinds,
)

from capi import *

comptime _MACHINE: StaticString = "barrow.Indicator"
comptime _KIND: StaticString = "barrow.IndicatorKind"
# Below this many rows a call takes less than releasing the GIL is worth.
comptime _SHORT = 4096
# Rows that each machine takes in turn where several go over the same columns: so few that
# what they read stays in the first cache.
comptime _TURN = 256

comptime _Batch = def(Parameters, Bool, Inputs, Outputs, Int) thin -> None
comptime _Make = def(Parameters, Bool) thin -> Raw
comptime _Run = def(Raw, Inputs, Outputs, Int, Int) thin -> None
comptime _Update = def(Raw, Row) thin -> Values
comptime _Visit = def(Raw, mut Words) thin -> None
comptime _Touch = def(Raw) thin -> None


def _make[I: Indicator](parameters: Parameters, skip: Bool) -> Raw:
    var place = unsafe_alloc[Runner[I]](1)
    place.unsafe_write(Runner[I](parameters, skip))
    return place.unsafe_bitcast[NoneType]()


def _run[
    I: Indicator
](machine: Raw, inputs: Inputs, outputs: Outputs, first: Int, last: Int):
    machine.unsafe_bitcast[Runner[I]]()[].run(inputs, outputs, first, last)


def _update[I: Indicator](machine: Raw, row: Row) -> Values:
    return machine.unsafe_bitcast[Runner[I]]()[].update(row)


def _visit[I: Indicator](machine: Raw, mut words: Words):
    machine.unsafe_bitcast[Runner[I]]()[].visit(words)


def _reset[I: Indicator](machine: Raw):
    machine.unsafe_bitcast[Runner[I]]()[].reset()


def _free[I: Indicator](machine: Raw):
    var place = machine.unsafe_bitcast[Runner[I]]()
    place.unsafe_deinit_pointee()
    place.unsafe_free()


def _warm[I: Indicator](machine: Raw) -> Int:
    return machine.unsafe_bitcast[Runner[I]]()[].warm


@fieldwise_init
struct _Kind(Copyable):
    """What can be done with machines of one type."""

    var name: StaticString
    var uses: Int
    var outputs: Int
    var batch: _Batch
    var make: _Make
    var run: _Run
    var update: _Update
    var visit: _Visit
    var reset: _Touch
    var free: _Touch
    var warm: def(Raw) thin -> Int


struct _Search(Visitor):
    """Finds a kind by its number, or all names."""

    var wanted: Int
    var count: Int
    var found: Optional[_Kind]
    var names: List[StaticString]

    def __init__(out self, wanted: Int):
        self.wanted = wanted
        self.count = 0
        self.found = None
        self.names = List[StaticString]()

    @always_inline
    def add[I: Indicator](mut self, name: StaticString):
        if self.count == self.wanted:
            self.found = _Kind(
                name,
                I.USES,
                I.OUTPUTS,
                batch[I],
                _make[I],
                _run[I],
                _update[I],
                _visit[I],
                _reset[I],
                _free[I],
                _warm[I],
            )
        elif self.wanted < 0:
            self.names.append(name)
        self.count += 1


struct _Machine(Movable):
    """A machine of any type."""

    var kind: _Kind
    var place: Raw

    def __init__(out self, var kind: _Kind, parameters: Parameters, skip: Bool):
        self.place = kind.make(parameters, skip)
        self.kind = kind^

    def __deinit__(deinit self):
        self.kind.free(self.place)


@always_inline
def _to_float(o: Obj) raises PyErr -> Float64:
    var value = external_call["PyFloat_AsDouble", Float64](o)
    if value == -1 and has_error():
        raise PyErr.pending()
    return value


def _size(tuple: Obj) raises PyErr -> Int:
    var count = external_call["PyTuple_Size", Int](tuple)
    if count < 0:
        raise PyErr.pending()
    return count


def _parameters(given: Obj) raises PyErr -> Parameters:
    var parameters = Parameters(0)
    for i in range(min(_size(given), 8)):
        var value = _to_float(item(given, i))
        # Lengths are memory: the table has the same bound.
        if not (abs(value) <= 1e6):
            raise PyErr.argument(String("parameter ", i, " is ", value))
        parameters[i] = value
    return parameters


def _values(values: Values, count: Int) -> Obj:
    """A float, or a tuple of floats."""
    if count == 1:
        return external_call["PyFloat_FromDouble", Obj](values[0])
    var result = external_call["PyTuple_New", Obj](count)
    for i in range(count):
        put(result, i, external_call["PyFloat_FromDouble", Obj](values[i]))
    return result


struct _Inputs(Movable):
    """The columns of a call that are read."""

    var buffers: List[PyBuffer]
    var addresses: Array[Int, 5]
    var rows: Int

    def __init__(out self, given: Obj, uses: Int, rows: Int) raises PyErr:
        var buffers = List[PyBuffer](capacity=5)
        var addresses = Array[Int, 5](fill=64)
        for i in range(5):
            if (uses >> i) & 1 == 0:
                continue
            var buffer = PyBuffer(item(given, i))
            if buffer.nbytes() != 8 * rows:
                raise PyErr.argument(
                    String(
                        "column ",
                        i,
                        " has ",
                        buffer.nbytes() // 8,
                        " values for ",
                        rows,
                        " rows",
                    )
                )
            addresses[i] = buffer.address()
            buffers.append(buffer^)
        self.buffers = buffers^
        self.addresses = addresses^
        self.rows = rows

    def _view(self, at: Int) -> ColumnView[DType.float64]:
        return ColumnView[DType.float64](
            address=self.addresses[at],
            length=self.rows if self.addresses[at] != 64 else 0,
        )

    def views(self) -> Inputs:
        return Inputs(
            self._view(0),
            self._view(1),
            self._view(2),
            self._view(3),
            self._view(4),
        )


struct _Outputs(Movable):
    """Where the values of one indicator go."""

    var buffers: List[PyBuffer]

    def __init__(
        out self, given: Obj, first: Int, count: Int, rows: Int
    ) raises PyErr:
        var buffers = List[PyBuffer](capacity=count)
        for i in range(first, first + count):
            var buffer = PyBuffer(item(given, i), writable=True)
            if buffer.nbytes() != 8 * rows:
                raise PyErr.argument(
                    String(
                        "room for ",
                        buffer.nbytes() // 8,
                        " values of ",
                        rows,
                        " rows",
                    )
                )
            buffers.append(buffer^)
        self.buffers = buffers^

    def _view(self, at: Int) -> MutColumnView[DType.float64]:
        # Those it does not have are never written to.
        var place = min(at, len(self.buffers) - 1)
        return MutColumnView[DType.float64](
            address=self.buffers[place].address(),
            length=self.buffers[place].nbytes() // 8,
        )

    def views(self) -> Outputs:
        return Outputs(
            self._view(0), self._view(1), self._view(2), self._view(3)
        )


def indicator_names(args: Args, n: Int) raises PyErr -> Obj:
    """Returns the names of all indicators; the place of a name is its kind."""
    var search = _Search(-1)
    visit_kinds(search)
    var result = external_call["PyTuple_New", Obj](len(search.names))
    for i in range(len(search.names)):
        put(result, i, py_str(search.names[i]))
    return result


def indicator_kind(args: Args, n: Int) raises PyErr -> Obj:
    """Args: place in `indicator_names`. Returns a kind."""
    var search = _Search(max(to_int(args[]), 0))
    visit_kinds(search)
    if not search.found:
        raise PyErr.argument(String("no indicator has place ", search.wanted))
    return new_handle[_KIND](search.found.take())


def indicator_batch(args: Args, n: Int) raises PyErr -> Obj:
    """Args: kind, parameters (tuple), skip, columns (tuple of five), rows, outputs (tuple, writable)."""
    ref kind = handle_of[_Kind, _KIND](args[])[].value
    var parameters = _parameters(args[unsafe_offset=1])
    var skip = to_bool(args[unsafe_offset=2])
    var rows = to_int(args[unsafe_offset=4])
    var columns = _Inputs(args[unsafe_offset=3], kind.uses, rows)
    var results = _Outputs(args[unsafe_offset=5], 0, kind.outputs, rows)
    if rows > _SHORT:
        var state = gil_release()
        kind.batch(parameters, skip, columns.views(), results.views(), rows)
        gil_acquire(state)
    else:
        kind.batch(parameters, skip, columns.views(), results.views(), rows)
    _ = columns^
    _ = results^
    return py_none()


def indicator_new(args: Args, n: Int) raises PyErr -> Obj:
    """Args: kind, parameters (tuple), skip. Returns a machine."""
    return new_handle[_MACHINE](
        _Machine(
            handle_of[_Kind, _KIND](args[])[].value.copy(),
            _parameters(args[unsafe_offset=1]),
            to_bool(args[unsafe_offset=2]),
        )
    )


def indicator_warm_up(args: Args, n: Int) raises PyErr -> Obj:
    """Args: machine. Returns (rows without values, bits of the columns it reads, outputs)."""
    ref machine = handle_of[_Machine, _MACHINE](args[])[].value
    return py_ints(
        machine.kind.warm(machine.place),
        machine.kind.uses,
        machine.kind.outputs,
    )


def indicator_update(args: Args, n: Int) raises PyErr -> Obj:
    """Args: machine, open, high, low, close, volume. Returns a value, or a tuple of them."""
    var handle = handle_of[_Machine, _MACHINE](args[])
    var row = Row(
        _to_float(args[unsafe_offset=1]),
        _to_float(args[unsafe_offset=2]),
        _to_float(args[unsafe_offset=3]),
        _to_float(args[unsafe_offset=4]),
        _to_float(args[unsafe_offset=5]),
    )
    ref machine = handle[].value
    return _values(
        machine.kind.update(machine.place, row), machine.kind.outputs
    )


def indicator_run(args: Args, n: Int) raises PyErr -> Obj:
    """Args: machines (tuple), columns (tuple of five), rows, outputs (flat tuple, writable). Each machine takes all rows
    once, after those it took before."""
    var given = args[]
    var count = _size(given)
    var rows = to_int(args[unsafe_offset=2])
    var uses = 0
    for i in range(count):
        var handle = handle_of[_Machine, _MACHINE](item(given, i))
        uses |= handle[].value.kind.uses
    var columns = _Inputs(args[unsafe_offset=1], uses, rows)
    var handles = List[Pointer[Handle[_Machine], MutUntrackedOrigin]]()
    var results = List[_Outputs]()
    var runs = List[_Run]()
    var places = List[Raw]()
    var sinks = List[Outputs]()
    var next = 0
    for i in range(count):
        var handle = handle_of[_Machine, _MACHINE](item(given, i))
        ref machine = handle[].value
        var result = _Outputs(
            args[unsafe_offset=3], next, machine.kind.outputs, rows
        )
        next += machine.kind.outputs
        handles.append(handle)
        runs.append(machine.kind.run)
        places.append(machine.place)
        sinks.append(result.views())
        results.append(result^)
    for i in range(count):
        for k in range(i):
            if places[i] == places[k]:
                raise PyErr.argument("one machine is given twice")
    for i in range(count):
        handles[i][].busy = True
    var inputs = columns.views()
    var turn = _TURN if count > 1 else max(rows, 1)
    var state = gil_release()
    var first = 0
    while first < rows:
        var last = min(first + turn, rows)
        for i in range(count):
            runs[i](places[i], inputs, sinks[i], first, last)
        first = last
    gil_acquire(state)
    for i in range(count):
        handles[i][].busy = False
    _ = columns^
    _ = results^
    return py_none()


def indicator_reset(args: Args, n: Int) raises PyErr -> Obj:
    """Args: machine. It forgets all rows."""
    ref machine = handle_of[_Machine, _MACHINE](args[])[].value
    machine.kind.reset(machine.place)
    return py_none()


def indicator_save(args: Args, n: Int) raises PyErr -> Obj:
    """Args: machine. Returns what it remembers, as a tuple of floats."""
    ref machine = handle_of[_Machine, _MACHINE](args[])[].value
    var words = Words()
    machine.kind.visit(machine.place, words)
    var result = external_call["PyTuple_New", Obj](len(words.numbers))
    for i in range(len(words.numbers)):
        put(
            result,
            i,
            external_call["PyFloat_FromDouble", Obj](words.numbers[i]),
        )
    return result


def indicator_restore(args: Args, n: Int) raises PyErr -> Obj:
    """Args: machine, numbers (tuple of floats). Raises if they are none of such a machine, which forgets all rows then."""
    ref machine = handle_of[_Machine, _MACHINE](args[])[].value
    var given = args[unsafe_offset=1]
    var numbers = List[Float64]()
    for i in range(_size(given)):
        numbers.append(_to_float(item(given, i)))
    var words = Words(numbers^)
    machine.kind.visit(machine.place, words)
    if not words.sound or words.at != len(words.numbers):
        machine.kind.reset(machine.place)
        raise PyErr.argument("these are no numbers of such an indicator")
    return py_none()
