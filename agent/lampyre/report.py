"""Reports: what the agent answers at its door, as plain dictionaries; and the two orders that come in there."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from lampyre import __version__
from lampyre.act.override import LONGEST_S
from lampyre.bin_reasons import bin_line, bin_reasons
from lampyre.decide.skill import Contest
from lampyre.errors import CommandRefused
from lampyre.lamp import Lamp
from lampyre.node import Node
from lampyre.reasons import (
    finite,
    forecast_told,
    override_told,
    reading_told,
    reasons_now,
    reasons_then,
    skill_told,
    stamp,
)
from lampyre.supervisor import Supervisor

log = logging.getLogger("lampyre.report")

SETTING = {"override", "resume", "calibrate", "observe"}  # what changes something; the rest only reads
BY_LIMIT = 32  # characters of a name at the door; it is told to the city, so no control signs nor half ones

Answer = dict[str, object]


class Reports:
    """Answers one question at a time from what the node knows; reading changes nothing."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.supervisor: Supervisor | None = None
        self._words: dict[str, Callable[[dict[str, Any]], Awaitable[Answer]]] = {
            "status": self._status,
            "sensors": self._sensors,
            "lamp": self._lamp,
            "why": self._why,
            "bin": self._bin,
            "outbox": self._outbox,
            "override": self._override,
            "resume": self._resume,
            "calibrate": self._calibrate,
            "observe": self._observe,
        }

    async def answer(self, question: dict[str, object]) -> Answer:
        """Return the answer, or {"ok": False, "error": what is wrong and what would be right}."""
        word = self._words.get(str(question.get("ask")))
        if word is None:
            return {"ok": False, "error": f"no such question; there are {', '.join(self._words)}"}
        try:
            found = {"ok": True} | await word(question)
        except CommandRefused as error:
            found = {"ok": False, "error": str(error)}
        if question.get("ask") in SETTING:
            await self._note(question, found)
        return found

    async def _note(self, question: dict[str, Any], found: Answer) -> None:
        """Write down what a technician wanted and what came of it."""
        wanted = " ".join(f"{key} {value}" for key, value in question.items() if key not in {"ask", "by"})
        came, said = ("done", wanted) if found["ok"] else ("refused", f"{wanted}: {found['error']}")
        await self._node.city.audit.note("door", _by(question), str(question["ask"]), came, said)

    async def _status(self, _: dict[str, Any]) -> Answer:
        node = self._node
        clock = node.clock
        jobs = self.supervisor.overview() if self.supervisor else []
        jobs += [(name, not node.ward.rests(name), failures) for name, failures in node.ward.failures.items()]
        return {
            "site": node.settings.node.site,
            "node": node.settings.node.id,
            "version": __version__,
            "time": stamp(clock.now()),
            "time_quality": clock.time_quality,
            "clock_trusted": clock.trusted,
            "up_s": clock.monotonic() - node.started_s,
            "uplink": self._uplink(),
            "row": node.between.told(),
            "models": dict(node.models),
            "forecasts": [
                _silenced("activity", [lamp.contest for lamp in node.lamps.values()]),
                _silenced("fill", [bin_.contest for bin_ in node.bins.values()]),
            ],
            "jobs": [{"name": name, "beating": beating, "restarts": restarts} for name, beating, restarts in jobs],
            "lamps": [self._lamp_line(name) for name in node.lamps],
            "groups": [{"id": name, "lamps": list(lamps)} for name, lamps in node.wishes.groups.items()],
            "bins": [bin_line(bin_) for bin_ in node.bins.values()],
            "alarms": [
                {"asset": alarm.asset, "event": alarm.event, "why": alarm.why, "since": stamp(alarm.at)}
                for alarm in node.active.values()
            ],
        }

    def _uplink(self) -> Answer:
        city = self._node.city
        health = city.uplink.health(city.papers.days_left)
        now, first = city.uplink.route.broker, city.uplink.route.first
        return {
            "broker": now.address if city.uplink.online or first is None else first.address,
            "online": city.uplink.online,
            "down": city.uplink.down_reason,
            "fallback": health.broker == "fallback",
            "protocol": health.protocol,
            "subscriptions_refused": health.subscriptions_refused,
            "certificate_days": health.certificate_days,
        }

    def _lamp_line(self, name: str) -> Answer:
        lamp = self._node.lamps[name]
        step = lamp.last
        if step is None:
            return {
                "id": name,
                "level": None,
                "target": None,
                "cause": None,
                "fine": None,
                "why": lamp.line.line.down or "waiting",
            }
        level = lamp.level(self._node.clock.monotonic())
        return {
            "id": name,
            "level": round(level, 3),
            "target": step.order.level,
            "cause": step.order.cause.value,
            "fine": step.order.fine.value,
            "why": step.order.why,
        }

    async def _sensors(self, _: dict[str, Any]) -> Answer:
        node = self._node
        seen = node.latest.snapshot(node.latest.channels)
        channels = [reading_told(reading, seen.at) for reading in seen.readings.values()]
        return {"boards": [self._board(board.id) for board in node.settings.board], "channels": channels}

    def _board(self, name: str) -> Answer:
        node = self._node
        kind = {board.id: board.kind for board in node.settings.board}[name]
        if name in node.sensors:
            sensor = node.sensors[name]
            told = {"sound": sensor.counts.frames, "broken": sensor.counts.broken, "ignored": sensor.counts.ignored}
            return _board_line(name, kind, sensor.url, sensor.down) | told
        board = node.lines[name]
        counts = {"frames": board.counts.frames, "broken": board.counts.broken, "unanswered": board.counts.unanswered}
        drift = board.quality.clock.drift_ppm
        about: Answer = {
            "facts": board.facts,
            "missed": board.counts.missed,
            "drift_ppm": None if drift is None else round(drift),
            "advice": board.quality.advice(board.counts, board.facts),
        }
        return _board_line(name, kind, board.line.url, board.line.down) | about | counts

    async def _lamp(self, question: dict[str, Any]) -> Answer:
        node = self._node
        lamp = node.lamps[_known(question, node.lamps, "lamp")]
        step = lamp.last
        return self._lamp_line(lamp.id) | {
            "ramp_s": step.order.ramp_s if step else None,
            "night": step.night if step else None,
            "night_why": step.night_why if step else None,
            "clamps": list(step.order.clamps) if step else [],
            "since": stamp(lamp.since),
            "forecast": forecast_told(lamp.forecast),
            "skill": skill_told(lamp.contest),
            "override": override_told(node.overrides.standing(lamp.id, node.clock.now())),
            "board": lamp.settings.board,
            "board_down": lamp.line.line.down,
            "operating_h": round(lamp.hours.operating_h, 1),
            "power_w": finite(step.seen.value(lamp.channels[3])) if step else None,
            "energy_wh": lamp.upkeep.days.energy_wh,
            "full_light_wh": lamp.upkeep.days.full_light_wh,
            "upkeep": _upkeep(lamp),
        }

    async def _why(self, question: dict[str, Any]) -> Answer:
        node = self._node
        at = _moment(question)
        if str(question.get("id")) in node.bins:
            if at is not None:
                raise CommandRefused("of a bin nothing but now is known; its summaries are with the city")
            return await self._bin(question)
        lamp = node.lamps[_known(question, node.lamps, "lamp")]
        if at is not None:
            if node.clock.trusted:
                lamp.journal.date(node.clock.now(), node.clock.monotonic())
            return reasons_then(lamp, at, node.clock.now())
        seen = node.latest.snapshot(lamp.channels)
        return reasons_now(lamp, node.overrides.standing(lamp.id, seen.at), seen)

    async def _bin(self, question: dict[str, Any]) -> Answer:
        node = self._node
        bin_ = node.bins[_known(question, node.bins, "bin")]
        return bin_reasons(bin_, node.latest.snapshot(bin_.channels))

    async def _observe(self, question: dict[str, Any]) -> Answer:
        """Take what somebody at the bin saw in it, 0..1."""
        bin_ = self._node.bins[_known(question, self._node.bins, "bin")]
        said = bin_.observe(_number(question, "fill", 0.0, 1.0), _by(question))
        await self._node.memory.keep()
        return {"said": said}

    async def _calibrate(self, question: dict[str, Any]) -> Answer:
        """Take the distance now, or `metres`, for that of the `empty` or `full` bin; kept with what it learned."""
        bin_ = self._node.bins[_known(question, self._node.bins, "bin")]
        metres = None if question.get("metres") is None else _number(question, "metres", 0.0, 20.0)
        now = bin_.calibrate(str(question.get("what")), metres)
        log.warning("%s: empty at %s m, full at %s m from now on", bin_.id, now.empty_m, now.full_m)
        await self._node.memory.keep()
        return {"empty_m": bin_.watch.measure.empty_m, "full_m": bin_.watch.measure.full_m}

    async def _outbox(self, _: dict[str, Any]) -> Answer:
        return self._node.city.keeping.report()

    async def _override(self, question: dict[str, Any]) -> Answer:
        level, for_s = _number(question, "level", 0.0, 1.0), _number(question, "for_s", 1.0, LONGEST_S)
        by = _by(question)
        done = await self._node.wishes.hold([str(question.get("id"))], level, for_s, by, technician=True)
        until = stamp(done.until) if done.until else ""
        log.warning("%s: level %.2f until %s by %s", ", ".join(done.lamps), level, until, by)
        return {"until": until, "lamps": list(done.lamps)}

    async def _resume(self, question: dict[str, Any]) -> Answer:
        done = await self._node.wishes.release([str(question.get("id"))], technician=True)
        log.warning("%s: override ended at the door", ", ".join(done.lamps))
        return {"lamps": list(done.lamps)}


