"""A model guides only the duty it was made for."""

from pathlib import Path

import pytest

import lampyre_models
from lampyre.board_settings import BoardSettings
from lampyre.errors import ModelRejected
from lampyre.guides import DUTIES, Duty, load_guide
from lampyre.settings import ModelSettings, NodeSettings, Settings


def settings(**models: str | Path) -> Settings:
    node = NodeSettings(site="s", id="n", latitude=47.3, longitude=5.0)
    board = BoardSettings(id="b", kind="lamp_bin_pico", link="serial:///dev/b")
    return Settings(node=node, models=ModelSettings.model_validate(models), board=(board,))


@pytest.mark.parametrize("duty", DUTIES)
def test_the_shipped_model_of_a_duty_is_made_for_it(duty: Duty) -> None:
    model = load_guide(duty, settings())
    assert model is not None
    assert model.name == f"{duty}_v1"
    assert load_guide(duty, settings(**{duty: "none"})) is None


@pytest.mark.parametrize(("duty", "other"), [("activity", "fill_v1"), ("fill", "activity_v1")])
def test_a_model_of_another_duty_is_refused_with_the_cure(duty: Duty, other: str) -> None:
    with pytest.raises(ModelRejected, match=f"not for {duty}: other inputs, horizons or outputs; give one made for it"):
        load_guide(duty, settings(**{duty: lampyre_models.folder(other)}))
