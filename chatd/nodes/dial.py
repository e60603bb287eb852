"""Endpoints of Redis: TCP, TLS or a Unix socket, and the master that Sentinel names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, UNIXClientEndpoint, wrapClientTLS
from twisted.internet.interfaces import IStreamClientEndpoint

from chatd.nodes.address import Address, Host
from chatd.nodes.protocol import DIAL_WITHIN, RedisFactory
from chatd.nodes.shared import OutOfReach


class Dial:
    """Called for the endpoint before each connection."""

    def __init__(self, reactor: Any, address: Address, ca_file: str | None = None) -> None:
        """@raises ImportError, ValueError: if TLS is to be and isn't installed, or the file holds no certificate."""
        self._reactor = reactor
        self._address = address
        self._behind_tls = _tls(address.hosts[0][0], ca_file) if address.kind == "tls" else None

    def __call__(self) -> Deferred[IStreamClientEndpoint]:
        return Deferred.fromCoroutine(self._endpoint())

    async def _endpoint(self) -> IStreamClientEndpoint:
        address = self._address
        if address.kind == "unix":
            return UNIXClientEndpoint(self._reactor, address.path, timeout=DIAL_WITHIN)
        if address.kind == "sentinel":
            return self._at(await self._master())
        endpoint = self._at(address.hosts[0])
        return self._behind_tls(endpoint) if self._behind_tls else endpoint

    def _at(self, host: Host) -> IStreamClientEndpoint:
        return HostnameEndpoint(self._reactor, *host, timeout=DIAL_WITHIN)

    async def _master(self) -> Host:
        """Ask one Sentinel after the other.

        @raises ConnectionError: if none knows it.
        """
        answers = []
        for name, port in self._address.hosts:
            try:
                found = await self._ask((name, port))
            except Exception as error:  # it is away, or is none; the next one may know
                answers.append(f"{name}:{port}: {str(error) or type(error).__name__}")
                continue
            if found:
                return found[0], int(found[1])
            answers.append(f"{name}:{port}: it doesn't know it")
        raise ConnectionError(f"no Sentinel knows the master of {self._address.service} ({'; '.join(answers)})")

    async def _ask(self, host: Host) -> Any:
        sentinel: Any = await self._at(host).connect(RedisFactory(self._reactor))
        try:
            return await sentinel.ask(DIAL_WITHIN / 4, "SENTINEL", "get-master-addr-by-name", self._address.service)
        finally:
            sentinel.close()


def credentials(user: str, password_file: str | None) -> Callable[[], tuple[str, ...]]:
    """Return what reads the file before each connection: a password may be changed while chatd runs.

    An empty line is no password. It raises OutOfReach if it can't be read.
    """

    def read() -> tuple[str, ...]:
        if password_file is None:
            return ()
        try:
            password = Path(password_file).read_text(encoding="utf-8").partition("\n")[0]
        except (OSError, ValueError) as error:  # it is gone, or is no text
            raise OutOfReach(f"the password can't be read: {error}") from None
        if user:
            return user, password
        return (password,) if password else ()

    return read


def _tls(host: str, ca_file: str | None) -> Callable[[IStreamClientEndpoint], IStreamClientEndpoint]:
    """Return what puts TLS in front of an endpoint.

    @raises ImportError, ValueError: if it isn't installed, or the file holds no certificate.
    """
    from twisted.internet.ssl import optionsForClientTLS  # it needs pyOpenSSL, which not everybody has

    trusted = _trusted(ca_file) if ca_file else None

    def behind(endpoint: IStreamClientEndpoint) -> IStreamClientEndpoint:
        return wrapClientTLS(optionsForClientTLS(host, trustRoot=trusted), endpoint)

    return behind


def _trusted(ca_file: str) -> Any:
    """@raises ValueError: if the file holds no certificate."""
    from OpenSSL import SSL
    from twisted.internet.ssl import Certificate, trustRootFromCertificates

    marker = "-----END CERTIFICATE-----"
    pieces = Path(ca_file).read_text(encoding="utf-8").split(marker)[:-1]
    try:
        found = [Certificate.loadPEM(f"{piece}{marker}\n".encode()) for piece in pieces]
    except SSL.Error:
        found = []
    if not found:
        raise ValueError("the file holds no certificate")
    return trustRootFromCertificates(found)
