"""Runs a Mojo program that calls Python: finds a libpython for it, or says what to do.

    python examples/run_mojo.py examples/decode_bars.mojo bars.arrow

`mojo run` embeds the interpreter and needs it as a shared library, which not every
Python has. The packages come from the environment of the Python that runs this.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent


def shared_libpython() -> Path | None:
    """The shared library of this Python's version, or None if there is none."""
    version = sysconfig.get_config_var("VERSION")
    names = [f"libpython{version}.so", f"libpython{version}.so.1.0"]
    folders = [
        sysconfig.get_config_var("LIBDIR"),
        Path(sys.base_prefix) / "lib",
        Path("/usr/lib") / (sysconfig.get_config_var("MULTIARCH") or ""),
        "/usr/lib64",
        "/usr/lib",
        "/usr/local/lib",
    ]
    places = [Path(folder) / name for folder in folders if folder for name in names]
    return next((place for place in places if place.is_file()), None)


def run_mojo(arguments: list[str], output: IO[str] | None = None) -> int:
    """Runs `mojo run` with the package on its path; returns the exit status.

    Args:
        arguments: Those of `mojo run` and of the program.
        output: Where everything that is printed goes; to the caller's own output if None.
    """
    library = shared_libpython()
    if library is None:
        version = sysconfig.get_config_var("VERSION")
        print(
            f"a Mojo program that calls Python needs libpython{version}.so, and there is none\n"
            f"  try: apt install libpython{version}, dnf install python3-libs,\n"
            f"       or a Python from uv, pyenv (--enable-shared) or conda",
            file=sys.stderr,
        )
        return 1
    env = dict(
        os.environ,
        MOJO_PYTHON=sys.executable,
        MOJO_PYTHON_LIBRARY=str(library),
        MODULAR_TELEMETRY_ENABLED="0",
        MODULAR_CRASH_REPORTING_ENABLED="0",
    )
    env.setdefault("MODULAR_CACHE_DIR", str(ROOT / "build" / "mojo-cache"))
    # The same floating-point rules as the extension: see hatch_build.py.
    command = [
        "mojo",
        "run",
        "--Werror",
        "--fp-mode",
        "contract=off",
        "-I",
        ROOT / "mojo_src",
    ]
    whole = [*command, *arguments]
    errors = subprocess.STDOUT if output else None
    return subprocess.run(whole, env=env, check=False, stdout=output, stderr=errors).returncode


if __name__ == "__main__":
    sys.exit(run_mojo(sys.argv[1:]))
