"""The table of threats cannot rot: each test that it names is there, and its commands are ours."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from lampyre.__main__ import _parser

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize("file", sorted({file for file, _ in NAMED}))
def test_every_test_that_the_table_names_is_there(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    there = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert {name for one, name in NAMED if one == file} <= there, "docs/security.md names it: correct one of the two"


def test_every_threat_has_a_proof() -> None:
    table = PAGE.split("## Threats")[1].split("\n## ")[0]
    threats = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(threats) > 20
    for line in threats:
        assert "::test_" in line.split(" | ")[2], line


def test_both_languages_give_the_same_commands_and_they_exist() -> None:
    french, english = PAGE.split("\n# Security")
    blocks = [re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for text in (french, english)]
    assert blocks[0] == blocks[1]
    for block in blocks[0]:
        words = shlex.split(block)
        assert words[0] == "lampyre"
        _parser().parse_args(words[1:])
