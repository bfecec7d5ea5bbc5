"""Whether a rebuilt model is the same model: the figures of two cards, side by side."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Another machine adds up floats in another order. A rebuild on one machine gives the same bytes; 1 % is also what
# a step of the third, last digit of a card's figure comes to at most.
TOLERANCE = 0.01
LEAST = 0.02  # smaller figures are taken as this: 1 % of two points of fill is beyond any sensor

Labels = tuple[tuple[str, str], ...]


class CardsDifferError(Exception):
    """Two cards have no common rows to compare: says which and why."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure in two cards; `share` is their distance over the larger of them."""

    where: str
    figure: str
    first: float
    second: float
    share: float


def compare_cards(first: Path, second: Path) -> int:
    """Print how far the metrics of two cards (files or their folders) are apart; return 1 beyond the tolerance."""
    cards = [_read(path) for path in (first, second)]
    found = differences(*(card.get("metrics", []) for card in cards))
    worst = found[0]
    alike = "the same model, byte for byte" if cards[0].get("sha256") == cards[1].get("sha256") else "other bytes"
    print(f"{first} and {second}: {alike}; {len(found)} figures compared")
    print(f"largest difference {worst.share:.2%}: {worst.figure} {worst.first:g} and {worst.second:g} ({worst.where})")
    beyond = [one for one in found if one.share > TOLERANCE]
    print(f"{len(beyond)} beyond the tolerance of {TOLERANCE:.0%}")
    for one in beyond[1:20]:
        print(f"  {one.share:.2%}: {one.figure} {one.first:g} and {one.second:g} ({one.where})")
    return int(bool(beyond))


def differences(first: Iterable[Mapping[str, object]], second: Iterable[Mapping[str, object]]) -> list[Difference]:
    """Return every figure's difference, the largest first.

    Rows are matched by their labels: all that is text in them. Raises CardsDifferError where a row or a figure
    stands in one card only, twice, or is no number.
    """
    rows, others = _by_labels(first), _by_labels(second)
    if not rows:
        raise CardsDifferError("no metrics: give cards that `python -m training` wrote")
    if rows.keys() != others.keys():
        lone = _say(min(rows.keys() ^ others.keys()))
        raise CardsDifferError(f"metrics of {lone} stand in one card only: compare cards of one version of the scripts")
    found = []
    for labels, figures in rows.items():
        other = others[labels]
        if figures.keys() != other.keys():
            lone = min(figures.keys() ^ other.keys())
            raise CardsDifferError(f"{lone} of {_say(labels)} stands in one card only")
        for name, figure in figures.items():
            share = abs(figure - other[name]) / max(abs(figure), abs(other[name]), LEAST)
            if share != share:  # noqa: PLR0124  (NaN)
                raise CardsDifferError(f"{name} of {_say(labels)} is not a number")
            found.append(Difference(_say(labels), name, figure, other[name], share))
    return sorted(found, key=lambda one: -one.share)


def _by_labels(rows: Iterable[Mapping[str, object]]) -> dict[Labels, dict[str, float]]:
    found: dict[Labels, dict[str, float]] = {}
    for row in rows:
        labels = tuple(sorted((name, value) for name, value in row.items() if isinstance(value, str)))
        if labels in found:
            raise CardsDifferError(f"two rows of metrics for {_say(labels)}")
        found[labels] = {name: float(value) for name, value in row.items() if isinstance(value, (int, float))}
    return found


def _say(labels: Labels) -> str:
    return ", ".join(value for _, value in labels)


def _read(path: Path) -> Mapping[str, Any]:
    file = path / "card.toml" if path.is_dir() else path
    return tomllib.loads(file.read_text())
