"""Drivers of others: the page that tells how to make one is tried word for word."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.test_city import CONFIG

from lampyre.driver import Driver, Option
from lampyre.drivers import OURS, driver_of, kinds
from lampyre.errors import ConfigError
from lampyre.settings import load_settings

PAGE = (Path(__file__).parent.parent / "docs/drivers.md").read_text(encoding="utf-8")
BOARD = '[[board]]\nid = "level-1"\nkind = "{}"\nlink = "{}"\n'
SERIAL = "serial:///dev/ttyUSB7?baud=9600"


def installed(folder: Path, more: str = "") -> None:
    """Write what stands on the page, and what pip would make of it."""
    for text in re.findall(r"```\w+\n(# (?:\S+)\n.*?)```", PAGE, re.DOTALL):
        (folder / text.split("\n")[0][2:]).write_text(text, encoding="utf-8")
    table = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    project = table["project"]
    modules = table["tool"]["setuptools"]["py-modules"]  # or setuptools refuses two modules side by side
    assert modules == [where.split(":")[0] for where in project["entry-points"]["lampyre.drivers"].values()]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = project["entry-points"]["lampyre.drivers"]
    lines = "".join(f"{kind} = {where}\n" for kind, where in points.items())
    (info / "entry_points.txt").write_text(f"[lampyre.drivers]\n{lines}{more}")


def run(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run Python where the page's package is installed."""
    way = f"import sys; sys.path.insert(0, {str(folder)!r})"
    code = f"{way}\nimport runpy\nsys.argv = {list(words)!r}\nrunpy.run_module(sys.argv[0], run_name='__main__')"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=folder)


def test_the_driver_of_the_page_is_found_checked_and_keeps_to_the_contract(tmp_path: Path) -> None:
    installed(tmp_path)
    (tmp_path / "node.toml").write_text(CONFIG.format(folder=tmp_path) + BOARD.format("acme_level", SERIAL))
    told = run(tmp_path, "lampyre", "check", "node.toml")
    assert f"board level-1: acme_level on {SERIAL}" in told.stdout, told.stderr
    held = run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", "test_acme_level.py")
    assert "1 passed" in held.stdout, held.stdout


@pytest.mark.parametrize(
    ("more", "kind", "said"),
    [
        ("gone = acme_gone:DRIVER\n", "gone", "does not load: No module named 'acme_gone'"),
        ("bare = acme_level:Decoder\n", "bare", "is no lampyre.driver.Driver of that kind"),
        ("other = acme_level:DRIVER\n", "other", "is no lampyre.driver.Driver of that kind"),
    ],
)
def test_a_package_that_does_not_keep_its_word_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, kind: str, said: str
) -> None:
    installed(tmp_path, more)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigError, match=re.escape(f"driver {kind!r} of acme-level {said}")):
        driver_of(kind)
    assert kind in kinds()


def test_every_kind_of_ours_is_what_it_is_called_and_stands_on_the_page() -> None:
    for kind in OURS:
        driver = driver_of(kind)
        assert driver.kind == kind
        assert [driver.speech, driver.make, driver.lamp].count(None) == 2
        assert f"`{kind}`" in PAGE


def test_an_unknown_kind_is_told_with_those_there_are(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text(CONFIG.format(folder=tmp_path) + BOARD.format("tfmini", SERIAL))
    with pytest.raises(ConfigError, match=r"'tfmini'; is 'tfmini_s' meant\? there are bh1750, .*lamp_bin_pico"):
        load_settings(path)


def test_options_are_refused_unless_the_driver_knows_them() -> None:
    driver = Driver("k", (), 5.0, "here", options=(Option("address", 1, 1, 247),))
    assert driver.settle({}) == {"address": 1}
    assert driver.settle({"address": 7}) == {"address": 7}
    with pytest.raises(ValueError, match="k has no option 'adress'; it has address"):
        driver.settle({"adress": 7})
    with pytest.raises(ValueError, match="option address: give a number from 1 to 247"):
        driver.settle({"address": 300})


def test_a_speed_that_is_not_the_sensors_is_pointed_out(tmp_path: Path) -> None:
    text = CONFIG.format(folder=tmp_path) + BOARD.format("ld2410", SERIAL)
    (tmp_path / "node.toml").write_text(text)
    told = run(tmp_path, "lampyre", "check", "node.toml").stdout
    assert "! board level-1: ld2410 leaves the factory at 256000 baud, the link says 9600" in told


def test_a_meter_that_must_be_set_to_the_speed_of_its_line_is_told_of(tmp_path: Path) -> None:
    text = CONFIG.format(folder=tmp_path) + BOARD.format("sdm120", "device:///dev/ttyUSB7?baud=9600")
    (tmp_path / "node.toml").write_text(text)
    told = run(tmp_path, "lampyre", "check", "node.toml").stdout
    assert "\nboard level-1: sdm120 leaves the factory at 2400 baud; it must be set to 9600" in told


def test_a_sensor_that_speaks_is_not_looked_for_on_a_bus(tmp_path: Path) -> None:
    text = CONFIG.format(folder=tmp_path) + BOARD.format("nmea", "device:///dev/i2c-1")
    (tmp_path / "node.toml").write_text(text)
    told = run(tmp_path, "lampyre", "check", "node.toml").stderr
    assert "nmea speaks on a serial line, not at device:///dev/i2c-1; give serial:///dev/NAME?baud=9600" in told
