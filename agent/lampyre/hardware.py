"""What a node.toml's boards can measure, and whether its bins ask for what is there."""

import lampyre_boards
from lampyre.board import Definition, load_definition
from lampyre.board_settings import OUR_BOARDS, BoardSettings
from lampyre.drivers import driver_of
from lampyre.errors import ConfigError
from lampyre.link import parse_address
from lampyre.records import Quantity
from lampyre.settings import Settings
from lampyre.shared import fit_together


def definitions(settings: Settings) -> dict[str, Definition]:
    """Return each board's definition by its id; raises ConfigError for a bin's channel that none of them has."""
    found = {board.id: _definition(board) for board in settings.board}
    fit_together(
        settings.board, {board.id: driver_of(board.kind) for board in settings.board if board.kind not in OUR_BOARDS}
    )
    for bin_ in settings.bin:
        for channel, quantity in (
            (bin_.distance, Quantity.DISTANCE),
            (bin_.temperature, Quantity.TEMPERATURE),
            (bin_.lid, Quantity.OPEN),
            (bin_.tilt, Quantity.TILT),
        ):
            if channel is None:
                continue
            board, name = channel.split(".")
            fit = [each.name for each in found[board].channels if each.quantity is quantity]
            if name not in fit:
                raise ConfigError(
                    f"bin {bin_.id}: {channel!r}: board {board} has no such channel of {quantity.value[0]}; "
                    f"it has {', '.join(fit) or 'none'}"
                )
    _hold_lamps(settings)
    for lamp in settings.lamp:
        _measures(found, f"lamp {lamp.id}: luminaire.temperature", lamp.luminaire.temperature, Quantity.TEMPERATURE)
        _measures(found, f"lamp {lamp.id}: presence", lamp.presence, Quantity.PRESENCE)
        _measures(found, f"lamp {lamp.id}: power", lamp.power, Quantity.POWER)
        _measures(found, f"lamp {lamp.id}: lux", lamp.lux, Quantity.ILLUMINANCE)
    return found


def _hold_lamps(settings: Settings) -> None:
    """Raise ConfigError for a lamp on what holds none, and for what holds a lamp that nobody looks after."""
    lamps = {lamp.board: lamp for lamp in settings.lamp}
    for board in settings.board:
        lamp, hung = lamps.get(board.id), None
        if board.kind not in OUR_BOARDS:
            hung = driver_of(board.kind).lamp
            if lamp is not None and hung is None:
                raise ConfigError(f"lamp {lamp.id}: board {board.id!r} is not a lamp board of this file")
        if hung is not None and lamp is None:
            raise ConfigError(f"board {board.id}: {board.kind} holds a lamp; add a [[lamp]] with board = {board.id!r}")
        if hung is not None and lamp is not None and hung.by_share and lamp.output.curve != "linear":
            raise ConfigError(f"lamp {lamp.id}: {board.kind} knows the curve of its gear; leave output.curve out")
        if hung is not None and lamp is not None and lamp.output.minimum < hung.least == 1.0:
            raise ConfigError(
                f"lamp {lamp.id}: {board.kind} can only switch; give output = {{ minimum = 1.0 }}, which is true"
            )


def _measures(found: dict[str, Definition], who: str, channel: str | None, quantity: Quantity) -> None:
    if channel is None:
        return
    board, name = channel.split(".")
    fit = [each.name for each in found[board].channels if each.quantity is quantity]
    if name not in fit:
        raise ConfigError(
            f"{who} {channel!r}: board {board} has no such channel of {quantity.value[0]}; "
            f"it has {', '.join(fit) or 'none'}"
        )


def _definition(board: BoardSettings) -> Definition:
    if board.kind in OUR_BOARDS:
        return load_definition(lampyre_boards.folder(board.kind))
    driver = driver_of(board.kind)
    if parse_address(board.link).bus and driver.speech is not None:
        cure = f"give serial:///dev/NAME?baud={driver.speech.baud} or tcp://host:port"
        raise ConfigError(f"board {board.id}: {board.kind} speaks on a serial line, not at {board.link}; {cure}")
    try:
        driver.settle(board.options)
    except ValueError as error:
        raise ConfigError(f"board {board.id}: {error}") from None
    return Definition(driver.kind, driver.channels, driver.lamp.least if driver.lamp is not None else 0.0)
