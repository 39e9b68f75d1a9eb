"""The Python of the README runs, and what it shows is what happens."""

import re
from pathlib import Path

import barrow as bw
import pytest
from barrow._lib import native

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


@pytest.fixture
def text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        f"2024-01-02T09:{minute:02}:00,1.08421,1.08430,1.08400,1.08413,{100 + minute}"
        for minute in range(60)
    ]
    Path("bars.csv").write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")


@pytest.mark.usefixtures("text")
def test_the_python_of_the_readme_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    assert "1.08413 1084130000" in capsys.readouterr().out


@pytest.mark.usefixtures("text")
def test_the_python_of_the_guide_runs_without_nautilus_trader(capsys):
    page = (ROOT / "docs" / "guide" / "nautilus.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    names: dict[str, object] = {}
    for block in blocks:
        if "nautilus_trader" not in block:  # tests/nautilus runs the others too
            exec(compile(block, "nautilus.md", "exec"), names)
    told = capsys.readouterr().out
    assert "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL,1.08421,1.08430,1.08400,1.08413,100,17041" in told
    assert "1.08413 True\n" in told
    assert "BTC-USD-PERP.DYDX-1-MINUTE-LAST-EXTERNAL True\n" in told


def test_the_python_of_information_bars_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [
        f"2024-01-02T09:{i // 60 % 60:02}:{i % 60:02}Z,{100 + i % 7}.5,{i % 11}.25,{side},{i}"
        for i, side in enumerate(["sell", "buy", "buy"] * 1000)
    ]
    header = "timestamp,price,size,side,trade_id"
    Path("trades.csv").write_text("\n".join([header, *rows]) + "\n")
    page = (ROOT / "docs" / "guide" / "information-bars.md").read_text()
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.S):
        exec(compile(block, "information-bars.md", "exec"), names)
    assert "BTCUSDT.BINANCE-100-VOLUME-LAST-INTERNAL\n" in capsys.readouterr().out


def test_the_error_of_the_readme_is_the_one_that_comes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good = "2024-01-02T09:30,1.0840,1.0842,1.0836,1.0841,312\n" * 4819
    bad = "2024-01-02T09:30,1.0840,1.08421x,1.0836,1.0841,312\n"
    Path("eurusd.csv").write_text("timestamp,open,high,low,close,volume\n" + good + bad)
    with pytest.raises(bw.BarrowParseError) as raised:
        bw.read_csv("eurusd.csv")
    shown = f"{raised.value.kind}: {raised.value}"
    assert shown == re.search(r"```text\n(.*?)\n```", README, re.S)[1]


def test_every_relative_file_the_documents_name_is_there():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for name in re.findall(
            r"`((?:docs|tests|examples|mojo_src|python)/[\w/.]+)`", page.read_text()
        ):
            assert (ROOT / name).exists(), f"{page.name} names {name}"


def test_the_format_page_lists_every_reason():
    page = (ROOT / "docs" / "format.md").read_text()
    listed = re.search(r"\| `reason` \| one of `([^`]+)` \|", page)[1].split()
    assert listed == list(native.reason_names())[1:]


def test_the_python_of_the_page_on_sessions_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [
        f"2024-01-02T{hour:02}:{minute:02}:00,4784.25,4785.00,4783.50,4784.75,{100 + minute}"
        for hour in (21, 22, 23)
        for minute in range(60)
    ]
    Path("bars.csv").write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
    page = (ROOT / "docs/guide/sessions.md").read_text()
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.S):
        exec(compile(block, "sessions.md", "exec"), names)
    shown = capsys.readouterr().out
    for told in re.findall(r"  # (.*)\n", "".join(re.findall(r"```python\n(.*?)```", page, re.S))):
        assert told in shown
    Path("acme.toml").write_text(re.search(r"```toml\n(.*?)```", page, re.S)[1])
    assert bw.load_session("acme.toml").calendar == "CMES"
    listed = re.findall(r"^\| `([\w-]+)` \|", page.split("## How")[0], re.M)
    assert sorted(listed) == bw.session_names()


