"""One TCP connection that speaks SSH: its keys, and what it may cost before and after somebody has logged in.

    Hello --KEXINIT--> LoggingIn --a shell is asked for--> In --both sides close the channel--> Lingering
      |  15 s              |  120 s                                                                |  1 s
      +--------------------+---------- refused, a mistake ----------> Refused ---------------------+--> closed

Everything that is said in a session is its door's affair (`door.py`).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Protocol

from twisted.conch.ssh import _kex, transport
from twisted.conch.ssh.common import NS
from twisted.conch.ssh.keys import Key
from twisted.internet import tcp
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IDelayedCall, IPushProducer
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.core.events import Cause, Departure
from chatd.core.refusals import HallError
from chatd.doors.ssh.auth import ALGORITHMS, LOGIN_WITHIN, Guest
from chatd.doors.ssh.silence import SILENT, Mistake
from chatd.session.words.languages import LANGUAGES
from chatd.session.words.refusals import refusal_words
from chatd.wire.addresses import ip_address_of, neighbourhood, shown_address
from chatd.wire.direct import DirectSocket
from chatd.wire.entrance import Entrance
from chatd.wire.gate import PerAddress
from chatd.wire.lifetime import LINGER
from chatd.wire.sockets import prepare
from chatd.wire.token_bucket import TokenBucket

HELLO_WITHIN = 15.0  # seconds until the client's KEXINIT
RATE, BURST = 64 * 1024, 512 * 1024  # bytes of packets a second, whatever is in them
LAST_BYTES = 0.5  # seconds for what is in front of the socket when a connection is closed
REKEYS, REKEYS_WITHIN = 6, 60.0  # seconds
LONGEST_PACKET = 64 * 1024  # bytes; RFC 4253, 6.1 wants 35,000, and no window is larger than that
_BEFORE_KEYS = frozenset((1, 2, 3, 4, *range(20, 50)))  # messages that are taken while nothing is encrypted
_Base = transport.SSHServerTransport


class Port(Protocol):
    """What those who come by one port have in common."""

    entrance: Entrance
    privateKeys: Mapping[bytes, Key]
    publicKeys: Mapping[bytes, Key]

    def note_arrival(self, arrived: Transport) -> None:
        """Somebody has come, and is not logged in yet."""

    def forget(self, arrived: Transport) -> None:
        """They have logged in, or are gone."""


class Channel(Protocol):
    """What a session waits in for the carrier to take more."""

    def look(self) -> None:
        """See whether the carrier takes more."""


@implementer(IPushProducer)
class Transport(_Base):
    """The carrier of one session, which the gate counts from the first byte on."""

    __slots__ = (  # besides conch's own, which stand in a dict: one that is small enough to share its keys
        "_clock",
        "_deadline",
        "_held",
        "_is_full",
        "_is_over",
        "_rate",
        "_rekeys",
        "channel",
        "entrance",
        "lost_how",
        "neighbourhood",
        "neighbours",
        "socket",
    )

    _log = SILENT
    _own_log = Logger()
    factory: Port  # type: ignore[assignment]  # conch names its own factory, and needs no more than this of it
    avatar: Guest

    ourVersionString = b"SSH-2.0-chatd"
    # Without strict key exchange, which conch has not, chacha20 and -etm would open the way to Terrapin.
    supportedCiphers = [b"aes128-ctr", b"aes256-ctr", b"aes192-ctr"]
    supportedMACs = [b"hmac-sha2-256", b"hmac-sha2-512"]
    supportedKeyExchanges = [
        name for name in _kex.getSupportedKeyExchanges() if name.startswith((b"mlkem768x25519", b"curve25519", b"ecdh"))
    ]
    supportedPublicKeys = [b"ssh-ed25519"]
    supportedCompressions = [b"none"]  # conch would unpack what is not logged in, without a bound

    def __init__(self, factory: Port) -> None:
        self.factory = factory
        self.entrance = factory.entrance
        self.neighbours: PerAddress | None = None
        self.channel: Channel | None = None  # one is all there may be
        self.lost_how: Departure = Departure(Cause.CLOSED)
        self._clock = clock = self.entrance.clock
        self._rate = TokenBucket(RATE, BURST, clock.seconds())
        self._rekeys = TokenBucket(REKEYS / REKEYS_WITHIN, REKEYS, clock.seconds())
        self._held: IDelayedCall | None = None  # until packets are read on
        self._is_full = False  # the socket takes no more now
        self._is_over = False  # nothing is read any more

    # The connection.

    def makeConnection(self, transport: Any) -> None:
        self.socket = transport
        if isinstance(transport, tcp.Connection):
            transport = DirectSocket(transport, self.pauseProducing, self.resumeProducing)
        else:
            transport.registerProducer(self, True)
        super().makeConnection(transport)

    def connectionMade(self) -> None:
        address = self.socket.getPeer()
        self.neighbourhood = neighbourhood(address)
        self._deadline: IDelayedCall | None = self._clock.callLater(HELLO_WITHIN, self._too_late)
        prepare(self.socket, self.entrance.limits.peer_timeout)
        super().connectionMade()
        try:
            self.neighbours = self.entrance.gate.admit(self.neighbourhood)
            self.entrance.server.check_admission(ip_address_of(address))
        except HallError as error:
            self.turn_away(error)
        else:
            self.factory.note_arrival(self)

    def dataReceived(self, data: bytes) -> None:
        if self._is_over:
            return
        now = self._clock.seconds()
        self._rate.spend(len(data), now)
        try:
            super().dataReceived(data)
            if len(self.buf) > LONGEST_PACKET:
                raise Mistake("a packet is too long")
        except Exception as error:  # a packet that is none raises whatever it will
            self._own_log.debug("{address} made a mistake: {kind}", address=self.address, kind=type(error).__name__)
            self.refuse(str(error) if isinstance(error, Mistake) else "a packet could not be read")
        if (wait := self._rate.wait(now)) and self._held is None:
            self._held = self._clock.callLater(wait, self._let_go)
            self._read_or_not()

    def connectionLost(self, reason: Failure | None = connectionDone) -> None:
        self.lost_how = Departure(Cause.CLOSED if reason and reason.check(ConnectionDone) else Cause.LOST)
        self._is_over = True
        for call in (self._deadline, self._held):
            if call is not None and call.active():
                call.cancel()
        super().connectionLost(reason)
        self.factory.forget(self)
        self.entrance.gate.leave(self.neighbourhood)

    @property
    def address(self) -> str:
        return shown_address(self.socket.getPeer())

    def abort(self) -> None:
        self.socket.abortConnection()

    def note_let_in(self) -> None:
        """A shell is asked for."""
        self._set_deadline(None)
        self.factory.forget(self)

    def linger(self) -> None:
        """All is said; it is the client's turn to close the connection."""
        if not self._is_over:
            self._set_deadline(LINGER, self.hang_up)

    def hang_up(self) -> None:
        """Close the connection, though the client has not; what is on its way is soon taken, or lost."""
        if self._is_over:
            return
        self._is_over = True
        self.socket.unregisterProducer()
        self.socket.loseConnection()
        self._set_deadline(LAST_BYTES, self.abort)

    def refuse(self, why: str, code: int = transport.DISCONNECT_PROTOCOL_ERROR) -> None:
        """Say why in words that clients show, and close one way: what was sent and is not read would reset a socket."""
        if self._is_over:
            return
        self._is_over = True
        self.sendPacket(transport.MSG_DISCONNECT, struct.pack(">L", code) + NS(why.encode()) + NS(b""))
        self.socket.unregisterProducer()
        self.socket.loseWriteConnection()
        self._set_deadline(LINGER, self.abort)

    def turn_away(self, error: HallError) -> None:
        """Say why nobody is let in, and close."""
        self.entrance.server.hall.counts.refused[type(error).__name__] += 1
        self._own_log.info("{address} was refused: {why}", address=self.address, why=str(error))
        self.refuse(
            refusal_words(error, LANGUAGES[self.entrance.server.language]), transport.DISCONNECT_TOO_MANY_CONNECTIONS
        )

    def note_wrong_password(self, nickname: str) -> None:
        """Log that a password was wrong."""
        told = "{address} gave a wrong password of {nickname}"
        self._own_log.info(told, event="wrong password", address=self.address, nickname=nickname)

    def _too_late(self) -> None:
        self.refuse("you did not log in in time", transport.DISCONNECT_BY_APPLICATION)

    def _set_deadline(self, seconds: float | None, late: Any = None) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None if seconds is None else self._clock.callLater(seconds, late)

    # What conch calls.

    def dispatchMessage(self, messageNum: int, payload: bytes) -> None:
        if self._is_over:
            return
        if not self.gotVersion or not (messageNum in _BEFORE_KEYS or self.isEncrypted("in")):
            raise Mistake("that comes too early")
        super().dispatchMessage(messageNum, payload)

    def ssh_KEXINIT(self, packet: bytes) -> None:
        now = self._clock.seconds()
        self._rekeys.spend(1, now)
        if self._rekeys.wait(now):
            raise Mistake("new keys are asked for too often")
        if self.sessionID is None:
            self._set_deadline(LOGIN_WITHIN, self._too_late)
        super().ssh_KEXINIT(packet)
        self._tell_channel()

    def _newKeys(self) -> None:
        super()._newKeys()
        self.ourKexInitPayload = self.otherKexInitPayload = b""  # which are hashed, and of no use any more
        self._tell_channel()

    def sendExtInfo(self, extensions: object) -> None:
        """Say which keys of clients are taken; conch would say which of ours there are, and RSA users had none."""
        super().sendExtInfo([(b"server-sig-algs", b",".join(ALGORITHMS))])

    def sendDisconnect(self, reason: int, desc: str | bytes) -> None:
        self.refuse(desc if isinstance(desc, str) else desc.decode("ascii", "replace"), reason)

    def receiveError(self, reasonCode: int, description: object) -> None:
        """The client says goodbye."""

    # What the socket calls. While it takes no more, nothing is read that might have to be answered.

    def pauseProducing(self) -> None:
        self._is_full = True
        self._read_or_not()
        self._tell_channel()

    def resumeProducing(self) -> None:
        self._is_full = False
        self._read_or_not()
        self._tell_channel()

    def stopProducing(self) -> None:
        """The connection is gone."""

    def _let_go(self) -> None:
        self._held = None
        self._read_or_not()

    def _read_or_not(self) -> None:
        if self._is_full or self._held is not None:
            self.socket.pauseProducing()
        elif not self.socket.disconnecting:
            self.socket.resumeProducing()

    @property
    def takes(self) -> bool:
        """Whether what is sent now leaves at once, and waits neither in conch nor in front of the socket."""
        return not self._is_full and self._keyExchangeState == self._KEY_EXCHANGE_NONE

    def _tell_channel(self) -> None:
        if self.channel is not None:
            self.channel.look()
