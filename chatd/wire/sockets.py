"""What the kernel is told of a connection: send at once, notice a vanished peer, buffer little."""

from __future__ import annotations

import fcntl
import socket
import sys
import termios
from typing import Any

from twisted.internet import tcp
from twisted.internet.address import UNIXAddress
from twisted.protocols.policies import ProtocolWrapper

KERNEL_BUFFER = 64 * 1024  # bytes; the kernel's own megabytes would hide for minutes that a reader has stopped
PROBES = 4


def unacknowledged(transport: Any) -> int:
    """Return how many bytes the kernel still has to bring to the peer, 0 for a transport without a socket.

    For one with TLS that is asked of the socket below.
    """
    transport = transport.transport if isinstance(transport, ProtocolWrapper) else transport
    if not isinstance(transport, tcp.Connection) or not transport.connected:
        return 0
    return int.from_bytes(fcntl.ioctl(transport.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)


def prepare(transport: Any, peer_timeout: int) -> None:
    """Set up the socket of a connection, also below TLS; transports without one are left as they are.

    A peer that answers nothing is lost after `peer_timeout` seconds, whether something was sent to it or not.
    """
    transport = transport.transport if isinstance(transport, ProtocolWrapper) else transport
    if not isinstance(transport, tcp.Connection):
        return
    handle = transport.getHandle()
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
    if isinstance(transport.getHost(), UNIXAddress):
        return
    transport.setTcpNoDelay(True)  # the outbox has batched already; waiting for acknowledgements would add 40 ms
    transport.setTcpKeepAlive(True)
    for option, seconds in (
        (socket.TCP_KEEPIDLE, peer_timeout // 2),
        (socket.TCP_KEEPINTVL, max(1, peer_timeout // (2 * PROBES))),
        (socket.TCP_KEEPCNT, PROBES),
        (socket.TCP_USER_TIMEOUT, peer_timeout * 1000),
    ):
        handle.setsockopt(socket.IPPROTO_TCP, option, seconds)
