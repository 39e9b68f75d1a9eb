"""How much accuracy a model loses when its weights take 8, 4, 3 or 2 bits.

    python examples/quantize_model.py [--keep FOLDER]

A network of two hidden layers learns to read the handwritten digits that come with
scikit-learn (1,797 images of 8 by 8 pixels, UCI, public domain); a quarter of them it
never sees. Its weights go into a safetensors file, from there into an Arrow file of
codes for each choice of width, and back into a network that runs in NumPy. Every number
printed is measured here.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import barrow as bw
import numpy as np
import pyarrow as pa
from barrow.quantize import quality
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

Array = np.ndarray[Any, Any]
_HIDDEN = (64, 32)
CHOICES: dict[str, dict[str, Any]] = {
    "8 bits": {"bit_width": 8},
    "4 bits": {"bit_width": 4},
    "3 bits": {"bit_width": 3},
    "2 bits": {"bit_width": 2},
    "2 bits, mse": {"bit_width": 2, "clip": "mse"},
    "by layer": {"fallback": (2, 3, 4, 8), "min_cosine": 0.985},
}


def train() -> tuple[dict[str, Array], Array, Array]:
    """Weights by name, and images with digits that were not learned from."""
    images, digits = load_digits(return_X_y=True)
    parts = train_test_split(images / 16, digits, random_state=0, stratify=digits)
    network = MLPClassifier(
        _HIDDEN, random_state=0, max_iter=400, tol=1e-3, learning_rate_init=3e-3
    )
    network.fit(parts[0], parts[2])
    weights = {}
    for i, (matrix, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True)):
        weights[f"{i}.weight"] = matrix.T.astype(np.float32)  # a row for each output
        weights[f"{i}.bias"] = bias.astype(np.float32)
    return weights, parts[1].astype(np.float32), parts[3]


def accuracy(weights: dict[str, Array], images: Array, digits: Array) -> float:
    """The share of images that the network reads correctly."""
    values = images
    last = len(weights) // 2 - 1
    for i in range(last + 1):
        values = values @ weights[f"{i}.weight"].T + weights[f"{i}.bias"]
        values = np.maximum(values, 0) if i < last else values
    return float((values.argmax(axis=1) == digits).mean())


def as_arrays(table: pa.Table) -> dict[str, Array]:
    """The layers of a table as arrays in their shapes."""
    rows = zip(table["layer_name"], table["weights"], table["shape"], strict=True)
    return {
        name.as_py(): values.values.to_numpy().reshape(shape.as_py())
        for name, values, shape in rows
    }


def save(weights: dict[str, Array], path: Path) -> None:
    """Writes arrays to a safetensors file."""
    rows = [values.reshape(-1) for values in weights.values()]
    table = pa.table(
        {
            "layer_name": list(weights),
            "weights": pa.array(rows, pa.list_(pa.float32())),
            "shape": [list(values.shape) for values in weights.values()],
        }
    )
    bw.write_safetensors(table, path, overwrite=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keep", type=Path, help="a folder for the files")
    folder = parser.parse_args().keep
    with tempfile.TemporaryDirectory() as scratch:
        place = folder or Path(scratch)
        place.mkdir(parents=True, exist_ok=True)
        weights, images, digits = train()
        model = place / "digits.safetensors"
        save(weights, model)
        count = sum(values.size for values in weights.values())
        read = as_arrays(bw.read_safetensors(model))
        print(f"{count:,} weights, {len(digits)} images the network has not seen")
        print(f"{'float32':>12}  32.00 bits  {accuracy(read, images, digits):7.2%}")
        for name, options in CHOICES.items():
            codes = place / f"{name.replace(' ', '-').replace(',', '')}.arrow"
            bw.quantize_file(
                model, codes, group_size=64, scale_type="float16", overwrite=True, **options
            )
            with pa.memory_map(str(codes)) as file:
                table = pa.ipc.open_file(file).read_all()
            report = quality(bw.read_safetensors(model), table)
            bits = np.average(report["bits_per_value"], weights=report["values"])
            share = accuracy(as_arrays(bw.dequantize_arrow(table)), images, digits)
            print(f"{name:>12}  {bits:5.2f} bits  {share:7.2%}")


if __name__ == "__main__":
    main()
