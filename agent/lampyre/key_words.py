"""The words `enrol` and `sign`: a node's certificate, and commands that bear a signature."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from lampyre.errors import ConfigError

Say = Callable[[str], None]
COMMAND_LIMIT = 1024 * 1024  # characters of a command from a file; a whole node.toml has 30 kB


def add_sign(words: "argparse._SubParsersAction[argparse.ArgumentParser]", say: Say) -> None:
    """Add `lampyre sign` to the command line."""
    word = words.add_parser("sign", help="sign a command for a node, or make the key for it: docs/security.md")
    word.add_argument("--new", type=Path, metavar="KEY", help="make this key, such as city-2026.key, and end")
    word.add_argument("--key", type=Path, metavar="KEY", help="sign with it")
    word.add_argument("--to", metavar="SITE/NODE", help="who shall obey")
    word.add_argument("--kind", metavar="override", help="what kind of command it is")
    word.add_argument(
        "--valid-s", type=float, default=300.0, metavar="S", help="if it says no expires_at; default: 300"
    )
    word.add_argument("command", nargs="?", metavar="command.json", help="default, and -: what comes in")
    word.set_defaults(do=lambda asked: _sign(asked, say))


def _sign(asked: argparse.Namespace, say: Say) -> int:
    from lampyre.clock import SystemClock  # noqa: PLC0415 - cryptography comes with the next
    from lampyre.sign import envelope, new_key  # noqa: PLC0415

    if asked.new is not None:
        say(f"[commands]\nkeys = {{{new_key(asked.new)}}}")
        return 0
    missing = [f"--{name}" for name in ("key", "to", "kind") if getattr(asked, name) is None]
    if missing:
        raise ConfigError(f"{', '.join(missing)} missing; or --new KEY to make a key")
    text = _text(asked.command)
    say(envelope(asked.key, asked.to, asked.kind, text, SystemClock().now(), asked.valid_s))
    return 0


def _text(name: str | None) -> str:
    if name in {None, "-"}:
        return sys.stdin.read(COMMAND_LIMIT)
    try:
        return Path(str(name)).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}: {error}; give a file with one command") from error
