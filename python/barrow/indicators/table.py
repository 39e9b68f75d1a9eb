"""The table of indicators. Functions, classes, the stub and the page of the guide follow it."""

from __future__ import annotations

from dataclasses import dataclass

O, H, L, C, V = "open", "high", "low", "close", "volume"  # noqa: E741
_LONGEST = 100_000


@dataclass(frozen=True)
class Parameter:
    """One argument of an indicator.

    Attributes:
        name: Its name.
        default: What it is if not given.
        least: The smallest value that is taken.
        most: The largest one.
        choices: Texts that are taken instead of a number, the first for 0; empty for numbers.
    """

    name: str
    default: int | float | str
    least: float = 0.0
    most: float = 1e6
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Definition:
    """What is known of one indicator.

    Attributes:
        name: The name of the function.
        title: The name of the class.
        summary: What it is, in words and as a formula.
        source: Who defined it, and where.
        inputs: The columns it reads; `("close",)` alone means any one series.
        parameters: Its arguments in their order.
        outputs: The names of what it gives.
        talib: The function of TA-Lib with the same numbers; empty if there is none.
    """

    name: str
    title: str
    summary: str
    source: str
    inputs: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    outputs: tuple[str, ...]
    talib: str


def _n(name: str, default: int, least: int = 1) -> Parameter:
    return Parameter(name, default, least, _LONGEST)


def _x(name: str, default: float) -> Parameter:
    return Parameter(name, default)


def _make(
    name: str,
    title: str,
    talib: str,
    inputs: tuple[str, ...],
    parameters: tuple[Parameter, ...],
    summary: str,
    source: str,
    outputs: tuple[str, ...] = (),
) -> Definition:
    return Definition(
        name, title, summary, source, inputs, parameters, outputs or (name,), talib
    )  # fmt: skip


_LENGTH = "length"
_BARS = (H, L, C)
_SERIES = (C,)
_MA = Parameter("ma", "sma", 0, 1, ("sma", "ema"))
_APPEL = "Gerald Appel, The Moving Average Convergence-Divergence Trading Method, 1979"
_WILDER = "J. Welles Wilder, New Concepts in Technical Trading Systems, 1978"
_FITS = "Least squares; Legendre 1805"
_CHANDE = "Tushar Chande and Stanley Kroll, The New Technical Trader, 1994"
_HAND = "Textbook definition"
_TALIB = "Definition of TA-Lib"
_KELTNER = "Chester Keltner, How to Make Money in Commodities, 1960"
_BAND = ("upper", "middle", "lower")

