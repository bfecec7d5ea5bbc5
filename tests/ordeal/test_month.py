"""All that leaves a node in a month, in every dialect, is in the register; and nobody who passed is in it."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.ordeal.month import NAMED, STAYS_S, Month, a_month
from tests.ordeal.taker import Sent
from tests.ordeal.wire import TEMPLATES, keys, labels, moments

from lampyre.records import Cause
from lampyre.register.dialects import CLOUD_EVENTS, TONGUES
from lampyre.register.streams import ECHO, STREAMS, fine_of, rows
from lampyre.register.terms import Whom
from lampyre.sync.coming import Coming

pytestmark = pytest.mark.xdist_group("month")  # lived through once
LEAST = 5
DAYS = 30
NEAR = timedelta(seconds=0.1)  # a connection is tried anew at any moment: now and then near one, by chance
ROW = next(stream.whole for stream in STREAMS if stream.model is Coming)


@pytest.fixture(scope="module")
def month() -> Month:
    """Thirty days over the change of the clocks, six of them without the city."""
    return a_month(DAYS)


def quarter(at: datetime) -> datetime:
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def found(month: Month) -> dict[str, dict[str, list[Any]]]:
    """Return every value by the register's topic and key."""
    all_: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for sent in month.wire.sent:
        for key, value in keys(sent):
            all_[TEMPLATES[sent.topic]][key].append(value)
        if sent.topic.endswith("/alarm"):
            for key, value in labels(sent):
                all_["labels"][key].append(value)
    return all_


def test_every_topic_is_in_the_register_and_every_one_of_the_register_was_spoken_on(month: Month) -> None:
    spoken = {sent.topic for sent in month.wire.sent}
    assert not spoken - set(TEMPLATES)
    registered = {stream.whole for stream in STREAMS} | {topic for one in TONGUES for topic in one.topics} | {ECHO}
    assert {TEMPLATES[topic] for topic in spoken} | {ECHO} == registered, "an echo is for when nothing else is said"


def test_every_key_is_in_the_register_and_every_one_of_the_register_was_said(month: Month) -> None:
    all_ = found(month)
    for stream in STREAMS:
        said = {key.removesuffix("[]") for key in all_[stream.whole]}
        known = {row.path: row.container for row in rows(stream)}
        assert not said - set(known), stream.whole
        missing = {path for path, container in known.items() if not container} - said
        assert not missing, stream.whole
    for tongue in TONGUES:
        for topic, table in tongue.topics.items():
            said = {key.removesuffix("[]") for key in (all_["labels"] if tongue is CLOUD_EVENTS else all_[topic])}
            assert not said - {key.removesuffix("[]") for key in table}, topic
    for tongue in TONGUES:
        said = {key for topic in tongue.topics for key in all_["labels" if tongue is CLOUD_EVENTS else topic]}
        assert not {key for table in tongue.topics.values() for key in table} - said, tongue.name


def test_no_count_below_the_threshold_leaves_in_any_dialect(month: Month) -> None:
    all_ = found(month)
    counts = [
        value
        for topic, table in all_.items()
        for key, values in table.items()
        for value in values
        if key in {"passages", "intensity", "Lamp/Passages"}
    ]
    told = [count for count in counts if count is not None]
    assert min(told) >= LEAST
    assert len(told) > 500
    sums = all_["lampyre/v1/{site}/{node}/lamp/{id}/summary"]["partly.passages"]
    assert sums
    assert min(value for value in sums if value) >= LEAST
    assert 0 < Counter(quarter(at) for at in month.passed).most_common()[-1][1] < LEAST, "there were such quarters"


def test_no_moment_of_any_message_is_that_of_a_passer(month: Month) -> None:
    """Passers come at a second at which nothing else happens: the only one who tells it is a neighbour's, at once."""
    there = {at + timedelta(seconds=after_s) for at in month.passed for after_s in (0.0, STAYS_S)}
    seconds = {moment.replace(microsecond=0) for moment in there}
    told = [
        (sent.topic, at)
        for sent in month.wire.sent
        for at in moments(sent)
        if TEMPLATES[sent.topic] != ROW
        and at.replace(microsecond=0) in seconds
        and min(abs(at - moment) for moment in there) < NEAR
    ]
    assert told == []
    assert len(month.passed) > 1000
    assert any(TEMPLATES[sent.topic] == ROW for sent in month.wire.sent)


def test_no_lamp_says_that_somebody_raised_it_where_few_passed(month: Month) -> None:
    passed = Counter(quarter(at) for at in month.passed)
    states = [sent for sent in month.wire.sent if sent.topic.endswith("/state") and "/lamp/" in sent.topic]
    raised = [dict(keys(sent)) for sent in states]
    raised = [one for one in raised if one["cause"] == Cause.SENSOR]
    assert raised
    for one in raised:
        at = datetime.fromisoformat(one["time"])
        assert at.second == at.microsecond == 0
        assert max(passed[quarter(at)], passed[quarter(at - timedelta(minutes=1))]) >= LEAST, one


def test_every_moment_is_as_coarse_as_the_register_says(month: Month) -> None:
    all_ = found(month)
    for stream in STREAMS:
        for path, fine in fine_of(stream).items():
            for value in all_[stream.whole][path]:
                if value is not None and fine.step_s:
                    assert datetime.fromisoformat(value).timestamp() % fine.step_s == 0, (stream.whole, path)


def test_a_name_stands_where_the_register_says_that_one_may_and_nowhere_else(month: Month) -> None:
    allowed = {(stream.whole, row.path) for stream in STREAMS for row in rows(stream) if row.line.whom is Whom.OPERATOR}
    sources = {f"{stream.model.__name__}.{row.path}" for stream in STREAMS for row in rows(stream)
               if row.line.whom is Whom.OPERATOR}  # fmt: skip
    allowed |= {
        (topic, key)
        for one in TONGUES for topic, table in one.topics.items() for key, source in table.items() if source in sources
    }  # fmt: skip
    named = {
        (topic, key)
        for topic, table in found(month).items()
        for key, values in table.items()
        if any(NAMED.split()[1] in str(value) for value in values)
    }
    assert named
    assert named <= allowed
    for sent in month.wire.sent:
        assert sent.body or TEMPLATES[sent.topic] == ECHO, "nothing but the echo is empty"


def test_what_leaves_is_what_was_read_here() -> None:
    """The reading itself is tried: a passer's moment, a small count or a name would be found."""
    topic = "lampyre/v1/beaune/n01/lamp/lamp-1/state"
    one = Sent(topic, b'{"why": "override by Jeanne Tremblay", "time": "2026-03-20T18:05:23.700000Z"}')
    assert dict(keys(one))["why"].endswith("Tremblay")
    assert [at.second for at in moments(one)] == [23]
