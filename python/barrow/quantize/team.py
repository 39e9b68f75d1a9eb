"""Threads that share jobs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Generic, TypeVar

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


class Team:
    """The calling thread and some others, which wait for jobs until the team ends.

    A pool of the standard library would cost more per job than short kernels take, and
    leave the calling thread without work.

    Args:
        workers: Threads, with the calling one.
    """

    def __init__(self, workers: int) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._others = [
            Thread(target=self._serve, name=f"barrow-quantize-{i}", daemon=True)
            for i in range(1, workers)
        ]

    def __enter__(self) -> Team:
        for thread in self._others:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _ in self._others:
            self._calls.put(None)
        for thread in self._others:
            thread.join()

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            call()

    def run(self, work: Callable[[_Job], _Result], jobs: Sequence[_Job]) -> Iterator[_Result]:
        """The results of jobs, in their order; the first error is raised in its turn.

        Args:
            work: What is done with each job.
            jobs: The jobs. Those that nobody began are left when the iterator is closed.
        """
        shared = _Shared(work, jobs)
        for _ in self._others[: len(jobs) - 1]:
            self._calls.put(shared.help)
        try:
            for i in range(len(jobs)):
                yield shared.result(i)
        finally:
            shared.stopped = True


class _Shared(Generic[_Job, _Result]):
    """Jobs that several threads take in turns."""

    def __init__(self, work: Callable[[_Job], _Result], jobs: Sequence[_Job]) -> None:
        self.stopped = False
        self._work = work
        self._jobs = jobs
        # Taking the next number is atomic.
        self._numbers = itertools.count()
        self._results: dict[int, _Result] = {}
        self._errors: dict[int, BaseException] = {}
        self._finished: SimpleQueue[None] = SimpleQueue()

    def help(self) -> None:
        """Does jobs until none is left."""
        while self._one():
            self._finished.put(None)

    def result(self, i: int) -> _Result:
        """Does jobs until one has its result, and waits for it where another thread has it."""
        while i not in self._results:
            if i in self._errors:
                raise self._errors[i]
            if not self._one():
                self._finished.get()
        return self._results.pop(i)

    def _one(self) -> bool:
        if self.stopped or (i := next(self._numbers)) >= len(self._jobs):
            return False
        try:
            self._results[i] = self._work(self._jobs[i])
        except BaseException as error:  # noqa: BLE001  raised again by the thread that asks
            self._errors[i] = error
        return True
