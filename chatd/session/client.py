"""Where a session shows itself: what every door brings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from chatd.core.events import Event, Several
from chatd.session.words import View


class Client(Protocol):
    """Where a session shows itself. Each door brings its own."""

    view: View

    @property
    def idle(self) -> float:
        """For how many seconds the person has typed nothing."""

    @property
    def waiting(self) -> int:
        """How many bytes are on their way to the person."""

    def deliver(self, event: Event | Several) -> object:
        """Show an event, or several, rendered for the view."""

    def answer(self, lines: Iterable[str]) -> None:
        """Show these lines."""

    def prompt(self, text: str) -> None:
        """Show a text after which the person types on the same line."""

    def charge(self, lines: int) -> None:
        """Count what was just asked for as so many lines more of what this person may say in a while."""

    def hang_up(self) -> None:
        """Show what is still waiting, then close."""
