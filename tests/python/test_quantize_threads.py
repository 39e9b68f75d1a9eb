"""Threads that share jobs, and layers that they share."""

from __future__ import annotations

import threading
import time

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from barrow.quantize import kernel
from barrow.quantize.team import Team
from reference_quantize import quantized


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_jobs(workers: int) -> None:
    before = threading.active_count()
    with Team(workers) as team:
        for count in (0, 1, 3, 50):
            assert list(team.run(lambda n: n * n, range(count))) == [n * n for n in range(count)]
    assert threading.active_count() <= before  # those of other tests may have ended


def test_the_caller_and_others_work_at_once() -> None:
    meeting = threading.Barrier(3, timeout=30)
    seen = []

    def meet(_: int) -> None:
        meeting.wait()
        seen.append(threading.current_thread())

    with Team(3) as team:
        list(team.run(meet, range(3)))
    assert threading.main_thread() in seen
    assert len(set(seen)) == 3


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_an_error_is_raised_whoever_meets_it(workers: int) -> None:
    def work(n: int) -> int:
        if n == 2:
            raise KeyError(n)
        return n

    before = threading.active_count()
    with Team(workers) as team:
        results = team.run(work, range(50))
        with pytest.raises(KeyError):
            list(results)
    assert threading.active_count() <= before


def test_jobs_are_left_when_nobody_wants_their_results() -> None:
    begun = []

    def work(n: int) -> None:
        begun.append(n)
        time.sleep(0.01)

    with Team(2) as team:
        results = team.run(work, range(1000))
        next(results)
        results.close()
    assert len(begun) < 10


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
def test_a_layer_that_is_larger_than_a_share(threads: int, scheme: str) -> None:
    x = np.random.default_rng(1).normal(size=4_500_003).astype(np.float32)
    assert kernel.share_of(x.size, 1) < x.size
    q = bw.quantize(x, bit_width=3, scheme=scheme, threads=threads)
    codes, scales, zeros = quantized(x, 3, x.size, scheme == "symmetric")
    assert (q.scales == scales).all()
    assert (q.zero_points == zeros).all()
    assert (q.unpacked() == codes).all()


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("group", [16, 32, 64, 100, 128, 256])
def test_what_is_written_past_the_caches_is_the_same(
    bits: int, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.random.default_rng(bits).normal(3, size=20_001).astype(np.float32)
    options = {"bit_width": bits, "granularity": "group", "group_size": group}
    plain = bw.quantize(x, **options)
    values = bw.dequantize(plain)
    monkeypatch.setattr(kernel, "_STREAMED", 1)
    # Begins with no cache line, too.
    for begin in (0, 1, 7):
        part = bw.quantize(x[begin:], **options)
        codes, scales, _ = quantized(x[begin:], bits, group, False)
        assert (part.scales == scales).all()
        assert (part.unpacked() == codes).all()
    assert (bw.dequantize(plain) == values).all()
    out = np.empty(x.size + 1, np.float32)[1:]
    assert (bw.dequantize(plain, out=out) == values).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_every_layer_is_reported_in_its_turn(threads: int) -> None:
    sizes = [3, 0, 2_100_000, 5, 0, 70_000]
    weights = [np.arange(n, dtype=np.float32) for n in sizes]
    table = pa.table(
        {
            "layer_name": [str(i) for i in range(len(sizes))],
            "weights": pa.array(weights, pa.list_(pa.float32())),
        }
    )
    told: list[tuple[int, int, str]] = []
    result = bw.quantize_arrow(
        table,
        bit_width=8,
        granularity="tensor",
        threads=threads,
        progress=lambda *what: told.append(what),
    )
    assert told == [(i + 1, 6, str(i)) for i in range(6)]
    for layer, x in zip(result.column("quantized_data"), weights, strict=True):
        codes, _, _ = quantized(x, 8, max(x.size, 1), False)
        assert layer.as_py() == codes.astype(np.uint8).tobytes()


def test_threads_are_for_work_that_is_worth_them() -> None:
    assert kernel.workers_for(1_000_000, 8) == 1
    assert kernel.workers_for(3_000_000, 8) == 8
    assert kernel.share_of(3_000_000, 8) % 8 == 0
