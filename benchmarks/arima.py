"""Times fits of ARIMA models to many series against the libraries people use.

    python benchmarks/arima.py
    python benchmarks/arima.py --series 200 --sample 20 --rounds 5

The series are simulated and seeded. Before any clock starts, the parameters that every rival finds
are put into one exact likelihood, with the best variance for them: what is told is by how much each
falls short of the best of all, and of how many series by more than 1e-4. Rivals take turns, forward
and backward; each but barrow fits a sample of the series, on as many processes as barrow has
threads. statsforecast needs pandas 2, so it is measured in an environment of its own; what is not
installed is left out.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from statistics import median
from typing import Any

import barrow as bw
import numpy as np

Array = np.ndarray[Any, Any]
Order = tuple[int, int, int]
TRUTH: dict[Order, tuple[list[float], list[float]]] = {
    (1, 1, 1): ([0.5], [0.3]),
    (2, 0, 2): ([0.6, -0.3], [0.4, 0.2]),
}
_LENGTH = 500


def simulated(order: Order, rows: int) -> Array:
    """Series of a process, a row each; the first 100 values are forgotten."""
    ar, ma = TRUTH[order]
    e = np.random.default_rng(1).standard_normal((rows, _LENGTH + 100))
    y = np.zeros_like(e)
    for t in range(y.shape[1]):
        y[:, t] = e[:, t]
        for i in range(min(t, len(ar))):
            y[:, t] += ar[i] * y[:, t - i - 1]
        for i in range(min(t, len(ma))):
            y[:, t] += ma[i] * e[:, t - i - 1]
    y = y[:, 100:]
    return np.cumsum(y, axis=1) if order[1] else y


def names_of(order: Order) -> list[str]:
    names = [f"ar.L{i + 1}" for i in range(order[0])] + [f"ma.L{i + 1}" for i in range(order[2])]
    return names if order[1] else [*names, "const"]


def with_statsmodels(task: tuple[Array, Order]) -> list[float]:
    """The parameters that statsmodels finds, in the order of `names_of`."""
    from statsmodels.tsa.arima.model import ARIMA

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ARIMA(task[0], order=task[1]).fit()
    params = dict(zip(found.model.param_names, found.params, strict=True))
    return [float(params[name]) for name in names_of(task[1])]


def with_statsforecast(task: tuple[Array, Order]) -> list[float]:
    """The parameters that statsforecast finds, in the order of `names_of`."""
    from statsforecast.arima import arima

    y, order = task
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = arima(y, order=order, include_mean=order[1] == 0, method="CSS-ML")["coef"]
    other = {"const": "intercept"}
    return [float(found[other.get(n, n.replace(".L", ""))]) for n in names_of(order)]


RIVALS: dict[str, Callable[[tuple[Array, Order]], list[float]]] = {
    "statsforecast": with_statsforecast,
    "statsmodels": with_statsmodels,
}


def likelihood(y: Array, order: Order, params: list[float]) -> float:
    """The exact log likelihood at parameters, the variance being the best for them."""
    model = bw.ARIMA(*order)
    try:
        one, two = (model.filter(y, [*params, variance]) for variance in (1.0, 2.0))
    except bw.BarrowArgumentError:
        return -np.inf  # not stationary
    n = one.nobs
    squares = 4.0 * (two.loglik - one.loglik + 0.5 * n * np.log(2.0))
    return float(one.loglik + 0.5 * squares - 0.5 * n * (1.0 + np.log(squares / n)))


class Turn:
    """Wall and CPU seconds for a series, of several runs."""

    def __init__(self, series: int) -> None:
        self._series = series
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def take(self, run: Callable[[], Any], children: bool) -> None:
        cpu, wall = _cpu(children), time.perf_counter()
        run()
        self.wall.append((time.perf_counter() - wall) / self._series)
        self.cpu.append((_cpu(children) - cpu) / self._series)


def _cpu(children: bool) -> float:
    if not children:
        return time.process_time()
    ticks = 0
    for line in os.listdir("/proc"):
        if line.isdigit():
            ticks += _ticks_of(line)
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks_of(process: str) -> int:
    """CPU time of a child of this process."""
    try:
        with open(f"/proc/{process}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12]) if int(fields[1]) == os.getpid() else 0


def measure(order: Order, arguments: argparse.Namespace) -> None:
    """Compares answers, then clocks, and prints both."""
    many = simulated(order, arguments.series)
    rivals = {name: fit for name, fit in RIVALS.items() if find_spec(name)}
    context = get_context("spawn")
    with ProcessPoolExecutor(arguments.threads, mp_context=context) as pool:

        def run(name: str) -> list[list[float]]:
            tasks = [(y, order) for y in many[: arguments.sample]]
            return list(pool.map(rivals[name], tasks))

        fits = bw.batch_fit_arima(many, *order, threads=arguments.threads)
        sample = range(arguments.sample)
        values = {"barrow": [fits.params[i, :-1].tolist() for i in sample]}
        values |= {name: run(name) for name in rivals}
        reached = {
            name: np.array([likelihood(many[i], order, found[i]) for i in sample])
            for name, found in values.items()
        }
        best = np.max(list(reached.values()), axis=0)
        turns = {"barrow": Turn(len(many)), **{name: Turn(arguments.sample) for name in rivals}}
        for number in range(arguments.rounds):
            for name in list(turns) if number % 2 == 0 else reversed(list(turns)):
                if name == "barrow":
                    turns[name].take(
                        lambda: bw.batch_fit_arima(many, *order, threads=arguments.threads), False
                    )
                else:
                    turns[name].take(lambda name=name: run(name), True)  # type: ignore[misc]
    base = turns["barrow"]
    print(f"\n{order}: {len(many)} series of {_LENGTH}, converged: {fits.converged.sum()}")
    print("rival          series/s  CPU ms/fit  wall x  CPU x  below best by > 1e-4, at most")
    for name, turn in turns.items():
        below = best - reached[name]
        wall, cpu = median(turn.wall), median(turn.cpu)
        print(
            f"{name:<14} {1 / wall:>8.0f}  {1e3 * cpu:>10.3f}  {wall / median(base.wall):>6.1f}"
            f"  {cpu / median(base.cpu):>5.1f}  {(below > 1e-4).sum()} of {len(below)}, "
            f"{below.max():.1e}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=1_000, help="series that barrow fits")
    parser.add_argument("--sample", type=int, default=60, help="how many of them the others fit")
    parser.add_argument("--rounds", type=int, default=3, help="runs of every rival")
    parser.add_argument("--threads", type=int, default=2, help="threads, or processes of others")
    parser.add_argument("--smoke", action="store_true", help="few series, one round")
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.series, arguments.sample, arguments.rounds = 20, 4, 1
    # Processes of the others shall not start threads of their own.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    arguments.sample = min(arguments.sample, arguments.series)
    for order in TRUTH:
        measure(order, arguments)


if __name__ == "__main__":
    main()
