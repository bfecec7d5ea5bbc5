"""A node loads the dialects that it speaks and no other, nor what writes the document."""

import subprocess
import sys
from pathlib import Path

from tests.sync.dialects.natives import settings

LIVES = """
import asyncio, os, sys
from pathlib import Path
from lampyre.city import City
from lampyre.clock import SystemClock
from lampyre.settings import load_settings
from lampyre.sync.live import Live

async def live(file):
    settings = load_settings(Path(file))
    city = City(settings, SystemClock(), {}, {}, Live(settings.node.site, settings.node.id), dict)
    await city.open()
    await city.close()

parts = ("lampyre.sync.dialects.", "lampyre.document.asyncapi", "lampyre.register.page")
for file in sys.argv[1:]:
    if os.fork() == 0:
        asyncio.run(live(file))
        print(*sorted(name for name in sys.modules if name.startswith(parts)), flush=True)
        os._exit(0)
    os.wait()
"""
SHARED = {"native", "speaking", "standing"}
SPOKEN = {
    "": set(),
    "[dialects]\ncloud_events = true\n": SHARED,
    "[dialects.ngsi_ld]\n": SHARED | {"ngsi", "contexts"},
    "[dialects.home_assistant]\n": SHARED | {"announced", "home_assistant"},
    "[dialects.sparkplug]\n": SHARED | {"edge", "metrics", "protobuf", "sparkplug"},
}


def test_who_speaks_one_pays_for_no_other(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(len(SPOKEN))]
    for folder, dialects in zip(folders, SPOKEN, strict=True):
        folder.mkdir()
        settings(folder, dialects)
    command = [sys.executable, "-c", LIVES, *(str(folder / "node.toml") for folder in folders)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    for line, names in zip(found, SPOKEN.values(), strict=True):
        assert line.split() == sorted(f"lampyre.sync.dialects.{name}" for name in names)
