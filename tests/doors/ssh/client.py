"""A client of SSH in memory, which says packet by packet what a test wants said."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from twisted.conch.ssh import connection, transport, userauth
from twisted.conch.ssh.common import NS, getNS
from twisted.conch.ssh.keys import Key
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.testing import StringTransport, StringTransportWithDisconnection

from chatd.core.hall import Hall
from chatd.doors.ssh.factory import SSHFactory
from chatd.doors.ssh.silence import SILENT
from chatd.doors.ssh.transport import Transport
from tests.doors.test_line import DoorTestCase

KEXINIT, NEWKEYS = 20, 21
KEPT = (transport.MSG_DISCONNECT, transport.MSG_SERVICE_ACCEPT, transport.MSG_EXT_INFO)
INFO_REQUEST, INFO_RESPONSE = 60, 61
PK_OK = 60
WINDOW = 1 << 20


class Wire(StringTransportWithDisconnection):
    """The server's socket."""

    def __init__(self, server: Transport, host: str = "10.0.0.1") -> None:
        super().__init__(peerAddress=IPv4Address("TCP", host, 4000))
        self.protocol = server
        self.aborted = self.write_closed = False

    def abortConnection(self) -> None:
        self.aborted = True
        if self.connected:
            super().loseConnection()

    def loseWriteConnection(self) -> None:
        self.write_closed = True


class Client(transport.SSHClientTransport):
    """The client's side of one connection; what it is sent is kept, but for the key exchange."""

    _log = SILENT

    def __init__(self, server: Transport, host: str = "10.0.0.1") -> None:
        self.server = server
        self.wire = Wire(server, host)
        self.got: list[tuple[int, bytes]] = []
        self.is_secure = False
        self.user = b""
        self.sent = StringTransport()

    def start(self) -> None:
        """Connect, and exchange keys."""
        self.makeConnection(self.sent)
        self.server.makeConnection(self.wire)
        self.meet()

    def meet(self) -> None:
        """Carry bytes to and fro until neither side has any more."""
        while True:
            sent, heard = self.sent.value(), self.wire.value()
            self.sent.clear()
            self.wire.clear()
            if not sent and not heard:
                return
            if sent and self.wire.connected:
                self.server.dataReceived(sent)
            if heard:
                self.dataReceived(heard)

    def verifyHostKey(self, hostKey: bytes, fingerprint: bytes) -> Deferred[bool]:
        return succeed(True)

    def connectionSecure(self) -> None:
        self.is_secure = True

    def dispatchMessage(self, messageNum: int, payload: bytes) -> None:
        if messageNum in KEPT or messageNum >= 50:
            self.got.append((messageNum, payload))
        else:
            super().dispatchMessage(messageNum, payload)

    def say(self, number: int, payload: bytes) -> None:
        self.sendPacket(number, payload)
        self.meet()

    def take(self, number: int) -> list[bytes]:
        """Return the payloads of these messages, and forget them."""
        taken = [payload for kind, payload in self.got if kind == number]
        self.got = [(kind, payload) for kind, payload in self.got if kind != number]
        return taken

    @property
    def farewell(self) -> str:
        """Why the server disconnects, "" if it does not."""
        return "".join(getNS(payload[4:])[0].decode() for payload in self.take(transport.MSG_DISCONNECT))

    # Logging in.

    def ask_service(self, name: bytes = b"ssh-userauth") -> None:
        self.say(transport.MSG_SERVICE_REQUEST, NS(name))

    def ask_auth(self, user: bytes, method: bytes, rest: bytes = b"", service: bytes = b"ssh-connection") -> None:
        self.user = user
        self.say(userauth.MSG_USERAUTH_REQUEST, NS(user) + NS(service) + NS(method) + rest)

    def enter(self, user: str) -> None:
        """Log in without a key."""
        self.ask_service()
        self.ask_auth(user.encode(), b"keyboard-interactive", NS(b"") + NS(b""))
        self.say(INFO_RESPONSE, struct.pack(">L", 0))

    def enter_with(self, key: Key, user: str, algorithm: bytes | None = None, signed_as: bytes | None = None) -> None:
        """Log in with a key; `signed_as` lies about how that was signed."""
        algorithm = algorithm or key.supportedSignatureAlgorithms()[0]
        asked = NS(user.encode()) + NS(b"ssh-connection") + NS(b"publickey") + b"\1" + NS(algorithm) + NS(key.blob())
        data = NS(self.sessionID or b"") + bytes((userauth.MSG_USERAUTH_REQUEST,)) + asked
        signature = key.sign(data, signatureType=signed_as or algorithm)
        self.say(userauth.MSG_USERAUTH_REQUEST, asked + NS(signature))

    @property
    def is_in(self) -> bool:
        return bool(self.take(userauth.MSG_USERAUTH_SUCCESS))

    # A session.

    def open(self, kind: bytes = b"session", window: int = WINDOW, largest: int = 32768) -> None:
        self.say(connection.MSG_CHANNEL_OPEN, NS(kind) + struct.pack(">3L", 0, window, largest))

    def ask(self, kind: bytes, rest: bytes = b"", channel: int = 0) -> bool:
        """Ask for something in a session; return whether it is granted."""
        self.say(connection.MSG_CHANNEL_REQUEST, struct.pack(">L", channel) + NS(kind) + b"\1" + rest)
        self.take(connection.MSG_CHANNEL_FAILURE)
        return bool(self.take(connection.MSG_CHANNEL_SUCCESS))

    def type(self, data: bytes) -> None:
        self.say(connection.MSG_CHANNEL_DATA, struct.pack(">L", 0) + NS(data))

    def end(self) -> None:
        """Say that nothing more will be typed."""
        self.say(connection.MSG_CHANNEL_EOF, struct.pack(">L", 0))

    def close(self) -> None:
        self.say(connection.MSG_CHANNEL_CLOSE, struct.pack(">L", 0))

    def grow(self, size: int) -> None:
        """Open the window by so many bytes."""
        self.say(connection.MSG_CHANNEL_WINDOW_ADJUST, struct.pack(">2L", 0, size))

    def seen(self) -> str:
        """Return what was written to stdout since the last call."""
        return b"".join(getNS(payload[4:])[0] for payload in self.take(connection.MSG_CHANNEL_DATA)).decode()

    def errors(self) -> str:
        return b"".join(getNS(payload[8:])[0] for payload in self.take(connection.MSG_CHANNEL_EXTENDED_DATA)).decode()

    def status(self) -> int | None:
        """Return the exit status, None if there is none."""
        for payload in self.take(connection.MSG_CHANNEL_REQUEST):
            kind, rest = getNS(payload[4:])
            if kind == b"exit-status":
                return int.from_bytes(rest[1:5])
        return None


