"""The words: what a technician typed, in either language, as one wish."""

import re
import unicodedata
from dataclasses import dataclass

from lampyre.console.tongue import Tongue
from lampyre.errors import CommandRefused

# word → what may be typed for it, English first, then French; any beginning that fits one word only will do
WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "status": (("status",), ("etat", "statut")),
    "sensors": (("sensors",), ("capteurs",)),
    "why": (("why",), ("pourquoi",)),
    "lamp": (("lamp",), ("lampe",)),
    "bin": (("bin",), ("bac",)),
    "observe": (("observe",), ("observer",)),
    "calibrate": (("calibrate",), ("regler",)),
    "outbox": (("outbox",), ("envois", "file")),
    "pin": (("pin",), ("pin",)),
    "language": (("language",), ("langue",)),
    "echo": (("echo",), ("echo",)),
    "help": (("help", "?"), ("aide",)),
    "bye": (("bye", "quit", "exit"), ("fin", "au-revoir", "quitter")),
}
EVERY = {"*", "all", "tous", "toutes"}  # lamps, where one is set
AUTO = {"auto", "automatic", "automatique"}
SHOWN = {**dict.fromkeys(("empty", "vide"), "empty"), **dict.fromkeys(("full", "plein"), "full")}
FOR = {"for", "pendant"}
YES = {"on", "yes", "oui"}
NO = {"off", "no", "non"}
PLAIN = {"plain", "simple"}
LONGEST_S = 86400.0  # what should last longer belongs into node.toml
UNITS_S = {
    **dict.fromkeys(("s", "sec", "second", "seconds", "seconde", "secondes"), 1.0),
    **dict.fromkeys(("m", "min", "mn", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours", "heure", "heures"), 3600.0),
}
DURATION = re.compile(r"(?:(\d{1,4})h(\d{1,2})(?:m|min|mn)?|(\d{1,6})([a-z]+))")
NUMBER = re.compile(r"\d{1,3}(?:[.,]\d{1,3})?")


@dataclass(frozen=True, slots=True)
class Wish:
    """One line as it was meant; `level` and `fill` are ratios 0..1, `for_s` seconds, `metres` below a bin's sensor."""

    word: str
    rest: tuple[str, ...] = ()  # what stood behind the word, as typed
    json: bool = False
    level: float | None = None
    for_s: float | None = None
    auto: bool = False
    fill: float | None = None
    shown: str | None = None  # empty, full
    metres: float | None = None

    @property
    def asset(self) -> str | None:
        """Which lamp, bin or board is meant, as typed."""
        return self.rest[0] if self.rest else None

    @property
    def sets(self) -> bool:
        """Whether it would change something."""
        return self.auto or self.level is not None or self.fill is not None or self.shown is not None


def folded(text: str) -> str:
    """Return the text in small letters without accents."""
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def parse(line: str, tongue: Tongue) -> Wish | None:
    """Return the wish behind a line, None for an empty one; raises CommandRefused with the cure."""
    typed = line.split()
    as_json = any(folded(one) == "--json" for one in typed)
    typed = [one for one in typed if folded(one) != "--json"]
    if not typed:
        return None
    word = find_word(typed[0], tongue)
    if word == "lamp" and len(typed) > 2:
        return _setting(typed[1], [folded(one) for one in typed[2:]], as_json, tongue)
    if word in {"observe", "calibrate"}:
        read = _observing if word == "observe" else _calibrating
        return read(typed[1:2], [folded(one) for one in typed[2:]], as_json, tongue)
    most = {"status": 0, "outbox": 0, "bye": 0, "language": 2}.get(word, 1)
    if len(typed) - 1 > most:
        raise CommandRefused(tongue.say("too_many", word=typed[0]) + " " + tongue.say(f"usage_{word}"))
    return Wish(word, tuple(typed[1:]), as_json)


def find_word(typed: str, tongue: Tongue) -> str:
    """Return the word that is meant; raises CommandRefused where it is none or could be several."""
    start = folded(typed)
    fits: dict[str, list[str]] = {}
    for word, both in WORDS.items():
        names = [name for names in both for name in names]
        if start in names:
            return word
        if found := [name for name in names if name.startswith(start)]:
            fits[word] = found
    if len(fits) == 1:
        return next(iter(fits))
    if fits:
        several = dict.fromkeys(name for found in fits.values() for name in found)
        raise CommandRefused(tongue.say("ambiguous", word=typed, names=tongue.listed(several)))
    raise CommandRefused(tongue.say("no_word", word=typed))


def find_asset(typed: str, ids: list[str], kind: str, tongue: Tongue) -> str:
    """Return the one id that is meant: whole, its beginning, or what stands behind a dash (`lamp 1`)."""
    wanted = folded(typed)
    if wanted in ids:
        return wanted
    fits = [one for one in ids if one.endswith("-" + wanted)] or [one for one in ids if one.startswith(wanted)]
    if len(fits) == 1:
        return fits[0]
    there = tongue.listed(ids) or tongue.say("none")
    raise CommandRefused(tongue.say("no_asset", kind=tongue.say(f"kind_{kind}"), typed=typed, there=there))


def _setting(asset: str, typed: list[str], as_json: bool, tongue: Tongue) -> Wish:
    """Read `auto`, or `40 [%] [for] 10m`."""
    usage = tongue.say("usage_lamp")
    if typed[0] in AUTO:
        if len(typed) > 1:
            raise CommandRefused(tongue.say("too_many", word="auto") + " " + usage)
        return Wish("lamp", (asset,), as_json, auto=True)
    level = _percent(typed[0])
    if level is None:
        raise CommandRefused(tongue.say("bad_level", typed=typed[0]) + " " + usage)
    rest = [one for one in typed[1:] if one != "%" and one not in FOR]
    if not rest:
        raise CommandRefused(tongue.say("no_duration") + " " + usage)
    for_s = duration_s("".join(rest))
    if for_s is None:
        raise CommandRefused(tongue.say("bad_duration", typed=" ".join(rest)) + " " + usage)
    if not 0.0 < for_s <= LONGEST_S:
        raise CommandRefused(tongue.say("long_duration"))
    return Wish("lamp", (asset,), as_json, level=level, for_s=for_s)


def _observing(asset: list[str], typed: list[str], as_json: bool, tongue: Tongue) -> Wish:
    """Read `80 [%]`."""
    usage = tongue.say("usage_observe")
    typed = [one for one in typed if one != "%"]
    if not typed:
        raise CommandRefused(tongue.say("no_fill") + " " + usage)
    fill = _percent(typed[0])
    if fill is None:
        raise CommandRefused(tongue.say("bad_fill", typed=typed[0]) + " " + usage)
    if len(typed) > 1:
        raise CommandRefused(tongue.say("too_many", word=typed[0]) + " " + usage)
    return Wish("observe", tuple(asset), as_json, fill=fill)


def _calibrating(asset: list[str], typed: list[str], as_json: bool, tongue: Tongue) -> Wish:
    """Read `empty` or `full`, and perhaps `1.25 [m]`."""
    usage = tongue.say("usage_calibrate")
    if not typed:
        raise CommandRefused(tongue.say("no_shown") + " " + usage)
    if typed[0] not in SHOWN:
        raise CommandRefused(tongue.say("bad_shown", typed=typed[0]) + " " + usage)
    rest = [one.removesuffix("m") for one in typed[1:] if one != "m"]
    if len(rest) > 1:
        raise CommandRefused(tongue.say("too_many", word=typed[0]) + " " + usage)
    if rest and not NUMBER.fullmatch(rest[0]):
        raise CommandRefused(tongue.say("bad_metres", typed=typed[1]) + " " + usage)
    metres = float(rest[0].replace(",", ".")) if rest else None
    return Wish("calibrate", tuple(asset), as_json, shown=SHOWN[typed[0]], metres=metres)


def _percent(typed: str) -> float | None:
    """Return the ratio 0..1 of `40`, `40%` or `40,5`; None where it is none."""
    number = typed.removesuffix("%")
    value = float(number.replace(",", ".")) if NUMBER.fullmatch(number) else None
    return value / 100 if value is not None and value <= 100.0 else None


def duration_s(typed: str) -> float | None:
    """Return the seconds of `10m`, `90s`, `2heures` or `1h30`; None where it is no duration with a unit."""
    found = DURATION.fullmatch(typed)
    if found is None:
        return None
    hours, minutes, count, unit = found.groups()
    if hours is not None:
        return int(hours) * 3600.0 + int(minutes) * 60.0
    return int(count) * UNITS_S[unit] if unit in UNITS_S else None
