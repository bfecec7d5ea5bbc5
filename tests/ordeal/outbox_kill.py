"""kill -9 again and again while parcels are put and sent: `python -m tests.ordeal.outbox_kill [--cuts]`.

A writer puts on four streams as fast as it is accepted and hands over what `next` gives, as an uplink would. What it
has written into a pipe outlives it: so the other end knows all that was accepted and all that a broker would have.
Writers are forked, not started, so that a round takes some hundredths of a second.
"""

import argparse
import asyncio
import gc
import logging
import os
import random
import select
import signal
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from tests.disks import Disk, ext4

from lampyre.records import Priority
from lampyre.sync.outbox import Outbox

STREAMS = {"alarm": Priority.ALARM, "lamp": Priority.SUMMARY, "bin": Priority.SUMMARY, "long": Priority.SUMMARY}
LENGTH = {"long": 5000}  # bytes: a parcel of more than one page
AT_OPENING = 0.2  # of all kills: before or while the file is opened, recovered and numbered anew
CONNECTED = 0.6  # of all lives: there is a broker
BACKLOG = 100  # parcels; with more, there is a broker, and the writer lives until it has sent so many
LINES_MOST = 80  # that a writer has written when it is killed
LATER_S = 0.004  # ... or so much later: in the midst of a commit, not only behind one
WITHIN_S = 120.0  # only ends a hang
BUSY = 20  # parcels that wait before a writer sends on: some are always left to the next life
BREATH_S = 0.002  # between two parcels of a stream while there is a broker: it must be able to follow
ANSWER_S = 0.005  # from a broker that has it to `done`: a parcel whose answer never came is sent again


async def write_for_ever(path: Path, say: int, *, connected: bool) -> None:
    """Put, and send where there is a broker, until killed."""
    outbox = await Outbox.open(path)

    async def put(stream: str, priority: Priority) -> None:
        while True:
            await asyncio.sleep(BREATH_S if connected else 0)
            seq = await outbox.put(stream, lambda seq: body(stream, seq), priority)
            os.write(say, b"accepted %s %d\n" % (stream.encode(), seq))

    async with asyncio.TaskGroup() as group:
        for stream, priority in STREAMS.items():
            group.create_task(put(stream, priority))
        if connected:
            group.create_task(send(outbox, say, BUSY))


async def send(outbox: Outbox, say: int, busy: int) -> None:
    """Hand over what waits, and a little later it is done; with fewer than `busy` waiting, wait for more."""
    loop = asyncio.get_running_loop()
    await outbox.rewind()
    while True:
        for parcel in await outbox.next(10):
            sound = parcel.body == body(parcel.topic, parcel.seq)
            os.write(say, b"%s %s %d\n" % (b"sent" if sound else b"rotten", parcel.topic.encode(), parcel.seq))
            loop.call_later(ANSWER_S, outbox.done, [parcel])
        while waiting(outbox) < busy:
            await asyncio.sleep(0.001)


def waiting(outbox: Outbox) -> int:
    """Return how many parcels wait."""
    return outbox.stats().alarms + outbox.stats().summaries


def body(stream: str, seq: int) -> bytes:
    """Return what a parcel says: nothing that another could say."""
    return b"%s %d " % (stream.encode(), seq) + b"x" * LENGTH.get(stream, 300)


async def drain(path: Path, say: int) -> None:
    """Send all that waits, then leave the file whole."""
    outbox = await Outbox.open(path)
    sending = asyncio.ensure_future(send(outbox, say, 0))
    while waiting(outbox):
        await asyncio.sleep(0.01)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert (outbox.stats().quarantined, outbox.stats().damaged, outbox.stats().thinned) == (0, 0, 0), outbox.stats()
    await outbox.close()


