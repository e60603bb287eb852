"""Several halls that are one, in simulated time, and people in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import Clock
from zope.interface import implementer

from chatd.core.events import Acted, Event, Events, Said, SaidLate
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.nickname import look_alike_keys
from chatd.core.refusals import HallError
from chatd.core.relay import BanSet
from chatd.nodes.link import Link
from chatd.nodes.shared import Node
from tests.nodes.memory_shared import Memory, MemoryShared


class Someone:
    """A person, and all that they were told."""

    def __init__(self, server: Server, member: Member) -> None:
        self.server = server
        self.member = member
        self.id = server.link.roster.id_of(member)

    @property
    def told(self) -> list[Event]:
        return self.server.told[self.member]

    @property
    def heard(self) -> list[str]:
        """What they heard in rooms: speaker and text; * marks what came late."""
        lines = [event for event in self.told if isinstance(event, Said | Acted | SaidLate)]
        return [f"{line.speaker}: {line.text}{'*' if isinstance(line, SaidLate) else ''}" for line in lines]

    def say(self, text: str) -> None:
        self.member.talk.say(text)

    def do(self, work: Awaitable[None] | None) -> HallError | None:
        """Have something done to its end, and return how it was refused, if it was."""
        return self.server.do(work)


@implementer(IReactorTime)
class NodeClock:
    """The time of one node, whose process may be frozen: what is due meanwhile is done when it thaws."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: list[IDelayedCall] = []
        self._thaws_at = 0.0

    def seconds(self) -> float:
        return self._clock.seconds()

    def callLater(self, delay: float, *what: Any, **named: Any) -> IDelayedCall:
        call: IDelayedCall = self._clock.callLater(max(delay, self._thaws_at - self.seconds()), *what, **named)
        self._calls = [*(one for one in self._calls if one.active()), call]
        return call

    def getDelayedCalls(self) -> list[IDelayedCall]:
        return self._calls

    def freeze(self, seconds: float) -> None:
        self._thaws_at = self.seconds() + seconds
        for call in self._calls:
            if call.active() and call.getTime() < self._thaws_at:
                call.reset(seconds)


class Server:
    """One node."""

    def __init__(self, halls: Halls, name: str) -> None:
        self.halls = halls
        self.name = name
        self.told: dict[Member, list[Event]] = {}
        self.clock = NodeClock(halls.clock)
        self.hall = Hall(self.clock)
        self.shared = MemoryShared(halls.memory, clock=self.clock)
        started = int(halls.clock.seconds() * 1000)
        self.lost = 0
        self.bans_heard: list[BanSet] = []
        self.hears_bans: Callable[[Sequence[BanSet]], object] = self.bans_heard.extend
        self.gives_way: Callable[[Member], Sequence[Event]] = lambda member: ()
        me = Node(f"{name}.{started}", name, started)
        self.link = CountingLink(
            self,
            self.hall,
            self.shared,
            self.clock,
            me,
            bans_heard=lambda news: self.hears_bans(news),
            gives_way=lambda member: self.gives_way(member),
        )
        self.link.start()

    def enter(self, name: str) -> Someone:
        """@raises HallError: if they are refused."""
        claimed = self.hall.claim(name)
        error = self.do(claimed)
        if error is not None:
            raise error
        told: list[Event] = []

        def deliver(events: Events) -> None:
            told.extend(events)

        try:
            member = self.hall.enter(name, deliver)
        except HallError:  # it was banned while it was asked for
            self.link.release(look_alike_keys(name))
            raise
        self.told[member] = told
        return Someone(self, member)

    def do(self, work: Awaitable[None] | None, must: bool = True) -> HallError | None:
        """Have it done to its end; unless it `must`, it may still be waiting for its turn then."""
        if work is None:
            return None
        ended: list[object] = []
        Deferred.fromCoroutine(_of(work)).addBoth(ended.append)
        for _ in range(5_000):
            if ended:
                break
            self.halls.clock.advance(0.001)
        assert ended or not must, "it never ended"
        failure = ended[0] if ended else None
        if failure is None:
            return None
        error = failure.value  # type: ignore[attr-defined]
        if isinstance(error, HallError):
            return error
        raise error

    @property
    def rooms(self) -> dict[str, list[str]]:
        """Who is where, in the order in which they count; in the lobby it is the same for all."""
        rooms = {name: [member.nickname for member in room.members] for name, room in self.hall.rooms.items()}
        return {**rooms, "#lobby": sorted(rooms["#lobby"])}

    @property
    def locked(self) -> dict[str, bool]:
        """Which rooms are locked."""
        return {name: room.locked for name, room in self.hall.rooms.items()}

    def stop(self) -> None:
        Deferred.fromCoroutine(self.link.stop())


class CountingLink(Link):
    """Counts how often something was lost, though nobody may be here to be told."""

    def __init__(self, server: Server, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._server = server

    def lost(self) -> None:
        self._server.lost += 1
        super().lost()


class Halls:
    """All of them, and what they share."""

    def __init__(self, *names: str) -> None:
        self.clock = Clock()
        self.clock.advance(1_764_072_000)
        self.memory = Memory(self.clock)
        self.servers = [self.start(name) for name in names]

    def start(self, name: str) -> Server:
        server = Server(self, name)
        self.run(0.1)
        return server

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 1000)):
            self.clock.advance(0.001)

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
        self.run(0.5)


async def _of(work: Awaitable[None]) -> None:
    await work
