"""What becomes of people here when another server tells of accounts: all of it is on the disk already."""

from __future__ import annotations

from collections.abc import Sequence

from chatd.core.delivery import tell
from chatd.core.events import KeyLost, RegistrationLost
from chatd.core.hall import Hall
from chatd.core.letters import Letter
from chatd.core.member import Member
from chatd.core.owners import Owner
from chatd.core.refusals import NicknameTaken
from chatd.session.person import Chatting
from chatd.session.session import Server


def registration_lost(hall: Hall, account: int, before: Owner | None) -> None:
    """An account is gone; whoever is here under it is told."""
    holders = hall.holders.all_of(account)
    hall.holders.take(account)
    for member in holders:
        if before is not None and not member.is_remote:
            tell(RegistrationLost(hall.now(), before.name.shown), member)


def account_changed(hall: Hall, owner: Owner, before: Owner | None) -> None:
    """An account is new here, or its facts are others; its owner is told of a key that opens another's name."""
    for member in hall.holders.all_of(owner.id):
        if before is None:  # others ignore them, and they others
            hall.holders.stand_in(member, None)
            hall.holders.stand_in(member, owner.id)
        elif not member.is_remote:
            for key in before.ssh_keys:
                if hall.owners.owner_of_key(key.fingerprint) not in (None, owner):
                    tell(KeyLost(hall.now(), owner.name.shown, key.fingerprint), member)


def letters_came(server: Server, letters: Sequence[Letter]) -> None:
    """Letters came that were left while their owners, who are here, were out of reach."""
    accounts = server.accounts
    if accounts is None or not accounts.letters_days:
        return
    for account in {letter.owner for letter in letters}:
        theirs = [letter for letter in letters if letter.owner == account]
        for member in server.hall.holders.all_of(account):
            for session in server.sessions_of(member):
                if isinstance(session.state, Chatting) and not session.brief:
                    session.state.show_letters(accounts, theirs)


def holder_without_right(hall: Hall, owner: Owner) -> Member | None:
    """Return who is at home here under the name of an owner, or one that looks like it, and owns neither."""
    try:
        hall.check_free(owner.name, None)
    except NicknameTaken as error:
        holder = error.holder
    else:
        return None
    for member in hall.members:
        if member.nickname == holder and member.here and not member.is_remote:
            rightful = hall.owners.owner_of(member.name)
            return None if rightful is None or rightful.id == member.traces.account else member
    return None
