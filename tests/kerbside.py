"""A bin of one metre at the kerb, in a time that passes when it is told to."""

from datetime import UTC, datetime
from typing import Any

from tests.clocks import HandClock

from lampyre.bin import Bin, BinNews
from lampyre.records import Quantity
from lampyre.sense.latest import ChannelRule, Latest
from lampyre.settings import BinSettings, NodeSettings

START = datetime(2026, 12, 1, 6, tzinfo=UTC)
DISTANCE, HEAT, LID = "b1.distance", "b1.temperature", "b1.lid"
NODE = NodeSettings(site="s", id="n", latitude=47.3, longitude=5.0)


class Kerbside:
    """A bin of one metre under a sensor that sees all of it."""

    def __init__(self, clock: HandClock | None = None, **settings: Any) -> None:
        self.clock = clock or HandClock(START)
        rules = [
            ChannelRule(DISTANCE, Quantity.DISTANCE, 0.0, 5.0, 5.0),
            ChannelRule(HEAT, Quantity.TEMPERATURE, -40.0, 125.0, 5.0),
            ChannelRule(LID, Quantity.OPEN, 0.0, 1.0, 5.0),
        ]
        self.latest = Latest(rules, self.clock)
        about = {"id": "bin-1", "distance": DISTANCE, "temperature": HEAT, "lid": LID, "height_m": 1.0}
        self.bin = Bin(BinSettings.model_validate(about | {"dead_zone_m": 0.0} | settings), NODE, self.latest)
        self.news: list[BinNews] = []

    def see(self, fill: float, *, cel: float = 12.0, lid: float = 0.0, after_s: float = 60.0) -> BinNews | None:
        self.clock.pass_s(after_s)
        self.latest.put([DISTANCE, HEAT, LID], [1.0 - fill, cel, lid])
        news = self.bin.step()
        if news is not None:
            self.news.append(news)
        return news

    def fills(self, days: float, *, per_day: float = 0.2, begin: float = 0.0, step_s: float = 300.0) -> None:
        for number in range(round(days * 86400 / step_s)):
            self.see(min(begin + per_day * number * step_s / 86400, 1.0), after_s=step_s)

    @property
    def states(self) -> list[BinNews]:
        return [news for news in self.news if news.changed]


def due_of(kerb: Kerbside) -> Any:
    assert kerb.bin.last is not None
    assert kerb.bin.last.due is not None
    return kerb.bin.last.due
