"""kill -9 at random moments takes nothing that was accepted."""

import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

WRITER = Path(__file__).with_name("outbox_writer.py")
KILLS = 200


def run_and_kill(path: Path, lines: int) -> list[int]:
    """Let a writer run until it has printed `lines` numbers, kill it, and return all that it printed."""
    with subprocess.Popen([sys.executable, "-S", WRITER, path], stdout=subprocess.PIPE, env=fast_env()) as writer:
        assert writer.stdout is not None
        seen = b""
        while seen.count(b"\n") < lines:
            ready, _, _ = select.select([writer.stdout], [], [], 120)
            assert ready, "the writer accepted nothing in two minutes"
            piece = os.read(writer.stdout.fileno(), 65536)
            assert piece, "the writer ended by itself"
            seen += piece
        writer.send_signal(signal.SIGKILL)
        seen += writer.stdout.read()
    return [int(line) for line in seen.splitlines()]


def fast_env() -> dict[str, str]:
    """Start Python without the site module: a third of the time, 200 times."""
    return {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def test_kill_9_two_hundred_times_loses_no_accepted_parcel(tmp_path: Path) -> None:
    chance = random.Random(2026)
    path = tmp_path / "outbox.db"
    accepted: set[int] = set()
    for _ in range(KILLS):
        seqs = run_and_kill(path, chance.randint(1, 60))
        assert not accepted & set(seqs), "a number came twice"
        accepted |= set(seqs)
    db = sqlite3.connect(path)
    try:
        kept = {row[0] for row in db.execute("SELECT seq FROM parcels")}
    finally:
        db.close()
    assert len(accepted) > KILLS
    assert not accepted - kept
