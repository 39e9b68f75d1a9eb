# Made from the table: `python -m barrow.indicators.stubs`.
from typing import Literal

from barrow.indicators.options import NanPolicy
from barrow.indicators.streaming import Indicator

__all__ = [
    "AD",
    "ADOSC",
    "ADX",
    "ADXR",
    "APO",
    "ATR",
    "BOP",
    "CCI",
    "CMO",
    "DEMA",
    "DX",
    "EMA",
    "HMA",
    "KAMA",
    "MACD",
    "MFI",
    "NATR",
    "OBV",
    "PPO",
    "PSAR",
    "ROC",
    "ROCP",
    "ROCR",
    "ROCR100",
    "RSI",
    "SMA",
    "T3",
    "TEMA",
    "TRIMA",
    "TRIX",
    "TSF",
    "VWAP",
    "VWMA",
    "WMA",
    "Aroon",
    "AroonOscillator",
    "AveragePrice",
    "Bollinger",
    "CMOSum",
    "ChaikinMoneyFlow",
    "Donchian",
    "ForceIndex",
    "Hurst",
    "Ichimoku",
    "Keltner",
    "KeltnerOriginal",
    "LinReg",
    "LinRegAngle",
    "LinRegIntercept",
    "LinRegSlope",
    "MedianPrice",
    "Midpoint",
    "Midprice",
    "MinusDI",
    "Momentum",
    "PlusDI",
    "RollingVWAP",
    "StdDev",
    "Stochastic",
    "StochasticFast",
    "StochasticRSI",
    "Supertrend",
    "TrueRange",
    "TypicalPrice",
    "UltimateOscillator",
    "Variance",
    "WeightedClose",
    "WilliamsR",
    "ZScore",
]

class SMA(Indicator):
    def __init__(self, length: int = 30, *, nan: NanPolicy = "propagate") -> None: ...

class EMA(Indicator):
    def __init__(self, length: int = 30, *, nan: NanPolicy = "propagate") -> None: ...

class WMA(Indicator):
    def __init__(self, length: int = 30, *, nan: NanPolicy = "propagate") -> None: ...

class DEMA(Indicator):
    def __init__(self, length: int = 30, *, nan: NanPolicy = "propagate") -> None: ...

class TEMA(Indicator):
    def __init__(self, length: int = 30, *, nan: NanPolicy = "propagate") -> None: ...

class KAMA(Indicator):
    def __init__(
        self, length: int = 30, fast: int = 2, slow: int = 30, *, nan: NanPolicy = "propagate"
    ) -> None: ...

class TRIMA(Indicator):
    def __init__(self, length: int = 30, *, nan: NanPolicy = "propagate") -> None: ...

class T3(Indicator):
    def __init__(
        self, length: int = 5, factor: float = 0.7, *, nan: NanPolicy = "propagate"
    ) -> None: ...

class HMA(Indicator):
    def __init__(self, length: int = 16, *, nan: NanPolicy = "propagate") -> None: ...

class TRIX(Indicator):
    def __init__(self, length: int = 30, *, nan: NanPolicy = "propagate") -> None: ...

