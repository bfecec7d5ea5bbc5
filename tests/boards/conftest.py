"""The firmware's files import one another by their bare names, as they lie in the board's flash."""

import importlib
import sys

import lampyre.wire

sys.modules["wire"] = lampyre.wire
sys.modules["pins"] = importlib.import_module("lampyre_boards.lamp_bin_pico.pins")
for name in ("scale", "lamp", "night", "keep"):
    sys.modules[name] = importlib.import_module(f"lampyre_boards.common.{name}")
