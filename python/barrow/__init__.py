"""Market-data text to exact fixed-point Arrow columns, with kernels in Mojo.

import barrow as bw

bars = bw.read_csv("eurusd.csv", bar_type="EUR/USD.SIM-1-MINUTE-BID-EXTERNAL")
bars[0].close, bars.raw("close"), bars.to_pandas()
"""

from barrow._arrow import (
    PRICE_ERROR_64,
    PRICE_ERROR_128,
    PRICE_UNDEF_64,
    PRICE_UNDEF_128,
    QUANTITY_UNDEF_64,
    QUANTITY_UNDEF_128,
    AggressorSide,
)
from barrow._lib import cpu_level
from barrow.bars import (
    Bar,
    Bars,
    BarType,
    Finding,
    Price,
    Quantity,
    Quotes,
    QuoteTick,
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
    ResampledFile,
    convert,
    ingest,
    resample_file,
)
from barrow.etl import open_records as open
from barrow.resample import Resampler, ResampleReport, Timeframe, resample

__version__ = "0.1.0"

__all__ = [
    "PRICE_ERROR_64",
    "PRICE_ERROR_128",
    "PRICE_UNDEF_64",
    "PRICE_UNDEF_128",
    "QUANTITY_UNDEF_64",
    "QUANTITY_UNDEF_128",
    "AggressorSide",
    "Bar",
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
    "ConvertReport",
    "CsvReport",
    "Finding",
    "IngestReport",
    "Price",
    "Quantity",
    "QuoteTick",
    "Quotes",
    "Report",
    "ResampleReport",
    "ResampledFile",
    "Resampler",
    "Timeframe",
    "TradeTick",
    "Trades",
    "check_csv",
    "convert",
    "cpu_level",
    "ingest",
    "open",
    "read_csv",
    "resample",
    "resample_file",
    "scan_csv",
    "sniff_csv",
    "validate",
    "write_csv",
]
