"""The one door to the compiled extension: finds the one that fits this machine.

Three things need care, all of them traits of the Mojo runtime:

* The extension needs libKGENCompilerRTShared.so. Its run path finds it in an
  ordinary installation. It does not in an editable one, nor where the two
  distributions lie in different folders, so the library is loaded first, by path.
* While it starts, the runtime runs the first `python3` on PATH to look for
  libpython, and aborts the process if there is none. It uses nothing of the answer
  inside a Python process. An empty MOJO_PYTHON_LIBRARY leaves that out.
* It also writes PYTHONPATH, PYTHONEXECUTABLE and MOJO_PYTHON_LIBRARY into the
  environment, where child processes would inherit them.
"""

from __future__ import annotations

import ctypes
import importlib.machinery
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

__all__ = ["cpu_level", "native", "supported_levels"]

_HERE = Path(__file__).parent
_RUNTIME = "libKGENCompilerRTShared.so"
_TOUCHED = ("MOJO_PYTHON", "MOJO_PYTHON_LIBRARY", "PYTHONPATH", "PYTHONEXECUTABLE")
# What each level needs, in the names Linux uses. The Mojo runtime itself needs v3:
# without this check the process would die of an illegal instruction.
_FLAGS = {
    "x86-64-v3": {"abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave"},
    "icelake-server": {
        "adx", "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512ifma", "avx512vbmi",
        "avx512vl", "avx512_bitalg", "avx512_vbmi2", "avx512_vnni", "avx512_vpopcntdq",
        "gfni", "sha_ni", "vaes", "vpclmulqdq",
    },
}  # fmt: skip


def supported_levels() -> list[str]:
    """The CPU levels this machine can run, best first."""
    if platform.machine() != "x86_64":
        return ["generic"]
    with open("/proc/cpuinfo") as lines:
        flags = next((set(line.split()) for line in lines if line.startswith("flags")), set())
    found: list[str] = []
    for level, needed in _FLAGS.items():
        if not needed <= flags:
            break
        found.insert(0, level)
    return found


def _preload_runtime() -> None:
    spec = importlib.util.find_spec("modular")
    folders = [Path(p) / "lib" for p in (spec.submodule_search_locations or [])] if spec else []
    for folder in [*folders, Path(sys.prefix) / "lib"]:
        if (folder / _RUNTIME).is_file():
            ctypes.CDLL(str(folder / _RUNTIME))
            return


@contextmanager
def _guarded_environment() -> Iterator[None]:
    saved = {name: os.environ.get(name) for name in _TOUCHED}
    os.environ.pop("MOJO_PYTHON", None)
    os.environ["MOJO_PYTHON_LIBRARY"] = ""
    try:
        yield
    finally:
        for name, value in saved.items():
            if value is None:
                os.environ.pop(name, None)
                os.unsetenv(name)  # set behind the back of os.environ
            else:
                os.environ[name] = value


def _load_native() -> ModuleType:
    """Imports the best extension this machine can run as `barrow._native`."""
    wanted = os.environ.get("BARROW_CPU")
    supported = supported_levels()
    if not supported:
        raise ImportError(
            "barrow needs an x86-64-v3 CPU (AVX2, BMI2, FMA): the Mojo runtime is compiled for it"
        )
    if wanted and wanted not in supported:
        raise ImportError(
            f"BARROW_CPU={wanted}, but this CPU runs {' and '.join(supported)} only: "
            "unset it, or set one of those"
        )
    candidates = [wanted] if wanted else supported
    path = next((p for level in candidates if (p := _HERE / f"_native.{level}.so").is_file()), None)
    if path is None:
        have = sorted(p.name for p in _HERE.glob("_native.*.so"))
        raise ImportError(
            f"no compiled extension for this CPU: wanted one of {candidates}, have {have}. "
            "In a source checkout, run `python hatch_build.py`."
        )
    name = "barrow._native"
    loader = importlib.machinery.ExtensionFileLoader(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None:
        raise ImportError(f"{path} is no extension module")
    with _guarded_environment():
        _preload_runtime()
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
    sys.modules[name] = module
    return module


if TYPE_CHECKING:
    from barrow import _native as native
else:
    native = _load_native()


def cpu_level() -> str:
    """The CPU level the loaded extension was compiled for."""
    return str(native.__file__).split("_native.")[1].removesuffix(".so")
