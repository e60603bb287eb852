"""Handing events over to people: one person's failure stops nobody else's delivery."""

from __future__ import annotations

from collections.abc import Iterable

from twisted.logger import Logger

from chatd.core.events import Event, Events, Spoken
from chatd.core.ports import Subscriber

_log = Logger()


def broadcast(events: Events, subscribers: Iterable[Subscriber]) -> None:
    """Deliver the same events to each subscriber; a failure is logged."""
    for subscriber in subscribers:
        try:
            subscriber.deliver(events)
        except Exception:
            _log_failure(subscriber)


def tell(event: Event, subscriber: Subscriber) -> bool:
    """Deliver an event to one person; return False if they could not take it."""
    try:
        return subscriber.deliver((event,)) is not False
    except Exception:
        _log_failure(subscriber)
        return False


class AtOnce:
    """The plainest broadcaster: nothing ever waits."""

    def carry(self, line: Spoken, audience: tuple[Subscriber, ...], selected: Iterable[Subscriber] = ()) -> None:
        events = (line,)
        broadcast(events, audience)
        broadcast(events, selected)

    def settle(self) -> None:
        """Nothing has waited."""


def _log_failure(subscriber: Subscriber) -> None:
    _log.failure("A delivery to {nickname} failed", nickname=subscriber.nickname)
