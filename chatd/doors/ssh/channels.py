"""What a client that has logged in may open: one session, and nothing else (RFC 4254)."""

from __future__ import annotations

import struct
from typing import Any, cast

from twisted.conch.ssh import connection
from twisted.conch.ssh.common import NS, getNS

from chatd.doors.ssh.door import door
from chatd.doors.ssh.session import SessionChannel, Windows
from chatd.doors.ssh.silence import SILENT, Mistake
from chatd.doors.ssh.transport import Transport

LEAST_PACKET = 512  # bytes; with less, a client could have us send each byte in a packet of its own
_FORWARDING = (
    b"direct-tcpip",
    b"direct-streamlocal@openssh.com",
    b"forwarded-tcpip",
    b"tun@openssh.com",
    b"x11",
    b"auth-agent@openssh.com",
)
_OF_A_CHANNEL = range(connection.MSG_CHANNEL_WINDOW_ADJUST, connection.MSG_CHANNEL_FAILURE + 1)


class Channels(Windows):
    """Opens one session. No forwarding, no agent, no X11."""

    _log = SILENT

    @property
    def _carrier(self) -> Transport:
        return cast(Transport, self.transport)

    def packetReceived(self, messageNum: int, packet: bytes) -> Any:
        if messageNum in (connection.MSG_CHANNEL_OPEN_CONFIRMATION, connection.MSG_CHANNEL_OPEN_FAILURE):
            raise Mistake("no channel was asked for")
        if messageNum in _OF_A_CHANNEL and int.from_bytes(packet[:4]) not in self.channels:
            return None  # of one that is closed on both sides: they may have crossed on the way
        return super().packetReceived(messageNum, packet)

    def gotGlobalRequest(self, requestType: bytes, data: bytes) -> int:
        return 0  # which answers keepalives, too

    def ssh_CHANNEL_OPEN(self, packet: bytes) -> None:
        kind, rest = getNS(packet)
        sender, _, largest = struct.unpack(">3L", rest[:12])
        if kind in _FORWARDING:
            self._refuse(sender, connection.OPEN_ADMINISTRATIVELY_PROHIBITED, "nothing is forwarded here")
        elif kind != b"session":
            self._refuse(sender, connection.OPEN_UNKNOWN_CHANNEL_TYPE, "only sessions can be opened")
        elif self._carrier.channel is not None:
            self._refuse(sender, connection.OPEN_RESOURCE_SHORTAGE, "a connection has one session")
        elif largest < LEAST_PACKET:
            self._refuse(sender, connection.OPEN_RESOURCE_SHORTAGE, f"packets must have {LEAST_PACKET} bytes or more")
        else:
            super().ssh_CHANNEL_OPEN(packet)

    def getChannel(self, channelType: bytes, windowSize: int, maxPacket: int, data: bytes) -> SessionChannel:
        self._carrier.channel = channel = SessionChannel(door, self._carrier, self, windowSize, maxPacket)
        return channel

    def ssh_CHANNEL_DATA(self, packet: bytes) -> None:
        self._check_window(packet, packet[4:8])
        super().ssh_CHANNEL_DATA(packet)

    def ssh_CHANNEL_EXTENDED_DATA(self, packet: bytes) -> None:
        self._check_window(packet, packet[8:12])
        super().ssh_CHANNEL_EXTENDED_DATA(packet)

    def ssh_CHANNEL_REQUEST(self, packet: bytes) -> None:
        super().ssh_CHANNEL_REQUEST(packet)
        channel = self.channels.get(int.from_bytes(packet[:4]))
        if channel is not None:
            channel.begin()  # behind the reply

    def _check_window(self, packet: bytes, size: bytes) -> None:
        """@raises Mistake: for more than the window has room for; conch would close the channel and say nothing."""
        channel = self.channels[int.from_bytes(packet[:4])]
        if int.from_bytes(size) > min(channel.localWindowLeft, channel.localMaxPacket):
            raise Mistake("more was sent than there is room for")

    def _refuse(self, sender: int, reason: int, why: str) -> None:
        failure = struct.pack(">2L", sender, reason) + NS(why.encode()) + NS(b"")
        self._carrier.sendPacket(connection.MSG_CHANNEL_OPEN_FAILURE, failure)
