"""A city's engineer makes a key, signs a command, and a node with that line in its file opens it."""

import re
from pathlib import Path

import pytest
from tests.test_settings import GOOD, written

from lampyre.__main__ import main
from lampyre.errors import ConfigError
from lampyre.settings import load_settings
from lampyre.sync.commands import parse
from lampyre.sync.orders import Override
from lampyre.sync.signed import Signed

COMMAND = '{"lamps": ["lamp-1"], "level": 100, "duration_s": 1800}'
TO = ("--to", "rue-des-lilas/n01", "--kind", "override")


def test_two_commands_are_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, command = tmp_path / "city-2026.key", tmp_path / "command.json"
    command.write_text(COMMAND)
    assert main(["sign", "--new", str(key)]) == 0
    lines = capsys.readouterr().out
    assert main(["sign", "--key", str(key), *TO, str(command)]) == 0
    envelope = capsys.readouterr().out.encode()
    node = load_settings(written(tmp_path, GOOD + lines))
    topic = "lampyre/v1/rue-des-lilas/n01/command/override"
    body, by = Signed(node.commands).opened(topic, "override", envelope, 8192)
    done = parse("override", body)
    assert isinstance(done, Override)
    assert (done.lamps, done.level, by) == (("lamp-1",), 100.0, "city-2026")
    assert (done.expires_at - done.issued_at).total_seconds() == 300


def test_the_private_half_is_its_owners_alone_and_never_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "city.key"
    main(["sign", "--new", str(key)])
    assert key.stat().st_mode & 0o777 == 0o600
    secret = "".join(key.read_text().splitlines()[1:-1])
    assert secret not in capsys.readouterr().out
    assert main(["sign", "--new", str(key)]) == 2, "an old key is never overwritten"
    assert secret in key.read_text().replace("\n", "")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--new", "City Key.key"], "names the key"),
        (["--key", "missing.key", *TO], "sign --new"),
        (["--key", "missing.key", "--to", "dijon", "--kind", "override"], "site/node"),
        (["--key", "missing.key", "--to", "dijon/#", "--kind", "override"], "site/node"),
        (["--key", "missing.key"], "--to, --kind missing"),
        (["--key", "missing.key", *TO[:3], "self-destruct"], "not known"),
        (["--key", "missing.key", *TO, "nowhere.json"], "one command"),
    ],
)
def test_what_cannot_be_signed_is_told_with_its_cure(
    words: list[str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c.json").write_text(COMMAND)
    assert main(["sign", *words, *([] if words[-1].endswith(".json") else ["c.json"])]) == 2
    assert why in capsys.readouterr().err


def test_a_command_that_a_node_would_refuse_is_not_signed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, command = tmp_path / "city.key", tmp_path / "command.json"
    main(["sign", "--new", str(key)])
    for text, why in (("[]", "one object"), ("{", "not readable"), (COMMAND.replace("100", "101"), "level")):
        command.write_text(text)
        assert main(["sign", "--key", str(key), *TO, str(command)]) == 2
        assert why in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ('signed = "required"', "needs keys"),
        ('keys = {"city" = "short"}', "commands.keys.city: give a public Ed25519 key"),
        ('keys = {"City" = "bEfTNJBpCWAxP0xzhmBnKWP0ePwP0uvlrdOAppjlIVc="}', "commands.keys"),
        ('signed = "never"', "commands.signed"),
    ],
)
def test_a_table_that_would_let_in_nobody_or_anybody_is_refused(lines: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(why)):
        load_settings(written(tmp_path, f"{GOOD}\n[commands]\n{lines}\n"))


def test_keys_alone_mean_that_signatures_are_required(tmp_path: Path) -> None:
    lines = '[commands]\nkeys = {"city" = "bEfTNJBpCWAxP0xzhmBnKWP0ePwP0uvlrdOAppjlIVc="}\nunsigned = ["observe"]'
    commands = load_settings(written(tmp_path, f"{GOOD}\n{lines}\n")).commands
    assert [commands.required(kind) for kind in ("override", "observe")] == [True, False]
    assert not load_settings(written(tmp_path, GOOD)).commands.required("override")
