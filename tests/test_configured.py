"""Whatever ends between two writes, at the next start the old configuration holds or the new one, and nothing else."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tests.clocks import EVENING
from tests.test_city import LAMP, written

from lampyre.configured import (
    RECORD,
    Probation,
    Record,
    Sent,
    begin,
    digest_of,
    look,
    text_file,
    which,
    write,
)
from lampyre.errors import ConfigError
from lampyre.statefile import keep

TWO = LAMP.format(1) + LAMP.format(2)


class Place:
    """A file by hand, and what the city has sent beside it."""

    def __init__(self, folder: Path) -> None:
        self.hand = written(folder, LAMP.format(1))
        self.state_dir = folder / "state"
        self.state_dir.mkdir()
        self.base = digest_of(self.hand.read_bytes())

    def send(self, text: str, revision: int) -> Sent:
        raw = text.encode()
        keep(text_file(self.state_dir, digest_of(raw)), text)
        return Sent(revision=revision, digest=digest_of(raw), by="control room")

    def sent(self, *ids: int) -> str:
        place = "[node]\nlatitude = 47.3\nlongitude = 5.0\n"
        return place + "".join(LAMP.format(n) for n in ids)

    def on_probation(self, *ids: int, current: Sent | None = None, starts: int = 0) -> Record:
        on = Probation(sent=self.send(self.sent(*ids), 2), within_s=300.0, by_itself=False, starts=starts)
        record = Record(base=self.base, current=current, probation=on, state="on_probation", tried=2)
        write(self.state_dir, record)
        return record

    def lamps(self) -> list[str]:
        return [lamp.id for lamp in begin(self.hand).settings.lamp]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_without_a_word_from_the_city_the_file_by_hand_holds_and_nothing_is_written(place: Place) -> None:
    held = begin(place.hand)
    assert (held.file, held.record.state) == (place.hand, "by_hand")
    assert list(which(held)) == []
    assert not (place.state_dir / RECORD).exists()


def test_what_is_on_probation_is_run_once_and_put_back_at_the_second_start(place: Place) -> None:
    place.on_probation(1, 2)
    assert place.lamps() == ["lamp-1", "lamp-2"]
    assert place.lamps() == ["lamp-1"]
    record = look(place.hand).record
    assert record.state == "reverted"
    assert "ended before it was confirmed" in record.why
    assert not list(place.state_dir.glob("node.*.toml")), "what nobody names is swept"


def test_what_was_confirmed_is_run_at_every_start_and_check_says_so(place: Place) -> None:
    write(place.state_dir, Record(base=place.base, current=place.send(place.sent(1, 2), 2), state="applied", tried=2))
    for _ in range(3):
        assert place.lamps() == ["lamp-1", "lamp-2"]
    said = "\n".join(which(look(place.hand)))
    assert "not this file holds, but revision 2 by control room" in said
    assert str(text_file(place.state_dir, look(place.hand).record.digest)) in said


def test_who_edits_the_file_by_hand_has_the_last_word(place: Place) -> None:
    write(place.state_dir, Record(base=place.base, current=place.send(place.sent(1, 2), 2), state="applied", tried=2))
    place.hand.write_text(place.hand.read_text() + LAMP.format(3))
    assert place.lamps() == ["lamp-1", "lamp-3"]
    held = look(place.hand)
    assert (held.record.state, held.record.tried) == ("by_hand", 2), "an old revision is not taken again either"
    assert "edited by hand" in "\n".join(which(held))


def test_at_whichever_write_the_power_is_cut_the_next_start_runs_the_old_one_or_the_new_one(place: Place) -> None:
    """The steps of an apply and its confirmation, each with the folder as a cut would leave it."""
    old = Record(base=place.base, current=place.send(place.sent(1), 1), state="applied", tried=1)
    write(place.state_dir, old)
    seen = [place.lamps()]
    new = place.send(place.sent(1, 2), 2)  # the text lies there, nobody names it
    seen.append(place.lamps())
    (place.state_dir / f"{RECORD}.part").write_text("{half a rec")  # torn while the record is written
    seen.append(place.lamps())
    place.send(place.sent(1, 2), 2)
    on = Probation(sent=new, within_s=300.0, by_itself=False)
    write(place.state_dir, old.model_copy(update={"probation": on, "state": "on_probation", "tried": 2}))
    seen.append(place.lamps())
    confirmed = look(place.hand).record.model_copy(update={"current": new, "probation": None, "state": "applied"})
    write(place.state_dir, confirmed)
    seen.append(place.lamps())
    assert seen == [["lamp-1"]] * 3 + [["lamp-1", "lamp-2"]] * 2


@pytest.mark.parametrize("damage", ["", "{", '{"base": 5}', "\x00" * 100])
def test_a_damaged_record_leaves_the_file_by_hand(place: Place, damage: str) -> None:
    place.on_probation(1, 2)
    (place.state_dir / RECORD).write_text(damage)
    assert place.lamps() == ["lamp-1"]


@pytest.mark.parametrize("damage", ["gone", "other", "torn"])
def test_a_text_that_is_not_what_was_sent_is_put_back(place: Place, damage: str) -> None:
    first = place.send(place.sent(1, 2), 1)
    record = place.on_probation(1, 2, 3, current=first)
    assert record.holds is not None
    file = text_file(place.state_dir, record.holds.digest)
    if damage == "gone":
        file.unlink()
    else:
        file.write_text(file.read_text()[:-20] if damage == "torn" else place.sent(1))
    assert place.lamps() == ["lamp-1", "lamp-2"], "the one before, which the city had confirmed"
    text_file(place.state_dir, first.digest).unlink()
    assert place.lamps() == ["lamp-1"], "and without that one the file by hand"


def test_a_start_that_cannot_be_counted_is_none_of_a_probation(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.on_probation(1, 2)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lampyre.configured.keep", full)
    assert place.lamps() == ["lamp-1"]


def test_without_the_state_folder_the_file_by_hand_holds(place: Place) -> None:
    place.on_probation(1, 2)
    shutil.rmtree(place.state_dir)
    assert place.lamps() == ["lamp-1"]


def test_a_file_by_hand_that_cannot_be_read_is_the_technicians_to_mend(place: Place) -> None:
    place.on_probation(1, 2)
    place.hand.write_text("[node")
    with pytest.raises(ConfigError, match="not TOML"):
        begin(place.hand)


def test_changes_and_restarts_are_remembered_over_a_start(place: Place) -> None:
    record = Record(base=place.base, changes=(EVENING,), restarts=(EVENING, EVENING + timedelta(minutes=1)))
    write(place.state_dir, record)
    assert (look(place.hand).record.changes, len(look(place.hand).record.restarts)) == ((EVENING,), 2)
