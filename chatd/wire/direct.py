"""A socket that is written to at once, for protocols that write whole answers and not lines to many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet import tcp
from twisted.internet.interfaces import IPullProducer
from zope.interface import implementer


@implementer(IPullProducer)
class DirectSocket:
    """A socket of Twisted's that gives the kernel what it takes at once, and not in the reactor's next turn, for which
    the kernel would be asked three times more.

    `full` is called when it takes no more now, `drained` when it has taken all there was.
    """

    def __init__(
        self,
        socket: tcp.Connection,
        full: Callable[[], object] = lambda: None,
        drained: Callable[[], object] = lambda: None,
    ) -> None:
        self._socket = socket
        self._full = full
        self._drained = drained
        self._waits = False  # something is in Twisted's buffer

    def write(self, data: bytes) -> None:
        if not self._waits and self._socket.connected:
            sent = self._socket.writeSomeData(data)
            if isinstance(sent, int):  # else it is lost, which Twisted finds out
                data = data[sent:]
            if not data:
                return
            self._socket.registerProducer(self, False)
            self._waits = True
            self._socket.write(data)
            self._full()
        else:
            self._socket.write(data)

    def resumeProducing(self) -> None:
        """All is sent; or the socket has just been told of us."""
        if self._waits:
            self._waits = False
            self._socket.unregisterProducer()
            self._drained()

    def stopProducing(self) -> None:
        """The connection is gone."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)
