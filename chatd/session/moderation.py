"""How an operator keeps order: the commands to kick, ban, mute and rename, as a table of their own.

They go by the members of the hall, whatever door these came by, and by sessions only for those who have no nickname
yet. The log has what was done to whom; reasons go to those concerned alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address

from chatd.core.bans import Ban, Kind, Network, network_in
from chatd.core.delivery import tell
from chatd.core.events import Cause, Departure, Event, MuteChanged, NicknameGiven
from chatd.core.member import Member
from chatd.core.nickname import nickname
from chatd.core.refusals import LooksLike, NobodyHere
from chatd.session.duration import seconds_in
from chatd.session.operator import Operating
from chatd.session.operator_answers import (
    AddressHint,
    BanFacts,
    BanLifted,
    BanList,
    BanMade,
    Kicked,
    MuteMade,
    RenameMade,
)
from chatd.session.refusals import NotAnAddress, NotByAddress
from chatd.session.session import Session
from chatd.session.table import Table
from chatd.session.words.language import ENGLISH

_LOOPBACK = (ip_address("127.0.0.1"), ip_address("::1"))
_LIKE_ADDRESS = re.compile(r"[0-9.]*\.[0-9.]*|.*[:/].*")  # no name has a colon or a slash, or is all digits and dots
_LOOPBACK_PREFIX = 8  # bits; a wider network is meant for others too

TABLE = Table()
command = TABLE.command


@command("kick", arguments="name [why...]", help="disconnect somebody")
def kick(state: Operating, name: str, why: str) -> None:
    member = state.server.hall.find(name)
    state.answer(Kicked(member.nickname))
    state.log("kicked", "disconnected {target}", target=member.nickname)
    member.dismiss(Departure(Cause.KICKED, why))


@command(
    "ban",
    arguments="target [duration] [why...]",
    help="keep a name, an address or a network out: for 2h, or for good",
)
async def ban(state: Operating, target: str, duration: str, why: str) -> None:
    target = _without_mark(target)
    network = network_in(target)
    _check_not_here(network)
    if network is None and _LIKE_ADDRESS.fullmatch(target):
        raise NotAnAddress(target)
    made = _ban(state, "network" if network else "name", str(network or target), duration, why)
    before = _replaced(state, state.server.hall.bans.add(made))
    facts = _facts(state, made)
    members = [] if network else _meant(state, made)
    sessions = _from(state, network) if network else []
    names = tuple([member.nickname for member in members] + [_called(session) for session in sessions])
    hints = tuple(_address_hints(state, members))
    how = Departure(Cause.BANNED, facts.why, facts.seconds)
    for member in members:
        member.dismiss(how)
    for session in sessions:
        session.close(how)
    state.log("banned", "banned {target} {lasts}", target=made.target, lasts=ENGLISH.lasts(facts.seconds))
    kept = await state.daemon.keep_bans()
    state.answer(BanMade(facts, before, names, not (network or names), kept, hints))


@command("unban", arguments="target", help="end the ban of a name, an address or a network")
async def unban(state: Operating, target: str) -> None:
    target = _without_mark(target)
    network = network_in(target)
    account = None if network else _account(state, target)
    lifted = state.server.hall.bans.lift("name" if network is None else "network", str(network or target), account)
    state.log("unbanned", "unbanned {target}", target=lifted.target)
    await state.daemon.keep_bans()
    state.answer(BanLifted(lifted.target, False))


@command("bans", help="who is banned or muted, for how long, and why")
def bans(state: Operating) -> None:
    found = state.server.hall.bans.in_force(state.server.hall.now())
    state.answer(BanList(tuple(_facts(state, one) for one in found)))


@command(
    "mute",
    arguments="name [duration] [why...]",
    help="silence somebody: for 15m, or for good",
)
async def mute(state: Operating, name: str, duration: str, why: str) -> None:
    made = _ban(state, "mute", name, duration, why)
    before = _replaced(state, state.server.hall.bans.add(made))
    facts, at = _facts(state, made), state.server.hall.now()
    told = _tell(state, made, MuteChanged(at, True, facts.seconds, facts.why))
    state.log("muted", "muted {target} {lasts}", target=made.target, lasts=ENGLISH.lasts(facts.seconds))
    state.answer(MuteMade(facts, before, not told, await state.daemon.keep_bans()))


@command("unmute", arguments="name", help="let somebody speak again")
async def unmute(state: Operating, name: str) -> None:
    lifted = state.server.hall.bans.lift("mute", name, _account(state, name))
    _tell(state, lifted, MuteChanged(state.server.hall.now(), False, None, ""))
    state.log("unmuted", "unmuted {target}", target=lifted.target)
    await state.daemon.keep_bans()
    state.answer(BanLifted(lifted.target, True))


@command("rename", arguments="old new", help="change somebody's nickname")
async def rename(state: Operating, old: str, new: str) -> None:
    hall = state.server.hall
    member = hall.find(old)
    before = member.nickname
    hall.rename(member, new)
    state.log("renamed", "renamed {target} to {nickname}", target=before, nickname=member.nickname)
    tell(NicknameGiven(hall.now(), member.nickname), member)
    await state.daemon.keep_bans()  # a mute has moved with them
    state.answer(RenameMade(before, member.nickname))


def _without_mark(target: str) -> str:
    """Return a name as it is, which may have been typed as `@bob`; an address has no such mark."""
    return target.removeprefix("＠").removeprefix("@")


def _ban(state: Operating, kind: Kind, target: str, duration: str, why: str) -> Ban:
    """Return the ban that was asked for; without a duration it is for good.

    @raises BadDuration: for one that can't be read. A reason that begins with a digit must not pass for one.
    """
    until = None
    if duration[:1].isdigit():
        until = state.server.hall.now() + seconds_in(duration)
    else:
        why = f"{duration} {why}".strip()
    return Ban(
        kind,
        target,
        until,
        why,
        state.server.hall.now(),
        state.name,
        None if kind == "network" else _account(state, target),
    )


def _account(state: Operating, name: str) -> int | None:
    """Return the account that a ban of a name is meant for too: that of its owner, or of whoever has that name."""
    hall = state.server.hall
    owner = hall.owners.named(name)
    if owner is not None:
        return owner.id
    try:
        return hall.find(name).traces.account
    except (NobodyHere, LooksLike):
        return None


def _check_not_here(network: Network | None) -> None:
    """@raises NotByAddress: for this machine itself."""
    here = network is not None and any(one in network for one in _LOOPBACK) and network.prefixlen >= _LOOPBACK_PREFIX
    if here:
        raise NotByAddress(str(network))


def _facts(state: Operating, ban: Ban) -> BanFacts:
    return BanFacts(ban.target, ban.kind == "mute", ban.left(state.server.hall.now()), ban.why, ban.since, ban.by)


def _replaced(state: Operating, replaced: Iterable[Ban]) -> tuple[BanFacts, ...]:
    """Return what the operator should know of the bans that another took the place of."""
    return tuple(_facts(state, ban) for ban in replaced if ban.holds(state.server.hall.now()))


def _tell(state: Operating, mute: Ban, event: Event) -> bool:
    """Tell the person who is muted something; return whether they are here."""
    member = None if mute.account is None else state.server.hall.holder_of(mute.account)
    try:
        member = member or state.server.hall.find(mute.target)
    except (NobodyHere, LooksLike):
        return False
    tell(event, member)
    return True


def _from(state: Operating, network: Network) -> list[Session]:
    return [session for session in state.server.sessions if session.ip and session.ip in network]


def _meant(state: Operating, ban: Ban) -> list[Member]:
    """Return the people whom the ban of a name is for: those who have it, or one like it, and the owner."""
    keys, hall = nickname(ban.target).keys, state.server.hall
    members = [member for member in hall.members if not keys.isdisjoint(member.name.keys)]
    owner = None if ban.account is None else hall.holder_of(ban.account)
    return members if owner is None or owner in members else [*members, owner]


def _address_hints(state: Operating, members: Sequence[Member]) -> Iterator[AddressHint]:
    """Yield how to ban the addresses too of people who may come back under other names, and whom that would hit."""
    for session in state.server.sessions:
        if session.member in members and session.ip is None:
            yield AddressHint(None, ())
        elif session.ip and session.member in members:
            network = network_in(str(session.ip))
            near = [other for other in _from(state, network) if other is not session] if network else []
            yield AddressHint(str(session.ip), tuple(map(_called, near)))


def _called(session: Session) -> str:
    return session.member.nickname if session.member else session.address
