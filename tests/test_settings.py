"""A node's file is understood or refused with file, key and cure."""

from pathlib import Path

import pytest

from lampyre.errors import ConfigError
from lampyre.settings import load_settings

GOOD = """
[node]
site = "rue-des-lilas"
id = "n01"
latitude = 47.322
longitude = 5.041

[[board]]
id = "b1"
kind = "lamp_bin_pico"
link = "serial:///dev/ttyAMA0?baud=115200"

[[board]]
id = "r1"
kind = "maxbotix"
link = "serial:///dev/ttyUSB0?baud=9600"

[[lamp]]
id = "lamp-1"
board = "b1"

[[bin]]
id = "bin-1"
distance = "r1.distance"
height_m = 1.2
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "node.toml"
    path.write_text(text)
    return path


def test_a_good_file_is_understood_and_what_it_leaves_out_is_safe(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, GOOD))
    assert settings.lamp[0].safe_level == 0.6
    assert settings.broker.host == "127.0.0.1"
    assert settings.node.console_pin is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('site = "rue-des-lilas"', 'site = "Rue des Lilas"'), "node.site"),
        (("latitude = 47.322", ""), "node.latitude: missing"),
        (("latitude = 47.322", "latitude = nan"), "node.latitude"),
        (("latitude = 47.322", "latitudo = 47.322"), "node.latitudo: no such key"),
        (('kind = "maxbotix"', 'kind = "maxbotics"'), "board.1.kind"),
        (("?baud=9600", "?baud=9601"), "board.1.link: link"),
        (('board = "b1"', 'board = "b9"'), "board 'b9' is not a lamp board"),
        (('"r1.distance"', '"r7.distance"'), "names no board of this file"),
        (("height_m = 1.2", "height_m = 0.1"), "leaves less than 0.2 m"),
        (('id = "r1"', 'id = "b1"'), "there twice"),
        (("/dev/ttyUSB0?baud=9600", "/dev/ttyAMA0?baud=115200"), "there twice"),
        (("/dev/ttyUSB0?baud=9600", "/dev/ttyAMA0?baud=9600"), "'/dev/ttyAMA0' is there twice"),
        (("/dev/ttyUSB0?baud=9600", "/dev//ttyAMA0"), "'/dev/ttyAMA0' is there twice"),
        (("[node]", '[broker]\nurl = "mqtt://127.0.0.1:99999"\n[node]'), "broker: url: give mqtts://host[:port]"),
        (("[node]", '[broker]\nurl = "mqtt://127.0.0.1:many"\n[node]'), "broker: url: give mqtts://host[:port]"),
        (("[node]", '[broker]\nurl = "mqtt://127.0.0.1#x"\n[node]'), "broker: url: give mqtts://host[:port]"),
        (("[node]", '[node]\ntime_zone = "Europe/Dijon"'), "no such time zone"),
        (("[node]", '[broker]\nurl = "mqtt://10.0.0.1"\n[node]'), "i-know"),
        (("[node]", '[broker]\nurl = "mqtts://city"\nca_file = "/c"\n[node]'), "ca_file, cert_file and key_file"),
        (("[node]", '[broker]\nurl = "mqtt://u:p@127.0.0.1"\n[node]'), "no password"),
        (("[node]", "[node"), "not TOML"),
    ],
)
def test_a_wrong_file_is_refused_by_key_and_cure(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    assert change[0] in GOOD
    path = written(tmp_path, GOOD.replace(*change))
    with pytest.raises(ConfigError) as refused:
        load_settings(path)
    for line in str(refused.value).splitlines():
        assert line.startswith(f"{path}: ")
    assert said in str(refused.value)


def test_an_absent_a_huge_a_binary_and_a_deep_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_settings(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="at most"):
        load_settings(written(tmp_path, "#" * 300_000))
    path = tmp_path / "node.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_settings(path)
    with pytest.raises(ConfigError):
        load_settings(written(tmp_path, "a = " + "[" * 50_000 + "]" * 50_000))


def test_plain_text_over_the_network_needs_many_words(tmp_path: Path) -> None:
    broker = '[broker]\nurl = "mqtt://10.0.0.1"\nplain_text_over_the_network = "i-know"\n'
    assert load_settings(written(tmp_path, broker + GOOD)).broker.host == "10.0.0.1"
