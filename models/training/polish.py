"""The last epochs with int8's steps in the way, so that the net learns to live with them."""

from collections.abc import Callable

import tensorflow as tf

from training import net

RATE = 3e-4  # a tenth of what the training began with: the net is nearly done
Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def polish(model: tf.keras.Model, inputs: net.Array, truth: net.Array, samples: net.Array, loss: Loss,
           epochs: int) -> tf.keras.Model:  # fmt: skip
    """Return a copy of a dense net trained on with weights and activations in the steps they will have.

    `samples` give the ranges of the activations, as they do for the conversion afterwards.
    """
    copy = tf.keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    stepped, seen = [], tf.constant(samples)
    for dense in copy.layers:
        seen = dense(seen)
        stepped.append(_Stepped(dense, min(float(tf.reduce_min(seen)), 0.0), float(tf.reduce_max(seen))))
    whole = tf.keras.Sequential([tf.keras.Input((inputs.shape[1],)), *stepped])
    net.fit(whole, inputs, truth, loss, epochs, RATE)
    return copy


class _Stepped(tf.keras.layers.Layer):
    """A dense layer as int8 computes it: a scale for each column of weights, one for the activations."""

    def __init__(self, dense: tf.keras.layers.Dense, low: float, high: float) -> None:
        super().__init__()
        self.dense, self.low, self.high = dense, low, high

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return the activations, rounded."""
        weights = self.dense.kernel
        most = tf.reduce_max(tf.abs(weights), axis=0) + 1e-9
        rounded = tf.quantization.fake_quant_with_min_max_vars_per_channel(weights, -most, most, narrow_range=True)
        found = self.dense.activation(tf.matmul(inputs, rounded) + self.dense.bias)
        return tf.quantization.fake_quant_with_min_max_args(found, min=self.low, max=self.high)
