"""Indicators that take rows one by one: the same state machines that columns go through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from barrow._lib import native
from barrow.errors import BarrowArgumentError, BarrowCorruptError, message
from barrow.indicators.inputs import columns_of, rooms
from barrow.indicators.options import KINDS, NanPolicy, as_given, bind, skips
from barrow.indicators.run import heading, parameters_doc, result_of
from barrow.indicators.table import C, Definition

_FORMAT, _VERSION = "barrow.indicator", 1
_PLACE = {"open": 0, "high": 1, "low": 2, "close": 3, "volume": 4}


class Indicator:
    """The base of all indicators. Not for several threads at once.

    Attributes:
        definition: Its row of the table.
        parameters: What it was made with, by name.
        nan: What a row with NaN does.
        value: The last value, NaN in the warm-up; a named tuple if there are several.
    """

    __slots__ = ("_machine", "_numbers", "nan", "parameters", "value")
    definition: ClassVar[Definition]

    def __init__(self, *args: Any, nan: NanPolicy = "propagate", **named: Any) -> None:
        self._numbers = bind(self.definition, args, named)
        self.parameters = as_given(self.definition, self._numbers)
        self.nan = nan
        self._machine = self.new_machine()
        self.value: Any = self._empty()

    def new_machine(self) -> Any:
        """Another machine like this one, before its first row; for `together`."""
        return native.indicator_new(KINDS[self.definition.name], self._numbers, skips(self.nan))

    def _empty(self) -> Any:
        return result_of(self.definition, (float("nan"),) * len(self.definition.outputs))

    @property
    def warm_up(self) -> int:
        """How many rows have no value, after the start and after a row with NaN."""
        return native.indicator_warm_up(self._machine)[0]

    @property
    def label(self) -> str:
        """The name and the parameters, fit for the name of a column: `rsi_14`."""
        shown = (f"{v:g}" if isinstance(v, float) else str(v) for v in self.parameters.values())
        return "_".join([self.definition.name, *shown])

    @property
    def labels(self) -> list[str]:
        """The names of columns for the outputs: `macd_12_26_9.signal`, ..."""
        outputs = self.definition.outputs
        if len(outputs) == 1:
            return [self.label]
        return [f"{self.label}.{output}" for output in outputs]

    def update(self, bar: Any) -> Any:
        """Takes the next row.

        Args:
            bar: A `Bar`; or anything with the attributes, or with the keys, of the columns the
                indicator reads; or numbers in the order of `definition.inputs`; one number if
                it reads one series.

        Returns:
            The value, as `value` has it.

        Raises:
            BarrowArgumentError: These are not the numbers it reads.
        """
        row = [0.0, 0.0, 0.0, 0.0, 0.0]
        inputs = self.definition.inputs
        if isinstance(bar, float | int) and inputs == (C,):
            row[3] = bar
        else:
            self._fill(row, bar)
        values = native.indicator_update(self._machine, *row)
        if isinstance(values, tuple):
            values = result_of(self.definition, values)
        self.value = values
        return values

    def _fill(self, row: list[float], bar: Any) -> None:
        inputs = self.definition.inputs
        try:
            if isinstance(bar, Mapping):
                cells = [bar[name] for name in inputs]
            elif isinstance(bar, tuple | list):
                cells = list(bar)
            elif hasattr(bar, "__float__"):
                cells = [bar]
            else:
                cells = [getattr(bar, name) for name in inputs]
            if len(cells) != len(inputs):
                raise ValueError
            for name, cell in zip(inputs, cells, strict=True):
                row[_PLACE[name]] = float(cell)  # NaN where a value of a bar is none
        except (KeyError, AttributeError, TypeError, ValueError):
            raise BarrowArgumentError(
                message(
                    f"{self.definition.name}.update",
                    f"expected a bar, or {', '.join(inputs)}; got {bar!r}",
                )
            ) from None

    def extend(self, data: Any, *, out: Any = None) -> Any:
        """Takes many rows after those before.

        Args:
            data: As the function of the same name takes it.
            out: Where the results go, as there.

        Returns:
            The values of these rows, as the function returns them.

        Raises:
            What the function raises.
        """
        columns, rows = columns_of(data, self.definition.inputs)
        results = rooms(out, self.definition.outputs, rows, columns)
        native.indicator_run((self._machine,), columns, rows, results)
        if rows:
            self.value = result_of(self.definition, tuple(float(one[-1]) for one in results))
        return result_of(self.definition, results)

    def reset(self) -> None:
        """Forgets all rows."""
        native.indicator_reset(self._machine)
        self.value = self._empty()

    def state(self) -> dict[str, Any]:
        """All that it remembers; numbers, texts, lists and dicts only."""
        value = self.value if isinstance(self.value, tuple) else (self.value,)
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "name": self.definition.name,
            "parameters": dict(self.parameters),
            "nan": self.nan,
            "value": list(value),
            "numbers": list(native.indicator_save(self._machine)),
        }

    def restore(self, state: Mapping[str, Any]) -> Self:
        """Goes on from what `state` gave, of an indicator made alike.

        Returns:
            Itself.

        Raises:
            BarrowArgumentError: It is the state of another indicator, or of other parameters.
            BarrowCorruptError: It is no state.
        """
        if state.get("format") != _FORMAT or state.get("version") != _VERSION:
            raise BarrowCorruptError(
                message("state", f"expected {_FORMAT} version {_VERSION}, got {_head(state)}")
            )
        mine = (self.definition.name, self.parameters, self.nan)
        theirs = (state.get("name"), state.get("parameters"), state.get("nan"))
        if theirs != mine:
            raise BarrowArgumentError(
                message("state", f"it is of {_shown(*theirs)}, this is {_shown(*mine)}")
            )
        try:
            native.indicator_restore(self._machine, tuple(state["numbers"]))
            values = tuple(float(value) for value in state["value"])
            self.value = result_of(self.definition, values)
        except (BarrowArgumentError, KeyError, TypeError, ValueError):
            self.reset()
            raise BarrowCorruptError(
                message("state", f"its numbers are none of {_shown(*mine)}")
            ) from None
        return self

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_revived, (type(self), self.parameters, self.nan, self.state()))


def _revived(cls: type[Indicator], parameters: dict[str, Any], nan: Any, state: Any) -> Indicator:
    return cls(nan=nan, **parameters).restore(state)


def _head(state: Mapping[str, Any]) -> str:
    return f"{state.get('format')!r} version {state.get('version')!r}"


def _shown(name: Any, parameters: Any, nan: Any) -> str:
    return f"{name} {parameters} nan={nan!r}"


def class_of(definition: Definition) -> type[Indicator]:
    """The class of an indicator."""
    lines = [*heading(definition), "", *(["Args:"] if definition.parameters else [])]
    lines += [*parameters_doc(definition), "", f"Reads: {', '.join(definition.inputs)}."]
    lines += [f"Gives: {', '.join(definition.outputs)}."]
    return type(
        definition.title,
        (Indicator,),
        {
            "__slots__": (),
            "__doc__": "\n".join(lines),
            "__module__": "barrow.indicators",
            "definition": definition,
        },
    )
