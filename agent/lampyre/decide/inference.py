"""The one door of TFLite and NumPy: a model is checked before it may speak, and then answers cheaply."""

import hashlib
import json
import math
import os
from pathlib import Path
from typing import Any

from lampyre.chance import Chance
from lampyre.decide.card import Card, Output, Tensor, read_card
from lampyre.errors import ModelRejected
from lampyre.records import Features, Forecast

SIZE_LIMIT = 100_000  # bytes of model.tflite: what a node with 512 MB should ever be given
VECTORS_SIZE_LIMIT = 1_000_000  # bytes of vectors.json
LEVEL_LOG_MOST = 20.0  # half a thousand million counts a period: no site has more, and exp stays finite
EXPONENT_MOST = 700.0  # exp stays finite
SCALE_SLACK = 1e-6  # relative; the card's scale has gone through decimal text
AGAIN = "copy the whole bundle again"


class Model:
    """One loaded model with its own interpreter and buffers. For one thread."""

    __slots__ = (
        "_base_at", "_cut", "_gain", "_index_in", "_index_out", "_interpreter", "_level_at", "_names", "_np",
        "_offset", "_ones", "_row", "_tables", "_work", "card", "clipped", "name", "source",
    )  # fmt: skip

    def __init__(self, card: Card, interpreter: Any, np: Any) -> None:
        self.card = card
        self.name = card.name
        self.source = f"{card.name} {card.version}"
        self.clipped = 0  # inputs that lay outside the card's range so far
        self._np = np
        self._interpreter = interpreter
        self._index_in = interpreter.get_input_details()[0]["index"]
        self._index_out = interpreter.get_output_details()[0]["index"]
        self._names = card.names
        low = np.array([one.low for one in card.inputs])
        self._gain = 1 / (np.array([one.high for one in card.inputs]) - low) / card.input.scale
        self._offset = card.input.zero_point - low * self._gain
        self._ones = np.ones(len(card.inputs))
        self._work = np.empty(len(card.inputs))
        self._cut = np.empty(len(card.inputs))
        self._row = np.empty((1, len(card.inputs)), np.int8)
        self._level_at = self._names.index("level_log") if "level_log" in self._names else None
        self._base_at = [self._names.index(one.base) if one.base else None for one in card.outputs]
        self._tables = [_table(one, card.output) for one in card.outputs]

    def predict(self, features: Features) -> Forecast | None:
        """Return the forecast of the card's first quantiles; None if the inputs or any result are not finite.

        ModelRejected if the features are not the ones of the card: a fault of the program, not of the data.
        """
        found = self.predict_all(features)
        return None if found is None else next((one for one in found if isinstance(one, Forecast)), None)

    def predict_all(self, features: Features) -> tuple[Forecast | Chance, ...] | None:
        """Return for each output of the card its forecast, p10 <= p50 <= p90, in the card's units, or its chances."""
        if features.names != self._names:
            raise ModelRejected(f"{self.name}: {_difference(features.names, self._names)}; use matching features")
        values = features.values
        if not self._quantise(values):
            return None
        numbers = self.run(self._row)
        level = 1.0 if self._level_at is None else _level(values[self._level_at])
        found: list[Forecast | Chance] = []
        start = 0
        for one, table, base_at in zip(self.card.outputs, self._tables, self._base_at, strict=True):
            end = start + one.numbers
            if one.scale == "logistic":
                chances = tuple([table[number] for number in numbers[start:end]])
                found.append(Chance(one.of, one.horizons_s, chances, one.expected_from, self.source))
            else:
                base = 0.0 if base_at is None else values[base_at]
                factor = level if one.scale == "level-square" else 1.0
                all_of = [base + factor * table[number] for number in numbers[start:end]]
                if min(all_of) < one.low or max(all_of) > one.high:
                    all_of = [min(max(value, one.low), one.high) for value in all_of]
                p10, p50, p90 = zip(*[sorted(all_of[k : k + 3]) for k in range(0, len(all_of), 3)], strict=True)
                found.append(Forecast(one.of, one.horizons_s, p10, p50, p90, self.source))
            start = end
        return tuple(found)

    def _quantise(self, values: tuple[float, ...]) -> bool:
        """Fill the input row; False if a value is not finite."""
        np, work, cut = self._np, self._work, self._cut
        work[:] = values
        np.multiply(work, self._gain, out=work)
        np.add(work, self._offset, out=work)
        np.rint(work, out=work)
        if not math.isfinite(work.dot(self._ones)):
            return False
        np.minimum(work, 127.0, out=cut)
        np.maximum(cut, -128.0, out=cut)
        if cut.tobytes() != work.tobytes():
            self.clipped += int((cut != work).sum())
        self._row[0] = cut
        return True

    def run(self, row: Any) -> list[int]:
        """Return the int8 outputs for one row of int8 inputs (shape 1 x inputs)."""
        self._interpreter.set_tensor(self._index_in, row)
        self._interpreter.invoke()
        numbers: list[int] = self._interpreter.get_tensor(self._index_out)[0].tolist()
        return numbers


