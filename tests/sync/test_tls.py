"""TLS: the node speaks to the right broker with its certificate, and to no other."""

import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.brokers import Mosquitto
from tests.leaps import at_speed
from tests.sync.city import node, until

from lampyre.errors import UplinkDown
from lampyre.sync.broker import Broker
from lampyre.sync.trust import tls_context

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed; `apt-get install openssl` brings it")


def openssl(folder: Path, *words: str) -> None:
    subprocess.run([str(OPENSSL), *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Two authorities, a certificate of the broker by the first, and one of the node."""
    folder = tmp_path / "keys"
    folder.mkdir()
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj")
    for name in ("ca", "other"):
        openssl(folder, *new, f"/CN={name}", "-x509", "-days", "2", "-keyout", f"{name}.key", "-out", f"{name}.crt")
    (folder / "names").write_text("subjectAltName=DNS:localhost")
    for name in ("broker", "node"):
        openssl(folder, *new, f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        sign = ("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial")
        openssl(folder, *sign, "-out", f"{name}.crt", "-days", "2", "-extfile", "names")
    return folder


def guarded(folder: Path, keys: Path) -> Mosquitto:
    files = f"cafile {keys}/ca.crt\ncertfile {keys}/broker.crt\nkeyfile {keys}/broker.key"
    return Mosquitto(folder / "broker", config=f"{files}\nrequire_certificate true\nuse_identity_as_username true")


@at_speed(10)
async def test_a_node_with_its_certificate_is_let_in(tmp_path: Path, keys: Path) -> None:
    files: dict[str, Any] = {"ca_file": keys / "ca.crt", "cert_file": keys / "node.crt", "key_file": keys / "node.key"}
    with guarded(tmp_path, keys) as broker:
        async with node(tmp_path, broker.port, host="localhost", tls=True, **files) as running:
            await running.connected()


@at_speed(10)
async def test_a_broker_of_another_authority_gets_nothing(tmp_path: Path, keys: Path) -> None:
    with guarded(tmp_path, keys) as broker:
        async with node(tmp_path, broker.port, host="localhost", tls=True, ca_file=keys / "other.crt") as running:
            await until(lambda: "does ca_file belong" in str(running.uplink.down_reason), "the reason and the cure")


@at_speed(10)
async def test_a_broker_of_another_name_gets_nothing(tmp_path: Path, keys: Path) -> None:
    with guarded(tmp_path, keys) as broker:
        async with node(tmp_path, broker.port, host="127.0.0.1", tls=True, ca_file=keys / "ca.crt") as running:
            await until(lambda: "mismatch" in str(running.uplink.down_reason), "the reason")


@at_speed(10)
async def test_a_node_without_certificate_is_not_let_in(tmp_path: Path, keys: Path) -> None:
    with guarded(tmp_path, keys) as broker:
        async with node(tmp_path, broker.port, host="localhost", tls=True, ca_file=keys / "ca.crt") as running:
            await until(lambda: "not tried" not in str(running.uplink.down_reason), "a try")
            assert not running.uplink.online


def test_tls_is_1_2_at_least_and_checks_chain_and_name(keys: Path) -> None:
    context = tls_context(Broker("city.example", 8883, "node-1", tls=True, ca_file=keys / "ca.crt"))
    assert context is not None
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)


def test_a_missing_certificate_is_named(tmp_path: Path, keys: Path) -> None:
    broker = Broker("h", 8883, "n", tls=True, ca_file=keys / "ca.crt", cert_file=tmp_path / "no.crt")
    with pytest.raises(UplinkDown, match=r"mqtts://h:8883: .*no.crt: No such file"):
        tls_context(broker)
