"""A lamp that somebody looks for swells; at night never below its safe level, and a technician is left alone."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Self

import pytest
from tests.clocks import EVENING
from tests.test_city import LAMP, technician
from tests.test_street import Place

from lampyre.errors import CommandRefused
from lampyre.records import Fine
from lampyre.sync import orders

SAFE = 0.6


def wish(kind: str, *lamps: str, **more: float) -> orders.Command:
    about = {"id": "c-1", "kind": kind, "by": "control room", "lamps": lamps, **more}
    return orders.KINDS[kind].model_validate(about | {"issued_at": EVENING, "expires_at": EVENING + timedelta(hours=1)})


class Seen(Place):
    """What two lamps did, second by second."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, LAMP.format(1) + LAMP.format(2))

    async def __aenter__(self) -> Self:
        await self.node.open()
        self.told("lamp-1", "lamp-2")
        self.step(20)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.node.close()

    def levels(self, lamp: str, seconds: int) -> list[float]:
        found = []
        for _ in range(seconds):
            self.step()
            found.append(self.level(lamp))
        return found


async def test_it_rises_to_full_and_falls_to_its_safe_level_a_few_times_then_goes_on_by_itself(tmp_path: Path) -> None:
    async with Seen(tmp_path) as place:
        assert await place.node.obey(wish("identify", "lamp-1", duration_s=60.0)) == "lamp-1 rise and fall for 60 s"
        levels = place.levels("lamp-1", 60)
        assert max(levels) == 1.0
        assert min(levels[5:]) == pytest.approx(SAFE)
        moves = [later > before for before, later in pairwise(levels) if later != before]
        turns = sum(before != later for before, later in pairwise(moves))
        assert 2 <= turns <= 6, "it is seen to swell, and is no more restless than any lamp may be"
        assert place.level("lamp-2") == pytest.approx(0.32, abs=0.02)
        place.levels("lamp-1", 900)
        assert place.level("lamp-1") == pytest.approx(0.32, abs=0.02)


async def test_resume_ends_it_and_a_technicians_level_stands_above_it(tmp_path: Path) -> None:
    async with Seen(tmp_path) as place:
        await place.node.obey(wish("identify", "*", duration_s=600.0))
        place.step()
        await place.node.obey(wish("resume", "lamp-1"))
        place.node.overrides.put(technician("lamp-2"), place.clock.now())
        place.step(2)
        fine = {name: lamp.last.order.fine for name, lamp in place.node.lamps.items() if lamp.last is not None}
        assert fine == {"lamp-1": Fine.PROGRAM, "lamp-2": Fine.TECHNICIAN}
        with pytest.raises(CommandRefused, match="lamp-2: held by a technician"):
            await place.node.obey(wish("identify", "lamp-2", duration_s=60.0))
        said = await place.node.obey(wish("identify", "*", duration_s=60.0))
        assert said == "lamp-1 rise and fall for 60 s; not lamp-2: held by a technician, or no room to swell"
