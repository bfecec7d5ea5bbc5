"""Signing: what a city's engineer does at a desk, so that nodes obey him and nobody who has merely a broker's login."""

import getpass
import json
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from lampyre import keys, statefile
from lampyre.errors import CommandRefused, ConfigError
from lampyre.sync import signed
from lampyre.sync.commands import parse
from lampyre.sync.topics import ID, Topics

VALID_S = 300.0  # of a command whose sender does not say: time to be carried, not to be found useful by a thief


def new_key(path: Path) -> str:
    """Make a key pair: the private half into a new file only its owner reads; return the line for node.toml."""
    if not ID.fullmatch(path.stem):
        raise ConfigError(
            f"{path}: the file's name names the key; use 1 to 32 of a-z, 0-9 and -, such as city-2026.key"
        )
    if path.exists():
        raise ConfigError(f"{path}: is there already; a new key wants a new name, or what it signs would change")
    key = keys.make_signing_key()
    try:
        statefile.keep(path, key.decode(), mode=0o600)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give a place that you may write") from error
    return f'"{path.stem}" = "{keys.public_of(key)}"'


def envelope(path: Path, to: str, kind: str, command: str, now: datetime, valid_s: float = VALID_S) -> str:
    """Sign a command (JSON) for one node and kind; return what is published on its topic.

    What every command must say and this one leaves out is filled in: id, kind, issued_at, expires_at, by.
    Raises ConfigError and CommandRefused, so that no node gets what it would refuse.
    """
    site, _, node = to.partition("/")
    try:
        topics = Topics(site, node)
    except ValueError as error:
        raise ConfigError(f"--to {to}: {error}; give site/node as in node.toml") from error
    try:
        said = json.loads(command)
    except ValueError as error:
        raise CommandRefused(f"not readable as JSON: {error}") from error
    if not isinstance(said, dict):
        raise CommandRefused("a command is one object: {...}")
    filled = {
        "id": secrets.token_hex(8),
        "kind": kind,
        "issued_at": now.isoformat(timespec="seconds"),
        "expires_at": (now + timedelta(seconds=valid_s)).isoformat(timespec="seconds"),
        "by": getpass.getuser(),
    } | said
    payload = json.dumps(filled, ensure_ascii=False, separators=(",", ":"))
    parse(kind, payload.encode())
    topic = f"{topics.root}/command/{kind}"
    made = {"payload": payload, "key": path.stem, "signature": keys.sign(_read(path), signed.message(topic, payload))}
    return json.dumps(made, ensure_ascii=False)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; `lampyre sign --new {path}` makes a key") from error
