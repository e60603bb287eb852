"""A hostile person: one connection after the other, ended in every way there is."""

from __future__ import annotations

import socket
import struct
from random import Random

from fuzz.chunks import Chunks

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time; close sends RST
PATIENCE = 500  # turns that a half-closed connection waits for the daemon's side
READ = 65536  # bytes
SMALL = 16384  # bytes; what the kernel would buffer for us is never heard when we reset


class Hostile:
    """Sends a chunk each turn, as far as the daemon takes it.

    `deaf` ones never read what they get, and stay until the daemon has enough of them.
    """

    def __init__(self, random: Random, chunks: Chunks, port: int, *, deaf: bool) -> None:
        self._random = random
        self._chunks = chunks
        self._port = port
        self._deaf = deaf
        self.connections = 0
        self._connect()

    def turn(self) -> bool:
        """Do the next thing; return whether a chunk has gone out to its end."""
        try:
            if not self._deaf:
                self._read()
            return self._write()
        except BlockingIOError:  # the daemon takes nothing now, or has not accepted us yet
            return False
        except OSError:  # it has closed, or we have
            self._connect()
            return False

    def close(self) -> None:
        self._socket.close()

    def _connect(self) -> None:
        self.connections += 1
        self._life = self._chunks.greedy_life() if self._deaf else self._chunks.life()
        self._unsent = b""
        self._waits = 0  # turns for which to wait until the daemon closes
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
        if self._deaf:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        self._socket.connect_ex(("127.0.0.1", self._port))

    def _read(self) -> None:
        """@raises OSError: when the connection is over."""
        try:
            data = self._socket.recv(READ)
        except BlockingIOError:
            return
        if not data:
            self._socket.close()
            raise ConnectionError

    def _write(self) -> bool:
        if self._waits:
            self._wait_on()
            return False
        if not self._unsent:
            chunk = next(self._life, None)
            if chunk is None:
                self._end()
                return False
            self._unsent = chunk
        if self._random.random() < 0.01:  # telnet's Synch
            self._socket.send(b"\xff")
            self._socket.send(b"\xf2", socket.MSG_OOB)
        wanted = len(self._unsent)
        if self._random.random() < 0.1:  # the network cuts anywhere
            wanted = self._random.randrange(wanted + 1)
        sent = self._socket.send(self._unsent[:wanted])
        self._unsent = self._unsent[sent:]
        return not self._unsent

    def _end(self) -> None:
        """End the connection: by a reset, by closing one side or both, in the middle of a line, or with a goodbye."""
        match self._random.randrange(5):
            case 0:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self._socket.close()
            case 1:
                self._socket.shutdown(socket.SHUT_WR)
                self._waits = PATIENCE
            case 2:
                self._socket.send(b"half a li")
                self._socket.close()
            case 3:
                self._socket.send(self._random.choice((b"\n\x04", b"\nquit\n", b"\xff\xec", b"\n/quit bye\n")))
                self._waits = PATIENCE
            case 4:
                self._socket.close()
        if not self._waits:
            self._connect()

    def _wait_on(self) -> None:
        self._waits -= 1
        if not self._waits:
            self._socket.close()
            self._connect()
