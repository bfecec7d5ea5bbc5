"""A strict Sparkplug host: whatever an edge node says, from its first birth on, must fit what it said before."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.sync.dialects.decoder import raw


@dataclass
class Host:
    """Takes messages of one edge node in their order; what no host should have to bear fails."""

    bd_seq: int | None = None  # of the birth that holds; None: the node is dead
    seq: int = 0
    known: dict[str, set[str]] = field(default_factory=dict)  # device (empty: the node) → metrics of its birth
    last_number: int | None = None

    def takes(self, topic: str, body: bytes) -> None:
        _, _, kind, _, *device = topic.split("/")
        found, name = raw(body), (device or [""])[0]
        assert found.timestamp > 0, topic
        if kind == "NDEATH":
            self._dies(found)
        elif kind == "NBIRTH":
            self._is_born(found)
        else:
            self._goes_on(kind, name, found)

    def _is_born(self, found: Any) -> None:
        number = self._number(found)
        assert found.HasField("seq")
        assert found.seq == 0
        if self.bd_seq is not None:
            assert number == self.bd_seq, "a rebirth has the number of its connection"
        elif self.last_number is not None:
            assert number == (self.last_number + 1) % 256, "a new connection has the next"
        self.bd_seq = self.last_number = number
        self.seq, self.known = 0, {"": self._named(found)}
        [rebirth] = [metric for metric in found.metrics if metric.name == "Node Control/Rebirth"]
        assert (rebirth.datatype, rebirth.boolean_value) == (11, False)

    def _dies(self, found: Any) -> None:
        assert not found.HasField("seq")
        if self.bd_seq is None and self._number(found) == self.last_number:
            return  # a broker may deliver QoS 1 twice
        assert self._number(found) == self.bd_seq, "a death bears the number of the birth that it ends"
        self.bd_seq, self.known = None, {}

    def _goes_on(self, kind: str, name: str, found: Any) -> None:
        assert self.bd_seq is not None, f"{kind} of a node that is not born"
        self.seq = (self.seq + 1) % 256
        assert found.seq == self.seq, f"{kind}: a gap"
        if kind == "DBIRTH":
            assert name
            self.known[name] = self._named(found)
            return
        assert name in self.known, f"{kind} of {name}, which is not born"
        if kind == "DDEATH":
            del self.known[name]
            return
        assert found.metrics
        assert {metric.name for metric in found.metrics} <= self.known[name], "a metric that no birth named"
        assert not any(metric.datatype for metric in found.metrics), "types stand in births"
        assert all(metric.timestamp for metric in found.metrics)

    def _named(self, found: Any) -> set[str]:
        names = [metric.name for metric in found.metrics]
        assert len(set(names)) == len(names)
        assert all(metric.datatype and metric.timestamp for metric in found.metrics)
        assert not any(metric.is_historical for metric in found.metrics), "a birth is now"
        return set(names)

    def _number(self, found: Any) -> int:
        [number] = [metric for metric in found.metrics if metric.name == "bdSeq"]
        assert 0 <= number.long_value <= 255
        return int(number.long_value)


def judge(said: Iterable[tuple[str, bytes]]) -> None:
    """Hold all that was heard against a strict host."""
    host = Host()
    for topic, body in said:
        if topic.split("/")[1] != "STATE" and topic.split("/")[2] != "NCMD":
            host.takes(topic, body)
