"""Papers: a certificate's end is told of in time; a node that lost its clock still knows what time it is at least."""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from tests.certificates import pair
from tests.clocks import EVENING, HandClock, LoopClock
from tests.leaps import in_leaps
from tests.test_settings import GOOD, written

from lampyre.certificate import FILE_LIMIT, Validity, validities, validity
from lampyre.clock import EARLIEST, SystemClock
from lampyre.node import Node
from lampyre.papers import EVENT, Papers, broker_told, first_to_end, in_words, stage
from lampyre.records import Alarm
from lampyre.settings import Settings, load_settings
from lampyre.timefloor import KEEP_EVERY, TimeFloor

DAY = timedelta(days=1)
YEAR = Validity(EVENING - 300 * DAY, EVENING + 65 * DAY)


class AnyThreadsClock(LoopClock):
    """May be asked from a thread too."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self._loop = asyncio.get_running_loop()

    def monotonic(self) -> float:
        return self._loop.time()


def node_file(folder: Path) -> Settings:
    """Return a node's settings whose certificates lie in `folder`."""
    files = "\n".join(
        f'{key} = "{folder}/{name}"'
        for key, name in (("ca_file", "ca.crt"), ("cert_file", "n.crt"), ("key_file", "n.key"))
    )
    text = GOOD.replace("[node]", f'[node]\nstate_dir = "{folder}/state"\nruntime_dir = "{folder}/run"')
    text += "[models]\nactivity = 'none'\nfill = 'none'\n"
    return load_settings(written(folder, f'[broker]\nurl = "mqtts://city.example"\n{files}\n{text}'))


@pytest.mark.parametrize(
    ("days", "warned"),
    [(65, 0), (31, 0), (29, 1), (8, 1), (6, 2), (2, 2), (0.9, 3), (0, 4), (-3, 4)],
)
def test_a_years_certificate_is_warned_of_at_thirty_seven_and_one_days_and_when_it_has_ended(
    days: float, warned: int
) -> None:
    assert stage(YEAR, YEAR.ends - days * DAY) == warned


def test_of_a_certificate_for_a_month_the_same_shares_count() -> None:
    month = Validity(EVENING, EVENING + 30 * DAY)
    assert [stage(month, month.ends - days * DAY) for days in (11, 9, 3, 2, 0.5, 0.3)] == [0, 1, 1, 2, 2, 3]


def test_what_is_said_has_the_day_and_the_cure() -> None:
    assert in_words(YEAR, EVENING) == f"ends on {YEAR.ends:%Y-%m-%d}, in 65 days"
    assert "in 3 days; renew it before" in in_words(YEAR, YEAR.ends - 3 * DAY - timedelta(hours=1))
    assert "the broker lets nobody in with it" in in_words(YEAR, YEAR.ends)


@in_leaps
async def test_one_alarm_stands_ever_more_urgent_and_is_over_when_a_new_certificate_lies_there(tmp_path: Path) -> None:
    ca = pair(tmp_path, "ca", EVENING - DAY, EVENING + 900 * DAY)
    pair(tmp_path, "n", EVENING - 19 * DAY, EVENING + 11 * DAY, ca)
    told: list[Alarm] = []

    def tell(alarms: Sequence[Alarm]) -> None:
        told.extend(alarms)

    papers = Papers(node_file(tmp_path), AnyThreadsClock(EVENING))
    papers.tell = tell
    running = asyncio.ensure_future(papers.run(lambda: None))
    await asyncio.sleep(12 * DAY.total_seconds())
    assert [(alarm.event, alarm.active) for alarm in told] == [(EVENT, True)] * 4
    assert [alarm.at - EVENING for alarm in told] == sorted(alarm.at - EVENING for alarm in told)
    assert papers.days_left is not None
    assert papers.days_left < 0
    assert "n.crt: ended on" in told[-1].why
    pair(tmp_path, "n", EVENING, EVENING + 400 * DAY, ca)
    await asyncio.sleep(2 * 3600.0)
    assert [alarm.active for alarm in told[4:]] == [False]
    running.cancel()


async def test_a_running_node_raises_it_and_sends_it_to_the_city(tmp_path: Path) -> None:
    ca = pair(tmp_path, "ca", EVENING - DAY, EVENING + 900 * DAY)
    pair(tmp_path, "n", EVENING - 360 * DAY, EVENING + 5 * DAY, ca)
    node = Node(node_file(tmp_path), HandClock())
    await node.open()
    looking = asyncio.ensure_future(node.city.papers.run(lambda: None))
    while not node.active:
        await asyncio.sleep(0.01)
    (alarm,) = node.active.values()
    assert (alarm.event, alarm.why[:14]) == (EVENT, "n.crt: ends on")
    assert node.city.uplink.health(node.city.papers.days_left).certificate_days == 5
    while not node.city.outbox.stats().alarms + len(node.city.keeping.alarms):
        await asyncio.sleep(0.01)
    looking.cancel()
    await node.close()


