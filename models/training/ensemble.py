"""Several nets taught one: teachers that differ by their seed, and the small net that answers as their mean does."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from training import net

TEACHERS = 3
HALF = 0.5  # of the student's loss on the median comes from the truth, half from the teachers


def teach(inputs: net.Array, truth: net.Array, outputs: int, hidden: tuple[int, ...], epochs: int,
          stretch: net.Array) -> net.Array:  # fmt: skip
    """Return the mean quantiles of some nets, rows x outputs x 3, with p10 and p90 moved by `stretch`.

    `stretch` (outputs x 2): by how much p10 and p90 must lie further from the median than the nets say.
    """
    total = np.zeros((len(inputs), outputs, 3), np.float32)
    for k in range(TEACHERS):
        print(f"teacher {k + 1} of {TEACHERS}")
        one = net.train(inputs, truth, outputs, hidden, epochs, seed=net.SEED + 1 + k)
        total += quantiles(one, inputs)
    return stretched(total / TEACHERS, stretch)


def stretched(guess: net.Array, stretch: net.Array) -> net.Array:
    """Return quantiles (rows x outputs x 3) with p10 and p90 at `stretch` (outputs x 2) of their distance."""
    found = guess.copy()
    found[:, :, 0] = guess[:, :, 1] + stretch[:, 0] * (guess[:, :, 0] - guess[:, :, 1])
    found[:, :, 2] = guess[:, :, 1] + stretch[:, 1] * (guess[:, :, 2] - guess[:, :, 1])
    return found


def quantiles(model: tf.keras.Model, inputs: net.Array) -> net.Array:
    """Return the net's numbers in order p10, p50, p90: rows x outputs x 3."""
    numbers: net.Array = model.predict(inputs, batch_size=16384, verbose=0)
    return np.sort(numbers.reshape(len(inputs), -1, 3), axis=2)


def joined(truth: net.Array, taught: net.Array) -> net.Array:
    """Return truth and teaching side by side, as `loss_of` takes them."""
    return np.concatenate([truth, taught.reshape(len(taught), -1)], axis=1)


def loss_of(outputs: int) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return the loss of a net that learns from the truth (its median) and from the teachers (all of it)."""

    def loss(truth: tf.Tensor, guess: tf.Tensor) -> tf.Tensor:
        value, weight = truth[:, :outputs], truth[:, outputs : 2 * outputs]
        taught = tf.reshape(truth[:, 2 * outputs :], (-1, outputs, 3))
        guess = tf.reshape(guess, (-1, outputs, 3))
        from_teachers = tf.reduce_sum(tf.abs(taught - guess), axis=2)
        from_truth = tf.abs(value - guess[:, :, 1])
        each = tf.where(weight > 0, HALF * (from_truth + from_teachers), from_teachers)
        return tf.reduce_sum(each * tf.maximum(weight, 1e-3), axis=1) / 3

    return loss
