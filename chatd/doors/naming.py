"""In which lines the person of a connection is named."""

from __future__ import annotations

from chatd.core.events import Events, Spoken
from chatd.core.member import Member
from chatd.core.mentions import folded, folded_name, stands_in
from chatd.core.nickname import Nickname
from chatd.session.session import Session


class Naming:
    """Which of the events that are heard now are lines of somebody else in which the person is named.

    `format` is what encodings depend on: those who are named alike share theirs. `hear` is called for each line that
    each of them hears: what is said is folded once for all, and names are looked for in it by `in`, which is fast.
    """

    __slots__ = ("_events", "_folded_name", "_member", "_name", "format", "nickname")

    def __init__(self) -> None:
        self._events: Events = ()
        self._member: Member | None = None  # the person, once they have heard something
        self._name: Nickname | None = None  # as they were called when something was heard last
        self._folded_name = ""
        self.nickname = ""  # of the person, if they are named
        self.format: tuple[object, ...] = ()

    def hear(self, events: Events, session: Session | None) -> bool:
        """Take the events that come next; return whether `format` has changed."""
        if events is not _spoken.events:
            _spoken.take(events)
        member = self._member
        if member is None or member.name is not self._name:
            self._look_who_hears(session)
        if self._folded_name not in _spoken.text and not self._events:  # as it nearly always is
            return False
        return self._look_for_name()

    def _look_who_hears(self, session: Session | None) -> None:
        self._member = member = session.member if session is not None else None
        if member is not None:
            self._name, self._folded_name = member.name, folded_name(member.nickname)

    def _look_for_name(self) -> bool:
        name, nickname = self._folded_name, self._member.nickname if self._member is not None else ""
        named = tuple(
            event
            for event, text in _spoken.lines
            if name in text and event.speaker != nickname and nickname and stands_in(text, name)
        )
        if not (named or self._events):
            return False
        self._events = named
        self.nickname = nickname if named else ""
        self.format = (self.nickname, *map(id, named))
        return True

    def __bool__(self) -> bool:
        return bool(self._events)

    def __contains__(self, event: object) -> bool:
        return any(event is one for one in self._events)


class _Spoken:
    """What is said in the last events, folded: those who hear them come one after the other."""

    def __init__(self) -> None:
        self.events: Events = ()
        self.lines: tuple[tuple[Spoken, str], ...] = ()  # the events that are some, each with its text
        self.text = ""  # of all of them; no name holds a line's end

    def take(self, events: Events) -> None:
        self.events = events
        self.lines = tuple((event, folded(event.text)) for event in events if isinstance(event, Spoken))
        self.text = "\n".join(text for _, text in self.lines)


_spoken = _Spoken()
