"""The chat server that Twisted's own tutorial leads to: `transport.write` for each line and each hearer."""

from __future__ import annotations

import sys

from twisted.internet import reactor
from twisted.internet.interfaces import ITransport
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure


class Chat(LineOnlyReceiver):
    """One client: its first line is its nickname, each further one is said to all."""

    delimiter = b"\n"
    clients: set[Chat] = set()
    nickname = b""
    transport: ITransport

    def lineReceived(self, line: bytes) -> None:
        if not self.nickname:
            self.nickname = line
            self.transport.write(b"welcome %s\n" % line)
            self.clients.add(self)
            return
        for subscriber in self.clients:
            subscriber.transport.write(b"%s: %s\n" % (self.nickname, line))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.clients.discard(self)


class Room(ServerFactory):
    protocol = Chat


def main() -> None:
    reactor.listenTCP(int(sys.argv[1]), Room(), backlog=128, interface="127.0.0.1")
    reactor.run()


if __name__ == "__main__":
    main()
