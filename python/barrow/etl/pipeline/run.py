"""All stages for all symbols."""

from __future__ import annotations

import glob
import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from barrow.errors import BarrowArgumentError, BarrowError, message
from barrow.etl.pipeline.config import Pipeline, Symbol, load_pipeline
from barrow.etl.stages import StageReport, aggregate, resample, transform
from barrow.etl.stages.ledger import make_folder
from barrow.etl.stages.settings import SUFFIXES
from barrow.etl.stages.transform import written_text
from barrow.store import locked

LOCK = ".lock"
STAGES = ("transform", "aggregate", "resample")


@dataclass
class SymbolReport:
    """What happened to one symbol.

    Attributes:
        name: The symbol.
        stages: What its stages did, in their order, up to the one that failed.
        error: Why a stage failed; None if none did.
    """

    name: str
    stages: list[StageReport] = field(default_factory=list)
    error: BarrowError | None = None

    def to_dict(self) -> dict[str, Any]:
        """The facts as plain values."""
        error = None
        if self.error is not None:
            error = {"kind": self.error.kind, "message": str(self.error)}
        return {"name": self.name, "stages": [asdict(each) for each in self.stages], "error": error}


@dataclass
class RunReport:
    """What a pipeline did.

    Attributes:
        output: The folder everything is in.
        symbols: What happened to each symbol.
        seconds: Wall time.
    """

    output: str
    symbols: list[SymbolReport]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether no symbol failed."""
        return all(symbol.error is None for symbol in self.symbols)

    def to_json(self) -> str:
        """The report for machines."""
        symbols = [symbol.to_dict() for symbol in self.symbols]
        return json.dumps(
            {"output": self.output, "symbols": symbols, "seconds": self.seconds}, indent=2
        )


def run(
    config: str | os.PathLike[str] | Pipeline,
    *,
    symbols: Sequence[str] | None = None,
    stages: Sequence[str] = STAGES,
    rebuild: bool = False,
    threads: int | None = None,
    progress: Callable[[SymbolReport], None] | None = None,
) -> RunReport:
    """Brings a pipeline up to date: every stage of every symbol, each where it stopped.

    A symbol that fails leaves the others alone. In the output are, for every symbol,
    `days/EURUSD/2024-01-02.bar64`, `bars/EURUSD.bar64` and `resampled/EURUSD-5-minute.bar64`.

    Args:
        config: A TOML file, or what `load_pipeline` made of it.
        symbols: Which of them; all if None.
        stages: Which of `transform`, `aggregate` and `resample`.
        rebuild: Whether these stages start over.
        threads: How many symbols at the same time; two for every processor if None, as
            half of them wait for the disk.
        progress: Called after every stage of a symbol, in any thread, one at a time.

    Returns:
        What was done; look at `ok`, or at the `error` of each symbol.

    Raises:
        BarrowArgumentError: The configuration is wrong, or a symbol or a stage is not there.
        BarrowIoError: The configuration cannot be read, or another run is at work.
    """
    begun = time.perf_counter()
    pipeline = config if isinstance(config, Pipeline) else load_pipeline(config)
    wanted = _chosen("symbol", symbols, [symbol.name for symbol in pipeline.symbols])
    chosen = _chosen("stage", stages, list(STAGES))
    several = [symbol for symbol in pipeline.symbols if symbol.name in wanted]
    make_folder(pipeline.output or ".")
    with locked(os.path.join(pipeline.output, LOCK), 0):
        work = _Work(pipeline, chosen, rebuild, progress or (lambda _: None))
        reports = work.all(several, threads or 2 * (os.cpu_count() or 1))
    return RunReport(pipeline.output, reports, time.perf_counter() - begun)


def _chosen(what: str, names: Sequence[str] | None, known: list[str]) -> list[str]:
    if names is None:
        return known
    for name in names:
        if name not in known:
            raise BarrowArgumentError(
                message(what, f"there is no {name!r}; there are {', '.join(known)}")
            )
    return list(names)


class _Work:
    """Runs stages of symbols."""

    def __init__(
        self,
        pipeline: Pipeline,
        stages: list[str],
        rebuild: bool,
        progress: Callable[[SymbolReport], None],
    ) -> None:
        self._pipeline = pipeline
        self._suffix = SUFFIXES[pipeline.format]
        self._stages = stages
        self._rebuild = rebuild
        self._progress = progress
        self._telling = threading.Lock()

    def all(self, symbols: list[Symbol], threads: int) -> list[SymbolReport]:
        """Every symbol, some of them at the same time."""
        if min(threads, len(symbols)) == 1:
            return [self.one(symbol) for symbol in symbols]
        with ThreadPoolExecutor(threads) as pool:
            # The largest first, or one thread would be left alone with it at the end.
            sizes = [self._bytes(symbol) for symbol in symbols]
            order = sorted(range(len(symbols)), key=sizes.__getitem__, reverse=True)
            futures = {at: pool.submit(self.one, symbols[at]) for at in order}
            try:
                return [futures[at].result() for at in range(len(symbols))]
            finally:
                # After an interrupt only those that have begun are waited for.
                pool.shutdown(wait=False, cancel_futures=True)

    def _bytes(self, symbol: Symbol) -> int:
        """How large the file of bars of a symbol is so far."""
        path = self._bars(symbol)
        return os.path.getsize(path) if os.path.isfile(path) else 0

    def one(self, symbol: Symbol) -> SymbolReport:
        """One symbol, stage by stage."""
        report = SymbolReport(symbol.name)
        work = {
            "transform": self._transform,
            "aggregate": self._aggregate,
            "resample": self._resample,
        }
        try:
            for stage in STAGES:
                if stage in self._stages:
                    report.stages.append(work[stage](symbol))
                    self._tell(report)
        except BarrowError as error:
            report.error = error
            self._tell(report)
        return report

    def _tell(self, report: SymbolReport) -> None:
        with self._telling:
            self._progress(report)

    def _transform(self, symbol: Symbol) -> StageReport:
        return transform(
            symbol.sources,
            self._days(symbol),
            format=self._pipeline.format,
            live=symbol.live,
            sort=symbol.sort,
            rebuild=self._rebuild,
            **symbol.csv,
        )

    def _aggregate(self, symbol: Symbol) -> StageReport:
        days = self._days(symbol)
        pattern = os.path.join(glob.escape(days), "????-??-??" + self._suffix)
        return aggregate(pattern, self._bars(symbol), rebuild=self._rebuild, **written_text(days))

    def _resample(self, symbol: Symbol) -> StageReport:
        return resample(
            self._bars(symbol),
            symbol.timeframes,
            os.path.join(self._pipeline.output, "resampled"),
            format=self._pipeline.format,
            rebuild=self._rebuild,
            text=written_text(self._days(symbol)),
            **symbol.resample,
        )

    def _days(self, symbol: Symbol) -> str:
        return os.path.join(self._pipeline.output, "days", symbol.name)

    def _bars(self, symbol: Symbol) -> str:
        return os.path.join(self._pipeline.output, "bars", symbol.name + self._suffix)
