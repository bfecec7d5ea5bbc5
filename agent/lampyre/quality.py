"""How well a board's line carries, what a technician can do about it, and how the board's clock runs against ours."""

from collections import deque
from dataclasses import dataclass

PERIOD_S = (1 << 30) / 1000  # a board's ticks wrap
WINDOW_S = 600.0  # one minimum for each: in ten minutes some frame finds the line and both loops idle
WINDOWS = 12  # two hours: then an error of 10 ms, a turn of the firmware, is 1.5 ppm
JUMP_S = 30.0  # more than a line and both queues can hold: the board has started anew, or we were suspended
SHARE = 0.01  # of the frames: a sound line of some metres loses none in a day
LEAST = 5  # frames: one is an unplugging, or somebody's drill
OFF_PPM = 200.0  # the crystals of both boards keep within 50 ppm from -20 to 70 degrees (their data sheets)


@dataclass(frozen=True, slots=True)
class There:
    """What a board has heard and lost since it started."""

    heard: int = 0
    broken: int = 0
    refused: int = 0
    dropped: int = 0  # frames for which there was no room: we did not read


@dataclass(slots=True)
class LinkCounts:
    """What happened on the line since the start."""

    frames: int = 0
    broken: int = 0  # pieces that were no sound frame
    refused: int = 0  # sound frames that say something impossible
    missed: int = 0  # gaps in the board's numbers: frames that never came
    orders: int = 0
    unanswered: int = 0  # orders that got no answer in ORDER_TRIES tries
    there: There = There()


class BoardClock:
    """A board's ticks against our monotonic clock: how late a frame came, and how fast the board's crystal runs."""

    def __init__(self) -> None:
        self._ticks_ms: int | None = None
        self._board_s = 0.0  # of the board's own time, without the wraps
        self._least: deque[tuple[float, float]] = deque(maxlen=WINDOWS)  # board's s, ours less the board's, least

    def hear(self, ticks_ms: int, mono_s: float) -> float:
        """Take a frame's ticks (ms) and when it came (s); return how much later than the quickest it came, in s."""
        if self._ticks_ms is not None:
            passed_s = (ticks_ms - self._ticks_ms) / 1000 % PERIOD_S
            self._board_s += passed_s - PERIOD_S if passed_s > PERIOD_S / 2 else passed_s
        self._ticks_ms = ticks_ms
        offset_s = mono_s - self._board_s
        if self._least and abs(offset_s - self._least[-1][1]) > JUMP_S:
            self._least.clear()
        if not self._least or self._board_s - self._least[-1][0] >= WINDOW_S:
            self._least.append((self._board_s, offset_s))
        elif offset_s < self._least[-1][1]:
            self._least[-1] = (self._least[-1][0], offset_s)
        return offset_s - self._least[-1][1]

    @property
    def drift_ppm(self) -> float | None:
        """How much faster the board's clock runs than ours, in millionths; None in the first twenty minutes."""
        if len(self._least) < 3:  # the newest window may not have had its quickest frame yet
            return None
        (begin_s, first_s), (end_s, last_s) = self._least[0], self._least[-2]
        return (first_s - last_s) / (end_s - begin_s) * 1e6


@dataclass(frozen=True, slots=True)
class _Mark:
    at_s: float
    frames: int
    broken: int
    missed: int
    there: There


class LineQuality:
    """The last ten to twenty minutes of a line."""

    def __init__(self) -> None:
        self.clock = BoardClock()
        self._marks: deque[_Mark] = deque(maxlen=2)

    def look(self, counts: LinkCounts, mono_s: float) -> None:
        """Remember the counts, once in ten minutes; a board that starts anew counts from 0."""
        if self._marks and counts.there.heard < self._marks[-1].there.heard:
            self._marks.clear()
        if not self._marks or mono_s - self._marks[-1].at_s >= WINDOW_S:
            self._marks.append(_Mark(mono_s, counts.frames, counts.broken, counts.missed, counts.there))

    def advice(self, counts: LinkCounts, facts: dict[str, str]) -> list[str]:
        """Return the names of what somebody should look at: see the console's phrases."""
        found = [f"test_{part}" for part in facts.get("test", "ok").split("+") if part in TESTED]
        if self._marks:
            found += self._lost(counts, self._marks[0])
        drift = self.clock.drift_ppm
        if drift is not None and abs(drift) > OFF_PPM:
            found.append("line_clock")
        return found

    def _lost(self, now: LinkCounts, then: _Mark) -> list[str]:
        came, here = now.frames - then.frames, now.broken - then.broken
        heard, there = now.there.heard - then.there.heard, now.there.broken - then.there.broken
        dropped = now.there.dropped - then.there.dropped
        missed = now.missed - then.missed - dropped
        found = []
        if here >= LEAST and here > SHARE * came:
            found.append("line_noise")
        elif missed >= LEAST and missed > SHARE * came:
            found.append("line_gaps")
        if there >= LEAST and there > SHARE * heard:
            found.append("line_noise_there")
        if dropped >= LEAST:
            found.append("line_unread")
        return found


TESTED = ("settings", "flash", "code", "inputs")  # what a board's self-test may name
ADVICE = (
    *(f"test_{part}" for part in TESTED),
    *("line_noise", "line_gaps", "line_noise_there", "line_unread", "line_clock"),
)
