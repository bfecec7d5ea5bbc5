"""The tongue: French or English, with each one's numbers, times and durations; never wider than a terminal."""

import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from lampyre.console.phrases import PHRASES
from lampyre.console.whys import translated

Language = Literal["fr", "en"]

WIDTH = 79  # columns; the eightieth makes some terminals begin a new line
CLINGS = re.compile(r" (?=[:;%?!])")  # French sets a space there, and no line may begin with what follows it
STOPS = re.compile(r"(?<!\.)([.?!])\.(?!\.)")  # a reason that brings its own full stop
UNITS = {"Cel": "°C", "/": "", "count": ""}  # SenML names that nobody says aloud


class Tongue:
    """How a session speaks; `plain` leaves accents out, for terminals that garble them."""

    def __init__(self, language: Language, zone: ZoneInfo, now: Callable[[], datetime], *, plain: bool = False) -> None:
        self.language: Language = language
        self.plain = plain
        self.zone = zone
        self._now = now

    def say(self, key: str, **values: object) -> str:
        """Return the phrase `key` with its values filled in."""
        said = PHRASES[key][0 if self.language == "en" else 1].format(**values)
        return STOPS.sub(r"\1", said)

    def told(self, text: str) -> str:
        """Return what the agent said in English in this language, or as it is where we do not know it."""
        return translated(text, self.language)

    def number(self, value: float | None, digits: int = 1) -> str:
        """Write a number with at most `digits` decimals; `?` where there is none."""
        if value is None:
            return "?"
        text = f"{value:.{digits}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        text = "0" if text == "-0" else text
        return text.replace(".", ",") if self.language == "fr" else text

    def percent(self, ratio: float | None) -> str:
        """Write a ratio 0..1 in per cent."""
        return f"{self.number(None if ratio is None else ratio * 100, 0)} %"

    def value(self, value: float | None, unit: str) -> str:
        """Write a value with its unit."""
        return f"{self.number(value)} {UNITS.get(unit, unit)}".rstrip()

    def time(self, stamp: str) -> str:
        """Write an RFC 3339 time as the clock on the wall shows it, with the day where it is not today."""
        try:
            at = datetime.fromisoformat(stamp)
            if at.tzinfo is None:
                return stamp
            at = at.astimezone(self.zone)
        except (ValueError, OverflowError):
            return stamp or "?"
        if at.date() == self._now().astimezone(self.zone).date():
            return f"{at:%H:%M}"
        return f"{at:%d/%m/%Y %H:%M}" if self.language == "fr" else f"{at:%Y-%m-%d %H:%M}"

    def duration(self, seconds: float | None) -> str:
        """Write a duration with its two largest units: `3 d 4 h`, `2 h`, `45 s`."""
        if seconds is None:
            return "?"
        left = round(max(0.0, seconds))
        names = ("j", "h", "min", "s") if self.language == "fr" else ("d", "h", "min", "s")
        parts = []
        for name, size in zip(names, (86400, 3600, 60, 1), strict=True):
            count, left = divmod(left, size)
            if count:
                parts.append(f"{count} {name}")
            if len(parts) == 2:
                break
        return " ".join(parts) or "0 s"

    def paragraph(self, text: str, indent: str = "") -> str:
        """Wrap a text to the terminal; `indent` stands before every line but the first."""
        text = CLINGS.sub("\N{NO-BREAK SPACE}", self.clean(text))
        lines = textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
        return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")

    def clean(self, text: str) -> str:
        """Take out whatever could steer a terminal; leave accents out where the session is plain."""
        if self.plain:
            text = unicodedata.normalize("NFKD", text)
            return "".join(letter for letter in text if letter.isascii() and letter.isprintable())
        return "".join(letter if letter.isprintable() else " " for letter in text)

    def listed(self, names: Iterable[str]) -> str:
        """Write names one after another."""
        return ", ".join(names)