class RSI(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class CMO(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class CMOSum(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class MACD(Indicator):
    def __init__(
        self, fast: int = 12, slow: int = 26, signal: int = 9, *, nan: NanPolicy = "propagate"
    ) -> None: ...

class PPO(Indicator):
    def __init__(
        self,
        fast: int = 12,
        slow: int = 26,
        ma: Literal["sma", "ema"] = "sma",
        *,
        nan: NanPolicy = "propagate",
    ) -> None: ...

class APO(Indicator):
    def __init__(
        self,
        fast: int = 12,
        slow: int = 26,
        ma: Literal["sma", "ema"] = "sma",
        *,
        nan: NanPolicy = "propagate",
    ) -> None: ...

class Momentum(Indicator):
    def __init__(self, length: int = 10, *, nan: NanPolicy = "propagate") -> None: ...

class ROC(Indicator):
    def __init__(self, length: int = 10, *, nan: NanPolicy = "propagate") -> None: ...

class ROCP(Indicator):
    def __init__(self, length: int = 10, *, nan: NanPolicy = "propagate") -> None: ...

class ROCR(Indicator):
    def __init__(self, length: int = 10, *, nan: NanPolicy = "propagate") -> None: ...

class ROCR100(Indicator):
    def __init__(self, length: int = 10, *, nan: NanPolicy = "propagate") -> None: ...

class StochasticRSI(Indicator):
    def __init__(
        self, length: int = 14, k: int = 5, d: int = 3, *, nan: NanPolicy = "propagate"
    ) -> None: ...

class TrueRange(Indicator):
    def __init__(self, *, nan: NanPolicy = "propagate") -> None: ...

class ATR(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class NATR(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class Bollinger(Indicator):
    def __init__(
        self, length: int = 20, up: float = 2.0, down: float = 2.0, *, nan: NanPolicy = "propagate"
    ) -> None: ...

class Keltner(Indicator):
    def __init__(
        self,
        length: int = 20,
        range_length: int = 10,
        multiple: float = 2.0,
        *,
        nan: NanPolicy = "propagate",
    ) -> None: ...

class KeltnerOriginal(Indicator):
    def __init__(self, length: int = 10, *, nan: NanPolicy = "propagate") -> None: ...

class Donchian(Indicator):
    def __init__(self, length: int = 20, *, nan: NanPolicy = "propagate") -> None: ...

class Midprice(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class Midpoint(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class Ichimoku(Indicator):
    def __init__(
        self, conversion: int = 9, base: int = 26, span: int = 52, *, nan: NanPolicy = "propagate"
    ) -> None: ...

class Supertrend(Indicator):
    def __init__(
        self, length: int = 10, multiple: float = 3.0, *, nan: NanPolicy = "propagate"
    ) -> None: ...

class PSAR(Indicator):
    def __init__(
        self, step: float = 0.02, most: float = 0.2, *, nan: NanPolicy = "propagate"
    ) -> None: ...

class PlusDI(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class MinusDI(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class DX(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class ADX(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class ADXR(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class Stochastic(Indicator):
    def __init__(
        self, length: int = 5, k: int = 3, d: int = 3, *, nan: NanPolicy = "propagate"
    ) -> None: ...

class StochasticFast(Indicator):
    def __init__(self, length: int = 5, d: int = 3, *, nan: NanPolicy = "propagate") -> None: ...

class WilliamsR(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class Aroon(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class AroonOscillator(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class CCI(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class UltimateOscillator(Indicator):
    def __init__(
        self, short: int = 7, middle: int = 14, long: int = 28, *, nan: NanPolicy = "propagate"
    ) -> None: ...

class OBV(Indicator):
    def __init__(self, *, nan: NanPolicy = "propagate") -> None: ...

class VWAP(Indicator):
    def __init__(self, *, nan: NanPolicy = "propagate") -> None: ...

class RollingVWAP(Indicator):
    def __init__(self, length: int = 20, *, nan: NanPolicy = "propagate") -> None: ...

class VWMA(Indicator):
    def __init__(self, length: int = 20, *, nan: NanPolicy = "propagate") -> None: ...

class ChaikinMoneyFlow(Indicator):
    def __init__(self, length: int = 20, *, nan: NanPolicy = "propagate") -> None: ...

class MFI(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class AD(Indicator):
    def __init__(self, *, nan: NanPolicy = "propagate") -> None: ...

class ADOSC(Indicator):
    def __init__(self, fast: int = 3, slow: int = 10, *, nan: NanPolicy = "propagate") -> None: ...

class ForceIndex(Indicator):
    def __init__(self, length: int = 13, *, nan: NanPolicy = "propagate") -> None: ...

class TypicalPrice(Indicator):
    def __init__(self, *, nan: NanPolicy = "propagate") -> None: ...

class MedianPrice(Indicator):
    def __init__(self, *, nan: NanPolicy = "propagate") -> None: ...

class WeightedClose(Indicator):
    def __init__(self, *, nan: NanPolicy = "propagate") -> None: ...

class AveragePrice(Indicator):
    def __init__(self, *, nan: NanPolicy = "propagate") -> None: ...

class BOP(Indicator):
    def __init__(self, *, nan: NanPolicy = "propagate") -> None: ...

class Variance(Indicator):
    def __init__(self, length: int = 5, *, nan: NanPolicy = "propagate") -> None: ...

class StdDev(Indicator):
    def __init__(
        self, length: int = 5, deviations: float = 1.0, *, nan: NanPolicy = "propagate"
    ) -> None: ...

class LinReg(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class LinRegSlope(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class LinRegIntercept(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class LinRegAngle(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class TSF(Indicator):
    def __init__(self, length: int = 14, *, nan: NanPolicy = "propagate") -> None: ...

class ZScore(Indicator):
    def __init__(self, length: int = 20, *, nan: NanPolicy = "propagate") -> None: ...

class Hurst(Indicator):
    def __init__(self, length: int = 128, *, nan: NanPolicy = "propagate") -> None: ...
