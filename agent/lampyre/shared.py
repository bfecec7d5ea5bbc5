"""Lines and buses that several boards of a node.toml share: one speed, one way of speaking, an address for each."""

from collections.abc import Mapping, Sequence
from os.path import normpath

from lampyre.board_settings import BoardSettings
from lampyre.driver import Driver, Values
from lampyre.errors import ConfigError
from lampyre.link import parse_address

TOLD_BY = ("address", "line", "channel")  # options by which devices of one bus or chip are told apart


def fit_together(boards: Sequence[BoardSettings], drivers: Mapping[str, Driver]) -> None:
    """Raise ConfigError, with the cure, for boards that cannot share what they say they share; `drivers` by board."""
    paths: dict[str, list[BoardSettings]] = {}
    for board in boards:
        address = parse_address(board.link)
        if address.path:
            paths.setdefault(normpath(address.path), []).append(board)
        driver = drivers.get(board.id)
        if driver is not None and driver.bus is not None:
            _its_own_link(board, driver)
    for path, there in paths.items():
        for board in there[1:]:
            _beside(path, there[0], board, drivers)
        _addresses(path, [(board, drivers[board.id].settle(board.options)) for board in there if board.id in drivers])


def baud_of(board: BoardSettings, driver: Driver) -> int:
    """Return the speed of the line that a board shares; 0 where its bus has none."""
    return parse_address(board.link).baud or (driver.bus.baud if driver.bus is not None else 0)


def _its_own_link(board: BoardSettings, driver: Driver) -> None:
    assert driver.bus is not None
    address, baud = parse_address(board.link), driver.bus.baud
    if not address.bus:
        cure = "device:///dev/NAME" + (f"?baud={baud}" if baud else "")
        raise ConfigError(
            f"board {board.id}: {board.kind} speaks {driver.bus.name}, which several may share; give {cure}"
        )
    if address.baud and not baud:
        raise ConfigError(f"board {board.id}: {driver.bus.name} has no baud; give device://{address.path}")


def _beside(path: str, one: BoardSettings, other: BoardSettings, drivers: Mapping[str, Driver]) -> None:
    who = f"boards {one.id} and {other.id}: {path}"
    first, second = drivers.get(one.id), drivers.get(other.id)
    if first is None or second is None or first.speech is not None or second.speech is not None:
        raise ConfigError(f"{who} is a line of one of them alone; give each its own")
    if first.bus is None or second.bus is None:
        return
    if first.bus.name != second.bus.name:
        raise ConfigError(f"{who} cannot carry {first.bus.name} and {second.bus.name}; give each its own adapter")
    speeds = baud_of(one, first), baud_of(other, second)
    if speeds[0] != speeds[1]:
        raise ConfigError(
            f"{who} cannot run at {speeds[0]} and at {speeds[1]} baud; set both devices to one speed, "
            f"and give both links ?baud={speeds[0]}"
        )


def _addresses(path: str, there: Sequence[tuple[BoardSettings, Values]]) -> None:
    for what in TOLD_BY:
        taken: dict[float, str] = {}
        for board, options in there:
            number = options.get(what)
            if number is None:
                continue
            if number in taken:
                raise ConfigError(
                    f"boards {taken[number]} and {board.id}: both at {what} {number:g} of {path}; give each device "
                    f"its own, and tell it here as options.{what}"
                )
            taken[number] = board.id
