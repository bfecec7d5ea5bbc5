"""A certificate changes while the node runs: the light knows nothing of it, and a refused one is no dead end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.brokers import Mosquitto
from tests.clocks import LoopClock
from tests.leaps import at_speed
from tests.sync.city import Obedient, until
from tests.sync.test_tls import openssl
from tests.test_enrol import answer, ca, town

from lampyre.enrol import Enrolment
from lampyre.identity import Identity, enrolled
from lampyre.sync.broker import Broker
from lampyre.sync.outbox import Outbox
from lampyre.sync.uplink import Uplink

__all__ = ["town"]
NODE = "n01"


@pytest.fixture
def guarded(tmp_path: Path, town: Path) -> Mosquitto:
    """A broker that takes nobody without a certificate of the town's authority, nor one that is revoked."""
    (town / "names").write_text("subjectAltName=DNS:localhost")
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=broker")
    openssl(town, *new, "-keyout", "broker.key", "-out", "broker.csr")
    sign = ("x509", "-req", "-in", "broker.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial")
    openssl(town, *sign, "-out", "broker.crt", "-days", "7", "-extfile", "names")
    (town / "trusted.crt").write_bytes(ca(town))
    files = f"cafile {town}/trusted.crt\ncertfile {town}/broker.crt\nkeyfile {town}/broker.key"
    return Mosquitto(tmp_path / "broker", config=f"{files}\nrequire_certificate true\nuse_identity_as_username true")


@asynccontextmanager
async def running(folder: Path, port: int) -> AsyncIterator[tuple[Uplink, Identity]]:
    """The uplink of an enrolled node, as the city makes it."""
    outbox, clock = await Outbox.open(folder / "outbox.db"), LoopClock()
    identity = Identity(folder / "state", clock)
    identity.open()
    pem = enrolled(folder / "state")
    reach = Broker("localhost", port, NODE, True, pem["ca_file"], pem["cert_file"], pem["key_file"])
    uplink = Uplink([reach], "dijon", NODE, outbox, clock, Obedient())
    uplink.guests.append(identity)
    uplink.anew = identity.due
    task = asyncio.ensure_future(uplink.run(lambda: None))
    try:
        yield uplink, identity
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await outbox.close()


def enrolment(folder: Path) -> Enrolment:
    (folder / "state").mkdir(exist_ok=True)
    return Enrolment(folder / "state", "dijon", NODE)


@at_speed(10)
async def test_a_running_node_takes_its_new_certificate_without_a_restart(
    tmp_path: Path, town: Path, guarded: Mosquitto
) -> None:
    node = enrolment(tmp_path)
    node.install(answer(town, node.ask()), ca(town), None)
    with guarded as broker:
        async with running(tmp_path, broker.port) as (uplink, identity):
            await until(lambda: uplink.online, lambda: f"up: {uplink.down_reason}")
            node.install(answer(town, node.ask()), None, None)
            await until(lambda: uplink.reconnects == 1, lambda: f"again: {uplink.down_reason}")
            await until(lambda: not (tmp_path / "state/tls/before").exists(), "the old one goes")
            assert identity.refused == 0


@at_speed(10)
async def test_a_new_certificate_that_the_broker_refuses_gives_way_to_the_old_one(
    tmp_path: Path, town: Path, guarded: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    node = enrolment(tmp_path)
    node.install(answer(town, node.ask()), ca(town), None)
    with guarded as broker:
        async with running(tmp_path, broker.port) as (uplink, identity):
            await until(lambda: uplink.online, lambda: f"up: {uplink.down_reason}")
            both = ca(town) + (town / "stranger.crt").read_bytes()
            node.install(answer(town, node.ask(), by="stranger"), both, None)
            await until(lambda: identity.refused == 1, lambda: f"back on the old one: {uplink.down_reason}")
            await until(lambda: uplink.online, lambda: f"up: {uplink.down_reason}")
            assert "back on the one before" in caplog.text
            assert (tmp_path / "state/tls/now").exists(), "the new one is kept, and tried again"
