"""A proxy between a daemon and Redis, as a process that can be frozen: `python -m tests.nodes.proxy LISTEN TO`."""

from __future__ import annotations

import sys
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.endpoints import UNIXServerEndpoint
from twisted.protocols.portforward import ProxyFactory, ProxyServer


class ToUnix(ProxyServer):
    """Twisted's proxy forwards to TCP; this one to a Unix socket."""

    def connectionMade(self) -> None:
        self.transport.pauseProducing()
        client = self.clientProtocolFactory()
        client.setServer(self)
        self.reactor = reactor
        assert isinstance(self.factory, Factory)
        cast(Any, reactor).connectUNIX(self.factory.path, client)


class Factory(ProxyFactory):
    noisy = False
    protocol = ToUnix

    def __init__(self, path: str) -> None:
        super().__init__("", 0)
        self.path = path


def main(listen: str, to: str) -> None:
    UNIXServerEndpoint(reactor, listen).listen(Factory(to))
    reactor.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
