"""The kerb: boards and rangers of one street, their wiring, and the node.toml that says the same to the agent."""

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypedDict

from lampyre.memory import file_of
from lampyre_sim.board import BoardProcess, Interpreter
from lampyre_sim.broker import ctrl_c_kept_away
from lampyre_sim.ranger import RangerPort
from lampyre_sim.world import RATED_W, Plan, World

CLASS, QUIET_CLASS, CLASS_LEVEL = "P4", "P6", 0.8  # EN 13201-2: a residential street, and what is enough for nobody

NODE = """\
[node]
site = "demo"
id = "street"
latitude = {latitude}
longitude = {longitude}
time_zone = "{zone}"
clock = "rtc"
language = "en"
state_dir = "{folder}/state"
runtime_dir = "{folder}/run"

[broker]
url = "{broker}"
"""
BOARD = """
[[board]]
id = "{id}"
kind = "{kind}"
link = "serial://{tty}?baud={baud}"
"""
LAMP = """
[[lamp]]
id = "lamp-{n}"
board = "board-{n}"
rated_power_w = {rated}
lighting_class = "{normal}"
quiet_class = "{quiet}"
class_level = {level}
neighbours = [{next}]
"""
BIN = """
[[bin]]
id = "bin-{n}"
distance = "{by}.distance"
height_m = {height}
dead_zone_m = {dead}
litres = {litres}
"""


class Sensors(TypedDict):
    """What the sensors of one board show, in their units; None: there is none."""

    presence: float
    lux: float
    distance: float | None
    temperature: float | None
    power: float


@dataclass(slots=True)
class Kerb:
    """What stands at the kerb. The first bin is seen by the first board, the second by a ranger, and so on in turn."""

    world: World
    speed: float
    interpreter: Interpreter
    boards: list[BoardProcess] = field(default_factory=list)
    rangers: list[RangerPort] = field(default_factory=list)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> Self:
        """Switch everything on."""
        await self._stack.__aenter__()
        try:
            with ctrl_c_kept_away():
                for number in range(self.world.plan.lamps):
                    board = BoardProcess(
                        speed=self.speed,
                        interpreter=self.interpreter,
                        unique_id=f"{number + 1:016x}",
                        **self._sensors(number),
                    )
                    self.boards.append(await self._stack.enter_async_context(board))
            for number in range(self.world.plan.bins):
                if self._by_board(number) is None:
                    self.rangers.append(await self._stack.enter_async_context(RangerPort(self.speed)))
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Switch everything off."""
        await self._stack.aclose()

    async def show(self) -> None:
        """Let every sensor see the world as it is now, and let the world see the lamps."""
        for number, board in enumerate(self.boards):
            self.world.shine(number, board.level)
            await board.set(**self._sensors(number))
        for number, ranger in zip(self._by_rangers(), self.rangers, strict=True):
            ranger.distance_m = self.world.bins[number].distance_m

    async def speak(self) -> None:
        """Let the rangers speak, for ever."""
        async with asyncio.TaskGroup() as group:
            for ranger in self.rangers:
                group.create_task(ranger.run(), name="ranger")

    def write_memories(self, state_dir: Path) -> None:
        """Leave for the agent what it would have kept, had it stood here for the last fortnight."""
        state_dir.mkdir(parents=True, exist_ok=True)
        for number, past in enumerate(self.world.pasts, 1):
            points = [[round(at.timestamp()), round(fill, 4)] for at, fill in past]
            file_of(state_dir, f"bin-{number}").write_text(json.dumps(points), encoding="utf-8")

    def node_toml(self, folder: Path, broker: str) -> str:
        """Return the node's file for what stands here."""
        plan: Plan = self.world.plan
        parts = [
            NODE.format(
                latitude=plan.latitude, longitude=plan.longitude, zone=plan.zone.key, folder=folder, broker=broker
            )
        ]
        for number, board in enumerate(self.boards, 1):
            parts.append(BOARD.format(id=f"board-{number}", kind="lamp_bin_pico", tty=board.tty, baud=115200))
            ahead = f'"lamp-{number + 1}"' if number < len(self.boards) else ""
            parts.append(
                LAMP.format(n=number, rated=RATED_W, normal=CLASS, quiet=QUIET_CLASS, level=CLASS_LEVEL, next=ahead)
            )
        names = {}
        for number, (place, ranger) in enumerate(zip(self._by_rangers(), self.rangers, strict=True), 1):
            names[place] = f"ranger-{number}"
            parts.append(BOARD.format(id=names[place], kind="maxbotix", tty=ranger.tty, baud=9600))
        for number, one in enumerate(self.world.bins):
            by = self._by_board(number)
            name = names[number] if by is None else f"board-{by + 1}"
            shape = one.shape
            parts.append(
                BIN.format(n=number + 1, by=name, height=shape.height_m, dead=shape.dead_zone_m, litres=shape.litres)
            )
        return "".join(parts)

    def _sensors(self, number: int) -> "Sensors":
        """Return what the sensors of one board show now; no ranger on its input where no bin stands by it."""
        world, lamp = self.world, self.world.lamps[number]
        place = number * 2
        has_bin = place < len(world.bins) and self._by_board(place) == number
        one = world.bins[place] if has_bin else None
        return Sensors(
            presence=1.0 if lamp.present else 0.0,
            lux=world.lux,
            distance=one.distance_m if one is not None else None,
            temperature=one.temperature(world.at) if one is not None else None,
            power=lamp.power_w,
        )

    def _by_board(self, bin_number: int) -> int | None:
        """Return the board that looks into this bin; None: a ranger of its own does."""
        board = bin_number // 2
        return board if bin_number % 2 == 0 and board < self.world.plan.lamps else None

    def _by_rangers(self) -> list[int]:
        return [number for number in range(self.world.plan.bins) if self._by_board(number) is None]
