"""The answer for people: a table for each site, and a picture of the trade-off."""

from collections.abc import Iterator
from html import escape

from lampyre_sim.light.evaluate import Judged, Spread

WIDE, HIGH, LEFT, TOP = 640, 420, 70, 40  # of the picture, in pixels; the plot begins at LEFT, TOP
RIGHT, FOOT = 300, 60  # what is left for the names, and for the axis
TOPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # of the upward axis
COLOURS = ("#7f7f7f", "#bcbd22", "#1f77b4", "#2ca02c", "#9467bd", "#d62728", "#ff7f0e", "#17becf")


def lines(judged: Judged) -> Iterator[str]:
    """Yield one site's table."""
    design = "" if judged.design_per_h is None else f" · design flow {judged.design_per_h:.0f}/h"
    sites = f" ({judged.sites})" if judged.sites > 1 else ""
    yield (
        f"{judged.name}{sites} · nights: {judged.nights}, from {judged.first} · seeds: {judged.seeds}"
        f" · road users a night: {judged.users_per_night:.1f}{design}"
    )
    yield f"  {'':36}{'asked':>6}{'energy':>21}{'switchings':>12}{'under-lit':>22}{'seconds':>20}"
    for one in judged.results:
        yield (
            f"  {one.said:36}{one.asks:>6}{_said(one.energy, 3):>21}{_mean(one.switchings):>12}"
            f"{_said(one.under_share, 3):>22}{_said(one.under_s, 2):>20}"
        )
    just = {one.asks: one.asked_energy for one in judged.results if one.asked_energy is not None}
    if just:
        told = " · ".join(f"{asks} {_said(energy, 3)}" for asks, energy in just.items())
        yield f"  energy of just what is asked, which only who knows the traffic beforehand can reach: {told}"


def picture(judged: Judged) -> str:
    """Return the trade-off as SVG: energy to the right, under-lit road users upwards; bars: least and most of seeds."""
    shown = [(one, one.energy, one.under_share) for one in judged.results]
    most = max((under.most for _, _, under in shown if under), default=0.0)
    top = next((one for one in TOPS if one >= most), 1.0)
    wide, high = WIDE - LEFT, HIGH - TOP - FOOT
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE + RIGHT} {HIGH}" font-family="sans-serif" '
        'font-size="13">',
        f'<rect width="{WIDE + RIGHT}" height="{HIGH}" fill="white"/>',
        f'<text x="{LEFT}" y="22">{escape(judged.name)}: {judged.nights} nights, seeds: {judged.seeds}</text>',
        f'<path d="M{LEFT} {TOP}V{TOP + high}H{WIDE}" fill="none" stroke="black"/>',
        f'<text x="{LEFT + wide / 2}" y="{HIGH - 12}" text-anchor="middle">energy, 1: full light all night</text>',
        f'<text transform="translate(16 {TOP + high / 2}) rotate(-90)" text-anchor="middle">'
        "share of road users who met too little light</text>",
    ]
    for fifth in range(6):
        x, y = LEFT + wide * fifth / 5, TOP + high * (1 - fifth / 5)
        out.append(f'<text x="{x:.0f}" y="{TOP + high + 18}" text-anchor="middle">{fifth / 5:.1f}</text>')
        out.append(f'<text x="{LEFT - 6}" y="{y + 4:.0f}" text-anchor="end">{top * fifth / 5:g}</text>')
    for number, (one, energy, under) in enumerate(shown):
        colour = COLOURS[number % len(COLOURS)]
        out.append(f'<circle cx="{WIDE + 20}" cy="{TOP + 22 * number}" r="5" fill="{colour}"/>')
        out.append(f'<text x="{WIDE + 32}" y="{TOP + 4 + 22 * number}">{escape(one.said)} ({one.asks})</text>')
        if energy is not None and under is not None:
            out += _mark(energy, under, top, colour)
    return "\n".join([*out, "</svg>", ""])


def _mark(energy: Spread, under: Spread, top: float, colour: str) -> list[str]:
    wide, high = WIDE - LEFT, HIGH - TOP - FOOT
    x, y = LEFT + wide * energy.mean, TOP + high * (1 - under.mean / top)
    left, right = LEFT + wide * energy.least, LEFT + wide * energy.most
    low, up = TOP + high * (1 - under.least / top), TOP + high * (1 - under.most / top)
    cross = f"M{left:.1f} {y:.1f}H{right:.1f}M{x:.1f} {low:.1f}V{up:.1f}"
    return [
        f'<path d="{cross}" stroke="{colour}" stroke-width="2"/>',
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>',
    ]


def _said(spread: Spread | None, digits: int) -> str:
    if spread is None:
        return "-"
    mean = f"{spread.mean:.{digits}f}"
    if spread.least == spread.most:
        return mean
    return f"{mean} ({spread.least:.{digits}f}-{spread.most:.{digits}f})"


def _mean(spread: Spread | None) -> str:
    return "-" if spread is None else f"{spread.mean:.1f}"