def _known(question: dict[str, Any], names: Iterable[str], noun: str) -> str:
    asked = str(question.get("id"))
    if asked not in names:
        raise CommandRefused(f"no {noun} {asked[:40]!r}; there are {', '.join(names) or 'none'}")
    return asked


def _by(question: dict[str, Any]) -> str:
    return "".join(filter(str.isprintable, str(question.get("by", ""))))[:BY_LIMIT] or "technician"


def _number(question: dict[str, Any], key: str, least: float, most: float) -> float:
    value = question.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise CommandRefused(f"{key} must be a number from {least:g} to {most:g}")
    return float(value)


def _moment(question: dict[str, Any]) -> datetime | None:
    """Return the time that is asked for, None for now."""
    asked = question.get("at")
    if asked is None:
        return None
    try:
        at = datetime.fromisoformat(str(asked))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandRefused("at must be a time such as 2026-12-24T16:30Z") from None


def _board_line(name: str, kind: str, link: str, down: str | None) -> Answer:
    return {"id": name, "kind": kind, "link": link, "down": down, "facts": {}, "frames": 0, "broken": 0, "advice": []}


def _upkeep(lamp: Lamp) -> Answer:
    """Return the lamp's counters, what its power has come to, and what may remain of its life."""
    upkeep, light_h = lamp.upkeep, lamp.hours.operating_h
    life = upkeep.life(light_h)
    return {
        "starts": upkeep.wear.starts,
        "supply_losses": upkeep.wear.supply_losses,
        "hottest": upkeep.wear.hottest,
        "full_power_w": round(upkeep.health.draw.power_w(1.0), 1),
        "power_drift": finite(upkeep.health.draw.drift),
        "life_low_h": round(life.low_h) if life else None,
        "life_high_h": round(life.high_h) if life else None,
        "life_why": life.why if life else None,
    }


def _silenced(model: str, contests: Sequence[Contest | None]) -> Answer:
    """Return at how many lamps or bins the rule did better than the model and speaks."""
    return {
        "model": model,
        "silenced": sum(contest is not None and not contest.model_speaks for contest in contests),
        "of": len(contests),
    }
