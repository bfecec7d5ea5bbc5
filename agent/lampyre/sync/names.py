"""Names: the broker's name is looked up first, where a name server that never answers holds up nothing."""

import asyncio
import socket
import ssl
import threading
from contextlib import suppress
from datetime import datetime
from ipaddress import ip_address

from lampyre.sync.broker import Broker, down
from lampyre.sync.trust import tls_context


async def prepared(broker: Broker, at_least: datetime | None) -> ssl.SSLContext | None:
    """Find the broker and read the certificates for it, as `tls_context` does; raises UplinkDown."""
    try:
        ip_address(broker.host)
    except ValueError:
        try:
            await _found(broker)
        except OSError as error:
            raise down(broker, error.strerror or str(error)) from error
    return await asyncio.to_thread(tls_context, broker, at_least)


async def _found(broker: Broker) -> None:
    """Return when the system knows the name; raises OSError.

    In a thread that nobody waits for: those of a pool are waited for when the program ends or begins anew, and over a
    dead network a resolver may take longer than a lamp's order holds.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[None] = loop.create_future()

    def ask() -> None:
        error = None
        try:
            socket.getaddrinfo(broker.host, broker.port, type=socket.SOCK_STREAM)
        except OSError as failed:
            error = failed
        with suppress(RuntimeError):  # the loop is closed: nobody wants to know any more
            loop.call_soon_threadsafe(_settle, answer, error)

    threading.Thread(target=ask, name="name", daemon=True).start()
    await answer


def _settle(answer: "asyncio.Future[None]", error: OSError | None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(None)
    else:
        answer.set_exception(error)