def test_of_a_file_of_authorities_the_last_to_end_counts_and_of_all_files_the_first(tmp_path: Path) -> None:
    old = pair(tmp_path, "old", EVENING - DAY, EVENING + DAY)
    new = pair(tmp_path, "new", EVENING - DAY, EVENING + 99 * DAY)
    node = pair(tmp_path, "node", EVENING - DAY, EVENING + 50 * DAY, new)
    both = tmp_path / "both.crt"
    both.write_bytes(old.cert_file.read_bytes() + new.cert_file.read_bytes())
    found = first_to_end([both, node.cert_file, tmp_path / "absent"])
    assert found is not None
    assert (found[0], found[1].ends) == (node.cert_file, EVENING + 50 * DAY)


def test_check_says_until_when_each_certificate_holds_and_which_cannot_be_read(tmp_path: Path) -> None:
    now = SystemClock().now()
    pair(tmp_path, "n", now - 300 * DAY, now + 5 * DAY)
    lines = list(broker_told(node_file(tmp_path)))
    assert any(line.startswith("! ") and "n.crt: ends on" in line and "renew it" in line for line in lines)
    assert any(line.startswith("! ") and "ca.crt: no certificate" in line for line in lines)


def test_what_is_no_certificate_has_no_validity(tmp_path: Path) -> None:
    good = pair(tmp_path, "n", EVENING, EVENING + DAY).cert_file.read_bytes()
    (tmp_path / "huge").write_bytes(good + b" " * FILE_LIMIT)
    (tmp_path / "torn").write_bytes(good[:100] + good[130:])
    assert [validities(tmp_path / name) for name in ("huge", "torn", "none", ".")] == [[], [], [], []]


@given(st.binary(max_size=400))
def test_whatever_bytes_a_broker_shows_only_a_value_error_is_raised(der: bytes) -> None:
    with suppress(ValueError):
        validity(der)


@given(st.integers(0, 300), st.integers(0, 255))
def test_a_certificate_with_one_wrong_byte_too(at: int, byte: int) -> None:
    der = bytearray(DER)
    der[at % len(der)] = byte
    with suppress(ValueError):
        validity(bytes(der))


def a_certificate() -> bytes:
    """Return one in DER."""
    with tempfile.TemporaryDirectory() as folder:
        return pair(Path(folder), "n", EVENING, EVENING + DAY).certificate.public_bytes(Encoding.DER)


DER = a_certificate()


def test_without_a_clock_the_time_is_at_least_that_of_all_that_was_made_before(tmp_path: Path) -> None:
    clock = HandClock(datetime(1970, 1, 1, tzinfo=UTC), trusted=False)
    floor = TimeFloor(tmp_path / "state", clock)
    assert floor.for_tls == EARLIEST
    made = pair(tmp_path, "n", EVENING + 40 * DAY, EVENING + 400 * DAY)
    floor = TimeFloor(tmp_path / "state", clock, [made.cert_file])
    assert floor.for_tls == EVENING + 40 * DAY
    clock.pass_s(3600.0)
    assert floor.at_least == EVENING + 40 * DAY + timedelta(hours=1), "an hour later it is an hour later"


def test_a_trusted_time_is_kept_once_an_hour_and_known_after_a_power_cut(tmp_path: Path) -> None:
    clock = HandClock(EVENING + 100 * DAY)
    (tmp_path / "state").mkdir()
    floor = TimeFloor(tmp_path / "state", clock)
    assert floor.for_tls is None, "a trusted clock judges by itself"
    floor.keep()
    written_at = (tmp_path / "state" / "time.txt").stat().st_mtime_ns
    clock.pass_s(KEEP_EVERY.total_seconds() / 2)
    floor.keep()
    assert (tmp_path / "state" / "time.txt").stat().st_mtime_ns == written_at
    lost = HandClock(datetime(1970, 1, 1, tzinfo=UTC), trusted=False)
    assert TimeFloor(tmp_path / "state", lost).for_tls == EVENING + 100 * DAY


def test_an_untrusted_time_is_never_kept(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    TimeFloor(tmp_path / "state", HandClock(EVENING + 9000 * DAY, trusted=False)).keep()
    assert not list((tmp_path / "state").iterdir())


def test_a_file_of_the_state_folder_counts_where_the_own_certificate_still_holds_then(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "outbox.db").touch()
    made = pair(tmp_path, "n", EVENING, EVENING + 400 * DAY)
    lost = HandClock(datetime(1970, 1, 1, tzinfo=UTC), trusted=False)
    for days, known in ((40, 40), (500, 0)):  # a wild clock wrote the second
        at = (EVENING + days * DAY).timestamp()
        os.utime(state / "outbox.db", (at, at))
        assert TimeFloor(state, lost, [made.cert_file]).for_tls == EVENING + known * DAY


@pytest.mark.parametrize("text", ["", "yesterday", "2027-03-01", "\0", "9" * 50])
def test_a_torn_time_is_no_time(tmp_path: Path, text: str) -> None:
    (tmp_path / "time.txt").write_text(text)
    floor = TimeFloor(tmp_path, HandClock(datetime(1970, 1, 1, tzinfo=UTC), trusted=False)).for_tls
    assert floor is not None
    assert floor >= EARLIEST
