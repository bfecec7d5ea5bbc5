"""Whole streets as processes: the real agent, the real firmware, a real broker; they end cleanly and leave nothing."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lampyre_sim.__main__ import main

STREET = [sys.executable, "-m", "lampyre_sim", "street"]
EVENING = "2026-12-18T18:00"
BEFORE_A_QUARTER = "2026-12-18T18:12"
SMALL = ("--plain", "--start", EVENING, "--lamps", "2", "--speed", "120")
DEADLINE_S = 240.0  # only ends a hang: a street that stands still while the machine stalls takes its time


def street(*words: str) -> subprocess.Popen[str]:
    """Start a street in a session of its own, so that whatever it leaves behind can be found."""
    return subprocess.Popen(
        [*STREET, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def left_behind(session: int) -> list[str]:
    """Return the command lines of a session's processes that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(stat.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:  # gone meanwhile
            continue
    return found


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Read the street's lines until one says `words`; a street that hangs is ended by pytest's own limit."""
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return
    pytest.fail(f"never said {words!r}")


def test_half_an_hour_of_an_evening(tmp_path: Path) -> None:
    picture = tmp_path / "street.svg"
    run = street("--plain", "--minutes", "30", "--speed", "120", "--start", EVENING, "--svg", str(picture))
    said, errors = run.communicate(timeout=DEADLINE_S)
    assert run.returncode == 0, errors
    assert left_behind(run.pid) == []
    assert "The street ran from Fri 18 Dec 18:00 to Fri 18 Dec 18:30, 30 minutes." in said
    assert "in the dark 0.0 lamp-seconds" in said
    counted = re.search(r"reaction .*; (\d+) measured, \d+ missed", said)
    assert counted is not None, said
    assert int(counted[1]) > 0  # how many find their lamp still quiet, and rising soon, depends on the machine
    for kind in ("lamp/state", "lamp/summary", "bin/state", "bin/summary", "status"):
        assert re.search(rf"messages .*\b[1-9]\d* {kind}", said), said
    assert re.search(r"bin 2 .* full; told \d+ %", said), said
    assert "Traceback" not in said + errors
    assert 10_000 < picture.stat().st_size < 200_000


@pytest.mark.parametrize(
    ("firmware", "whole_group"), [("micropython", False), ("micropython", True), ("cpython", True)]
)
def test_ctrl_c_ends_it_cleanly(firmware: str, whole_group: bool) -> None:
    run = street(*SMALL, "--firmware", firmware, "--start", BEFORE_A_QUARTER)
    wait_for(run, "Fri 18:15")
    if whole_group:  # as a terminal does
        os.killpg(run.pid, signal.SIGINT)
    else:
        run.send_signal(signal.SIGINT)
    said, errors = run.communicate(timeout=DEADLINE_S)
    assert run.returncode == 0, errors
    assert "The street ran from Fri 18 Dec 18:12" in said
    assert re.search(r"messages .*\b([2-9]|\d\d+) status", said), said  # online, and its farewell
    assert "Traceback" not in said + errors
    assert left_behind(run.pid) == []


def test_recorded_passages_are_played_again(tmp_path: Path) -> None:
    events = tmp_path / "events.csv"
    lines = [f"2026-12-18 18:01:{second:02d},30,1,{second % 2}" for second in range(6)]
    events.write_text("\n".join(["time_local,speed_km_h,length_m,direction", *lines, ""]))
    run = street("--minutes", "3", *SMALL, "--bins", "0", "--replay", str(events))
    said, errors = run.communicate(timeout=DEADLINE_S)
    assert run.returncode == 0, errors
    assert "6 through the street, 12 at lamps" in said


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[str]:
    program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("no mosquitto; apt-get install mosquitto")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    with subprocess.Popen([program, "-c", str(config)], stderr=subprocess.PIPE, text=True) as broker:
        assert broker.stderr is not None
        while "running" not in (line := broker.stderr.readline()):
            assert line, "mosquitto did not start"
        yield f"mqtt://127.0.0.1:{port}"
        broker.terminate()


def test_another_broker_will_do(mosquitto: str) -> None:
    run = street("--minutes", "5", *SMALL, "--broker", mosquitto)
    said, errors = run.communicate(timeout=DEADLINE_S)
    assert run.returncode == 0, errors
    assert re.search(r"messages .*\d+ lamp/state.*\b([2-9]|\d\d+) status", said), (
        said
    )  # online, offline, a reconnect between


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--lamps", "0"], "give a whole number from 1 to 64"),
        (["--speed", "fast"], "give a number from 0.1 to 240"),
        (["--minutes", "nan"], "give a number from 0.1"),
        (["--start", "soon"], "give a date and time such as"),
        (["--replay", "/nowhere.csv"], "/nowhere.csv: No such file or directory; give a .csv or .csv.gz"),
        (["--broker", "http://127.0.0.1"], "--broker: 'http://127.0.0.1' is not understood; give mqtt://HOST:PORT"),
        (["--broker", "mqtt://127.0.0.1:1"], "--broker: 127.0.0.1:1 does not answer: .*; is the broker running there"),
        (["--broker", "mqtt://127.0.0.1:port"], "is not understood; give mqtt://HOST:PORT"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["street", "--plain", *words])
    except SystemExit as ended:  # argparse
        code = int(ended.code or 0)
    assert code == 2
    assert re.search(said, capsys.readouterr().err)


def test_without_micropython_the_cure_is_named(tmp_path: Path) -> None:
    bare = tmp_path / "bin"
    bare.mkdir()
    program = "import sys; sys.executable = sys.argv.pop(1); from lampyre_sim.__main__ import main; sys.exit(main())"
    run = subprocess.run(
        [sys.executable, "-c", program, str(bare / "python"), "street", "--plain", "--lamps", "1"],
        env={"PATH": str(bare)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert run.returncode == 2, run.stderr
    assert "--firmware cpython" in run.stderr
    assert "Traceback" not in run.stderr
