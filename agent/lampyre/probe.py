"""`lampyre probe`: who speaks on the serial ports. It only listens, and what a program holds it leaves alone."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from lampyre import wire
from lampyre.board_settings import OUR_BOARDS
from lampyre.driver import Counts, Decoder
from lampyre.drivers import driver_of, kinds
from lampyre.errors import ConfigError, LinkDown
from lampyre.link import Link, open_link

LISTEN_S = 2.5  # at each speed: a receiver speaks once a second, and the first sentence may be cut
ENOUGH = 3  # sound frames that nothing but the sensor itself would say
BOARD_BAUD = 115200  # of our own boards
NO_PORT = "no serial port here; `ls /dev/serial/by-id` shows adapters, raspi-config switches a Pi's UART on"


async def probe(ports: Sequence[str], say: Callable[[str], None]) -> int:
    """Listen at each port at each speed that some driver knows; return how many were understood."""
    told = await listened(ports)
    for port, (found, text) in zip(ports, told, strict=True):
        say(told_of(port, found, text))
    if not ports:
        say(NO_PORT)
    return sum(bool(found) for found, _ in told)


async def listened(ports: Sequence[str]) -> list[tuple[str, str]]:
    """Return for each port the kind that speaks there, or none, and what to say of it."""
    return await asyncio.gather(*(_who(port) for port in ports))


def told_of(port: str, kind: str, text: str) -> str:
    """Return the line for a port."""
    return f'{port}: {text}; kind = "{kind}"' if kind else f"{port}: {text}"


async def _who(port: str) -> tuple[str, str]:
    """Return the kind, or none, and what to say of a port."""
    heard = 0
    for baud, speakers in sorted(_by_speed().items()):
        try:
            async with open_link(f"serial://{port}?baud={baud}") as link:
                bytes_, frames = await _listen(link, speakers)
        except LinkDown as error:
            return "", str(error).removeprefix(f"{port}: ")
        heard += bytes_
        best = max(frames.values(), default=0)
        fit = [kind for kind, count in frames.items() if count == best]
        if best >= ENOUGH:
            return fit[0], f"speaks like {' or '.join(fit)} at {baud} baud"
    if heard:
        return "", f"{heard} bytes that no driver understands, at any speed"
    return "", "silent; what must be asked is found by `lampyre probe --ask`, what has no supply is not"


def _by_speed() -> dict[int, dict[str, tuple[Decoder, Counts]]]:
    """Return, for each speed, a fresh decoder of each kind that speaks by itself."""
    found: dict[int, dict[str, tuple[Decoder, Counts]]] = {BOARD_BAUD: {}}
    for kind in kinds():
        with suppress(ConfigError):  # a package that does not load: `lampyre check` names it to those who use it
            driver = driver_of(kind)
            if driver.speech is not None and driver.speech.ask_every_s is None:
                counts = Counts()
                decoder = driver.speech.decoder(driver.settle({}), counts)
                found.setdefault(driver.speech.baud, {})[kind] = (decoder, counts)
    return found


async def _listen(link: Link, speakers: dict[str, tuple[Decoder, Counts]]) -> tuple[int, dict[str, int]]:
    """Return how many bytes came, and the sound frames of each kind; ends as soon as one has enough."""
    board, boards, heard = wire.Decoder(), 0, 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LISTEN_S):
            while max([boards, *(counts.frames for _, counts in speakers.values())]) < ENOUGH:
                data = await link.receive()
                heard += len(data)
                boards += len(board.feed(data))
                for decoder, _ in speakers.values():
                    decoder.feed(data)
    return heard, dict.fromkeys(OUR_BOARDS, boards) | {kind: counts.frames for kind, (_, counts) in speakers.items()}
