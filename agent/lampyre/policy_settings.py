"""Tables of a node's TOML for what moves a lamp's light within its class and floor: traffic, and those who come."""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from lampyre.strict import Id, Strict

Neighbour = Annotated[str, Field(pattern=r"^([a-z0-9-]{1,32}/)?[a-z0-9-]{1,32}$")]  # lamp, or another node's node/lamp
PolicyName = Literal["on_demand", "adaptive", "program"]
Share = Annotated[float, Field(gt=0.0, lt=1.0)]


class AdaptiveSettings(Strict):
    """How much traffic asks for which class; shares are of the design flow."""

    design_flow_per_h: Annotated[float, Field(ge=1.0, le=10000.0)]  # passages an hour for which the class was chosen
    # below 50 % one class less, below 25 % two (UNI 11248, annex D); never below quiet_class
    thresholds: Annotated[tuple[Share, ...], Field(min_length=1, max_length=3)] = (0.5, 0.25)
    continuous: bool = False  # without steps (FAI) instead of class by class (TAI)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if any(after >= before for before, after in pairwise(self.thresholds)):
            raise ValueError("thresholds: each must be below the one before: [0.5, 0.25]")
        return self


class DatagramSettings(Strict):
    """Signed datagrams on the local network; addresses are like `192.0.2.11:4873` or `[2001:db8::11]:4873`."""

    listen: str  # where this node takes them: one of its own addresses
    key_file: Path  # at least 32 bytes, the same at all nodes of the site, nobody else's to read
    peers: Annotated[Mapping[Id, str], Field(min_length=1, max_length=32)]  # node → where that one takes them

    @field_validator("listen")
    @classmethod
    def _one_address(cls, text: str) -> str:
        if ip_address(address_of(text)[0]).is_unspecified:
            raise ValueError("give the one address of this node that its neighbours reach, not all of them")
        return text

    @field_validator("peers")
    @classmethod
    def _addresses(cls, peers: Mapping[str, str]) -> Mapping[str, str]:
        where = {name: address_of(text) for name, text in peers.items()}
        if len(set(where.values())) < len(where):
            raise ValueError("two nodes have the same address; each needs its own")
        return peers


class MovingSettings(Strict):
    """Light that goes ahead of who comes, where lamps name their neighbours."""

    lamps_most: Annotated[int, Field(ge=1, le=8)] = 4  # ahead of the quickest; of a walker one
    between_nodes: Literal["off", "broker", "datagrams"] = "off"  # how lamps of other nodes are told, if at all
    datagrams: DatagramSettings | None = None

    @model_validator(mode="after")
    def _datagrams_if_said(self) -> Self:
        if self.between_nodes == "datagrams" and self.datagrams is None:
            raise ValueError(
                'between_nodes "datagrams" needs listen, key_file and peers in [moving.datagrams]; see docs/moving.md'
            )
        if self.between_nodes != "datagrams" and self.datagrams is not None:
            raise ValueError(
                f'[moving.datagrams] is for between_nodes = "datagrams", it is {self.between_nodes!r}; take one out'
            )
        return self


def address_of(text: str) -> tuple[str, int]:
    """Return host and port of `192.0.2.11:4873` or `[2001:db8::11]:4873`; ValueError: a name would need the network."""
    host, _, port = text.rpartition(":")
    try:
        ip = ip_address(host.removeprefix("[").removesuffix("]"))
        whole = str(ip) if ip.version == 4 else f"[{ip}]"
        number = int(port) if port.isascii() and port.isdigit() else 0
    except ValueError:
        whole, number = "", 0
    if not 0 < number < 65536 or whole != host.lower():
        raise ValueError(f"{text!r}: give an address and a port, such as 192.0.2.11:4873 or [2001:db8::11]:4873")
    return whole.strip("[]"), number


def next_to(lamps: Iterable[tuple[str, Sequence[str]]]) -> dict[str, tuple[str, ...]]:
    """Return each lamp's neighbours, both ways; `lamps` are (id, those it names); ValueError for a wrong name.

    Other nodes' lamps, `node/lamp`, are named as they are and have no neighbours here.
    """
    named = dict(lamps)
    found: dict[str, dict[str, None]] = {lamp: {} for lamp in named}
    for lamp, others in named.items():
        for other in others:
            if other == lamp:
                raise ValueError(f"lamp {lamp}: neighbours names the lamp itself; take it out")
            if "/" in other:
                found[lamp][other] = None
                continue
            if other not in found:
                raise ValueError(
                    f"lamp {lamp}: neighbour {other!r} is no lamp of this file; there are {', '.join(named)}"
                )
            found[lamp][other] = found[other][lamp] = None
    return {lamp: tuple(others) for lamp, others in found.items()}


def beyond(neighbours: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """Return which of our lamps stand next to each lamp of another node; `neighbours` as `next_to` gives them."""
    found: dict[str, set[str]] = {}
    for lamp, others in neighbours.items():
        for other in others:
            if "/" in other:
                found.setdefault(other, set()).add(lamp)
    return {other: frozenset(lamps) for other, lamps in found.items()}


def reach(node: str, neighbours: Mapping[str, Sequence[str]], moving: MovingSettings) -> None:
    """Raise ValueError where a lamp of another node is named that cannot be told, or a peer that nobody names."""
    others = beyond(neighbours)
    for other, lamps in others.items():
        name = other.split("/")[0]
        lamp = min(lamps)
        if name == node:
            raise ValueError(f"lamp {lamp}: neighbour {other!r} stands at this node; write {other.split('/')[1]!r}")
        if moving.between_nodes == "off":
            raise ValueError(
                f"lamp {lamp}: neighbour {other!r} stands at another node, and between_nodes is off; write "
                'between_nodes = "broker" under [moving] (docs/moving.md says what then leaves), or take it out'
            )
        if moving.datagrams is not None and name not in moving.datagrams.peers:
            raise ValueError(f"lamp {lamp}: neighbour {other!r}: give the address of {name} in moving.datagrams.peers")
    idle = set(moving.datagrams.peers if moving.datagrams else ()) - {other.split("/")[0] for other in others}
    if idle:
        raise ValueError(
            f"moving.datagrams.peers: no lamp names a neighbour at {min(idle)}; "
            f'write neighbours = ["{min(idle)}/lamp-1"], or take it out'
        )


def agree(policy: PolicyName, adaptive: AdaptiveSettings | None) -> None:
    """Raise ValueError where a lamp's policy lacks its table, or a table its policy."""
    if policy == "adaptive" and adaptive is None:
        raise ValueError('policy "adaptive" needs design_flow_per_h in [lamp.adaptive]: passages in the busiest hour')
    if policy != "adaptive" and adaptive is not None:
        raise ValueError(f'[lamp.adaptive] is for policy = "adaptive", this one is {policy!r}; take one of them out')
