"""The net behind `fill`: teachers in float, one student that learns from them, and its conversion to int8.

Few containers make a net remember them; several teachers' mean forgets what only one of them saw, and a student that
learns it at moments nobody lived through (noise on the inputs) keeps most of that gain at a fifth of the cost.
"""

import random
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from lampyre.decide.bins import forecast as node
from training.bundle import Int8, Scaler
from training.fill_rows import HORIZONS, OTHER_SHARE, Floats, Rows, base_of, card_input
from training.net import QUANTILES, SEED, Array, run_int8

HIDDEN = (256, 160, 64)  # as large as 100 kB allow: beside it the cost of asking it in Python is small
TEACHER = (192, 128, 64)
TEACHERS = 4
TEACHER_EPOCHS, STUDENT_EPOCHS = 15, 24
BATCH, RATE, WEIGHT_DECAY = 1024, 2e-3, 0.05
LINEAR = 3.0  # weight of errors in points beside those in roots: roots alone forget the large ones (tuning weeks)
CHANCE = 0.5  # weight of the chances' cross entropy
CENSORED = 0.3  # weight of hours cut short by an emptying: whole, they make the known ones too long (tuning weeks)
HOURS = 5.0  # weight of hours soon to come; far ones weigh less, as a day's error in a fortnight does not matter
HOURS_HALF = 24.0  # hours from now whose errors weigh half
LOGIT = 8.0  # net output 1 as a chance's logit: 0.9997
NOISE = 0.03  # of an input's range, on the student's moments
TRUTH = 0.3  # weight of what came beside what the teachers say, for the student
SCALER = Scaler(tuple(map(card_input, node.NAMES)))
TOP = np.array([1.0] * HORIZONS + [node.HOURS_MOST])  # of each output
VALUES = HORIZONS + 1  # outputs that are quantiles
CHANCES = len(node.CHANCES_H)
WIDTH = 3 * VALUES + CHANCES

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def training_rows(rows: Sequence[Rows]) -> tuple[Array, Array]:
    """Return inputs and truth of what may be trained on; some do not say their stream."""
    whole = [
        (one.inputs[one.training], _truth(one, np.flatnonzero(one.training), one.inputs[one.training])) for one in rows
    ]
    young = [(one.young, _truth(one, one.young_at, one.young)) for one in rows]
    inputs, truth = (np.concatenate(parts) for parts in zip(*whole, *young, strict=True))
    unsaid = np.random.default_rng(SEED).random(len(inputs)) < OTHER_SHARE
    inputs[np.ix_(unsaid, [node.NAMES.index(stream) for stream in node.STREAMS])] = 0
    return inputs, truth


def _truth(one: Rows, at: NDArray[np.int64], inputs: Array) -> Array:
    """Return roots of changes, which are known, what is above, weight of hours, chances, which are known."""
    base = base_of(inputs)
    root = _root(np.column_stack([one.fill, one.hours])[at] - base)
    weight = HOURS * HOURS_HALF / (HOURS_HALF + base[:, -1])
    came, known = one.soon()
    return np.column_stack(
        [np.nan_to_num(root), ~np.isnan(root), one.above[at], weight, came[at], known[at]],
    ).astype(np.float32)


def _root(change: Floats) -> Floats:
    """Return the net's numbers for changes of fill and hours."""
    share = change / TOP
    found: Floats = np.sign(share) * np.sqrt(np.abs(share))
    return found


def results(numbers: Floats, base: Floats) -> tuple[Floats, Floats]:
    """Return fills and hours (p10, p50, p90 of each) and chances from the net's numbers, as the node does."""
    ordered = np.sort(numbers[:, : 3 * VALUES].reshape(-1, VALUES, 3), axis=2)
    values = base[:, :, None] + TOP[:, None] * ordered * np.abs(ordered)
    return np.clip(values, 0, TOP[:, None]), 1 / (1 + np.exp(-LOGIT * numbers[:, 3 * VALUES :]))


def teach(inputs: Array, truth: Array, seed: int) -> list[Array]:
    """Return the weights of one teacher."""
    net = _start(seed, TEACHER)
    _fit(net, inputs, truth, _truth_loss, TEACHER_EPOCHS)
    weights: list[Array] = net.get_weights()
    return weights


