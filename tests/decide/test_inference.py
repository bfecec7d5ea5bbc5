"""A model speaks only after every check, and then within its card."""

import hashlib
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lampyre.chance import Chance
from lampyre.decide.card import read_card
from lampyre.decide.inference import SIZE_LIMIT, Model, load_model
from lampyre.errors import ModelRejected
from lampyre.records import Features
from lampyre_models import folder

FLOAT_MODEL = Path(__file__).parent.parent / "data" / "float_relu.tflite"  # a well-formed model: one float relu
MODELS = ("activity_v1", "fill_v1")
LOADED = {name: load_model(folder(name)) for name in MODELS}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A copy of a shipped bundle that a test may damage."""
    return Path(shutil.copytree(folder("activity_v1"), tmp_path / "activity_v1"))


def edit_card(bundle: Path, old: str, new: str) -> None:
    card = bundle / "card.toml"
    text = card.read_text()
    assert old in text
    card.write_text(text.replace(old, new, 1))


def swap_model(bundle: Path, content: bytes) -> None:
    """Put other bytes in place with a card that vouches for them."""
    old = (bundle / "model.tflite").read_bytes()
    (bundle / "model.tflite").write_bytes(content)
    edit_card(bundle, hashlib.sha256(old).hexdigest(), hashlib.sha256(content).hexdigest())
    edit_card(bundle, f"size = {len(old)}", f"size = {len(content)}")


def middle(model: Model) -> Features:
    return Features(model.card.names, tuple((one.low + one.high) / 2 for one in model.card.inputs))


@pytest.mark.parametrize("name", MODELS)
def test_a_shipped_model_loads_and_is_small(name: str) -> None:
    assert LOADED[name].name == name
    assert LOADED[name].card.size < SIZE_LIMIT


@pytest.mark.parametrize("name", MODELS)
def test_a_shipped_model_answers_its_vectors(name: str) -> None:
    import numpy as np

    model = LOADED[name]
    vectors = json.loads((folder(name) / "vectors.json").read_text())
    assert len(vectors["inputs"]) >= 8
    for row, wanted in zip(vectors["inputs"], vectors["outputs"], strict=True):
        found = model.run(np.array([row], np.int8))
        assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= model.card.tolerance


def test_a_damaged_model_is_refused_before_the_runtime_sees_it(bundle: Path) -> None:
    content = bytearray((bundle / "model.tflite").read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / "model.tflite").write_bytes(content)
    with pytest.raises(ModelRejected, match=r"activity_v1: model.tflite is not the file of card.toml \(sha256"):
        load_model(bundle)


@given(data=st.data())
@settings(deadline=None)
def test_no_damage_gets_past_the_digest(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    bundle = Path(shutil.copytree(folder("fill_v1"), tmp_path_factory.mktemp("damaged") / "fill_v1"))
    content = (bundle / "model.tflite").read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    damaged = (
        content[:at] if data.draw(st.booleans()) else content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :]
    )
    (bundle / "model.tflite").write_bytes(damaged)
    with pytest.raises(ModelRejected, match=r"is not the file of card\.toml"):
        load_model(bundle)


def test_a_cut_model_is_refused(bundle: Path) -> None:
    (bundle / "model.tflite").write_bytes((bundle / "model.tflite").read_bytes()[:1000])
    with pytest.raises(ModelRejected, match="1000 bytes; the card says"):
        load_model(bundle)


def test_a_model_that_is_too_large_is_refused_unread(bundle: Path) -> None:
    (bundle / "model.tflite").write_bytes(bytes(SIZE_LIMIT))
    with pytest.raises(ModelRejected, match="has 100000 bytes, the limit is 100000"):
        load_model(bundle)


def test_a_file_that_is_no_model_is_refused_by_the_runtime(bundle: Path) -> None:
    swap_model(bundle, b"this was never a model, whatever its card says")
    with pytest.raises(ModelRejected, match=r"the runtime refuses model\.tflite"):
        load_model(bundle)


def test_another_models_shape_is_refused(bundle: Path) -> None:
    swap_model(bundle, (folder("fill_v1") / "model.tflite").read_bytes())
    with pytest.raises(ModelRejected, match=r"the input has shape \(1, \d+\), the card says"):
        load_model(bundle)


def test_a_float_model_is_refused(bundle: Path) -> None:
    swap_model(bundle, FLOAT_MODEL.read_bytes())
    with pytest.raises(ModelRejected, match="the input is float32, not int8"):
        load_model(bundle)


@pytest.mark.parametrize("tensor", ["input", "output"])
def test_another_quantisation_is_refused(bundle: Path, tensor: str) -> None:
    found = getattr(LOADED["activity_v1"].card, tensor)
    start = (bundle / "card.toml").read_text().partition(f"[{tensor}]")[2].partition("zero_point")[0]
    edit_card(bundle, f"{start}zero_point = {found.zero_point}", f"{start}zero_point = {found.zero_point + 1}")
    with pytest.raises(ModelRejected, match=f"the {tensor} has scale .* and zero point {found.zero_point}"):
        load_model(bundle)


def test_wrong_vectors_are_refused(bundle: Path) -> None:
    vectors = json.loads((bundle / "vectors.json").read_text())
    vectors["outputs"][3][0] += 20 if vectors["outputs"][3][0] < 0 else -20
    (bundle / "vectors.json").write_text(json.dumps(vectors))
    with pytest.raises(ModelRejected, match=r"vector 3 of vectors.json is \d+ counts off, 2 are allowed"):
        load_model(bundle)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"inputs": [], "outputs": []}',
        '{"inputs": [[1]], "outputs": [[1]]}',
        "{",
        '{"inputs": [[900]]}',
    ],
)
def test_vectors_that_are_none_are_refused(bundle: Path, text: str) -> None:
    (bundle / "vectors.json").write_text(text)
    with pytest.raises(ModelRejected, match=r"vectors\.json"):
        load_model(bundle)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("version = ", "colour = 1\nversion = ", "colour is not known"),
        ("version = ", "versoin = ", "version is missing"),
        ("tolerance = 2", "tolerance = 200", "tolerance is 200, not 0 to 8 counts"),
        ("tolerance = 2", "tolerance = true", "tolerance is True, not a int"),
        ("scale = ", "scale = nan #", "input.scale is nan, not a float"),
        ('scale = "level-square"', 'scale = "cube"', r"outputs\[0\].scale is 'cube', not one of linear"),
        ('scale = "level-square"', 'scale = "logistic"', r"outputs\[0\].expected_from has 0 chances, logistic takes 5"),
        (
            "high = 1000000.0\nexpected_from = []",
            "high = 1000000.0\nexpected_from = [0.5]",
            r"outputs\[0\].expected_from has 1 chances, level-square",
        ),
        (
            "high = 1000000.0\nexpected_from = []",
            'high = 1000000.0\nexpected_from = "no"',
            r"outputs\[0\].expected_from is 'no', not a list",
        ),
        ('name = "quarter_12"', 'name = "quarter_11"', "inputs has a name twice"),
        ("name = ", "name = = ", "not TOML"),
    ],
)
def test_a_card_that_says_something_else_is_refused(bundle: Path, old: str, new: str, reason: str) -> None:
    edit_card(bundle, old, new)
    with pytest.raises(ModelRejected, match=f"card.toml: {reason}"):
        load_model(bundle)


@pytest.mark.parametrize("file", ["card.toml", "model.tflite", "vectors.json"])
def test_a_missing_file_is_named(bundle: Path, file: str) -> None:
    (bundle / file).unlink()
    with pytest.raises(ModelRejected, match=file):
        load_model(bundle)


@pytest.mark.parametrize("name", MODELS)
def test_features_of_another_card_are_refused(name: str) -> None:
    model = LOADED[name]
    features = middle(model)
    with pytest.raises(ModelRejected, match="input 0 is 'nonsense', the card wants"):
        model.predict(replace(features, names=("nonsense", *features.names[1:])))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_gives_no_forecast(name: str, bad: float) -> None:
    model = LOADED[name]
    features = middle(model)
    for k in range(len(features.values)):
        assert model.predict(replace(features, values=(*features.values[:k], bad, *features.values[k + 1 :]))) is None


def test_what_lies_outside_the_cards_range_is_cut_and_counted() -> None:
    model = load_model(folder("activity_v1"))
    features = middle(model)
    assert model.predict(features) is not None
    assert model.clipped == 0
    assert model.predict(replace(features, values=(9.0, *features.values[1:]))) == model.predict(
        replace(features, values=(4.0, *features.values[1:]))
    )
    assert model.clipped == 1


@pytest.mark.parametrize("name", MODELS)
@given(data=st.data())
def test_quantiles_are_ordered_and_within_the_card_whatever_goes_in(name: str, data: st.DataObject) -> None:
    model = LOADED[name]
    number = st.floats(-1e6, 1e6)
    values = data.draw(st.tuples(*[st.one_of(st.floats(one.low, one.high), number) for one in model.card.inputs]))
    values = tuple(
        min(value, 20.0) if one == "level_log" else value for one, value in zip(model.card.names, values, strict=True)
    )
    found = model.predict_all(Features(model.card.names, values))
    assert found is not None
    for forecast, output in zip(found, model.card.outputs, strict=True):
        assert forecast.of == output.of
        assert forecast.source == f"{name} {model.card.version}"
        if isinstance(forecast, Chance):
            assert output.scale == "logistic"
            assert forecast.expected_from == output.expected_from
            assert all(output.low <= chance <= output.high for chance in forecast.chances)
            continue
        for p10, p50, p90 in zip(forecast.p10, forecast.p50, forecast.p90, strict=True):
            assert output.low <= p10 <= p50 <= p90 <= output.high


@pytest.mark.parametrize("name", MODELS)
def test_a_card_states_origin_licence_and_figures(name: str) -> None:
    import tomllib

    path = folder(name) / "card.toml"
    assert read_card(path).name == name
    text = tomllib.loads(path.read_text())
    assert all(origin["licence"] and origin["attribution"] for origin in text["origins"])
    assert text["about"]["limits"]
    assert text["training"]["held_out"]
    assert text["metrics"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("expected_from = [0.", "expected_from = [1.", r"expected_from is \[1\.\d+, 0\.\d+\], not between 0 and 1"),
        ("expected_from = [0.", "expected_from = [0.5, 0.", "expected_from has 3 chances, logistic takes 2"),
        ("low = 0.0\nhigh = 1.0\nexpected", "low = -1.0\nhigh = 1.0\nexpected", "low and high of chances are not 0"),
        ('scale = "logistic"', 'scale = "linear"', "expected_from has 2 chances, linear takes 0"),
    ],
)  # fmt: skip
def test_chances_that_are_none_are_refused(tmp_path: Path, old: str, new: str, reason: str) -> None:
    bundle = Path(shutil.copytree(folder("fill_v1"), tmp_path / "fill_v1"))
    text = (bundle / "card.toml").read_text()
    assert old in text
    place = text.rindex(old)
    (bundle / "card.toml").write_text(text[:place] + new + text[place + len(old) :])
    with pytest.raises(ModelRejected, match=reason):
        load_model(bundle)


def test_a_chance_is_the_logistic_of_the_nets_number() -> None:
    model = LOADED["fill_v1"]
    soon = model.card.outputs[-1]
    found = model.predict_all(middle(model))
    assert found is not None
    chance = found[-1]
    assert isinstance(chance, Chance)
    numbers = model.run(model._row)[-len(soon.horizons_s) :]
    tensor = model.card.output
    wanted = [1 / (1 + math.exp(-soon.factor * tensor.scale * (number - tensor.zero_point))) for number in numbers]
    assert chance.chances == pytest.approx(wanted)
    assert all(0 < one < 1 for one in chance.chances)
