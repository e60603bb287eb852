"""Bans and mutes: made at once where an operator makes them, and in the order of the log in every hall.

  set ----> ahead: done here only, at once, and told
  told, read back ----> agreed: done in its turn, as in every hall

`Hall.bans` is what all agree on, with what is ahead done behind it. So all come to the same, and nobody waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, assert_never

from chatd.core.bans import Ban, Bans
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.nickname import Nickname, nickname
from chatd.core.refusals import HallError, LooksLike, NobodyHere
from chatd.core.relay import BanSet
from chatd.nodes.log import Log
from chatd.nodes.telling import Fact, Told

GONE_KEPT = 30 * 86400.0  # seconds; a node that was away for longer brings back what was lifted meanwhile


@dataclass(frozen=True, slots=True)
class MuteMoved:
    """Somebody who is muted has another name, for theirs was another's. It is that `mute`, and none made since."""

    mute: Ban
    name: Nickname

    def carry_out(self, bans: Bans) -> Sequence[Ban]:
        bans.move_mute(self.mute, self.name)
        return ()


@dataclass(frozen=True, slots=True)
class BansKept:
    """A node has come with bans that the others don't know, as those of its file may be; what they have goes before."""

    bans: Bans
    now: float

    def carry_out(self, bans: Bans) -> Sequence[Ban]:
        bans.add_missing(self.bans, self.now)
        return ()


Change = BanSet | MuteMoved | BansKept


