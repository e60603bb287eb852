"""The operator's door: the line door on a Unix socket that only its owner and its group may open."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from twisted.application import strports
from twisted.application.service import MultiService
from twisted.internet.endpoints import quoteStringArgument
from twisted.internet.interfaces import IReactorTime

from chatd.doors.endpoints import to_listen_on
from chatd.doors.line import LineFactory
from chatd.session.operator import Daemon
from chatd.session.operator_commands import an_operator
from chatd.session.session import Server
from chatd.wire.batcher import Batcher
from chatd.wire.entrance import Entrance
from chatd.wire.limits import Limits

# Operators are trusted, and scripts of theirs do a lot at once; still nothing may grow without end.
_LIMITS = Limits(
    line_rate=500,
    line_burst=5_000,
    byte_rate=1 << 20,
    byte_burst=1 << 20,
    max_connections=100,
    max_per_address=100,
    max_arrivals=100,
    sendq=1 << 20,
    stall_timeout=60,
    peer_timeout=120,
    idle_timeout=None,
)


def operators_entrance(server: Server, daemon: Daemon, clock: IReactorTime, batcher: Batcher) -> Entrance:
    """Return the entrance of operators. Their connections are counted apart from those of people."""
    return Entrance(server, clock, batcher, _LIMITS, partial(an_operator, daemon=daemon), "Operator's door")


class ControlSocket(MultiService):
    """Opens the door at a path, with mode 0660 from the first moment."""

    def __init__(self, path: str, factory: LineFactory, reactor: Any) -> None:
        super().__init__()
        self._path, self._lock = Path(path), Path(f"{path}.lock")
        for endpoint in to_listen_on(f"unix:{quoteStringArgument(path)}:mode=660"):
            strports.service(endpoint, factory, reactor).setServiceParent(self)

    def privilegedStartService(self) -> None:
        self._drop_own_lock()
        before = os.umask(0o117)
        try:
            super().privilegedStartService()
        finally:
            os.umask(before)

    def _drop_own_lock(self) -> None:
        """Remove a lock that names this very process: in a container the one before, killed, was pid 1 as well.

        And the socket with it: Twisted removes that one only together with a lock that it finds.
        """
        with suppress(OSError):
            if str(self._lock.readlink()) == str(os.getpid()):
                self._path.unlink(missing_ok=True)
                self._lock.unlink()
