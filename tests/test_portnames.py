"""A link that counts ports is pointed out, with the name that stays."""

from pathlib import Path

import pytest

from lampyre.board_settings import BoardSettings
from lampyre.portnames import staying, unsteady


def told(folder: Path, link: str) -> list[str]:
    board = BoardSettings.model_construct(id="b1", kind="sdm120", link=link, options={})
    return list(unsteady([board], folder))


@pytest.mark.parametrize("link", ["serial:///dev/ttyUSB0", "device:///dev/ttyUSB0?baud=9600"])
def test_a_name_that_is_counted_is_told_with_ours_the_adapters_or_the_sockets(link: str, tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch()
    for folder, name in (("serial/by-path", "pci-0-port0"), ("serial/by-id", "usb-FTDI-port0"), ("lampyre", "usb-1")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / name).symlink_to(tmp_path / "ttyUSB0")
        (line,) = told(tmp_path, link)
        assert (
            line
            == f"! board b1: /dev/ttyUSB0 is whoever was plugged in first; give {tmp_path}/{folder}/{name}, which stays"
        )


def test_where_there_is_no_such_name_it_is_said_where_to_look(tmp_path: Path) -> None:
    (line,) = told(tmp_path, "serial:///dev/ttyACM1")
    assert line.endswith("`ls -l /dev/lampyre /dev/serial/by-id` shows names that stay")


@pytest.mark.parametrize(
    "link", ["serial:///dev/ttyAMA0", "serial:///dev/lampyre/usb-1", "tcp://host:1", "device:///dev/i2c-1"]
)
def test_a_name_that_stays_is_not_spoken_of(link: str, tmp_path: Path) -> None:
    assert told(tmp_path, link) == []


def test_a_name_that_leads_elsewhere_is_not_given(tmp_path: Path) -> None:
    (tmp_path / "lampyre").mkdir()
    (tmp_path / "ttyUSB1").touch()
    (tmp_path / "lampyre/usb-2").symlink_to(tmp_path / "ttyUSB1")
    (tmp_path / "ttyUSB0").touch()
    assert staying(tmp_path / "ttyUSB0", tmp_path) is None
