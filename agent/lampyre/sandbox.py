"""The sandbox: which machines systemd lets the installed service talk to, and which the file names besides."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path

from lampyre.link import parse_address
from lampyre.policy_settings import address_of
from lampyre.settings import Settings

UNIT = Path("/etc/systemd/system/lampyre.service")  # where install.sh puts it; drop-ins lie in the folder beside it
WORDS = {"any": ("0.0.0.0/0", "::/0"), "localhost": ("127.0.0.0/8", "::1/128")}  # systemd.resource-control(5)


def out_of_reach(settings: Settings, unit: Path = UNIT) -> Iterator[str]:
    """Yield a line for each machine that the file names and the service may not reach; none where no unit is."""
    if not unit.exists():
        return
    allowed = _allowed(unit)
    for what, host in _named(settings):
        if not _reached(host, allowed):
            cure = "its address" if _is_address(host) else f"the address of {host} and of its name server"
            yield (
                f"! {what}: the service may not reach {host}; allow {cure} in {unit}.d/broker.conf, then "
                "systemctl daemon-reload && systemctl restart lampyre"
            )


def _named(settings: Settings) -> Iterator[tuple[str, str]]:
    yield "broker", settings.broker.host
    if settings.broker.fallback is not None:
        yield "broker.fallback", settings.broker.fallback.host
    for board in settings.board:
        host = parse_address(board.link).host
        if host:
            yield f"board {board.id}", host
    datagrams = settings.moving.datagrams
    for node, peer in datagrams.peers.items() if datagrams is not None else ():
        yield f"moving.datagrams.peers.{node}", address_of(peer)[0]


def unit_says(unit: Path, key: str, *, split: bool = True) -> list[str]:
    """Return all values of a key of the unit and its drop-ins, in systemd's order; an empty one clears them."""
    found: list[str] = []
    for path in (unit, *sorted(unit.with_name(f"{unit.name}.d").glob("*.conf"))):
        for line in _text(path).splitlines():
            name, _, value = line.strip().partition("=")
            if name.strip() == key:
                words = value.split() if split else [value.strip()]
                found = [*found, *words] if value.strip() else []
    return found


def _allowed(unit: Path) -> list[str]:
    """Return the addresses and networks that the unit allows."""
    return [network for word in unit_says(unit, "IPAddressAllow") for network in WORDS.get(word, (word,))]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # not ours to read: what it allows is not known
        return ""


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _reached(host: str, allowed: list[str]) -> bool:
    """Whether one of them covers the host; a name may be any of those that lie outside this machine."""
    networks = []
    for one in allowed:
        try:
            networks.append(ip_network(one, strict=False))
        except ValueError:  # another of systemd's words
            continue
    if host == "localhost":
        return any(network.is_loopback for network in networks)
    if not _is_address(host):
        return any(not network.is_loopback for network in networks)
    address = ip_address(host)
    return any(address.version == network.version and address in network for network in networks)
