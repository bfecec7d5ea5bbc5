"""Twins of sensors from a shop: what they say, the agent's drivers understand."""

import math
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampyre.driver import Counts
from lampyre.drivers import driver_of
from lampyre.records import Quality
from lampyre_sim.devices import dyp, ld2410, nmea, tfmini, words


def read(kind: str, data: bytes) -> list[tuple[float, ...]]:
    driver, counts = driver_of(kind), Counts()
    assert driver.speech is not None
    samples = driver.speech.decoder(driver.settle({}), counts).feed(data)
    assert counts.broken == counts.ignored == 0
    return [sample.values for sample in samples if sample.quality is Quality.GOOD]


@given(st.floats(0.03, 4.5))
def test_a_dyp_is_understood_to_the_millimetre(metres: float) -> None:
    (told,) = read("dyp_a02", dyp.frame(metres) * 5)
    assert told == pytest.approx((metres,), abs=0.00051)


@given(st.floats(0.1, 12.0))
def test_a_lidar_is_understood_to_the_centimetre(metres: float) -> None:
    (told,) = read("tfmini_s", tfmini.frame(metres) * 5)
    assert told == pytest.approx((metres,), abs=0.0051)


@given(st.floats(0.0, 6.0), st.booleans())
def test_a_radar_says_who_is_there_and_how_far(metres: float, moves: bool) -> None:
    (told,) = read("ld2410", ld2410.frame(metres, moves=moves) * 2)
    assert told == pytest.approx((1.0, metres), abs=0.0051)


def test_where_nothing_is_there_no_distance_is_told() -> None:
    assert read("dyp_a02", dyp.frame(None) * 20) == read("tfmini_s", tfmini.frame(99.0) * 20) == []
    (told,) = read("ld2410", ld2410.frame(None) * 2)
    assert told[0] == 0.0
    assert math.isnan(told[1])


@given(
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.datetimes(datetime(2026, 12, 1), datetime(2099, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_a_receiver_is_understood_to_a_decimetre_and_a_hundredth_of_a_second(
    latitude: float, longitude: float, at: datetime
) -> None:
    said = nmea.sentences(at, latitude, longitude) + nmea.sentences(at + timedelta(seconds=1), latitude, longitude)
    told = read("nmea", said)
    assert len(told) == 3
    assert all(values[:2] == pytest.approx((latitude, longitude), abs=1e-6) for values in told)
    assert told[1][2] == pytest.approx((at + timedelta(seconds=1)).timestamp(), abs=0.02)


@pytest.mark.parametrize("kind", words.EVERY_S)
def test_the_twin_that_one_can_plug_in_is_understood(kind: str) -> None:
    driver, counts = driver_of(kind), Counts()
    assert driver.speech is not None
    driver.speech.decoder(driver.settle({}), counts).feed(b"\r" + words.said(kind, 1.2) * 5)
    assert counts.frames >= 5


def test_a_twin_says_where_it_is_and_speaks_until_it_is_pulled_out() -> None:
    twin = subprocess.Popen(
        [sys.executable, "-m", "lampyre_sim", "device", "tfmini_s"], stdout=subprocess.PIPE, text=True
    )
    assert twin.stdout is not None
    tty = twin.stdout.readline().strip()
    with Path(tty).open("rb", buffering=0) as line:
        heard = b""
        while heard.count(tfmini.frame(1.2)) < 3:
            heard += line.read(64)
    twin.send_signal(signal.SIGINT)
    assert twin.wait() == 0
    twin.stdout.close()


def test_a_receiver_without_a_fix_says_nothing() -> None:
    assert read("nmea", nmea.sentences(datetime(2026, 12, 1, tzinfo=UTC), 0.0, 0.0, fix=False) * 5) == []


@pytest.mark.parametrize("said", ["$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6B", "$GPRMC,1"])
def test_a_sentence_with_a_wrong_checksum_or_none_is_not_believed(said: str) -> None:
    driver, counts = driver_of("nmea"), Counts()
    assert driver.speech is not None
    assert driver.speech.decoder(driver.settle({}), counts).feed(f"{said}\r\n".encode() * 5) == []
    assert counts.frames == 0
    assert counts.broken + counts.ignored > 0


def test_a_place_that_was_reckoned_or_typed_in_is_suspect() -> None:
    said = nmea.sentences(datetime(2026, 12, 1, tzinfo=UTC), 47.3, 5.0).replace(b",A*", b",S*")
    body = said.split(b"\r\n")[0].split(b"*")[0][1:]
    check = 0
    for byte in body:
        check ^= byte
    line = b"$" + body + b"*%02X\r\n" % check
    driver = driver_of("nmea")
    assert driver.speech is not None
    samples = driver.speech.decoder(driver.settle({}), Counts()).feed(line * 2)
    assert [sample.quality for sample in samples] == [Quality.SUSPECT]
