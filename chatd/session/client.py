"""What a session needs of the connection that it talks through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from chatd.core.events import Event, Events
from chatd.core.ports import Deliver
from chatd.session.outputs import Output
from chatd.session.view import View


class Client(Protocol):
    """Where a session shows itself."""

    view: View
    neighbourhood: str
    """With whom the person shares limits by address, "" for this machine itself."""

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read what is typed: behind TLS, and on this machine itself."""

    @property
    def idle(self) -> float:
        """The seconds since the person last typed something."""

    @property
    def waiting(self) -> int:
        """The bytes on their way to the person."""

    def deliver(self, events: Events) -> object:
        """Show what has happened; return False if the connection is too slow to take it now."""

    def track(self) -> Deliver:
        """Return a `deliver` that remembers what may not have reached the person, until it has."""

    def missing(self) -> tuple[Event, ...]:
        """Return what was delivered in that way and may not have reached the person."""

    def once_taken(self, call: Callable[[], object]) -> None:
        """Call that when all that was shown so far has reached the person; never, if it doesn't."""

    def send(self, output: Output) -> None:
        """Show what the session has to say; none of it is ever skipped."""

    def charge(self, lines: int) -> None:
        """Count what was just asked for as so many lines more of what this person may say in a while."""

    def speak(self, format: str) -> None:
        """Speak another format from now on.

        @raises NoSuchFormat: if this door has none of that name.
        """

    def edit(self, on: bool) -> None:
        """Edit the line here, or have the client do it; the person is told what comes of it.

        @raises NoEditor: if that can't be chosen.
        """

    def close(self) -> None:
        """Show what is still waiting, then close the connection."""
