"""What a model was taught with, as its card tells: a score on those rows flatters it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from lampyre.errors import ModelRejected


@dataclass(frozen=True, slots=True)
class Taught:
    """One set the model learned from, and the sensors that were kept from it."""

    name: str
    held_out: tuple[str, ...]


def taught_with(model: Path) -> dict[str, Taught]:
    """Return the sets of a bundle's card by name; ModelRejected where the card is no TOML."""
    path = model / "card.toml"
    try:
        card = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelRejected(f"{path}: cannot be read ({error}); copy the whole bundle again") from error
    origins = card.get("origins", [])
    found = [
        Taught(str(one["set"]), tuple(map(str, one.get("sensors_held_out", []))))
        for one in (origins if isinstance(origins, list) else [])
        if isinstance(one, dict) and "set" in one
    ]
    return {one.name: one for one in found}
