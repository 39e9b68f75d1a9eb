"""Single records: small, untracked, equal by value, and safe to keep."""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys
from pathlib import Path

import barrow as bw
import pytest
from barrow._lib import native
from barrow.bars import items

BARS = "timestamp,open,high,low,close,volume\n" + "".join(
    f"2024-01-02T09:{at:02}:00Z,1.{at:04},1.9,-0.5,1.25,{at}\n" for at in range(60)
)
TRADES = "timestamp,price,size,side,id\n" + "".join(
    f"2024-01-02T09:{at:02}:00Z,1.{at:04},3,{'buy' if at % 2 else 'sell'},t-{at}\n"
    for at in range(60)
)


def read(tmp_path: Path, text: str, encoding: str = "fixed8"):
    path = tmp_path / "records.csv"
    path.write_text(text)
    return bw.read_csv(path, encoding=encoding)


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16", "decimal128"])
@pytest.mark.parametrize("text", [BARS, TRADES])
def test_lists_iterators_and_indexes_give_the_same(
    tmp_path: Path, text: str, encoding: str
) -> None:
    records = read(tmp_path, text, encoding)
    assert records.to_list() == list(records) == [records[at] for at in range(60)]
    assert len(set(records.to_list())) == 60
    assert records[3:9].to_list() == records.to_list()[3:9]


def test_records_are_small_and_not_tracked(tmp_path: Path) -> None:
    listed = read(tmp_path, BARS).to_list()
    assert sys.getsizeof(listed[0]) <= 48
    assert not any(gc.is_tracked(record) for record in listed)


def test_records_keep_their_columns_alive(tmp_path: Path) -> None:
    record = read(tmp_path, BARS)[7]
    gc.collect()
    assert str(record.open) == "1.0007"
    owner = record.owner
    before = sys.getrefcount(owner)
    more = type(record).rows(owner, 0, 1000)
    assert sys.getrefcount(owner) == before + 1000
    del more
    assert sys.getrefcount(owner) == before


@pytest.mark.parametrize("text", [BARS, TRADES])
def test_dictionaries_and_pickles_come_back(tmp_path: Path, text: str) -> None:
    for encoding in ("fixed8", "fixed16"):
        for record in read(tmp_path, text, encoding):
            assert type(record).from_dict(record.to_dict()) == record
            again = pickle.loads(pickle.dumps(record))
            assert (again, hash(again), str(again)) == (record, hash(record), str(record))


def test_dictionaries_are_nautilus_traders(tmp_path: Path) -> None:
    assert read(tmp_path, TRADES)[1].to_dict() == {
        "type": "TradeTick",
        "instrument_id": None,
        "price": "1.0001",
        "size": "3",
        "aggressor_side": "BUYER",
        "trade_id": "t-1",
        "ts_event": 1704186060000000000,
        "ts_init": 1704186060000000000,
    }


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"type": "QuoteTick"}, "is a QuoteTick"),
        ({"aggressor_side": "BOTH"}, "'BOTH' is none of NO_AGGRESSOR"),
        ({"price": "x"}, "is not a decimal"),
        ({"size": "-1"}, "is negative"),
    ],
)
def test_bad_dictionaries_are_told(tmp_path: Path, change: dict[str, str], what: str) -> None:
    good = read(tmp_path, TRADES)[1].to_dict()
    with pytest.raises(bw.BarrowError, match=what):
        bw.TradeTick.from_dict(good | change)
    del good["price"]
    with pytest.raises(bw.BarrowArgumentError, match="lacks price"):
        bw.TradeTick.from_dict(good)


def test_records_are_not_made_by_hand() -> None:
    with pytest.raises(bw.BarrowArgumentError, match="rows of columns"):
        bw.Bar()


class Larger(items._Row):
    """A class with room of its own, which the extension must not fill in."""

    __slots__ = ("more",)


@pytest.mark.parametrize("cls", [object, int, items._Row, Larger, 7])
def test_only_classes_of_rows_are_made(cls: object) -> None:
    with pytest.raises((bw.BarrowArgumentError, AttributeError, TypeError)):
        native.rows_new(items._Row, cls, None, 0, 1)


def test_interpreters_end_with_records_alive() -> None:
    code = (
        "import barrow as bw\n"
        "from barrow._arrow import FIXED8, Meta\n"
        "kept = bw.Bar.single((1, 2, 0, 1, 5, 7, 7), Meta('x', 9, 9), FIXED8)\n"
        "print(kept.high.raw)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "2"), done.stderr
