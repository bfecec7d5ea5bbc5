"""A broker for one street: rumqttd inside the wheel `iotcore`, else Debian's mosquitto, else the one that is given."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lampyre.errors import ConfigError

READY_S = 5.0  # rumqttd takes 0.2 s to listen, mosquitto 0.05 s
STOP_S = 2.0
LOOK_S = 0.02

# rumqttd speaks MQTT 5 only on a [v5] listener, which its wheel's own options cannot ask for
RUMQTTD = """
id = 0
[router]
id = 0
max_connections = 64
max_outgoing_packet_count = 200
max_segment_size = 1048576
max_segment_count = 10
[v5.1]
name = "street"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 5000
max_payload_size = 262144
max_inflight_count = 100
dynamic_filters = true
"""
MOSQUITTO = "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\n"


@contextmanager
def embedded_broker(folder: Path) -> Iterator[str]:
    """Run a broker on a free port of this machine; yields its URL. ConfigError where there is none to run."""
    port = _free_port()
    engine = _rumqttd(folder, port) or _mosquitto(folder, port)
    if engine is None:
        raise ConfigError(
            "no broker to run: iotcore has no wheel for this Python and mosquitto is not installed; "
            "apt-get install mosquitto, or name a broker with --broker mqtt://127.0.0.1:1883"
        )
    try:
        yield f"mqtt://127.0.0.1:{port}"
    finally:
        engine.stop()


@contextmanager
def given_broker(host: str, port: int) -> Iterator[None]:
    """Check that a broker listens there; ConfigError otherwise."""
    try:
        socket.create_connection((host, port), timeout=READY_S).close()
    except OSError as error:
        raise ConfigError(f"--broker: {host}:{port} does not answer: {error}; is the broker running there?") from error
    yield


@contextmanager
def ctrl_c_kept_away() -> Iterator[None]:
    """Keep Ctrl-C from the processes that are started inside: only the street hears it, and ends them in order."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Mosquitto:
    """Debian's broker as a child."""

    def __init__(self, program: str, config: Path) -> None:
        self._process = subprocess.Popen([program, "-c", str(config)], stdin=subprocess.DEVNULL)  # noqa: S603

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _rumqttd(folder: Path, port: int) -> Any:
    try:
        from iotcore import Broker  # noqa: PLC0415 - it may be missing for this Python
    except ImportError:
        return None
    config = folder / "rumqttd.toml"
    config.write_text(RUMQTTD.format(port=port), encoding="utf-8")
    broker = Broker(config_path=str(config))
    try:
        with ctrl_c_kept_away():
            broker.start(READY_S)
    except (OSError, RuntimeError) as error:
        raise ConfigError(f"the embedded broker does not start: {error}; name one with --broker") from error
    return broker


def _mosquitto(folder: Path, port: int) -> _Mosquitto | None:
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        return None
    config = folder / "mosquitto.conf"
    config.write_text(MOSQUITTO.format(port=port), encoding="utf-8")
    with ctrl_c_kept_away():
        broker = _Mosquitto(program, config)
    until = time.monotonic() + READY_S
    while not _listens(port):
        if time.monotonic() > until:
            broker.stop()
            raise ConfigError(f"{program} does not start with {config}; name a broker with --broker")
        time.sleep(LOOK_S)
    return broker


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=READY_S).close()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
