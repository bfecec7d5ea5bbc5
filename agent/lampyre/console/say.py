"""What the agent answered, as a technician reads it aloud: one paragraph a thing, in the session's tongue."""

from collections.abc import Sequence

from lampyre.console.ask import Answer
from lampyre.console.between import between
from lampyre.console.connected import city
from lampyre.console.kept import upkeep
from lampyre.console.skilled import named, skill
from lampyre.console.tongue import Tongue
from lampyre.quality import ADVICE

AT_A_GLANCE = 8  # lamps, and bins, in `status`: with the rest they fill one screen of 24 lines
BEYOND_H = 336.0  # what the forecast of a bin says where its two weeks of history show no end
SAME = 0.005  # levels nearer than half a per cent read the same


def status(answer: Answer, tongue: Tongue) -> list[str]:
    """Return the node at a glance: who, since when, city, models, jobs, assets, alarms."""
    lines = [
        tongue.say(
            "node",
            site=answer.text("site"),
            node=answer.text("node"),
            version=answer.text("version"),
            up=tongue.duration(answer.number("up_s")),
            time=tongue.time(answer.text("time")),
            quality=tongue.told(answer.text("time_quality")),
        ),
        *city(answer.part("uplink") or Answer(), tongue),
        *between(answer.part("row") or Answer(), tongue),
    ]
    models = answer.part("models") or Answer()
    lines += [
        tongue.say("model", name=name, what=tongue.told(models.text(name)).rstrip(".")) for name in sorted(models.data)
    ]
    lines += [
        tongue.say("silenced", name=one.text("model"), count=one.count("silenced"), all=one.count("of"))
        for one in answer.parts("forecasts")
        if one.count("silenced")
    ]
    lines += _jobs(answer.parts("jobs"), tongue)
    lines += _glance(lamps(answer, tongue), "more_lamps", tongue)
    lines += _glance(bins(answer, tongue), "more_bins", tongue)
    return lines + alarms(answer, tongue)


def lamps(answer: Answer, tongue: Tongue) -> list[str]:
    """Return one line for each lamp of a status."""
    found = [
        tongue.say(
            "lamp_line",
            lamp=lamp.text("id"),
            level=tongue.percent(lamp.number("level")),
            why=tongue.told(lamp.text("why")),
        )
        for lamp in answer.parts("lamps")
    ]
    return found or [tongue.say("no_lamps")]


def bins(answer: Answer, tongue: Tongue) -> list[str]:
    """Return one line for each bin of a status."""
    found = [
        tongue.say(
            "bin_line",
            bin=box.text("id"),
            fill=tongue.percent(box.number("fill")),
            status=tongue.told(box.text("status")),
            quality=tongue.told(box.text("quality")),
        )
        for box in answer.parts("bins")
    ]
    return found or [tongue.say("no_bins")]


def alarms(answer: Answer, tongue: Tongue) -> list[str]:
    """Return one line for each alarm of a status."""
    found = [
        tongue.say(
            "alarm",
            since=tongue.time(alarm.text("since")),
            asset=alarm.text("asset"),
            event=tongue.told(alarm.text("event")),
            why=tongue.told(alarm.text("why")),
        )
        for alarm in answer.parts("alarms")
    ]
    return found or [tongue.say("no_alarms")]


def sensors(answer: Answer, tongue: Tongue, board: str | None) -> list[str]:
    """Return, for each board or the one named, how its line is and what it measures."""
    lines = []
    for one in answer.parts("boards"):
        if board in {None, one.text("id")}:
            advice = [f"  ! {tongue.say(f'advice_{name}')}" for name in one.texts("advice") if name in ADVICE]
            lines += [_board(one, tongue), *advice, "  " + _channels(one.text("id"), answer.parts("channels"), tongue)]
    return lines or [tongue.say("no_boards")]


