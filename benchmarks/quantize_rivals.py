"""Ways to quantize: NumPy with buffers made before, a compiled loop, torch, barrow.

Every way has the same tasks, by name, and gives the bytes of the codes, or a tensor of
torch, which `bytes_of` turns into those. The reference says the formulas plainly, piece by
piece.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import barrow as bw
import numpy as np

Array = np.ndarray[Any, Any]
Run = Callable[[], Any]
GROUP = 128
ROW = 4096
TASKS = {
    "affine": "int8 per tensor, affine",
    "symmetric": "int8 per tensor, symmetric",
    "rows": f"int8 per row of {ROW}",
    "int4": f"int4 per group of {GROUP}",
    "int2": f"int2 per group of {GROUP}",
}
# Bits, scheme, and values that share a scale; None is all.
_HOW: dict[str, tuple[int, bool, int | None]] = {
    "affine": (8, False, None),
    "symmetric": (8, True, None),
    "rows": (8, False, ROW),
    "int4": (4, False, GROUP),
    "int2": (2, False, GROUP),
}


def reference(x: Array, task: str) -> Array:
    """The bytes of the codes, by the formulas of docs/format.md, some groups at a time."""
    bits, symmetric, group = _HOW[task]
    values = x.reshape(-1, group or len(x))
    if group is None:
        low, high = np.float64(x.min()), np.float64(x.max())
        return np.concatenate(
            [_coded(part, low, high, bits, symmetric) for part in np.array_split(x, 64)]
        )
    return np.concatenate(
        [
            _packed(
                _coded(
                    part,
                    part.min(1, keepdims=True).astype(np.float64),
                    part.max(1, keepdims=True).astype(np.float64),
                    bits,
                    symmetric,
                ).reshape(-1),
                bits,
            )
            for part in np.array_split(values, 64)
        ]
    )


def _coded(x: Array, low: Any, high: Any, bits: int, symmetric: bool) -> Array:
    most = 2 ** (bits - symmetric) - 1
    if symmetric:
        scale = np.maximum(-low, high) / most
        return np.clip(np.rint(x / scale.astype("f4")), -most, most).astype("i1").view("u1")
    scale = ((high - low) / most).astype("f4")
    zero = -np.rint(low.astype("f4") / scale)
    return np.clip(np.rint(x / scale) + zero, 0, most).astype("u1")


def _packed(codes: Array, bits: int) -> Array:
    each = 8 // bits
    parts = [codes[i::each] << (bits * i) for i in range(each)]
    result: Array = sum(parts[1:], parts[0])
    return result


def bytes_of(answer: Any) -> Array:
    """The bytes of the codes of what a way gave."""
    if not isinstance(answer, np.ndarray):
        answer = answer.int_repr().numpy().reshape(-1)
    codes: Array = answer.view(np.uint8)
    return codes


def numpy_in_place(x: Array) -> dict[str, Run]:
    """What NumPy needs, with every large buffer made before."""
    t, q = np.empty_like(x), np.empty(len(x), np.uint8)
    signed = q.view(np.int8)
    half, quarter = np.empty(len(x) // 2, np.uint8), np.empty(len(x) // 4, np.uint8)

    def rounded(v: Array, out: Array, scale: Any, zero: Any, low: int, high: int) -> None:
        np.divide(v, scale, out=out)
        np.rint(out, out=out)
        if zero is not None:
            np.add(out, zero, out=out)
        np.clip(out, low, high, out=out)

    def affine() -> Array:
        low, high = x.min(), x.max()
        scale = np.float32((np.float64(high) - low) / 255)
        rounded(x, t, scale, -np.rint(low / scale), 0, 255)
        np.copyto(q, t, casting="unsafe")
        return q

    def symmetric() -> Array:
        scale = np.float32(np.float64(max(-x.min(), x.max())) / 127)
        rounded(x, t, scale, None, -127, 127)
        np.copyto(signed, t, casting="unsafe")
        return q

    def grouped(group: int, most: int) -> None:
        v, out = x.reshape(-1, group), t.reshape(-1, group)
        low, high = v.min(1, keepdims=True), v.max(1, keepdims=True)
        scale = ((high.astype(np.float64) - low) / most).astype(np.float32)
        rounded(v, out, scale, -np.rint(low / scale), 0, most)
        np.copyto(q, t, casting="unsafe")

    def rows() -> Array:
        grouped(ROW, 255)
        return q

    def int4() -> Array:
        grouped(GROUP, 15)
        np.left_shift(q[1::2], 4, out=half)
        np.bitwise_or(half, q[::2], out=half)
        return half

    def int2() -> Array:
        grouped(GROUP, 3)
        np.copyto(quarter, q[::4])
        for i in range(1, 4):
            np.left_shift(q[i::4], 2 * i, out=half[: len(quarter)])
            np.bitwise_or(quarter, half[: len(quarter)], out=quarter)
        return quarter

    return {
        "affine": affine,
        "symmetric": symmetric,
        "rows": rows,
        "int4": int4,
        "int2": int2,
    }


def numba_runs(x: Array) -> dict[str, Run]:
    """A loop for each, compiled, on two threads."""
    numba = import_module("numba")
    numba.set_num_threads(min(2, numba.config.NUMBA_NUM_THREADS))
    compiled = numba.njit(parallel=True, fastmath={"nnan", "ninf", "nsz"})
    codes = np.empty(len(x), np.uint8)
    half, quarter = np.empty(len(x) // 2, np.uint8), np.empty(len(x) // 4, np.uint8)
    f4, f8, u1 = np.float32, np.float64, np.uint8

    @compiled  # type: ignore[untyped-decorator]
    def affine(x, out):  # type: ignore[no-untyped-def]
        low, high = f4(np.inf), f4(-np.inf)
        for i in numba.prange(len(x)):
            low = min(low, x[i])
            high = max(high, x[i])
        scale = f4((f8(high) - f8(low)) / 255)
        zero = -np.rint(low / scale)
        for i in numba.prange(len(x)):
            out[i] = u1(min(max(np.rint(x[i] / scale) + zero, f4(0)), f4(255)))
        return out

    @compiled  # type: ignore[untyped-decorator]
    def symmetric(x, out):  # type: ignore[no-untyped-def]
        most = f4(0)
        for i in numba.prange(len(x)):
            most = max(most, abs(x[i]))
        scale = f4(f8(most) / 127)
        for i in numba.prange(len(x)):
            out[i] = np.int8(min(max(np.rint(x[i] / scale), f4(-127)), f4(127)))
        return out

    @compiled  # type: ignore[untyped-decorator]
    def rows(x, out):  # type: ignore[no-untyped-def]
        for g in numba.prange(len(x) // ROW):
            part, to = x[g * ROW : g * ROW + ROW], out[g * ROW : g * ROW + ROW]
            low, high = part[0], part[0]
            for i in range(ROW):
                low = min(low, part[i])
                high = max(high, part[i])
            scale = f4((f8(high) - f8(low)) / 255)
            zero = -np.rint(low / scale)
            for i in range(ROW):
                to[i] = u1(min(max(np.rint(part[i] / scale) + zero, f4(0)), f4(255)))
        return out

    @compiled  # type: ignore[untyped-decorator]
    def int4(x, out):  # type: ignore[no-untyped-def]
        for g in numba.prange(len(x) // GROUP):
            part = x[g * GROUP : g * GROUP + GROUP]
            low, high = part[0], part[0]
            for i in range(GROUP):
                low = min(low, part[i])
                high = max(high, part[i])
            scale = f4((f8(high) - f8(low)) / 15)
            zero = -np.rint(low / scale)
            for i in range(GROUP // 2):
                a = min(max(np.rint(part[2 * i] / scale) + zero, f4(0)), f4(15))
                b = min(max(np.rint(part[2 * i + 1] / scale) + zero, f4(0)), f4(15))
                out[g * (GROUP // 2) + i] = u1(a) | u1(u1(b) << 4)
        return out

    @compiled  # type: ignore[untyped-decorator]
    def int2(x, out):  # type: ignore[no-untyped-def]
        for g in numba.prange(len(x) // GROUP):
            part = x[g * GROUP : g * GROUP + GROUP]
            low, high = part[0], part[0]
            for i in range(GROUP):
                low = min(low, part[i])
                high = max(high, part[i])
            scale = f4((f8(high) - f8(low)) / 3)
            zero = -np.rint(low / scale)
            for i in range(GROUP // 4):
                byte = u1(0)
                for k in range(4):
                    q = min(max(np.rint(part[4 * i + k] / scale) + zero, f4(0)), f4(3))
                    byte |= u1(u1(q) << (2 * k))
                out[g * (GROUP // 4) + i] = byte
        return out

    signed = codes.view(np.int8)
    return {
        "affine": lambda: affine(x, codes),
        "symmetric": lambda: symmetric(x, signed).view(np.uint8),
        "rows": lambda: rows(x, codes),
        "int4": lambda: int4(x, half),
        "int2": lambda: int2(x, quarter),
    }


def torch_runs(x: Array) -> dict[str, Run]:
    """Of torch on two threads, with the scales found by torch too; it packs no groups."""
    torch = import_module("torch")
    torch.set_num_threads(2)
    values = torch.from_numpy(x)
    by_row = values.reshape(-1, ROW)

    def affine() -> Any:
        low, high = (float(v) for v in torch.aminmax(values))
        scale = np.float32((high - low) / 255)
        zero = int(-np.rint(np.float32(low) / scale))
        return torch.quantize_per_tensor(values, float(scale), zero, torch.quint8)

    def symmetric() -> Any:
        low, high = (float(v) for v in torch.aminmax(values))
        scale = float(np.float32(max(-low, high) / 127))
        return torch.quantize_per_tensor(values, scale, 0, torch.qint8)

    def rows() -> Any:
        low, high = torch.aminmax(by_row, dim=1)
        scale = ((high.double() - low.double()) / 255).float()
        zero = -torch.round(low / scale)
        return torch.quantize_per_channel(by_row, scale, zero.to(torch.int64), 0, torch.quint8)

    return {"affine": affine, "symmetric": symmetric, "rows": rows}


def torch_given(x: Array) -> dict[str, Run]:
    """The same without the search for the scales, which others have in their times."""
    torch = import_module("torch")
    values = torch.from_numpy(x)
    low, high = np.float64(x.min()), np.float64(x.max())
    scale = float(np.float32((high - low) / 255))
    zero = int(-np.rint(np.float32(low) / np.float32(scale)))
    even = float(np.float32(max(-low, high) / 127))
    return {
        "affine": lambda: torch.quantize_per_tensor(values, scale, zero, torch.quint8),
        "symmetric": lambda: torch.quantize_per_tensor(values, even, 0, torch.qint8),
    }


def barrow_runs(x: Array, threads: int) -> dict[str, Run]:
    """The public function, which makes its output."""

    def run(task: str) -> Run:
        bits, symmetric, group = _HOW[task]
        options: dict[str, Any] = {
            "bit_width": bits,
            "scheme": "symmetric" if symmetric else "affine",
            "granularity": "tensor" if group is None else "group",
            "threads": threads,
        }
        if group is not None:
            options["group_size"] = group
        values = x
        if task == "rows":
            options["granularity"], values = "row", x.reshape(-1, ROW)
        return lambda: bw.quantize(values, **options).codes

    return {task: run(task) for task in TASKS}
