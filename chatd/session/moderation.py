"""How an operator keeps order: the commands to kick, ban, mute and rename, as a table of their own.

The log has what was done to whom; reasons go to whom they concern alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from chatd.core.bans import Ban, Kind, Network, network_in
from chatd.core.duration import seconds_in
from chatd.core.member import Member
from chatd.core.nickname import nickname
from chatd.core.refusals import HallError, NobodyHere
from chatd.session.table import Table
from chatd.session.words import some_of

if TYPE_CHECKING:
    from chatd.session.operator import Operating
    from chatd.session.session import Session

_LOOPBACK = (ip_address("127.0.0.1"), ip_address("::1"))
_LOOPBACK_PREFIX = 8  # bits; a wider network is meant for others too
_KINDS: dict[Kind, str] = {"name": "banned", "network": "banned", "mute": "muted"}

TABLE = Table()
command = TABLE.command


class NotByAddress(HallError):
    """People who come by this machine itself share its address with everything on it."""

    def __init__(self, network: str) -> None:
        super().__init__(f"{network} is this machine itself; its people can be banned by name alone")


@command("kick", arguments="name [why...]", help="disconnect somebody")
def kick(talk: Operating, name: str, why: str) -> None:
    other = _conversation_of(talk, talk.server.hall.find(name))
    talk.answer(f"{_called(other)} is disconnected")
    _dismiss([other], "disconnected", why)


@command(
    "ban",
    arguments="target [duration] [why...]",
    help="let a name, an address or a network in no more: for 2h, or for good",
)
async def ban(talk: Operating, target: str, duration: str, why: str) -> None:
    network = network_in(target)
    _check_not_here(network)
    made = _made(talk, "network" if network else "name", str(network or target), duration, why)
    instead = _instead_of(talk, talk.server.hall.bans.add(made))
    struck = _from(talk, network) if network else _called_like(talk, target)
    hints = [] if network else [_address_of(talk, other) for other in struck if other.ip]
    also = "" if network else "; nobody of that name is here"
    if struck:
        also = f"; disconnected: {some_of([_called(other) for other in struck])}"
    lasts = made.lasts(talk.server.hall.now())
    _dismiss(struck, "banned", f"{lasts}, {made.why}" if made.why else lasts)
    talk.log("banned {target} {lasts}", target=made.target, lasts=lasts)
    talk.answer(f"{made.target} is banned {lasts}{instead}{also}{await _kept(talk)}", *hints)


@command("unban", arguments="target", help="end the ban of a name, an address or a network")
async def unban(talk: Operating, target: str) -> None:
    network = network_in(target)
    lifted = talk.server.hall.bans.lift("name" if network is None else "network", str(network or target))
    talk.log("unbanned {target}", target=lifted.target)
    talk.answer(f"{lifted.target} is not banned any more{await _kept(talk)}")


@command("bans", help="who is banned or muted, for how long, and why")
def bans(talk: Operating) -> None:
    now = talk.server.hall.now()
    found = talk.server.hall.bans.in_force(now)
    if not found:
        talk.answer("nobody is banned or muted")
    talk.client.answer(
        f"-- {ban.target} is {_KINDS[ban.kind]} {ban.lasts(now)}" + (f": {ban.why}" if ban.why else "") for ban in found
    )


@command(
    "mute",
    arguments="name [duration] [why...]",
    help="let nothing that somebody types reach anyone: for 15m, or for good",
)
async def mute(talk: Operating, name: str, duration: str, why: str) -> None:
    made = _made(talk, "mute", name, duration, why)
    instead = _instead_of(talk, talk.server.hall.bans.add(made))
    lasts = made.lasts(talk.server.hall.now())
    told = _tell(talk, name, f"-- the administrator has muted you {lasts}" + (f": {made.why}" if made.why else ""))
    also = "" if told else "; nobody of that name is here"
    talk.log("muted {target} {lasts}", target=made.target, lasts=lasts)
    talk.answer(f"{made.target} is muted {lasts}{instead}{also}{await _kept(talk)}")


@command("unmute", arguments="name", help="let somebody speak again")
async def unmute(talk: Operating, name: str) -> None:
    lifted = talk.server.hall.bans.lift("mute", name)
    _tell(talk, name, "-- you are not muted any more")
    talk.log("unmuted {target}", target=lifted.target)
    talk.answer(f"{lifted.target} is not muted any more{await _kept(talk)}")


@command("rename", arguments="old new", help="give somebody another nickname")
async def rename(talk: Operating, old: str, new: str) -> None:
    member = talk.server.hall.find(old)
    before = member.nickname
    talk.server.hall.rename(member, new)
    talk.session.log_rename(before, member)
    _tell(talk, new, f"-- the administrator calls you {member.nickname} now")
    await talk.daemon.keep_bans()  # a mute has moved with them
    talk.answer(f"{before} is called {member.nickname} now")


def _conversation_of(talk: Operating, member: Member) -> Session:
    return next(other for other in talk.server.people if other.member is member)


def _made(talk: Operating, kind: Kind, target: str, duration: str, why: str) -> Ban:
    """Return the ban that was typed; without a duration it is for good.

    @raises BadDuration: for one that can't be read. A reason that begins with a digit must not pass for one.
    """
    until = None
    if duration[:1].isdigit():
        until = talk.server.hall.now() + seconds_in(duration)
    else:
        why = f"{duration} {why}".strip()
    return Ban(kind, target, until, why)


def _check_not_here(network: Network | None) -> None:
    """@raises NotByAddress: for this machine itself."""
    here = network is not None and any(one in network for one in _LOOPBACK) and network.prefixlen >= _LOOPBACK_PREFIX
    if here:
        raise NotByAddress(str(network))


def _instead_of(talk: Operating, replaced: Ban | None) -> str:
    """Return what the operator should know of a ban that another took the place of."""
    now = talk.server.hall.now()
    return f" (before: {replaced.target} {replaced.lasts(now)})" if replaced and replaced.holds(now) else ""


def _dismiss(others: Iterable[Session], done: str, why: str) -> None:
    """Disconnect people, and tell them and their rooms what was done to them; the log is told no reason."""
    because = f": {why}" if why else ""
    for other in others:
        other.depart(f"!! you were {done} by the administrator{because}", f"{done} by the administrator{because}", done)


def _tell(talk: Operating, name: str, line: str) -> bool:
    """Tell who has that name something; return whether they are here."""
    try:
        member = talk.server.hall.find(name)
    except NobodyHere:
        return False
    _conversation_of(talk, member).client.answer([line])
    return True


def _from(talk: Operating, network: Network) -> list[Session]:
    return [other for other in talk.server.people if other.ip and other.ip in network]


def _called_like(talk: Operating, name: str) -> list[Session]:
    keys = nickname(name).keys
    return [other for other in talk.server.people if other.member and not keys.isdisjoint(other.member.name.keys)]


def _address_of(talk: Operating, other: Session) -> str:
    """Return how to ban the address too of somebody who may come back under another name, and whom that would hit."""
    network = network_in(str(other.ip))
    near = [each for each in _from(talk, network) if each is not other] if network else []
    too = f"; {some_of([_called(each) for each in near])} would be disconnected too" if near else ""
    whole = " with its /64" if ":" in str(other.ip) else ""
    return f"/ban {other.ip} bans their address{whole}{too}"


async def _kept(talk: Operating) -> str:
    """Write the bans to their file; return a warning if there is none.

    @raises HallError: if they can't be written.
    """
    return "" if await talk.daemon.keep_bans() else "; without --state, until chatd stops at the latest"


def _called(other: Session) -> str:
    return other.member.nickname if other.member else other.address
