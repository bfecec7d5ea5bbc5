"""Bytes that a fuzzer grows, against both ends of the wire: the agent's and the firmware's.

usage: python -m tests.fuzz.wire [-max_total_time=300] [-artifact_prefix=/tmp/] [FOLDER]
It wants `pip install atheris`. The flags are libFuzzer's; FOLDER keeps what it has found between runs. It ends with
the first fault it finds.
"""

import importlib
import inspect
import math
import sys
from typing import Any

import lampyre_boards
from lampyre import wire
from lampyre.board import BoardLine, load_definition
from lampyre.clock import SystemClock
from lampyre.errors import LinkDown

sys.modules["wire"] = wire
sys.modules["pins"] = importlib.import_module("lampyre_boards.lamp_bin_pico.pins")
for name in ("lamp", "night"):
    sys.modules[name] = importlib.import_module(f"lampyre_boards.common.{name}")
from lampyre_boards.common.board import PENDING_LIMIT, Board  # noqa: E402 - as they lie in the board's flash

NIGHT = [1.0, 0.8, 12.0, 41.0, 0.0, 0.0]
PORTION = 7  # bytes: the stream must read the same however it is cut
DEFINITION = load_definition(lampyre_boards.folder("lamp_bin_pico"))


def one(data: bytes) -> None:
    """Give the same bytes to both ends, as they are, and as the bodies of sound frames."""
    whole, split = wire.Decoder(), wire.Decoder()
    frames = whole.feed(data)
    parts = [frame for at in range(0, len(data), PORTION) for frame in split.feed(data[at : at + PORTION])]
    assert parts == frames, "cutting changed the frames"
    kind, body = (data[0], data[1 : 1 + wire.BODY_LIMIT]) if data else (0, b"")
    frame = wire.encode(kind, 1, body)
    assert wire.decode(frame[:-1]) == (kind, 1, body), "a frame did not come back"
    _board(data + b"\x00" + frame)
    _node([*frames, (kind, 1, body)])


def _board(line: bytes) -> None:
    board = Board({"board": "lamp_bin_pico"}, list(NIGHT), 0)
    board.hear(line, 0)
    for now in range(0, 150_000, 13_000):  # the longest order, one turn, and the ramp
        level = board.step(now, now % 2 == 0, NIGHT)
        assert 0.0 <= level <= 1.0, "a lamp has no such level"
        assert len(board.pending) <= PENDING_LIMIT, "more waits than may"
    assert level >= 0.6 - 1e-6, "the last order is over and it is dark"


def _node(frames: list[tuple[int, int, bytes]]) -> None:
    heard: list[Any] = []
    line = BoardLine("b1", "serial:///dev/x", DEFINITION, SystemClock(), heard.append, heard.append)
    for kind, _, body in frames:
        try:
            line._take(kind, body)
        except LinkDown:
            continue  # a board with other channels is refused in so many words
    for told in heard:
        if isinstance(told, list):
            assert len(told) == len(DEFINITION.channels)
            assert not any(math.isinf(value) for value in told)
        else:
            assert 0.0 <= told.level <= 1.0
            assert 0.0 <= told.target <= 1.0


def main() -> None:
    """Fuzz until a fault, or until the time is over."""
    atheris: Any = importlib.import_module("atheris")
    for module in (wire, *(sys.modules[f"lampyre_boards.common.{name}"] for name in ("board", "lamp", "night"))):
        for part in vars(module).values():
            found = vars(part).values() if inspect.isclass(part) else [part]
            for function in filter(inspect.isfunction, found):
                atheris.instrument_func(function)
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
