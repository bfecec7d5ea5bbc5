"""Lines that several boards share: what cannot be is refused, with the cure."""

import pytest

from lampyre.board_settings import BoardSettings
from lampyre.driver import Bus, Driver, Option, Place, Speech
from lampyre.errors import ConfigError
from lampyre.link import Address, parse_address
from lampyre.shared import baud_of, fit_together

ADDRESS = (Option("address", 1, 1, 247), Option("every_s", 5, 1, 60))


def never(place: Place) -> None:
    """Return no device: nothing is opened here."""


def driver(kind: str, bus: Bus | None, options: tuple[Option, ...] = ADDRESS) -> Driver:
    return Driver(kind, (), 5.0, "here", make=never, bus=bus, options=options)  # type: ignore[arg-type]


DRIVERS = {
    "sdm120": driver("sdm120", Bus("Modbus", 2400)),
    "pzem004t": driver("pzem004t", Bus("Modbus", 9600)),
    "bh1750": driver("bh1750", Bus("I2C")),
    "tf_luna": driver("tf_luna", Bus("I2C"), (Option("address", 0x10, 8, 0x77),)),
    "pir": driver("pir", None, (Option("line", 0, 0, 63),)),
    "relay": driver("relay", None, (Option("line", 0, 0, 63),)),
    "maxbotix": Driver("maxbotix", (), 5.0, "here", speech=Speech(None, 9600, 5.0, 0.0, 0.0)),  # type: ignore[arg-type]
}


def check(*boards: tuple[str, str, dict[str, float]]) -> None:
    made = [
        BoardSettings.model_construct(id=f"b{n}", kind=kind, link=link, options=options)
        for n, (kind, link, options) in enumerate(boards, 1)
    ]
    fit_together(made, {board.id: DRIVERS[board.kind] for board in made if board.kind in DRIVERS})


def test_a_shared_line_may_name_its_speed() -> None:
    assert parse_address("device:///dev/ttyUSB0?baud=9600") == Address(
        "device:///dev/ttyUSB0?baud=9600", path="/dev/ttyUSB0", baud=9600, bus=True
    )
    assert parse_address("device:///dev/i2c-1").baud == 0


@pytest.mark.parametrize("query", ["baud=9601", "baud=", "baud=0x10", "speed=9600", "baud=9600&parity=N"])
def test_no_other_question_is_put_to_a_shared_line(query: str) -> None:
    with pytest.raises(ConfigError, match=r"give serial:///dev/NAME.* device:///dev/NAME, with \?baud=9600"):
        parse_address(f"device:///dev/ttyUSB0?{query}")


def test_without_a_speed_the_driver_says_it() -> None:
    board = BoardSettings.model_construct(id="b", kind="sdm120", link="device:///dev/ttyUSB0", options={})
    assert baud_of(board, DRIVERS["sdm120"]) == 2400
    assert baud_of(board.model_copy(update={"link": "device:///dev/ttyUSB0?baud=4800"}), DRIVERS["sdm120"]) == 4800


def test_devices_of_one_bus_are_told_apart_by_their_address() -> None:
    line = "device:///dev/ttyUSB0?baud=9600"
    check(("sdm120", line, {"address": 2}), ("pzem004t", line, {}), ("sdm120", line, {"address": 3}))
    check(("bh1750", "device:///dev/i2c-1", {"address": 0x23}), ("tf_luna", "device:///dev/i2c-1", {}))


@pytest.mark.parametrize(
    ("one", "other", "cure"),
    [
        (
            ("sdm120", "device:///dev/ttyUSB0?baud=9600", {"every_s": 2}),
            ("pzem004t", "device:///dev//ttyUSB0", {}),
            "both at address 1 of /dev/ttyUSB0; give each device its own, and tell it here as options.address",
        ),
        (
            ("sdm120", "device:///dev/ttyUSB0", {}),
            ("pzem004t", "device:///dev/ttyUSB0", {"address": 2}),
            "cannot run at 2400 and at 9600 baud; set both devices to one speed, and give both links ?baud=2400",
        ),
        (
            ("sdm120", "device:///dev/ttyUSB0", {}),
            ("bh1750", "device:///dev/ttyUSB0", {"address": 2}),
            "cannot carry Modbus and I2C; give each its own adapter",
        ),
        (
            ("pir", "device:///dev/gpiochip4", {"line": 3}),
            ("relay", "device:///dev/gpiochip4", {"line": 3}),
            "both at line 3 of /dev/gpiochip4; give each device its own, and tell it here as options.line",
        ),
        (
            ("sdm120", "device:///dev/ttyUSB0", {}),
            ("maxbotix", "serial:///dev/ttyUSB0?baud=9600", {}),
            "is a line of one of them alone; give each its own",
        ),
        (
            ("lamp_bin_pico", "serial:///dev/ttyUSB0", {}),
            ("sdm120", "device:///dev/ttyUSB0", {}),
            "is a line of one of them alone; give each its own",
        ),
    ],
)
def test_what_cannot_share_a_line_is_refused_with_the_cure(
    one: tuple[str, str, dict[str, float]], other: tuple[str, str, dict[str, float]], cure: str
) -> None:
    with pytest.raises(ConfigError) as told:
        check(one, other)
    assert str(told.value).startswith("boards b1 and b2: ")
    assert cure in str(told.value)


def test_a_device_that_shares_is_not_given_a_line_of_its_own() -> None:
    with pytest.raises(ConfigError, match=r"b1: sdm120 speaks Modbus, .*; give device:///dev/NAME\?baud=2400"):
        check(("sdm120", "serial:///dev/ttyUSB0?baud=2400", {}))
    with pytest.raises(ConfigError, match="b1: I2C has no baud; give device:///dev/i2c-1"):
        check(("bh1750", "device:///dev/i2c-1?baud=9600", {}))
