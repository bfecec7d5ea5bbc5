"""What a node never uses stays out of its memory."""

import subprocess
import sys

WHOLE_NODE = "import lampyre.lean; lampyre.lean.spare(); import lampyre.serve, sys; print(*sys.modules)"


def test_a_whole_node_imports_no_mail_no_web_no_archives_and_no_command_line() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", WHOLE_NODE], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "pydantic" in loaded
    assert "paho.mqtt.client" in loaded
    for spared in ("email", "http.client", "zipfile", "csv", "importlib.metadata", "argparse", "shutil", "lzma"):
        assert spared not in loaded


LEAN = """
from lampyre.lean import spare
spare()
import dataclasses, gc

@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    left: int
    right: object = dataclasses.field(default=None, repr=False)

one = Pair(1)
for act in (lambda: setattr(one, "left", 2), lambda: delattr(one, "left"), lambda: setattr(one, "other", 2)):
    try:
        act()
    except dataclasses.FrozenInstanceError as error:
        print(error)
print(one, one == Pair(1), hash(one) == hash(Pair(1)))
gc.collect()
print(sum(isinstance(each, type) and each.__name__ == "Pair" for each in gc.get_objects()))
"""


def test_frozen_nouns_are_as_frozen_as_ever_and_there_is_one_class_of_each() -> None:
    said = subprocess.run([sys.executable, "-c", LEAN], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [
        "cannot assign to field 'left'",
        "cannot delete field 'left'",
        "cannot assign to field 'other'",
        "Pair(left=1) True True",
        "1",
    ]
