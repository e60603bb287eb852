"""Tests for chatd.wire.users, on real sockets: whose process is at the other end."""

import os
import socket
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.tcp import Connection
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import TestCase

from chatd.wire.users import user_name, user_of
from tests.short_folder import short_folder

PASSWD = "root:x:0:0:root:/root:/bin/bash\nbroken\nop:x:1000:1000::/home/op:/bin/sh\n"


class UserTests(TestCase):
    def passwd(self, text: str) -> Path:
        path = Path(self.mktemp())
        path.write_text(text)
        return path

    async def test_unix(self) -> None:
        """The kernel says whose process has connected to a Unix socket."""
        made: Deferred[Protocol] = Deferred()

        class Accepting(Protocol):
            def connectionMade(self) -> None:
                made.callback(self)

        path = short_folder(self) / "socket"
        port = await serverFromString(reactor, f"unix:{path}").listen(Factory.forProtocol(Accepting))
        self.addCleanup(port.stopListening)
        client = socket.socket(socket.AF_UNIX)
        self.addCleanup(client.close)
        client.connect(str(path))
        protocol = await made
        assert isinstance(protocol.transport, Connection)
        self.addCleanup(protocol.transport.abortConnection)
        self.assertEqual(user_of(protocol.transport, self.passwd(f"me:x:{os.getuid()}:0::/:/bin/sh\n")), "me")
        self.assertEqual(user_of(protocol.transport, self.passwd("")), f"uid {os.getuid()}")

    def test_others(self) -> None:
        """On any other transport nobody knows."""
        self.assertEqual(user_of(StringTransport()), "")

    def test_names(self) -> None:
        """The name is that of the file; without one it is the number, and nobody is called by an unknown one."""
        passwd = self.passwd(PASSWD + "nobody:x:65534:65534::/:/bin/false\n")
        self.assertEqual([user_name(uid, passwd) for uid in (0, 1000, 7, 65_534)], ["root", "op", "uid 7", "uid 65534"])
        self.assertEqual(user_name(0, Path("/does/not/exist")), "uid 0")
