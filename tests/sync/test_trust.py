"""Trust: bad brokers get nothing, and a node whose clock is lost still finds the right one."""

import asyncio
import socket
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.brokers import Mosquitto
from tests.certificates import Pair, pair
from tests.leaps import at_speed
from tests.ordeal.kerb import Kerb
from tests.sync.city import node, until

from lampyre.clock import SystemClock
from lampyre.sync import trust
from lampyre.sync.broker import Broker

DAY = timedelta(days=1)


def served(folder: Path, begins_d: float, ends_d: float) -> tuple[Mosquitto, Pair]:
    """Return a broker whose certificate holds from and until so many days after now, and its authority."""
    now = SystemClock().now()
    ca = pair(folder, "ca", now - 90 * DAY, now + 900 * DAY)
    own = pair(folder, "broker", now + begins_d * DAY, now + ends_d * DAY, ca)
    files = f"certfile {own.cert_file}\nkeyfile {own.key_file}\nallow_anonymous true"
    return Mosquitto(folder / "mosquitto", config=files), ca


@at_speed(10)
@pytest.mark.parametrize(
    ("begins_d", "ends_d", "why"),
    [(-2, -1, "the broker's certificate is over"), (1, 2, "begins later than this node's clock says")],
)
async def test_a_certificate_that_is_over_or_has_not_begun_is_refused_by_a_trusted_clock(
    tmp_path: Path, begins_d: float, ends_d: float, why: str
) -> None:
    mosquitto, ca = served(tmp_path, begins_d, ends_d)
    with mosquitto as broker:
        async with node(tmp_path, broker.port, host="localhost", tls=True, ca_file=ca.cert_file) as running:
            await until(lambda: why in str(running.uplink.down_reason), lambda: str(running.uplink.down_reason))
            assert running.uplink.reconnects == 0


@at_speed(10)
async def test_a_clock_that_is_late_for_the_certificate_keeps_nobody_from_its_broker(tmp_path: Path) -> None:
    mosquitto, ca = served(tmp_path, 300, 600)  # the node has lost a year
    floor = SystemClock().now()
    with mosquitto as broker:
        about: dict[str, Any] = {"host": "localhost", "tls": True, "ca_file": ca.cert_file}
        async with node(tmp_path, broker.port, trusted=False, at_least=lambda: floor, **about) as running:
            await running.connected()


@at_speed(10)
@pytest.mark.parametrize(
    ("host", "authority", "days_later", "why"),
    [
        ("localhost", "ca", 3, "certificate is over"),
        ("127.0.0.1", "ca", 0, "bear the name"),
        ("localhost", "stranger", 0, "does ca_file belong"),
    ],
)
async def test_without_a_clock_a_certificate_that_is_over_for_sure_or_not_the_brokers_is_refused_all_the_same(
    tmp_path: Path, host: str, authority: str, days_later: int, why: str
) -> None:
    mosquitto, ca = served(tmp_path, -1, 2)
    stranger = pair(tmp_path, "stranger", ca.certificate.not_valid_before_utc, ca.certificate.not_valid_after_utc)
    floor = SystemClock().now() + days_later * DAY
    about: dict[str, Any] = {"host": host, "tls": True, "ca_file": (ca if authority == "ca" else stranger).cert_file}
    with mosquitto as broker:
        async with node(tmp_path, broker.port, trusted=False, at_least=lambda: floor, **about) as running:
            await until(lambda: why in str(running.uplink.down_reason), lambda: str(running.uplink.down_reason))
            assert running.uplink.reconnects == 0


def test_a_slow_line_has_longer_for_its_handshake_than_paho_would_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = SystemClock().now()
    own = pair(tmp_path, "n", now - DAY, now + DAY)
    context = trust.tls_context(Broker("localhost", 1, "n", tls=True, ca_file=own.cert_file))
    assert context is not None
    monkeypatch.setattr(trust, "HANDSHAKE_S", 0.3)
    ours, silent = socket.socketpair()
    with silent, context.wrap_socket(ours, server_hostname="localhost", do_handshake_on_connect=False) as line:
        line.settimeout(0.01)  # as paho does, with more
        began_s = time.monotonic()
        with pytest.raises(TimeoutError):
            line.do_handshake()
        assert time.monotonic() - began_s >= 0.3


def test_who_has_given_up_waits_for_no_handshake_neither_begun_nor_to_come(tmp_path: Path) -> None:
    now = SystemClock().now()
    own = pair(tmp_path, "n", now - DAY, now + DAY)
    context = trust.tls_context(Broker("localhost", 1, "n", tls=True, ca_file=own.cert_file))
    assert context is not None
    trust.let_go(None)
    trust.let_go(context)
    ours, silent = socket.socketpair()
    with silent, context.wrap_socket(ours, server_hostname="localhost", do_handshake_on_connect=False) as line:
        with pytest.raises(ConnectionAbortedError):
            line.do_handshake()
        assert line.fileno() == -1, "and nothing stays open"


PATIENT = (
    "import lampyre.sync.trust as t; t.HANDSHAKE_S = 600.0; from lampyre.__main__ import main; raise SystemExit(main())"
)


async def test_an_agent_stops_while_a_broker_is_silent_in_the_midst_of_the_handshake(tmp_path: Path) -> None:
    now = SystemClock().now()
    own = pair(tmp_path, "n", now - DAY, now + 900 * DAY)
    came, writers = asyncio.Event(), []

    def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        came.set()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    papers = (
        f'ca_file = "{own.cert_file}"\ncert_file = "{own.cert_file}"\nkey_file = "{own.key_file}"\nkeepalive_s = 300'
    )
    async with Kerb(tmp_path / "kerb", port, {"r1": "/dev/ttyS99"}, program=("-OO", "-c", PATIENT)) as kerb:
        text = kerb.config.read_text().replace(f'mqtt://127.0.0.1:{port}"', f'mqtts://127.0.0.1:{port}"\n{papers}')
        kerb.config.write_text(text)
        await kerb.start()
        await came.wait()
        assert await kerb.stop() == 0
    for writer in writers:
        writer.close()
    server.close()
    await server.wait_closed()
