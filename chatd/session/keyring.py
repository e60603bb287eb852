"""The SSH keys that open a name: the command for them, as a table of its own."""

from __future__ import annotations

from collections.abc import Awaitable

from chatd.core.owner_refusals import NoPublicKey, NoSuchKey
from chatd.core.owners import Owner, SSHKey
from chatd.core.ssh_keys import read_public_key
from chatd.session.accounts import Accounts
from chatd.session.owner_answers import KeyAdded, KeyFacts, KeyRemoved, Keys
from chatd.session.owning import own, prove
from chatd.session.person import Chatting
from chatd.session.table import Table

TABLE = Table()
_COSTLY = 5


@TABLE.command(
    "keys",
    arguments="[do] [key...]",
    help="the SSH keys that open your nickname",
    cost=_COSTLY,
    takes_secrets=True,
    more=(
        "/keys add adds the key that you came with; /keys add ssh-ed25519 AAAA... one from a .pub file",
        "/keys remove SHA256:... takes one away; the beginning of its fingerprint is enough",
    ),
)
def keys(chat: Chatting, action: str, key: str) -> Awaitable[None] | None:
    accounts, owner = own(chat)
    if not action:
        _list(chat, owner)
    elif action == "add":
        fingerprint, comment = _named(chat, key)
        accounts.people.owners.check_free_key(fingerprint)
        owner.check_new_key()
        return prove(chat, accounts, owner, lambda: _add(chat, accounts, owner, fingerprint, comment))
    elif action == "remove":
        fingerprint = _found(owner, key)
        owner.check_old_key(fingerprint)
        return prove(chat, accounts, owner, lambda: _remove(chat, accounts, owner, fingerprint))
    else:
        raise chat.table.find("keys").misused()
    return None


def _list(chat: Chatting, owner: Owner) -> None:
    here = chat.session.identity.fingerprint
    facts = (KeyFacts(key.fingerprint, key.comment, key.since, key.fingerprint == here) for key in owner.ssh_keys)
    chat.answer(Keys(owner.name.shown, owner.has_password, tuple(facts)))


def _named(chat: Chatting, typed: str) -> tuple[str, str]:
    """Return the fingerprint and the comment of the key that was typed, or with which the person came.

    @raises NoPublicKey: if there is none.
    """
    if typed:
        return read_public_key(typed)
    identity = chat.session.identity
    if not identity.fingerprint:
        raise NoPublicKey
    return identity.fingerprint, identity.kind


def _found(owner: Owner, typed: str) -> str:
    """Return the fingerprint that begins so.

    @raises NoSuchKey: if it isn't exactly one.
    """
    begins = f"SHA256:{typed.removeprefix('SHA256:')}"
    found = [key.fingerprint for key in owner.ssh_keys if key.fingerprint.startswith(begins)]
    if len(found) != 1 or not typed:
        raise NoSuchKey(typed)
    return found[0]


async def _add(chat: Chatting, accounts: Accounts, owner: Owner, fingerprint: str, comment: str) -> None:
    await accounts.people.add_key(owner.id, SSHKey(fingerprint, comment, chat.server.hall.now()))
    chat.answer(KeyAdded(owner.name.shown, fingerprint))


async def _remove(chat: Chatting, accounts: Accounts, owner: Owner, fingerprint: str) -> None:
    await accounts.people.remove_key(owner.id, fingerprint)
    chat.answer(KeyRemoved(owner.name.shown, fingerprint))
