"""What writes a file as a whole: jobs that can be started again after a crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import barrow as bw
import numpy as np
import pyarrow as pa
from work import bars, contents

_HEAD = "timestamp,open,high,low,close,volume"
_NAME = "EUR/USD.SIM-1-MINUTE-LAST-EXTERNAL"


@dataclass(frozen=True)
class Job:
    """Something that makes files in a folder of its own.

    Attributes:
        name: What it is.
        run: Does it, whether it was done before or not; takes the folder of its input and
            an empty or half-done one for its output.
        files: What is there afterwards.
    """

    name: str
    run: Callable[[Path, Path], object]
    files: tuple[str, ...]

    def check(self, output: Path, wanted: dict[str, bytes], *, killed: bool = False) -> None:
        """Every file is whole or not there; temporary ones are there only after a kill."""
        for name, data in contents(output).items():
            if name in wanted:
                assert data == wanted[name], f"{self.name}: {name} is not whole"
            else:
                assert killed, f"{self.name} leaves {name}"
                assert name.endswith(".partial"), f"{self.name} leaves {name}"

    def again(self, source: Path, output: Path, wanted: dict[str, bytes]) -> None:
        """Started again, it comes to the same end; what a kill left is swept up first."""
        for name in contents(output):
            if name.endswith(".partial") or name == "rejects.csv":
                (output / name).unlink()
        self.run(source, output)
        assert contents(output) == wanted, f"{self.name} is different the second time"


def make_sources(folder: Path) -> None:
    """The inputs of all jobs."""
    rows = [f"2024-01-0{2 + at // 1440}T{at // 60 % 24:02}:{at % 60:02}:00,1,2,0.5,1.{at % 10},{at}"
            for at in range(10_000)]  # fmt: skip
    (folder / "bars.csv").write_text("\n".join([_HEAD, *rows]) + "\n")
    wide = [*rows[:9_990], "2024-01-09T20:00:00,1,2,0.5,1.5,99999999999"]
    (folder / "wide.csv").write_text("\n".join([_HEAD, *wide]) + "\n")
    bad = [*rows[:300], "2024-01-02T20:00:00,1,2,x,1.5,3", *rows[300:], "never,1,2,1,1,3"]
    (folder / "bad.csv").write_text("\n".join([_HEAD, *bad]) + "\n")
    bw.write_arrow(bars(0, 9_000), folder / "bars.arrow")
    layers = {"layer_name": ["a", "b"], "weights": [np.arange(70_000.0), [1.0, 2.0]]}
    bw.write_safetensors(pa.table(layers), folder / "weights.safetensors")
    bw.quantize_file(folder / "weights.safetensors", folder / "codes.arrow")


def _ingest(name: str, **options: object) -> Callable[[Path, Path], object]:
    known = {"batch_rows": 8_192, "bar_type": _NAME, **options}

    def run(source: Path, output: Path) -> None:
        rejects = {"rejects": output / "rejects.csv"} if "on_error" in options else {}
        path = output / "bars.arrow"
        bw.ingest(source / name, path, overwrite=path.exists(), **known, **rejects)

    return run


def _written(name: str, write: Callable[..., object]) -> Job:
    def run(source: Path, output: Path) -> None:
        path = output / name
        write(bw.open(source / "bars.arrow"), path, overwrite=path.exists())

    return Job(f"{write.__name__} {name}", run, (name,))


def _converted(name: str) -> Job:
    def run(source: Path, output: Path) -> None:
        path = output / name
        bw.convert(source / "bars.arrow", path, overwrite=path.exists())

    return Job(f"convert to {name}", run, (name,))


def _weights(name: str, work: Callable[..., object], target: str) -> Job:
    def run(source: Path, output: Path) -> None:
        path = output / target
        work(source / name, path, overwrite=path.exists())

    return Job(f"{work.__name__} {target}", run, (target,))


JOBS = [
    Job("ingest", _ingest("bars.csv"), ("bars.arrow",)),
    Job("ingest that finds wide values late", _ingest("wide.csv"), ("bars.arrow",)),
    Job(
        "ingest with rejects",
        _ingest("bad.csv", on_error="quarantine"),
        ("bars.arrow", "rejects.csv"),
    ),
    _written("bars.csv", bw.write_csv),
    _written("bars.parquet", bw.write_parquet),
    _written("bars.arrow", bw.write_arrow),
    *map(_converted, ("bars.csv.zst", "bars.arrow", "bars.parquet", "bars.bar64")),
    _weights("weights.safetensors", bw.quantize_file, "codes.arrow"),
    _weights("codes.arrow", bw.dequantize_file, "weights.arrow"),
    _weights("codes.arrow", bw.dequantize_file, "weights.safetensors"),
]


def reference(job: Job, source: Path, output: Path) -> dict[str, bytes]:
    """What an undisturbed run leaves."""
    output.mkdir()
    job.run(source, output)
    wanted = contents(output)
    assert tuple(sorted(wanted)) == job.files
    return wanted
