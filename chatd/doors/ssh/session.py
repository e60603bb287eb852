"""The session channel (RFC 4254, 6): what a client asks for, and the flow of bytes both ways.

It is the transport of its door's outbox: bytes wait here for the client's window, the socket and a key exchange, and
whoever fills it is told to pause, for conch itself would take them without a bound.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from twisted.conch.ssh.channel import SSHChannel
from twisted.conch.ssh.common import getNS
from twisted.conch.ssh.connection import SSHConnection

from chatd.core.events import Departure
from chatd.doors.ssh.silence import SILENT
from chatd.doors.ssh.transport import Transport
from chatd.wire.sockets import taken, unacknowledged

WINDOW = 16 * 1024  # bytes that a client may send before they are read
PACKET = 32 * 1024  # bytes that are sent in a packet, at most
WORTH_A_PACKET = 512  # bytes; a window is waited for rather than used a few bytes at a time
STDERR = 1


class Door(Protocol):
    """What is behind a session channel."""

    @property
    def status(self) -> int:
        """The exit status."""

    @property
    def complaint(self) -> bytes:
        """What is written to stderr in the end."""

    def makeConnection(self, transport: Any) -> None:
        """Begin, with the channel as transport."""

    def typed(self, data: bytes) -> None:
        """Take what the client sends."""

    def ended(self) -> None:
        """The client has sent all it will."""

    def all_sent(self) -> None:
        """All is sent, and it is the client's turn to close."""

    def resize(self, columns: int) -> None:
        """The terminal has another width."""

    def lost(self, how: Departure) -> None:
        """The channel is closed on both sides, or the connection is gone."""


@dataclass(slots=True)
class Wanted:
    """What a client has asked for: a command, "" for a shell, on a terminal of some kind and width, "" for none."""

    command: str | None = None
    term: str = ""
    columns: int = 0
    no_colour: bool = False


MakeDoor = Callable[[Transport, "SessionChannel", Wanted], Door]


class Windows(SSHConnection):
    """A connection whose channels open their windows themselves; conch would do it before what came is read."""

    def adjustWindow(self, channel: SSHChannel, bytesToAdd: int) -> None:
        """No-op: conch asks for it too early."""

    def open_window(self, channel: SSHChannel, size: int) -> None:
        super().adjustWindow(channel, size)


