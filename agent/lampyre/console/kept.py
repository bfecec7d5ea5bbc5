"""What a lamp has behind it and may have before it: hours, starts, drift, remaining life; for a technician."""

from lampyre.console.ask import Answer
from lampyre.console.tongue import Tongue


def upkeep(answer: Answer, tongue: Tongue) -> list[str]:
    """Return a lamp's counters, and its drift and remaining life where they are known."""
    found = answer.part("upkeep")
    if found is None:
        return []
    hours = tongue.number(answer.number("operating_h"), 0)
    lines = [tongue.say("upkeep", hours=hours, starts=found.count("starts"), losses=found.count("supply_losses"))]
    drift = found.number("power_drift")
    if drift is not None:
        lines.append(tongue.say("drift", drift=tongue.percent(drift)))
    low, high = found.number("life_low_h"), found.number("life_high_h")
    if low is not None:
        lines.append(tongue.say("life", low=tongue.number(low, 0), high=tongue.number(high, 0)))
    return lines
