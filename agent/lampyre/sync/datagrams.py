"""Datagrams: signed words from node to node on the local network. The one door of UDP; closed unless a file opens it.

MARK, what `coming` says, and an HMAC-SHA256 over both: docs/moving.md. It never answers, so it amplifies nothing.
"""

import asyncio
import hmac
import logging
import os
import socket
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from lampyre.errors import ConfigError
from lampyre.sync.coming import BODY_LIMIT

log = logging.getLogger("lampyre.sync.datagrams")

MARK = b"LYR1"  # what it is, and of which version
TAG_BYTES = 32  # of SHA-256, not cut
SIZE_LIMIT = len(MARK) + BODY_LIMIT + TAG_BYTES
KEY_LEAST, KEY_MOST = 32, 1024  # bytes
AT_A_TIME = 16  # datagrams read before others have a turn
ROOM_BYTES = 64 * 1024  # that the kernel keeps for us; the rest of a flood it drops
BEAT_S = 20.0  # one wake-up each; the leash of this job must be longer

Address = tuple[str, int]  # host, port
Why = Literal["strange", "broken", "forged"]


class Datagrams:
    """Takes and sends datagrams at `listen`; `hear` gets (node, body) of those that bear our key's signature.

    `knock` says whether a node may be heard now; `refuse` counts what comes from elsewhere than `peers` (strange),
    is no datagram of ours (broken), or bears no such signature (forged).
    """

    def __init__(
        self,
        listen: Address,
        key_file: Path,
        peers: Mapping[str, Address],
        *,
        knock: Callable[[str], bool],
        hear: Callable[[str, bytes], None],
        refuse: Callable[[Why], None],
    ) -> None:
        self._listen = listen
        self._key_file = key_file
        self._peers = peers
        self._nodes = {address: node for node, address in peers.items()}
        self._knock = knock
        self._hear = hear
        self._refuse = refuse
        self._key = b""
        self._socket: socket.socket | None = None

    @property
    def listening(self) -> bool:
        """Whether its socket is open."""
        return self._socket is not None

    async def run(self, beat: Callable[[], None]) -> None:
        """Listen for ever; a key or an address that cannot be had is asked for again at each beat, and told of once."""
        loop = asyncio.get_running_loop()
        opened = await self._open(beat)
        try:
            loop.add_reader(opened.fileno(), self._readable)
            self._socket = opened
            log.info("moving light: datagrams at %s:%d", *self._listen)
            while True:
                beat()
                await asyncio.sleep(BEAT_S)
        finally:
            self._socket = None
            loop.remove_reader(opened.fileno())
            opened.close()

    def say(self, node: str, body: bytes) -> bool:
        """Send it to a node now; False where that cannot be done."""
        if self._socket is None:
            return False
        try:
            self._socket.sendto(signed(self._key, body), self._peers[node])
        except OSError:  # no way there, no permission, or no room; counted only: a log would tell when somebody passed
            return False
        return True

    async def _open(self, beat: Callable[[], None]) -> socket.socket:
        told = False
        while True:
            beat()
            try:
                self._key = key_of(self._key_file)
                return bound(self._listen)
            except ConfigError as error:
                if not told:
                    log.warning("%s; until then no moving light between nodes, and all else goes on", error)
                told = True
            await asyncio.sleep(BEAT_S)

    def _readable(self) -> None:
        """Take some of what has come; the rest when others had their turn."""
        for _ in range(AT_A_TIME):
            if self._socket is None:
                return
            try:
                data, sender = self._socket.recvfrom(SIZE_LIMIT + 1)
            except OSError:  # nothing more, or the network's word on one that we have sent
                return
            self._take(data, (sender[0], sender[1]))

    def _take(self, data: bytes, sender: Address) -> None:
        """Look at the cheap things first: who, how often, how long; then the signature."""
        node = self._nodes.get(sender)
        if node is None:
            self._refuse("strange")
        elif not self._knock(node):
            return
        elif not len(MARK) + TAG_BYTES < len(data) <= SIZE_LIMIT or not data.startswith(MARK):
            self._refuse("broken")
        else:
            body = data[len(MARK) : -TAG_BYTES]
            if hmac.compare_digest(signed(self._key, body), data):
                self._hear(node, body)
            else:
                self._refuse("forged")


def signed(key: bytes, body: bytes) -> bytes:
    """Return the datagram that carries a body."""
    return MARK + body + hmac.digest(key, MARK + body, "sha256")


def key_of(path: Path) -> bytes:
    """Return the key in a file; raises ConfigError where it cannot be read, is short, or is others' to read too."""
    make = f"head -c {KEY_LEAST} /dev/urandom > {path}; chmod 600 {path}"
    try:
        found = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe in its place would never open
    except OSError as error:
        raise ConfigError(f"moving.datagrams.key_file {path}: {error.strerror}; make one: {make}") from error
    with os.fdopen(found, "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode) or about.st_mode & 0o077:
            raise ConfigError(
                f"moving.datagrams.key_file {path}: others may read it, or it is no file; chmod 600 {path}"
            )
        key = file.read(KEY_MOST + 1)
    if not KEY_LEAST <= len(key) <= KEY_MOST:
        raise ConfigError(
            f"moving.datagrams.key_file {path}: {len(key)} bytes; {KEY_LEAST} to {KEY_MOST} are right: {make}"
        )
    return key


def bound(listen: Address) -> socket.socket:
    """Return a UDP socket at one address; raises ConfigError with address and cure."""
    family = socket.AF_INET6 if ":" in listen[0] else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM_BYTES)
        opened.bind(listen)
    except OSError as error:
        opened.close()
        cure = "is it this node's own, and does nobody else use the port?"
        raise ConfigError(f"moving.datagrams.listen {listen[0]}:{listen[1]}: {error.strerror}; {cure}") from error
    return opened
