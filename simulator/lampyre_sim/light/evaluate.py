"""The word `evaluate light`: every candidate plays every site once for each seed; what it comes to, with its spread."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path

import lampyre_models
from lampyre.decide.inference import Model, load_model
from lampyre.errors import ConfigError
from lampyre_sim.light.candidates import CANDIDATES, Asks, Candidate
from lampyre_sim.light.play import Stage, asked_at, nights_of
from lampyre_sim.light.sites import DAY_S, Site, Where, day_s, read_sites
from lampyre_sim.light.tally import Tally
from lampyre_sim.share import shared

TAUGHT_S = 28 * DAY_S  # before the first night that is judged: by then a site's week is known
MEASURES = ("energy", "asked_energy", "switchings", "under_share", "under_s")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    counts: Path
    where: Where
    candidates: tuple[Candidate, ...] = CANDIDATES
    sensors: tuple[str, ...] = ()
    since: date | None = None
    nights: int = 60
    seeds: int = 5
    design_per_h: float | None = None
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class Spread:
    """One measure over the seeds."""

    mean: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Result:
    """One candidate: what it is and how it did; a measure is None where there was nothing to measure."""

    policy: str
    said: str
    asks: str
    energy: Spread | None
    asked_energy: Spread | None  # of just what is asked for, by who knew it all beforehand
    switchings: Spread | None
    under_share: Spread | None
    under_s: Spread | None


@dataclass(frozen=True, slots=True)
class Judged:
    """One site, or all together (`sites` above 1)."""

    name: str
    sites: int
    first: str
    nights: int  # of one seed
    seeds: int
    users_per_night: float
    design_per_h: float | None
    results: list[Result]

    def to_json(self) -> dict[str, object]:
        """Return it as plain data."""
        return asdict(self)


Tallies = dict[str, list[Tally]]  # of each candidate, by seed


def evaluate(wanted: Wanted, played: Callable[[int], None]) -> Iterator[Judged]:
    """Yield what each site comes to, and all together last; `played` hears of nights. LampyreError with the cure."""
    sites = read_sites(wanted.counts, wanted.where, wanted.sensors)
    together: Tallies = {one.name: [] for one in wanted.candidates}
    found: list[Judged] = []
    for judged, tallies, nights in shared(partial(_site, wanted=wanted), sites, wanted.jobs):
        played(nights)
        if judged is None:
            continue
        found.append(judged)
        for name, by_seed in tallies.items():
            together[name] = _added(together[name], by_seed)
        yield judged
    if not found:
        raise ConfigError(f"{wanted.counts}: no whole night was recorded from then on; give an earlier --from")
    if len(found) > 1:
        yield _judged("all sites", found[0].first, len(found), wanted, together, None)


def _site(site: Site, wanted: Wanted) -> tuple[Judged | None, Tallies, int]:
    """Return what a site comes to, its sums, and how many nights were played; None where none was whole."""
    design_per_h = wanted.design_per_h or site.busy_per_h()
    short = site.ends_s - site.begins_s < TAUGHT_S + 7 * DAY_S
    earliest_s = site.begins_s if short else site.begins_s + TAUGHT_S
    from_s = earliest_s if wanted.since is None else day_s(wanted.since, site.place.zone)
    begin_s = max(site.begins_s, from_s - TAUGHT_S)
    end_s = min(site.ends_s, from_s + (wanted.nights + 0.5) * DAY_S)
    site = site.within(begin_s, end_s)
    seeds = 1 if site.recorded is not None else wanted.seeds
    streams = [site.passers(seed) for seed in range(1, seeds + 1)]
    tallies: Tallies = {}
    played = 0
    for candidate in wanted.candidates:
        settings = candidate.settings(site.place, design_per_h)
        found = nights_of(settings, begin_s, end_s)
        nights = [
            one for one in found if (candidate.learns or one.dusk_s >= from_s) and site.measured(one.dusk_s, one.dawn_s)
        ]
        tallies[candidate.name] = []
        for passers in streams:
            asks = asked_at(candidate.asks, settings, passers, design_per_h)
            stage = Stage(site, candidate, settings, passers, _model() if candidate.model else None, asks)
            tallies[candidate.name].append(stage.play(nights, begin_s, from_s))
            played += len(nights) * candidate.lamps
    if not any(tally.nights for by_seed in tallies.values() for tally in by_seed):
        return None, {}, played
    first = datetime.fromtimestamp(from_s, UTC).astimezone(site.place.zone).date().isoformat()
    return _judged(site.name, first, 1, wanted, tallies, design_per_h), tallies, played


@cache
def _model() -> Model:
    return load_model(lampyre_models.folder("activity_v1"))


def _judged(name: str, first: str, sites: int, wanted: Wanted, tallies: Tallies, design_per_h: float | None) -> Judged:
    some = tallies[wanted.candidates[0].name]
    nights = some[0].nights // wanted.candidates[0].lamps
    users = sum(tally.users for tally in some) / max(1, sum(tally.nights for tally in some))
    results = []
    for one in wanted.candidates:
        spreads = {measure: _spread(tallies[one.name], measure) for measure in MEASURES}
        if one.asks is Asks.CLASS:  # asked for while somebody is there, which is not how the lamp was metered
            spreads["asked_energy"] = None
        results.append(Result(one.name, one.said, one.asks.value, **spreads))
    return Judged(name, sites, first, nights, len(some), users, design_per_h, results)


def _spread(by_seed: Sequence[Tally], measure: str) -> Spread | None:
    values = [value for tally in by_seed if (value := tally.figures()[measure]) is not None]
    return Spread(sum(values) / len(values), min(values), max(values)) if values else None


def _added(before: list[Tally], more: list[Tally]) -> list[Tally]:
    """Add sites up seed by seed; a recording of single passages, the same for all seeds, stands for each."""
    if not before:
        before = [Tally() for _ in more]
    for tally, other in zip(before, more, strict=True):
        tally.take(other)
    return before
