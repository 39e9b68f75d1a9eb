"""Market-data text to exact fixed-point Arrow columns, with kernels in Mojo.

import barrow as bw

bars = bw.read_csv("eurusd.csv", bar_type="EUR/USD.SIM-1-MINUTE-BID-EXTERNAL")
bars[0].close, bars.raw("close"), bars.to_pandas()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from barrow._arrow import (
    PRICE_ERROR_64,
    PRICE_ERROR_128,
    PRICE_UNDEF_64,
    PRICE_UNDEF_128,
    QUANTITY_UNDEF_64,
    QUANTITY_UNDEF_128,
    AggressorSide,
    BookAction,
    Field,
    OrderSide,
    RecordFlag,
    RecordKind,
)
from barrow._lib import cpu_level
from barrow.adjust import Adjustments, AdjustReport, adjust
from barrow.bars import (
    AggregationSource,
    Bar,
    BarAggregation,
    Bars,
    BarSpecification,
    BarType,
    BookOrder,
    Finding,
    OrderBookDelta,
    OrderBookDeltas,
    OrderBookDepth10,
    OrderBookDepths,
    Price,
    PriceType,
    Quantity,
    Quotes,
    QuoteTick,
    Record,
    Records,
    Report,
    Trades,
    TradeTick,
    validate,
)
from barrow.csv import CsvReport, check_csv, read_csv, scan_csv, sniff_csv, write_csv
from barrow.errors import (
    BarrowArgumentError,
    BarrowCorruptError,
    BarrowError,
    BarrowInternalError,
    BarrowIoError,
    BarrowParseError,
    BarrowSchemaError,
    BarrowUnsupportedError,
)
from barrow.etl import (
    ConvertReport,
    IngestReport,
    QuantizeReport,
    ResampledFile,
    convert,
    dequantize_file,
    ingest,
    quantize_file,
    resample_file,
    write_catalog,
)
from barrow.etl import open_records as open
from barrow.ipc import write_arrow
from barrow.parquet import write_parquet
from barrow.quantize import (
    Quantized,
    QuantizedArray,
    dequantize,
    dequantize_arrow,
    quantize,
    quantize_arrow,
    quantize_arrow_batch,
    validate_quantization_schema,
)
from barrow.record_module import RecordModule
from barrow.resample import (
    BarAggregator,
    ExpectedThreshold,
    Resampler,
    ResampleReport,
    Threshold,
    Timeframe,
    information_bars,
    resample,
)
from barrow.rolling import (
    ewm_mean,
    ewm_std,
    ewm_var,
    rolling_argmax,
    rolling_argmin,
    rolling_corr,
    rolling_cov,
    rolling_kurt,
    rolling_max,
    rolling_mean,
    rolling_median,
    rolling_min,
    rolling_quantile,
    rolling_rank,
    rolling_skew,
    rolling_std,
    rolling_sum,
    rolling_var,
)
from barrow.safetensors import read_safetensors, write_safetensors
from barrow.sessions import Schedule, Session, SessionRule, load_session, session_names
from barrow.store import Store

__version__ = "0.1.0"

__all__ = [
    "ARIMA",
    "PRICE_ERROR_64",
    "PRICE_ERROR_128",
    "PRICE_UNDEF_64",
    "PRICE_UNDEF_128",
    "QUANTITY_UNDEF_64",
    "QUANTITY_UNDEF_128",
    "AdjustReport",
    "Adjustments",
    "AggregationSource",
    "AggressorSide",
    "Bar",
    "BarAggregation",
    "BarAggregator",
    "BarSpecification",
    "BarType",
    "BarrowArgumentError",
    "BarrowCorruptError",
    "BarrowError",
    "BarrowInternalError",
    "BarrowIoError",
    "BarrowParseError",
    "BarrowSchemaError",
    "BarrowUnsupportedError",
    "Bars",
    "BookAction",
    "BookOrder",
    "ConvertReport",
    "CsvReport",
    "ExpectedThreshold",
    "Field",
    "Finding",
    "IngestReport",
    "OrderBookDelta",
    "OrderBookDeltas",
    "OrderBookDepth10",
    "OrderBookDepths",
    "OrderSide",
    "Price",
    "PriceType",
    "Quantity",
    "QuantizeReport",
    "Quantized",
    "QuantizedArray",
    "QuoteTick",
    "Quotes",
    "Record",
    "RecordFlag",
    "RecordKind",
    "RecordModule",
    "Records",
    "Report",
    "ResampleReport",
    "ResampledFile",
    "Resampler",
    "Schedule",
    "Session",
    "SessionRule",
    "Store",
    "Threshold",
    "Timeframe",
    "TradeTick",
    "Trades",
    "adjust",
    "auto_arima",
    "batch_fit_arima",
    "batch_forecast_arima",
    "check_csv",
    "convert",
    "cpu_level",
    "dequantize",
    "dequantize_arrow",
    "dequantize_file",
    "ewm_mean",
    "ewm_std",
    "ewm_var",
    "information_bars",
    "ingest",
    "load_session",
    "open",
    "quantize",
    "quantize_arrow",
    "quantize_arrow_batch",
    "quantize_file",
    "read_csv",
    "read_safetensors",
    "resample",
    "resample_file",
    "rolling_argmax",
    "rolling_argmin",
    "rolling_corr",
    "rolling_cov",
    "rolling_kurt",
    "rolling_max",
    "rolling_mean",
    "rolling_median",
    "rolling_min",
    "rolling_quantile",
    "rolling_rank",
    "rolling_skew",
    "rolling_std",
    "rolling_sum",
    "rolling_var",
    "scan_csv",
    "session_names",
    "sniff_csv",
    "validate",
    "validate_quantization_schema",
    "write_arrow",
    "write_catalog",
    "write_csv",
    "write_parquet",
    "write_safetensors",
]

if TYPE_CHECKING:
    from barrow import indicators as indicators
    from barrow import wranglers as wranglers
    from barrow.arima import ARIMA, auto_arima, batch_fit_arima, batch_forecast_arima
    from barrow.indicators.functions import *  # noqa: F403
else:
    _ARIMA = ("ARIMA", "auto_arima", "batch_fit_arima", "batch_forecast_arima")

    def __getattr__(name: str) -> Any:
        """`barrow.wranglers`, models, `barrow.indicators` and its functions, when asked for."""
        if name in ("wranglers", "indicators"):
            return import_module(f"barrow.{name}")
        if name in _ARIMA:
            return getattr(import_module("barrow.arima"), name)
        if name in import_module("barrow.indicators.table").BY_NAME:
            functions = vars(import_module("barrow.indicators.functions"))
            return globals().setdefault(name, functions[name])  # found at once from now on
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
