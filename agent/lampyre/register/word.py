"""The word `privacy`: the register of what leaves a node, for the town's files."""

import argparse
from collections.abc import Callable
from pathlib import Path

Say = Callable[[str], None]


def add_privacy(words: "argparse._SubParsersAction[argparse.ArgumentParser]", say: Say) -> None:
    """Add `lampyre privacy` to the command line."""
    word = words.add_parser("privacy", help="print what leaves a node, why, about whom: docs/data-protection.md")
    word.add_argument("--config", type=Path, metavar="node.toml", help="of this node, with its own values")
    word.add_argument("--language", choices=["en", "fr"], help="default: that of the file, else en")
    word.set_defaults(do=lambda asked: _privacy(asked, say))


def _privacy(asked: argparse.Namespace, say: Say) -> int:
    from lampyre.configured import look  # noqa: PLC0415 - other words do not pay for it
    from lampyre.register.page import Facts, page  # noqa: PLC0415

    settings = None if asked.config is None else look(asked.config).settings
    language = asked.language or ("en" if settings is None else settings.node.language)
    say(page(language, None if settings is None else Facts.of(settings)).removesuffix("\n"))
    return 0
