"""What is written from the table: the stubs, and the table of the guide.

`python -m barrow.indicators.stubs` writes the stubs; `--guide` prints the table.
"""

from __future__ import annotations

import sys
from pathlib import Path

from barrow.indicators.catalog import catalog
from barrow.indicators.table import DEFINITIONS, Definition, Parameter

_HEAD = "# Made from the table: `python -m barrow.indicators.stubs`.\n"


def _argument(parameter: Parameter) -> str:
    if parameter.choices:
        kind = f"Literal[{', '.join(map(repr, parameter.choices))}]"
    else:
        kind = type(parameter.default).__name__
    return f"{parameter.name}: {kind} = {parameter.default!r}".replace("'", '"')


def functions_stub() -> str:
    """The text of `functions.pyi`."""
    lines = [_HEAD + "from typing import Any, Literal, NamedTuple\n"]
    lines.append("from barrow.indicators.inputs import Doubles")
    lines.append("from barrow.indicators.options import NanPolicy\n")
    lines.append(f"__all__ = {sorted(d.name for d in DEFINITIONS)!r}\n".replace("'", '"'))
    for d in DEFINITIONS:
        result = "Doubles"
        if len(d.outputs) > 1:
            result = f"{d.title}Values"
            fields = "\n".join(f"    {output}: Doubles" for output in d.outputs)
            lines.append(f"class {result}(NamedTuple):\n{fields}\n")
        out = "tuple[Doubles, ...]" if len(d.outputs) > 1 else "Doubles"
        options = "".join(f"{_argument(p)}, " for p in d.parameters)
        lines.append(
            f'def {d.name}(data: Any, /, {options}*, nan: NanPolicy = "propagate", '
            f"out: {out} | None = None) -> {result}: ..."
        )
    return "\n".join(lines) + "\n"


def classes_stub() -> str:
    """The text of `classes.pyi`."""
    lines = [_HEAD + "from typing import Literal\n"]
    lines.append("from barrow.indicators.options import NanPolicy")
    lines.append("from barrow.indicators.streaming import Indicator\n")
    lines.append(
        f"__all__ = {sorted((d.title for d in DEFINITIONS), key=_constants_first)!r}\n".replace(
            "'", '"'
        )
    )
    lines += [_class_stub(d) for d in DEFINITIONS]
    return "\n".join(lines) + "\n"


def _constants_first(title: str) -> tuple[bool, str]:
    """The order in which a linter wants names."""
    return (not title.isupper(), title)


def _class_stub(d: Definition) -> str:
    options = "".join(f"{_argument(p)}, " for p in d.parameters)
    return (
        f"class {d.title}(Indicator):\n    def __init__(self, {options}*, "
        f'nan: NanPolicy = "propagate") -> None: ...\n'
    )


def guide_table() -> str:
    """The table of the guide, in Markdown."""
    lines = ["| function | class | reads | parameters | gives | warm-up | TA-Lib |"]
    lines.append("|---|---|---|---|---|---|---|")
    for entry in catalog():
        options = ", ".join(f"{name}={value!r}" for name, value in entry.parameters.items())
        cells = [f"`{entry.name}`", f"`{entry.title}`", ", ".join(entry.inputs), options]
        cells += [", ".join(entry.outputs), str(entry.warm_up), entry.talib]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Writes the stubs beside this file, or prints the table of the guide."""
    if "--guide" in sys.argv[1:]:
        print(guide_table(), end="")
        return
    folder = Path(__file__).parent
    (folder / "functions.pyi").write_text(functions_stub())
    (folder / "classes.pyi").write_text(classes_stub())


if __name__ == "__main__":
    main()
