"""The words `enrol` and `sign`: a node's certificate, and commands that bear a signature."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from lampyre.clock import SystemClock
from lampyre.errors import ConfigError
from lampyre.settings import load_settings

Say = Callable[[str], None]
INSTALLED = Path("/etc/lampyre/node.toml")  # where the installer puts it
PEM_LIMIT = 256 * 1024  # bytes; a system's whole bundle of authorities has 220 kB
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
    from lampyre.sign import envelope, new_key  # noqa: PLC0415 - cryptography comes with it

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


def add_enrol(words: "argparse._SubParsersAction[argparse.ArgumentParser]", say: Say) -> None:
    """Add `lampyre enrol` to the command line."""
    word = words.add_parser("enrol", help="make this node's key, ask for its certificate, install it: deploy/ENROL.md")
    word.add_argument("--config", type=Path, default=INSTALLED, metavar="node.toml", help=f"default: {INSTALLED}")
    deed = word.add_mutually_exclusive_group()
    deed.add_argument("--install", metavar="ANSWER.pem", help="the certificate that came back; -: what comes in")
    deed.add_argument("--show", action="store_true", help="say what there is, and until when")
    deed.add_argument("--anew", action="store_true", help="make another key in place of the one that waits")
    word.add_argument("--ca", type=Path, metavar="CA.pem", help="the town's authority; needed the first time")
    word.add_argument("--out", type=Path, metavar="FILE", help="write the request there, say to a stick, not here")
    word.set_defaults(do=lambda asked: _enrol(asked, say))


def _enrol(asked: argparse.Namespace, say: Say) -> int:
    from lampyre.enrol import Enrolment  # noqa: PLC0415 - cryptography comes with it

    node = load_settings(asked.config).node
    enrolment = Enrolment(node.state_dir, node.site, node.id)
    if asked.show:
        for line in enrolment.show():
            say(line)
    elif asked.install is not None:
        clock = SystemClock(rtc=node.clock == "rtc")
        now = clock.now() if clock.trusted else None
        if now is None:
            say("! this machine's clock is not set: from when until when the certificate holds is not checked")
        answer = sys.stdin.read(PEM_LIMIT).encode() if asked.install == "-" else _pem(Path(asked.install))
        say("installed: " + enrolment.install(answer, asked.ca and _pem(asked.ca), now))
        say("a running agent shows it within a minute; the one before is kept until the broker has taken this one")
    else:
        request = enrolment.ask(anew=asked.anew)
        if asked.out is None:
            say(request.rstrip())
        else:
            _write(asked.out, request)
            say(f"{asked.out}: the request; the town's authority signs it, then: lampyre enrol --install ANSWER.pem")
    return 0


def _pem(path: Path) -> bytes:
    try:
        with path.open("rb") as found:
            return found.read(PEM_LIMIT)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give a PEM file") from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="ascii")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give a place that you may write") from error
