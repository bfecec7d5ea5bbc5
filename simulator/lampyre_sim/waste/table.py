"""The answer for people: a table for each stream, what ours comes to beside the others, and the curves as a picture."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

from lampyre_sim.waste.evaluate import Judged, Point, Spread

WIDE, HIGH, LEFT, TOP = 640, 420, 70, 40  # of the picture, in pixels; the plot begins at LEFT, TOP
RIGHT, FOOT = 250, 60  # what is left for the names, and for the axis
TOPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)  # of the upward axis
SAID = {
    "town": "the town's own rhythm, as recorded",
    "daily": "every day",
    "rhythm": "fixed weekdays, the best in hindsight",
    "reactive": "from a level on, the next truck",
    "ours": "ours: risk in hours",
    "foresight": "who knows what will come",
}
COLOURS = {
    "town": "#7f7f7f", "daily": "#8c564b", "rhythm": "#bcbd22", "reactive": "#1f77b4", "ours": "#d62728",
    "foresight": "#2ca02c",
}  # fmt: skip


def lines(judged: Judged) -> Iterator[str]:
    """Yield one stream's table."""
    yield (
        f"{judged.name} · containers: {judged.containers} · {judged.first} to {judged.last} · seeds: {judged.seeds}"
        f" · deposits estimated: {judged.hidden:.1%} · recorded at 95 or more: {judged.recorded_full:.1%}"
    )
    yield f"  {'':44}{'collections/week':>24}{'hours at 100':>24}{'at 95 or more':>24}{'fill found':>12}"
    for one in judged.points:
        fill = "-" if one.fill is None else f"{one.fill.mean:.2f}"
        yield (
            f"  {said(one):44}{_spread(one.per_week, 2, 1):>24}{_spread(one.overflow, 2, 100):>24}"
            f"{_spread(one.full, 2, 100):>24}{fill:>12}"
        )
    yield from against(judged)
    for driven in judged.driven:
        words = SAID[driven.policy] + (f", {driven.at:.3g}" if driven.at else "")
        yield f"  {words}: {driven.km_per_week:.0f} km a week in {driven.rounds_per_week:.1f} rounds"


def said(point: Point) -> str:
    """Return a policy with its parameter, in words."""
    words = SAID[point.policy]
    if point.policy in ("town", "daily"):
        return words
    return f"{words}, {point.at:.3g}"


def against(judged: Judged) -> Iterator[str]:
    """Yield what ours comes to at the same number of collections, and at the same hours, as the others."""
    curve = _curve(judged, "ours")
    for other in judged.points:
        if other.policy not in ("town", "daily") and (other.policy, other.at) != ("reactive", 0.8):
            continue
        if other.per_week is None or other.overflow is None or other.full is None:
            continue
        there = []
        at_number = _at(curve, 0, other.per_week.mean)
        if at_number is not None:
            there.append(
                f"as many collections: hours at 100 {at_number[1]:.2%} instead of {other.overflow.mean:.2%},"
                f" at 95 {at_number[2]:.2%} instead of {other.full.mean:.2%}"
            )
        at_hours = _at(curve, 1, other.overflow.mean)
        if at_hours is not None and other.per_week.mean:
            fewer = 1 - at_hours[0] / other.per_week.mean
            there.append(f"as many hours at 100: {fewer:+.1%} fewer collections")
        yield f"  ours beside {said(other)}: {'; '.join(there) or 'the curve does not reach so far'}"


def _curve(judged: Judged, policy: str) -> list[tuple[float, float, float]]:
    return [
        (one.per_week.mean, one.overflow.mean, one.full.mean)
        for one in judged.points
        if one.policy == policy and one.per_week and one.overflow and one.full
    ]


def _at(curve: Sequence[tuple[float, ...]], axis: int, value: float) -> tuple[float, ...] | None:
    """Return the place on a curve, straight between its points, where one measure has a value; None outside it."""
    for one, other in pairwise(curve):
        low, high = sorted((one[axis], other[axis]))
        if low <= value <= high:
            share = (value - one[axis]) / (other[axis] - one[axis]) if high > low else 0.0
            return tuple(a + share * (b - a) for a, b in zip(one, other, strict=True))
    return None


def picture(judged: Judged) -> str:
    """Return the curves as SVG: collections per bin and week to the right, share of the hours at 100 upwards."""
    shown = [(one, one.per_week, one.overflow) for one in judged.points]
    most = max((over.most for _, _, over in shown if over), default=0.0)
    top = next((one for one in TOPS if one >= most), 1.0)
    right = max(1.0, max((number.most for _, number, _ in shown if number), default=7.0))
    wide, high = WIDE - LEFT, HIGH - TOP - FOOT
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE + RIGHT} {HIGH}" font-family="sans-serif" '
        'font-size="13">',
        f'<rect width="{WIDE + RIGHT}" height="{HIGH}" fill="white"/>',
        f'<text x="{LEFT}" y="22">{escape(judged.name)}: containers: {judged.containers}, {judged.first} to'
        f" {judged.last}, seeds: {judged.seeds}</text>",
        f'<path d="M{LEFT} {TOP}V{TOP + high}H{WIDE}" fill="none" stroke="black"/>',
        f'<text x="{LEFT + wide / 2}" y="{HIGH - 12}" text-anchor="middle">collections per bin and week</text>',
        f'<text transform="translate(16 {TOP + high / 2}) rotate(-90)" text-anchor="middle">'
        "share of the hours at 100</text>",
    ]
    for fifth in range(6):
        x, y = LEFT + wide * fifth / 5, TOP + high * (1 - fifth / 5)
        out.append(f'<text x="{x:.0f}" y="{TOP + high + 18}" text-anchor="middle">{right * fifth / 5:.1f}</text>')
        out.append(f'<text x="{LEFT - 6}" y="{y + 4:.0f}" text-anchor="end">{top * fifth / 5:g}</text>')
    for number, (policy, colour) in enumerate(COLOURS.items()):
        y = TOP + 22 * number
        out.append(f'<circle cx="{WIDE + 20}" cy="{y}" r="5" fill="{colour}"/>')
        out.append(f'<text x="{WIDE + 32}" y="{y + 4}">{escape(SAID[policy])}</text>')
        marks = [
            (LEFT + wide * per_week.mean / right, TOP + high * (1 - over.mean / top))
            for one, per_week, over in shown
            if one.policy == policy and per_week and over
        ]
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in sorted(marks))
        out.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in marks]
    return "\n".join([*out, "</svg>", ""])


def _spread(spread: Spread | None, digits: int, times: int) -> str:
    if spread is None:
        return "-"
    unit = " %" if times == 100 else ""
    mean, least, most = (f"{value * times:.{digits}f}" for value in (spread.mean, spread.least, spread.most))
    return f"{mean}{unit}" if least == most else f"{mean}{unit} ({least}-{most})"
