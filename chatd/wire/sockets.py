"""What the kernel is told of a connection: send at once, notice a vanished peer, buffer little."""

from __future__ import annotations

import fcntl
import socket
import struct
import sys
import termios
from typing import Any

from twisted.internet import tcp
from twisted.internet.address import UNIXAddress
from twisted.protocols.policies import ProtocolWrapper

KERNEL_BUFFER = 64 * 1024  # bytes; the kernel's own megabytes would hide for minutes that a reader has stopped
READ_AT_ONCE = 4 * 1024  # bytes, so that nobody waits long for what one connection sends
PROBES = 4
UNANSWERED = 2  # retransmissions or probes; a single one may be on its way
_TCP_INFO = struct.Struct("=2xBB52xI60xQ")  # of linux/tcp.h: tcpi_retransmits, _probes, _last_ack_recv, _bytes_acked


def taken(transport: Any) -> int:
    """Return a number that grows when the peer takes something, also below TLS; 0 for a transport without a socket."""
    transport = below(transport)
    if not isinstance(transport, tcp.Connection):
        return 0
    handle = transport.getHandle()
    if isinstance(transport.getHost(), UNIXAddress):
        return -int.from_bytes(fcntl.ioctl(handle.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    *_, acknowledged = _tcp_info(handle)
    return acknowledged


def has_vanished(transport: Any, seconds: int) -> bool:
    """Say whether something waits at the peer's kernel, which has answered nothing for so long.

    TCP_USER_TIMEOUT would say so too, but of somebody who reads slowly as well: the kernel forgives a window that is
    too small for the next segment no longer than one that stays closed.
    """
    transport = below(transport)
    if not isinstance(transport, tcp.Connection) or isinstance(transport.getHost(), UNIXAddress):
        return False
    retransmissions, probes, since_acknowledgement, _ = _tcp_info(transport.getHandle())
    return retransmissions + probes >= UNANSWERED and since_acknowledgement >= seconds * 1000


def _tcp_info(handle: socket.socket) -> tuple[int, int, int, int]:
    """Return retransmissions in a row, unanswered probes, milliseconds since an acknowledgement, bytes acknowledged."""
    info = handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    retransmissions, probes, since, acknowledged = _TCP_INFO.unpack(info)
    return retransmissions, probes, since, acknowledged


def unacknowledged(transport: Any) -> int:
    """Return how many bytes the kernel still has to bring to the peer, also below TLS; 0 without an open socket."""
    transport = below(transport)
    if not isinstance(transport, tcp.Connection) or not transport.connected:
        return 0
    return int.from_bytes(fcntl.ioctl(transport.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)


def below(transport: Any) -> Any:
    """Return the transport of the socket, where TLS or a proxy's header stands in front of it."""
    while isinstance(transport, ProtocolWrapper):
        transport = transport.transport
    return transport


def prepare(transport: Any, peer_timeout: int) -> None:
    """Set up the socket of a connection, also below TLS; transports without one are left as they are.

    A peer to which nothing is sent is lost when it hasn't answered the kernel's probes for `peer_timeout` seconds; one
    to which something is, is looked for with `has_vanished`.
    """
    transport = below(transport)
    if not isinstance(transport, tcp.Connection):
        return
    transport.bufferSize = READ_AT_ONCE
    handle = transport.getHandle()
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
    if isinstance(transport.getHost(), UNIXAddress):
        return
    transport.setTcpNoDelay(True)  # the outbox has batched already; waiting for acknowledgements would add 40 ms
    transport.setTcpKeepAlive(True)
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)  # or telnet's Synch would lose a byte of its word
    for option, seconds in (
        (socket.TCP_KEEPIDLE, peer_timeout // 2),
        (socket.TCP_KEEPINTVL, max(1, peer_timeout // (2 * PROBES))),
        (socket.TCP_KEEPCNT, PROBES),
    ):
        handle.setsockopt(socket.IPPROTO_TCP, option, seconds)
