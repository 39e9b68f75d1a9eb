"""The house rules: who imports whom, where pointers live, what a file may look like."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from barrow._lib import native

ROOT = Path(__file__).resolve().parents[2]
MOJO = ROOT / "mojo_src"
PYTHON = ROOT / "python" / "barrow"
LONGEST = 600

# A room uses rooms of a lower rank only, so siblings never touch.
MOJO_RANK = {
    "errors": 0, "fence": 1, "fixed": 2, "time": 2, "arrow": 3,
    "bar64": 4, "csv": 4, "model": 4,
    "wrangle": 5, "resample": 5, "adjust": 5,
    "rolling": 5, "indicators": 5, "arima": 5, "quantize": 5,
    "ipc": 5, "bindings": 6,
}  # fmt: skip
UNSAFE_ROOMS = {"fence", "arrow", "bindings"}
PYTHON_RANK = {
    "errors": 0, "_native": 0, "_lib": 1, "_memory": 1, "_blocks": 1, "_columns": 1, "_records": 1,
    "files": 1, "zones": 1, "_arrow": 2, "record_module": 2, "sessions": 2,
    "append_file": 2,
    "arrow_ffi": 3, "bars": 3, "bar64": 4, "csv": 4, "ipc": 4, "parquet": 4, "resample": 4,
    "rolling": 4, "adjust": 4, "indicators": 4, "arima": 4, "quantize": 4,
    "safetensors": 5, "store": 5, "wranglers": 5, "etl": 6, "barrow": 7, "cli_convert": 8,
    "cli_store": 8, "cli_etl": 8, "cli_resample": 8, "cli_adjust": 8, "cli_quantize": 8, "cli": 9,
}  # fmt: skip
HEAVY = (
    "pandas", "typer", "rich", "polars", "duckdb", "matplotlib", "fsspec", "exchange_calendars",
    "numba", "scipy", "max", "safetensors", "sklearn",
)  # fmt: skip


def files(*folders: str) -> list[Path]:
    found = [p for folder in folders for p in (ROOT / folder).rglob("*")]
    return sorted(p for p in found if p.suffix in (".py", ".pyi", ".mojo"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def mojo_room(path: Path) -> str:
    parts = path.relative_to(MOJO).parts
    return "bindings" if parts[0] == "bindings" else Path(parts[1]).stem


def python_room(path: Path) -> str:
    room = Path(path.relative_to(PYTHON).parts[0]).stem
    return "barrow" if room == "__init__" else room


def unranked(room: str, used: Iterable[str], rank: dict[str, int]) -> list[str]:
    """Complaints about uses that do not point down."""
    strangers = {other for other in used if other != room}
    return [
        f"{room} may not use {other}"
        for other in sorted(strangers)
        if other not in rank or rank[other] >= rank[room]
    ]


def mojo_import_faults(room: str, text: str) -> list[str]:
    used = re.findall(r"^\s*(?:from|import)\s+barrow\.(\w+)", text, re.M)
    faults = unranked(room, used, MOJO_RANK)
    if re.search(r"^\s*from\s+\.", text, re.M):
        faults.append("a relative import")
    return faults


def unsafe_faults(room: str, text: str) -> list[str]:
    if room in UNSAFE_ROOMS:
        return []
    lines = enumerate(text.splitlines(), 1)
    return [f"line {at}: {line.strip()}" for at, line in lines if "unsafe_" in line]


def python_uses(text: str) -> tuple[set[str], bool]:
    """The rooms a module names anywhere, and whether an import is relative."""
    used: set[str] = set()
    relative = False
    for node in ast.walk(ast.parse(text)):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            relative = True
        elif isinstance(node, ast.ImportFrom) and node.module == "barrow":
            rooms = [alias.name for alias in node.names]
            modules = [f"barrow.{name}" if name in PYTHON_RANK else "barrow" for name in rooms]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        for module in modules:
            head, _, rest = module.partition(".")
            if head == "barrow":
                used.add(rest.split(".")[0] or "barrow")
    return used, relative


def python_import_faults(room: str, text: str) -> list[str]:
    used, relative = python_uses(text)
    return unranked(room, used, PYTHON_RANK) + ["a relative import"] * relative


def broad_except_faults(text: str) -> list[str]:
    """Handlers that swallow everything; one that cleans up and raises again may be."""
    faults = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        last = node.body[-1]
        if isinstance(last, ast.Raise) and last.exc is None:
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        names = {ast.unparse(c).rpartition(".")[2] if c else "" for c in caught}
        if names & {"", "Exception", "BaseException"}:
            faults.append(f"line {node.lineno}")
    return faults


def absolute_path_faults(text: str) -> list[str]:
    return re.findall(r"(?<![\w.}/-])/(?:work|home|root|Users)/\w+", text)


def length_faults(text: str) -> list[str]:
    lines = len(text.splitlines())
    return [f"{lines} lines"] if lines > LONGEST else []


def stub_functions(text: str) -> dict[str, int]:
    """Functions of a stub with the number of their parameters."""
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return {f.name: len(f.args.posonlyargs) + len(f.args.args) for f in functions}


def table_functions(text: str) -> dict[str, int]:
    """Functions of the extension's table with the number of their arguments."""
    entries = re.findall(r"table\.add\[\s*\w+,\s*(\d+)\s*\]\(\s*\"(\w+)\"", text)
    return {name: int(count) for count, name in entries}


def faults_in(paths: Iterable[Path], check: Callable[[Path], list[str]]) -> dict[str, list[str]]:
    paths = list(paths)
    assert paths, "nothing to check"
    return {name_of(path): faults for path in paths if (faults := check(path))}


