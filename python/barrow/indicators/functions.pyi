# Made from the table: `python -m barrow.indicators.stubs`.
from typing import Any, Literal, NamedTuple

from barrow.indicators.inputs import Doubles
from barrow.indicators.options import NanPolicy

__all__ = [
    "ad",
    "adosc",
    "adx",
    "adxr",
    "apo",
    "aroon",
    "aroon_oscillator",
    "atr",
    "average_price",
    "bollinger",
    "bop",
    "cci",
    "chaikin_money_flow",
    "cmo",
    "cmo_sum",
    "dema",
    "donchian",
    "dx",
    "ema",
    "force_index",
    "hma",
    "hurst",
    "ichimoku",
    "kama",
    "keltner",
    "keltner_original",
    "linreg",
    "linreg_angle",
    "linreg_intercept",
    "linreg_slope",
    "macd",
    "median_price",
    "mfi",
    "midpoint",
    "midprice",
    "minus_di",
    "momentum",
    "natr",
    "obv",
    "plus_di",
    "ppo",
    "psar",
    "roc",
    "rocp",
    "rocr",
    "rocr100",
    "rolling_vwap",
    "rsi",
    "sma",
    "stddev",
    "stochastic",
    "stochastic_fast",
    "stochastic_rsi",
    "supertrend",
    "t3",
    "tema",
    "trima",
    "trix",
    "true_range",
    "tsf",
    "typical_price",
    "ultimate_oscillator",
    "variance",
    "vwap",
    "vwma",
    "weighted_close",
    "williams_r",
    "wma",
    "zscore",
]