class BanTurns:
    """`heard` is called with bans and mutes that others have made or lifted, once that holds here; and with none of
    them if only what is kept of bans has changed.
    """

    def __init__(self, hall: Hall, log: Log, heard: Callable[[Sequence[BanSet]], object]) -> None:
        self._hall = hall
        self._nodes = log
        self._heard = heard
        self._ahead: dict[Told, Change] = {}
        self._apart: Bans | None = None  # what all agree on, while anything is ahead of it
        self._is_turn = False
        self._gone = Bans()  # what was lifted, or gave way to others, lately

    @property
    def _agreed(self) -> Bans:
        return self._hall.bans if self._apart is None else self._apart

    def set(self, news: BanSet) -> list[Ban]:
        """Do as an operator here wants; return as `BanSet.carry_out`.

        @raises HallError: likewise.
        """
        found = news.carry_out(self._hall.bans.copy())
        news = BanSet(found[0] if news.lifted else _as_read(news.ban), news.lifted)
        self._go_ahead(news, self._called(news.ban.target) if news.ban.kind == "mute" else None)
        return found

    def move_mute(self, before: Nickname, name: Nickname) -> None:
        """Somebody at home here has that name instead of the one before; if they are muted, they still are."""
        mute = self._hall.bans.mute_of(before, self._hall.now())
        if mute is not None:
            self._go_ahead(MuteMoved(mute, name))
            self._heard(())

    def hear(self, fact: Fact, is_in_state: bool) -> bool:
        """Say whether a fact of another node is about bans, and do what it says, unless the state has it."""
        change = _change_in(fact)
        if change is None:
            return False
        if not is_in_state:
            before = self._hall.bans.in_force(self._hall.now()) if isinstance(change, BansKept) else ()
            with self.in_turn():
                self._take(change, self._hall.bans)
            if isinstance(change, BansKept):
                self._hear_of_changes(before)
            else:
                self._heard([change] if isinstance(change, BanSet) and self._is_in_force(change) else [])
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

    def state(self) -> dict[str, Any]:
        """Return what all agree on, as plain data."""
        now = self._hall.now()
        return {"bans": self._agreed.plain(now), "gone": self._gone.plain(now)}

    def restore(self, state: dict[str, Any]) -> None:
        """Have all agree on that; what has changed by it here is heard of."""
        now = self._hall.now()
        bans, self._gone = Bans(), Bans()
        bans.restore(state["bans"], now)
        self._gone.restore(state["gone"], now)
        kept, before = self._agreed.plain(now), self._hall.bans.in_force(now)
        self._go_on_from(bans)
        known = {tuple(plain.items()) for plain in state["bans"]}
        self._tell_unknown([plain for plain in kept if tuple(plain.items()) not in known], now)
        self._hear_of_changes(before)

    def _tell_unknown(self, plain: Sequence[dict[str, Any]], now: float) -> None:
        """Tell the others of bans that they don't know, unless they have lifted them, or know them by another name."""
        unknown = Bans()
        unknown.restore(plain, now)
        known = {replace(ban, target="") for ban in self._hall.bans.in_force(now) if ban.since is not None}
        for ban in unknown.in_force(now):
            is_gone = any((one.since or 0.0) >= (ban.since or 0.0) for one in self._gone.like(ban))
            if is_gone or self._hall.bans.like(ban) or (ban.kind == "mute" and replace(ban, target="") in known):
                unknown.lift(ban.kind, ban.target, ban.account)
        if unknown.plain(now):
            self._go_ahead(BansKept(unknown, now))

    def _hear_of_changes(self, before: Sequence[Ban]) -> None:
        now_here = dict.fromkeys(self._hall.bans.in_force(self._hall.now()))
        lifted = [ban for ban in before if ban not in now_here and not self._hall.bans.like(ban)]
        made = now_here.keys() - set(before)
        news = [BanSet(ban, lifted=True) for ban in lifted] + [BanSet(ban) for ban in now_here if ban in made]
        if news:
            self._heard(news)

    def _go_on_from(self, agreed: Bans) -> None:
        self._hall.bans, self._apart = agreed, None
        if self._ahead:
            self._hall.bans, self._apart = agreed.copy(), agreed
            for change in self._ahead.values():
                _carry_out(change, self._hall.bans)

    def _is_in_force(self, news: BanSet) -> bool:
        """Say whether nothing that was made here ahead of its turn takes its place."""
        like = self._hall.bans.like(news.ban)
        return not like if news.lifted else news.ban in like

    def _called(self, target: str) -> Member | None:
        try:
            return self._hall.find(target)
        except (NobodyHere, LooksLike):
            return None

    def _go_ahead(self, change: Change, member: Member | None = None) -> None:
        """Change something here at once, and in every hall in its turn; a mute is that of a member, if that is here."""
        name = member.name if member else None
        told = Told(_of(change), happen=lambda: self._take_own(told, member, name))
        if not self._is_turn:
            if self._apart is None:
                self._hall.bans, self._apart = self._hall.bans.copy(), self._hall.bans
            _carry_out(change, self._hall.bans)
        self._ahead[told] = change
        self._nodes.tell(told)

    def _take_own(self, told: Told, member: Member | None, name: Nickname | None) -> None:
        """What is ahead comes behind in the same order, so nothing else changes here."""
        change = self._ahead.pop(told)
        is_done = self._take(change, self._agreed)
        if not self._ahead:
            self._go_on_from(self._agreed)
        if isinstance(change, BanSet) and change.ban.kind == "name" and not change.lifted:  # somebody may have it since
            self._heard((change,))
        if member is not None and member.name is not name and isinstance(change, BanSet):
            self._follow(change, member, is_done)

    def _take(self, change: Change, agreed: Bans) -> bool:
        """Change in its turn what all agree on; return whether there was anything to do."""
        found, until = _carry_out(change, agreed), self._hall.now() + GONE_KEPT
        for ban in found or ():
            self._gone.add(replace(ban, until=until if ban.until is None else min(until, ban.until)))
        return found is not None

    def _follow(self, news: BanSet, member: Member, is_done: bool) -> None:
        """Somebody who was to be muted, or to be so no longer, has got another name before."""
        if not news.lifted:
            self._go_ahead(MuteMoved(news.ban, member.name))
        elif not is_done:
            with suppress(HallError):
                self.set(replace(news, ban=replace(news.ban, target=member.nickname)))


def _of(change: Change) -> Fact:
    match change:
        case BanSet(ban, lifted):
            return ["banned", _plain(ban), lifted]
        case MuteMoved(mute, name):
            return ["mute moved", _plain(mute), name.shown]
        case BansKept(bans, now):
            return ["bans kept", bans.plain(now), now]
        case _:  # pragma: no cover
            assert_never(change)


def _change_in(fact: Fact) -> Change | None:
    match fact:
        case ["banned", plain, lifted]:
            return BanSet(_in_plain(plain), lifted)
        case ["mute moved", plain, shown]:
            return MuteMoved(_in_plain(plain), nickname(shown))
        case ["bans kept", plain, now]:
            bans = Bans()
            bans.restore(plain, now)
            return BansKept(bans, now)
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


def _carry_out(change: Change, bans: Bans) -> Sequence[Ban] | None:
    """Return which bans are gone by that, None if there was nothing to do."""
    try:
        return change.carry_out(bans)
    except HallError:  # what is to be lifted was lifted before
        return None