def learn(inputs: Array, truth: Array, teachers: Sequence[Sequence[Array]]) -> tf.keras.Model:
    """Return the student: inputs and what was between them, truth, and what the teachers say on average."""
    rng = np.random.default_rng(SEED)
    between = np.clip(inputs + rng.normal(0, NOISE, inputs.shape), 0, 1).astype(np.float32)
    flags = (inputs == 0) | (inputs == 1)  # stays what it is: a weekday, a stream, an empty or full bin
    between = np.where(flags, inputs, between)
    moments = np.concatenate([inputs, between])
    teacher = _start(SEED, TEACHER)
    said = np.zeros((len(moments), WIDTH), np.float32)
    for weights in teachers:
        teacher.set_weights(weights)
        said += teacher.predict(moments, batch_size=8192, verbose=0) / len(teachers)
    known = np.concatenate([np.ones(len(inputs)), np.zeros(len(between))])[:, None]
    net = _start(SEED, HIDDEN)
    taught = np.hstack([np.tile(truth, (2, 1)), said, known]).astype(np.float32)
    _fit(net, moments, taught, _student_loss, STUDENT_EPOCHS)
    return net


def _start(seed: int, hidden: tuple[int, ...]) -> tf.keras.Model:
    tf.keras.backend.clear_session()  # layers are numbered anew: their names are part of the file
    random.seed(seed)
    np.random.seed(seed % 2**32)
    tf.keras.utils.set_random_seed(seed)
    layers = [tf.keras.layers.Dense(width, "relu") for width in hidden]
    return tf.keras.Sequential([tf.keras.Input((len(node.NAMES),)), *layers, tf.keras.layers.Dense(WIDTH)])


def _fit(net: tf.keras.Model, inputs: Array, truth: Array, loss: Loss, epochs: int) -> None:
    steps = epochs * (len(inputs) // BATCH)
    rate = tf.keras.optimizers.schedules.CosineDecay(RATE, steps, alpha=0.01)
    net.compile(tf.keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY), loss)
    net.fit(inputs, truth, batch_size=BATCH, epochs=epochs, verbose=0, shuffle=True)


def _truth_loss(truth: tf.Tensor, guess: tf.Tensor) -> tf.Tensor:
    tau = tf.constant(QUANTILES, tf.float32)
    value, known = truth[:, :VALUES, None], truth[:, VALUES : 2 * VALUES, None]
    above, weight = truth[:, 2 * VALUES, None, None], truth[:, 2 * VALUES + 1, None, None]
    came, sure = truth[:, 2 * VALUES + 2 : -CHANCES], truth[:, -CHANCES:]
    quantiles = tf.reshape(guess[:, : 3 * VALUES], (-1, VALUES, 3))

    def pinball(error: tf.Tensor) -> tf.Tensor:
        each = tf.maximum(tau * error, (tau - 1) * error)
        hours = tf.where(above > 0, CENSORED * tau * tf.maximum(error[:, -1:], 0.0), each[:, -1:])
        return tf.concat([each[:, :-1], hours * weight], 1)

    error = pinball(value - quantiles) + LINEAR * pinball(value * tf.abs(value) - quantiles * tf.abs(quantiles))
    chance = tf.nn.sigmoid_cross_entropy_with_logits(came, LOGIT * guess[:, 3 * VALUES :])
    return tf.reduce_sum(error * known, (1, 2)) / 3 + CHANCE * tf.reduce_sum(chance * sure, 1)


def _student_loss(truth: tf.Tensor, guess: tf.Tensor) -> tf.Tensor:
    said, known = truth[:, -WIDTH - 1 : -1], truth[:, -1]
    weight = truth[:, 2 * VALUES + 1, None, None]
    theirs, ours = (tf.reshape(one[:, : 3 * VALUES], (-1, VALUES, 3)) for one in (said, guess))

    def apart(error: tf.Tensor) -> tf.Tensor:
        return tf.concat([error[:, :-1], error[:, -1:] * weight], 1)

    error = tf.abs(theirs - ours) + LINEAR * tf.abs(theirs * tf.abs(theirs) - ours * tf.abs(ours))
    chance = tf.nn.sigmoid_cross_entropy_with_logits(
        tf.sigmoid(LOGIT * said[:, 3 * VALUES :]), LOGIT * guess[:, 3 * VALUES :]
    )
    taught = tf.reduce_sum(apart(error), (1, 2)) / 6 + CHANCE * tf.reduce_sum(chance, 1)
    return taught + TRUTH * known * _truth_loss(truth[:, : -WIDTH - 1], guess)


def float_numbers(net: tf.keras.Model, inputs: Array) -> Floats:
    """Return the float net's numbers."""
    return np.asarray(net.predict(SCALER.unit(inputs), batch_size=8192, verbose=0), np.float64)


def int8_numbers(int8: Int8, inputs: Array) -> Floats:
    """Return the converted net's numbers."""
    scale, zero = int8.output["quantization"]
    raw: NDArray[np.int8] = run_int8(int8.content, SCALER.int8(inputs))
    return np.asarray(scale * (raw.astype(np.float64) - zero))
