"""What a session needs of the connection that it talks through."""

from __future__ import annotations

from typing import Protocol

from chatd.core.events import Events
from chatd.session.outputs import Output
from chatd.session.view import View


class Client(Protocol):
    """Where a session shows itself."""

    view: View

    @property
    def idle(self) -> float:
        """The seconds since the person last typed something."""

    @property
    def waiting(self) -> int:
        """The bytes on their way to the person."""

    def deliver(self, events: Events) -> object:
        """Show what has happened; return False if the connection is too slow to take it now."""

    def send(self, output: Output) -> None:
        """Show what the session has to say; none of it is ever skipped."""

    def charge(self, lines: int) -> None:
        """Count what was just asked for as so many lines more of what this person may say in a while."""

    def speak(self, format: str) -> None:
        """Speak another format from now on.

        @raises NoSuchFormat: if this door has none of that name.
        """

    def close(self) -> None:
        """Show what is still waiting, then close the connection."""
