"""The word `emptyings`: how many of those in recorded levels the node finds, and what it says of the sensors."""

import argparse
import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lampyre.errors import ConfigError
from lampyre_sim.labels.judge import SAMPLES, Played, Stretch, Verdict, counted, judge, labels, play, stretches
from lampyre_sim.score.rows import Raw
from lampyre_sim.score.sets import find_sets, read_set


def run(asked: argparse.Namespace) -> int:
    """Play every container through the production code and print how well its emptyings were found."""
    found = [one for one in find_sets(asked.data, "fill", []) if _ours(one.path)]
    if not found:
        raise ConfigError(f"{asked.data}: none of the judged containers in it; which they are: labels/README.md")
    rows = read_set(found[0].path, "fill")
    read = [one for one in stretches() if one.container in rows.sensors]
    played = {name: play(_levels(rows.sensors[name])) for name in sorted({one.container for one in read})}
    verdicts = {sample: _judged([one for one in read if one.sample == sample], played) for sample in SAMPLES}
    lines = [json.dumps(_as_json(verdicts, played), indent=2)] if asked.json else _table(verdicts, played, asked.each)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _ours(path: Path) -> bool:
    return not {one.container for one in stretches()}.isdisjoint(read_set(path, "fill").sensors)


def _levels(raw: Raw) -> list[tuple[datetime, float]]:
    pairs = sorted(zip(raw.times, raw.values, strict=True))
    return [(datetime.fromtimestamp(at_s, UTC), value / 100) for at_s, value in pairs]


def _judged(read: list[Stretch], played: dict[str, Played]) -> Verdict:
    verdict, known = Verdict(), labels()
    for stretch in read:
        judge(stretch, played[stretch.container].emptied, known, verdict)
    return verdict


def _table(verdicts: dict[str, Verdict], played: dict[str, Played], each: bool) -> list[str]:
    judged = counted(labels())
    lines = [f"{sum(judged.values())} falls judged by eye: " + ", ".join(f"{n} {what}" for what, n in judged.items())]
    lines.append("sample   judged  found  wrong   recall  precision")
    for sample, one in verdicts.items():
        asked = one.found + len(one.missed)
        lines.append(
            f"{sample:8} {asked:6} {one.found:6} {len(one.wrong):6}   {one.recall:6.1%}     {one.precision:6.1%}"
        )
    if each:
        lines += [f"missed  {one.container:6} {one.at:%Y-%m-%d %H:%M}" for v in verdicts.values() for one in v.missed]
        lines += [f"wrong   {name:6} {one.at:%Y-%m-%d %H:%M}" for v in verdicts.values() for name, one in v.wrong]
        lines += [f"{name:6} {_said(one)}" for name, one in played.items()]
    return lines


def _said(one: Played) -> str:
    days: Counter[str] = Counter()
    for event, begun, over in one.faults:
        days[event] += round((over - begun) / timedelta(days=1))
    faults = ", ".join(f"{event} {count} days" for event, count in days.items()) or "no event"
    counts = ", ".join(f"{kind} {count}" for kind, count in one.discrepancies.items() if count)
    return f"{len(one.emptied):4} emptied; {faults}; {counts}"


def _as_json(verdicts: dict[str, Verdict], played: dict[str, Played]) -> dict[str, object]:
    return {
        "samples": {
            name: {"found": one.found, "missed": len(one.missed), "wrong": len(one.wrong),
                   "recall": one.recall, "precision": one.precision}
            for name, one in verdicts.items()
        },
        "containers": {
            name: {"emptied": len(one.emptied), "discrepancies": dict(one.discrepancies),
                   "faults": [[event, f"{a:%Y-%m-%dT%H:%MZ}", f"{b:%Y-%m-%dT%H:%MZ}"] for event, a, b in one.faults]}
            for name, one in played.items()
        },
    }  # fmt: skip
