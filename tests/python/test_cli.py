from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import barrow as bw
import pytest
from children import BARROW, assert_plain_failure, names, run_barrow, run_python

HEADER = "timestamp,open,high,low,close,volume\n"
ROW = "2024-01-02T09:30:00Z,1.0842,1.0850,1.0840,1.0848,312\n"
NEXT = "2024-01-02T09:31:00Z,1.0848,1.0849,1.0845,1.0846,95\n"
BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + ROW + NEXT)
    return path


@pytest.fixture
def arrow(source: Path, tmp_path: Path) -> Path:
    bw.ingest(source, tmp_path / "bars.arrow", bar_type=BAR_TYPE)
    return tmp_path / "bars.arrow"


def succeed(*arguments: object, **options: object) -> str:
    """Runs a command that must work and gives what it printed, without decorations."""
    done = run_barrow(*arguments, **options)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("command", ["", "ingest", "check", "info", "head", "version"])
def test_every_command_has_help(command: str) -> None:
    text = succeed(*command.split(), "--help")
    assert "Usage: " in text
    if command:
        assert "--json" in text
    else:
        assert all(name in text for name in ("ingest", "check", "info", "head"))


def test_the_installed_command_is_there(source: Path) -> None:
    command = Path(BARROW[0]).with_name("barrow")
    done = subprocess.run([command, "version"], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.startswith(f"barrow {bw.__version__}, {bw.cpu_level()}, ")


# ---------------------------------------------------------------------- ingest


def test_ingest_writes_the_file_and_says_what_it_did(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "bars.arrow"
    text = succeed("ingest", source, "-o", out, "--bar-type", BAR_TYPE)
    lines = text.splitlines()
    assert lines[0] == (
        f"{out}: 2 bars of 2 rows, fixed8, precision 4/0, "
        "2024-01-02T09:30:00Z to 2024-01-02T09:31:00Z"
    )
    assert re.fullmatch(
        rf"  {source.stat().st_size} bytes in, {out.stat().st_size:,} out, 1 batches, "
        r"\d+\.\d\d s, [\d,]+ rows/s",
        lines[1],
    )
    assert len(lines) == 2
    assert bw.open(out) == bw.read_csv(source, bar_type=BAR_TYPE)


def test_ingest_passes_every_option_on(tmp_path: Path) -> None:
    source, out, rejects = (tmp_path / n for n in ("b.csv", "b.arrow", "r.csv"))
    source.write_text("date,open,high,low,close\n2024-01-02,1.25,1.5,1,1.35\nx,1,1,1,1\n")
    text = succeed(
        *("ingest", source, "-o", out, "--encoding", "fixed16", "--price-precision", "1"),
        *("--size-precision", "2", "--rounding", "half_even", "--default-volume", "7.5"),
        *("--ts-init-delta", "60", "--on-error", "quarantine", "--rejects", rejects),
        *("--batch-rows", "8", "--bar-type", BAR_TYPE),
    )
    bars = bw.open(out)
    assert (bars.encoding, bars.price_precision, bars.size_precision) == ("fixed16", 1, 2)
    assert str(bars[0]) == f"{BAR_TYPE},1.2,1.5,1.0,1.4,7.50,1704153600000000000"
    assert bars[0].ts_init - bars[0].ts_event == 60
    assert rejects.read_text().splitlines()[1].endswith(',"x,1,1,1,1"')
    for line in (
        '  rejected 1 rows: not_a_time in column "date", first at line 3: "x" is not a date and '
        "time in a form that is known",
        f"  rejected rows are in {rejects}",
        '  rounded 1 values of "open", first at line 2',
        '  rounded 1 values of "close", first at line 2',
        "  note: 1 time stamps have no zone and were read as UTC",
        "  note: every volume is the default 7.5",
    ):
        assert line in text.splitlines()


def test_rejects_alone_means_quarantine(tmp_path: Path) -> None:
    source = tmp_path / "b.csv"
    source.write_text(HEADER + ROW + "x\n")
    succeed("ingest", source, "-o", tmp_path / "b.arrow", "--rejects", tmp_path / "r.csv")
    assert (tmp_path / "r.csv").exists()


def test_ingest_is_quiet_when_asked(source: Path, tmp_path: Path) -> None:
    assert succeed("ingest", source, "-o", tmp_path / "bars.arrow", "--quiet") == ""


def test_ingest_prints_json(source: Path, tmp_path: Path) -> None:
    source.write_text(HEADER + ROW + "x\n" + NEXT)
    out = tmp_path / "bars.arrow"
    facts = json.loads(succeed("ingest", source, "-o", out, "--json", "--on-error", "skip"))
    assert (facts["rows_in"], facts["rows_out"], facts["rows_rejected"]) == (3, 2, 1)
    assert facts["output"] == str(out)
    assert facts["rejects"] == [
        {
            "reason": "field_count",
            "column": None,
            "count": 1,
            "first_line": 3,
            "sample": "the row has 1 fields, the header has 6",
            "file": None,
        }
    ]


def test_paths_are_shown_as_they_are(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "[red]bars[1].arrow"
    assert succeed("ingest", source, "-o", out).startswith(f"{out}: 2 bars")


def test_a_path_that_looks_like_markup_is_written(source: Path, tmp_path: Path) -> None:
    (tmp_path / "x[").mkdir()
    out = tmp_path / "x[" / "b].arrow"
    assert succeed("ingest", source, "-o", out).startswith(f"{out}: 2 bars")


def test_ingest_does_not_overwrite_silently(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "bars.arrow"
    out.write_text("mine")
    done = run_barrow("ingest", source, "-o", out)
    assert_plain_failure(done)
    assert done.stderr == (
        f"IoError: {out}: the file exists\n  try: overwrite=True (--overwrite)\n"
    )
    assert out.read_text() == "mine"
    succeed("ingest", source, "-o", out, "--overwrite")
    assert len(bw.open(out)) == 2


def test_ingest_does_not_overwrite_rejects(source: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "r.csv"
    rejects.write_text("mine")
    done = run_barrow("ingest", source, "-o", tmp_path / "b.arrow", "--rejects", rejects)
    assert_plain_failure(done)
    assert rejects.read_text() == "mine"
    assert names(tmp_path) == {"bars.csv", "r.csv"}


# ---------------------------------------------------------------------- bad input

BAD_INPUT = {
    "column": b"timestamp,open,high,low,volume\n" + ROW.encode(),
    "empty": b"",
    "header": HEADER.encode(),
    "text": (HEADER + ROW.replace("1.0850", "x")).encode(),
    "digits": (HEADER + ROW.replace("1.0850", "12345678901234567890")).encode(),
    "decimals": (HEADER + ROW.replace("1.0850", "0.12345678901234567")).encode(),
    "nul": (HEADER + ROW.replace("1.0850", "1\0")).encode(),
    "utf32": (HEADER + ROW).encode("utf-32"),
    "utf16": (HEADER + ROW).encode("utf-16")[:-1],
    "arrow": b"ARROW1\0\0" + bytes(100),
    "gzip": b"\x1f\x8b" + bytes(100),
    "markup": (HEADER + ROW.replace("1.0850", "[/red]")).encode(),
    "escape": (HEADER + ROW.replace("1.0850", "\x1b[31mred")).encode(),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_status_1_with_a_message(tmp_path: Path, name: str) -> None:
    source = tmp_path / "bars.csv"
    source.write_bytes(BAD_INPUT[name])
    done = run_barrow("ingest", source, "-o", tmp_path / "out.arrow")
    assert_plain_failure(done)
    assert re.match(r"[A-Z]\w+Error: ", done.stderr)
    assert str(source) in done.stderr
    assert names(tmp_path) == {"bars.csv"}


def test_the_message_is_the_one_of_the_error(tmp_path: Path) -> None:
    source = tmp_path / "bars.csv"
    source.write_bytes(BAD_INPUT["markup"])
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.read_csv(source)
    done = run_barrow("ingest", source, "-o", tmp_path / "out.arrow")
    assert done.stderr == f"ParseError: {caught.value}\n"


@pytest.mark.parametrize("command", [["ingest", "-o", "out.arrow"], ["check"], ["info"], ["head"]])
def test_paths_that_cannot_be_read_are_status_1(tmp_path: Path, command: list[str]) -> None:
    for path in (tmp_path / "none.csv", tmp_path / "none.arrow", tmp_path):
        done = run_barrow(command[0], path, *command[1:], cwd=tmp_path)
        assert_plain_failure(done)
        assert done.stderr.startswith(f"IoError: {path}: cannot be read: ")
    assert names(tmp_path) == set()


@pytest.mark.parametrize("command", ["info", "head"])
def test_what_is_no_arrow_file_is_status_1(arrow: Path, tmp_path: Path, command: str) -> None:
    text, cut = tmp_path / "bars.dat", tmp_path / "cut.arrow"
    text.write_text(HEADER)
    cut.write_bytes(arrow.read_bytes()[:1000])
    for path in (text, cut):
        done = run_barrow(command, path)
        assert_plain_failure(done)
        assert done.stderr.startswith(f"CorruptError: {path}: the file ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["ingest"],
        ["ingest", "bars.csv"],
        ["ingest", "bars.csv", "-o"],
        ["ingest", "bars.csv", "-o", "x", "--encoding", "fixed9"],
        ["ingest", "bars.csv", "-o", "x", "--batch-rows", "0"],
        ["ingest", "bars.csv", "-o", "x", "--nonsense"],
        ["ingest", "bars.csv", "-o", "x", "--price-precision", "many"],
        ["ingest", "bars.csv", "-o", "x", "--price-precision", "17"],
        ["ingest", "bars.csv", "-o", "x", "--bar-type", "EURUSD"],
        ["ingest", "bars.csv", "-o", "x", "--default-volume", "-1"],
        ["ingest", "bars.csv", "-o", "x", "--ts-init-delta", "1.5"],
        ["ingest", "bars.csv", "-o", "x", "--ts-init-delta", str(2**63)],
        ["ingest", "bars.csv", "-o", "x", "--on-error", "quarantine"],
        ["ingest", "bars.csv", "-o", "x", "--on-error", "skip", "--rejects", "r.csv"],
        ["check"],
        ["check", "bars.csv", "--bar-type", "EURUSD"],
        ["head", "bars.csv", "-n", "-1"],
        ["info"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_status_2(source: Path, arguments: list[str]) -> None:
    done = run_barrow(*arguments, cwd=source.parent)
    assert_plain_failure(done, 2)
    assert names(source.parent) == {"bars.csv"}


# ---------------------------------------------------------------------- check


def test_check_of_good_bars_is_status_0(source: Path, arrow: Path) -> None:
    for path in (source, arrow):
        assert succeed("check", path) == f"{path}: 2 bars, 0 errors, 0 warnings\n"


def test_check_counts_errors_and_is_status_1(source: Path, tmp_path: Path) -> None:
    source.write_text(HEADER + ROW + ROW + ROW.replace("1.0850", "1") + "x\n")
    done = run_barrow("check", source)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        f"{source}: 3 bars, 4 errors, 0 warnings",
        "  error: ohlc_high, 1 rows, first at line 4: high is below open, low or close",
        "    Bar(2024-01-02T09:30:00Z open=1.0842 high=1.0000 low=1.0840 close=1.0848 volume=312)",
        "  error: ts_duplicate, 2 rows, first at line 3: the stamp is the one of the bar before",
        "    2024-01-02T09:30:00Z then 2024-01-02T09:30:00Z",
        "  error: field_count, 1 rows, first at line 5: the row cannot be read",
        "    the row has 1 fields, the header has 6",
    ]


def test_check_of_an_arrow_file_names_rows(source: Path, tmp_path: Path) -> None:
    source.write_text(HEADER + NEXT + ROW)
    bw.ingest(source, tmp_path / "bars.arrow")
    done = run_barrow("check", tmp_path / "bars.arrow")
    assert done.returncode == 1
    assert "error: ts_order, 1 rows, first at row 1: " in done.stdout


def test_warnings_alone_are_status_0(source: Path) -> None:
    source.write_text(HEADER + ROW + NEXT + NEXT.replace("09:31", "12:00"))
    text = succeed("check", source, "--bar-type", BAR_TYPE)
    assert text.splitlines()[0] == f"{source}: 3 bars, 0 errors, 1 warnings"


def test_check_prints_json(source: Path) -> None:
    facts = json.loads(succeed("check", source, "--json"))
    assert (facts["source"], facts["rows"], facts["ok"]) == (str(source), 2, True)
    source.write_text(HEADER + ROW + ROW)
    done = run_barrow("check", source, "--json")
    assert done.returncode == 1
    assert [f["check"] for f in json.loads(done.stdout)["findings"]] == ["ts_duplicate"]


def test_check_needs_no_volume(source: Path) -> None:
    source.write_text("date,open,high,low,close\n2024-01-02,1,1,1,1\n")
    assert succeed("check", source).startswith(f"{source}: 1 bars, 0 errors")


# ---------------------------------------------------------------------- info and head


def test_info_shows_facts(arrow: Path) -> None:
    facts = dict(line.split(maxsplit=1) for line in succeed("info", arrow).splitlines())
    assert facts == {
        "file": str(arrow),
        "bytes": f"{arrow.stat().st_size:,}",
        "rows": "2",
        "batches": "1",
        "bar_type": BAR_TYPE,
        "encoding": "fixed8",
        "price_precision": "4",
        "size_precision": "0",
        "first": "2024-01-02T09:30:00Z",
        "last": "2024-01-02T09:31:00Z",
        **{n: "fixed_size_binary[8]" for n in ("open", "high", "low", "close", "volume")},
        "ts_event": "uint64",
        "ts_init": "uint64",
    }


def test_info_prints_json(arrow: Path) -> None:
    facts = json.loads(succeed("info", arrow, "--json"))
    assert (facts["rows"], facts["bar_type"], facts["encoding"]) == (2, BAR_TYPE, "fixed8")


def test_info_of_no_bars(arrow: Path, tmp_path: Path) -> None:
    import pyarrow as pa

    table = bw.open(arrow).to_arrow().slice(0, 0)
    with pa.ipc.new_file(tmp_path / "none.arrow", table.schema) as writer:
        writer.write_table(table)
    assert json.loads(succeed("info", tmp_path / "none.arrow", "--json"))["first"] is None
    succeed("info", tmp_path / "none.arrow")
    assert json.loads(succeed("head", tmp_path / "none.arrow", "--json")) == []


def test_head_shows_bars(arrow: Path) -> None:
    assert [line.split() for line in succeed("head", arrow).splitlines()] == [
        ["ts_event", "open", "high", "low", "close", "volume"],
        ["2024-01-02T09:30:00Z", "1.0842", "1.0850", "1.0840", "1.0848", "312"],
        ["2024-01-02T09:31:00Z", "1.0848", "1.0849", "1.0845", "1.0846", "95"],
    ]
    assert len(succeed("head", arrow, "-n", "1").splitlines()) == 2
    assert len(json.loads(succeed("head", arrow, "-n", "0", "--json"))) == 0


def test_head_prints_json(arrow: Path) -> None:
    records = json.loads(succeed("head", arrow, "--json", "-n", "1"))
    assert records == [
        {
            "ts_event": "2024-01-02T09:30:00Z",
            "open": "1.0842",
            "high": "1.0850",
            "low": "1.0840",
            "close": "1.0848",
            "volume": "312",
        }
    ]


def test_head_cuts_no_digits_off(source: Path, tmp_path: Path) -> None:
    wide = "17014118346045.1234567890123456"
    source.write_text(HEADER + f"2024-01-02,{wide},{wide},{wide},{wide},{wide}\n")
    bw.ingest(source, tmp_path / "wide.arrow")
    assert succeed("head", tmp_path / "wide.arrow").count(wide) == 5


def test_a_reader_that_leaves_is_no_traceback(source: Path, tmp_path: Path) -> None:
    source.write_text(HEADER + ROW * 3_000)
    bw.ingest(source, tmp_path / "many.arrow")
    done = subprocess.run(
        ["bash", "-c", '"$@" | head -n 1', "-", *BARROW, "head", "-n", "3000", "many.arrow"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["ts_event", "open", "high", "low", "close", "volume"]
    assert done.stderr == ""


def test_version_prints_json() -> None:
    facts = json.loads(succeed("version", "--json"))
    assert (facts["barrow"], facts["cpu_level"]) == (bw.__version__, bw.cpu_level())


def test_colors_stay_off_when_piped_whatever_the_terminal(source: Path, tmp_path: Path) -> None:
    env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    out = tmp_path / "bars.arrow"
    for command in (["ingest", source, "-o", out], ["info", out], ["head", out], ["check", out]):
        assert "\x1b" not in succeed(*command, env=env)


def test_an_interrupt_that_python_throws_away_is_not_lost() -> None:
    code = """
        import signal, time
        from barrow import cli

        class Dying:
            def __del__(self):
                signal.raise_signal(signal.SIGINT)

        def app():
            Dying()
            time.sleep(60)

        cli.app = app
        cli.main()
    """
    done = run_python(code)
    assert (done.returncode, done.stderr) == (130, "interrupted: nothing was written\n")