def test_mojo_rooms_use_lower_rooms_only() -> None:
    rooms = [p for p in files("mojo_src") if p.name != "__init__.mojo" or p.parent.name != "barrow"]
    assert not faults_in(rooms, lambda p: mojo_import_faults(mojo_room(p), p.read_text()))
    assert {mojo_room(path) for path in rooms} <= MOJO_RANK.keys()


def test_unsafe_calls_stay_behind_the_fence() -> None:
    rooms = files("mojo_src")
    assert not faults_in(rooms, lambda p: unsafe_faults(mojo_room(p), p.read_text()))


def test_python_rooms_use_lower_rooms_only() -> None:
    rooms = files("python/barrow")
    assert not faults_in(rooms, lambda p: python_import_faults(python_room(p), p.read_text()))
    assert {python_room(path) for path in rooms} <= PYTHON_RANK.keys()


def loaded_by(statement: str, names: Iterable[str]) -> set[str]:
    """Which of some modules a fresh interpreter has loaded after a statement."""
    code = f"{statement}; import sys; print(*(set({tuple(names)!r}) & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_importing_barrow_imports_nothing_heavy() -> None:
    assert loaded_by("import barrow", HEAVY) == set()


def test_no_source_is_too_long() -> None:
    sources = files("python", "mojo_src", "tests")
    assert not faults_in(sources, lambda p: length_faults(p.read_text()))


def test_nothing_swallows_everything() -> None:
    sources = [p for p in files("python", "examples") if p.suffix == ".py"]
    assert not faults_in(sources, lambda p: broad_except_faults(p.read_text()))


def test_no_file_names_a_folder_of_one_machine() -> None:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [path for name in names.split("\0") if name and (path := ROOT / name).is_file()]
    assert not faults_in(paths, lambda p: absolute_path_faults(p.read_text(errors="ignore")))


def test_the_stub_and_the_compiled_table_list_the_same_functions() -> None:
    stub = stub_functions((PYTHON / "_native.pyi").read_text())
    table = table_functions((MOJO / "bindings" / "_native.mojo").read_text())
    assert stub == table
    compiled = {name for name in dir(native) if callable(getattr(native, name))}
    assert {name for name in compiled if not name.startswith("__")} == set(table)


@pytest.mark.parametrize(
    ("room", "text", "fault"),
    [
        ("fence", "from barrow.csv import RowPlan", "fence may not use csv"),
        ("csv", "from barrow.model import Bar", "csv may not use model"),
        ("time", "import barrow.fixed", "time may not use fixed"),
        ("csv", "    from barrow.nowhere import x", "csv may not use nowhere"),
        ("csv", "from .plan import RowPlan", "a relative import"),
    ],
)
def test_a_mojo_import_upward_is_found(room: str, text: str, fault: str) -> None:
    assert mojo_import_faults(room, text) == [fault]


def test_a_mojo_import_downward_is_no_fault() -> None:
    text = "from std.bit import pop_count\nfrom barrow.csv.plan import Role\nimport barrow.errors"
    assert mojo_import_faults("csv", text) == []


def test_an_unsafe_call_outside_the_fence_is_found() -> None:
    assert unsafe_faults("csv", "var x = 1\nx = p.unsafe_load()") == ["line 2: x = p.unsafe_load()"]
    assert unsafe_faults("fence", "p.unsafe_load()") == []


@pytest.mark.parametrize(
    ("room", "text", "fault"),
    [
        ("bars", "from barrow.csv import read_csv", "bars may not use csv"),
        ("csv", "def f():\n    import barrow.ipc", "csv may not use ipc"),
        ("etl", "import barrow as bw", "etl may not use barrow"),
        ("_arrow", "from barrow import Bars", "_arrow may not use barrow"),
        ("errors", "from barrow import _native", "errors may not use _native"),
        ("bars", "from .values import Bar", "a relative import"),
    ],
)
def test_a_python_import_upward_is_found(room: str, text: str, fault: str) -> None:
    assert python_import_faults(room, text) == [fault]


def test_a_python_import_downward_is_no_fault() -> None:
    text = "from barrow.csv.rows import RowReader\nfrom barrow import _lib\nimport csv, pandas"
    assert python_import_faults("csv", text) == []


def test_a_heavy_import_is_found() -> None:
    assert loaded_by("import pandas", HEAVY) == {"pandas"}


@pytest.mark.parametrize(
    "handler", ["except:", "except Exception:", "except (ValueError, BaseException) as e:"]
)
def test_a_broad_except_that_swallows_is_found(handler: str) -> None:
    assert broad_except_faults(f"try:\n    f()\n{handler}\n    pass") == ["line 3"]
    assert broad_except_faults(f"try:\n    f()\n{handler}\n    f()\n    raise") == []
    assert broad_except_faults("try:\n    f()\nexcept (OSError, ValueError):\n    pass") == []


def test_a_file_that_is_too_long_is_found() -> None:
    assert length_faults("x\n" * (LONGEST + 1)) == [f"{LONGEST + 1} lines"]
    assert length_faults("x\n" * LONGEST) == []


@pytest.mark.parametrize("folder", ["work", "home", "root", "Users"])
def test_an_absolute_path_is_found(folder: str) -> None:
    path = f"/{folder}/someone"
    assert absolute_path_faults(f'open("{path}/bars.csv")') == [path]
    assert absolute_path_faults(f"see https://example.org{path} and $HOME{path}") == []


def test_a_stub_that_differs_from_the_table_is_found() -> None:
    stub = stub_functions("def f(a: int, b: int, /) -> int: ...\ndef g() -> None: ...")
    table = table_functions(
        'table.add[f_call, 3](\n    "f", "Does f."\n)\ntable.add[h, 0]("h", "H.")'
    )
    assert stub == {"f": 2, "g": 0}
    assert table == {"f": 3, "h": 0}
