"""Bans and mutes: made at once where an operator makes them, and in the order of the log in every hall.

  set ----> ahead: done here only, at once, and told
  told, read back ----> agreed: done in its turn, as in every hall

`Hall.bans` is what all agree on, with what is ahead done behind it. So all come to the same, and nobody waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from chatd.core.bans import Ban, Bans
from chatd.core.hall import Hall
from chatd.core.refusals import HallError
from chatd.core.relay import BanSet
from chatd.nodes.log import Log
from chatd.nodes.telling import Fact, Told


class BanTurns:
    """`heard` is called with bans and mutes that others have made or lifted, once that holds here; and with none of
    them if only what is kept of bans has changed.
    """

    def __init__(self, hall: Hall, log: Log, heard: Callable[[Sequence[BanSet]], object]) -> None:
        self._hall = hall
        self._nodes = log
        self._heard = heard
        self._ahead: dict[Told, BanSet] = {}
        self._apart: Bans | None = None  # what all agree on, while anything is ahead of it
        self._is_turn = False

    @property
    def _agreed(self) -> Bans:
        return self._hall.bans if self._apart is None else self._apart

    def set(self, news: BanSet) -> list[Ban]:
        """Do as an operator here wants; return as `BanSet.carry_out`.

        @raises HallError: likewise.
        """
        found = news.carry_out(self._hall.bans.copy())
        self._go_ahead(BanSet(found[0] if news.lifted else _as_read(news.ban), news.lifted))
        return found

    def hear(self, fact: Fact, is_in_state: bool) -> bool:
        """Say whether a fact of another node is about bans, and do what it says, unless the state has it."""
        news = _change_in(fact)
        if news is None:
            return False
        if not is_in_state:
            with self.in_turn():
                _carry_out(news, self._hall.bans)
            like = self._hall.bans.like(news.ban)
            if (not like) if news.lifted else (news.ban in like):  # else what was made here takes its place
                self._heard((news,))
        return True

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """What is changed inside is changed in every hall: it goes by what all agree on."""
        self._hall.bans, self._is_turn = self._agreed, True
        try:
            yield
        finally:
            self._is_turn = False
            self._go_on_from(self._hall.bans)

    def state(self) -> Any:
        """Return what all agree on, as plain data."""
        return self._agreed.plain(self._hall.now())

    def restore(self, state: Any) -> None:
        """Have all agree on that."""
        bans = Bans()
        bans.restore(state, self._hall.now())
        self._go_on_from(bans)

    def _go_on_from(self, agreed: Bans) -> None:
        self._hall.bans, self._apart = agreed, None
        if self._ahead:
            self._hall.bans, self._apart = agreed.copy(), agreed
            for change in self._ahead.values():
                _carry_out(change, self._hall.bans)

    def _go_ahead(self, change: BanSet) -> None:
        """Change something here at once, and in every hall in its turn."""
        told = Told(_of(change), happen=lambda: self._take_own(told))
        self._ahead[told] = change
        if not self._is_turn:
            self._go_on_from(self._agreed)
        self._nodes.tell(told)

    def _take_own(self, told: Told) -> None:
        """What is ahead comes behind in the same order, so nothing else changes here."""
        change = self._ahead.pop(told)
        _carry_out(change, self._agreed)
        if not self._ahead:
            self._go_on_from(self._agreed)
        if change.ban.kind == "name" and not change.lifted:  # somebody may have come by it since
            self._heard((change,))


def _of(change: BanSet) -> Fact:
    return ["banned", _plain(change.ban), change.lifted]


def _change_in(fact: Fact) -> BanSet | None:
    match fact:
        case ["banned", plain, lifted]:
            return BanSet(_in_plain(plain), lifted)
        case _:
            return None


def _plain(ban: Ban) -> Any:
    bans = Bans()
    bans.add(ban)
    return bans.plain(0.0)


def _in_plain(plain: Any) -> Ban:
    bans = Bans()
    bans.restore(plain, 0.0)
    return bans.in_force(0.0)[0]


def _as_read(ban: Ban) -> Ban:
    """Return a ban as the others will have it, whose texts are clean."""
    return _in_plain(_plain(ban))


def _carry_out(change: BanSet, bans: Bans) -> None:
    with suppress(HallError):  # what is to be lifted was lifted before
        change.carry_out(bans)
