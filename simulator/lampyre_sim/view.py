"""The view: the street as a picture in a terminal, from what is true in the world and what the node published."""

import math
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.style import Style
from rich.table import Table
from rich.text import Text

from lampyre_sim.ear import Ear, foreseen
from lampyre_sim.people import Kind
from lampyre_sim.world import LampTruth, World, share_saved

Colour = tuple[float, float, float]

NIGHT: Colour = (10, 12, 24)
DAY: Colour = (120, 150, 185)
GLOW: Colour = (255, 196, 90)
CONE_M = 9.0  # half the light falls within this of the mast
EIGHTHS = " ▏▎▍▌▋▊▉█"
BORDER = "grey37"
FIXED_ROWS = 1 + 3 + 2 + 2 + 2 + 1  # head, street, the frames of three boxes, foot
MESSAGES_LEAST = 2
SAME_PERCENT = 2.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What is looked at."""

    world: World
    ear: Ear
    speed: float

    def draw(self, width: int, height: int) -> RenderableType:
        """Return the picture for a terminal of that size; what finds no room is counted."""
        room = max(2, height - FIXED_ROWS - MESSAGES_LEAST)
        bins = min(len(self.world.bins), max(1, room // 3))
        lamps = min(len(self.world.lamps), room - bins)
        lines = max(MESSAGES_LEAST, height - FIXED_ROWS - bins - lamps)
        return Group(
            self._head(),
            *self._street(width),
            self._lamps(lamps, width),
            self._bins(bins, width),
            self._said(lines),
            _foot(),
        )

    def _head(self) -> Text:
        world = self.world
        local = world.at.astimezone(world.plan.zone)
        night = "night" if world.dark else "day"
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(" LAMPYRE ", Style(color="black", bgcolor=_rgb(GLOW), bold=True))
        text.append(f"  {local:%a %d %b %H:%M:%S}", "bold")
        text.append(f"  ×{self.speed:g}", "grey62")
        text.append(f"   sun {world.sky.elevation(world.at):+.1f}°  {_lux(world.lux)}  {night}", _rgb(GLOW))
        here = len(world.passing)
        text.append(f"   {here or 'nobody'} in the street", "grey62")
        return text

    def _street(self, width: int) -> list[Text]:
        """Return three rows: the lamps' heads, the light they throw, and the road with those who pass."""
        world = self.world
        street_m = world.plan.street_m
        sky = _mix(NIGHT, DAY, min(1.0, max(0.0, math.log10(max(0.1, world.lux)) / 4)))
        heads = [" "] * width
        places = {int(lamp.place_m / street_m * width): lamp for lamp in world.lamps}
        road = [" "] * width
        for one in world.passing:
            column = min(width - 1, max(0, int(one.place_m(world.now_s, street_m) / street_m * width)))
            road[column] = "●" if one.kind is Kind.ON_FOOT else "▶" if one.forth else "◀"
        top, middle, low = Text(), Text(), Text()
        for column in range(width):
            lamp = places.get(column)
            at_m = (column + 0.5) / width * street_m
            light = min(1.0, sum(one.level * _falloff(at_m - one.place_m) for one in world.lamps))
            head = Style(
                color=_rgb(_mix((70, 70, 80), GLOW, lamp.level if lamp else 0.0)), bgcolor=_rgb(sky), bold=True
            )
            top.append("◉" if lamp is not None else heads[column], head)
            middle.append(" ", Style(bgcolor=_rgb(_mix(sky, GLOW, light * 0.45))))
            ground = _mix(_mix(sky, (40, 40, 44), 0.5), GLOW, light * 0.85)
            low.append(road[column], Style(color="black" if light > 0.45 else "white", bgcolor=_rgb(ground), bold=True))
        return [top, middle, low]

    def _lamps(self, rows: int, width: int) -> Panel:
        world = self.world
        table = _table((7, None), (_bar_width(width), None), (5, None), (8, None), (None, 1))
        for number, lamp in enumerate(world.lamps[:rows], 1):
            said = self.ear.lamps.get(f"lamp-{number}", {})
            name = f"lamp {number}"
            why = _why(said, lamp.level)
            table.add_row(
                name, _bar(lamp.level, _bar_width(width), _rgb(GLOW)), f"{lamp.level * 100:3.0f} %", _who(lamp), why
            )
        used = sum(lamp.energy_wh for lamp in world.lamps)
        full = sum(lamp.full_light_wh for lamp in world.lamps)
        saved = f"{used / 1000:.2f} kWh used, {full / 1000:.2f} kWh at full light: {share_saved(used, full)} saved"
        return _box(table, "lamps", saved, len(world.lamps) - rows)

    def _bins(self, rows: int, width: int) -> Panel:
        world, bar = self.world, 2 * _bar_width(width) if width >= 100 else 12
        table = _table((7, None), (bar, None), (5, None), (None, 1), (7, None))
        for number, one in enumerate(world.bins[:rows], 1):
            said = self.ear.bins.get(f"bin-{number}", {})
            told = "not heard of yet"
            if said:
                told = f"{foreseen(said) or 'no forecast yet'}  {said['forecast_by'] or ''}"
            colour = "red3" if one.fill >= 0.8 else "dark_sea_green4"
            quality = said.get("quality", "")
            table.add_row(
                f"bin {number}",
                _bar(one.fill, bar, colour),
                f"{one.fill * 100:3.0f} %",
                Text(told, no_wrap=True, overflow="ellipsis"),
                Text(quality, "green" if quality == "good" else "yellow"),
            )
        emptied = sum(len(one.emptied) for one in world.bins)
        return _box(table, "bins", f"emptied {emptied} times" if emptied else "", len(world.bins) - rows)

    def _said(self, rows: int) -> Panel:
        ear = self.ear
        table = _table((8, None), (19, None), (None, 1))
        for heard in list(ear.lines)[-rows:]:
            local = heard.at.astimezone(self.world.plan.zone)
            text = Text(heard.text, no_wrap=True, overflow="ellipsis")
            table.add_row(Text(f"{local:%H:%M:%S}", "grey50"), Text(heard.topic, "steel_blue1", no_wrap=True), text)
        for _ in range(rows - len(ear.lines)):
            table.add_row("", "", "")
        kinds = "  ".join(f"{kind} {count}" for kind, count in sorted(ear.counts.items()))
        state = "uplink up" if ear.up else "uplink down"
        return _box(table, f"{ear.counts.total()} messages: {kinds}", state, 0)


