"""Who told the node to do what is written down in a chain: what is changed, cut out or made anew shows."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.clocks import HandClock
from tests.test_city import LAMP, written

from lampyre.__main__ import main
from lampyre.audit import FILE_LIMIT, NEWER, OLDER, Audit, Entry, entries
from lampyre.node import Node
from lampyre.report import Reports
from lampyre.settings import load_settings

WRITER = """
import asyncio, sys
from pathlib import Path
from lampyre.audit import Audit
from lampyre.clock import SystemClock
async def write():
    audit = Audit(Path(sys.argv[1]), SystemClock())
    for number in range(100_000):
        await audit.note("broker", "control room", f"override {number}", "done", "x")
        print(number, flush=True)
asyncio.run(write())
"""


async def wrote(folder: Path, lines: int, text: str = "lamp-1 at 80 %") -> Audit:
    audit = Audit(folder, HandClock())
    for number in range(lines):
        await audit.note("broker", "control room", f"override c-{number}", "done", text)
    return audit


def faults(folder: Path) -> list[str]:
    return [one for one in entries(folder) if isinstance(one, str)]


async def test_lines_stand_in_one_chain_over_restarts_and_health_tells_its_end(tmp_path: Path) -> None:
    assert Audit(tmp_path, HandClock()).head is None
    first = await wrote(tmp_path, 3)
    again = Audit(tmp_path, HandClock())
    again.open()
    assert again.head == first.head is not None
    await again.note("door", "technician", "override", "refused", "no lamp\n\x1b[2J")
    found = list(entries(tmp_path))
    assert [one.number for one in found if isinstance(one, Entry)] == [1, 2, 3, 4]
    assert isinstance(found[-1], Entry)
    assert (found[-1].said, faults(tmp_path)) == ("no lamp  [2J", [])


@pytest.mark.parametrize("harm", ["changed", "out", "in", "swapped", "begin"])
async def test_whatever_is_done_to_the_file_shows(tmp_path: Path, harm: str) -> None:
    await wrote(tmp_path, 5)
    path = tmp_path / NEWER
    lines = path.read_bytes().splitlines(keepends=True)
    if harm == "changed":
        lines[1] = lines[1].replace(b"80 %", b"10 %")
    elif harm == "out":
        del lines[2]
    elif harm == "in":
        lines.insert(2, lines[1].replace(b"c-1", b"c-9"))
    elif harm == "swapped":
        lines[1], lines[2] = lines[2], lines[1]
    else:
        lines[0] = b"{}\n"
    path.write_bytes(b"".join(lines))
    assert faults(tmp_path)


async def test_a_tail_that_is_cut_off_shows_by_what_health_has_told(tmp_path: Path) -> None:
    told = (await wrote(tmp_path, 5)).head
    path = tmp_path / NEWER
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:3]))
    shorter = Audit(tmp_path, HandClock())
    shorter.open()
    assert faults(tmp_path) == []
    assert shorter.head != told


async def test_it_stays_small_and_the_chain_goes_on_over_its_two_files(tmp_path: Path) -> None:
    text = "x" * 400
    audit = await wrote(tmp_path, 1200, text)
    sizes = [(tmp_path / name).stat().st_size for name in (NEWER, OLDER)]
    assert max(sizes) <= FILE_LIMIT
    assert (tmp_path / OLDER).exists()
    assert faults(tmp_path) == []
    assert audit.head is not None
    assert audit.head.startswith("1200:")


async def test_a_line_that_a_power_cut_tore_is_taken_out_and_the_chain_goes_on(tmp_path: Path) -> None:
    await wrote(tmp_path, 3)
    path = tmp_path / NEWER
    path.write_bytes(path.read_bytes()[:-20])
    await Audit(tmp_path, HandClock()).note("agent", "", "start", "by_hand", "")
    assert faults(tmp_path) == []
    assert [one.number for one in entries(tmp_path) if isinstance(one, Entry)] == [1, 2, 3]


def test_what_was_written_survives_a_kill(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(200)]
        writer.kill()
        told += [int(line) for line in writer.stdout.read().splitlines()]
    kept = [one for one in entries(tmp_path) if isinstance(one, Entry)]
    assert faults(tmp_path) == []
    assert [one.what for one in kept][: len(told)] == [f"override {number}" for number in told]


async def test_a_disk_that_takes_no_line_is_counted_and_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = await wrote(tmp_path, 2)
    write = os.write
    monkeypatch.setattr("lampyre.audit.os.write", lambda to, line: write(to, line[:10]))
    await audit.note("broker", "control room", "override", "done", "x")
    monkeypatch.undo()
    await audit.note("broker", "control room", "override", "done", "y")
    assert (audit.missed, faults(tmp_path), audit.head and audit.head[:2]) == (1, [], "3:")


async def test_what_a_technician_sets_is_written_down_and_the_word_prints_and_checks_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = written(tmp_path, LAMP.format(1))
    assert main(["audit", "--config", str(config)]) == 0
    assert "nothing was written down yet" in capsys.readouterr().out
    node = Node(load_settings(config), HandClock())
    await node.open()
    ask = Reports(node).answer
    assert (await ask({"ask": "override", "id": "lamp-1", "level": 0.5, "for_s": 60.0, "by": "Anne"}))["ok"]
    assert not (await ask({"ask": "resume", "id": "lamp-9", "by": "Anne"}))["ok"]
    await ask({"ask": "status"})
    head = node.city.audit.head
    await node.close()
    assert main(["audit", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert "door: override done by Anne: id lamp-1 level 0.5 for_s 60.0" in said
    assert "door: resume refused by Anne: id lamp-9: no lamp or group 'lamp-9'" in said
    assert f"2 lines in one chain; the last is {head}" in said
    assert main(["audit", "--config", str(config), "--json", "--last", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["came"] == "refused"
    path = tmp_path / "state" / NEWER
    path.write_bytes(path.read_bytes().replace(b"0.5", b"0.9"))
    assert main(["audit", "--config", str(config)]) == 1
    assert "! 1 places are not as they were written" in capsys.readouterr().out