def outbox(answer: Answer, tongue: Tongue) -> list[str]:
    """Return what waits for the city, and what went wrong on the way."""
    waiting = answer.part("waiting") or Answer()
    marred = {key: answer.count(key) for key in ("parked", "merged", "thinned", "folded", "expired", "quarantined")}
    memory = answer.part("in_memory") or Answer()
    told = [
        tongue.say(
            "outbox",
            alarms=waiting.count("alarm"),
            replies=waiting.count("reply"),
            summaries=waiting.count("summary"),
            bytes=answer.count("bytes") // 1000,
            limit=tongue.number((answer.number("limit_bytes") or 0.0) / 1e6),
            accepted=answer.count("accepted"),
            boot=answer.count("boot"),
        ),
        tongue.say("outbox_marred", **marred) if any(marred.values()) else tongue.say("outbox_clean"),
    ]
    if answer.text("failing"):
        alarms, summaries = memory.count("alarm"), memory.count("summary")
        lost = {"lent": answer.count("lent"), "dropped": answer.count("dropped")}
        why = tongue.told(answer.text("failing")).rstrip(".?") + "."
        told.append(tongue.say("outbox_failing", why=why, alarms=alarms, summaries=summaries, **lost))
    return told


def why_lamp(answer: Answer, tongue: Tongue) -> str:
    """Return why one lamp is as it is: rule, inputs, forecast, clamps, since when, until when."""
    level, target = answer.number("level"), answer.number("target")
    moving = level is not None and target is not None and abs(level - target) > SAME
    if level is None:
        return tongue.say("lamp_unknown", lamp=answer.text("id"), why=tongue.told(answer.text("why")))
    clamps = [tongue.told(clamp) for clamp in answer.texts("clamps")]
    return " ".join((
        tongue.say(
            "lamp_goes" if moving else "lamp_is",
            lamp=answer.text("id"),
            level=tongue.percent(level),
            target=tongue.percent(target),
            ramp=tongue.duration(answer.number("ramp_s")),
            why=tongue.told(answer.text("why")),
        ),
        tongue.say("night" if answer.holds("night") else "no_night", why=tongue.told(answer.text("night_why"))),
        passers(answer.part("forecast"), tongue),
        tongue.say("clamps", clamps=tongue.listed(clamps)) if clamps else tongue.say("no_clamps"),
        _until(answer, tongue),
    ))  # fmt: skip


def lamp(answer: Answer, tongue: Tongue) -> list[str]:
    """Return one lamp whole: why, its board, its energy."""
    down = answer.text("board_down")
    power_w = answer.number("power_w")
    return [
        why_lamp(answer, tongue),
        *skill(answer, tongue),
        tongue.say("lamp_board_down" if down else "lamp_board", board=answer.text("board"), why=tongue.told(down)),
        tongue.say(
            "energy",
            power=tongue.say("power_unknown") if power_w is None else tongue.value(power_w, "W"),
            energy=tongue.value(answer.number("energy_wh"), "Wh"),
            full=tongue.value(answer.number("full_light_wh"), "Wh"),
        ),
        *upkeep(answer, tongue),
    ]


def why_bin(answer: Answer, tongue: Tongue) -> str:
    """Return how full one bin is, by what, and when it will be full."""
    said = [
        tongue.say(
            "bin_unknown" if answer.number("fill") is None else "bin_is",
            bin=answer.text("id"),
            fill=tongue.percent(answer.number("fill")),
            quality=tongue.told(answer.text("quality")),
            why=tongue.told(answer.text("why")),
            status=tongue.told(answer.text("status")),
        )
    ]
    if answer.number("rate_per_day") is not None:
        said.append(tongue.say("rate", rate=tongue.percent(answer.number("rate_per_day"))))
    said.append(_full_in(answer, tongue))
    chance = (answer.part("chances") or Answer()).number("24")
    if chance is not None:
        said.append(tongue.say("full_chance", chance=tongue.percent(chance)))
    return " ".join(said)


def _jobs(jobs: Sequence[Answer], tongue: Tongue) -> list[str]:
    lines = []
    for job in jobs:
        if not job.holds("beating") or job.count("restarts"):
            key = "job_restarted" if job.holds("beating") else "job_still"
            lines.append(tongue.say(key, name=job.text("name"), count=job.count("restarts")))
    return lines or [tongue.say("jobs_well", count=len(jobs))]


def _glance(lines: list[str], more: str, tongue: Tongue) -> list[str]:
    if len(lines) <= AT_A_GLANCE:
        return lines
    return [*lines[: AT_A_GLANCE - 1], tongue.say(more, count=len(lines) - AT_A_GLANCE + 1)]


