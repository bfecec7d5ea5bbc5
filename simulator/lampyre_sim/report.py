"""The end of a street: what happened, in numbers; and a line now and then where nobody watches."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lampyre_sim.complaints import Complaints
from lampyre_sim.ear import Ear, foreseen, percent
from lampyre_sim.world import World, share_saved


@dataclass(slots=True)
class Reactions:
    """How long lamps took to begin to rise after somebody had come; in seconds of the street."""

    speed: float
    seconds: list[float] = field(default_factory=list)
    missed: int = 0  # lamps that did not rise at all

    def text(self) -> str:
        """Return p50 and p99 in real time, which is that of processes and lines, and in the street's."""
        if not self.seconds:
            return "none measured" + (f", {self.missed} missed" if self.missed else "")
        ordered = sorted(self.seconds)
        p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99))
        real = [seconds / self.speed * 1000 for seconds in (p50, p99)]
        return (
            f"p50 {real[0]:.0f} ms, p99 {real[1]:.0f} ms in real time, {p50:.2f} s and {p99:.2f} s in the street; "
            f"{len(ordered)} measured, {self.missed} missed"
        )


def plain_line(world: World, ear: Ear) -> str:
    """Return the street in one line."""
    local = world.at.astimezone(world.plan.zone)
    levels = [lamp.level for lamp in world.lamps]
    used, full = energy(world)
    bins = " ".join(f"{one.fill * 100:.0f} %" for one in world.bins)
    return (
        f"{local:%a %H:%M}  sun {world.sky.elevation(world.at):+6.1f}°  {'night' if world.dark else 'day  '}  "
        f"lamps {sum(level > 0 for level in levels)} lit, mean {sum(levels) / max(1, len(levels)) * 100:3.0f} %  "
        f"passages {world.passages}  bins {bins or 'none'}  saved {share_saved(used, full)}  "
        f"messages {ear.counts.total()}{'' if ear.up else '  uplink down'}"
    )


def energy(world: World) -> tuple[float, float]:
    """Return the Wh used by all lamps, and what full light would have used in the same dark hours."""
    return sum(lamp.energy_wh for lamp in world.lamps), sum(lamp.full_light_wh for lamp in world.lamps)


def report(world: World, ear: Ear, reactions: Reactions, complaints: Complaints, stalled_s: float) -> Iterator[str]:
    """Yield the lines of the short report."""
    used, full = energy(world)
    local = [at.astimezone(world.plan.zone) for at in (world.plan.start, world.at)]
    dark_s = sum(lamp.below_floor_s for lamp in world.lamps)
    yield f"The street ran from {local[0]:%a %d %b %H:%M} to {local[1]:%a %d %b %H:%M}, {world.now_s / 60:.0f} minutes."
    yield f"  energy      {used:.0f} Wh; at full light {full:.0f} Wh; {share_saved(used, full)} saved"
    yield f"  in the dark {dark_s:.1f} lamp-seconds below the floor of {world.plan.floor:.0%} while somebody was there"
    yield f"  reaction    {reactions.text()}"
    yield f"  passages    {world.passages} through the street, {sum(lamp.passages for lamp in world.lamps)} at lamps"
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(ear.counts.items()))
    yield f"  messages    {ear.counts.total()}: {kinds or 'none'}" + (
        f"; {ear.unreadable} not understood" if ear.unreadable else ""
    )
    for number, one in enumerate(world.bins, 1):
        said = ear.bins.get(f"bin-{number}")
        told = f"told {percent(said['fill'])}, {foreseen(said) or 'no forecast'}" if said else "never told"
        emptied = f"; emptied {len(one.emptied)} times" if one.emptied else ""
        yield f"  bin {number}       {one.fill:.0%} full; {told}{emptied}"
    yield f"  pace        {stalled_s:.1f} s of real time in which the street waited for this machine"
    if complaints.count:
        yield f"  warnings    {complaints.count} from the agent; the last:"
        yield from (f"    {line}" for line in list(complaints.lines)[-5:])
