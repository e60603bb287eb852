"""How an operator looks after owned names and what is remembered: the commands for it, as a table of their own.

No command shows a letter, or what was said.
"""

from __future__ import annotations

from chatd.core.memory import LinesOf
from chatd.core.nickname import columns, exact_key
from chatd.core.owner_refusals import NotOwned
from chatd.core.owners import Owner
from chatd.core.relay import LinesForgotten
from chatd.session.accounts import Accounts
from chatd.session.duration import seconds_in
from chatd.session.operator import Operating
from chatd.session.operator_answers import BackedUp, Disowned, OwnerFacts, OwnerList, PasswordReset
from chatd.session.owner_answers import Forgotten
from chatd.session.refusals import NamesNotOwned
from chatd.session.remembering import forget_lines
from chatd.session.table import Table

ONE_TIME_HOURS = 24

TABLE = Table()
command = TABLE.command


@command("owners", arguments="[name]", help="who owns which name, since when, and when they were last here")
def owners(state: Operating, name: str) -> None:
    accounts = _accounts(state)
    found = [_owner(accounts, name)] if name else sorted(accounts.people.owners, key=lambda owner: owner.name.exact)
    width = max((columns(owner.name.shown) for owner in found), default=0)
    state.answer(OwnerList(len(found), width, (_facts(state, owner) for owner in found)))


@command("reset", arguments="name", help="a new password for an owner, valid for a day")
async def reset(state: Operating, name: str) -> None:
    accounts = _accounts(state)
    owner = _owner(accounts, name)
    password = await accounts.people.reset(owner.id)
    state.log("reset", "gave {name} a new password", name=owner.name.shown)
    state.answer(PasswordReset(owner.name.shown, password, ONE_TIME_HOURS))


@command("disown", arguments="name", help="let anybody have an owned name again")
async def disown(state: Operating, name: str) -> None:
    accounts = _accounts(state)
    owner = _owner(accounts, name)
    await accounts.people.remove(owner.id)
    state.server.hall.holders.take(owner.id)
    state.log("disowned", "disowned {name}", name=owner.name.shown)
    state.answer(Disowned(owner.name.shown))


@command("forget", arguments="name [duration]", help="erase what somebody said, all or in the last 2h")
async def forget(state: Operating, name: str, duration: str) -> None:
    hall = state.server.hall
    since = hall.now() - seconds_in(duration) if duration else 0.0
    owner = hall.owners.named(name)
    which = [LinesOf(name=name, since=since), *([LinesOf(owner=owner.id, since=since)] if owner else [])]
    for member in hall.members:
        if member.name.exact == exact_key(name):
            which += member.traces.lines(since)
    hall.relay.tell(LinesForgotten(tuple(which)))
    lines = await forget_lines(state.server, which)
    state.log("forgotten", "had what {name} said forgotten", name=name)
    state.answer(Forgotten(lines))


@command("purge", arguments="#room|all", help="erase what was said in a room, or everywhere")
async def purge(state: Operating, room: str) -> None:
    if not (room == "all" or room.startswith("#")):
        raise TABLE.find("purge").misused()
    which = [LinesOf(room=None if room == "all" else room)]
    state.server.hall.relay.tell(LinesForgotten(tuple(which)))
    lines = await forget_lines(state.server, which)
    state.log("purged", "purged {room}", room=room)
    state.answer(Forgotten(lines))


@command("backup", arguments="folder", help="back up all that is on the disk to a new folder, while chatd runs")
async def backup(state: Operating, folder: str) -> None:
    where = await state.daemon.backup(folder)
    state.log("backed up", "made a backup")
    state.answer(BackedUp(where))


def _facts(state: Operating, owner: Owner) -> OwnerFacts:
    here = state.server.hall.holders.of(owner.id) is not None
    return OwnerFacts(
        owner.name.shown,
        owner.since,
        owner.seen,
        here,
        owner.has_password,
        owner.must_change,
        len(owner.ssh_keys),
    )


def _owner(accounts: Accounts, name: str) -> Owner:
    """@raises NotOwned: if nobody owns exactly that name."""
    owner = accounts.people.owners.named(name)
    if owner is None:
        raise NotOwned(name)
    return owner


def _accounts(state: Operating) -> Accounts:
    """@raises NamesNotOwned: if there are none."""
    if state.server.accounts is None:
        raise NamesNotOwned
    return state.server.accounts
