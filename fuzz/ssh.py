"""A hostile person who speaks SSH, or nearly: garbage, half handshakes, a wrong order, windows that nobody can fill."""

from __future__ import annotations

import socket
import struct
from random import Random

from twisted.conch.ssh.common import NS
from twisted.conch.ssh.transport import SSHClientTransport
from twisted.internet.defer import Deferred, succeed
from twisted.internet.testing import StringTransport
from twisted.logger import Logger

from fuzz.hostile import READ, RESET, SMALL

PACKETS = 40  # in one life, at most
WINDOWS = (0, 1, 511, 512, 32_768, 2**31, 2**32 - 1)
KINDS = (b"session", b"x11", b"direct-tcpip", b"", b"\xff")
REQUESTS = (b"shell", b"exec", b"pty-req", b"env", b"window-change", b"subsystem", b"signal", b"\xff", b"")
SCRIPT = (  # what an honest client would send, from which lives stray
    (5, NS(b"ssh-userauth")),
    (50, NS(b"rogue") + NS(b"ssh-connection") + NS(b"keyboard-interactive") + NS(b"") + NS(b"")),
    (61, struct.pack(">L", 0)),
    (90, NS(b"session") + struct.pack(">3L", 0, 2**20, 32768)),
    (98, struct.pack(">L", 0) + NS(b"pty-req") + b"\1" + NS(b"xterm") + struct.pack(">4L", 80, 24, 0, 0) + NS(b"")),
    (98, struct.pack(">L", 0) + NS(b"shell") + b"\1"),
)


class Speaker(SSHClientTransport):
    """The client's half of a key exchange, which believes everything."""

    _log = Logger(observer=lambda event: None)  # type: ignore[arg-type]
    is_secure = False

    def verifyHostKey(self, hostKey: bytes, fingerprint: bytes) -> Deferred[bool]:
        return succeed(True)

    def connectionSecure(self) -> None:
        self.is_secure = True

    def dispatchMessage(self, messageNum: int, payload: bytes) -> None:
        if 20 <= messageNum < 50:
            super().dispatchMessage(messageNum, payload)


class HostileSSH:
    """Sends a packet, or bytes that are none, each turn."""

    def __init__(self, random: Random, port: int) -> None:
        self._random = random
        self._port = port
        self.connections = 0
        self._connect()

    def turn(self) -> bool:
        """Do the next thing; return whether something has gone out to its end."""
        try:
            return self._go_on()
        except BlockingIOError:
            return False
        except Exception:  # the daemon has closed, or what it sent was not meant for what we pretend to be
            self._end()
            return False

    def close(self) -> None:
        self._socket.close()

    def _connect(self) -> None:
        self.connections += 1
        self._speaker = Speaker()
        self._sent = StringTransport()
        self._speaker.makeConnection(self._sent)
        self._left = self._random.randrange(1, PACKETS)
        self._step = 0
        self._is_rude = self._random.random() < 0.3  # and exchanges no keys
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
        self._socket.connect_ex(("127.0.0.1", self._port))

    def _go_on(self) -> bool:
        """@raises Exception: when this life is over."""
        sent = self._sent.value()
        if sent:
            self._sent.clear()
            self._socket.send(self._garbled(sent))
            return True
        if self._is_rude:
            self._socket.send(self._random.randbytes(self._random.choice((1, 40, 4000))))
            self._left -= 1
        else:
            self._listen()
            if self._speaker.is_secure:
                self._speaker.sendPacket(*self._packet())
                self._left -= 1
        if self._left <= 0:
            raise ConnectionError
        return False

    def _listen(self) -> None:
        if self._random.random() < 0.02:
            return  # for once
        try:
            data = self._socket.recv(READ)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionError
        self._speaker.dataReceived(data)

    def _garbled(self, sent: bytes) -> bytes:
        if self._random.random() < 0.97:
            return sent
        return sent[: self._random.randrange(len(sent))] + self._random.randbytes(30)

    def _packet(self) -> tuple[int, bytes]:
        """Return the next packet of an honest client, or another."""
        random = self._random
        if self._step < len(SCRIPT) and random.random() < 0.9:
            self._step += 1
            return SCRIPT[self._step - 1]
        channel = struct.pack(">L", random.choice((0, 0, 0, 1, 2**32 - 1)))
        kind = random.randrange(8)
        match kind:
            case 0:
                return 94, channel + NS(random.choice((b"hello\r", b"\x04", b"\x1b[200~", random.randbytes(500))))
            case 1:
                return 93, channel + struct.pack(">L", random.choice(WINDOWS))
            case 2:
                return 98, channel + NS(random.choice(REQUESTS)) + b"\1" + random.randbytes(random.randrange(40))
            case 3:
                opened = struct.pack(">3L", 0, random.choice(WINDOWS), random.choice(WINDOWS))
                return 90, NS(random.choice(KINDS)) + opened
            case 4:
                return random.choice((96, 97, 1, 2, 21)), channel
            case 5:
                return random.choice(SCRIPT)
            case 6:
                self._speaker._keyExchangeState = self._speaker._KEY_EXCHANGE_NONE
                self._speaker.sendKexInit()
                return 2, NS(b"")
            case _:
                return random.randrange(1, 120), random.randbytes(random.randrange(60))

    def _end(self) -> None:
        if self._random.random() < 0.5:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._socket.close()
        self._connect()
