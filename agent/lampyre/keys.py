"""Keys: made, asked about, and held against signatures; the one door of cryptography.

Whoever loads this module pays for that library (3.6 MB of memory of its own, 10 MB with its code; November 2026): the
agent does where commands must be signed, the words `enrol` and `sign` always.
"""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lampyre.errors import ConfigError

CHAIN_MOST = 4  # node, two authorities between, the town's root: more is a mistake
HASHES = ("sha256", "sha384", "sha512")  # what may stand under a certificate; SHA-1 can be forged

Kind = TypeVar("Kind", bound=x509.ExtensionType)


def make_node_key() -> bytes:
    """Return a new private key for a node's certificate, as PEM.

    P-256: what OpenSSL, EMQX and every TPM 2.0 know; Ed25519 client certificates and TPM chips do not go together.
    """
    return _pem(ec.generate_private_key(ec.SECP256R1()))


def request(key: bytes, site: str, node: str) -> bytes:
    """Return the request for a certificate of this key, as PEM: O is the site, CN the node's id."""
    name = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, site), x509.NameAttribute(NameOID.COMMON_NAME, node)]
    )
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(_node_key(key), hashes.SHA256())
    return made.public_bytes(Encoding.PEM)


def fits(key: bytes, answer: bytes) -> bool:
    """Whether the first certificate of `answer` (PEM) is for this key; raises ConfigError where either is none."""
    return _of_key(_node_key(key), certificates(answer)[0])


def certificates(text: bytes) -> list[x509.Certificate]:
    """Read the certificates of a PEM file; raises ConfigError."""
    try:
        return x509.load_pem_x509_certificates(text)
    except ValueError as error:
        raise ConfigError("no certificate in PEM form (-----BEGIN CERTIFICATE-----)") from error


def faults(answer: bytes, authorities: bytes, node: str, now: datetime | None) -> list[str]:
    """Return what is wrong with a node's certificate and the chain behind it; None for `now`: hours are not judged."""
    chain, trusted = certificates(answer), certificates(authorities)
    own = chain[0]
    found = [*_own_faults(own, node), *_chain_faults(chain, trusted)]
    if now is not None and not own.not_valid_before_utc <= now <= own.not_valid_after_utc:
        found.append(
            f"valid from {own.not_valid_before_utc:%Y-%m-%d %H:%M} to {own.not_valid_after_utc:%Y-%m-%d %H:%M}"
            f" UTC, and now is {now:%Y-%m-%d %H:%M}"
        )
    return found


def told(text: bytes) -> list[str]:
    """Say in a line what each certificate is: name, authority, until when, and its SHA-256 to compare by telephone."""
    return [
        f"{_common(one.subject)}, by {_common(one.issuer)}, until {one.not_valid_after_utc:%Y-%m-%d %H:%M} UTC, "
        f"SHA-256 {one.fingerprint(hashes.SHA256()).hex(':', 2)}"
        for one in certificates(text)
    ]


def plain(text: bytes) -> str:
    """Return the certificates of a PEM file alone, without what people or programs write around them."""
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates(text))


def make_signing_key() -> bytes:
    """Return a new private key with which a city signs its commands (Ed25519), as PEM."""
    return _pem(ed25519.Ed25519PrivateKey.generate())


def public_of(key: bytes) -> str:
    """Return the public half of a signing key (PEM) as `[commands]` wants it; raises ConfigError."""
    public = _signing_key(key).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(public).decode()


def sign(key: bytes, message: bytes) -> str:
    """Return the signature of a message, base64; raises ConfigError where the key (PEM) is none of Ed25519."""
    return base64.b64encode(_signing_key(key).sign(message)).decode()


def is_signed(public: str, signature: bytes, message: bytes) -> bool:
    """Whether the signature is this public key's (base64, 32 bytes) under exactly this message."""
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(public)).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _own_faults(own: x509.Certificate, node: str) -> list[str]:
    found = []
    if _common(own.subject) != node:
        found.append(f"its name (CN) is {_common(own.subject)!r}, and this node is {node!r}")
    usage = _extension(own, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        found.append("its key usage lacks digitalSignature, without which no TLS session comes about")
    purposes = _extension(own, x509.ExtendedKeyUsage)
    if purposes is not None and not {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(
        purposes
    ):
        found.append("its extended key usage lacks clientAuth; a broker would refuse it")
    if _is_authority(own):
        found.append("it is an authority's own certificate; a node's must not sign others (CA:FALSE)")
    return found


def _chain_faults(chain: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate]) -> list[str]:
    """Walk from the node's certificate up to one that is trusted."""
    found = [
        f"{_common(one.subject)!r} among the authorities is none (CA:TRUE lacks)"
        for one in trusted
        if not _is_authority(one)
    ]
    at = chain[0]
    for _ in range(CHAIN_MOST):
        hashed = at.signature_hash_algorithm
        if hashed is not None and hashed.name not in HASHES:
            found.append(f"{_common(at.subject)!r} is signed with {hashed.name}; {', '.join(HASHES)} are good enough")
        if any(_by(at, one) for one in trusted):
            return found
        above = next((one for one in chain[1:] if _by(at, one) and _is_authority(one)), None)
        if above is None:
            break
        at = above
    return [*found, f"{_common(at.subject)!r} is not signed by the authority given with --ca"]


def _by(signed: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        signed.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_authority(one: x509.Certificate) -> bool:
    basic = _extension(one, x509.BasicConstraints)
    return basic is not None and basic.ca


def _extension(one: x509.Certificate, kind: type[Kind]) -> Kind | None:
    try:
        return one.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def _common(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else "(no CN)"


def _of_key(key: ec.EllipticCurvePrivateKey, own: x509.Certificate) -> bool:
    return _public(key.public_key()) == _public(own.public_key())


def _public(key: CertificatePublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _node_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = _private(pem)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigError("not a key on an elliptic curve; `lampyre enrol` makes the right one")
    return key


def _signing_key(pem: bytes) -> ed25519.Ed25519PrivateKey:
    key = _private(pem)
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise ConfigError("not an Ed25519 key; `lampyre sign --new` makes the right one")
    return key


def _private(pem: bytes) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError("no private key in PEM form, or one with a passphrase") from error
