"""Runs in the guest: what the running agent says at its door. `door.py up ranger-1` waits until a board is heard."""

import json
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

DOOR = "/run/lampyre/agent.sock"
WAIT_S = 300.0  # only ends a hang: a line that went away is asked for again after 30 s at most


def ask(word: str, **more: object) -> dict[str, Any]:
    """Return what the agent answers; OSError where there is none."""
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(DOOR)
        door.settimeout(10)
        door.sendall(json.dumps({"ask": word, **more}).encode() + b"\n")
        with door.makefile() as said:
            answer: dict[str, Any] = json.loads(said.readline() or '{"ok": false, "error": "cut"}')
    if not answer["ok"]:
        raise OSError(answer["error"])
    return answer


def board(name: str) -> dict[str, Any]:
    """Return what it says of one board."""
    boards: list[dict[str, Any]] = ask("sensors")["boards"]
    return next(one for one in boards if one["id"] == name)


def channel(name: str) -> dict[str, Any]:
    """Return what it says of one channel."""
    channels: list[dict[str, Any]] = ask("sensors")["channels"]
    return next(one for one in channels if one["channel"] == name)


def up(name: str) -> bool:
    """Return whether a board is heard, and each of its channels fresh."""
    said = ask("sensors")
    own = [one for one in said["channels"] if str(one["channel"]).startswith(f"{name}.")]
    heard = {str(one["id"]): one["down"] is None for one in said["boards"]}[name]
    return heard and all(one["quality"] == "GOOD" for one in own)


def stale(name: str) -> bool:
    """Return whether a board is not heard, and none of its channels is believed."""
    said = ask("sensors")
    own = [one for one in said["channels"] if str(one["channel"]).startswith(f"{name}.")]
    heard = {str(one["id"]): one["down"] is None for one in said["boards"]}[name]
    return not heard and not any(one["quality"] == "GOOD" for one in own)


def lamp_up(name: str) -> bool:
    """Return whether a lamp's board is there."""
    told = ask("lamp", id=name)
    return told["board_down"] is None and told["target"] is not None


def stale_reading(name: str) -> bool:
    """Return whether one channel is not believed."""
    return bool(channel(name)["quality"] != "GOOD")


def alarm(event: str) -> bool:
    """Return whether an alarm stands."""
    return any(one["event"] == event for one in ask("status")["alarms"])


def no_alarm(event: str) -> bool:
    """Return whether an alarm does not stand."""
    return not alarm(event)


def wait(true: Callable[[str], bool], name: str, within_s: float = WAIT_S) -> float:
    """Return after how many seconds it is true."""
    began_s, said = time.monotonic(), ""
    while True:
        try:
            if true(name):
                return time.monotonic() - began_s
        except OSError as error:
            said = str(error)
        if time.monotonic() > began_s + within_s:
            raise SystemExit(f"{true.__name__} {name}: not so after {within_s:.0f} s: {said}")
        time.sleep(0.05)


if __name__ == "__main__":
    if sys.argv[1] in {"value", "down"}:
        print(channel(sys.argv[2])["value"] if sys.argv[1] == "value" else board(sys.argv[2])["down"])
        sys.exit()
    WORDS = {each.__name__: each for each in (up, stale, alarm, no_alarm)}
    print(f"{wait(WORDS[sys.argv[1]], sys.argv[2], float(sys.argv[3]) if sys.argv[3:] else WAIT_S):.1f}")
