"""The view: whole at 100 by 30, whole at 80 by 24, and nothing but what was published or is true."""

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lampyre_sim.asked import Asked, prepare
from lampyre_sim.ear import Ear
from lampyre_sim.terminal import save_svg
from lampyre_sim.view import Scene
from lampyre_sim.world import World

LAMP = {"target_level": 80.0, "why": "presence, held 94 s by activity_v1 1.0.0: next passer likely", "cause": "sensor"}
BIN = {
    "fill": 0.47,
    "why": "0.77 m below the sensor",
    "quality": "good",
    "hours_to_full": {"p10": 12.2, "p50": 20.1, "p90": 30.8},
    "forecast_by": "fill_v1 1.0.0",
}


def scene(lamps: int = 6, bins: int = 2) -> Scene:
    plan, stream = prepare(Asked(lamps=lamps, bins=bins, start=datetime.fromisoformat("2026-11-27T18:00")))
    world = World(plan, stream)
    world.advance(900.0)
    ear = Ear("", 0, "lampyre/v1/demo/street", lambda: world.at)
    say(ear, "status", {"status": "online", "why": "connected"})
    for number in range(1, lamps + 1):
        world.shine(number - 1, 0.8)
        say(ear, f"lamp/lamp-{number}/state", LAMP)
    for number in range(1, bins + 1):
        say(ear, f"bin/bin-{number}/state", BIN)
    ear.connected = True
    return Scene(world, ear, 60.0)


def say(ear: Ear, topic: str, message: dict[str, Any]) -> None:
    ear.hear(f"lampyre/v1/demo/street/{topic}", json.dumps(message).encode())


def drawn(view: Scene, width: int, height: int) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=width, height=height, color_system=None, force_terminal=True)
    console.print(view.draw(width, height))
    return file.getvalue().splitlines()


@pytest.mark.parametrize(("width", "height"), [(100, 30), (80, 24), (200, 60)])
@pytest.mark.parametrize(("lamps", "bins"), [(1, 0), (6, 2), (64, 32)])
def test_it_fits_the_terminal_whatever_stands_in_the_street(width: int, height: int, lamps: int, bins: int) -> None:
    rows = drawn(scene(lamps, bins), width, height)
    assert len(rows) <= height
    assert max(map(len, rows)) <= width
    assert any("q ends" in row for row in rows)


def test_it_shows_level_reason_fill_and_forecast() -> None:
    text = "\n".join(drawn(scene(), 100, 30))
    for words in ("lamp 6", " 80 %", "presence, held 94 s", "80 % in 12–31 h (p50 20 h)", "uplink up", "saved"):
        assert words in text


def test_what_finds_no_room_is_counted() -> None:
    assert any("more find no room here" in row for row in drawn(scene(lamps=64), 80, 24))


def test_before_the_node_spoke_the_view_says_so() -> None:
    plan, stream = prepare(Asked())
    world = World(plan, stream)
    text = "\n".join(drawn(Scene(world, Ear("", 0, "x", lambda: world.at), 60.0), 100, 30))
    assert "not heard of yet" in text
    assert "uplink down" in text


def test_the_picture_is_small_and_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    save_svg(scene(), tmp_path / "street.svg")
    picture = (tmp_path / "street.svg").read_text(encoding="utf-8")
    assert len(picture) < 200_000
    assert "https://" not in picture.replace("https://www.textualize.io", "").replace("https://github.com", "")
    assert "url(http" not in picture


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"null", b'{"fill": 1}', b"\xff"])
def test_the_ear_counts_what_it_does_not_understand_and_goes_on(payload: bytes) -> None:
    ear = scene().ear
    before = ear.counts.total()
    ear.hear("lampyre/v1/demo/street/bin/bin-1/state", payload)
    assert ear.unreadable == 1
    assert ear.counts.total() == before
