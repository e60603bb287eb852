"""Who owns which name, and the port of whoever writes that down. It keeps no file and knows no password.

All that must be answered at once (whose name is that, may it be registered) is answered from memory; what must be on
the disk before it is true goes through `People`.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from chatd.core.letters import Letter
from chatd.core.nickname import Nickname, exact_key
from chatd.core.owner_refusals import KeyTaken, LastKey, NameOwned, NoSuchKey, NotOwned, TooManyKeys, TooManyOwners

MOST_OWNERS = 20_000  # 1 kB of memory each
MOST_KEYS = 10  # SSH keys of one owner
MOST_GONE = 100  # names kept of accounts that went


@dataclass(frozen=True, slots=True)
class SSHKey:
    """A key that opens a name. The fingerprint is as OpenSSH shows it (`SHA256:…`); `since` in seconds since 1970."""

    fingerprint: str
    comment: str
    since: float


@dataclass(frozen=True, slots=True)
class Owner:
    """An account: a name that is somebody's, and the facts about it; times are in seconds since 1970.

    `id` is random, so that no two servers give the same one, and stays for as long as the account. `seen` is when the
    owner was last here. `changed_at` is when anything but `seen` last changed: of two copies of an account the later
    one holds, with the later `seen`. `remembered` is whether what the owner says in rooms is remembered at all; with
    `must_change` the password is one that the administrator gave.
    """

    id: int
    name: Nickname
    since: float
    seen: float
    changed_at: float
    remembered: bool = True
    has_password: bool = True
    must_change: bool = False
    ssh_keys: tuple[SSHKey, ...] = ()

    def check_new_key(self) -> None:
        """@raises TooManyKeys: if it has as many SSH keys as it may have."""
        if len(self.ssh_keys) >= MOST_KEYS:
            raise TooManyKeys(MOST_KEYS)

    def check_old_key(self, fingerprint: str) -> None:
        """Say whether an SSH key may be taken away.

        @raises NoSuchKey: if it isn't there.
        @raises LastKey: if nothing else opens the name.
        """
        if not any(key.fingerprint == fingerprint for key in self.ssh_keys):
            raise NoSuchKey(fingerprint)
        if not self.has_password and len(self.ssh_keys) == 1:
            raise LastKey


class Owners:
    """All accounts, and who of them ignores whom. No two new ones have a key of their names in common."""

    def __init__(self, most: int = MOST_OWNERS) -> None:
        self._most = most
        self._by_id: dict[int, Owner] = {}
        self._by_exact: dict[str, int] = {}
        self._by_key: dict[str, int] = {}
        self._behind: dict[str, list[int]] = {}  # old accounts that look like another by newer tables of look-alikes
        self._by_ssh_key: dict[str, int] = {}
        self._ignored: dict[int, set[int]] = {}
        self._reserved: dict[str, str] = {}  # by key: names that are being registered
        self._gone: dict[int, str] = {}  # names of the last accounts that went, for refusals

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Owner]:
        return iter(self._by_id.values())

    def get(self, id: int | None) -> Owner | None:
        """Return the account of that id, None if there is none."""
        return None if id is None else self._by_id.get(id)

    def demand(self, id: int, unsent: str = "") -> Owner:
        """Return the account of that id.

        @raises NotOwned: if there is none any more, giving `unsent` back.
        """
        try:
            return self._by_id[id]
        except KeyError:
            raise NotOwned(self._gone.get(id, "?"), unsent=unsent) from None

    def owner_of(self, name: Nickname) -> Owner | None:
        """Return who owns a name: that very one, or one that looks like it."""
        exact = self._by_exact.get(name.exact)
        if exact is not None:
            return self._by_id[exact]
        return next((self._by_id[self._by_key[key]] for key in name.keys if key in self._by_key), None)

    def named(self, typed: str) -> Owner | None:
        """Return who owns exactly that name; only case and width may differ. For whatever is sent to somebody."""
        return self.get(self._by_exact.get(exact_key(typed)))

    def owner_of_key(self, fingerprint: str) -> Owner | None:
        """Return whose name an SSH key opens."""
        return self.get(self._by_ssh_key.get(fingerprint))

    @contextmanager
    def reserved(self, name: Nickname) -> Iterator[None]:
        """Keep a name, and all that look like it, for whoever registers it, until that has succeeded or failed.

        @raises NameOwned: if it is owned already, or another registers it just now.
        @raises TooManyOwners: if there are as many as there may be.
        """
        owner = self.owner_of(name)
        if owner is not None:
            raise NameOwned(name.shown, owner.name.shown)
        self.check_not_reserved(name)
        if len(self._by_id) >= self._most:
            raise TooManyOwners(self._most)
        self._reserved.update(dict.fromkeys(name.keys, name.shown))
        try:
            yield
        finally:
            for key in name.keys:
                del self._reserved[key]

    def check_not_reserved(self, name: Nickname) -> None:
        """@raises NameOwned: if somebody registers a name just now, or one that looks like it."""
        for key in name.keys & self._reserved.keys():
            raise NameOwned(name.shown, self._reserved[key])

    def check_free_key(self, fingerprint: str) -> None:
        """@raises KeyTaken: if an SSH key opens a name already."""
        holder = self.owner_of_key(fingerprint)
        if holder is not None:
            raise KeyTaken(holder.name.shown)

    def put(self, owner: Owner) -> None:
        """Take an account, or its newer facts; its name and the keys of that never change."""
        before = self._by_id.get(owner.id)
        self._by_id[owner.id] = owner
        if before is None:
            self._by_exact[owner.name.exact] = owner.id
            for key in owner.name.keys:
                self._hold(key, owner.id)
        if before is None or before.ssh_keys is not owner.ssh_keys:
            for ssh_key in before.ssh_keys if before else ():
                del self._by_ssh_key[ssh_key.fingerprint]
            self._by_ssh_key.update({ssh_key.fingerprint: owner.id for ssh_key in owner.ssh_keys})

    def remove(self, id: int) -> None:
        """The name is free again; with it go all ignores that it takes part in. No-op: there is no such account."""
        owner = self._by_id.pop(id, None)
        if owner is None:
            return
        self._gone[id] = owner.name.shown
        if len(self._gone) > MOST_GONE:
            del self._gone[next(iter(self._gone))]
        del self._by_exact[owner.name.exact]
        for key in owner.name.keys:
            self._free(key, id)
        for ssh_key in owner.ssh_keys:
            del self._by_ssh_key[ssh_key.fingerprint]
        self._ignored.pop(id, None)
        for ignored in self._ignored.values():
            ignored.discard(id)

    def unused(self, since: float, but: Container[int] = ()) -> list[Owner]:
        """Return the accounts that were not seen since that time, but for some: those who are here now."""
        return [owner for owner in self if owner.seen < since and owner.id not in but]

    def ignored_by(self, id: int) -> frozenset[int]:
        """Return whom an owner ignores."""
        return frozenset(other for other in self._ignored.get(id, ()) if other in self._by_id)

    def set_ignored(self, id: int, others: Collection[int]) -> None:
        """Let an owner ignore these and nobody else; some of them may become known later."""
        self._ignored[id] = set(others)

    def ignore(self, id: int, other: int, on: bool = True) -> None:
        """Let an owner ignore another, or with `on` False hear them again."""
        ignored = self._ignored.setdefault(id, set())
        if on:
            ignored.add(other)
        else:
            ignored.discard(other)

    def _hold(self, key: str, id: int) -> None:
        """A key is that of the oldest account whose name has it."""
        holder = self._by_key.setdefault(key, id)
        if holder != id:
            oldest, *behind = sorted((holder, *self._behind.get(key, ()), id), key=self._age)
            self._by_key[key], self._behind[key] = oldest, behind

    def _age(self, id: int) -> tuple[float, int]:
        return self._by_id[id].since, id

    def _free(self, key: str, id: int) -> None:
        behind = self._behind.get(key, [])
        if id in behind:
            behind.remove(id)
        elif behind:
            self._by_key[key] = behind.pop(0)
        else:
            del self._by_key[key]


class People(Protocol):
    """Writes down who owns what. Each change is on the disk, and in `owners`, before it is answered; one that is
    refused has changed nothing. `owner` is always the id of an account.

    Every method raises PeopleNotWritten or PeopleNotRead if the disk can't be used, and NotOwned if the account is gone
    meanwhile. A change goes on though whoever waits for it has gone.
    """

    owners: Owners

    async def register(
        self, name: Nickname, password: str | None, key: SSHKey | None, neighbourhood: str = ""
    ) -> Owner:
        """Make a name somebody's, who comes back by a password, an SSH key, or either.

        @raises NameOwned, TooManyOwners, KeyTaken, BadPassword, RegisteredTooOften, TooManyLogins: then it isn't.
        """

    async def check(self, owner: int, password: str, neighbourhood: str = "") -> bool:
        """Say whether that is the password.

        @raises TooManyGuesses, TooManyLogins: without looking at it.
        @raises OnlyByKey: if there is none.
        @raises OneTimePasswordOver: if it would have been.
        """

    async def change_password(self, owner: int, password: str) -> None:
        """@raises BadPassword, TooManyLogins: then the old one holds."""

    async def reset(self, owner: int) -> str:
        """Return a new password that is valid for a day, and until it is changed; the old one is no longer."""

    async def remove(self, owner: int) -> None:
        """Make the name free; the account's SSH keys, ignores and letters are gone from the disk."""

    async def free_unused(self, since: float, here: Container[int]) -> list[Owner]:
        """Remove and return the accounts that were not seen since that time, but for those who are here."""

    async def saw(self, owner: int) -> None:
        """The owner is here now. It never fails: a date that can't be written is no reason to let nobody in."""

    async def set_remembered(self, owner: int, on: bool) -> None:
        """Say whether what the owner says in rooms may be remembered."""

    async def ignore(self, owner: int, other: int, on: bool = True) -> None:
        """Let an owner's ignore of another last, or with `on` False end it."""

    async def add_key(self, owner: int, key: SSHKey) -> None:
        """@raises KeyTaken, TooManyKeys: then it opens nothing."""

    async def remove_key(self, owner: int, fingerprint: str) -> None:
        """@raises NoSuchKey, LastKey: then nothing has changed."""

    async def leave_letter(self, owner: int, sender: str, sender_owner: int | None, text: str) -> None:
        """Keep a line for an owner who is away.

        @raises OwnerNotHere: if no letters are kept.
        @raises NotHeardBy: if the owner ignores the sender's account.
        @raises LettersFull: if too many wait. All give the line back.
        """

    async def letters(self, owner: int) -> list[Letter]:
        """Return the lines that wait for an owner, in the order in which they are shown."""

    async def burn(self, letters: list[Letter]) -> None:
        """Letters have arrived: the disk holds them no longer."""
