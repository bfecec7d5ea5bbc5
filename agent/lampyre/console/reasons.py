"""Why a lamp does what it does, or did: one paragraph, from the rule to the hour until which it stays so."""

from lampyre.console.ask import Answer
from lampyre.console.say import SAME, channel, passers
from lampyre.console.skilled import skill
from lampyre.console.tongue import Tongue
from lampyre.records import Fine

CHANGES = {"hold", "dawn", "dusk", "programme", "curfew"}  # what may end it, each with its phrase

RUNGS = {fine.value for fine in Fine}


def reasons(answer: Answer, tongue: Tongue) -> str:
    """Return the paragraph for what the agent answers to `why`."""
    now = answer.holds("now")
    tense = "" if now else "_then"
    if answer.number("level") is None:
        return tongue.say("lamp_unknown", lamp=answer.text("id"), why=tongue.told(answer.text("why")))
    clamps = [tongue.told(clamp) for clamp in answer.texts("clamps")]
    said = [
        _lamp(answer, tongue, tense),
        _ladder(answer, tongue, tense),
        tongue.say(
            ("night" if answer.holds("night") else "no_night") + tense, why=tongue.told(answer.text("night_why"))
        ),
        _inputs(answer, tongue, tense),
        passers(answer.part("forecast"), tongue, tense),
        *skill(answer, tongue),
        tongue.say("clamps", clamps=tongue.listed(clamps)) if clamps else tongue.say("no_clamps"),
        _until(answer, tongue, now=now),
        "" if answer.holds("clock_trusted") else tongue.say("times_doubtful"),
    ]
    return " ".join(filter(None, said))


def _lamp(answer: Answer, tongue: Tongue, tense: str) -> str:
    level, target = answer.number("level") or 0.0, answer.number("target")
    moving = target is not None and abs(level - target) > SAME
    return tongue.say(
        ("lamp_goes" if moving else "lamp_is") + tense,
        lamp=answer.text("id"),
        at=tongue.time(answer.text("at")),
        level=tongue.percent(level),
        target=tongue.percent(target),
        ramp=tongue.duration(answer.number("ramp_s")),
        why=tongue.told(answer.text("why")),
    )


def _ladder(answer: Answer, tongue: Tongue, tense: str) -> str:
    ladder = answer.part("ladder")
    if ladder is None:
        return ""
    fine = answer.text("fine")
    who = tongue.say(f"rung_{fine}") if fine in RUNGS else fine
    return tongue.say("ladder" + tense, who=who, rung=ladder.count("rung"), of=ladder.count("of"))


def _inputs(answer: Answer, tongue: Tongue, tense: str) -> str:
    seen = tongue.listed(channel(one, tongue) for one in answer.parts("inputs"))
    return tongue.say("inputs" + tense, seen=seen) if seen else tongue.say("no_inputs" + tense)


def _until(answer: Answer, tongue: Tongue, *, now: bool) -> str:
    since, until, by = tongue.time(answer.text("since")), tongue.time(answer.text("until")), answer.text("until_by")
    override = answer.part("override")
    if not now:
        return tongue.say("was_since_until" if by else "was_since", since=since, until=until)
    if override is not None and by == "override":
        level, who = tongue.percent(override.number("level")), tongue.told(override.text("by"))
        return tongue.say("since_until", since=since, until=until, by=who, level=level)
    return tongue.say(f"since_{by}" if by in CHANGES else "since", since=since, until=until)
