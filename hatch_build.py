"""Compiles mojo_src/bindings/_native.mojo into the Python package.

Used in two ways:

* as the Hatch build hook: `pip install .`, `pip install -e .`, `uv sync`, wheels
* as a program, for the edit/compile loop: `python hatch_build.py`; with a Mojo file of your
  own, `python hatch_build.py mine.mojo`, it makes the extension `mine.so` beside it

One extension is written per CPU level: python/barrow/_native.<level>.so. The
machine needs no C compiler: Mojo writes an object file, and the linker that comes
with the Mojo compiler turns it into a shared library. Linking here rather than
through `mojo build --emit shared-lib` also keeps the compiler's own location (a
temporary folder under build isolation) out of the library's run path.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PACKAGE = ROOT / "python" / "barrow"
SOURCES = ROOT / "mojo_src"
# The CPU levels. x86-64-v3 is what the Mojo runtime libraries need anyway, so a lower
# one would gain nothing; icelake-server is AVX-512 with VBMI, which x86-64-v4 lacks.
# Mojo's own default is the building machine's CPU.
LEVELS = {"x86_64": "x86-64-v3,icelake-server", "aarch64": "generic"}
# Where the runtime libraries lie, seen from site-packages/barrow: in a
# virtual environment, then in a conda environment (<prefix>/lib).
RUN_PATH = "$ORIGIN/../modular/lib:$ORIGIN/../../.."
LOWEST_GLIBC = 34  # what the Mojo runtime libraries themselves ask for: 2.34


def levels() -> list[str]:
    """The CPU levels to build: BARROW_CPU, comma separated, or all of this architecture."""
    return (os.environ.get("BARROW_CPU") or LEVELS[platform.machine()]).split(",")


def toolchain() -> Path:
    """The folder that holds bin/mojo, bin/lld and lib/ for this interpreter."""
    spec = importlib.util.find_spec("mojo")
    places = [Path(p).parent / "modular" for p in (spec.submodule_search_locations if spec else [])]
    for place in [*places, Path(sys.prefix)]:
        if (place / "bin" / "mojo").is_file() and (place / "bin" / "lld").is_file():
            return place
    raise RuntimeError("the Mojo compiler is missing: pip install mojo-compiler==1.2.0")


def mojo_environment(root: Path, no_cc: Path) -> dict[str, str]:
    """The environment the compiler needs when it is started without its wrapper."""
    env = dict(os.environ)
    # A build neither reports to a server nor leaves files in the home folder.
    env.setdefault("MODULAR_TELEMETRY_ENABLED", "0")
    env.setdefault("MODULAR_CRASH_REPORTING_ENABLED", "0")
    env.setdefault("MODULAR_CACHE_DIR", str(ROOT / "build" / "mojo-cache"))
    env["MODULAR_MAX_PACKAGE_ROOT"] = env["MODULAR_MOJO_MAX_PACKAGE_ROOT"] = str(root)
    env["MODULAR_MOJO_MAX_DRIVER_PATH"] = str(root / "bin" / "mojo")
    env["MODULAR_MOJO_MAX_IMPORT_PATH"] = str(root / "lib" / "mojo")
    # `mojo build` refuses to start without a C compiler on PATH, even where it
    # is never run. A stand-in that fails satisfies it.
    env["PATH"] = f"{env.get('PATH', os.defpath)}{os.pathsep}{no_cc}"
    return env


def system_library(name: str) -> Path:
    """Where the dynamic linker finds a library; no development files are needed."""
    try:
        ctypes.CDLL(name)
    except OSError as error:
        raise RuntimeError(f"{name} is missing; the Mojo runtime needs it too: {error}") from error
    for line in Path("/proc/self/maps").read_text().splitlines():
        if line.endswith(f"/{name}"):
            return Path(line.split(maxsplit=5)[5])
    raise RuntimeError(f"{name} was loaded but is in no mapping")


def link(command: list[str | Path]) -> None:
    """Runs the linker. Only the interpreter's own symbols may stay undefined."""
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    missing = re.findall(r"undefined symbol: (\S+)", run.stderr)
    if run.returncode or not all(symbol.startswith("Py") for symbol in missing):
        raise RuntimeError(f"linking failed:\n{run.stderr}")


