"""What a configuration from afar may not say: what opens the node, or makes another one of it, is the technician's.

Keys of LOCKED may be left out of it: then those of the file by hand hold. So it needs no path and no secret.
"""

import copy
from collections.abc import Iterator, Mapping
from os.path import normpath
from pathlib import Path
from typing import Any

from lampyre.errors import ConfigError
from lampyre.link import parse_address
from lampyre.settings import Settings, settings_of

# dotted key → why nobody sets it from afar
LOCKED = {
    "node.site": "it is this node's address",
    "node.id": "it is this node's name and its certificate's",
    "node.state_dir": "there lies what must outlive a restart",
    "node.runtime_dir": "there the console asks",
    "node.clock": "who built the node knows whether its clock is kept",
    "node.console_pin": "it opens the console",
    "broker.ca_file": "it says which broker is believed",
    "broker.cert_file": "it is who this node is",
    "broker.key_file": "it is who this node is",
    "broker.plain_text_over_the_network": "it gives up encryption",
    "commands": "it says whose commands are obeyed",
}
BY_HAND = "only the file on the node may say this"
DEVICES = "/dev/"


def confined(by_hand: Mapping[str, Any], sent: Mapping[str, Any], hand: Path, where: Path) -> Settings:
    """Return what the `sent` table means on the node of the table `by_hand`; raises ConfigError with key and cure.

    `hand` and `where` are the two files, for messages.
    """
    table = _inherited(by_hand, sent)
    settings = settings_of(table, where)
    faults = list(_opened(settings_of(dict(by_hand), hand), settings))
    if faults:
        raise ConfigError("\n".join(f"{where}: {fault}" for fault in faults))
    return settings


def _inherited(by_hand: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    table = copy.deepcopy(dict(sent))
    for key in LOCKED:
        head, _, tail = key.partition(".")
        theirs = by_hand.get(head)
        if not tail:
            if theirs is not None:
                table.setdefault(head, theirs)
        elif isinstance(theirs, dict) and tail in theirs and isinstance(table.setdefault(head, {}), dict):
            table[head].setdefault(tail, theirs[tail])
    return table


def _opened(by_hand: Settings, sent: Settings) -> Iterator[str]:
    """Yield what the sent one would open, a line each."""
    for key, why in LOCKED.items():
        if _at(sent, key) != _at(by_hand, key):
            yield f"{key}: {BY_HAND}: {why}; leave it out"
    known = dict(_paths(by_hand.model_dump()))
    for key, path in _paths(sent.model_dump()):
        if known.get(key) != path and key not in LOCKED:
            yield f"{key}: {BY_HAND}: {path} is a path; leave it out, or name the one of that file"
    if by_hand.broker.tls and any(url.startswith("mqtt:") for url in _texts(sent.broker.model_dump())):
        yield f"broker.url: {BY_HAND}: it gives up encryption; write mqtts://"
    if sent.node.passages_least < by_hand.node.passages_least:
        least = by_hand.node.passages_least
        yield f"node.passages_least: {BY_HAND}: it tells more of people; give {least} or more"
    if sent.moving.between_nodes not in {"off", by_hand.moving.between_nodes}:
        yield f'moving.between_nodes: {BY_HAND}: it tells others who comes; write "off"'
    if sent.moving.datagrams not in {None, by_hand.moving.datagrams}:
        yield f"moving.datagrams: {BY_HAND}: it listens on the network; leave it out"
    yield from _links(by_hand, sent)


def _links(by_hand: Settings, sent: Settings) -> Iterator[str]:
    """A board may move to another device of this machine; to another machine only where the file names that."""
    places = [parse_address(board.link) for board in by_hand.board]
    hosts, paths = {place.host for place in places}, {place.path for place in places}
    for board in sent.board:
        place = parse_address(board.link)
        if place.host and place.host not in hosts:
            yield f"board {board.id}: link: {BY_HAND}: {place.host} is another machine that no board of it is at"
        if place.path and place.path not in paths and not normpath(place.path).startswith(DEVICES):
            yield f"board {board.id}: link: {BY_HAND}: {place.path} is no device; give one below {DEVICES}"


def _at(settings: Settings, key: str) -> object:
    found: object = settings
    for part in key.split("."):
        found = getattr(found, part)
    return found


def _paths(found: object, key: str = "") -> Iterator[tuple[str, Path]]:
    """Yield every path with its dotted key."""
    if isinstance(found, Path):
        yield key, found
    elif isinstance(found, dict):
        for name, value in found.items():
            yield from _paths(value, f"{key}.{name}" if key else str(name))
    elif isinstance(found, list | tuple):
        for number, value in enumerate(found):
            yield from _paths(value, f"{key}.{number}")


def _texts(found: object) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from _texts(value)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from _texts(value)
