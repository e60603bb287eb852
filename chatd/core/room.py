"""A room: who is inside, which of them hear what is said, and the notices of those who come and go."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Generic, Protocol, TypeVar

from chatd.core.counts import Counts
from chatd.core.delivery import broadcast, tell
from chatd.core.events import Departure, LockTurned, RememberTurned, RoomIsYours, Spoken
from chatd.core.memory import Ring
from chatd.core.nickname import Nickname
from chatd.core.notices import Named, Notice, Notices
from chatd.core.ports import Broadcaster, Clock, Subscriber
from chatd.core.traces import Traces


class Occupant(Subscriber, Named, Protocol):
    """Somebody inside."""

    @property
    def listens(self) -> bool: ...

    @property
    def traces(self) -> Traces: ...


Inside = TypeVar("Inside", bound=Occupant)


class Room(Generic[Inside]):
    """Everyone inside hears its lines in one and the same order.

    `members` is in the order of arrival: the first is the one who may lock it. Those who listen are the members who are
    not quiet, and subscribers outside. Its `ring` remembers what was said, but nothing of a locked room and nothing of
    those who don't want it. Its `id` tells it from others that had its name before, where there is a relay to give it.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        now: Callable[[], float],
        broadcaster: Broadcaster,
        counts: Counts,
        ring: Ring,
    ) -> None:
        self.name = name
        self.id = ""
        self.ring = ring
        self.locked = False
        self.members: dict[Inside, None] = {}
        self.opened_by: Inside | None = None  # the one who chose its name
        self.notices = Notices(name, clock, now, self._notify)
        self._now = now
        self._broadcaster = broadcaster
        self._counts = counts
        self._listening: dict[Subscriber, None] = {}
        self._audience: tuple[Subscriber, ...] | None = None  # those who hear everything, until that changes
        self._selective: tuple[Subscriber, ...] = ()  # the others

    @property
    def first(self) -> Inside:
        """The member who has been inside for longest. The room must not be empty."""
        return next(iter(self.members))

    def hears(self, speaker: Inside, line: Spoken) -> None:
        """Deliver what `speaker` says to all who listen, but for those who don't hear this speaker."""
        self.notices.tell_before_hearing(speaker)
        if self._audience is None:
            self._divide()
        audience, selected = self._audience or (), self._selective
        if selected:
            selected = tuple(subscriber for subscriber in selected if subscriber.hears(speaker))
        counts = self._counts
        counts.heard += 1
        counts.delivered += len(audience) + len(selected)
        self._broadcaster.carry(line, audience, selected)
        traces = speaker.traces
        if traces.remembered and not self.locked:
            self.ring.keep(line, traces.account)

    def hears_apart(self, speaker: Inside, line: Spoken, these: Collection[Inside | None]) -> None:
        """Deliver what `speaker` has said to those of these alone who are inside; it is remembered nowhere."""
        self.notices.tell_before_hearing(speaker)
        chosen = tuple(one for one in self.members if one in these and one.listens and one.hears(speaker))
        self._counts.heard += 1
        self._counts.delivered += len(chosen)
        self._broadcaster.carry(line, (), chosen)

    def enter(self, member: Inside) -> None:
        self.members[member] = None
        self.set_listening(member, member.listens)
        if len(self.members) > 1:
            self.notices.joined(member)

    def leave(self, member: Inside, how: Departure | None) -> None:
        """Let a member go: out of the chat, or with None to another room."""
        was_first = member is self.first
        self.set_listening(member, False)
        del self.members[member]
        self.notices.left(member, how)
        if not self.members:
            self.notices.stop()
            if not self.ring.archived:
                self.ring.clear()
        elif was_first and self.locked:
            tell(RoomIsYours(self._now(), self.name), self.first)

    def renamed(self, member: Inside, before: Nickname) -> None:
        """Tell the room of a member's new name."""
        self.notices.renamed(member, before)

    def turn_lock(self, member: Inside, locked: bool) -> None:
        """Lock or unlock the room for `member`. Whoever listens from outside is told, and then no more."""
        self.locked = locked
        self.ring.clear()
        self.ring.archived = False
        self.notices.tell_before_hearing(member)
        outside = [subscriber for subscriber in self._listening if subscriber not in self.members]
        broadcast((LockTurned(self._now(), self.name, member.nickname, locked),), (*self.members, *outside))
        for subscriber in outside if locked else ():
            self.set_listening(subscriber, False)

    def remember(self, member: Inside, on: bool) -> None:
        """Let the archive keep from now on what is said here, or no more; all inside are told."""
        self.ring.archived = on
        self.notices.tell_before_hearing(member)
        broadcast((RememberTurned(self._now(), self.name, member.nickname, on),), tuple(self.members))

    def set_listening(self, subscriber: Subscriber, listening: bool) -> None:
        if listening:
            self._listening[subscriber] = None
        else:
            self._listening.pop(subscriber, None)
        self._audience = None

    def divide_again(self) -> None:
        """Somebody has changed whom they hear."""
        self._audience = None

    def _divide(self) -> None:
        self._audience = tuple(subscriber for subscriber in self._listening if not subscriber.is_selective)
        self._selective = tuple(subscriber for subscriber in self._listening if subscriber.is_selective)

    def _notify(self, notice: Notice, but: Collection[object] = (), instead: Notice | None = None) -> None:
        broadcast((notice,), [member for member in self.members if member not in but])
        if instead is not None:
            broadcast((instead,), [member for member in self.members if member in but])
