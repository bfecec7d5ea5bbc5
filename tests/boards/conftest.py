"""The firmware's files import one another by their bare names, as they lie in the board's flash."""

import importlib
import sys

import lampyre.wire

sys.modules["wire"] = lampyre.wire
for name in ("pins", "lamp", "night"):
    sys.modules[name] = importlib.import_module(f"lampyre_boards.lamp_bin_pico.{name}")
