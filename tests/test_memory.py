"""What was learned outlives a restart; what is damaged costs itself and nothing else."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from tests.clocks import HandClock, LoopClock
from tests.leaps import in_leaps
from tests.test_settings import GOOD, written

from lampyre.board import LampReport
from lampyre.clock import Clock
from lampyre.decide.bins.emptied import Emptied
from lampyre.memory import COUNTERS, EVERY_S, WHOLE_EVERY, counters_of, file_of
from lampyre.node import Node
from lampyre.settings import load_settings


async def node_in(folder: Path, clock: Clock, lamp: str = "") -> Node:
    text = GOOD.replace('board = "b1"\n', f'board = "b1"\n{lamp}')
    text = text.replace("[node]", f'[node]\nstate_dir = "{folder}/state"\nruntime_dir = "{folder}/run"')
    node = Node(load_settings(written(folder, text + "\n[models]\nactivity = 'none'\nfill = 'none'\n")), clock)
    await node.open()
    return node


async def test_a_bins_four_weeks_outlive_a_restart_and_older_points_do_not(tmp_path: Path) -> None:
    clock = HandClock()
    node = await node_in(tmp_path, clock)
    points = [(clock.now() - timedelta(hours=hours), 0.3) for hours in (29 * 24, 24, 1)]
    node.bins["bin-1"].watch.history.extend(points)
    await node.close()
    again = await node_in(tmp_path, clock)
    assert list(again.bins["bin-1"].watch.history) == points[1:]
    await again.close()


@pytest.mark.parametrize(
    "text", ["", "{}", "[[1]]", '[["x", 0.5]]', "[[5, 0.1], [4, 0.1]]", "[[1e30, 0.1]]", "[[5, 7.0]]", "7", "[" * 5000]
)
async def test_a_damaged_memory_is_told_of_and_learning_begins_anew(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").mkdir()
    for asset in ("bin-1", "lamp-1"):
        file_of(tmp_path / "state", asset).write_text(text)
    node = await node_in(tmp_path, HandClock())
    assert not node.bins["bin-1"].watch.history
    assert text == "{}" or "learning anew" in caplog.text
    await node.close()


async def test_without_a_trusted_clock_a_bin_has_no_past_until_the_clock_is_right(tmp_path: Path) -> None:
    node = await node_in(tmp_path, HandClock())
    point = (node.clock.now() - timedelta(hours=1), 0.3)
    node.bins["bin-1"].watch.history.append(point)
    await node.close()
    clock = HandClock(trusted=False)
    again = await node_in(tmp_path, clock)
    assert not again.bins["bin-1"].watch.history
    await again.memory.keep()
    clock.trusted = True
    await again.memory.keep()
    assert list(again.bins["bin-1"].watch.history) == [point], "an hour in the dark has not overwritten it"
    await again.close()


async def test_what_was_scored_outlives_a_restart(tmp_path: Path) -> None:
    clock = HandClock()
    node = await node_in(tmp_path, clock)
    contests = [node.lamps["lamp-1"].site.past.contest, node.bins["bin-1"].score.contest]
    for contest in contests:
        contest.begin("model 1")
        contest.take(0, 1.0, (0.0, 1.0, 3.0, 4.0, 0.0, 1.0, 2.0))
    await node.close()
    again = await node_in(tmp_path, clock)
    found = [again.lamps["lamp-1"].site.past.contest, again.bins["bin-1"].score.contest]
    assert [contest.to_json() for contest in found] == [contest.to_json() for contest in contests]
    assert [contest.scores[0].scored for contest in found] == [1, 1]
    await again.close()


async def test_operating_hours_outlive_a_restart_and_a_memory_from_before_there_were_any_is_read(
    tmp_path: Path,
) -> None:
    node = await node_in(tmp_path, HandClock())
    lamp = node.lamps["lamp-1"]
    lamp.site.past.contest.begin("model 1")
    older = lamp.site.past.text()
    lamp.hours.restore(1234.5)
    await node.close()
    again = await node_in(tmp_path, HandClock())
    assert again.lamps["lamp-1"].hours.operating_h == 1234.5
    again.lamps["lamp-1"].hours.restore(0.0)
    again.lamps["lamp-1"].restore(older)
    assert again.lamps["lamp-1"].site.past.contest.of == "model 1"
    assert again.lamps["lamp-1"].hours.operating_h == 0.0
    with pytest.raises(ValueError, match="no operating hours"):
        again.lamps["lamp-1"].restore('{"past": {}, "operating_h": -1}')
    await again.close()


async def test_what_makes_up_for_age_outlives_a_restart_so_that_the_lamp_does_not_move(tmp_path: Path) -> None:
    keys = 'output = {depreciation = [[0, 0.8], [50000, 1.0]], curve = "log"}\n'

    async def started(clock: HandClock) -> Node:
        node = await node_in(tmp_path, clock, keys)
        node.latest.put(list(node.latest.channels), [0.0] * len(node.latest.channels))
        return node

    node = await started(HandClock())
    lamp = node.lamps["lamp-1"]
    lamp.hours.restore(25_000.0)
    lamp.told(LampReport(ordered=False, level=0.6, target=0.6, left_s=0.0))
    news = lamp.step()
    assert news is not None
    signal = lamp.output.signal(news.step.order.level)
    await node.close()
    again = await started(HandClock())
    back = again.lamps["lamp-1"]
    back.told(LampReport(ordered=True, level=signal, target=signal, left_s=50.0))
    assert back.output.factor == pytest.approx(0.9)
    after = back.step()
    assert after is not None
    assert after.step.order.level == pytest.approx(news.step.order.level)
    assert after.step.order.ramp_s == 0.0
    assert back.output.signal(after.step.order.level) == pytest.approx(signal)
    await again.close()


async def test_after_a_power_cut_the_counters_are_an_hour_old_at_most_and_the_weeks_three(tmp_path: Path) -> None:
    node = await node_in(tmp_path, HandClock())
    lamp, bin_ = node.lamps["lamp-1"], node.bins["bin-1"]
    lamp.hours.restore(100.0)
    await node.memory.keep()
    whole = file_of(tmp_path / "state", "lamp-1").read_text()
    lamp.hours.restore(101.0)
    lamp.upkeep.days.energy_wh = 55.0
    bin_.watch.history.append((node.clock.now(), 0.3))
    await node.memory.keep(whole=False)
    await node.city.close()  # of the node no more than its outbox
    again = await node_in(tmp_path, HandClock())
    back = again.lamps["lamp-1"]
    assert (back.hours.operating_h, back.upkeep.days.energy_wh) == (101.0, 55.0)
    assert file_of(tmp_path / "state", "lamp-1").read_text() == whole, "it is written with the weeks"
    assert not again.bins["bin-1"].watch.history
    await again.close()


async def test_a_bin_to_which_something_happened_is_written_down_within_the_hour(tmp_path: Path) -> None:
    node = await node_in(tmp_path, HandClock())
    await node.memory.keep()
    watch = node.bins["bin-1"].watch
    watch.history.append((node.clock.now(), 0.3))
    watch.emptying = Emptied(node.clock.now(), node.clock.now(), 0.9, 0.3, 0.9)
    for _ in range(2):
        await node.memory.keep(whole=False)
        assert "0.3]" in file_of(tmp_path / "state", "bin-1").read_text()
        file_of(tmp_path / "state", "bin-1").write_text("0.3]")  # once is enough
    await node.close()


@pytest.mark.parametrize("text", ["", "[]", "7", '{"lamp-1": 7}', '{"lamp-1": {"operating_h": -1}}', "[" * 5000])
async def test_damaged_counters_cost_only_the_last_hours(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    node = await node_in(tmp_path, HandClock())
    node.lamps["lamp-1"].hours.restore(100.0)
    await node.close()
    counters_of(tmp_path / "state").write_text(text)
    again = await node_in(tmp_path, HandClock())
    assert again.lamps["lamp-1"].hours.operating_h == 100.0
    assert COUNTERS in caplog.text
    await again.close()


@in_leaps
async def test_in_a_day_the_weeks_are_written_eight_times_and_the_counters_twenty_four(tmp_path: Path) -> None:
    node = await node_in(tmp_path, LoopClock())
    written_: dict[str, int] = {}

    def keep(path: Path, _: str) -> None:
        written_[path.name] = written_.get(path.name, 0) + 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lampyre.memory.keep", keep)
        running = asyncio.ensure_future(node.memory.run(lambda: None))
        await asyncio.sleep(24 * EVERY_S + 1)
        running.cancel()
    assert written_ == {
        COUNTERS: 24, "lamp-1.memory.json": 24 // WHOLE_EVERY, "bin-1.memory.json": 24 // WHOLE_EVERY,
    }  # fmt: skip
    await node.close()
