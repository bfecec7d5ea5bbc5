"""The shipped boards: for each a folder with board.toml and pins.py; the firmware they share lies in common/."""

from pathlib import Path

HERE = Path(__file__).parent


def kinds() -> list[str]:
    """Return the kinds of boards there are."""
    return sorted(path.parent.name for path in HERE.glob("*/board.toml"))


def folder(kind: str) -> Path:
    """Return the folder of a kind of board."""
    return HERE / kind


def loader() -> Path:
    """Return the file that lies as main.py in the root of a board's flash and starts the firmware."""
    return HERE / "common" / "main.py"


def firmware(kind: str) -> list[Path]:
    """Return the files of a board's firmware; beside them it wants the agent's wire.py."""
    shared = [path for path in sorted((HERE / "common").glob("*.py")) if path.name not in ("__init__.py", "main.py")]
    return [*shared, folder(kind) / "pins.py"]
