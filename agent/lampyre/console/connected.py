"""How the node reaches its city, for a technician: by which broker, what that cannot promise, what needs a hand."""

from lampyre.console.ask import Answer
from lampyre.console.tongue import Tongue

WARN_DAYS = 30  # as the agent's first alarm of a certificate


def city(uplink: Answer, tongue: Tongue) -> list[str]:
    """Return one line of the connection, and one for each thing that is not as it should be; `uplink` of `status`."""
    broker = uplink.text("broker")
    if not uplink.holds("online"):
        why = tongue.told(uplink.text("down").removeprefix(f"{broker}: ")) or "?"
        lines = [tongue.say("offline", broker=broker, why=why)]
    else:
        lines = [tongue.say("online_second" if uplink.holds("fallback") else "online", broker=broker)]
        if uplink.text("protocol") == "3.1.1":
            lines.append(tongue.say("mqtt_old"))
        if uplink.count("subscriptions_refused"):
            lines.append(tongue.say("deaf", count=uplink.count("subscriptions_refused")))
    days = uplink.number("certificate_days")
    if days is not None and days < 0:
        lines.append(tongue.say("certificate_over"))
    elif days is not None and days <= WARN_DAYS:
        lines.append(tongue.say("certificate_ends", days=tongue.number(days, 0)))
    return lines
