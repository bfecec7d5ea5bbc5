"""What is wrong with a bin or its sensor now, and how often its readings were not believed."""

from lampyre.console.ask import Answer
from lampyre.console.tongue import Tongue


def doubted(answer: Answer, tongue: Tongue) -> list[str]:
    """Return a line for each event that holds, and one for what was counted."""
    faults, counts = (answer.part(key) or Answer() for key in ("faults", "discrepancies"))
    lines = [
        tongue.say("bin_fault", event=tongue.told(event), why=tongue.told(faults.text(event))) for event in faults.data
    ]
    odd = [f"{tongue.told(kind)} {counts.count(kind)}" for kind in counts.data]
    return [*lines, tongue.say("odd", odd=tongue.listed(odd))] if odd else lines