@dataclass
class Witness:
    """Knows what was accepted and what was sent, over all lives."""

    accepted: set[int] = field(default_factory=set)
    sent: set[int] = field(default_factory=set)
    newest: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))  # first told of, by stream
    again: int = 0

    @property
    def waiting(self) -> int:
        """How many parcels are known to be in the file still."""
        return len(self.accepted) - len(self.sent)

    def hears(self, lines: bytes) -> int:
        """Take what one life has said; return how many lines. Raises AssertionError."""
        lived: defaultdict[str, int] = defaultdict(int)
        last_put: defaultdict[str, int] = defaultdict(int)
        whole = lines.split(b"\n")[:-1]
        for line in whole:
            word, stream, number = line.decode().split()
            seq = int(number)
            if word == "accepted":
                assert seq not in self.accepted, f"{seq} was given twice"
                assert seq > last_put[stream], f"{stream}: {seq} was accepted behind {last_put[stream]}"
                last_put[stream] = seq
                self.accepted.add(seq)
                continue
            assert word == "sent", f"{stream}: {seq} is not what was put"
            assert seq > lived[stream], f"{stream}: {seq} came behind {lived[stream]} in one session"
            lived[stream] = seq
            if seq in self.sent:
                self.again += 1
                continue
            assert seq > self.newest[stream], f"{stream}: {seq} was first told behind {self.newest[stream]}"
            self.newest[stream] = seq
            self.sent.add(seq)
        return len(whole)


def live(path: Path, witness: Witness, chance: random.Random | None, disk: Disk | None = None) -> int:
    """Let a writer live until it is killed at some moment, or without `chance` to its end; return its lines.

    With `disk`, the power of that disk is cut instead: what the file system had not written yet is gone.
    """
    late = witness.waiting > BACKLOG
    connected = chance is not None and (late or chance.random() < CONNECTED)
    hear, say = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(hear)
        status = 1
        try:
            asyncio.run(drain(path, say) if chance is None else write_for_ever(path, say, connected=connected))
            status = 0
        finally:
            os._exit(status)
    os.close(say)
    try:
        seen = b""
        if chance is not None:
            lines = 0 if chance.random() < AT_OPENING else chance.randint(1, LINES_MOST) + late * BACKLOG
            seen = listen(hear, lines)
            time.sleep(chance.uniform(0.0, LATER_S if lines else 5 * LATER_S))
            if disk is not None:
                disk.cut()
            os.kill(pid, signal.SIGKILL)
        while piece := os.read(hear, 65536):
            seen += piece
        status = os.waitpid(pid, 0)[1]
    finally:
        os.close(hear)
    if disk is None or chance is None:
        assert os.WIFSIGNALED(status) if chance is not None else status == 0, f"the writer ended by itself: {status}"
    else:
        disk.back()
    return witness.hears(seen)


def listen(hear: int, lines: int) -> bytes:
    """Return what was said once there are so many lines."""
    seen = b""
    while seen.count(b"\n") < lines:
        assert select.select([hear], [], [], WITHIN_S)[0], f"nothing said within {WITHIN_S:.0f} s"
        piece = os.read(hear, 65536)
        assert piece, "the writer ended by itself"
        seen += piece
    return seen


def main() -> None:
    """Print the figures; what does not hold ends it with its reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="on the file system to try; a temporary one if left out")
    parser.add_argument("--cuts", action="store_true", help="cut a disk's power each time (needs root)")
    said = parser.parse_args()
    logging.disable()  # what a writer says of a disk whose power is cut
    gc.freeze()  # what was imported is not copied at each fork
    with tempfile.TemporaryDirectory(dir=said.folder) as folder:
        if said.cuts:
            with ext4(Path(folder), 64) as disk:
                suffer(disk.path / "outbox.db", said.kills, said.seed, disk)
        else:
            suffer(Path(folder) / "outbox.db", said.kills, said.seed)


def suffer(path: Path, kills: int, seed: int, disk: Disk | None = None) -> None:
    """Live so many lives and one to the end; print the figures."""
    chance, witness, began_s, silent = random.Random(seed), Witness(), time.monotonic(), 0
    for number in range(1, kills + 1):
        silent += live(path, witness, chance, disk) == 0
        if number % 1000 == 0:
            print(f"{number}: {len(witness.accepted)} accepted, {time.monotonic() - began_s:.0f} s", flush=True)
    live(path, witness, None)
    lost = witness.accepted - witness.sent
    assert not lost, f"{len(lost)} of {len(witness.accepted)} accepted parcels are lost: {sorted(lost)[:9]}"
    what = "kills" if disk is None else "power cuts"
    print(f"{what} {kills}, before the first word {silent}")
    print(f"accepted {len(witness.accepted)}, lost {len(lost)}")
    print(
        f"sent once more, the same {witness.again}; sent though not yet accepted {len(witness.sent - witness.accepted)}"
    )
    print(f"seconds {time.monotonic() - began_s:.0f}")


if __name__ == "__main__":
    main()
