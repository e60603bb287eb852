"""How people make a name theirs, and what that brings: the commands for it, as a table of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from chatd.core.member import Member
from chatd.core.owner_refusals import NotOwned, OwnerNotHere, OwnsAlready
from chatd.core.owners import Owner, SSHKey
from chatd.core.refusals import (
    HallError,
    LooksLike,
    NameChangedHands,
    NicknameTaken,
    NobodyHere,
    NotHeardBy,
    NotIgnored,
    ThatIsYou,
)
from chatd.core.text import one_line
from chatd.session.accounts import Accounts
from chatd.session.answers import IgnoreSet, NicknameSet
from chatd.session.outputs import NameForYou, NewPasswordDue
from chatd.session.owner_answers import LetterKept, PasswordChanged, Registered, Unregistered
from chatd.session.person import Chatting
from chatd.session.refusals import NamesNotOwned
from chatd.session.secrets import Choosing, Proving
from chatd.session.table import Table

TABLE = Table()
command = TABLE.command
_COSTLY = 5


@command(
    "register",
    takes_secrets=True,
    help="make your nickname yours alone, with a password",
    cost=_COSTLY,
    more=(
        "nobody else gets in under that name, or one that looks like it",
        "a connection that you have lost is yours again at once, and what it didn't bring is shown again",
        "who came by SSH with a key is asked for no password: the key opens the name",
        "the password is stored so that it can't be read, with the name and when it was last used; no address is",
    ),
)
def register(chat: Chatting) -> Awaitable[None] | None:
    member = chat.member
    with _holding_secrets(chat):
        accounts = _accounts(chat)
        owner = accounts.people.owners.get(member.traces.account)
        if owner is not None:
            raise OwnsAlready(owner.name.shown)
        if chat.session.identity.fingerprint:
            return _registered(chat, accounts, None)
        accounts.check_private(chat.client, member.nickname)
    chat.send(NameForYou(member.nickname))
    _ask(chat, Choosing(chat, member.name, partial(_registered, chat, accounts)))
    return None


@command("password", help="change the password of your nickname", cost=_COSTLY, takes_secrets=True)
def password(chat: Chatting) -> Awaitable[None] | None:
    accounts, owner = own(chat)
    accounts.check_private(chat.client, owner.name.shown)

    async def proven() -> None:
        _ask(chat, Choosing(chat, owner.name, changed))

    async def changed(typed: str) -> None:
        await accounts.people.change_password(owner.id, typed)
        chat.answer(PasswordChanged(owner.name.shown, not owner.has_password))

    return prove(chat, accounts, owner, proven)


@command("unregister", help="give up your nickname; anybody may have it then", cost=_COSTLY, takes_secrets=True)
def unregister(chat: Chatting) -> Awaitable[None] | None:
    accounts, owner = own(chat)

    async def proven() -> None:
        await accounts.people.remove(owner.id)
        chat.server.hall.holders.take(owner.id)
        chat.answer(Unregistered(owner.name.shown))

    return prove(chat, accounts, owner, proven)


def prove(
    chat: Chatting, accounts: Accounts, owner: Owner, proven: Callable[[], Awaitable[None]]
) -> Awaitable[None] | None:
    """Do something for an owner who came with one of their keys; anybody else is asked for the password first.

    @raises NotPrivate, OnlyByKey: if it can't be asked for.
    """
    if chat.session.identity.holds_key_of(owner):
        return proven()
    with _holding_secrets(chat):
        accounts.check_asked(chat.client, owner)
    _ask(chat, Proving(chat, accounts.people, owner, proven))
    return None


def take_name(chat: Chatting, typed: str) -> Awaitable[None] | None:
    """Take a name, once it is sure that it isn't another's."""
    hall, member, accounts = chat.server.hall, chat.member, chat.server.accounts
    member.check_may_speak()
    owner = hall.owner_of(typed, member.traces.account)
    if owner is None or accounts is None:
        return _rename(chat, typed)
    with _holding_secrets(chat):
        _check_not_here(chat, owner, typed)

    async def proven() -> None:
        if accounts.people.owners.demand(owner.id).must_change and not chat.session.identity.holds_key_of(owner):
            chat.send(NewPasswordDue())
            _ask(chat, Choosing(chat, owner.name, chosen))
        else:
            await become()

    async def chosen(password: str) -> None:
        await accounts.people.change_password(owner.id, password)
        if chat.session.is_in(chat):
            state = Proving(chat, accounts.people, owner, proven)
            chat.session.become(state)
            await state.finish(become())

    async def become() -> None:
        _check_not_here(chat, owner, typed)  # they may have come in meanwhile
        renamed = _rename(chat, owner.name.shown, owner.id)
        if renamed is not None:
            await renamed
        if hall.holders.of(owner.id) is not member or not chat.session.is_in(chat):
            return  # they have left meanwhile, or have no owner's name any more
        chat.session.become(chat)
        member.deliver = chat.client.track()
        accounts.aside(accounts.people.saw(owner.id))
        await chat.read_letters()

    return prove(chat, accounts, owner, proven)


def _check_not_here(chat: Chatting, owner: Owner, typed: str) -> None:
    """@raises NicknameTaken: if the owner of a name is here by another connection."""
    hall = chat.server.hall
    here = hall.holders.of(owner.id)
    if here is not None:
        raise NicknameTaken(typed, here.nickname, hall.lost_after)


async def leave_letter(chat: Chatting, owner: Owner, text: str) -> None:
    """Keep a private line for an owner who isn't here.

    @raises HallError: if it isn't kept, giving it back.
    """
    accounts, member, hall, text = _accounts(chat), chat.member, chat.server.hall, one_line(text)
    member.check_may_speak(text)
    if owner.id == member.traces.account:
        raise ThatIsYou(unsent=text)
    if not accounts.letters_days:
        raise OwnerNotHere(owner.name.shown, unsent=text)
    if owner.id in member.traces.shunned_by:
        raise NotHeardBy(owner.name.shown, unsent=text)
    if chat.typed_at is not None and hall.now() - (hall.clock.seconds() - chat.typed_at) < owner.since:
        raise NameChangedHands(owner.name.shown, unsent=text)  # it was typed for whoever had the name before
    await accounts.people.leave_letter(owner.id, member.nickname, member.traces.account, text)
    chat.answer(LetterKept(owner.name.shown, accounts.letters_days))


def absent(chat: Chatting, typed: str) -> Owner | None:
    """Return the owner of exactly that name if nobody here has it, nor is another by that account."""
    hall = chat.server.hall
    try:
        hall.find(typed)
    except (NobodyHere, LooksLike):
        owner = hall.owners.named(typed)
        return owner if owner is None or hall.holders.of(owner.id) in (None, chat.member) else None
    return None


async def ignore(chat: Chatting, typed: str, on: bool) -> None:
    """Hear nothing more from somebody, or hear them again; between owners that lasts.

    @raises HallError: as `Member.ignore` and `Member.unignore` do.
    """
    member, accounts = chat.member, chat.server.accounts
    owner = absent(chat, typed)
    if owner is not None and member.traces.account is not None and accounts is not None:
        ignored = owner.id in accounts.people.owners.ignored_by(member.traces.account)
        if not (on or ignored):
            raise NotIgnored(owner.name.shown)
        await accounts.people.ignore(member.traces.account, owner.id, on)
        chat.answer(IgnoreSet(owner.name.shown, on))
        return
    other = member.ignore(typed) if on else member.unignore(typed)
    await _keep_ignore(chat, member, other, on)
    chat.answer(IgnoreSet(other.nickname, on))


def ignored(chat: Chatting) -> tuple[str, ...]:
    """Return the names of those whom a person ignores, here or not."""
    member, owners = chat.member, chat.server.hall.owners
    here = {other.traces.account for other in member.ignoring}
    names = [other.nickname for other in member.ignoring]
    for account in owners.ignored_by(member.traces.account or 0) - here:
        names.append(owners.demand(account).name.shown)
    return tuple(sorted(names))


async def _registered(chat: Chatting, accounts: Accounts, typed: str | None) -> None:
    """Write the name down, by a password or by the key that the person came with."""
    member, identity = chat.member, chat.session.identity
    key = SSHKey(identity.fingerprint, identity.kind, chat.server.hall.now()) if identity.fingerprint else None
    owner = await accounts.people.register(member.name, typed, key, chat.client.neighbourhood)
    if not member.here:
        return
    chat.server.hall.holders.give(member, owner)
    member.deliver = chat.client.track()
    for other in tuple(member.ignoring):
        await _keep_ignore(chat, member, other, True)
    for other in tuple(member.ignored_by):
        await _keep_ignore(chat, other, member, True)
    for account in member.traces.shunned_by:
        with suppress(NotOwned):  # by now
            await accounts.people.ignore(account, owner.id)
    if not member.traces.remembered:
        await accounts.people.set_remembered(owner.id, False)
    chat.session.log("registered", "{nickname} registered the name", nickname=owner.name.shown)
    chat.answer(Registered(owner.name.shown, key is not None))


async def _keep_ignore(chat: Chatting, member: Member, other: Member, on: bool) -> None:
    one, two, accounts = member.traces.account, other.traces.account, chat.server.accounts
    if one is not None and two is not None and accounts is not None:
        await accounts.people.ignore(one, two, on)


def _rename(chat: Chatting, typed: str, account: int | None = None) -> Awaitable[None] | None:
    before = chat.member.nickname
    return chat.once(chat.member.rename(typed, account), lambda: _renamed(chat, before))


def _renamed(chat: Chatting, before: str) -> None:
    chat.session.log_rename(before, chat.member)
    chat.answer(NicknameSet(chat.member.nickname))


def _accounts(chat: Chatting) -> Accounts:
    """@raises NamesNotOwned: if there are none."""
    if chat.server.accounts is None:
        raise NamesNotOwned
    return chat.server.accounts


def own(chat: Chatting) -> tuple[Accounts, Owner]:
    """Return the person's own account.

    @raises NotOwned: if they have none.
    """
    with _holding_secrets(chat):
        accounts = _accounts(chat)
        owner = accounts.people.owners.get(chat.member.traces.account)
        if owner is None:
            raise NotOwned(chat.member.nickname)
    return accounts, owner


@contextmanager
def _holding_secrets(chat: Chatting) -> Iterator[None]:
    """Where this refuses to ask for a password, one that was typed ahead is not said."""
    try:
        yield
    except HallError:
        chat.hold_secrets()
        raise


def _ask(chat: Chatting, state: Choosing | Proving) -> None:
    chat.session.become(state)
    state.ask()
