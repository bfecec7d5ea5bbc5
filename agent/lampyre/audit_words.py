"""`lampyre audit`: print who told this node to do what, and whether anything of it was changed since."""

import argparse
import json
from collections import deque
from dataclasses import asdict
from pathlib import Path

from lampyre.audit import NEWER, Entry, digest, entries
from lampyre.key_words import INSTALLED, Say
from lampyre.settings import load_settings


def add_audit(words: "argparse._SubParsersAction[argparse.ArgumentParser]", say: Say) -> None:
    """Add `lampyre audit` to the command line."""
    word = words.add_parser("audit", help="print who told this node to do what, and check that nothing was changed")
    word.add_argument("--config", type=Path, default=INSTALLED, metavar="node.toml", help=f"default: {INSTALLED}")
    word.add_argument(
        "--last", type=int, metavar="N", help="only so many lines; the whole chain is checked all the same"
    )
    word.add_argument("--json", action="store_true", help="an object a line")
    word.set_defaults(do=lambda asked: audit(asked, say))


def audit(asked: argparse.Namespace, say: Say) -> int:
    """Print the lines; return 1 where the chain is broken."""
    state_dir = load_settings(asked.config).node.state_dir
    found = list(entries(state_dir))
    faults = [one for one in found if isinstance(one, str)]
    kept = [one for one in found if isinstance(one, Entry)]
    for one in deque(found, maxlen=asked.last):
        if isinstance(one, str):
            say(f"! {one}")
        elif asked.json:
            say(json.dumps(asdict(one), ensure_ascii=False))
        else:
            by = f" by {one.who}" if one.who else ""
            say(f"{one.number:6} {one.at} {one.way}: {one.what} {one.came}{by}: {one.said}")
    if asked.json:
        return 1 if faults else 0
    if not found:
        say(f"nothing was written down yet in {state_dir / NEWER}")
    elif faults:
        say(f"! {len(faults)} places are not as they were written; compare with `audit` in the node's health messages")
    else:
        say(f"{len(kept)} lines in one chain; the last is {kept[-1].number}:{digest(kept[-1])}, as health says it")
    return 1 if faults else 0
