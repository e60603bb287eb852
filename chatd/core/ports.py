"""What the core needs of others, and what it offers to them: no logic of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from chatd.core.events import Events, Spoken

Deliver = Callable[[Events], object]
"""Takes events to one person; returns False if their connection is too slow to take them now."""


class Timer(Protocol):
    """A call that is still to come."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """The part of Twisted's `IReactorTime` that the core needs; it never goes back."""

    def seconds(self) -> float: ...

    def callLater(self, delay: float, call: Callable[[], object], /) -> Timer: ...


class Subscriber(Protocol):
    """Hears what is said in a room: a member, or somebody who listens from outside."""

    @property
    def deliver(self) -> Deliver: ...

    @property
    def nickname(self) -> str: ...

    @property
    def is_selective(self) -> bool:
        """Whether there is anybody whom they don't hear."""

    def hears(self, speaker: object) -> bool: ...


class Broadcaster(Protocol):
    """How what is said in a room gets to the many who hear it. It may wait, so that lines share the work."""

    def carry(self, line: Spoken, audience: tuple[Subscriber, ...], selected: Iterable[Subscriber] = ()) -> None:
        """Deliver a line to each subscriber, before anything else that happens to them later.

        The audience is the same object for as long as the same people hear everything; `selected` are those of the
        selective who hear this line.
        """

    def settle(self) -> None:
        """Deliver at once whatever has waited."""
