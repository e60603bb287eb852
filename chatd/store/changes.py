"""All that changes accounts and letters: each change is on the disk before it is in memory, and then it is told."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from chatd.core.copies import AccountCopy, AccountGone, Copy, LetterGone
from chatd.core.letters import Letter
from chatd.core.nickname import Nickname
from chatd.core.owners import Owner, SSHKey
from chatd.core.refusals import HallError, NotHeardBy
from chatd.store import accounts, merging
from chatd.store.ledger import Ledger
from chatd.store.merging import NO_LETTERS, Oldest

_ID_BITS = 52  # of the id of an account or a letter: JavaScript reads it without loss


@dataclass(frozen=True, slots=True)
class Merged:
    """What another server told of an account, and how that was `before`, None if it wasn't there."""

    now: AccountCopy | AccountGone
    before: Owner | None


class Changes:
    """Each is made as a `Ledger.change`, one at a time. What was checked before is checked again: it may have changed
    while this one waited.

    `now` returns the seconds since 1970. Other servers are told of changes by `tell`, if there are any; of what they
    told, `merged` is called with the accounts that are others now, or gone, and `lettered` with new letters.
    """

    def __init__(self, ledger: Ledger, now: Callable[[], float]) -> None:
        self.tell: Callable[[Sequence[Copy]], object] | None = None
        self.merged: Callable[[Sequence[Merged]], object] = lambda merged: None
        self.lettered: Callable[[Sequence[Letter]], object] = lambda letters: None
        self._ledger = ledger
        self._owners = ledger.owners
        self._now = now

    async def insert(self, name: Nickname, stored: str | None, key: SSHKey | None) -> Owner:
        if key is not None:
            self._owners.check_free_key(key.fingerprint)
        now, keys = self._now(), () if key is None else (key,)
        owner = Owner(new_id(), name, now, now, now, True, stored is not None, False, keys)
        await self._ledger.write(partial(accounts.insert, owner=owner, password=stored))
        await self._changed_to(owner)
        return owner

    async def set_password(self, owner: int, stored: str, valid_until: float | None) -> None:
        account = self._changed(owner, has_password=True, must_change=valid_until is not None)
        await self._ledger.write(partial(accounts.set_password, owner=account, stored=stored, valid_until=valid_until))
        await self._changed_to(account)

    async def set_remembered(self, owner: int, on: bool) -> None:
        account = self._changed(owner, remembered=on)
        await self._ledger.write(partial(accounts.set_facts, owner=account))
        await self._changed_to(account)

    async def saw(self, owner: int) -> None:
        before = self._owners.demand(owner)
        account = replace(before, seen=self._now())
        await self._ledger.write(partial(accounts.set_facts, owner=account))
        told = before.seen // merging.SEEN_WITHIN == account.seen // merging.SEEN_WITHIN
        await self._changed_to(account, told)

    async def remove(self, owner: int) -> None:
        gone = AccountGone(owner, self._changed(owner).changed_at)
        await self._ledger.write(partial(accounts.delete, owner=owner, at=gone.at))
        self._owners.remove(owner)
        self._tell(gone)
        await self._ledger.erase()

    async def ignore(self, owner: int, other: int, on: bool) -> None:
        self._owners.demand(other)
        account = self._changed(owner)
        await self._ledger.write(partial(accounts.set_ignored, owner=account, other=other, on=on))
        self._owners.ignore(owner, other, on)
        await self._changed_to(account)

    async def add_key(self, owner: int, key: SSHKey) -> None:
        account = self._owners.demand(owner)
        self._owners.check_free_key(key.fingerprint)
        account.check_new_key()
        account = self._changed(owner, ssh_keys=(*account.ssh_keys, key))
        await self._ledger.write(partial(accounts.insert_key, owner=account, key=key))
        await self._changed_to(account)

    async def remove_key(self, owner: int, fingerprint: str) -> None:
        account = self._owners.demand(owner)
        account.check_old_key(fingerprint)
        left = tuple(key for key in account.ssh_keys if key.fingerprint != fingerprint)
        account = self._changed(owner, ssh_keys=left)
        await self._ledger.write(partial(accounts.delete_key, owner=account, fingerprint=fingerprint))
        await self._changed_to(account)

    async def leave_letter(self, letter: Letter, since: float) -> None:
        addressee = self._owners.demand(letter.owner, letter.text).name.shown
        if letter.sender_owner in self._owners.ignored_by(letter.owner):
            raise NotHeardBy(addressee, unsent=letter.text)
        insert = partial(accounts.insert_letter, letter=letter, addressee=addressee, since=since)
        await self._ledger.write(insert, unsent=letter.text)
        self._tell(letter)

    async def burn(self, letters: list[LetterGone]) -> None:
        await self._ledger.write(partial(accounts.delete_letters, letters=letters))
        self._tell(*letters)
        await self._ledger.erase()

    async def merge(self, copies: Sequence[Copy], oldest: Oldest) -> None:
        merged, letters = await self._ledger.write(partial(merging.merge, told=copies, oldest=oldest))
        before = [self._owners.get(copy.id if isinstance(copy, AccountGone) else copy.owner.id) for copy in merged]
        self._ledger.take(merged)
        self.merged([Merged(*pair) for pair in zip(merged, before, strict=True)])
        self.lettered(letters)
        told = {_last_change(copy) for copy in copies}  # what was judged here, others may have judged otherwise
        self._tell(*(copy for copy in merged if _last_change(copy) not in told))
        if any(isinstance(copy, AccountGone | LetterGone) for copy in copies):
            await self._ledger.erase()

    async def _changed_to(self, account: Owner, told: bool = False) -> None:
        """An account is so on the disk; the others are told, unless they need not be."""
        self._owners.put(account)
        if self.tell is not None and not told:
            with suppress(HallError):  # then they miss it until all is compared
                self.tell(await self._ledger.read(partial(merging.copies, ids=[account.id], oldest=NO_LETTERS)))

    def _tell(self, *copies: Copy) -> None:
        if self.tell is not None:
            self.tell(copies)

    def _changed(self, owner: int, **facts: Any) -> Owner:
        """Return an account as it is from now on."""
        account = self._owners.demand(owner)
        return replace(account, changed_at=merging.later(self._now(), account.changed_at), **facts)


def _last_change(copy: Copy) -> tuple[int, float]:
    return (copy.owner.id, copy.owner.changed_at) if isinstance(copy, AccountCopy) else (copy.id, copy.at)


def new_id() -> int:
    return secrets.randbits(_ID_BITS) or 1
