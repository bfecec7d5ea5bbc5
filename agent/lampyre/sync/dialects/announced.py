"""What Home Assistant has been told of: announced once, again when it starts, and taken back when it is gone.

A small file remembers the digest of each announcement that the broker has taken, so that a reconnect sends nothing,
unless the broker has forgotten us; and which components it had, so that what has left the node's file leaves Home
Assistant too.
"""

import asyncio
import hashlib
import json
import logging
import random
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lampyre.statefile import keep, kept
from lampyre.sync.beside import Said
from lampyre.sync.dialects.home_assistant import Discovery
from lampyre.sync.dialects.native import Native
from lampyre.sync.dialects.standing import Standing
from lampyre.sync.exchange import Answer, Landed, Subscription
from lampyre.sync.flight import Flight

log = logging.getLogger("lampyre.sync.dialects.home_assistant")

SPREAD_S = 5.0  # a town's nodes do not answer its birth all at once
GONE = b""

Remembered = dict[str, dict[str, Any]]  # topic → digest, and platform of each component


class Announced:
    """The guest of a session that keeps Home Assistant's picture of the node right."""

    def __init__(self, discovery: Discovery, standing: Standing, file: Path, where: str) -> None:
        """`file` is for what is remembered; `where`: the broker that was told."""
        self._discovery = discovery
        self._standing = standing
        self._file = file
        self._where = where.encode()
        self._born = asyncio.Event()
        self._known: Remembered | None = None
        self.refused = 0

    def say(self, native: Native) -> Iterable[Said]:
        """Return which alarms stand, where that is news."""
        if native.kind == "AlarmMessage":
            asset = native.said["asset"]
            yield Said(*self._problems(asset if asset in self._discovery.assets() else ""), retain=True)

    @property
    def listens(self) -> Subscription:
        """Its row in the table of subscriptions."""
        return Subscription(self._discovery.birth, "Home Assistant's starts", qos=0, hear=self._hear)

    async def carry(self, flight: Flight) -> None:
        """Announce what is new, and all of it when Home Assistant starts; ends with the session."""
        if self._known is None:
            self._known = await asyncio.to_thread(remembered, self._file)
        if not flight.resumed:
            await self._all_again(self._known)
        while True:
            self._born.clear()
            for asset in self._discovery.assets():
                topic, body = self._problems(asset)
                await flight.room()
                flight.launch(topic, body, self._landed, retain=True)
            if await self._announce(flight, self._known):
                await self._note(json.dumps(self._known))
            await self._born.wait()
            await self._all_again(self._known)

    async def _note(self, text: str) -> None:
        """Write down what was announced; a disk that fails costs no more than that all is announced again one day."""
        try:
            await asyncio.to_thread(keep, self._file, text)
        except OSError as error:
            log.warning("%s: %s; what Home Assistant was told of is not remembered", self._file, error.strerror)

    async def _all_again(self, known: Remembered) -> None:
        if known:
            await asyncio.sleep(random.uniform(0.0, SPREAD_S))
        for about in known.values():
            about["digest"] = ""

    async def _announce(self, flight: Flight, known: Remembered) -> bool:
        """Send what differs from what is remembered; True where that has changed what is remembered."""
        found = list(self._due(known))
        await publish(
            flight, [(topic, body, partial(self._taken, known, topic, about)) for topic, body, about in found]
        )
        return bool(found)

    def _taken(self, known: Remembered, topic: str, about: dict[str, Any], answer: Answer) -> None:
        self._landed(answer)
        known.pop(topic, None)
        if about and not answer.refused:
            known[topic] = about

    def _due(self, known: Remembered) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
        devices = self._discovery.devices()
        for topic in known.keys() - devices.keys():
            yield topic, GONE, {}
            yield problems_of(topic), GONE, {}
        for topic, device in devices.items():
            before, now = known.get(topic, {}), compact(device)
            about = {
                "digest": hashlib.sha256(self._where + now).hexdigest(),
                "components": {key: component["p"] for key, component in device["cmps"].items()},
            }
            if about["digest"] == before.get("digest"):
                continue
            gone = {
                key: {"p": platform}
                for key, platform in before.get("components", {}).items()
                if key not in device["cmps"]
            }
            if gone:  # named by its platform alone a component is taken back; then it leaves the announcement
                yield topic, compact({**device, "cmps": {**device["cmps"], **gone}}), {}
            yield topic, now, about

    def _problems(self, asset: str) -> tuple[str, bytes]:
        standing = self._standing.of(asset) if asset else self._standing.beside(self._discovery.assets()[1:])
        return self._discovery.problems(asset, standing)

    def _hear(self, topic: str, body: bytes, retained: bool) -> None:  # noqa: ARG002
        if body == b"online":
            self._born.set()

    def _landed(self, answer: Answer) -> None:
        self.refused += answer.refused
        if answer.refused and self.refused == 1:
            log.warning("Home Assistant is not told: the broker refuses: %s; check its ACL", answer.reason)


class TakenBack:
    """The guest that takes everything back, once Home Assistant stands no longer in the node's file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def carry(self, flight: Flight) -> None:
        """Take back what is remembered, and then forget it."""
        known = await asyncio.to_thread(remembered, self._file)
        topics = [topic for config in known for topic in (config, problems_of(config))]
        await publish(flight, [(topic, GONE, _ignored) for topic in topics])
        try:
            await asyncio.to_thread(self._file.unlink, missing_ok=True)
        except OSError as error:
            log.warning("%s: %s; Home Assistant is told again that we are gone", self._file, error.strerror)


async def publish(flight: Flight, found: Sequence[tuple[str, bytes, Landed]]) -> None:
    """Publish retained, and return when the broker has answered to all; when the session ends we are cancelled."""
    missing, all_answered = len(found), asyncio.Event()

    def landed(then: Landed, answer: Answer) -> None:
        nonlocal missing
        missing -= 1
        then(answer)
        if not missing:
            all_answered.set()

    for topic, body, then in found:
        await flight.room()
        flight.launch(topic, body, partial(landed, then), retain=True)
    if found:
        await all_answered.wait()


def remembered(file: Path) -> Remembered:
    """Return what was announced; nothing where the file is none of ours."""
    try:
        found = json.loads(kept(file) or "{}")
        return {
            str(topic): {"digest": str(about["digest"]), "components": dict(about["components"])}
            for topic, about in found.items()
        }
    except (ValueError, AttributeError, KeyError, TypeError):
        return {}


def problems_of(config: str) -> str:
    """Return where the problems of an announced device stand."""
    return config.removesuffix("config") + "problems"


def _ignored(answer: Answer) -> None:
    """A broker that refuses it now will not take it later."""


def compact(device: dict[str, Any]) -> bytes:
    """Return an announcement as it travels."""
    return json.dumps(device, ensure_ascii=False, separators=(",", ":")).encode()
