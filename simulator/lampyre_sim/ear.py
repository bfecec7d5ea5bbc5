"""The city's ear: what the node publishes, heard from the broker as any city would hear it."""

import asyncio
import json
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiomqtt

from lampyre.decide.bins.forecast import HOURS_MOST

LINES = 40  # messages kept to be shown
AGAIN_S = 60.0  # of the street, before a broker that went away is tried again


@dataclass(frozen=True, slots=True)
class Heard:
    """One message, as it is shown."""

    at: datetime
    topic: str  # without the part that all share
    text: str


class Ear:
    """Subscribes to everything of one node and remembers the newest of each thing."""

    def __init__(self, host: str, port: int, root: str, now: Callable[[], datetime]) -> None:
        self._host, self._port, self._root, self._now = host, port, root, now
        self.connected = False
        self.online = False  # the node, by its status
        self.offline = asyncio.Event()  # it said farewell, or the broker did in its name
        self.counts: Counter[str] = Counter()
        self.unreadable = 0
        self.lamps: dict[str, dict[str, Any]] = {}
        self.bins: dict[str, dict[str, Any]] = {}
        self.lines: deque[Heard] = deque(maxlen=LINES)

    @property
    def up(self) -> bool:
        """Whether the node can tell us anything now, as far as we know."""
        return self.connected and self.online

    async def run(self) -> None:
        """Listen for ever; a broker that goes away is tried again."""
        while True:
            try:
                async with aiomqtt.Client(self._host, self._port, protocol=aiomqtt.ProtocolVersion.V5) as client:
                    await client.subscribe(f"{self._root}/#", qos=1)
                    self.connected = True
                    async for message in client.messages:
                        self.hear(str(message.topic), message.payload)
            except aiomqtt.MqttError:
                self.connected = False
            await asyncio.sleep(AGAIN_S)

    def hear(self, topic: str, payload: object) -> None:
        """Take one message."""
        short = topic.removeprefix(f"{self._root}/")
        if short == "echo":  # the node's own, to hear whether the broker lives
            return
        try:
            said = json.loads(payload if isinstance(payload, bytes | str) else b"")
            text = self._take(short.split("/"), said)
        except (ValueError, KeyError, TypeError, AttributeError):
            self.unreadable += 1
            return
        self.counts[_kind(short)] += 1
        self.lines.append(Heard(self._now(), short, text))

    def _take(self, parts: list[str], said: dict[str, Any]) -> str:
        match parts:
            case ["lamp", name, "state"]:
                self.lamps[name] = said
                return f"{said['target_level']:.0f} %  {said['why']}"
            case ["bin", name, "state"]:
                self.bins[name] = said
                return f"{percent(said['fill'])}  {foreseen(said) or said['why']}"
            case ["lamp", _, "summary"]:
                passages = "few" if said["suppressed"] else said["passages"]
                used = "few" if said["energy_wh"] is None else f"{said['energy_wh']:.1f}"
                return f"{used} Wh of {said['full_light_wh']:.1f}, {passages} passages"
            case ["bin", _, "summary"]:
                return f"{percent(said['fill'])}, emptied {said['emptied']}"
            case ["status"]:
                self.online = said["status"] == "online"
                if self.online:
                    self.offline.clear()
                else:
                    self.offline.set()
                return f"{said['status']}  {said['why']}"
            case ["alarm"]:
                return f"{said['asset']} {said['event']} {'starts' if said['active'] else 'is over'}: {said['why']}"
        return ""


def percent(ratio: float | None) -> str:
    """Return 0..1 as a percentage in words."""
    return "unknown" if ratio is None else f"{ratio * 100:.0f} %"


def foreseen(said: dict[str, Any]) -> str:
    """Return a bin's forecast in words; empty where there is none."""
    hours = said["hours_to_full"]
    if hours is None:
        return ""
    p10, p50, p90 = (f"{hours[q]:.0f}{'+' if hours[q] > HOURS_MOST - 1 else ''}" for q in ("p10", "p50", "p90"))
    return f"80 % in {p10}–{p90} h (p50 {p50} h)"


def _kind(topic: str) -> str:
    """Return the topic without the asset's name."""
    parts = topic.split("/")
    return f"{parts[0]}/{parts[2]}" if len(parts) == 3 else parts[0]
