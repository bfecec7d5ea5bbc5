"""A file that takes a pin twice, or one that is not there, is refused; what the header has stands in data."""

from pathlib import Path

import pytest

from lampyre.board_settings import BoardSettings
from lampyre.computer import Computer, computer_of, computers, enabled_by, explain_pins, load_computer
from lampyre.errors import ConfigError


@pytest.fixture(params=computers())
def computer(request: pytest.FixtureRequest) -> Computer:
    return load_computer(request.param)


def board(name: str, link: str, kind: str = "nmea", **options: float) -> BoardSettings:
    return BoardSettings.model_construct(id=name, kind=kind, link=link, options=options)


def test_the_computers_a_town_buys_are_known() -> None:
    assert computers() == [
        "raspberry_pi_3",
        "raspberry_pi_4",
        "raspberry_pi_5",
        "raspberry_pi_cm4",
        "raspberry_pi_zero_2_w",
    ]


def test_each_definition_keeps_to_the_header(computer: Computer) -> None:
    pins = [pin for port in computer.ports for pin in port.pins] + [pin for _, some in computer.pwm for pin in some]
    assert pins
    assert all(0 <= pin < computer.pins for pin in pins)
    assert all(port.enable.startswith(("enable_uart=", "dtoverlay=", "dtparam=")) for port in computer.ports)
    assert len({port.path for port in computer.ports}) == len(computer.ports)


def test_a_computer_is_known_by_its_device_tree(tmp_path: Path, computer: Computer) -> None:
    (tmp_path / "model").write_bytes(computer.model[0].encode() + b" Rev 1.1\0")
    assert computer_of("auto", tmp_path / "model") == computer


def test_a_computer_that_nobody_has_described_is_none(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"Orange Pi Zero\0")
    assert computer_of("auto", tmp_path / "model") is None
    assert computer_of("auto", tmp_path / "nothing") is None
    with pytest.raises(ConfigError, match="raspberry_pi_5"):
        computer_of("orange_pi")


def test_a_uart_and_a_pin_of_its_own_clash_with_the_cure(computer: Computer) -> None:
    two = [
        board("pir", "device:///dev/gpiochip0", line=15),
        board("gnss", "serial:///dev/ttyAMA0?baud=9600"),
    ]
    with pytest.raises(ConfigError, match=r"GPIO 15 .* board pir.*plug one of them in elsewhere; GPIO .* are nobody's"):
        list(explain_pins(computer, two))


def test_a_pin_that_is_not_on_the_header_is_refused(computer: Computer) -> None:
    with pytest.raises(ConfigError, match=r"GPIO 0 to 27"):
        list(explain_pins(computer, [board("pir", "device:///dev/gpiochip0", line=40)]))


def test_the_same_pin_twice_is_refused_on_a_computer_that_nobody_knows() -> None:
    twice = [board("a", "device:///dev/gpiochip0", line=17), board("b", "device:///dev/gpiochip0", line=17)]
    with pytest.raises(ConfigError, match="GPIO 17"):
        list(explain_pins(None, twice))


def test_two_sensors_share_an_i2c_bus_and_no_pin_goes_with_it(computer: Computer) -> None:
    shared = [board("lux", "device:///dev/i2c-1", address=0x23), board("tof", "device:///dev/i2c-1", address=0x10)]
    assert list(explain_pins(computer, shared))[-1] == "pins: GPIO 2 tof, GPIO 3 tof"
    with pytest.raises(ConfigError, match="GPIO 2"):
        list(explain_pins(computer, [*shared, board("pir", "device:///dev/gpiochip0", line=2)]))


def test_a_thermometer_on_one_wire_takes_the_pin_of_its_bus(computer: Computer) -> None:
    cold = board("cold", "device:///sys/bus/w1/devices/28-0316a2795bff")
    with pytest.raises(ConfigError, match="GPIO 4"):
        list(explain_pins(computer, [cold, board("pir", "device:///dev/gpiochip0", line=4)]))


def test_a_pwm_channel_takes_whichever_of_its_pins_is_left() -> None:
    pi, lamp = load_computer("raspberry_pi_4"), board("lamp", "device:///sys/class/pwm/pwmchip0", channel=0)
    one = board("pir", "device:///dev/gpiochip0", line=12)
    assert "GPIO 18 lamp" in list(explain_pins(pi, [lamp, one]))[-1]
    with pytest.raises(ConfigError, match="PWM channel 0"):
        list(explain_pins(pi, [lamp, one, board("radar", "device:///dev/gpiochip0", line=18)]))
    with pytest.raises(ConfigError, match="channels 0, 1"):
        list(explain_pins(pi, [board("lamp", "device:///sys/class/pwm/pwmchip0", channel=2)]))


def test_a_uart_that_the_computer_has_not_is_refused_with_those_it_has() -> None:
    with pytest.raises(ConfigError, match=r"no such UART; it has /dev/ttyS0, /dev/ttyAMA0"):
        list(explain_pins(load_computer("raspberry_pi_3"), [board("gnss", "serial:///dev/ttyAMA3")]))


def test_what_enables_a_port_is_known() -> None:
    assert enabled_by(load_computer("raspberry_pi_5"), "/dev/ttyAMA2") == "dtoverlay=uart2-pi5"
    assert enabled_by(load_computer("raspberry_pi_4"), "/dev/i2c-1") == "dtparam=i2c_arm=on"
    assert enabled_by(load_computer("raspberry_pi_4"), "/sys/bus/w1/devices/28-00") == "dtoverlay=w1-gpio"
    assert enabled_by(load_computer("raspberry_pi_4"), "/dev/ttyUSB0") == ""
