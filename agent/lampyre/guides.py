"""Guides: which model speaks for which duty, and whether it means the same numbers as we do."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import lampyre_models
from lampyre.decide import activity
from lampyre.decide.bins import forecast
from lampyre.decide.inference import Model, load_model
from lampyre.errors import ModelRejected
from lampyre.settings import Settings

Duty = Literal["activity", "fill"]


@dataclass(frozen=True, slots=True)
class Contract:
    """What a model of this duty must take and give."""

    shipped: str  # folder in lampyre_models
    inputs: tuple[str, ...]
    horizons_s: tuple[float, ...]  # of its first output
    outputs: tuple[str, ...]  # the units of those it must have


CONTRACTS: dict[Duty, Contract] = {
    "activity": Contract("activity_v1", activity.NAMES, activity.HORIZONS_S, ("count",)),
    "fill": Contract("fill_v1", forecast.NAMES, forecast.HORIZONS_S, ("/", "h")),
}
DUTIES: Iterable[Duty] = tuple(CONTRACTS)


def load_guide(duty: Duty, settings: Settings) -> Model | None:
    """Return the model for a duty, None where the configuration wants none; raises ModelRejected with the cure."""
    choice = getattr(settings.models, duty)
    if choice == "none":
        return None
    return load_bundle(duty, lampyre_models.folder(CONTRACTS[duty].shipped) if choice == "shipped" else Path(choice))


def load_bundle(duty: Duty, folder: Path) -> Model:
    """Return the model in a folder if it is made for the duty; raises ModelRejected with the cure."""
    contract = CONTRACTS[duty]
    model = load_model(folder)
    outputs = model.card.outputs
    given = (model.card.names, outputs[0].horizons_s, tuple(one.unit for one in outputs[: len(contract.outputs)]))
    if given != (contract.inputs, contract.horizons_s, contract.outputs):
        raise ModelRejected(f"{folder}: not for {duty}: other inputs, horizons or outputs; give one made for it")
    return model
