"""Lines cut out of a stream of bytes: what every door of lines has in common. Knows no telnet, no TLS and no SSH."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.interfaces import ITCPTransport
from twisted.protocols.basic import LineReceiver

from chatd.wire.connection import Connection


class Keys(Protocol):
    """What is read of one connection, with a LF behind each line and none longer than it may be."""

    def typed(self, data: bytes, max_line: int) -> bytes:
        """Return the text in one segment."""


class Framing(LineReceiver):
    """The framing of one connection: what comes is cut into lines, each handed over when the one before is done."""

    delimiter = b"\n"
    MAX_LENGTH = 1 << 20  # never reached: the keys cut what is too long for the codec
    transport: ITCPTransport
    connection: Connection
    keys: Keys

    def __init__(self) -> None:
        self._lines = 0  # read, and not handed over yet

    def dataReceived(self, data: bytes) -> None:
        connection = self.connection
        text = self.keys.typed(data, connection.codec.max_line)
        if data:
            connection.note_read(bool(text))
        lines = text.count(b"\n")
        self._lines += lines
        discarded = len(data) - len(text) - lines  # a CR before each LF is part of the line's end
        if discarded > 0:
            connection.note_discarded(discarded)
        try:
            super().dataReceived(text)
        except Exception:
            connection.broken()

    def lineReceived(self, line: bytes) -> None:
        self._lines -= 1
        self.connection.receive(line)

    def take_rest(self) -> bytes:
        """Return what was read and not handed over; it is the caller's from now on."""
        self._lines = 0
        rest: bytes = self.clearLineBuffer()
        return rest

    # What the connection calls: this is the half of its wire that reads.

    def stop_reading(self) -> None:
        self.pauseProducing()

    def read_on(self) -> None:
        self.resumeProducing()

    @property
    def lines_wait(self) -> bool:
        return self._lines > 0
