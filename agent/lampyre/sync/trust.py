"""Trust: with what the node shows who it is, and by what it knows its broker, also while its clock is wrong."""

import socket
import ssl
from contextlib import suppress
from datetime import datetime
from typing import ClassVar

from lampyre.certificate import validity
from lampyre.errors import UplinkDown
from lampyre.sync.broker import Broker

HANDSHAKE_S = 15.0  # 4 kB of certificates both ways at 300 bytes a second; paho would give up after 5 s
NO_CHECK_TIME = 0x200000  # OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which Python's ssl does not name


class _ClosedOnFailure(ssl.SSLSocket):
    """paho forgets a socket whose handshake failed; one would stay open for each try until memory is swept."""

    at_least: ClassVar[datetime | None] = None
    shaking: ClassVar["_ClosedOnFailure | None"] = None  # in a class of its own for each context
    given_up: ClassVar[bool] = False

    def do_handshake(self, block: bool = False) -> None:
        kind = type(self)
        kind.shaking = self
        try:
            if kind.given_up:
                raise ConnectionAbortedError("nobody waits for it any more")
            self.settimeout(HANDSHAKE_S)
            super().do_handshake(block)
            if self.at_least is not None:
                self._not_over(self.at_least)
        except OSError:
            self.close()
            raise
        finally:
            kind.shaking = None

    def _not_over(self, at_least: datetime) -> None:
        """Refuse a broker whose certificate, or whose authority's, has ended for sure; raises SSLError."""
        shown = validity(self.getpeercert(binary_form=True) or b"")
        authorities = [ssl.cert_time_to_seconds(str(one["notAfter"])) for one in self.context.get_ca_certs()]
        if min(shown.ends.timestamp(), max(authorities, default=0.0)) < at_least.timestamp():
            said = "certificate verify failed: certificate has expired"
            raise ssl.SSLError(f"{said}; it is at least {at_least:%Y-%m-%d}")


def tls_context(broker: Broker, at_least: datetime | None = None) -> ssl.SSLContext | None:
    """Read the certificates (blocking, at each connect, so that renewed ones count); None without TLS.

    `at_least`: the clock is not to be trusted, and all that is known of the time is that it is not earlier. Then a
    certificate that has ended by then is refused as ever; one that has not begun is proof that the clock is late, and
    taken. Chain, name and key are checked all the same; intermediate authorities not for time. Raises UplinkDown that
    names the file.
    """
    if not broker.tls:
        return None
    file = broker.ca_file
    try:
        context = ssl.create_default_context(cafile=file)  # checks the chain and the host name
        context.sslsocket_class = type("_Own", (_ClosedOnFailure,), {"at_least": at_least})
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if at_least is not None:
            context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
        if broker.cert_file is not None:
            file = broker.cert_file
            context.load_cert_chain(broker.cert_file, broker.key_file)
    except (OSError, ssl.SSLError) as error:
        said = error.strerror or error.args[-1]
        raise UplinkDown(f"{broker.address}: {file}: {said}; give a PEM file that the node may read") from error
    return context


def let_go(context: ssl.SSLContext | None) -> None:
    """End a handshake that still waits for a silent broker: its thread would hold up a stop."""
    kind = None if context is None else context.sslsocket_class
    if kind is None or not issubclass(kind, _ClosedOnFailure):
        return
    kind.given_up = True
    shaking = kind.shaking
    if shaking is not None:
        with suppress(OSError):
            socket.socket.shutdown(shaking, socket.SHUT_RDWR)
