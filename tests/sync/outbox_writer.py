"""Put parcels as fast as accepted and print each accepted seq, until killed: `outbox_writer.py FILE`."""

import asyncio
import os
import sys
from pathlib import Path

from lampyre.records import Priority
from lampyre.sync.outbox import Outbox


async def main(path: Path) -> None:
    outbox = await Outbox.open(path)

    async def put(number: int) -> None:
        while True:
            seq = await outbox.put(
                f"stream/{number}", b"x" * 100 * number, Priority.SUMMARY if number else Priority.ALARM
            )
            os.write(1, b"%d\n" % seq)

    await asyncio.gather(*(put(number) for number in range(4)))


asyncio.run(main(Path(sys.argv[1])))
