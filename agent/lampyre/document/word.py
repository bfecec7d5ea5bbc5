"""The word `schema`: all messages, for programs and for people."""

import argparse
import json
from collections.abc import Callable

Say = Callable[[str], None]


def add_schema(words: "argparse._SubParsersAction[argparse.ArgumentParser]", say: Say) -> None:
    """Add `lampyre schema` to the command line."""
    word = words.add_parser("schema", help="print the JSON schemas of all messages: docs/messages.md")
    form = word.add_mutually_exclusive_group()
    form.add_argument("--asyncapi", action="store_true", help="all channels, as AsyncAPI 3.0 (docs/asyncapi.json)")
    form.add_argument("--page", action="store_true", help="the same for people (docs/messages.md)")
    word.set_defaults(do=lambda asked: _schema(asked, say))


def _schema(asked: argparse.Namespace, say: Say) -> int:
    if asked.asyncapi or asked.page:
        from lampyre.document.asyncapi import document  # noqa: PLC0415 - other words do not pay for it
        from lampyre.document.page import page  # noqa: PLC0415

        say(page(document()) if asked.page else json.dumps(document(), indent=1, ensure_ascii=False))
        return 0
    from lampyre.sync.messages import schemas  # noqa: PLC0415

    say(json.dumps(schemas(), indent=2, sort_keys=True))
    return 0
