"""Weights to codes of 2 to 8 bits and back: Arrow tables, NumPy arrays, model inputs."""

from barrow.quantize.array import QuantizedArray, array_quality, dequantize, quantize
from barrow.quantize.arrow import Quantized, quantize_arrow, quantize_arrow_batch
from barrow.quantize.bars import Bins, ZScore, from_log_returns, log_returns
from barrow.quantize.gguf import from_gguf_blocks, to_gguf_blocks
from barrow.quantize.options import QuantizeOptions
from barrow.quantize.quality import Quality
from barrow.quantize.restore import dequantize_arrow, quality
from barrow.quantize.schema import validate_quantization_schema

__all__ = [
    "Bins",
    "Quality",
    "QuantizeOptions",
    "Quantized",
    "QuantizedArray",
    "ZScore",
    "array_quality",
    "dequantize",
    "dequantize_arrow",
    "from_gguf_blocks",
    "from_log_returns",
    "log_returns",
    "quality",
    "quantize",
    "quantize_arrow",
    "quantize_arrow_batch",
    "to_gguf_blocks",
    "validate_quantization_schema",
]