def _board(board: Answer, tongue: Tongue) -> str:
    facts = board.part("facts") or Answer()
    about = {key: facts.text(key) or "?" for key in ("build", "boots", "cause")}
    up = "board_up" if facts.data or board.count("frames") else "ranger_up"  # a bought sensor says no hello
    return tongue.say(
        "board_down" if board.text("down") else up,
        board=board.text("id"),
        kind=board.text("kind"),
        why=tongue.told(board.text("down")),
        count=board.count("frames"),
        broken=board.count("broken"),
        missed=board.count("missed"),
        boots=tongue.say("boots", **about) if facts.data else tongue.say("no_facts"),
    )


def _channels(board: str, channels: Sequence[Answer], tongue: Tongue) -> str:
    mine = [channel for channel in channels if channel.text("channel").partition(".")[0] == board]
    return tongue.listed(channel(one, tongue) for one in mine) + "." if mine else tongue.say("no_channels")


def channel(channel: Answer, tongue: Tongue) -> str:
    """Return what one channel says, and how far to believe it."""
    quantity, value, quality = channel.text("quantity"), channel.number("value"), channel.text("quality")
    if quantity == "presence" and value is not None:
        shown = tongue.say("presence_yes" if value > 0.0 else "presence_no")
    elif quantity in {"open", "tilt"} and value is not None:
        shown = tongue.say(f"{quantity}_yes" if value > 0.0 else f"{quantity}_no")
    elif quantity in {"distance", "current", "power factor"} and value is not None:
        unit = channel.text("unit").replace("/", "")
        shown = f"{tongue.number(value, 2)} {unit}".rstrip()
    else:
        shown = tongue.value(value, channel.text("unit"))
    if quality == "GOOD":
        return f"{tongue.told(quantity)} {shown}"
    age_s = channel.number("age_s")
    key = "doubt_only" if age_s is None else "doubt"
    doubt = tongue.say(key, quality=tongue.told(quality), age=tongue.duration(age_s))
    return f"{tongue.told(quantity)} {shown}{doubt}"


def passers(forecast: Answer | None, tongue: Tongue, tense: str = "") -> str:
    """Return who is expected by whom; `tense` "_then": of a forecast that is over."""
    if forecast is None:
        return tongue.say(f"no_forecast{tense}")
    firsts = [forecast.numbers(key)[:1] for key in ("horizons_s", "p10", "p50", "p90")]
    if not all(firsts):
        return tongue.say(f"no_forecast{tense}")
    horizon_s, low, mid, high = (first[0] for first in firsts)
    counts = {"low": tongue.number(low, 0), "mid": tongue.number(mid), "high": tongue.number(high, 0)}
    return tongue.say(
        f"passers{tense}", source=named(forecast.text("source"), tongue), time=tongue.duration(horizon_s), **counts
    )


def _until(answer: Answer, tongue: Tongue) -> str:
    since = tongue.time(answer.text("since"))
    override = answer.part("override")
    if override is None:
        return tongue.say("since", since=since)
    until, level = tongue.time(override.text("until")), tongue.percent(override.number("level"))
    return tongue.say("since_until", since=since, until=until, by=tongue.told(override.text("by")), level=level)


def _full_in(answer: Answer, tongue: Tongue) -> str:
    hours = answer.numbers("hours_to_full")
    if len(hours) != 3:
        return tongue.say("no_full_in")
    fill, full_at = answer.number("fill"), answer.number("full_at")
    if fill is not None and full_at is not None and fill >= full_at:
        return tongue.say("full_now", limit=tongue.percent(full_at))
    source = tongue.told((answer.part("forecast") or Answer()).text("source")) or tongue.say("the_rule")
    limit = tongue.percent(answer.number("full_at"))
    if hours[1] >= BEYOND_H:
        return tongue.say("full_late", limit=limit, source=source)
    low, mid, high = (_hours(one, tongue) for one in hours)
    return tongue.say("full_in", limit=limit, low=low, mid=mid, high=high, source=source)


def _hours(hours: float, tongue: Tongue) -> str:
    """Write a forecast of hours no finer than it is: whole ones, or tenths below three."""
    if hours >= BEYOND_H:
        return tongue.say("beyond")
    return tongue.duration(round(hours, 0 if hours >= 3.0 else 1) * 3600.0)