DEFINITIONS: tuple[Definition, ...] = (
    # averages
    _make("sma", "SMA", "SMA", _SERIES, (_n(_LENGTH, 30),), "Mean of the last `length` values.", _HAND),
    _make("ema", "EMA", "EMA", _SERIES, (_n(_LENGTH, 30),), "`e += (x - e) * 2 / (length + 1)`, from the mean of the first `length` values on.", _HAND),
    _make("wma", "WMA", "WMA", _SERIES, (_n(_LENGTH, 30),), "Mean with weights 1 to `length`, the newest value the heaviest.", _HAND),
    _make("dema", "DEMA", "DEMA", _SERIES, (_n(_LENGTH, 30),), "`2 e1 - e2`, where e2 is the EMA of the EMA e1.", "Patrick Mulloy, Smoothing Data with Faster Moving Averages, Stocks & Commodities 12:1, 1994"),
    _make("tema", "TEMA", "TEMA", _SERIES, (_n(_LENGTH, 30),), "`3 e1 - 3 e2 + e3`, each the EMA of the one before.", "Patrick Mulloy, Smoothing Data with Faster Moving Averages, Stocks & Commodities 12:1, 1994"),
    _make("kama", "KAMA", "KAMA", _SERIES, (_n(_LENGTH, 30), _n("fast", 2), _n("slow", 30)), "EMA whose share lies between those of `fast` and `slow`, by how straight the last `length` steps were. TA-Lib fixes 2 and 30.", "Perry Kaufman, Smarter Trading, 1995"),
    _make("trima", "TRIMA", "TRIMA", _SERIES, (_n(_LENGTH, 30),), "Mean with weights that rise to the middle and fall again.", _HAND),
    _make("t3", "T3", "T3", _SERIES, (_n(_LENGTH, 5), _x("factor", 0.7)), "Weighted sum of the third to sixth EMA of EMAs; `factor` 0 gives the third one.", "Tim Tillson, Better Moving Averages, Stocks & Commodities 16:1, 1998"),
    _make("hma", "HMA", "", _SERIES, (_n(_LENGTH, 16),), "WMA over `sqrt(length)` of `2 WMA(length / 2) - WMA(length)`; fractions of lengths are dropped.", "Alan Hull, 2005"),
    _make("trix", "TRIX", "TRIX", _SERIES, (_n(_LENGTH, 30),), "Change of the third EMA of EMAs from one row to the next, in per cent.", "Jack Hutson, Good TRIX, Stocks & Commodities 1:5, 1983"),
    # momentum
    _make("rsi", "RSI", "RSI", _SERIES, (_n(_LENGTH, 14, 2),), "`100 g / (g + l)` of Wilder's means of gains and losses; 0 if nothing moved.", _WILDER),
    _make("cmo", "CMO", "CMO", _SERIES, (_n(_LENGTH, 14, 2),), "`100 (g - l) / (g + l)` of Wilder's means of gains and losses, as TA-Lib has it; `cmo_sum` is Chande's own.", _CHANDE),
    _make("cmo_sum", "CMOSum", "", _SERIES, (_n(_LENGTH, 14),), "`100 (g - l) / (g + l)` of the sums of the last `length` gains and losses, as Chande wrote it.", _CHANDE),
    _make("macd", "MACD", "MACD", _SERIES, (_n("fast", 12, 2), _n("slow", 26, 2), _n("signal", 9)), "`EMA(fast) - EMA(slow)`, its EMA, and the difference. As in TA-Lib both first means end at row `slow - 1`, and all three begin with the signal.", _APPEL, ("macd", "signal", "histogram")),
    _make("ppo", "PPO", "PPO", _SERIES, (_n("fast", 12, 2), _n("slow", 26, 2), _MA), "`100 (MA(fast) - MA(slow)) / MA(slow)`; simple means as in TA-Lib, exponential ones by `ma=\"ema\"`.", _APPEL),
    _make("apo", "APO", "APO", _SERIES, (_n("fast", 12, 2), _n("slow", 26, 2), _MA), "`MA(fast) - MA(slow)`; simple means as in TA-Lib, exponential ones by `ma=\"ema\"`.", _APPEL),
    _make("momentum", "Momentum", "MOM", _SERIES, (_n(_LENGTH, 10),), "`x - x[length before]`.", _HAND),
    _make("roc", "ROC", "ROC", _SERIES, (_n(_LENGTH, 10),), "`100 (x / x[length before] - 1)`.", _HAND),
    _make("rocp", "ROCP", "ROCP", _SERIES, (_n(_LENGTH, 10),), "`(x - x[length before]) / x[length before]`.", _HAND),
    _make("rocr", "ROCR", "ROCR", _SERIES, (_n(_LENGTH, 10),), "`x / x[length before]`.", _HAND),
    _make("rocr100", "ROCR100", "ROCR100", _SERIES, (_n(_LENGTH, 10),), "`100 x / x[length before]`.", _HAND),
    _make("stochastic_rsi", "StochasticRSI", "STOCHRSI", _SERIES, (_n(_LENGTH, 14, 2), _n("k", 5), _n("d", 3)), "Fast stochastic of the RSI.", _CHANDE, ("k", "d")),
    # ranges
    _make("true_range", "TrueRange", "TRANGE", _BARS, (), "The largest of `high - low`, `|high - close before|` and `|low - close before|`.", _WILDER),
    _make("atr", "ATR", "ATR", _BARS, (_n(_LENGTH, 14),), "Wilder's mean of the true range.", _WILDER),
    _make("natr", "NATR", "NATR", _BARS, (_n(_LENGTH, 14, 2),), "The average true range in per cent of the close.", "John Forman, Stocks & Commodities 24:5, 2006"),
    _make("bollinger", "Bollinger", "BBANDS", _SERIES, (_n(_LENGTH, 20, 2), _x("up", 2.0), _x("down", 2.0)), "Mean of the last `length` values, and `up` and `down` standard deviations (of all of them, not one less) from it.", "John Bollinger, Bollinger on Bollinger Bands, 2001", _BAND),
    _make("keltner", "Keltner", "", _BARS, (_n(_LENGTH, 20), _n("range_length", 10), _x("multiple", 2.0)), "EMA of the close, and `multiple` average true ranges from it. `keltner_original` is Keltner's own.", f"Linda Raschke, after {_KELTNER}", _BAND),
    _make("keltner_original", "KeltnerOriginal", "", _BARS, (_n(_LENGTH, 10),), "Mean of typical prices, and the mean of `high - low` from it.", _KELTNER, _BAND),
    _make("donchian", "Donchian", "", (H, L), (_n(_LENGTH, 20),), "The highest high and lowest low of the last `length` bars with this one, and half way between.", "Richard Donchian, Commodities: High Finance in Copper, 1960", _BAND),
    _make("midprice", "Midprice", "MIDPRICE", (H, L), (_n(_LENGTH, 14, 2),), "Half way between the highest high and the lowest low.", _TALIB),
    _make("midpoint", "Midpoint", "MIDPOINT", _SERIES, (_n(_LENGTH, 14, 2),), "Half way between the highest and the lowest value.", _TALIB),
    _make("ichimoku", "Ichimoku", "", (H, L), (_n("conversion", 9), _n("base", 26), _n("span", 52)), "Midprices over three lengths, and the mean of the first two. Values are at the bar they are known at: charts draw the spans `base` bars later, and the close as many earlier.", "Goichi Hosoda, 1969", ("conversion", "base", "span_a", "span_b")),
    _make("supertrend", "Supertrend", "", _BARS, (_n(_LENGTH, 10), _x("multiple", 3.0)), "A band `multiple` average true ranges from the median price that moves with the trend only; direction 1 or -1, at first by the close against the median price.", "Olivier Seban, 2009", ("supertrend", "direction")),
    _make("psar", "PSAR", "SAR", (H, L), (Parameter("step", 0.02, 0, 1), Parameter("most", 0.2, 0, 1)), "Parabolic stop and reverse; the first direction is that of the first directional movement, as TA-Lib has it.", _WILDER),
    # directional movement
    _make("plus_di", "PlusDI", "PLUS_DI", _BARS, (_n(_LENGTH, 14, 2),), "`100` times Wilder's sum of upward movement over that of the true range.", _WILDER),
    _make("minus_di", "MinusDI", "MINUS_DI", _BARS, (_n(_LENGTH, 14, 2),), "`100` times Wilder's sum of downward movement over that of the true range.", _WILDER),
    _make("dx", "DX", "DX", _BARS, (_n(_LENGTH, 14, 2),), "`100 |plus - minus| / (plus + minus)` of the directional indicators.", _WILDER),
    _make("adx", "ADX", "ADX", _BARS, (_n(_LENGTH, 14, 2),), "Wilder's mean of DX.", _WILDER),
    _make("adxr", "ADXR", "ADXR", _BARS, (_n(_LENGTH, 14, 2),), "Mean of ADX and of ADX `length - 1` rows before.", _WILDER),
    # oscillators of bars
    _make("stochastic", "Stochastic", "STOCH", _BARS, (_n(_LENGTH, 5), _n("k", 3), _n("d", 3)), "Where the close lies in the range of the last `length` bars in per cent, its mean over `k`, and the mean of that over `d`.", "George Lane, Lane's Stochastics, Stocks & Commodities 2:3, 1984", ("k", "d")),
    _make("stochastic_fast", "StochasticFast", "STOCHF", _BARS, (_n(_LENGTH, 5), _n("d", 3)), "Where the close lies in the range of the last `length` bars in per cent, and its mean over `d`.", "George Lane, Lane's Stochastics, Stocks & Commodities 2:3, 1984", ("k", "d")),
    _make("williams_r", "WilliamsR", "WILLR", _BARS, (_n(_LENGTH, 14, 2),), "`-100 (highest - close) / (highest - lowest)`.", "Larry Williams, How I Made One Million Dollars, 1973"),
    _make("aroon", "Aroon", "AROON", (H, L), (_n(_LENGTH, 14, 2),), "How lately the lowest low and the highest high of `length + 1` bars came: 100 now, 0 `length` bars before.", "Tushar Chande, Stocks & Commodities 13:9, 1995", ("down", "up")),
    _make("aroon_oscillator", "AroonOscillator", "AROONOSC", (H, L), (_n(_LENGTH, 14, 2),), "Aroon up less Aroon down.", "Tushar Chande, Stocks & Commodities 13:9, 1995"),
    _make("cci", "CCI", "CCI", _BARS, (_n(_LENGTH, 14, 2),), "Distance of the typical price from its mean in 0.015 mean deviations.", "Donald Lambert, Commodities, October 1980"),
    _make("ultimate_oscillator", "UltimateOscillator", "ULTOSC", _BARS, (_n("short", 7), _n("middle", 14), _n("long", 28)), "Buying pressure over true range for three lengths, with weights 4, 2 and 1.", "Larry Williams, The Ultimate Oscillator, Stocks & Commodities 3:4, 1985"),
    # volume
    _make("obv", "OBV", "OBV", (C, V), (), "Sum of volumes, those of bars that fell subtracted; begins with the first volume.", "Joseph Granville, New Key to Stock Market Profits, 1963"),
    _make("vwap", "VWAP", "", (H, L, C, V), (), "Mean of typical prices by volume since the first row; the typical price while there is no volume.", "Berkowitz, Logue and Noser, Journal of Finance 43:1, 1988"),
    _make("rolling_vwap", "RollingVWAP", "", (H, L, C, V), (_n(_LENGTH, 20),), "Mean of the last `length` typical prices by volume.", "Berkowitz, Logue and Noser, Journal of Finance 43:1, 1988"),
    _make("vwma", "VWMA", "", (C, V), (_n(_LENGTH, 20),), "Mean of the last `length` closes by volume.", _HAND),
    _make("chaikin_money_flow", "ChaikinMoneyFlow", "", (H, L, C, V), (_n(_LENGTH, 20),), "Sum of volumes times where the close lies in the range, over the sum of volumes.", "Marc Chaikin, 1982"),
    _make("mfi", "MFI", "MFI", (H, L, C, V), (_n(_LENGTH, 14, 2),), "`100` times money that flowed in over all money of the last `length` changes of the typical price; 0 if that is below 1, as in TA-Lib.", "Gene Quong and Avrum Soudack, Stocks & Commodities 7:3, 1989"),
    _make("ad", "AD", "AD", (H, L, C, V), (), "Running sum of volumes times where the close lies in the range, from -1 to 1.", "Marc Chaikin, 1982"),
    _make("adosc", "ADOSC", "ADOSC", (H, L, C, V), (_n("fast", 3, 2), _n("slow", 10, 2)), "`EMA(fast) - EMA(slow)` of `ad`, both from its first value on.", "Marc Chaikin, 1982"),
    _make("force_index", "ForceIndex", "", (C, V), (_n(_LENGTH, 13),), "EMA of the change of the close times the volume.", "Alexander Elder, Trading for a Living, 1993"),
    # prices of one bar
    _make("typical_price", "TypicalPrice", "TYPPRICE", _BARS, (), "`(high + low + close) / 3`.", _HAND),
    _make("median_price", "MedianPrice", "MEDPRICE", (H, L), (), "`(high + low) / 2`.", _HAND),
    _make("weighted_close", "WeightedClose", "WCLPRICE", _BARS, (), "`(high + low + 2 close) / 4`.", _HAND),
    _make("average_price", "AveragePrice", "AVGPRICE", (O, H, L, C), (), "`(open + high + low + close) / 4`.", _HAND),
    _make("bop", "BOP", "BOP", (O, H, L, C), (), "`(close - open) / (high - low)`; 0 for a bar without a range.", "Igor Livshin, Balance of Market Power, Stocks & Commodities 19:9, 2001"),
    # statistics
    _make("variance", "Variance", "VAR", _SERIES, (_n(_LENGTH, 5),), "Mean square of the distances from the mean of the last `length` values.", _HAND),
    _make("stddev", "StdDev", "STDDEV", _SERIES, (_n(_LENGTH, 5, 2), _x("deviations", 1.0)), "Root of the variance, times `deviations`; 0 where the variance is below 1e-14, as in TA-Lib.", _HAND),
    _make("linreg", "LinReg", "LINEARREG", _SERIES, (_n(_LENGTH, 14, 2),), "The end of the straight line through the last `length` values.", _FITS),
    _make("linreg_slope", "LinRegSlope", "LINEARREG_SLOPE", _SERIES, (_n(_LENGTH, 14, 2),), "The slope of that line, per row.", _FITS),
    _make("linreg_intercept", "LinRegIntercept", "LINEARREG_INTERCEPT", _SERIES, (_n(_LENGTH, 14, 2),), "The start of that line.", _FITS),
    _make("linreg_angle", "LinRegAngle", "LINEARREG_ANGLE", _SERIES, (_n(_LENGTH, 14, 2),), "The angle of that line in degrees.", _FITS),
    _make("tsf", "TSF", "TSF", _SERIES, (_n(_LENGTH, 14, 2),), "Where that line is one row later.", _FITS),
    _make("zscore", "ZScore", "", _SERIES, (_n(_LENGTH, 20, 2),), "Distance from the mean in standard deviations (of all `length` values, not one less); 0 if all are equal.", _HAND),
    _make("hurst", "Hurst", "", _SERIES, (_n(_LENGTH, 128, 16),), "Slope of log of the mean rescaled range on log of the length, of blocks of 8, 16, ... of the last `length` differences, the newest block first; 0.5 if they are too flat. Give logarithms of prices.", "Harold Edwin Hurst, Transactions ASCE 116, 1951; Mandelbrot and Wallis 1969"),
)  # fmt: skip

BY_NAME = {definition.name: definition for definition in DEFINITIONS}
