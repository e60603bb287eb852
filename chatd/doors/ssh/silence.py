"""What conch has to say for itself: nothing.

It logs what people send, and calls each mistake of a client's an error with a traceback. Who came, was refused or left
is logged by the gate and the session, as for any other door.
"""

from __future__ import annotations

from twisted.logger import ILogObserver, Logger
from zope.interface import implementer


@implementer(ILogObserver)
def _nobody(event: object) -> None:
    """Forget it."""


SILENT = Logger(namespace="chatd.doors.ssh", observer=_nobody)


class Mistake(Exception):
    """The client does what it must not; `str()` is what it is told."""
