"""Neither kill -9 nor a power cut takes what was accepted; tests/ordeal/outbox_kill.py does it 10,000 times."""

import re
import subprocess
import sys
from pathlib import Path

from tests.disks import need_mounts

ROOT = Path(__file__).parents[2]


def suffer(*options: str) -> int:
    """Let writers die as the ordeal does; return how many parcels were accepted, of which none was lost."""
    command = [sys.executable, "-m", "tests.ordeal.outbox_kill", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    accepted = re.search(r"accepted (\d+), lost 0\n", done.stdout)
    assert accepted is not None, done.stdout
    return int(accepted[1])


def test_kill_9_two_hundred_times_loses_no_accepted_parcel_and_keeps_each_stream_in_order() -> None:
    assert suffer("--kills", "200", "--seed", "2026") > 200


def test_nor_do_power_cuts_after_which_the_disk_knows_only_what_it_was_made_to_write() -> None:
    need_mounts()
    assert suffer("--cuts", "--kills", "20", "--seed", "2026") > 20