class SessionChannel(SSHChannel):
    """One session, from its requests to the order in which it ends: data, exit-status, EOF, CLOSE."""

    __slots__ = (  # besides conch's own, which stand in a dict: one that is small enough to share its keys
        "_acknowledged",
        "_carrier",
        "_channels",
        "_door",
        "_early",
        "_has_begun",
        "_input_ended",
        "_is_held",
        "_is_paused",
        "_make_door",
        "_producer",
        "_sent",
        "_waiting",
        "_wanted",
        "disconnecting",
    )

    _log = SILENT
    name = b"session"

    def __init__(self, make_door: MakeDoor, carrier: Transport, channels: Windows, window: int, largest: int) -> None:
        super().__init__(WINDOW, WINDOW, window, min(largest, PACKET), channels)
        self.disconnecting = False  # as Twisted calls it: no more will be written
        self._make_door = make_door
        self._carrier = carrier
        self._channels = channels
        self._door: Door | None = None
        self._wanted = Wanted()
        self._has_begun = False
        self._input_ended = False
        self._is_held = False  # nothing is read now, and the window stays as it is
        self._early = b""  # typed before it was known to whom
        self._waiting = bytearray()
        self._producer: Any = None
        self._is_paused = False
        self._sent = self._acknowledged = 0

    # Requests.

    def requestReceived(self, requestType: bytes, data: bytes) -> bool:
        match requestType:
            case b"pty-req":
                return self._take_terminal(data)
            case b"window-change":
                self._resize(int.from_bytes(data[:4]))
                return True
            case b"env":
                return self._take_variable(*getNS(data, 2)[:2])
            case b"shell" | b"exec" if self._wanted.command is None:
                self._wanted.command = _text(getNS(data)[0]).strip() if requestType == b"exec" else ""
                return True
        return False

    def _take_terminal(self, data: bytes) -> bool:
        term, rest = getNS(data)
        self._wanted.term = _text(term) or "dumb"
        self._wanted.columns = int.from_bytes(rest[:4])
        return not self._has_begun

    def _resize(self, columns: int) -> None:
        self._wanted.columns = columns
        if self._door is not None:
            self._door.resize(columns)

    def _take_variable(self, name: bytes, value: bytes) -> bool:
        """Take the variable that is obeyed (no-color.org); whatever else is said of a client's world is its own."""
        if name == b"NO_COLOR":
            self._wanted.no_colour = bool(value)
        return name == b"NO_COLOR"

    def begin(self) -> None:
        """Begin what was asked for, once, when the client has been told that it is granted."""
        if self._wanted.command is None or self._has_begun:
            return
        self._has_begun = True
        self._carrier.note_let_in()
        self._door = self._make_door(self._carrier, self, self._wanted)
        self._door.makeConnection(self)
        early, self._early = self._early, b""
        if early:
            self.dataReceived(early)
        if self._input_ended:
            self._door.ended()

    # What arrives.

    def channelOpen(self, specificData: object) -> None:
        """It is."""

    def dataReceived(self, data: bytes) -> None:
        if self.disconnecting:
            return
        if self._door is None:
            self._early += data
        else:
            self._door.typed(data)
            self._open_window()

    def extReceived(self, dataType: int, data: bytes) -> None:
        """No client has anything to say there."""
        self._open_window()

    def eofReceived(self) -> None:
        self._input_ended = True
        if self._door is not None and not self.localClosed:
            self._door.ended()

    def closeReceived(self) -> None:
        """The client closes; what it has not taken is lost."""
        self._waiting.clear()
        self.disconnecting = True
        self._channels.sendClose(self)

    def closed(self) -> None:
        """Both sides have closed it, or the connection is gone."""
        self.disconnecting = True
        self._producer = None
        door, self._door = self._door, None
        if door is not None:
            door.lost(self._carrier.lost_how)
        self._carrier.linger()

    # What the door calls: this is the transport of its outbox, and its own.

    def getPeer(self) -> Any:
        return self._carrier.getPeer().address

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        self._producer = producer
        self.look()

    def unregisterProducer(self) -> None:
        self._producer = None

    def write(self, data: bytes) -> None:
        if data and not self.disconnecting:
            self._waiting += data
            self._send()
            self.look()

    def loseConnection(self) -> None:
        """Close as soon as all is sent."""
        if not self.disconnecting:
            self.disconnecting = True
            self._send()

    def pauseProducing(self) -> None:
        self._is_held = True

    def resumeProducing(self) -> None:
        self._is_held = False
        self._open_window()

    def taken(self) -> int:
        """Return a number that grows when the client takes something: lines first of all, not answers to keepalives."""
        if not self._waiting:
            self._acknowledged = taken(self._carrier.socket)
        return self._sent + self._acknowledged

    def unacknowledged(self) -> int:
        """Return how many bytes wait here, or were sent and are not acknowledged."""
        return len(self._waiting) + unacknowledged(self._carrier.socket)

    # The flow.

    def addWindowBytes(self, data: int) -> None:
        self.remoteWindowLeft += data
        self._send()
        self.look()

    def look(self) -> None:
        """Tell whoever writes here whether to go on."""
        is_blocked = bool(self._waiting) or not self._carrier.takes
        if self._producer is not None and is_blocked != self._is_paused:
            self._is_paused = is_blocked
            if is_blocked:
                self._producer.pauseProducing()
            else:
                self._producer.resumeProducing()

    def _send(self) -> None:
        while self._waiting and self.remoteWindowLeft >= min(len(self._waiting), WORTH_A_PACKET):
            piece = bytes(self._waiting[: self._room])
            del self._waiting[: len(piece)]
            self._note_sent(len(piece))
            self._channels.sendData(self, piece)
        if self.disconnecting and not (self._waiting or self.localClosed):
            self._close()

    def _open_window(self) -> None:
        if self.localWindowLeft < self.localWindowSize // 2 and not self._is_held:
            self._channels.open_window(self, self.localWindowSize - self.localWindowLeft)

    def _close(self) -> None:
        door = self._door
        if door is not None:
            if complaint := door.complaint[: self._room]:
                self._note_sent(len(complaint))
                self._channels.sendExtendedData(self, STDERR, complaint)
            self._channels.sendRequest(self, b"exit-status", struct.pack(">L", door.status))
        self._channels.sendEOF(self)
        self._channels.sendClose(self)
        if door is not None:
            door.all_sent()

    @property
    def _room(self) -> int:
        """How much may be sent in one packet now."""
        return min(self.remoteWindowLeft, self.remoteMaxPacket)

    def _note_sent(self, size: int) -> None:
        self.remoteWindowLeft -= size
        self._sent += size


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
