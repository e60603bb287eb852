"""Who came, went and took another name in one room: told at once in a quiet room, together in a busy one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Protocol

from chatd.core.events import Cause, Departure, Joined, Left, Renamed, WentElsewhere
from chatd.core.nickname import Nickname
from chatd.core.ports import Clock, Timer

GATHER = 1.0  # seconds between two notices; what happens in between is told in one

Notice = Joined | Left | WentElsewhere | Renamed


class Named(Protocol):
    """What is told of a person is their name."""

    @property
    def name(self) -> Nickname: ...

    @property
    def ignored_by(self) -> frozenset[object]: ...


class Tell(Protocol):
    """Tells the room a notice; those in `but` are told `instead`, or nothing."""

    def __call__(self, notice: Notice, but: Collection[object] = (), instead: Notice | None = None) -> None: ...


class Notices:
    """What is still to be told, each person once: of those who came and left meanwhile, nothing.

    Somebody who joined alone needs no notice of it, and the last words of a person are not for those who ignore them.
    Departures are told before arrivals, so that a name is always told to be free before it is somebody's.
    """

    def __init__(self, room: str, clock: Clock, now: Callable[[], float], tell: Tell) -> None:
        self._room = room
        self._clock = clock
        self._now = now
        self._tell = tell
        # Those who left, how, None for those who went elsewhere, and who doesn't hear their last words.
        self._left: list[tuple[Nickname, Departure | None, frozenset[object]]] = []
        self._renamed: dict[Named, Nickname] = {}  # with the name that the room knows
        self._joined: dict[Named, None] = {}
        self._told_at = -GATHER
        self._timer: Timer | None = None

    def joined(self, member: Named) -> None:
        self._joined[member] = None
        self._tell_soon()

    def left(self, member: Named, how: Departure | None) -> None:
        """A member has left the chat, or with None gone to another room."""
        if member in self._joined:
            del self._joined[member]
            return
        self._left.append((self._renamed.pop(member, member.name), how, member.ignored_by))
        self._tell_soon(GATHER if how is not None and how.cause is Cause.STOPPED else 0.0)  # all leave together then

    def renamed(self, member: Named, before: Nickname) -> None:
        if member in self._joined:
            return
        if self._renamed.setdefault(member, before).shown == member.name.shown:
            del self._renamed[member]
            return
        self._tell_soon()

    def tell_before_hearing(self, member: Named) -> None:
        """Tell all if it is still untold who this member is, or what they are called now."""
        if member in self._joined or member in self._renamed:
            self._tell_now()

    def tell_before_private(self, sender: Named) -> None:
        """Tell all if the name of somebody who writes to one of them privately was another's, and that is untold."""
        pending = (*(name for name, _, _ in self._left), *self._renamed.values())
        if any(not name.keys.isdisjoint(sender.name.keys) for name in pending):
            self._tell_now()

    def stop(self) -> None:
        """Nobody is left to be told."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._left, self._renamed, self._joined = [], {}, {}

    def _tell_soon(self, least: float = 0.0) -> None:
        if self._timer is not None:
            return
        wait = max(least, self._told_at + GATHER - self._clock.seconds())
        if wait > 0:
            self._timer = self._clock.callLater(wait, self._timed_out)
        else:
            self._tell_now()

    def _timed_out(self) -> None:
        self._timer = None
        self._tell_now()

    def _tell_now(self) -> None:
        left, renamed, joined = self._left, self._renamed, self._joined
        self.stop()
        if not (left or renamed or joined):
            return
        self._told_at = self._clock.seconds()
        at, room = self._now(), self._room
        gone = [(name.shown, how, deaf) for name, how, deaf in left if how is not None]
        elsewhere = tuple(name.shown for name, how, _ in left if how is None)
        if len(gone) == 1:
            self._tell_last_words(at, *gone[0])
        elif gone:
            self._tell(Left(at, room, tuple(name for name, _, _ in gone), None))
        if elsewhere:
            self._tell(WentElsewhere(at, room, elsewhere))
        if renamed:
            names = tuple((before.shown, member.name.shown) for member, before in renamed.items())
            self._tell(Renamed(at, room, names))
        if joined:
            alone = joined if len(joined) == 1 else ()
            self._tell(Joined(at, room, tuple(member.name.shown for member in joined)), alone)

    def _tell_last_words(self, at: float, name: str, how: Departure, deaf: frozenset[object]) -> None:
        in_silence = Left(at, self._room, (name,), replace(how, why="")) if how.cause is Cause.QUIT else None
        self._tell(Left(at, self._room, (name,), how), deaf if in_silence else (), in_silence)
