"""A model's folder: model.tflite, card.toml, vectors.json; every figure in it comes from the program."""

import hashlib
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from lampyre.decide.card import Input, Output
from lampyre.decide.inference import load_model
from training.net import SEED, run_int8

VECTORS = 16
TOLERANCE = 2  # counts of int8: what XNNPACK and the reference kernels differ by on such nets, with one to spare

Metrics = dict[str, str | int | float]


@dataclass(frozen=True)
class Scaler:
    """How features become the net's numbers: low..high of each input over 0..1, then over all of int8."""

    inputs: tuple[Input, ...]

    def unit(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the inputs between 0 and 1."""
        low = np.array([one.low for one in self.inputs], np.float32)
        high = np.array([one.high for one in self.inputs], np.float32)
        return np.clip((features - low) / (high - low), 0, 1).astype(np.float32)

    def int8(self, features: NDArray[np.float32]) -> NDArray[np.int8]:
        """Return the inputs as the interpreter takes them."""
        return quantised(self.unit(features))

    def stepped(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the inputs between 0 and 1 as int8 leaves them."""
        return (self.int8(features).astype(np.float32) + 128) / 255


def quantised(unit: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return inputs between 0 and 1 as the interpreter takes them."""
    return np.clip(np.rint(unit * 255 - 128), -128, 127).astype(np.int8)


class Int8:
    """The converted net, run as a node runs it."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        interpreter = tf.lite.Interpreter(model_content=content)
        self.input = interpreter.get_input_details()[0]
        self.output = interpreter.get_output_details()[0]

    def numbers(self, rows: NDArray[np.int8]) -> NDArray[np.float64]:
        """Return the net's numbers, ordered p10, p50, p90 for each horizon: rows x horizons x 3."""
        scale, zero = self.output["quantization"]
        raw = scale * (run_int8(self.content, rows).astype(float) - zero)
        ordered: NDArray[np.float64] = np.sort(raw.reshape(len(raw), -1, 3), axis=2)
        return ordered


def write_bundle(
    folder: Path,
    version: str,
    about: Mapping[str, object],
    training: Mapping[str, object],
    origins: Iterable[Mapping[str, object]],
    metrics: Iterable[Metrics],
    scaler: Scaler,
    outputs: Sequence[Output],
    model: Int8,
    samples: NDArray[np.int8],
) -> None:
    """Write the three files, then load them as a node would."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = samples[np.random.default_rng(SEED).choice(len(samples), VECTORS, replace=False)]
    vectors = {"inputs": rows.tolist(), "outputs": run_int8(model.content, rows).tolist()}
    (folder / "vectors.json").write_text(json.dumps(vectors, separators=(",", ":")) + "\n")
    (folder / "model.tflite").write_bytes(model.content)
    parts = [
        "# Written by models/training; do not edit: a node holds model.tflite to it.\n",
        *_pairs({
            "name": folder.name, "version": version, "size": len(model.content),
            "sha256": hashlib.sha256(model.content).hexdigest(), "tolerance": TOLERANCE,
        }),
        *_table("about", about),
        *_table("input", _tensor(model.input)),
        *_table("output", _tensor(model.output)),
        *_table("training", {"seed": SEED, "tensorflow": tf.__version__, "python": sys.version.split()[0], **training}),
    ]  # fmt: skip
    for name, tables in (
        ("inputs", map(asdict, scaler.inputs)),
        ("outputs", map(asdict, outputs)),
        ("origins", origins),
        ("metrics", metrics),
    ):
        parts += [line for table in tables for line in _table(f"[{name}]", table)]
    (folder / "card.toml").write_text("".join(parts))
    load_model(folder)
    print(f"{folder}: {len(model.content)} bytes, loads, answers its vectors")


def _tensor(details: Mapping[str, object]) -> dict[str, object]:
    scale, zero = details["quantization"]  # type: ignore[misc]
    return {"shape": [int(n) for n in details["shape"]], "scale": float(scale), "zero_point": int(zero)}  # type: ignore[attr-defined]


def _table(name: str, table: Mapping[str, object]) -> list[str]:
    return [f"\n[{name}]\n", *_pairs(table)]


def _pairs(table: Mapping[str, object]) -> list[str]:
    return [f"{key} = {_value(value)}\n" for key, value in table.items()]


def _value(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a card holds finite numbers only")
    return json.dumps(value, ensure_ascii=False)
