"""The register's words: purposes, persons, how fine a moment is told; each in English and French."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

Language = Literal["en", "fr"]


@dataclass(frozen=True, slots=True)
class Both:
    """One text in both languages."""

    en: str
    fr: str

    def of(self, language: Language) -> str:
        """Return it in one of them."""
        return self.fr if language == "fr" else self.en


class Why(Enum):
    """Purposes: a short name for the tables, and what it means."""

    LIGHT = Both("light", "lumière"), Both("to light a street as it needs it", "éclairer une rue selon le besoin")
    ENERGY = (
        Both("energy", "énergie"),
        Both("to show what light has cost and saved", "montrer ce que la lumière a coûté et épargné"),
    )
    UPKEEP = (
        Both("upkeep", "entretien"),
        Both("to find faults before anybody phones", "trouver les pannes avant que l'on n'appelle"),
    )
    TRAFFIC = (
        Both("traffic", "trafic"),
        Both(
            "to choose a lighting class by how many pass", "choisir la classe d'éclairage selon le nombre de passages"
        ),
    )
    COLLECTION = (
        Both("collection", "collecte"),
        Both("to empty bins when they are nearly full", "vider les bacs quand ils sont presque pleins"),
    )
    FORECAST = (
        Both("forecast", "prévision"),
        Both("to know how far a forecast may be believed", "savoir jusqu'où croire une prévision"),
    )
    OPERATION = (
        Both("operation", "exploitation"),
        Both("to keep the node and its line running", "faire marcher le nœud et sa liaison"),
    )
    EVIDENCE = (
        Both("evidence", "preuve"),
        Both("to show who has changed the light", "montrer qui a changé la lumière"),
    )

    @property
    def short(self) -> Both:
        """Its name in a table."""
        return self.value[0]

    @property
    def whole(self) -> Both:
        """What it means."""
        return self.value[1]


class Whom(Enum):
    """About whom a field might tell something, and what keeps it from that."""

    NOBODY = Both("nobody", "personne"), Both("a thing, not a person", "une chose, pas une personne")
    PASSERS = (
        Both("passers", "passants"),
        Both(
            "how many have passed, or what their light has cost: told from {least} passages in its period on, below "
            "that nothing, none the same as a few",
            "combien sont passés, ou ce que leur lumière a coûté : dit à partir de {least} passages dans sa période ; "
            "en dessous rien, personne comme quelques-uns",
        ),
    )
    RAISED = (
        Both("passers, held back", "passants, retenu"),
        Both(
            "may follow from passers: told to the minute, once {least} have passed in this quarter of an hour",
            "peut venir de passants : dit à la minute, dès que {least} sont passés dans ce quart d'heure",
        ),
    )
    PASSING = (
        Both("passers, at once", "passants, aussitôt"),
        Both(
            "says that somebody passes now, to the next node alone, which forgets it within seconds",
            "dit que l'on passe en ce moment, au seul nœud voisin, qui l'oublie en quelques secondes",
        ),
    )
    CREW = (
        Both("crew", "équipe"),
        Both(
            "when a bin was emptied, looked into, or shut after standing open; no name, but a rota may tell "
            "whose round it was",
            "quand un bac a été vidé, regardé, ou refermé après être resté ouvert ; sans nom, mais un planning peut "
            "dire de qui était la tournée",
        ),
    )
    OPERATOR = (
        Both("who commands", "qui commande"),
        Both(
            "the name that a command gives in `by`: give a role (control room), not a person's name",
            "le nom qu'une commande donne dans `by` : une fonction (salle de contrôle), non le nom d'une personne",
        ),
    )

    @property
    def short(self) -> Both:
        """Its name in a table."""
        return self.value[0]

    @property
    def whole(self) -> Both:
        """What it means."""
        return self.value[1]


class Fine(Enum):
    """How fine a moment is told: seconds of which it is a multiple, and that in words."""

    SECOND = 0, Both("to the second", "à la seconde")
    MINUTE = 60, Both("to the minute", "à la minute")
    RAISED = (
        0,
        Both(
            "to the second; to the minute where passers may be the cause",
            "à la seconde ; à la minute où des passants peuvent en être la cause",
        ),
    )

    @property
    def step_s(self) -> int:
        """Seconds between two moments that can be told; 0: any moment."""
        return int(self.value[0])

    @property
    def words(self) -> Both:
        """What it means."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Line:
    """What the register says of one field."""

    what: Both
    whom: Whom = Whom.NOBODY
    why: Why | None = None  # None: as its message
    fine: Fine | None = None  # of a moment


def told(en: str, fr: str, whom: Whom = Whom.NOBODY, *, why: Why | None = None, fine: Fine | None = None) -> Line:
    """Return a line of a table."""
    return Line(Both(en, fr), whom, why, fine)


Table = dict[type, dict[str, Line]]
