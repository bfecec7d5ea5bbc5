"""`lampyre check` names what systemd would not let the service reach, and is silent where it would."""

from pathlib import Path

import pytest
from tests.test_settings import GOOD, written

from lampyre.sandbox import out_of_reach
from lampyre.settings import load_settings

UNIT = (Path(__file__).parents[1] / "deploy/lampyre.service").read_text()
BY_NAME = 'url = "mqtt://broker.example"\nplain_text_over_the_network = "i-know"'
BY_ADDRESS = BY_NAME.replace("broker.example", "192.0.2.10")
BY_SIX = BY_NAME.replace("broker.example", "[2001:db8::10]")


def told(folder: Path, broker: str, *drop_ins: str, board: str = "") -> list[str]:
    unit = folder / "lampyre.service"
    unit.write_text(UNIT)
    beside = folder / "lampyre.service.d"
    beside.mkdir()
    for number, text in enumerate(drop_ins):
        (beside / f"{number}.conf").write_text(f"[Service]\n{text}\n")
    text = GOOD + (f"\n[broker]\n{broker}\n" if "[broker]" not in GOOD else "") + board
    return list(out_of_reach(load_settings(written(folder, text)), unit))


@pytest.mark.parametrize(
    ("broker", "drop_ins"),
    [
        ('url = "mqtt://127.0.0.1:1883"', ()),
        ('url = "mqtt://localhost"', ()),
        (BY_ADDRESS, ("IPAddressAllow=192.0.2.10",)),
        (BY_ADDRESS, ("IPAddressAllow = 192.0.2.0/24 198.51.100.1",)),
        (BY_ADDRESS, ("IPAddressAllow=any",)),
        (BY_SIX, ("IPAddressAllow=2001:db8::10",)),
        (BY_NAME, ("IPAddressAllow=192.0.2.10",)),
    ],
)
def test_what_may_be_reached_is_not_spoken_of(tmp_path: Path, broker: str, drop_ins: tuple[str, ...]) -> None:
    assert told(tmp_path, broker, *drop_ins) == []


@pytest.mark.parametrize(
    ("broker", "drop_ins", "said"),
    [
        (BY_ADDRESS, (), "! broker: the service may not reach 192.0.2.10; allow its address in "),
        (BY_ADDRESS, ("#IPAddressAllow=192.0.2.10",), "! broker: the service may not reach 192.0.2.10"),
        (BY_ADDRESS, ("IPAddressAllow=192.0.2.10", "IPAddressAllow="), "may not reach 192.0.2.10"),
        (BY_ADDRESS, ("IPAddressAllow=2001:db8::/32 multicast",), "may not reach 192.0.2.10"),
        (BY_NAME, (), "allow the address of broker.example and of its name server in "),
    ],
)
def test_what_may_not_be_reached_is_told_with_the_file_that_cures_it(
    tmp_path: Path, broker: str, drop_ins: tuple[str, ...], said: str
) -> None:
    (line,) = told(tmp_path, broker, *drop_ins)
    assert said in line
    assert f"{tmp_path}/lampyre.service.d/broker.conf, then systemctl daemon-reload" in line


def test_a_board_behind_a_network_is_meant_too(tmp_path: Path) -> None:
    board = '\n[[board]]\nid = "far"\nkind = "lamp_bin_pico"\nlink = "tcp://192.0.2.20:4000"\n'
    (line,) = told(tmp_path, 'url = "mqtt://127.0.0.1"', board=board)
    assert line.startswith("! board far: the service may not reach 192.0.2.20")


def test_where_no_service_is_installed_nothing_is_said(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, GOOD + f"\n[broker]\n{BY_ADDRESS}\n"))
    assert list(out_of_reach(settings, tmp_path / "none.service")) == []
