"""In which lines the person of a connection is named."""

from __future__ import annotations

from chatd.core.events import Acted, Event, Events, Said, SaidLate
from chatd.core.mentions import mentions
from chatd.session.session import Session


class Naming:
    """Which of the events that are heard now are lines of somebody else in which the person is named.

    `format` is what encodings depend on: those who are named alike share theirs.
    """

    __slots__ = ("_events", "format", "nickname")

    def __init__(self) -> None:
        self._events: Events = ()
        self.nickname = ""  # of the person, if they are named
        self.format: tuple[object, ...] = ()

    def hear(self, events: Events, session: Session | None) -> bool:
        """Take the events that come next; return whether `format` has changed."""
        member = session.member if session is not None else None
        named = () if member is None else tuple(event for event in events if _calls(event, member.nickname))
        if not (named or self._events):
            return False
        self._events = named
        self.nickname = member.nickname if member is not None and named else ""
        self.format = (self.nickname, *map(id, named))
        return True

    def __bool__(self) -> bool:
        return bool(self._events)

    def __contains__(self, event: object) -> bool:
        return any(event is one for one in self._events)


def _calls(event: Event, nickname: str) -> bool:
    return isinstance(event, Said | Acted | SaidLate) and event.speaker != nickname and mentions(event.text, nickname)
