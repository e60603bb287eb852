"""A relay for tests, whose answers come when a test says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from twisted.internet.defer import Deferred

from chatd.core.events import Said
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.nickname import Nickname, nickname
from chatd.core.refusals import HallError
from chatd.core.relay import Act, Actor, Alone, Errand, Relay, Went


class ByHand(Alone):
    """Until `go_on` nothing is claimed, done or brought; what is said, and leaving, alone don't wait."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Deferred[None], Callable[[], object]]] = []
        self.released: list[Collection[str]] = []
        self.sent: list[Errand] = []
        self.refusal: HallError | None = None  # of the next turn
        self.is_unsettled = False  # whatever somebody did
        self.only_lines = False  # is that

    def turn(self, member: Actor, act: Act) -> Deferred[None] | None:  # type: ignore[override]
        if self.refusal is not None:
            raise self.refusal
        if isinstance(act, Said | Went):
            member.carry_out(act)
            return None
        return self._later(lambda: member.carry_out(act))

    def unsettled(self, member: Actor, but_lines: bool = False) -> Deferred[None] | None:  # type: ignore[override]
        if not self.is_unsettled or (but_lines and self.only_lines):
            return None
        return self._later(lambda: None)

    def claim(self, name: Nickname, member: Actor | None) -> Deferred[None]:  # type: ignore[override]
        return self._later(lambda: None)

    def release(self, keys: Collection[str]) -> None:
        self.released.append(keys)

    def send(self, sender: Actor | None, other: Actor, errand: Errand) -> Awaitable[None]:
        self.sent.append(errand)
        return self._later(lambda: None)

    def go_on(self, refusal: HallError | None = None) -> None:
        """Let what waits for longest be done, or refused."""
        answer, call = self.waiting.pop(0)
        try:
            if refusal is not None:
                raise refusal
            call()
        except HallError as error:
            answer.errback(error)
        else:
            answer.callback(None)

    def _later(self, call: Callable[[], object]) -> Deferred[None]:
        answer: Deferred[None] = Deferred()
        self.waiting.append((answer, call))
        return answer


_: type[Relay] = ByHand


def come_elsewhere(hall: Hall, name: str) -> Member:
    """Let somebody come who is at home in another hall."""
    member = Member(hall, nickname(name), lambda events: None, is_remote=True)
    hall.admit(member)
    return member
