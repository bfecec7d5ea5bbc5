"""kill -9 at random moments takes nothing that was accepted; tests/ordeal/outbox_kill.py does it 10,000 times."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_kill_9_two_hundred_times_loses_no_accepted_parcel_and_keeps_each_stream_in_order() -> None:
    command = [sys.executable, "-m", "tests.ordeal.outbox_kill", "--kills", "200", "--seed", "2026"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    accepted = re.search(r"accepted (\d+), lost 0\n", done.stdout)
    assert accepted is not None, done.stdout
    assert int(accepted[1]) > 200
