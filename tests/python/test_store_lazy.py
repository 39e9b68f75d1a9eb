"""Records of a store are looked into when they are asked for, and stay what they were."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import barrow as bw
import pytest
from minutes import BARS, FOLDER, MINUTE, START, bars_at, minutes_of

ROWS = 5_000  # too many for a file that is not mapped


@pytest.fixture
def store(tmp_path: Path) -> bw.Store:
    """Three parts that are mapped, and one that is not."""
    store = bw.Store(tmp_path / "store")
    bars = bars_at(list(range(3 * ROWS + 10)))
    for begin in range(0, len(bars), ROWS):
        store.append(bars[begin : begin + ROWS])
    return store


def test_records_nobody_looked_into_stay_what_they_were(store: bw.Store) -> None:
    before = bars_at(list(range(3 * ROWS + 10)))
    found = store.read(BARS)
    some = store.read(BARS, START + 100 * MINUTE, START + (3 * ROWS + 5) * MINUTE)
    writer = bw.Store(store.root)
    writer.append(bars_at(list(range(ROWS // 2, 2 * ROWS)), "1.7"), overlap="replace")
    writer.compact()
    assert len(store.parts(BARS)) == 1
    now = store.read(BARS)
    assert str(now[ROWS - 1].close) == "1.70000"
    assert found == before
    assert some == before[100 : 3 * ROWS + 5]
    shutil.rmtree(store.root)
    assert now[: ROWS // 2] == before[: ROWS // 2]
    assert now[2 * ROWS :] == before[2 * ROWS :]


def damage(path: Path) -> None:
    """Makes nonsense of what is in a file, but for its length."""
    size = path.stat().st_size
    path.unlink()  # who has it mapped keeps the old one
    path.write_bytes(b"\xff" * size)


def test_a_damaged_part_is_found_when_it_is_looked_into(store: bw.Store) -> None:
    damaged = store.parts(BARS)[1]
    damage(damaged)
    found = bw.Store(store.root).read(BARS)
    assert len(found) == 3 * ROWS + 10
    assert found[: ROWS // 2] == bars_at(list(range(ROWS // 2)))
    assert minutes_of(found[-20:]) == list(range(3 * ROWS - 10, 3 * ROWS + 10))
    for look in (lambda: found[ROWS], lambda: found.raw("close"), lambda: list(found)):
        with pytest.raises(bw.BarrowCorruptError) as raised:
            look()
        assert str(raised.value) == (
            f"{damaged}: the part is damaged: Not an Arrow file\n  try: restore it from a copy"
        )
    # Of the parts a bound cuts the stamps are looked at, at once.
    assert len(bw.Store(store.root).read(BARS, START + 5 * MINUTE)) == 3 * ROWS + 5
    with pytest.raises(bw.BarrowCorruptError, match="Not an Arrow file"):
        bw.Store(store.root).read(BARS, START + (ROWS + 5) * MINUTE)


def test_a_part_of_other_records_is_found_when_it_is_looked_into(store: bw.Store) -> None:
    other = bw.Store(Path(store.root).with_name("other"))
    other.append(bars_at(list(range(ROWS, 2 * ROWS)), precision=4))
    second = store.parts(BARS)[1]
    shutil.copyfile(other.parts(BARS)[0], second)
    found = bw.Store(store.root).read(BARS)
    assert found[0] == bars_at([0])[0]
    with pytest.raises(bw.BarrowCorruptError) as raised:
        found[ROWS]
    assert str(raised.value) == (
        f"{second}: the part is damaged: it does not hold the records the manifest lists\n"
        "  try: restore it from a copy"
    )


def test_a_part_of_another_size_is_found_at_once(store: bw.Store) -> None:
    for path in (store.parts(BARS)[1], store.parts(BARS)[-1]):
        data = path.read_bytes()
        path.write_bytes(data[:-1])
        with pytest.raises(bw.BarrowCorruptError) as raised:
            bw.Store(store.root).read(BARS)
        assert str(raised.value) == (
            f"{path}: the part is damaged: it has {len(data) - 1:,} bytes, expected "
            f"{len(data):,}\n  try: restore it from a copy"
        )
        path.write_bytes(data)


def test_the_manifest_has_the_rows_of_every_batch(
    store: bw.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barrow.store.parts._BATCH_BYTES", 1 << 18)
    store.append(bars_at(list(range(4 * ROWS, 6 * ROWS))))
    lines = Path(store.root, FOLDER, "manifest.jsonl").read_text().splitlines()
    assert '"batches":[4096,4096,1808]' in lines[-1]
    assert '"batches":[5000]' in lines[1]
    found = bw.Store(store.root).read(BARS, START + 2 * ROWS * MINUTE)
    assert [len(batch) for batch in found.batches()] == [5000, 10, 4096, 4096, 1808]
    assert minutes_of(found[-1:]) == [6 * ROWS - 1]


WRITER = """
import sys, barrow as bw
sys.path.insert(0, sys.argv[1])
from minutes import BARS, bars_at
store = bw.Store(sys.argv[2])
for turn in range(10, 25):
    store.append(bars_at(list(range(6_000)), f"1.{turn}"), overlap="replace")
    if turn % 2:
        store.compact()
"""


def test_readers_that_look_late_see_one_state(tmp_path: Path) -> None:
    """Every turn replaces all rows; records that were read before have those of one turn."""
    store = bw.Store(tmp_path / "store")
    bars = bars_at(list(range(6_000)))
    for begin in range(0, 6_000, 2_000):
        store.append(bars[begin : begin + 2_000])
    here = str(Path(__file__).parent)
    with subprocess.Popen([sys.executable, "-c", WRITER, here, store.root]) as writer:
        reader, held, seen = bw.Store(store.root), [], set()
        while writer.poll() is None or held:
            if writer.poll() is None:
                held.append(reader.read(BARS))
            if len(held) > 20 or writer.poll() is not None:
                closes = held.pop(0).raw("close")
                assert len(closes) == 6_000
                assert len(set(closes.tolist())) == 1
                seen.add(int(closes[0]) // 10**7)
    assert writer.returncode == 0
    assert seen <= {150, *range(110, 125)}
    assert len(seen) > 1
    assert set(reader.read(BARS).raw("close").tolist()) == {124 * 10**7}
