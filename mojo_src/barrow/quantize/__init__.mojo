"""Values to codes of 2 to 8 bits with a scale for every group, and back."""

from barrow.quantize.bits import packed_length
from barrow.quantize.codes import (
    Choices,
    Clip,
    Errors,
    Stop,
    dequantize,
    errors,
    quantize,
)
from barrow.quantize.gguf import (
    GGUF_BLOCK,
    from_gguf,
    gguf_block_bytes,
    to_gguf,
)
from barrow.quantize.grid import Grid, Levels, grid_of
from barrow.quantize.ranges import Range, find_range, first_not_finite
