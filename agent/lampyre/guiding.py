"""Guiding: which model foresees for a duty now: as the file says, or what the city has chosen since."""

import asyncio
import json
import logging
from collections.abc import Mapping
from pathlib import Path

from lampyre.bin import Bin
from lampyre.decide.inference import Model
from lampyre.errors import CommandRefused, ModelRejected
from lampyre.examiner import examined
from lampyre.guides import DUTIES, Duty, load_bundle, load_guide
from lampyre.lamp import Lamp
from lampyre.settings import Settings
from lampyre.statefile import keep, kept

log = logging.getLogger("lampyre.guiding")

CHOSEN = "models.json"  # in the state folder; {duty: [what was chosen, what the file said then]}
BUNDLES = "models"  # ... where bundles lie that somebody has put on the node, a folder each
BY_FILE = "file"
OFF = "none: switched off in the configuration, the rule decides"


class Guiding:
    """Loads the models and gives them to lamps and bins; a choice outlives a restart and ends with the file's."""

    def __init__(self, settings: Settings, lamps: Mapping[str, Lamp], bins: Mapping[str, Bin]) -> None:
        self.told: dict[str, str] = {}  # what guides, in words
        self.settings = settings
        self._models: dict[Duty, Model | None] = {}
        self._lamps = lamps
        self._bins = bins
        self._folder = settings.node.state_dir
        self._chosen: dict[str, str] = {}

    def open(self) -> None:
        """Take up what was chosen before a restart, and load; what is refused is told of, and the rule decides."""
        self._chosen = self._recalled()
        for duty in DUTIES:
            try:
                self._guide(duty, self._load(duty, self._chosen.get(duty, BY_FILE)))
            except (ModelRejected, CommandRefused) as error:
                log.warning("model for %s refused: %s; the rule decides", duty, error)
                self._guide(duty, None)
                self.told[duty] = f"none: {error}"

    def give(self, *, anew: bool) -> None:
        """Let lamps and bins that are new have the models; `anew`: the file names others."""
        if anew:
            self.open()
        for duty, model in self._models.items():
            self._hand(duty, model)

    async def use(self, duty: Duty, choice: str) -> str:
        """Let this model foresee from now on: file, shipped, none, or a bundle's name; raises CommandRefused.

        What is not ours is first loaded by another process: a damaged model can kill the one that loads it.
        """
        if choice not in {BY_FILE, "shipped", "none"}:
            await examined("model", duty, str(self._bundle(choice)))
        try:
            model = self._load(duty, choice)
        except ModelRejected as error:
            raise CommandRefused(str(error)) from error
        chosen = self._chosen | {duty: choice}
        if choice == BY_FILE:
            del chosen[duty]
        rows = {name: [one, self._by_file(name)] for name, one in chosen.items()}
        try:
            await asyncio.to_thread(keep, self._folder / CHOSEN, json.dumps(rows))
        except OSError as error:
            raise CommandRefused(f"{self._folder / CHOSEN}: {error.strerror}; nothing is changed") from error
        self._chosen = chosen
        self._guide(duty, model)
        return f"{duty}: {self.told[duty]}"

    def _load(self, duty: Duty, choice: str) -> Model | None:
        if choice == BY_FILE:
            return load_guide(duty, self.settings)
        if choice in {"shipped", "none"}:
            models = self.settings.models.model_copy(update={duty: choice})
            return load_guide(duty, self.settings.model_copy(update={"models": models}))
        return load_bundle(duty, self._bundle(choice))

    def _bundle(self, name: str) -> Path:
        folder = self._folder / BUNDLES / name
        if not folder.is_dir():
            there = sorted(path.name for path in (self._folder / BUNDLES).glob("*") if path.is_dir())
            known = ", ".join([BY_FILE, "shipped", "none", *there])
            raise CommandRefused(f"no model {name!r} on this node; there are {known}")
        return folder

    def _guide(self, duty: Duty, model: Model | None) -> None:
        self.told[duty] = model.source if model is not None else OFF
        self._models[duty] = model
        self._hand(duty, model)

    def _hand(self, duty: Duty, model: Model | None) -> None:
        for one in self._lamps.values() if duty == "activity" else self._bins.values():
            one.model = model

    def _by_file(self, duty: str) -> str:
        return str(getattr(self.settings.models, duty))

    def _recalled(self) -> dict[str, str]:
        """Return what was chosen while the file said what it says now."""
        text = kept(self._folder / CHOSEN)
        try:
            rows = {} if text is None else json.loads(text)
            return {
                duty: str(rows[duty][0]) for duty in DUTIES if duty in rows and rows[duty][1] == self._by_file(duty)
            }
        except (ValueError, TypeError, LookupError):
            log.warning("%s is not readable: the models are those of the file", CHOSEN)
            return {}
