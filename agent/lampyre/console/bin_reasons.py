"""Why a bin is said to be as it is, and when somebody should come: one paragraph, from the sensor to the lorry."""

import re

from lampyre.console.ask import Answer
from lampyre.console.doubted import doubted
from lampyre.console.say import channel, why_bin
from lampyre.console.skilled import skill
from lampyre.console.tongue import Tongue

REASONS = {"FULLNESS", "FORECAST", "ALERT", "AGE"}
JOURS = {"Mo": "lu", "Tu": "ma", "We": "me", "Th": "je", "Fr": "ve", "Sa": "sa", "Su": "di"}
EVEN = 0.005  # of the fill: less is no leaning


def bin_reasons(answer: Answer, tongue: Tongue) -> str:
    """Return the paragraph for what the agent answers to `why` about a bin."""
    seen = tongue.listed(channel(one, tongue) for one in answer.parts("inputs"))
    since = answer.text("since")
    said = [
        why_bin(answer, tongue),
        reliable(answer, tongue),
        *skill(answer, tongue),
        *collection(answer, tongue),
        *emptied(answer, tongue),
        *doubted(answer, tongue),
        *observed(answer, tongue),
        tongue.say("bin_inputs", seen=seen) if seen else "",
        tongue.say("bin_since", since=tongue.time(since)) if since else "",
        "" if answer.holds("clock_trusted") else tongue.say("times_doubtful"),
    ]
    return " ".join(filter(None, said))


def bin_whole(answer: Answer, tongue: Tongue) -> list[str]:
    """Return one bin whole, a line a thing: fill, forecast, plan, what was seen, temperature, budget, its sensor."""
    lines = [why_bin(answer, tongue), *skill(answer, tongue), " ".join(collection(answer, tongue))]
    lines += [*emptied(answer, tongue), *doubted(answer, tongue), " ".join(observed(answer, tongue))]
    if answer.number("temperature") is not None:
        lines.append(tongue.say("warmth", temperature=tongue.value(answer.number("temperature"), "Cel")))
    lines += budget(answer, tongue)
    measured = tongue.say("measured", channel=answer.text("distance"), at=tongue.time(answer.text("at")))
    return [*filter(None, lines), measured]


def reliable(answer: Answer, tongue: Tongue) -> str:
    """Return how far to believe the forecast; nothing where there is none."""
    if len(answer.numbers("hours_to_full")) != 3:
        return ""
    return tongue.say("reliable", share=tongue.percent(answer.number("reliability")))


def collection(answer: Answer, tongue: Tongue) -> list[str]:
    """Return by when somebody should come and why, or why nobody need."""
    found = answer.part("collection")
    if found is None:
        return []
    why, reason, doubt = tongue.told(found.text("why")), found.text("reason"), found.text("suppressed_because")
    if reason in REASONS and found.text("collect_by"):
        by = tongue.time(found.text("collect_by"))
        lines = [tongue.say("collect", by=by, reason=tongue.say(f"collect_{reason}"), why=why)]
    else:
        lines = [] if doubt else [tongue.say("collect_not", why=why)]
    if doubt:
        lines.append(tongue.say("collect_doubt", why=tongue.told(doubt)))
    return [*lines, tongue.say("access", access=_days(answer.text("access"), tongue))]


def emptied(answer: Answer, tongue: Tongue) -> list[str]:
    """Return when it was last emptied, and how sure that is."""
    if not answer.text("emptied_at"):
        return []
    at, sure = tongue.time(answer.text("emptied_at")), tongue.percent(answer.number("emptied_sure"))
    return [tongue.say("emptied", at=at, sure=sure)]


def observed(answer: Answer, tongue: Tongue) -> list[str]:
    """Return how the sensor does beside what people saw."""
    found = answer.part("observed")
    if found is None:
        return []
    said = []
    error, bias = found.number("error"), found.number("bias")
    if error is not None:
        leaning = (
            "observed_even" if bias is None or abs(bias) < EVEN else "observed_over" if bias > 0 else "observed_under"
        )
        said.append(
            tongue.say(
                "observed",
                count=found.count("count"),
                error=tongue.percent(error),
                leaning=tongue.say(leaning, bias=tongue.percent(abs(bias or 0.0))),
            )
        )
    if found.count("moves") or found.count("disputed"):
        said.append(tongue.say("observed_moves", moves=found.count("moves"), disputed=found.count("disputed")))
    last = found.part("last")
    if last is not None:
        sensor = last.number("sensor")
        key = "observed_last" if sensor is not None else "observed_alone"
        fill, shown = tongue.percent(last.number("fill")), tongue.percent(sensor)
        said.append(tongue.say(key, at=tongue.time(last.text("at")), fill=fill, sensor=shown))
    return said


def budget(answer: Answer, tongue: Tongue) -> list[str]:
    """Return what this year of looking and telling has cost, and may cost."""
    found = answer.part("budget")
    if found is None or found.text("pace") not in {"hot", "soon", "usual", "night"}:
        return []
    most = found.number("looks_most")
    spent = {key: found.count(key) for key in ("year", "looks", "states", "states_most", "urgent")}
    of = tongue.say("budget_free") if most is None else tongue.say("budget_of", most=tongue.number(most, 0))
    return [tongue.say("budget", pace=tongue.say(f"pace_{found.text('pace')}"), of=of, **spent)]


def _days(access: str, tongue: Tongue) -> str:
    """Return access hours with the days as the language shortens them."""
    return re.sub("|".join(JOURS), lambda day: JOURS[day[0]], access) if tongue.language == "fr" else access