class SSHTestCase(DoorTestCase):
    """An entrance, and an SSH port into it."""

    guests = True

    def setUp(self) -> None:
        super().setUp()
        self.key_file = Path(self.mktemp())
        self.port = SSHFactory(self.entrance, self.key_file, lambda: self.guests)
        self.port.take_key()

    def arrive(self, host: str = "10.0.0.1") -> Client:
        """Return a client that has exchanged keys."""
        client = Client(self.port.buildProtocol(None), host)
        client.start()
        return client

    def session(self, name: str, window: int = WINDOW, **options: Any) -> Client:
        """Return a client that is logged in, and has opened a session."""
        client = self.arrive(**options)
        client.enter(name)
        client.open(window=window)
        return client

    def shell(self, name: str, **options: Any) -> Client:
        client = self.session(name, **options)
        self.assertTrue(client.ask(b"shell"))
        self.pass_time(client)
        return client

    def run_command(self, name: str, command: str) -> Client:
        client = self.session(name)
        self.assertTrue(client.ask(b"exec", NS(command.encode())))
        self.pass_time(client)
        return client

    def pass_time(self, *clients: Client) -> None:
        """Let everything that is due reach the clients."""
        self.clock.pump([0.2, 0.2])
        for client in clients:
            client.meet()

    def said(self, client: Client) -> str:
        self.pass_time(client)
        return client.seen()


def names_in(hall: Hall) -> list[str]:
    return [member.nickname for member in hall.members]
