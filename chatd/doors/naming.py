"""In which lines the person of a connection is named."""

from __future__ import annotations

from chatd.core.events import Events, Spoken
from chatd.core.mentions import folded, folded_name, stands_in
from chatd.session.session import Session


class Naming:
    """Which of the events that are heard now are lines of somebody else in which the person is named.

    `format` is what encodings depend on: those who are named alike share theirs. `hear` is called for each line that
    each of them hears: what is said is folded once for all, and names are looked for in it by `in`, which is fast.
    """

    __slots__ = ("_events", "_folded_name", "_name", "format", "nickname")

    def __init__(self) -> None:
        self._events: Events = ()
        self._name = self._folded_name = ""  # as the person was called when something was heard last
        self.nickname = ""  # of the person, if they are named
        self.format: tuple[object, ...] = ()

    def hear(self, events: Events, session: Session | None) -> bool:
        """Take the events that come next; return whether `format` has changed."""
        member = session.member if session is not None else None
        named: Events = ()
        if member is not None:
            if member.nickname is not self._name:
                self._name, self._folded_name = member.nickname, folded_name(member.nickname)
            for event, text in _spoken.of(events):
                if self._folded_name in text and event.speaker != self._name and stands_in(text, self._folded_name):
                    named = (*named, event)
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


class _Spoken:
    """What is said in the last events, folded: those who hear them come one after the other."""

    def __init__(self) -> None:
        self._events: Events = ()
        self._found: tuple[tuple[Spoken, str], ...] = ()

    def of(self, events: Events) -> tuple[tuple[Spoken, str], ...]:
        if events is not self._events:
            self._found = tuple((event, folded(event.text)) for event in events if isinstance(event, Spoken))
            self._events = events
        return self._found


_spoken = _Spoken()
