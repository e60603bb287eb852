"""A room: who is inside, who of them hears what is said, and the notices of who comes and goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from twisted.logger import Logger

from chatd.core.events import Event, Joined, Left, LockTurned, Renamed

if TYPE_CHECKING:
    from chatd.core.member import Member

_log = Logger()


class Room:
    """Everyone inside hears its lines in one and the same order.

    `members` is in the order of arrival: the first is the one who may lock it. `listening` are those of them who are
    not quiet.
    """

    def __init__(self, name: str, now: Callable[[], float]) -> None:
        self.name = name
        self.locked = False
        self.members: dict[Member, None] = {}
        self.listening: dict[Member, None] = {}
        self._now = now

    @property
    def first(self) -> Member:
        """Who has been inside for longest. The room must not be empty."""
        return next(iter(self.members))

    def admits(self, member: Member) -> bool:
        """Say whether a person may enter, and see that the room is there."""
        return not self.locked or member in self.members or self in member.invitations

    def hears(self, speaker: Member, event: Event) -> None:
        """Deliver what `speaker` says to those who listen: not to the quiet, nor to who ignores the speaker."""
        if speaker.ignored_by or not speaker.echo:
            deaf = speaker.ignored_by if speaker.echo else speaker.ignored_by | {speaker}
            broadcast(event, [member for member in self.listening if member not in deaf])
        else:
            broadcast(event, tuple(self.listening))

    def enter(self, member: Member) -> None:
        broadcast(Joined(self._now(), (member.nickname,)), tuple(self.members))
        self.members[member] = None
        self.set_quiet(member, member.quiet)

    def leave(self, member: Member, why: str = "") -> None:
        del self.members[member]
        self.listening.pop(member, None)
        broadcast(Left(self._now(), (member.nickname,), why), tuple(self.members))

    def renamed(self, member: Member, before: str) -> None:
        """Tell the room, and who talks to the member from elsewhere, of the new name."""
        broadcast(Renamed(self._now(), ((before, member.nickname),)), {**self.members, **member.talked_to_by})

    def turn_lock(self, member: Member, locked: bool) -> None:
        self.locked = locked
        broadcast(LockTurned(self._now(), member.nickname, self.name, locked), tuple(self.members))

    def set_quiet(self, member: Member, quiet: bool) -> None:
        if quiet:
            self.listening.pop(member, None)
        else:
            self.listening[member] = None


def broadcast(event: Event, hearers: Iterable[Member]) -> None:
    """Deliver one event to each hearer. One hearer's failure is logged, and stops nobody else's delivery."""
    for member in hearers:
        try:
            member.deliver(event)
        except Exception:
            _log_failure(member)


def tell(event: Event, member: Member) -> bool:
    """Deliver an event to one person; return False if they could not take it."""
    try:
        return member.deliver(event) is not False
    except Exception:
        _log_failure(member)
        return False


def _log_failure(member: Member) -> None:
    _log.failure("A delivery to {nickname} failed", nickname=member.nickname)
