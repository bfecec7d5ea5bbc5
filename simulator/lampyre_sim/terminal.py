"""The terminal: a picture that is drawn again and again, one key that ends it, and the picture as a file."""

import asyncio
import io
import re
import sys
import termios
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.live import Live

from lampyre_sim.view import Scene

PICTURE = (100, 30)  # columns and rows of the file
FONT_FACE = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)  # rich would have it fetched from elsewhere
END_KEYS = frozenset("qQ")


class Terminal:
    """`with Terminal(scene, ended)`: full screen; `ended` is called when q is pressed."""

    def __init__(self, scene: Scene, ended: Callable[[], None]) -> None:
        self._scene = scene
        self._ended = ended
        self._console = Console()
        self._live = Live(console=self._console, screen=True, auto_refresh=False)
        self._keys: list[Any] | None = None  # the terminal's settings of before

    def __enter__(self) -> Self:
        """Take the screen and the keys."""
        if sys.stdin.isatty():
            self._keys = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
            asyncio.get_running_loop().add_reader(sys.stdin, self._key)
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Give them back."""
        self._live.stop()
        if self._keys is not None:
            asyncio.get_running_loop().remove_reader(sys.stdin)
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._keys)

    def draw(self) -> None:
        """Show the scene as it is now, in the terminal's present size."""
        size = self._console.size
        self._live.update(self._scene.draw(size.width, size.height), refresh=True)

    def _key(self) -> None:
        if END_KEYS & set(sys.stdin.read(1)):
            self._ended()


def save_svg(scene: Scene, path: Path) -> None:
    """Write the scene as a picture that needs nothing from elsewhere."""
    width, height = PICTURE
    console = Console(
        record=True, width=width, height=height, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(scene.draw(width, height))
    path.write_text(FONT_FACE.sub("", console.export_svg(title="lampyre-sim street")), encoding="utf-8")
