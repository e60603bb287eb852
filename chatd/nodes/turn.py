"""What somebody at home here does in its turn, and those who wait for that."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred

from chatd.core.events import Acted, Said
from chatd.core.member import Member
from chatd.core.refusals import HallError
from chatd.core.relay import Act, Went
from chatd.nodes.telling import Fact, Told


@dataclass(slots=True, eq=False)
class Turn(Told):
    """What somebody at home here does in its turn; it can be awaited by any number."""

    member: Member = field(kw_only=True)
    act: Act = field(kw_only=True)
    is_over: bool = False
    is_given_up: bool = False
    error: HallError | None = None
    waiting: list[Deferred[None]] = field(default_factory=list)

    def __await__(self) -> Generator[Deferred[None], None, None]:
        yield from self.settled().__await__()
        if self.error is not None:
            raise self.error

    def give_up(self, error: HallError) -> None:
        """Let nobody wait any longer. It is in the log, or not: if it is, it is carried out all the same."""
        self.is_given_up, self.error = True, error
        self._fire()

    def settled(self) -> Deferred[None]:
        """Return what fires when it is over, whatever came of it."""
        waiting: Deferred[None] = Deferred()
        if self.is_over or self.is_given_up:
            waiting.callback(None)
        else:
            self.waiting.append(waiting)
        return waiting

    def carry_out(self) -> HallError | None:
        """Return why it can't be, None if it has been."""
        try:
            self.member.carry_out(self.act)
        except HallError as error:
            return error
        return None

    def end(self, error: HallError | None) -> None:
        self.is_over, self.error = True, error
        self._fire()

    def _fire(self) -> None:
        for waiting in self.waiting:
            if not waiting.called:
                waiting.callback(None)

    @property
    def is_line(self) -> bool:
        """Whether it is said or done in the room."""
        return isinstance(self.act, Said | Acted)

    @property
    def goes_on(self) -> bool:
        """Whether it is done without the others, too, while they are out of reach."""
        return isinstance(self.act, Said | Acted | Went)

    def mark_late(self, late: Fact) -> None:
        """The others will hear it later than it was said, as `Lines.late` says."""
        if self.is_line:
            self.fact[-1] = late
