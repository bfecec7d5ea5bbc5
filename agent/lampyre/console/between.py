"""What a technician hears of moving light between nodes; nothing where it is switched off."""

from lampyre.console.ask import Answer
from lampyre.console.tongue import Tongue

REFUSED = ("strange", "broken", "forged", "late", "repeated", "flooded")


def between(answer: Answer, tongue: Tongue) -> list[str]:
    """Return how it stands, and a hint where clocks differ; `answer` is what `status` says of the row."""
    if answer.text("between_nodes") in {"", "off"}:
        return []
    counts = {name: answer.count(f"row_{name}") for name in ("said", "heard", "unsaid", "late")}
    refused = sum(answer.count(f"row_{name}") for name in REFUSED)
    lines = [tongue.say("row", **counts, refused=refused)]
    return [*lines, tongue.say("row_late", late=counts["late"])] if counts["late"] else lines
