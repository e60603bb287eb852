"""Who owns which name, and the letters that wait for them: the port `People`, with a file behind it.

The file is precious: an empty one in its place would give every name away.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Sequence
from contextlib import suppress
from functools import partial
from math import inf, nextafter
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from chatd.core.copies import GROUPS, Copy, LetterGone, Stamp
from chatd.core.letters import Letter, in_order
from chatd.core.nickname import Nickname
from chatd.core.owner_refusals import (
    OneTimePasswordOver,
    OnlyByKey,
    OwnerNotHere,
    RegisteredTooOften,
    TooManyGuesses,
)
from chatd.core.owners import Owner, SSHKey
from chatd.core.passwords import check_password, one_time_password, prepared
from chatd.core.refusals import HallError
from chatd.core.tally import Tally
from chatd.store import accounts, merging
from chatd.store.changes import Changes, new_id
from chatd.store.database import NewWorker
from chatd.store.ledger import Ledger, going_on
from chatd.store.merging import Oldest
from chatd.store.passwords import Passwords

GUESSES, GUESSED_WITHIN = 10, 600.0  # wrong passwords from one neighbourhood, in seconds
REGISTRATIONS, REGISTERED_WITHIN = 3, 86_400.0  # names from one neighbourhood, in seconds
ONE_TIME_FOR = 86_400.0  # seconds that a password of the administrator's is valid
TIDIED_EVERY = 3_600.0  # seconds
_DAY = 86_400.0
_AT_ONCE = 0.001  # seconds


class People:
    """A `chatd.core.owners.People`, and a `chatd.core.copies.Kept`. Letters are kept for `letters_days`, which may
    change at any time; 0 is not at all.

    `clock` measures durations, `now` returns the seconds since 1970. `changes` say who is told of changes.
    """

    def __init__(
        self,
        path: Path,
        letters_days: float,
        clock: IReactorTime,
        now: Callable[[], float],
        new_worker: NewWorker,
        passwords: Passwords | None = None,
    ) -> None:
        self.letters_days = letters_days
        self._clock = clock
        self._now = now
        self._ledger = Ledger(path, clock, new_worker)
        self.changes = Changes(self._ledger, now)
        self.owners = self._ledger.owners
        self._passwords = passwords or Passwords(new_worker("passwords"))
        self._letter_at = 0.0  # when the last one was written, so that no two are at one time: that is their order
        self._guesses = Tally(GUESSES, GUESSED_WITHIN)
        self._registrations = Tally(REGISTRATIONS, REGISTERED_WITHIN)
        self._tidying = LoopingCall(self._tidy)
        self._tidying.clock = clock

    @property
    def trouble(self) -> str:
        """Why nothing can be written, "" where it can."""
        return self._ledger.trouble

    def open(self) -> None:
        """Read all accounts; it waits for the disk, so do it at the start.

        @raises StoreError: if they can't be read, or are damaged, or of a later chatd. Then chatd must not start.
        """
        self._ledger.open()

    def start(self) -> None:
        """From now on, delete letters that nobody came for."""
        self._tidying.start(TIDIED_EVERY, now=True)

    async def close(self) -> None:
        """Have all changes that are under way on the disk. It takes no longer than a few seconds, whatever it does."""
        if self._tidying.running:
            self._tidying.stop()
        self._passwords.close()
        await self._ledger.close()

    def backup(self, target: Path) -> Deferred[None]:
        """Write all accounts and letters to a new file. @raises StoreError: if that can't be done."""
        return self._ledger.backup(target)

    async def register(
        self, name: Nickname, password: str | None, key: SSHKey | None, neighbourhood: str = ""
    ) -> Owner:
        if password is None and key is None:
            raise ValueError("nobody could come back")
        password = None if password is None else check_password(password, name)
        wait = self._registrations.wait(neighbourhood, self._clock.seconds())
        if wait:
            raise RegisteredTooOften(REGISTRATIONS, wait)
        self._registrations.count(neighbourhood, self._clock.seconds())
        try:
            return await going_on(Deferred.fromCoroutine(self._register(name, password, key)))
        except HallError:
            self._registrations.take_back(neighbourhood)
            raise

    async def check(self, owner: int, password: str, neighbourhood: str = "") -> bool:
        account = self.owners.demand(owner)
        if not account.has_password:
            raise OnlyByKey(account.name.shown)
        wait = self._guesses.wait(neighbourhood, self._clock.seconds())
        if wait:
            raise TooManyGuesses(GUESSES, wait)
        self._guesses.count(neighbourhood, self._clock.seconds())
        try:
            valid_until = await self._valid_until(owner, prepared(password))
        except HallError:  # it was not looked at
            self._guesses.take_back(neighbourhood)
            raise
        if valid_until is None:
            return False
        self._guesses.take_back(neighbourhood)
        if valid_until < self._now():
            raise OneTimePasswordOver(account.name.shown)
        return True

    async def change_password(self, owner: int, password: str) -> None:
        stored = await self._passwords.hash(check_password(password, self.owners.demand(owner).name))
        await self._ledger.change(partial(self.changes.set_password, owner, stored, None))

    async def reset(self, owner: int) -> str:
        password = one_time_password()
        stored = await self._passwords.hash(password)
        await self._ledger.change(partial(self.changes.set_password, owner, stored, self._now() + ONE_TIME_FOR))
        return password

    async def remove(self, owner: int) -> None:
        await self._ledger.change(partial(self.changes.remove, owner))

    async def free_unused(self, since: float, here: Container[int]) -> list[Owner]:
        unused = self.owners.unused(since, here)
        for account in unused:
            await self.remove(account.id)
        return unused

    async def saw(self, owner: int) -> None:
        with suppress(HallError):
            await self._ledger.change(partial(self.changes.saw, owner))

    async def set_remembered(self, owner: int, on: bool) -> None:
        await self._ledger.change(partial(self.changes.set_remembered, owner, on))

    async def ignore(self, owner: int, other: int, on: bool = True) -> None:
        await self._ledger.change(partial(self.changes.ignore, owner, other, on))

    async def add_key(self, owner: int, key: SSHKey) -> None:
        await self._ledger.change(partial(self.changes.add_key, owner, key))

    async def remove_key(self, owner: int, fingerprint: str) -> None:
        await self._ledger.change(partial(self.changes.remove_key, owner, fingerprint))

    async def leave_letter(self, owner: int, sender: str, sender_owner: int | None, text: str) -> None:
        if not self.letters_days:
            raise OwnerNotHere(self.owners.demand(owner, text).name.shown, unsent=text)
        now = self._now()
        if abs(now - self._letter_at) < _AT_ONCE:
            now = nextafter(self._letter_at, inf)
        self._letter_at = now
        letter = Letter(new_id(), owner, sender, sender_owner, now, text)
        await self._ledger.change(partial(self.changes.leave_letter, letter, self._oldest.letter))

    async def letters(self, owner: int) -> list[Letter]:
        """Return the lines that wait for an owner; those that are just being written down are among them."""
        read = partial(accounts.letters, owner=owner, since=self._oldest.letter)
        return in_order(await self._ledger.change(partial(self._ledger.read, read)))

    async def burn(self, letters: list[Letter]) -> None:
        await self._ledger.change(partial(self.changes.burn, [LetterGone(letter.id, letter.at) for letter in letters]))

    # What other servers keep, too.

    async def digests(self) -> list[str]:
        return await self._ledger.read(partial(merging.digests, oldest=self._oldest))

    async def stamps(self, groups: Collection[int]) -> dict[int, Stamp]:
        found = await self._ledger.read(partial(merging.stamps, oldest=self._oldest))
        return {number: stamp for number, stamp in found.items() if number % GROUPS in groups}

    async def copies(self, ids: Collection[int]) -> list[Copy]:
        return await self._ledger.read(partial(merging.copies, ids=ids, oldest=self._oldest))

    async def merge(self, copies: Sequence[Copy]) -> None:
        await self._ledger.change(partial(self.changes.merge, copies, self._oldest))

    async def _register(self, name: Nickname, password: str | None, key: SSHKey | None) -> Owner:
        with self.owners.reserved(name):
            stored = None if password is None else await self._passwords.hash(password)
            return await self._ledger.change(partial(self.changes.insert, name, stored, key))

    async def _tidy(self) -> None:
        oldest = self._oldest
        delete = partial(accounts.delete_old, letters_before=oldest.letter, gone_before=oldest.gone)
        with suppress(HallError):
            if await self._ledger.write(delete):
                await self._ledger.erase()

    async def _valid_until(self, owner: int, password: str | None) -> float | None:
        """Return until when the account's password is valid, None if it is another one."""
        with self._passwords.place():
            stored, valid_until = await self._ledger.read(partial(accounts.password, owner=owner))
            if password is None or stored is None or not await self._passwords.matches(password, stored):
                return None
        if self._passwords.is_outdated(stored):
            with suppress(HallError):
                anew = await self._passwords.hash(password)
                await self._ledger.write(partial(accounts.store_anew, owner=owner, before=stored, stored=anew))
        return inf if valid_until is None else valid_until

    @property
    def _oldest(self) -> Oldest:
        now = self._now()
        return Oldest(now - self.letters_days * _DAY, now - accounts.GONE_FOR)