def load_model(folder: Path) -> Model:
    """Return the model of a bundle (model.tflite, card.toml, vectors.json) after every check it can fail.

    The digest comes first: a damaged file can end the process inside the interpreter. Raises ModelRejected
    that names the folder, the reason and the cure. Costs NumPy and the runtime's memory from the first call.
    """
    card = read_card(folder / "card.toml")
    content = _content(folder, card)
    np, interpreter_class, kernels = _runtime(folder)
    try:
        interpreter = interpreter_class(model_content=content, num_threads=1, experimental_op_resolver_type=kernels)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise ModelRejected(f"{folder}: the runtime refuses model.tflite ({error}); {AGAIN}") from error
    _check_tensor(folder, "input", interpreter.get_input_details(), card.input, np)
    _check_tensor(folder, "output", interpreter.get_output_details(), card.output, np)
    model = Model(card, interpreter, np)
    _check_vectors(folder, model, np)
    return model


def _table(output: Output, tensor: Tensor) -> list[float]:
    """Return what each int8 number stands for, before base and level; a negative number finds itself from the end."""
    found = []
    for number in (*range(128), *range(-128, 0)):
        x = tensor.scale * (number - tensor.zero_point)
        if output.scale == "logistic":
            found.append(1 / (1 + math.exp(min(-output.factor * x, EXPONENT_MOST))))
            continue
        if output.scale == "from-base":
            x *= abs(x)
        elif output.scale != "linear":
            x = x * x if x > 0 else 0.0
        found.append(output.factor * x)
    return found


def _level(level_log: float) -> float:
    return math.expm1(min(level_log, LEVEL_LOG_MOST))


def _content(folder: Path, card: Card) -> bytes:
    path = folder / "model.tflite"
    try:
        size = path.stat().st_size
        if size >= SIZE_LIMIT:
            raise ModelRejected(
                f"{folder}: model.tflite has {size} bytes, the limit is {SIZE_LIMIT}; train a smaller net"
            )
        content = path.read_bytes()
    except OSError as error:
        raise ModelRejected(f"{folder}: model.tflite cannot be read ({error.strerror}); {AGAIN}") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != card.sha256 or len(content) != card.size:
        raise ModelRejected(
            f"{folder}: model.tflite is not the file of card.toml (sha256 {digest[:12]}…, {len(content)} bytes;"
            f" the card says {card.sha256[:12]}…, {card.size} bytes); {AGAIN}"
        )
    return content


def _runtime(folder: Path) -> tuple[Any, Any, Any]:
    """Return NumPy, the Interpreter class and the plain kernels, imported only now: they cost about 20 MB.

    Plain, not XNNPACK's: the same numbers from both runtimes, a megabyte less, and a net this small gains 1 us.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # else NumPy starts a thread for each core and never uses it
    try:
        import numpy as np  # noqa: PLC0415

        try:
            from ai_edge_litert.interpreter import Interpreter, OpResolverType  # noqa: PLC0415
        except ImportError:
            from tflite_runtime.interpreter import Interpreter, OpResolverType  # noqa: PLC0415
    except ImportError as error:
        raise ModelRejected(f"{folder}: no runtime ({error}); install ai-edge-litert or tflite-runtime") from error
    return np, Interpreter, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES


def _check_tensor(folder: Path, what: str, details: list[dict[str, Any]], card: Tensor, np: Any) -> None:
    if len(details) != 1:
        raise ModelRejected(f"{folder}: the model has {len(details)} {what} tensors, the card one; {AGAIN}")
    found = details[0]
    shape = tuple(int(n) for n in found["shape"])
    if found["dtype"] is not np.int8:
        raise ModelRejected(
            f"{folder}: the {what} is {np.dtype(found['dtype'])}, not int8; convert to full-integer int8"
        )
    if shape != card.shape:
        raise ModelRejected(f"{folder}: the {what} has shape {shape}, the card says {card.shape}; {AGAIN}")
    scale, zero = found["quantization"]
    if not math.isclose(scale, card.scale, rel_tol=SCALE_SLACK) or int(zero) != card.zero_point:
        raise ModelRejected(
            f"{folder}: the {what} has scale {scale:.9g} and zero point {zero},"
            f" the card says {card.scale:.9g} and {card.zero_point}; {AGAIN}"
        )


def _check_vectors(folder: Path, model: Model, np: Any) -> None:
    """Run vectors.json: the outputs must be these, to within the card's tolerance in counts."""
    path = folder / "vectors.json"
    try:
        if path.stat().st_size > VECTORS_SIZE_LIMIT:
            raise ModelRejected(f"{path}: more than {VECTORS_SIZE_LIMIT} bytes; a few vectors are enough")
        vectors = json.loads(path.read_bytes())
        inputs = np.array(vectors["inputs"], np.int8)
        outputs = np.array(vectors["outputs"], np.int8)
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise ModelRejected(f"{path}: cannot be read as vectors ({error!r}); {AGAIN}") from error
    card = model.card
    if (
        not len(inputs)
        or inputs.shape != (len(inputs), card.input.shape[1])
        or outputs.shape != (len(inputs), card.output.shape[1])
    ):
        raise ModelRejected(f"{path}: shapes {inputs.shape} and {outputs.shape} do not fit the card; {AGAIN}")
    for k, row in enumerate(inputs):
        worst = max(abs(a - int(b)) for a, b in zip(model.run(row[None]), outputs[k], strict=True))
        if worst > card.tolerance:
            raise ModelRejected(
                f"{folder}: vector {k} of vectors.json is {worst} counts off, {card.tolerance} are allowed;"
                " this runtime does not compute what the model was judged on: update it"
            )


def _difference(given: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    for k, (one, other) in enumerate(zip(given, wanted, strict=False)):
        if one != other:
            return f"input {k} is {one!r}, the card wants {other!r}"
    return f"{len(given)} inputs, the card wants {len(wanted)}"
