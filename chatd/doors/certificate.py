"""A key and its certificate: read from their files, renewed while chatd runs, watched for their end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates
from OpenSSL import SSL
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.threads import deferToThread
from twisted.logger import Logger
from zope.interface import implementer

DAY = 86_400.0  # seconds
WARN_BEFORE = 14 * DAY
CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2, what RFC 9325, 4.2 recommends; 1.3 has no others


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key and its certificate, ready for use."""

    contents: tuple[bytes, bytes]  # of their files
    context: SSL.Context
    expires_at: float  # seconds since 1970

    @property
    def last_day(self) -> str:
        return f"{datetime.fromtimestamp(self.expires_at, UTC):%Y-%m-%d}"


InThread = Callable[[Callable[[], Credentials | None]], Deferred[Credentials | None]]


@implementer(IOpenSSLServerConnectionCreator)
class Certificate:
    """What a port shows of itself: a key and its certificate, as their files were when they last fitted together."""

    _log = Logger()

    def __init__(
        self,
        key: Path,
        certificate: Path,
        now: Callable[[], float] = time.time,
        in_thread: InThread = deferToThread,
    ) -> None:
        """@raises ValueError: if the files can't be used."""
        self._key = key
        self._certificate = certificate
        self._now = now
        self._in_thread = in_thread
        self._credentials = load(key, certificate)
        self._complaint = ""
        self._warned_at = float("-inf")

    def serverConnectionForTLS(self, protocol: object) -> SSL.Connection:
        return SSL.Connection(self._credentials.context, None)

    async def check(self) -> str:
        """Take the files for new connections if they have changed, and warn daily of a certificate near its end.

        While the files can't be used, what was taken before stays in use. Returns what came of it, "" for nothing.
        """
        news = ""
        try:
            renewed = await self._in_thread(self._renewed)
        except ValueError as error:
            news = f"{error}; the certificate from before stays in use"
            self._complain(news)
        else:
            self._complaint = ""
            if renewed is not None:
                news = f"{self._certificate} was renewed: it is valid until {renewed.last_day}"
                self._take(renewed, news)
        self._warn_of_end()
        return news

    def _renewed(self) -> Credentials | None:
        before = self._credentials.contents
        return None if read(self._key, self._certificate) == before else load(self._key, self._certificate)

    def _take(self, renewed: Credentials, news: str) -> None:
        self._credentials = renewed
        self._warned_at = float("-inf")
        self._log.info("{news}", news=news)

    def _complain(self, complaint: str) -> None:
        if complaint != self._complaint:
            self._complaint = complaint
            self._log.error("{complaint}", complaint=complaint)

    def _warn_of_end(self) -> None:
        now, shown = self._now(), self._credentials
        if shown.expires_at - now < WARN_BEFORE and now - self._warned_at >= DAY:
            self._warned_at = now
            verb = "expires" if now < shown.expires_at else "expired"
            self._log.warn("{path} {verb} on {day}", path=self._certificate, verb=verb, day=shown.last_day)


def load(key: Path, certificate: Path) -> Credentials:
    """Read a key and its certificate, behind which the rest of its chain may stand in the same file.

    @raises ValueError: if they can't be used.
    """
    contents = read(key, certificate)
    try:
        secret: Any = load_pem_private_key(contents[0], None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError(f"{key} holds no private key in PEM format without a password") from None
    try:
        first, *chain = load_pem_x509_certificates(contents[1])
    except ValueError:
        raise ValueError(f"{certificate} holds no certificate in PEM format") from None
    # Not by Twisted's CertificateOptions: with OpenSSL 4, it refuses whoever offers a protocol by ALPN, as curl does.
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_TICKET)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    try:
        context.use_certificate(first)
        context.use_privatekey(secret)
        context.check_privatekey()
    except (SSL.Error, TypeError) as error:
        raise ValueError(f"{key} and {certificate} can't be used together ({in_words(error)})") from None
    for other in chain:
        context.add_extra_chain_cert(other)
    context.set_cipher_list(CIPHERS)
    return Credentials(contents, context, first.not_valid_after_utc.timestamp())


def read(key: Path, certificate: Path) -> tuple[bytes, bytes]:
    """@raises ValueError: if one of them can't be read."""
    try:
        return key.read_bytes(), certificate.read_bytes()
    except OSError as error:
        raise ValueError(f"{error.filename} can't be read ({error.strerror})") from None


def in_words(error: Exception) -> str:
    """Return the little that OpenSSL says of an error."""
    reasons = error.args[0] if error.args else ()
    return str(reasons[-1][-1]) if isinstance(reasons, list) and reasons else str(error)
