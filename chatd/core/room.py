"""A room: who is inside, who of them hears what is said, and the notices of who comes and goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from twisted.logger import Logger

from chatd.core.counts import Counts
from chatd.core.events import Acted, Event, LockTurned, Renamed, Said, Several
from chatd.core.notices import Clock, Notice, Notices

if TYPE_CHECKING:
    from chatd.core.member import Member

_log = Logger()


Deliver = Callable[[Event | Several], object]
"""Takes an event to one person; returns False if their connection is too slow to take it now."""


class Subscriber(Protocol):
    """Who hears what is said in a room: a member, or somebody who listens from outside."""

    @property
    def deliver(self) -> Deliver: ...

    @property
    def nickname(self) -> str: ...


class Broadcaster(Protocol):
    """How what is said in a room gets to the many who hear it. It may wait, so that lines share the work."""

    def carry(self, line: Said | Acted, subscribers: tuple[Subscriber, ...]) -> None:
        """Deliver a line to each subscriber, before anything else that happens to them later."""

    def settle(self) -> None:
        """Deliver at once whatever has waited."""


class AtOnce:
    """The plainest broadcaster."""

    def carry(self, line: Said | Acted, subscribers: tuple[Subscriber, ...]) -> None:
        broadcast(line, subscribers)

    def settle(self) -> None:
        """Nothing ever waits."""


class Room:
    """Everyone inside hears its lines in one and the same order.

    `members` is in the order of arrival: the first is the one who may lock it. `listening` are those of them who are
    not quiet, and who listens from outside.
    """

    def __init__(self, name: str, clock: Clock, broadcaster: Broadcaster, counts: Counts) -> None:
        self.name = name
        self.locked = False
        self.members: dict[Member, None] = {}
        self.listening: dict[Subscriber, None] = {}
        self.notices = Notices(clock, self._notify)
        self._clock = clock
        self._broadcaster = broadcaster
        self._counts = counts
        self._audience: tuple[Subscriber, ...] | None = None  # those who are listening, until that changes

    @property
    def first(self) -> Member:
        """Who has been inside for longest. The room must not be empty."""
        return next(iter(self.members))

    def admits(self, member: Member) -> bool:
        """Say whether a person may enter, and see that the room is there."""
        return not self.locked or member in self.members or self in member.invitations

    def hears(self, speaker: Member, line: Said | Acted) -> None:
        """Deliver what `speaker` says to those who listen: not to the quiet, nor to who ignores the speaker."""
        self.notices.tell_before_hearing(speaker)
        self._counts.heard += 1
        if speaker.ignored_by or not speaker.echo:
            deaf = speaker.ignored_by if speaker.echo else speaker.ignored_by | {speaker}
            subscribers = [subscriber for subscriber in self.listening if subscriber not in deaf]
            self._counts.delivered += len(subscribers)
            broadcast(line, subscribers)
            return
        if self._audience is None:
            self._audience = tuple(self.listening)
        self._counts.delivered += len(self._audience)
        self._broadcaster.carry(line, self._audience)

    def enter(self, member: Member) -> None:
        self.members[member] = None
        self.set_quiet(member, member.quiet)
        if len(self.members) > 1:
            self.notices.joined(member)

    def leave(self, member: Member, why: str = "") -> None:
        self.set_quiet(member, True)
        del self.members[member]
        self.notices.left(member, why)
        if not self.members:
            self.notices.stop()

    def renamed(self, member: Member, before: str) -> None:
        """Tell the room, and who talks to the member from elsewhere, of the new name."""
        self.notices.renamed(member, before)
        elsewhere = [other for other in member.talked_to_by if other.room is not self]
        broadcast(Renamed(self._clock.seconds(), ((before, member.nickname),)), elsewhere)

    def turn_lock(self, member: Member, locked: bool) -> None:
        self.locked = locked
        self.notices.tell_before_hearing(member)
        broadcast(LockTurned(self._clock.seconds(), member.nickname, self.name, locked), tuple(self.members))

    def set_quiet(self, subscriber: Subscriber, quiet: bool) -> None:
        self._audience = None
        if quiet:
            self.listening.pop(subscriber, None)
        else:
            self.listening[subscriber] = None

    def _notify(self, notice: Notice, but: Member | None) -> None:
        broadcast(notice, [member for member in self.members if member is not but])


def broadcast(event: Event | Several, subscribers: Iterable[Subscriber]) -> None:
    """Deliver one event to each subscriber. One subscriber's failure is logged, and stops nobody else's delivery."""
    for subscriber in subscribers:
        try:
            subscriber.deliver(event)
        except Exception:
            _log_failure(subscriber)


def tell(event: Event, member: Member) -> bool:
    """Deliver an event to one person; return False if they could not take it."""
    try:
        return member.deliver(event) is not False
    except Exception:
        _log_failure(member)
        return False


def _log_failure(subscriber: Subscriber) -> None:
    _log.failure("A delivery to {nickname} failed", nickname=subscriber.nickname)
