"""Who foresees here, the model or the rule, and why it is that one: a sentence or two for a technician."""

from lampyre.console.ask import Answer
from lampyre.console.tongue import Tongue

ALIKE = 0.01  # errors nearer than a hundredth read the same


def skill(answer: Answer, tongue: Tongue) -> list[str]:
    """Return who speaks at a lamp or bin and how well; nothing where there is no model."""
    found = answer.part("skill")
    if found is None or not found.text("model"):
        return []
    names = {"model": found.text("model"), "scored": found.count("scored")}
    if not found.holds("judged"):
        return [tongue.say("skill_young", **names)]
    value, speaks = found.number("value"), found.holds("model_speaks")
    who = names["model"] if speaks else tongue.say("The_rule")
    if value is None or abs(value) < ALIKE:
        said = tongue.say("skill_alike", who=who, **names)
    else:
        key = "skill_better" if value > 0.0 else "skill_worse"
        said = tongue.say(key, who=who, share=tongue.percent(abs(value)), **names)
    if value is not None and (value < 0.0) == speaks:
        said += " " + tongue.say("skill_change")
    coverage = found.number("coverage")
    return [said if coverage is None else f"{said} {tongue.say('coverage', share=tongue.percent(coverage))}"]


def named(source: str, tongue: Tongue) -> str:
    """Return a forecast's source as a sentence begins with it: models keep their name, the rule gets a capital."""
    told = tongue.told(source)
    return told if told == source else told[:1].upper() + told[1:]