@pytest.mark.usefixtures("text")
def test_the_python_of_the_page_on_the_store_runs(capsys):
    for day, name in ((2, "monday"), (3, "tuesday"), (3, "tuesday-corrected")):
        Path(f"{name}.csv").write_text(Path("bars.csv").read_text().replace("-02T", f"-0{day}T"))
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/guide/store.md").read_text(), re.S)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "store.md", "exec"), names)
    shown = capsys.readouterr().out
    assert "120 1.08413\n60 for 60\n[1380] 1704275940000000000\n" in shown
    assert len(blocks) == 7
    assert "1.08413" in shown.rpartition("close")[2]


@pytest.mark.usefixtures("text")
def test_the_page_on_pipelines_runs(capsys):
    page = (ROOT / "docs/guide/pipeline.md").read_text()
    for block in re.findall(r"```python\n(.*?)```", page, re.S):
        exec(compile(block, "pipeline.md", "exec"), {})
    assert capsys.readouterr().out == "60 bars in 1 days\n0 new\n"
    Path("eurusd").mkdir()
    Path("bars.csv").rename("eurusd/bars.csv")
    Path("gbpusd.csv").write_bytes(Path("eurusd/bars.csv").read_bytes())
    Path("config.toml").write_text(re.search(r"```toml\n(.*?)```", page, re.S)[1])
    assert bw.etl.run("config.toml").ok


def test_the_python_of_the_page_on_arima_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/guide/arima.md").read_text(), re.S)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "arima.md", "exec"), names)
    shown = capsys.readouterr().out
    assert "ARIMA(1, 1, 1)\n499 observations, mle, converged\n" in shown
    assert "(100, 3) True" in shown
    assert bw.ARIMA(0, 1, 0, trend="c").fit(range(100)).forecast(3).mean.tolist() == [100, 101, 102]


@pytest.mark.usefixtures("text")
def test_the_python_of_the_page_on_rolling_statistics_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/guide/rolling.md").read_text(), re.S)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "rolling.md", "exec"), names)
    assert len(blocks) == 3
    assert "1.08413\n0.0\n(50, 10000)\n" in capsys.readouterr().out


def run_page(name):
    """Runs the Python of a page of the guide; gives how many blocks there are."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/guide" / name).read_text(), re.S)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, name, "exec"), names)
    return len(blocks)


@pytest.mark.usefixtures("text")
def test_the_python_of_the_page_on_adjustments_runs(capsys):
    assert run_page("adjust.md") == 3
    assert capsys.readouterr().out == (
        "Adjustments additive\n  the beginning to 2024-01-02T09:30:00Z: 0.005\n"
        "1.08413 -> 1.08913 and 1.08413\nTrue\n"
        "1.08913 {'open': 30, 'high': 30, 'low': 30, 'close': 30}\n"
        "0.271032500 400\n"
    )


@pytest.mark.usefixtures("text")
def test_the_chart_of_the_page_on_queries_is_what_comes_out(capsys):
    assert run_page("query.md") == 2
    page = (ROOT / "docs/guide/query.md").read_text()
    told = re.search(r"```text\n(.*?)```", page, re.S)[1]
    assert capsys.readouterr().out == told + "1.0843\n"


def test_the_python_of_the_guide_to_quantization_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "guide" / "quantize.md").read_text()
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.S):
        exec(compile(block, "quantize.md", "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[1:3] == ["True", "7104 [True, True]"]
    assert printed[4] == "2 []"
    assert [float(x) for x in printed[-1].strip("[]").split()] == pytest.approx(
        [1.0842, 1.0851, 1.0839, 1.0844, 1.086], rel=1e-6
    )


def test_the_python_of_the_page_on_indicators_runs(capsys):
    page = (ROOT / "docs" / "guide" / "indicators.md").read_text()
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    for block in blocks:
        exec(compile(block, "indicators.md", "exec"), names)
    assert len(blocks) == 2
    assert "['rsi_14', 'macd_12_26_9.macd']\n" in capsys.readouterr().out
