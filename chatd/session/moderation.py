"""How an operator keeps order: the commands to kick, ban, mute and rename, as a table of their own.

They go by the members of the hall, whatever door these came by, and by sessions only for those who have no nickname
yet. The log has what was done to whom; reasons go to those concerned alone.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from ipaddress import ip_address

from chatd.core.bans import Ban, Kind, Network, network_in
from chatd.core.delivery import tell
from chatd.core.events import Cause, Departure, MuteChanged, NicknameGiven
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.nickname import nickname
from chatd.core.refusals import LooksLike, NobodyHere
from chatd.core.relay import BanSet, GiveName, PutOut
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
from chatd.session.session import Server, Session
from chatd.session.table import Table
from chatd.session.words.language import ENGLISH

_LOOPBACK = (ip_address("127.0.0.1"), ip_address("::1"))
_LIKE_ADDRESS = re.compile(r"[0-9.]*\.[0-9.]*|.*[:/].*")  # no name has a colon or a slash, or is all digits and dots
_LOOPBACK_PREFIX = 8  # bits; a wider network is meant for others too

TABLE = Table()
command = TABLE.command


@command("kick", arguments="name [why...]", help="disconnect somebody")
def kick(state: Operating, name: str, why: str) -> Awaitable[None] | None:
    member, how = state.server.hall.find(name), Departure(Cause.KICKED, why)
    if member.is_remote:
        return _kick_elsewhere(state, member, how)
    state.answer(Kicked(member.nickname))
    state.log("kicked", "disconnected {target}", target=member.nickname)
    member.dismiss(how)
    return None


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
    before = _replaced(state, state.server.hall.set_ban(BanSet(made)))
    facts = _facts(state, made)
    members = [] if network else _meant(state.server.hall, made)
    sessions = _from(state.server, network) if network else []
    names = tuple([member.nickname for member in members] + [_called(session) for session in sessions])
    hints = tuple(_address_hints(state, members))
    _put_out(state.server, made)
    state.log("banned", "banned {target} {lasts}", target=made.target, lasts=ENGLISH.lasts(facts.seconds))
    kept = await state.daemon.keep_bans()
    state.answer(BanMade(facts, before, names, not (network or names), kept, hints))


@command("unban", arguments="target", help="end the ban of a name, an address or a network")
async def unban(state: Operating, target: str) -> None:
    target = _without_mark(target)
    network = network_in(target)
    lifted = _lift(state, "network" if network else "name", str(network or target))
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
    before = _replaced(state, state.server.hall.set_ban(BanSet(made)))
    facts = _facts(state, made)
    told = _tell_muted(state.server.hall, made, True)
    state.log("muted", "muted {target} {lasts}", target=made.target, lasts=ENGLISH.lasts(facts.seconds))
    state.answer(MuteMade(facts, before, not told, await state.daemon.keep_bans()))


@command("unmute", arguments="name", help="let somebody speak again")
async def unmute(state: Operating, name: str) -> None:
    lifted = _lift(state, "mute", name)
    _tell_muted(state.server.hall, lifted, False)
    state.log("unmuted", "unmuted {target}", target=lifted.target)
    await state.daemon.keep_bans()
    state.answer(BanLifted(lifted.target, True))


@command("rename", arguments="old new", help="change somebody's nickname")
async def rename(state: Operating, old: str, new: str) -> None:
    hall = state.server.hall
    member = hall.find(old)
    before, name = member.nickname, nickname(new)
    if member.is_remote:
        await hall.relay.send(None, member, GiveName(new))
    elif (renamed := hall.rename(member, new)) is not None:
        await renamed
    state.log("renamed", "renamed {target} to {nickname}", target=before, nickname=name.shown)
    tell(NicknameGiven(hall.now(), member.nickname), member)
    await state.daemon.keep_bans()  # a mute has moved with them
    state.answer(RenameMade(before, name.shown))


def take_ban(server: Server, news: BanSet) -> None:
    """An operator elsewhere in this hall has made or lifted a ban or a mute, which holds here now."""
    if news.ban.kind == "mute":
        _tell_muted(server.hall, news.ban, not news.lifted)
    elif not news.lifted:
        _put_out(server, news.ban)


async def _kick_elsewhere(state: Operating, member: Member, how: Departure) -> None:
    await state.server.hall.relay.send(None, member, PutOut(how))
    state.log("kicked", "disconnected {target}", target=member.nickname)
    state.answer(Kicked(member.nickname))


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


def _lift(state: Operating, kind: Kind, target: str) -> Ban:
    """@raises NotBanned, NotMuted: if there is none."""
    account = None if kind == "network" else _account(state, target)
    [lifted] = state.server.hall.set_ban(BanSet(Ban(kind, target, None, "", account=account), lifted=True))
    return lifted


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


def _tell_muted(hall: Hall, mute: Ban, muted: bool) -> bool:
    """Tell the person who is muted, or is no longer; return whether they are here."""
    member = None if mute.account is None else hall.holders.of(mute.account)
    try:
        member = member or hall.find(mute.target)
    except (NobodyHere, LooksLike):
        return False
    seconds, why = (mute.left(hall.now()), mute.why) if muted else (None, "")
    tell(MuteChanged(hall.now(), muted, seconds, why), member)
    return True


def _put_out(server: Server, ban: Ban) -> None:
    """Disconnect those of this daemon whom a ban of a name or a network is for."""
    how = Departure(Cause.BANNED, ban.why, ban.left(server.hall.now()))
    if ban.kind == "name":
        for member in _meant(server.hall, ban):
            if member.here and not member.is_remote:  # else they are about to leave
                member.dismiss(how)
        return
    network = network_in(ban.target)
    for session in _from(server, network) if network else ():
        session.close(how)


def _from(server: Server, network: Network) -> list[Session]:
    return [session for session in server.sessions if session.ip and session.ip in network]


def _meant(hall: Hall, ban: Ban) -> list[Member]:
    """Return the people whom the ban of a name is for: those who have it, or one like it, and the owner."""
    keys = nickname(ban.target).keys
    members = [member for member in hall.members if not keys.isdisjoint(member.name.keys)]
    owner = None if ban.account is None else hall.holders.of(ban.account)
    return members if owner is None or owner in members else [*members, owner]


def _address_hints(state: Operating, members: Sequence[Member]) -> Iterator[AddressHint]:
    """Yield how to ban the addresses too of people who may come back under other names, and whom that would hit."""
    for session in state.server.sessions:
        if session.member in members and session.ip is None:
            yield AddressHint(None, ())
        elif session.ip and session.member in members:
            network = network_in(str(session.ip))
            near = [other for other in _from(state.server, network) if other is not session] if network else []
            yield AddressHint(str(session.ip), tuple(map(_called, near)))


def _called(session: Session) -> str:
    return session.member.nickname if session.member else session.address
