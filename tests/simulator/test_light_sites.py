"""Recorded sites: counts become passages that add up to them, the same for a seed; passages are used as they are."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from lampyre.errors import ConfigError
from lampyre_sim.light.sites import KNOWN, Passers, Place, Site, Where, read_sites

BERLIN = Where(ZoneInfo("Europe/Berlin"), 51.96, 7.63)
PLACE = Place(ZoneInfo("Europe/Berlin"), 51.96, 7.63, None, 15.0)


def counts(path: Path, begin: datetime, hours: int) -> Path:
    rows = [
        f"{datetime.fromtimestamp(begin.timestamp() + 3600 * h, UTC):%Y-%m-%d %H:%M},quay,{h % 5}" for h in range(hours)
    ]
    path.write_text("time_local,sensor,count\n" + "\n".join(rows) + "\n")
    return path


def site(period_s: float = 3600.0) -> Site:
    edges = np.array([1e9 // 3600 * 3600 + period_s * number for number in range(200)], np.float64)
    return Site("quay", PLACE, edges[0], edges[-1] + period_s, period_s, edges, (np.arange(200) % 7).astype(np.float64))


def test_passages_add_up_to_the_counts_of_each_period_and_come_in_order() -> None:
    quay = site()
    people = quay.passers(1)
    assert quay.edges_s is not None
    found, _ = np.histogram(people.comes_s, np.append(quay.edges_s, quay.ends_s))
    assert found.tolist() == (np.arange(200) % 7).tolist()
    assert (np.diff(people.comes_s) >= 0).all()
    assert people.leaves_s - people.comes_s == pytest.approx(16.0 / (15.0 / 3.6))


def test_a_seed_gives_the_same_passages_and_another_others() -> None:
    quay = site()
    assert quay.passers(1).comes_s.tolist() == quay.passers(1).comes_s.tolist()
    assert quay.passers(1).comes_s.tolist() != quay.passers(2).comes_s.tolist()


def test_within_a_period_they_are_uniform_as_of_a_poisson_stream() -> None:
    edges = np.array([0.0])
    people = Site("busy", PLACE, 0.0, 3600.0, 3600.0, edges, np.array([20000.0])).passers(3)
    shares, _ = np.histogram(people.comes_s, 10, (0.0, 3600.0))
    assert np.abs(shares - 2000).max() < 200  # four and a half standard deviations


def test_times_on_the_wall_become_utc_over_a_change_of_the_clocks(tmp_path: Path) -> None:
    path = counts(tmp_path / "quay.csv", datetime(2026, 3, 28, 0, tzinfo=UTC), 60)
    (quay,) = read_sites(path, BERLIN)
    assert quay.edges_s is not None
    assert quay.edges_s[0] == datetime(2026, 3, 27, 23, tzinfo=UTC).timestamp()
    assert quay.edges_s[-1] == datetime(2026, 3, 30, 9, tzinfo=UTC).timestamp()


def test_single_passages_are_used_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "lane").mkdir()
    path = tmp_path / "lane" / "events.csv"
    path.write_text(
        "time_local,speed_km_h,length_m,direction\n2026-10-24 21:00:00,36,1,0\n2026-10-24 20:00:00,18,1,1\n"
    )
    for given in (path, path.parent):
        (lane,) = read_sites(given, BERLIN)
        assert lane.name == "lane"
        people = lane.passers(1)
        assert people.comes_s.tolist() == [datetime(2026, 10, 24, hour, tzinfo=UTC).timestamp() for hour in (18, 19)]
        assert (people.leaves_s - people.comes_s).tolist() == pytest.approx([3.2, 1.6])


def test_in_a_row_of_lamps_each_keeps_his_speed_and_his_direction() -> None:
    row = Passers(np.array([100.0, 101.0]), np.array([102.0, 105.0]), np.array([False, True]))  # 8 and 4 m/s
    for lamp, forth_s, back_s in ((0, 100.0, 116.0), (1, 103.75, 108.5), (2, 107.5, 101.0)):
        comes, leaves = row.at_lamp(lamp, 3)
        assert sorted(zip(comes.tolist(), leaves.tolist(), strict=True)) == sorted(
            [(forth_s, forth_s + 2.0), (back_s, back_s + 4.0)]
        )
        assert comes.tolist() == sorted(comes.tolist())


def test_a_busy_hour_of_the_whole_record_is_the_design_flow() -> None:
    begin_s = 1e9 // 3600 * 3600
    hourly = begin_s + 3600.0 * np.arange(1000.0)
    for comes, flow in ((hourly, 1.0), (np.sort(np.tile(hourly, 30)), 30.0), (np.array([]), 1.0)):
        passers = Passers(comes, comes, np.zeros(len(comes), np.bool_))
        assert Site("mast", PLACE, begin_s, begin_s + 3.6e6, recorded=passers).busy_per_h() == flow
    edges = begin_s + 900.0 * np.arange(4000.0)
    quarters = np.full(4000, 5.0)
    quarters[::3] = np.nan
    quarters[:400] = 9.0
    assert Site("quay", PLACE, begin_s, edges[-1] + 900.0, 900.0, edges, quarters).busy_per_h() == 36.0


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (Where(), "Give --zone"),
        (Where(ZoneInfo("Europe/Berlin")), "Give --latitude"),
        (Where(ZoneInfo("Europe/Berlin"), 51.0), "Give --longitude"),
    ],
)
def test_an_unknown_place_must_be_told(tmp_path: Path, where: Where, said: str) -> None:
    path = counts(tmp_path / "quay.csv", datetime(2026, 3, 1, tzinfo=UTC), 48)
    with pytest.raises(ConfigError, match=said):
        read_sites(path, where)


def test_a_sensor_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    path = counts(tmp_path / "quay.csv", datetime(2026, 3, 1, tzinfo=UTC), 48)
    with pytest.raises(ConfigError, match="there are quay"):
        read_sites(path, BERLIN, ["bridge"])


def test_what_is_said_goes_before_what_is_known() -> None:
    known = KNOWN["muenster_vehicles_1h"]
    assert (known.km_h, known.longitude, known.country) == (30.0, 7.63, "DE-NW")
    place = Where(km_h=50.0).place("muenster_vehicles_1h")
    assert (place.km_h, place.longitude) == (50.0, 7.63)
