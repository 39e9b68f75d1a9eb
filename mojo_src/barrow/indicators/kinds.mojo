"""The list of indicators. An indicator is added here and to the table in Python."""

from barrow.indicators.averages import (
    _Dema,
    _Ema,
    _Hma,
    _Kama,
    _Sma,
    _T3,
    _Tema,
    _Trima,
    _Trix,
    _Wma,
)
from barrow.indicators.bars import (
    _Adx,
    _Adxr,
    _Aroon,
    _Cci,
    _DirectionalIndicator,
    _Dx,
    _Stochastic,
    _Ultimate,
    _Williams,
)
from barrow.indicators.machine import Indicator
from barrow.indicators.momentum import (
    _Change,
    _Cmo,
    _Macd,
    _PriceOscillator,
    _Rsi,
    _StochasticRsi,
)
from barrow.indicators.ranges import (
    _Atr,
    _Bollinger,
    _Donchian,
    _Ichimoku,
    _Keltner,
    _KeltnerOriginal,
    _Midprice,
    _Psar,
    _Supertrend,
    _TrueRange,
)
from barrow.indicators.statistics import (
    _Hurst,
    _Regression,
    _Variance,
    _Zscore,
)
from barrow.indicators.volume import (
    _Ad,
    _Adosc,
    _BarPrice,
    _ForceIndex,
    _Mfi,
    _Obv,
    _RollingRatio,
    _Vwap,
)


trait Visitor:
    """Is shown every kind of indicator."""

    def add[I: Indicator](mut self, name: StaticString):
        """Takes one.

        Parameters:
            I: The machine.

        Args:
            name: The name of the indicator.
        """
        ...


def visit_kinds[V: Visitor](mut to: V):
    """Shows every kind of indicator, always in the same order.

    Parameters:
        V: The type of who looks.

    Args:
        to: Who looks.
    """
    to.add[_Sma]("sma")
    to.add[_Ema]("ema")
    to.add[_Wma]("wma")
    to.add[_Dema]("dema")
    to.add[_Tema]("tema")
    to.add[_Kama]("kama")
    to.add[_Trima]("trima")
    to.add[_T3]("t3")
    to.add[_Hma]("hma")
    to.add[_Trix]("trix")
    to.add[_Rsi]("rsi")
    to.add[_Cmo[True]]("cmo")
    to.add[_Cmo[False]]("cmo_sum")
    to.add[_Macd]("macd")
    to.add[_PriceOscillator[True]]("ppo")
    to.add[_PriceOscillator[False]]("apo")
    to.add[_Change[0]]("momentum")
    to.add[_Change[1]]("roc")
    to.add[_Change[2]]("rocp")
    to.add[_Change[3]]("rocr")
    to.add[_Change[4]]("rocr100")
    to.add[_StochasticRsi]("stochastic_rsi")
    to.add[_TrueRange]("true_range")
    to.add[_Atr[False]]("atr")
    to.add[_Atr[True]]("natr")
    to.add[_Bollinger]("bollinger")
    to.add[_Keltner]("keltner")
    to.add[_KeltnerOriginal]("keltner_original")
    to.add[_Donchian]("donchian")
    to.add[_Midprice[True]]("midprice")
    to.add[_Midprice[False]]("midpoint")
    to.add[_Ichimoku]("ichimoku")
    to.add[_Supertrend]("supertrend")
    to.add[_Psar]("psar")
    to.add[_DirectionalIndicator[True]]("plus_di")
    to.add[_DirectionalIndicator[False]]("minus_di")
    to.add[_Dx]("dx")
    to.add[_Adx]("adx")
    to.add[_Adxr]("adxr")
    to.add[_Stochastic[True]]("stochastic")
    to.add[_Stochastic[False]]("stochastic_fast")
    to.add[_Williams]("williams_r")
    to.add[_Aroon[False]]("aroon")
    to.add[_Aroon[True]]("aroon_oscillator")
    to.add[_Cci]("cci")
    to.add[_Ultimate]("ultimate_oscillator")
    to.add[_Obv]("obv")
    to.add[_Vwap]("vwap")
    to.add[_RollingRatio[0]]("rolling_vwap")
    to.add[_RollingRatio[1]]("vwma")
    to.add[_RollingRatio[2]]("chaikin_money_flow")
    to.add[_Mfi]("mfi")
    to.add[_Ad]("ad")
    to.add[_Adosc]("adosc")
    to.add[_ForceIndex]("force_index")
    to.add[_BarPrice[0]]("typical_price")
    to.add[_BarPrice[1]]("median_price")
    to.add[_BarPrice[2]]("weighted_close")
    to.add[_BarPrice[3]]("average_price")
    to.add[_BarPrice[4]]("bop")
    to.add[_Variance[False]]("variance")
    to.add[_Variance[True]]("stddev")
    to.add[_Regression[0]]("linreg")
    to.add[_Regression[1]]("linreg_slope")
    to.add[_Regression[2]]("linreg_intercept")
    to.add[_Regression[3]]("linreg_angle")
    to.add[_Regression[4]]("tsf")
    to.add[_Zscore]("zscore")
    to.add[_Hurst]("hurst")
