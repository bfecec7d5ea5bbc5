"""Trust: with what the node shows who it is, and by what it knows its broker, also while its clock is wrong."""

import ssl
from datetime import datetime

from lampyre.certificate import validity
from lampyre.errors import UplinkDown
from lampyre.sync.broker import Broker

NO_CHECK_TIME = 0x200000  # OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which Python's ssl does not name


class _ClosedOnFailure(ssl.SSLSocket):
    """paho forgets a socket whose handshake failed; one would stay open for each try until memory is swept."""

    at_least: datetime | None = None

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
            if self.at_least is not None:
                self._not_over(self.at_least)
        except OSError:
            self.close()
            raise

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
        context.sslsocket_class = _ClosedOnFailure
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if at_least is not None:
            context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
            context.sslsocket_class = type("_Floored", (_ClosedOnFailure,), {"at_least": at_least})
        if broker.cert_file is not None:
            file = broker.cert_file
            context.load_cert_chain(broker.cert_file, broker.key_file)
    except (OSError, ssl.SSLError) as error:
        said = error.strerror or error.args[-1]
        raise UplinkDown(f"{broker.address}: {file}: {said}; give a PEM file that the node may read") from error
    return context
