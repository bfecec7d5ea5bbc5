"""A state file is old or new, never neither."""

from pathlib import Path

import pytest

from lampyre.statefile import STATE_LIMIT, keep, kept


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    keep(tmp_path / "state", "été")
    assert kept(tmp_path / "state") == "été"
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_failed_write_leaves_the_old_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path / "state", "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        keep(tmp_path / "state", "new")
    assert kept(tmp_path / "state") == "old"


def test_what_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert kept(tmp_path / "none") is None
    (tmp_path / "binary").write_bytes(b"\xff\xff")
    assert kept(tmp_path / "binary") is None
    (tmp_path / "huge").write_bytes(b"x" * (STATE_LIMIT + 1))
    assert kept(tmp_path / "huge") is None