def _table(*columns: tuple[int | None, int | None]) -> Table:
    table = Table.grid(padding=(0, 1), expand=True)
    for width, ratio in columns:
        table.add_column(width=width, ratio=ratio, no_wrap=True, overflow="ellipsis")
    return table


def _box(table: Table, title: str, foot: str, hidden: int) -> Panel:
    title += f" ({hidden} more find no room here)" if hidden > 0 else ""
    return Panel(
        table,
        title=Text(title, "bold white", no_wrap=True, overflow="ellipsis"),
        title_align="left",
        subtitle=Text(foot, "bold " + _rgb(GLOW)) if foot else None,
        subtitle_align="right",
        border_style=BORDER,
        padding=(0, 1),
    )


def _foot() -> Text:
    text = " q ends  ● on foot ▶ vehicle  bars: the truth  words: as published, of presence once a minute"
    return Text(text, "grey50", no_wrap=True, overflow="ellipsis")


def _bar(share: float, width: int, colour: str) -> Text:
    eighths = round(min(1.0, max(0.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    text = Text("█" * full + (EIGHTHS[rest] if rest else ""), colour)
    text.append("·" * (width - len(text)), "grey23")
    return text


def _bar_width(width: int) -> int:
    return 20 if width >= 110 else 12 if width >= 100 else 8


def _who(lamp: LampTruth) -> Text:
    if not lamp.present:
        return Text("nobody", "grey42")
    return Text(f"{'●' * lamp.on_foot} {'▶' * lamp.vehicles}".strip(), "bold white", no_wrap=True, overflow="ellipsis")


def _why(said: dict[str, Any], level: float) -> Text:
    """Return the reason that was published; with the level it was for where the lamp has another one by now."""
    words = said.get("why", "not heard of yet")
    style = "bold" if said.get("cause") == "sensor" else "grey62"
    told = said.get("target_level", level * 100)
    if abs(told - level * 100) > SAME_PERCENT:
        words, style = f"(told {told:.0f} %: {words})", "grey50"
    return Text(words, style, no_wrap=True, overflow="ellipsis")


def _lux(lux: float) -> str:
    return f"{lux:.1f} lx" if lux < 10 else f"{lux:.0f} lx"


def _falloff(metres: float) -> float:
    return math.exp(-0.69 * (metres / CONE_M) ** 2)


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    return (
        one[0] + (other[0] - one[0]) * share,
        one[1] + (other[1] - one[1]) * share,
        one[2] + (other[2] - one[2]) * share,
    )


def _rgb(colour: Colour) -> str:
    return "#" + "".join(f"{min(255, max(0, round(part))):02x}" for part in colour)
