"""Who came, went and took another name in one room: told at once in a quiet room, together in a busy one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from chatd.core.events import Joined, Left, Renamed

if TYPE_CHECKING:
    from chatd.core.member import Member

GATHER = 1.0  # seconds between two notices; what happens in between is told in one

Notice = Joined | Left | Renamed


class Timer(Protocol):
    """A call that is still to come."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """The part of Twisted's `IReactorTime` that the core needs."""

    def seconds(self) -> float: ...

    def callLater(self, delay: float, call: Callable[[], object], /) -> Timer: ...


class Notices:
    """What is still to be told, each person once: who came and left meanwhile, not at all.

    `tell` is called with a notice and the one person it is not for: who alone has just come knows it. Who left is told
    first and who came last, so that a name is always told to be free before it is told to be somebody's.
    """

    def __init__(self, clock: Clock, tell: Callable[[Notice, Member | None], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._left: list[tuple[str, str]] = []  # names and reasons
        self._renamed: dict[Member, str] = {}  # with the name that the room knows
        self._joined: dict[Member, None] = {}
        self._told_at = -GATHER
        self._timer: Timer | None = None

    def joined(self, member: Member) -> None:
        self._joined[member] = None
        self._tell_soon()

    def left(self, member: Member, why: str) -> None:
        if member in self._joined:
            del self._joined[member]
            return
        self._left.append((self._renamed.pop(member, member.nickname), why))
        self._tell_soon()

    def renamed(self, member: Member, before: str) -> None:
        if member in self._joined:
            return
        if self._renamed.setdefault(member, before) == member.nickname:
            del self._renamed[member]
            return
        self._tell_soon()

    def tell_before_hearing(self, member: Member) -> None:
        """Tell all if it is still untold who this member is, or what they are called now."""
        if member in self._joined or member in self._renamed:
            self._tell_now()

    def stop(self) -> None:
        """Nobody is left to be told."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._left, self._renamed, self._joined = [], {}, {}

    def _tell_soon(self) -> None:
        if self._timer is not None:
            return
        wait = self._told_at + GATHER - self._clock.seconds()
        if wait > 0:
            self._timer = self._clock.callLater(min(wait, GATHER), self._timed_out)
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
        now = self._told_at = self._clock.seconds()
        if left:
            self._tell(Left(now, tuple(name for name, _ in left), left[0][1] if len(left) == 1 else ""), None)
        if renamed:
            self._tell(Renamed(now, tuple((before, member.nickname) for member, before in renamed.items())), None)
        if joined:
            alone = next(iter(joined)) if len(joined) == 1 else None
            self._tell(Joined(now, tuple(member.nickname for member in joined)), alone)
