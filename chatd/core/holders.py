"""Who is here under which account, and whom owners who are here ignore."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, Protocol, TypeVar

from chatd.core.owners import Owner, Owners
from chatd.core.traces import Traces


class Holder(Protocol):
    """Somebody who is here, and may be under an account."""

    @property
    def traces(self) -> Traces: ...

    @property
    def is_remote(self) -> bool: ...

    def ignore_member(self, other: Any, /) -> None: ...


Someone = TypeVar("Someone", bound=Holder)


class Holders(Generic[Someone]):
    """`members` are all who are here; `owners` returns those who are known by now; `changed` is called with somebody at
    home here who has another account, or none any more.
    """

    def __init__(
        self, members: Collection[Someone], owners: Callable[[], Owners], changed: Callable[[Someone], object]
    ) -> None:
        self._members = members
        self._owners = owners
        self._changed = changed
        self._by_account: dict[int, list[Someone]] = {}  # several after a cut on both sides of which their owner came

    @property
    def accounts(self) -> Collection[int]:
        """The accounts of those who are here."""
        return self._by_account.keys()

    def of(self, account: int | None) -> Someone | None:
        """Return the member who is here under an account, None if nobody is, or if that is None. Of two it is the one
        who was known first.
        """
        return next(iter(self.all_of(account)), None)

    def all_of(self, account: int | None) -> Sequence[Someone]:
        """Return all who are here under an account: more than one if they came in on both sides of a cut."""
        return () if account is None else tuple(self._by_account.get(account, ()))

    def give(self, member: Someone, owner: Owner) -> None:
        """A member has proven to be an owner, who isn't here otherwise; the ignores between owners hold again.

        What the member says goes on not being remembered if either wanted that.
        """
        self._forget(member)
        member.traces.remembered = member.traces.remembered and owner.remembered
        self._bind(member, owner.id)
        if member in self._members:
            self._changed(member)

    def stand_in(self, member: Someone, account: int | None) -> None:
        """Somebody who is at home elsewhere is here under an account, or None. After a cut another may be, too."""
        if account != member.traces.account:
            self._forget(member)
            if account is not None:
                self._bind(member, account)

    def take(self, account: int) -> None:
        """There is no such account any more; whoever was here under it stays, as somebody without one. Those at home
        elsewhere have it until their home says so: it may know of a later change, by which the account is back.
        """
        for member in self.all_of(account):
            if not member.is_remote:
                self._forget(member)
                self._changed(member)

    def come_home(self, member: Someone) -> None:
        """Somebody is at home here from now on, where it is known whether there still is such an account."""
        account = member.traces.account
        if account is not None and self._owners().get(account) is None:
            self._forget(member)
            self._changed(member)
        self._ignore_again(member)

    def left(self, member: Someone) -> None:
        """Somebody isn't here any more; what they have said is theirs still."""
        account = member.traces.account
        if account is not None:
            self._by_account[account].remove(member)
            if not self._by_account[account]:
                del self._by_account[account]

    def _ignore_again(self, member: Someone) -> None:
        """An owner at home here ignores whom they ignore for good, and those still here whom they ignored when they
        left.
        """
        account = member.traces.account
        if account is None:
            return
        owners = self._owners().ignored_by(account)
        for other in self._members:
            if other.traces.account in owners or account in other.traces.shunned_by:
                member.ignore_member(other)

    def shun(self, account: int, other: Someone) -> None:
        """An owner ignored somebody when they left, and goes on with it once they are here again."""
        owner = self.of(account)
        if owner is None:
            other.traces.shunned_by |= {account}
        elif not owner.is_remote:
            owner.ignore_member(other)

    def _bind(self, member: Someone, account: int) -> None:
        member.traces.account = account
        self._by_account.setdefault(account, []).append(member)
        if not member.is_remote:
            self._ignore_again(member)
        for other in self._members:  # by now their home knows
            if account in other.traces.shunned_by:
                other.traces.shunned_by -= {account}
        for owner, holders in self._by_account.items():
            for other in holders if account in self._owners().ignored_by(owner) else ():
                if not other.is_remote:
                    other.ignore_member(member)

    def _forget(self, member: Someone) -> None:
        self.left(member)
        member.traces.account = None
