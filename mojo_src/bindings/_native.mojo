"""The Python extension module `barrow._native`: its function table.

Every function converts its arguments, calls one function of the Mojo package and
converts the result back. `python/barrow/_native.pyi` has the Python signatures.
"""

from capi import ModuleTable, Obj, py_none, decref
from adjust_calls import *
from arima_calls import *
from arrow_calls import *
from bar64_calls import *
from column_calls import *
from convert_calls import *
from csv_calls import *
from indicator_calls import *
from information_calls import *
from ipc_calls import *
from quantize_calls import *
from resample_calls import *
from record_fold_calls import resample_records
from rolling_calls import *
from row_calls import row_type, rows_new
from tick_calls import *
from value_calls import *
from write_calls import *


@export
def PyInit__native() abi("C") -> Obj:
    # Looks the interpreter's functions up now, while the loader guards the
    # environment, and not at the first call.
    decref(py_none())
    var table = ModuleTable()
    table.add[row_type, 0]("row_type", "Makes the type of rows.")
    table.add[rows_new, 5]("rows_new", "Rows of one owner, one after another.")
    table.add[csv_new, 2]("csv_new", "Makes a row decoder.")
    table.add[csv_push, 9]("csv_push", "Reads rows of a chunk.")
    table.add[csv_begin, 3]("csv_begin", "Counts from zero again.")
    table.add[csv_lines, 4]("csv_lines", "Counts line feeds.")
    table.add[csv_rejects, 1]("csv_rejects", "What the last push refused.")
    table.add[csv_counts, 1]("csv_counts", "Counts so far.")
    table.add[csv_symbol, 1]("csv_symbol", "The symbol of the first row.")
    table.add[csv_write, 5]("csv_write", "Writes rows of columns as text.")
    table.add[csv_fraction_digits, 1](
        "csv_fraction_digits", "Digits of a second that instants need."
    )
    table.add[reason_names, 0]("reason_names", "Names of reasons, by code.")
    table.add[parse_value, 5]("parse_value", "Decimal text to a raw value.")
    table.add[format_value, 5]("format_value", "A raw value to decimal text.")
    table.add[parse_time, 2]("parse_time", "Text to an instant.")
    table.add[format_time, 1]("format_time", "An instant to text.")
    table.add[column_to_float64, 4](
        "column_to_float64", "Raw values to the nearest doubles."
    )
    table.add[column_widen, 3]("column_widen", "64-bit to 128-bit values.")
    table.add[column_narrow, 3]("column_narrow", "128-bit to 64-bit values.")
    table.add[column_from_floats, 7](
        "column_from_floats", "Floats to raw values, by their shortest text."
    )
    table.add[column_from_decimals, 8](
        "column_from_decimals", "Integers at any scale to raw values."
    )
    table.add[column_from_texts, 7](
        "column_from_texts", "Decimal texts to raw values."
    )
    table.add[column_from_times, 3](
        "column_from_times", "Texts of instants to nanoseconds."
    )
    table.add[column_unfit, 4](
        "column_unfit", "Where raw values are not as records store them."
    )
    table.add[checks_new, 0]("checks_new", "Counts of nothing yet.")
    table.add[checks_push, 4]("checks_push", "Checks a batch of bars.")
    table.add[checks_counts, 1]("checks_counts", "Counts so far.")
    table.add[tick_checks_new, 0]("tick_checks_new", "Counts of nothing yet.")
    table.add[quote_checks_push, 3](
        "quote_checks_push", "Checks a batch of quotes."
    )
    table.add[trade_checks_push, 3](
        "trade_checks_push", "Checks a batch of trades."
    )
    table.add[tick_checks_counts, 1]("tick_checks_counts", "Counts so far.")
    table.add[bar64_pack, 2]("bar64_pack", "Columns to records of 64 bytes.")
    table.add[bar64_unpack, 4](
        "bar64_unpack", "Records of 64 bytes to columns."
    )
    table.add[bar64_damage, 1](
        "bar64_damage", "Counts records whose checksums are wrong."
    )
    table.add[checksum, 1]("crc32c", "The CRC-32C of bytes.")
    table.add[fingerprint_add, 2]("fingerprint", "Adds bytes to a fingerprint.")
    table.add[ipc_new, 2]("ipc_new", "Creates an Arrow IPC file.")
    table.add[ipc_write, 2]("ipc_write", "Appends a batch.")
    table.add[ipc_close, 1]("ipc_close", "Writes the footer.")
    table.add[ipc_open, 2]("ipc_open", "Opens an Arrow IPC file.")
    table.add[arrow_take_array, 3](
        "arrow_take_array", "Takes over an array of the C Data Interface."
    )
    table.add[arrow_take_stream, 2](
        "arrow_take_stream", "Takes over all arrays of a stream."
    )
    table.add[arrow_empty, 1]("arrow_empty", "A batch without rows.")
    table.add[arrow_fields, 1]("arrow_fields", "What the columns are.")
    table.add[arrow_rows, 1]("arrow_rows", "Rows of a batch.")
    table.add[arrow_find, 2]("arrow_find", "Finds a column by its name.")
    table.add[arrow_column, 2]("arrow_column", "Where the buffers are.")
    table.add[arrow_lend_schema, 1]("arrow_lend_schema", "Lends a schema.")
    table.add[arrow_lend_array, 1]("arrow_lend_array", "Lends a batch.")
    table.add[arrow_lend_stream, 2]("arrow_lend_stream", "Lends batches.")
    table.add[indicator_names, 0](
        "indicator_names", "Names of indicators, by kind."
    )
    table.add[indicator_kind, 1]("indicator_kind", "A kind of indicator.")
    table.add[indicator_batch, 6](
        "indicator_batch", "An indicator of whole columns."
    )
    table.add[indicator_new, 3]("indicator_new", "Makes an indicator.")
    table.add[indicator_warm_up, 1](
        "indicator_warm_up", "What an indicator reads and gives."
    )
    table.add[indicator_update, 6]("indicator_update", "Adds a row.")
    table.add[indicator_run, 4](
        "indicator_run", "Adds rows to several indicators."
    )
    table.add[indicator_reset, 1]("indicator_reset", "Forgets all rows.")
    table.add[indicator_save, 1]("indicator_save", "What restoring needs.")
    table.add[indicator_restore, 2](
        "indicator_restore", "Goes on from what was saved."
    )
    table.add[information_new, 4]("information_new", "Makes a sampler.")
    table.add[information_check, 5](
        "information_check", "Rows that no bar is made of."
    )
    table.add[information_push, 9](
        "information_push", "Adds rows to information bars."
    )
    table.add[information_peek, 4]("information_peek", "Shows the open bar.")
    table.add[information_save, 2]("information_save", "What restoring needs.")
    table.add[information_restore, 3](
        "information_restore", "Goes on from what was saved."
    )
    table.add[quantize_lists, 3](
        "quantize_lists", "Where the values of lists are."
    )
    table.add[quantize_range, 2]("quantize_range", "Least and largest value.")
    table.add[quantize_grid, 5]("quantize_grid", "The scale of a range.")
    table.add[quantize_groups, 6]("quantize_groups", "Values to codes.")
    table.add[quantize_values, 6]("quantize_values", "Codes to values.")
    table.add[quantize_errors, 7]("quantize_errors", "What codes lost.")
    table.add[quantize_to_gguf, 3]("quantize_to_gguf", "Values to blocks.")
    table.add[quantize_from_gguf, 3]("quantize_from_gguf", "Blocks to values.")
    table.add[resample_new, 5]("resample_new", "Makes a fold of timeframes.")
    table.add[resample_push, 5]("resample_push", "Folds rows into bars.")
    table.add[resample_records, 8](
        "resample_records", "Folds records of 64 bytes into such records."
    )
    table.add[resample_advance, 5](
        "resample_advance", "Ends bars at a time, without a row."
    )
    table.add[resample_peek, 5]("resample_peek", "Shows the open bars.")
    table.add[resample_facts, 2]("resample_facts", "Rows that were left out.")
    table.add[resample_save, 2]("resample_save", "What restoring needs.")
    table.add[resample_restore, 3](
        "resample_restore", "Goes on from what was saved."
    )
    table.add[resample_midpoints, 5](
        "resample_midpoints", "Half way between bids and asks."
    )
    table.add[rolling, 8]("rolling", "A statistic of windows of a series.")
    table.add[adjust_runs, 2]("adjust_runs", "Which rows are in which segment.")
    table.add[adjust_shift, 5]("adjust_shift", "Adds amounts to prices.")
    table.add[adjust_multiply, 9](
        "adjust_multiply", "Multiplies values by fractions."
    )
    table.add[arima_fit, 6]("arima_fit", "Fits models to many series.")
    table.add[arima_filter, 8](
        "arima_filter", "Residuals and forecasts of many series."
    )
    table.add[arima_curvature, 6](
        "arima_curvature", "Second derivatives of a likelihood."
    )
    table.add[simd_bits, 0]("simd_bits", "Bits of a vector register.")
    return table.create("barrow._native")