def fingerprint(level: str, root: Path) -> str:
    """Changes when the sources, the compiler or this script do."""
    digest = hashlib.sha256(level.encode())
    compiler = (root / "bin" / "mojo").stat()
    digest.update(f"{compiler.st_size} {RUN_PATH}".encode())
    for path in [Path(__file__), *sorted(SOURCES.rglob("*.mojo"))]:
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def compile_level(level: str, root: Path) -> Path:
    """Builds the extension for one CPU level, unless it is there and current."""
    target = PACKAGE / f"_native.{level}.so"
    stamp = ROOT / "build" / f"{target.name}.sha256"
    wanted = fingerprint(level, root)
    if target.is_file() and stamp.is_file() and stamp.read_text() == wanted:
        return target
    stamp.parent.mkdir(exist_ok=True)
    source = SOURCES / "bindings" / "_native.mojo"
    compile_extension(source, target, level, root, RUN_PATH, stamp.parent)
    stamp.write_text(wanted)
    return target


def compile_extension(
    source: Path, target: Path, level: str, root: Path, run_path: str, scratch: Path
) -> None:
    """Makes a Python extension of a Mojo file that may import `barrow` and the bindings."""
    # libgcc_s has the division of 128-bit integers.
    system = [system_library(f"lib{name}") for name in ("c.so.6", "m.so.6", "gcc_s.so.1")]
    runtime = sorted((root / "lib").glob("lib*Globals.so"))
    # Same file system as the target, so that the last step is an atomic rename.
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        work = Path(name)
        (work / "cc").write_text("#!/bin/sh\necho 'no C compiler' >&2\nexit 1\n")
        (work / "cc").chmod(0o755)
        subprocess.run(
            [root / "bin" / "mojo", "build", "--emit", "object", "--target-cpu", level,
             # A fused multiply-add rounds once where the reference rounds twice.
             "--fp-mode", "contract=off",
             "-strip-file-prefix", f"{ROOT}/", "-I", SOURCES, "-I", SOURCES / "bindings",
             source, "-o", work / "native.o"],
            env=mojo_environment(root, work), check=True,
        )  # fmt: skip
        link(
            [root / "bin" / "lld", "-flavor", "gnu", "-shared", "-o", work / target.name,
             work / "native.o", root / "lib" / "libKGENCompilerRTShared.so", "--as-needed",
             *runtime, *system, "--gc-sections", "--strip-all", "--eh-frame-hdr",
             "--hash-style=gnu", "-z", "defs", "--warn-unresolved-symbols", "--error-limit=0",
             "-z", "now", "-z", "relro", "-rpath", run_path]
        )  # fmt: skip
        os.replace(work / target.name, target)


def build_other(source: Path) -> Path:
    """An extension beside a Mojo file of somebody else's, for this machine's environment."""
    root = toolchain()
    target = source.resolve().with_suffix(".so")
    compile_extension(source, target, levels()[0], root, str(root / "lib"), target.parent)
    return target


def build() -> list[Path]:
    """Builds every wanted level and removes the levels nobody asked for."""
    root = toolchain()
    built = [compile_level(level, root) for level in levels()]
    for old in PACKAGE.glob("_native.*.so"):
        if old not in built:
            old.unlink()
    return built


def wheel_tag(libraries: list[Path]) -> str:
    """No Python version: the runtime looks the interpreter's functions up by name."""
    asked = [int(n) for lib in libraries for n in re.findall(rb"GLIBC_2\.(\d+)", lib.read_bytes())]
    return f"py3-none-manylinux_2_{max([LOWEST_GLIBC, *asked])}_{platform.machine()}"


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a program, outside a build
    pass
else:

    class MojoBuildHook(BuildHookInterface):  # type: ignore[type-arg]
        """Runs the compilation before Hatch collects the files of the wheel."""

        def initialize(self, version: str, build_data: dict) -> None:  # type: ignore[type-arg]
            libraries = build()
            build_data["pure_python"] = False
            build_data["tag"] = wheel_tag(libraries)


if __name__ == "__main__":
    others = [build_other(Path(name)) for name in sys.argv[1:]]
    for path in others or build():
        shown = path if others else path.relative_to(ROOT)
        print(shown, path.stat().st_size, "bytes")
