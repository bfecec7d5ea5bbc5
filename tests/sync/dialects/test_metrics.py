"""Sparkplug B payloads are what an independent reader takes them for, and say what our own messages say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clocks import EVENING
from tests.sync.dialects.decoder import decode, raw, rebirth
from tests.sync.dialects.natives import Leaving, native

from lampyre.sync.dialects.metrics import Kind, Metric, Trust, Value, bd_seq, payload, wants_rebirth
from lampyre.sync.dialects.sparkplug import COLUMNS, OF_BIN, OF_LAMP, SILENT, Known, metrics_of

values: dict[Kind, st.SearchStrategy[Value]] = {
    Kind.INT64: st.integers(-(2**63), 2**63 - 1),
    Kind.FLOAT: st.floats(width=32, allow_nan=False),
    Kind.DOUBLE: st.floats(allow_nan=False),
    Kind.BOOLEAN: st.booleans(),
    Kind.STRING: st.text(max_size=40),
    Kind.DATETIME: st.integers(0, 4_102_444_800_000),
}


@pytest.fixture
def leaving() -> Leaving:
    return Leaving()


@given(st.data())
def test_an_independent_reader_finds_the_same_metrics(data: st.DataObject) -> None:
    made = []
    for number in range(data.draw(st.integers(1, 6))):
        kind = data.draw(st.sampled_from(list(Kind)))
        value: Value = data.draw(st.one_of(st.none(), values[kind]))
        trust = data.draw(st.sampled_from(Trust))
        made.append(
            Metric(f"m/{number}", kind, value, 1_700_000_000_000 + number, trust, "u", data.draw(st.booleans()))
        )
    found = decode("DBIRTH", payload(made, 1_700_000_000_999, 7, birth=True))
    assert (found.timestamp, found.seq) == (1_700_000_000_999, 7)
    for ours, theirs in zip(made, found.metrics, strict=True):
        assert (theirs.name, theirs.timestamp, int(theirs.datatype)) == (ours.name, ours.at_ms, int(ours.kind))
        assert (theirs.is_historical, theirs.is_null) == (ours.historical, ours.value is None)
        if ours.value is not None and ours.kind is Kind.DATETIME:
            assert theirs.value == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(ours.value))
        elif ours.value is not None:
            assert theirs.value == ours.value


def test_quality_and_unit_are_properties(leaving: Leaving) -> None:
    metric = Metric("Lamp/Power_W", Kind.FLOAT, 5.0, 1, Trust.STALE, "W")
    found = raw(payload([metric], 2, 0, birth=True)).metrics[0].properties
    assert list(found.keys) == ["Quality", "engUnit"]
    assert (found.values[0].int_value, found.values[1].string_value) == (500, "W")
    assert (
        not raw(payload([Metric("Lamp/Power_W", Kind.FLOAT, 5.0, 1, unit="W")], 2, 0)).metrics[0].HasField("properties")
    )


def test_a_death_of_the_node_has_a_bdseq_and_no_seq() -> None:
    found = raw(payload([bd_seq(255, 3)], 3, None))
    assert (found.metrics[0].name, found.metrics[0].datatype, found.metrics[0].long_value) == ("bdSeq", 4, 255)
    assert not found.HasField("seq")


def test_data_need_their_birth_for_types_and_have_the_moment_of_which_they_tell(leaving: Leaving) -> None:
    known = Known(OF_LAMP)
    known.take(native(leaving.lamp_state(0.4)))
    birth = decode("DBIRTH", payload(known.birth(9), 9, 1, birth=True))
    summary = native(leaving.lamp_summary())
    found = decode("DDATA", payload(metrics_of(summary), 9, 2), birth)
    said = {metric.name: metric.value for metric in found.metrics}
    assert said["Lamp/Energy_Wh"] == pytest.approx(23460.0)  # our own message has hundredths of a kWh
    assert (said["Lamp/PeriodEnergy_Wh"], said["Lamp/Power_W"], said["Lamp/Passages"]) == (5.0, 20.0, 30)
    assert {metric.timestamp for metric in found.metrics} == {int(EVENING.timestamp() * 1000)}
    assert {metric.name for metric in birth.metrics} >= {column.name for kind in OF_LAMP for column in COLUMNS[kind]}


def test_what_waited_is_historical_and_never_pushes_what_is_newer_aside(leaving: Leaving) -> None:
    known = Known(OF_LAMP)
    known.take(native(leaving.lamp_summary(end=EVENING)))
    late = native(leaving.lamp_summary(end=EVENING - timedelta(hours=5), energy_wh=1.0), late=True)
    known.take(late)
    assert all(metric.historical for metric in metrics_of(late))
    born = {metric.name: metric for metric in known.birth(0)}
    assert (born["Lamp/PeriodEnergy_Wh"].value, born["Lamp/PeriodEnergy_Wh"].historical) == (5.0, False)


def test_a_count_below_the_threshold_has_no_value(leaving: Leaving) -> None:
    said = {metric.name: metric.value for metric in metrics_of(native(leaving.lamp_summary(passages=4)))}
    assert said["Lamp/Passages"] is None


def test_a_bin_says_when_it_will_be_full_and_by_when_to_come(leaving: Leaving) -> None:
    said = {metric.name: metric.value for metric in metrics_of(native(leaving.bin_state()))}
    assert said["Bin/ForecastFull"] == int((EVENING + timedelta(hours=20)).timestamp() * 1000)
    assert said["Bin/CollectBy"] == int((EVENING + timedelta(hours=17)).timestamp() * 1000)
    assert said["Bin/Fill"] == 0.62
    unknown = {m.name: m.value for m in metrics_of(native(leaving.bin_state(None, due=None, hours_to_full=None)))}
    assert (unknown["Bin/Fill"], unknown["Bin/CollectBy"], unknown["Bin/ForecastFull"]) == (None, None, None)


def test_a_bin_is_dead_when_nothing_of_it_is_heard(leaving: Leaving) -> None:
    known = Known(OF_BIN, SILENT)
    known.take(native(leaving.alarm("sensorSilent", asset="c1")))
    assert known.alive
    known.take(native(leaving.alarm("temperatureSilent", asset="c1")))
    assert not known.alive
    known.take(native(leaving.alarm("sensorSilent", asset="c1", active=False)))
    assert known.alive


def test_a_rebirth_is_understood_and_nothing_else_is() -> None:
    assert wants_rebirth(rebirth())
    no = Metric("Node Control/Rebirth", Kind.BOOLEAN, False, 1)
    other = Metric("Node Control/Reboot", Kind.BOOLEAN, True, 1)
    for metrics in ([no], [other], []):
        assert not wants_rebirth(payload(metrics, 1, None))
    assert not wants_rebirth(rebirth() + b"\x00" * 5000)


@given(st.binary(max_size=200))
def test_a_broken_command_does_nothing(body: bytes) -> None:
    wants_rebirth(body)


def test_without_a_clock_nothing_is_good() -> None:
    for message in Leaving(trusted=False).all():
        assert all(metric.trust is Trust.STALE for metric in metrics_of(native(message)))
