"""What a node.toml's boards can measure, and whether its bins ask for what is there."""

import lampyre_boards
from lampyre.board import Definition, load_definition
from lampyre.errors import ConfigError
from lampyre.sense.maxbotix import DISTANCE
from lampyre.settings import Settings


def definitions(settings: Settings) -> dict[str, Definition]:
    """Return each board's definition by its id; raises ConfigError where a bin names a channel that is not there."""
    found = {board.id: _definition(board.kind) for board in settings.board}
    for bin_ in settings.bin:
        for channel in filter(None, (bin_.distance, bin_.temperature)):
            board, name = channel.split(".")
            names = [each.name for each in found[board].channels]
            if name not in names:
                raise ConfigError(
                    f"bin {bin_.id}: {channel!r}: board {board} has no such channel, but {', '.join(names)}"
                )
    return found


def _definition(kind: str) -> Definition:
    if kind == "maxbotix":
        return Definition("maxbotix", (DISTANCE,))
    return load_definition(lampyre_boards.folder(kind))
