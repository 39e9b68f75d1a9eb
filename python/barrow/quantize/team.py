"""Threads that share jobs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Generic, TypeVar

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


class Team:
    """The calling thread and some others, which take jobs in turns until the team ends.

    To give a pool every job alone would cost more than short kernels take, and leave the
    calling thread without work.

    Args:
        workers: Threads, with the calling one.
    """

    def __init__(self, workers: int) -> None:
        self._others = max(workers - 1, 0)
        self._pool = ThreadPoolExecutor(self._others, "barrow-quantize") if self._others else None

    def __enter__(self) -> Team:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool:
            self._pool.shutdown()

    def run(self, work: Callable[[_Job], _Result], jobs: Sequence[_Job]) -> Iterator[_Result]:
        """The results of jobs, in their order.

        Args:
            work: What is done with each job. What it raises is raised here, after the
                results before it unless the calling thread meets it first.
            jobs: The jobs. Those that nobody began are left when the iterator is closed.
        """
        shared = _Shared(work, jobs)
        count = min(self._others, len(jobs) - 1)
        helpers = [self._pool.submit(shared.help) for _ in range(count)] if self._pool else []
        try:
            for i in range(len(jobs)):
                while i not in shared.results:
                    if not shared.one():
                        # Another thread has it, and is at its last job.
                        for helper in helpers:
                            helper.result()
                yield shared.results.pop(i)
        finally:
            shared.stopped = True


class _Shared(Generic[_Job, _Result]):
    """Jobs that several threads take in turns."""

    def __init__(self, work: Callable[[_Job], _Result], jobs: Sequence[_Job]) -> None:
        self.stopped = False
        self.results: dict[int, _Result] = {}
        self._work = work
        self._jobs = jobs
        # Taking the next number is atomic.
        self._numbers = itertools.count()

    def help(self) -> None:
        """Does jobs until none is left."""
        while self.one():
            pass

    def one(self) -> bool:
        """Does the next job; tells whether there was one."""
        if self.stopped or (i := next(self._numbers)) >= len(self._jobs):
            return False
        self.results[i] = self._work(self._jobs[i])
        return True
