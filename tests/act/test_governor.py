"""The governor always answers, and at night never with the dark."""

import math
from datetime import timedelta
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st
from tests.clocks import EVENING

from lampyre.act.envelope import Envelope
from lampyre.act.governor import VALID_S, Governor
from lampyre.records import Cause, Fine, Intent, Quality, Quantity, Reading, Snapshot

ENVELOPE = Envelope(floor=0.32, safe_level=0.6, ramp_up_s=1.0, ramp_down_s=12.0, presence="b1.presence")


def seen(mono_s: float, quality: Quality = Quality.GOOD) -> Snapshot:
    at = EVENING + timedelta(seconds=mono_s)
    reading = Reading("b1.presence", Quantity.PRESENCE, 0.0, at, quality)
    return Snapshot(at, mono_s, True, MappingProxyType({"b1.presence": reading}))


levels = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.floats(0.0, 1.0))
wishes = st.one_of(
    st.none(),
    st.builds(Intent, levels, st.sampled_from([Cause.DEFAULT, Cause.SENSOR, Cause.PROGRAM]), st.just("why")),
    st.builds(Intent, levels, st.just(Cause.OVERRIDE), st.just("why"), st.sampled_from([Fine.REMOTE, None])),
)
moments = st.lists(
    st.tuples(wishes, st.floats(0.0, 100.0), st.sampled_from(list(Quality)), st.booleans()), min_size=1, max_size=30
)


@given(moments)
def test_every_order_at_night_is_inside_the_envelope(history: list[tuple[Intent | None, float, Quality, bool]]) -> None:
    governor = Governor(ENVELOPE)
    now_s = 0.0
    for wish, passed_s, quality, night in history:
        now_s += passed_s
        order = governor.permit(wish, seen(now_s, quality), night=night)
        assert 0.0 <= order.level <= 1.0
        assert order.valid_s == VALID_S
        assert math.isfinite(order.ramp_s)
        if night:
            assert order.level >= ENVELOPE.floor
        if night and quality > Quality.SUSPECT:
            assert order.level >= ENVELOPE.safe_level


@given(moments)
def test_no_lamp_moves_faster_than_its_ramps(history: list[tuple[Intent | None, float, Quality, bool]]) -> None:
    governor = Governor(ENVELOPE)
    now_s = 0.0
    for wish, passed_s, quality, night in history:
        now_s += passed_s
        before = governor.level(now_s)
        order = governor.permit(wish, seen(now_s, quality), night=night)
        assert abs(governor.level(now_s) - before) < 1e-6, "an order must start where the lamp is"
        change = order.level - before
        slowest_s = ENVELOPE.ramp_up_s if change > 0 else ENVELOPE.ramp_down_s
        assert abs(change) <= order.ramp_s / slowest_s + 0.002, "a whole ramp takes ramp_s, a part of it its share"


def test_a_ramp_that_is_ordered_again_goes_on_and_does_not_start_anew() -> None:
    governor = Governor(ENVELOPE)
    governor.adopt(0.8, 0.0)
    quiet = Intent(0.32, Cause.PROGRAM, "nobody here")
    assert governor.permit(quiet, seen(0.0), night=True).ramp_s == 12.0
    assert governor.permit(quiet, seen(5.0), night=True).ramp_s == 7.0
    assert governor.permit(quiet, seen(13.0), night=True).ramp_s == 0.0


def test_presence_in_the_middle_of_a_fall_raises_at_once_from_where_the_lamp_is() -> None:
    governor = Governor(ENVELOPE)
    governor.adopt(0.8, 0.0)
    governor.permit(Intent(0.32, Cause.PROGRAM, "nobody here"), seen(0.0), night=True)
    order = governor.permit(Intent(0.8, Cause.SENSOR, "presence"), seen(6.0), night=True)
    assert (order.level, order.ramp_s) == (0.8, 1.0)
    assert abs(governor.level(6.5) - 0.68) < 1e-9


def test_only_a_technician_may_make_it_dark_at_night() -> None:
    remote = Intent(0.0, Cause.OVERRIDE, "remote")
    technician = Intent(0.0, Cause.OVERRIDE, "technician", Fine.TECHNICIAN)
    governor = Governor(ENVELOPE)
    assert governor.permit(remote, seen(0.0), night=True).level == ENVELOPE.floor
    assert governor.permit(technician, seen(0.0), night=True).level == 0.0


def test_what_the_governor_changed_is_said_in_the_order() -> None:
    order = Governor(ENVELOPE).permit(Intent(math.nan, Cause.SENSOR, "mad model"), seen(0.0), night=True)
    assert order.level == ENVELOPE.safe_level
    assert order.clamps == ("no usable level: safe level",)


def test_by_day_a_policy_may_switch_off() -> None:
    assert Governor(ENVELOPE).permit(Intent(0.0, Cause.PROGRAM, "day"), seen(0.0), night=False).level == 0.0
