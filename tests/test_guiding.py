"""Which model foresees may be chosen from afar: among what lies on the node, and never one that cannot be loaded."""

import shutil
from pathlib import Path

import pytest
from tests.test_street import THREE, Place

import lampyre_models
from lampyre.errors import CommandRefused
from lampyre.guiding import BUNDLES, CHOSEN, Guiding


class Street(Place):
    """A place whose models are chosen."""

    @property
    def guiding(self) -> Guiding:
        return self.node.guiding

    def again(self, text: str = THREE) -> Guiding:
        """Return what a restart makes of it."""
        fresh = Place(self.folder, text).node
        fresh.guiding.open()
        return fresh.guiding

    def bundle(self, name: str, of: str = "activity_v1") -> Path:
        folder = self.node.state_dir / BUNDLES / name
        shutil.copytree(lampyre_models.folder(of), folder)
        return folder


@pytest.fixture
def street(tmp_path: Path) -> Street:
    street = Street(tmp_path)
    street.node.state_dir.mkdir()
    street.guiding.open()
    return street


async def test_none_lets_the_rule_decide_at_once_and_after_a_restart_and_file_takes_it_back(street: Street) -> None:
    lamp, bin_ = street.node.lamps["lamp-1"], street.node.bins["bin-1"]
    assert await street.guiding.use("activity", "none") == (
        "activity: none: switched off in the configuration, the rule decides"
    )
    assert (lamp.model, bin_.model is None) == (None, False)
    assert street.again().told["activity"].startswith("none")
    assert await street.guiding.use("activity", "file") == "activity: activity_v1 1.1"
    assert lamp.model is not None
    assert street.again().told["activity"] == "activity_v1 1.1"


async def test_a_choice_ends_when_the_file_says_something_else(street: Street) -> None:
    await street.guiding.use("activity", "none")
    other = THREE + '[models]\nactivity = "shipped"\nfill = "none"\n'
    assert street.again(other).told["activity"].startswith("none"), "of this duty it says what it said"
    street.node.take(street.file(THREE + '[models]\nactivity = "none"\n'))
    street.node.take(street.file(THREE + '[models]\nactivity = "shipped"\n'))
    assert street.guiding.told["activity"].startswith("none"), "as it was when it was chosen"


async def test_a_bundle_on_the_node_is_looked_at_by_another_process_before_it_guides(street: Street) -> None:
    street.bundle("activity-v2")
    damaged = street.bundle("damaged")
    (damaged / "model.tflite").write_bytes(b"\x00" * 1000)
    assert await street.guiding.use("activity", "activity-v2") == "activity: activity_v1 1.1"
    for name, why in (("damaged", "sha256"), ("nobody", "there are file, shipped, none, activity-v2, damaged")):
        with pytest.raises(CommandRefused, match=why):
            await street.guiding.use("activity", name)
    with pytest.raises(CommandRefused, match="not for fill"):
        await street.guiding.use("fill", "activity-v2")
    shutil.rmtree(street.node.state_dir / BUNDLES / "activity-v2")
    assert "no model 'activity-v2' on this node" in street.again().told["activity"], "gone: the rule decides"


async def test_a_damaged_choice_leaves_what_the_file_says(street: Street) -> None:
    (street.node.state_dir / CHOSEN).write_text('{"activity": 5}')
    assert street.again().told["activity"] == "activity_v1 1.1"


async def test_a_disk_that_takes_nothing_changes_nothing(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lampyre.guiding.keep", full)
    with pytest.raises(CommandRefused, match="nothing is changed"):
        await street.guiding.use("activity", "none")
    assert street.guiding.told["activity"] == "activity_v1 1.1"
