"""A small dense net for quantiles: trained in float, shipped as full-integer int8."""

import random
import sys
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Array = NDArray[np.float32]
SEED = 20261123
QUANTILES = (0.1, 0.5, 0.9)
WEIGHT_DECAY = 0.05  # no outsized weights: int8's steps are as wide as the largest asks for
BATCH, RATE = 1024, 2e-3
WIDTH_LEAST = 0.05  # of an input scaled to 0..1: a rare holiday must not outweigh the counts in the first layer


def pinball() -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return the loss over outputs (values, then weights)."""
    tau = tf.constant(QUANTILES, tf.float32)

    def loss(truth: tf.Tensor, guess: tf.Tensor) -> tf.Tensor:
        outputs = tf.shape(guess)[1] // 3
        value, weight = truth[:, :outputs, None], truth[:, outputs : 2 * outputs, None]
        error = value - tf.reshape(guess, (-1, outputs, 3))
        each = tf.maximum(tau * error, (tau - 1) * error)
        return tf.reduce_sum(each * weight, axis=(1, 2)) / 3

    return loss


def train(
    inputs: Array,
    truth: Array,
    outputs: int,
    hidden: tuple[int, ...],
    epochs: int,
    loss: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] | None = None,
    seed: int = SEED,
) -> tf.keras.Model:
    """Return the trained float net; inputs are already scaled to 0..1. `loss`: other than the pinball loss."""
    random.seed(seed)
    np.random.seed(seed)
    tf.keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    middle, width = inputs.mean(axis=0), np.maximum(inputs.std(axis=0), WIDTH_LEAST)
    even = tf.keras.layers.Rescaling(1 / width, -middle / width)
    layers = [tf.keras.layers.Dense(units, "relu") for units in hidden]
    net = tf.keras.Sequential([tf.keras.Input((inputs.shape[1],)), even, *layers, tf.keras.layers.Dense(3 * outputs)])
    fit(net, inputs, truth, loss or pinball(), epochs, RATE)
    return _folded(net, middle, width)


def fit(
    net: tf.keras.Model,
    inputs: Array,
    truth: Array,
    loss: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    epochs: int,
    rate: float,
) -> None:
    """Train in place; the rate falls to nearly nothing along a cosine."""
    steps = epochs * (len(inputs) // BATCH)
    falling = tf.keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.01)
    net.compile(tf.keras.optimizers.AdamW(falling, weight_decay=WEIGHT_DECAY), loss)
    net.fit(inputs, truth, batch_size=BATCH, epochs=epochs, verbose=1 if sys.stdout.isatty() else 2, shuffle=True)


def _folded(net: tf.keras.Model, middle: Array, width: Array) -> tf.keras.Model:
    """Return the same net with the rescaling taken into its first layer, so that int8 knows only 0..1."""
    _, first, *others = net.layers
    weights, bias = first.get_weights()
    plain = tf.keras.Sequential([tf.keras.Input((len(middle),)), first, *others])
    first.set_weights([weights / width[:, None], bias - (middle / width) @ weights])
    return plain


def quantise(net: tf.keras.Model, samples: Array) -> bytes:
    """Return the net as full-integer int8; its input has scale 1/255 and zero point -128."""

    def calibration() -> object:
        for row in samples:
            yield [row[None]]

    converter = tf.lite.TFLiteConverter.from_keras_model(net)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = calibration
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    model: bytes = converter.convert()
    return model


def run_int8(model: bytes, quantised: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the model's int8 outputs for many rows."""
    interpreter = tf.lite.Interpreter(model_content=model, num_threads=2)
    index = interpreter.get_input_details()[0]["index"]
    rows = 4096
    interpreter.resize_tensor_input(index, (rows, quantised.shape[1]))
    interpreter.allocate_tensors()
    out_index = interpreter.get_output_details()[0]["index"]
    parts = []
    for start in range(0, len(quantised), rows):
        part = quantised[start : start + rows]
        padded = np.concatenate([part, np.zeros((rows - len(part), quantised.shape[1]), np.int8)])
        interpreter.set_tensor(index, padded)
        interpreter.invoke()
        parts.append(interpreter.get_tensor(out_index)[: len(part)].copy())
    return np.concatenate(parts)