def sma(
    data: Any, /, length: int = 30, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def ema(
    data: Any, /, length: int = 30, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def wma(
    data: Any, /, length: int = 30, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def dema(
    data: Any, /, length: int = 30, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def tema(
    data: Any, /, length: int = 30, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def kama(
    data: Any,
    /,
    length: int = 30,
    fast: int = 2,
    slow: int = 30,
    *,
    nan: NanPolicy = "propagate",
    out: Doubles | None = None,
) -> Doubles: ...
def trima(
    data: Any, /, length: int = 30, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def t3(
    data: Any,
    /,
    length: int = 5,
    factor: float = 0.7,
    *,
    nan: NanPolicy = "propagate",
    out: Doubles | None = None,
) -> Doubles: ...
def hma(
    data: Any, /, length: int = 16, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def trix(
    data: Any, /, length: int = 30, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def rsi(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def cmo(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def cmo_sum(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...

class MACDValues(NamedTuple):
    macd: Doubles
    signal: Doubles
    histogram: Doubles

def macd(
    data: Any,
    /,
    fast: int = 12,
    slow: int = 26,
    signal: int = 9,
    *,
    nan: NanPolicy = "propagate",
    out: tuple[Doubles, ...] | None = None,
) -> MACDValues: ...
def ppo(
    data: Any,
    /,
    fast: int = 12,
    slow: int = 26,
    ma: Literal["sma", "ema"] = "sma",
    *,
    nan: NanPolicy = "propagate",
    out: Doubles | None = None,
) -> Doubles: ...
def apo(
    data: Any,
    /,
    fast: int = 12,
    slow: int = 26,
    ma: Literal["sma", "ema"] = "sma",
    *,
    nan: NanPolicy = "propagate",
    out: Doubles | None = None,
) -> Doubles: ...
def momentum(
    data: Any, /, length: int = 10, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def roc(
    data: Any, /, length: int = 10, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def rocp(
    data: Any, /, length: int = 10, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def rocr(
    data: Any, /, length: int = 10, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def rocr100(
    data: Any, /, length: int = 10, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...

class StochasticRSIValues(NamedTuple):
    k: Doubles
    d: Doubles

def stochastic_rsi(
    data: Any,
    /,
    length: int = 14,
    k: int = 5,
    d: int = 3,
    *,
    nan: NanPolicy = "propagate",
    out: tuple[Doubles, ...] | None = None,
) -> StochasticRSIValues: ...
def true_range(
    data: Any, /, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def atr(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def natr(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...

class BollingerValues(NamedTuple):
    upper: Doubles
    middle: Doubles
    lower: Doubles

def bollinger(
    data: Any,
    /,
    length: int = 20,
    up: float = 2.0,
    down: float = 2.0,
    *,
    nan: NanPolicy = "propagate",
    out: tuple[Doubles, ...] | None = None,
) -> BollingerValues: ...

class KeltnerValues(NamedTuple):
    upper: Doubles
    middle: Doubles
    lower: Doubles

def keltner(
    data: Any,
    /,
    length: int = 20,
    range_length: int = 10,
    multiple: float = 2.0,
    *,
    nan: NanPolicy = "propagate",
    out: tuple[Doubles, ...] | None = None,
) -> KeltnerValues: ...

class KeltnerOriginalValues(NamedTuple):
    upper: Doubles
    middle: Doubles
    lower: Doubles

def keltner_original(
    data: Any,
    /,
    length: int = 10,
    *,
    nan: NanPolicy = "propagate",
    out: tuple[Doubles, ...] | None = None,
) -> KeltnerOriginalValues: ...

class DonchianValues(NamedTuple):
    upper: Doubles
    middle: Doubles
    lower: Doubles

def donchian(
    data: Any,
    /,
    length: int = 20,
    *,
    nan: NanPolicy = "propagate",
    out: tuple[Doubles, ...] | None = None,
) -> DonchianValues: ...
def midprice(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def midpoint(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...

class IchimokuValues(NamedTuple):
    conversion: Doubles
    base: Doubles
    span_a: Doubles
    span_b: Doubles

def ichimoku(
    data: Any,
    /,
    conversion: int = 9,
    base: int = 26,
    span: int = 52,
    *,
    nan: NanPolicy = "propagate",
    out: tuple[Doubles, ...] | None = None,
) -> IchimokuValues: ...

class SupertrendValues(NamedTuple):
    supertrend: Doubles
    direction: Doubles

def supertrend(
    data: Any,
    /,
    length: int = 10,
    multiple: float = 3.0,
    *,
    nan: NanPolicy = "propagate",
    out: tuple[Doubles, ...] | None = None,
) -> SupertrendValues: ...
def psar(
    data: Any,
    /,
    step: float = 0.02,
    most: float = 0.2,
    *,
    nan: NanPolicy = "propagate",
    out: Doubles | None = None,
) -> Doubles: ...
def plus_di(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def minus_di(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def dx(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def adx(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def adxr(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...

class StochasticValues(NamedTuple):
    k: Doubles
    d: Doubles

def stochastic(
    data: Any,
    /,
    length: int = 5,
    k: int = 3,
    d: int = 3,
    *,
    nan: NanPolicy = "propagate",
    out: tuple[Doubles, ...] | None = None,
) -> StochasticValues: ...

class StochasticFastValues(NamedTuple):
    k: Doubles
    d: Doubles

def stochastic_fast(
    data: Any,
    /,
    length: int = 5,
    d: int = 3,
    *,
    nan: NanPolicy = "propagate",
    out: tuple[Doubles, ...] | None = None,
) -> StochasticFastValues: ...
def williams_r(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...

class AroonValues(NamedTuple):
    down: Doubles
    up: Doubles

def aroon(
    data: Any,
    /,
    length: int = 14,
    *,
    nan: NanPolicy = "propagate",
    out: tuple[Doubles, ...] | None = None,
) -> AroonValues: ...
def aroon_oscillator(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def cci(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def ultimate_oscillator(
    data: Any,
    /,
    short: int = 7,
    middle: int = 14,
    long: int = 28,
    *,
    nan: NanPolicy = "propagate",
    out: Doubles | None = None,
) -> Doubles: ...
def obv(data: Any, /, *, nan: NanPolicy = "propagate", out: Doubles | None = None) -> Doubles: ...
def vwap(data: Any, /, *, nan: NanPolicy = "propagate", out: Doubles | None = None) -> Doubles: ...
def rolling_vwap(
    data: Any, /, length: int = 20, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def vwma(
    data: Any, /, length: int = 20, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def chaikin_money_flow(
    data: Any, /, length: int = 20, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def mfi(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def ad(data: Any, /, *, nan: NanPolicy = "propagate", out: Doubles | None = None) -> Doubles: ...
def adosc(
    data: Any,
    /,
    fast: int = 3,
    slow: int = 10,
    *,
    nan: NanPolicy = "propagate",
    out: Doubles | None = None,
) -> Doubles: ...
def force_index(
    data: Any, /, length: int = 13, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def typical_price(
    data: Any, /, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def median_price(
    data: Any, /, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def weighted_close(
    data: Any, /, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def average_price(
    data: Any, /, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def bop(data: Any, /, *, nan: NanPolicy = "propagate", out: Doubles | None = None) -> Doubles: ...
def variance(
    data: Any, /, length: int = 5, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def stddev(
    data: Any,
    /,
    length: int = 5,
    deviations: float = 1.0,
    *,
    nan: NanPolicy = "propagate",
    out: Doubles | None = None,
) -> Doubles: ...
def linreg(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def linreg_slope(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def linreg_intercept(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def linreg_angle(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def tsf(
    data: Any, /, length: int = 14, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def zscore(
    data: Any, /, length: int = 20, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
def hurst(
    data: Any, /, length: int = 128, *, nan: NanPolicy = "propagate", out: Doubles | None = None
) -> Doubles: ...
