"""Who knew the hour before the agent started anew knows it after that."""

import asyncio
import contextlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from tests.leaps import in_leaps
from tests.test_clock import BEGIN, Wall

from lampyre import clock as clock_module
from lampyre.carried import KEEP_S, Carried
from lampyre.clock import STANDS_S, SteadyClock

WRONG = timedelta(hours=-9)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clock.json"


class Agent:
    """A life of an agent: its steady clock, and what it carries."""

    def __init__(self, wall: Wall, path: Path) -> None:
        self.clock = SteadyClock(wall)
        self.carried = Carried(path, self.clock)
        self.knew = self.carried.restore()

    async def lives(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.carried.run(lambda: None), seconds)


@in_leaps
async def test_a_clock_that_was_set_wrong_is_not_believed_because_the_agent_starts_anew(path: Path) -> None:
    wall = Wall(mono_s=500.0)
    await Agent(wall, path).lives(10)
    wall.mono_s += 7200.0
    wall.off = WRONG
    again = Agent(wall, path)
    assert again.knew
    assert (again.clock.now(), again.clock.trusted, again.clock.time_quality) == (wall.true(), True, "rtc")
    wall.mono_s += STANDS_S + 1.0
    assert again.clock.now() == wall.now(), "it has stood: somebody means it"


@in_leaps
async def test_a_clock_that_is_right_is_at_once_as_good_as_before(path: Path) -> None:
    wall = Wall()
    await Agent(wall, path).lives(10)
    wall.mono_s += 60.0
    assert Agent(wall, path).clock.time_quality == "ntp"


@in_leaps
async def test_where_nothing_says_any_more_that_the_clock_is_set_the_hour_is_still_known(path: Path) -> None:
    wall = Wall()
    await Agent(wall, path).lives(10)
    wall.set_by_ntp, wall.off = False, WRONG
    assert Agent(wall, path).clock.now() == wall.true()


@in_leaps
async def test_a_time_that_nobody_trusts_is_not_carried(path: Path) -> None:
    wall = Wall(set_by_ntp=False)
    await Agent(wall, path).lives(KEEP_S * 2)
    assert not path.exists()
    assert not Agent(wall, path).clock.trusted


@in_leaps
async def test_it_is_written_once_an_hour_and_again_soon_where_that_fails(path: Path) -> None:
    class Passing(Wall):
        def monotonic(self) -> float:
            return asyncio.get_running_loop().time()

    wall = Passing()
    folder = path.parent / "not-yet"
    agent = Agent(wall, folder / "clock.json")
    life = asyncio.create_task(agent.lives(3 * KEEP_S))
    await asyncio.sleep(100.0)
    folder.mkdir()
    stamps = set()
    for _ in range(100):
        await asyncio.sleep(100.0)
        stamps.add((folder / "clock.json").read_text())
    assert 3 <= len(stamps) <= 4
    await life


def said(**other: object) -> str:
    return json.dumps({"boot": clock_module.boot_id(), "at": BEGIN.isoformat(), "mono_s": 1.0} | other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "\0" * 40,
        said(boot="another"),
        said(mono_s=1e9),
        said(mono_s="nan"),
        said(mono_s=-5),
        said(at="1999-01-01T00:00:00+00:00"),
        said(at="2026-12-01T21:00:00"),
        said(at=7),
        said(at="9999-12-31T23:59:59+00:00"),
    ],
)
def test_what_is_damaged_or_of_another_boot_carries_nothing(path: Path, text: str) -> None:
    path.write_text(text)
    assert not Agent(Wall(mono_s=500.0, set_by_ntp=False), path).knew
