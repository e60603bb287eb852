"""What an operator may type: the slash commands as one table, in the same form as those for people.

What takes its time is a coroutine. The log has what was done to whom; reasons go to whom they concern alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from ipaddress import ip_address
from itertools import chain
from typing import TYPE_CHECKING

from chatd.core.bans import Ban, Kind, Network, network_in
from chatd.core.duration import in_words, seconds_in
from chatd.core.member import Member
from chatd.core.nickname import nickname
from chatd.core.refusals import HallError, NobodyHere
from chatd.settings import LOG_LEVELS
from chatd.talk import commands
from chatd.talk.rendering import View, listing, people_are, some_of, table, widest
from chatd.talk.table import BadUsage, Table

if TYPE_CHECKING:
    from chatd.talk.conversation import Conversation
    from chatd.talk.operator import Operating

_LOOPBACK = (ip_address("127.0.0.1"), ip_address("::1"))
_LOOPBACK_PREFIX = 8  # bits; a wider network is meant for others too
LONGEST_DRAIN = 10_080  # minutes, a week
_KINDS: dict[Kind, str] = {"name": "banned", "network": "banned", "mute": "muted"}


class NotByAddress(HallError):
    """People who come by this machine itself share its address with everything on it."""

    def __init__(self, network: str) -> None:
        super().__init__(f"{network} is this machine itself; its people can be banned by name alone")


TABLE = Table(
    ("text", "is announced to everyone, as by /announce"),
    ("//text", "announces /text"),
)
command = TABLE.command


class BadDrain(HallError):
    """What was typed is no number of minutes."""

    def __init__(self, typed: str) -> None:
        super().__init__(f"{typed[:24]} is no number of minutes from 1 to {LONGEST_DRAIN:,}; off ends draining")


@command("announce", "say", arguments="text...", help="say something to everyone, as a plain line does")
def announce(talk: Operating, text: str) -> None:
    talk.house.hall.announce(text)
    talk.answer(f"announced to {people(len(talk.house.hall.members))}")


@command("listen", arguments="on|off", help="see who comes and goes, and what is said in #lobby")
def listen(talk: Operating, typed: str) -> None:
    if typed not in ("on", "off"):
        raise BadUsage(TABLE.find("listen"))
    talk.house.hall.listen(talk, typed == "on")
    lobby = talk.house.hall.lobby.name
    talk.answer(f"you hear {lobby}" if typed == "on" else f"you hear {lobby} no more")


@command("ls", "who", arguments="[-l]", help="who is here; -l: from where, since when, how idle")
def ls(talk: Operating, option: str) -> None:
    members = talk.house.hall.members
    if not option:
        head = f"{people_are(len(members))} here" + (":" if members else "")
        talk.terminal.answer(listing(head, (f"{member.nickname} {member.room.name}" for member in members)))
    elif option == "-l":
        talk.terminal.answer(_long_list(talk))
    else:
        raise BadUsage(TABLE.find("ls"))


@command("kick", arguments="name [why...]", help="disconnect somebody")
def kick(talk: Operating, name: str, why: str) -> None:
    other = _conversation_of(talk, talk.house.hall.find(name))
    talk.answer(f"{_called(other)} is disconnected")
    _dismiss([other], "disconnected", why)


@command(
    "ban",
    arguments="target [duration] [why...]",
    help="let a name, an address or a network in no more: for 2h, or for good",
)
async def ban(talk: Operating, target: str, duration: str, why: str) -> None:
    network = network_in(target)
    made = _made(talk, "name" if network is None else "network", str(network or target), duration, why)
    _check_not_here(network)
    instead = _instead_of(talk, talk.house.hall.bans.add(made))
    if network is None:
        keys = nickname(target).keys
        struck = [other for other in talk.house.people if other.member and not keys.isdisjoint(other.member.name.keys)]
    else:
        struck = _from(talk, network)
    lasts = made.lasts(talk.house.hall.now())
    names = some_of([_called(other) for other in struck]) if struck else ""
    hint = "".join(_address_of(talk, other) for other in struck if network is None)
    _dismiss(struck, "banned", f"{lasts}, {made.why}" if made.why else lasts)
    also = f"; disconnected: {names}" if names else "; nobody of that name is here" if network is None else ""
    talk.log("banned {target} {lasts}", target=made.target, lasts=lasts)
    talk.answer(f"{made.target} is banned {lasts}{instead}{also}{await _kept(talk)}", *filter(None, [hint]))


@command("unban", arguments="target", help="end the ban of a name, an address or a network")
async def unban(talk: Operating, target: str) -> None:
    network = network_in(target)
    lifted = talk.house.hall.bans.lift("name" if network is None else "network", str(network or target))
    talk.log("unbanned {target}", target=lifted.target)
    talk.answer(f"{lifted.target} is not banned any more{await _kept(talk)}")


@command("bans", help="who is banned or muted, for how long, and why")
def bans(talk: Operating) -> None:
    now = talk.house.hall.now()
    found = talk.house.hall.bans.in_force(now)
    if not found:
        talk.answer("nobody is banned or muted")
    talk.terminal.answer(
        f"-- {ban.target} is {_KINDS[ban.kind]} {ban.lasts(now)}" + (f": {ban.why}" if ban.why else "") for ban in found
    )


@command(
    "mute",
    arguments="name [duration] [why...]",
    help="let nothing that somebody types reach anyone: for 15m, or for good",
)
async def mute(talk: Operating, name: str, duration: str, why: str) -> None:
    made = _made(talk, "mute", name, duration, why)
    instead = _instead_of(talk, talk.house.hall.bans.add(made))
    lasts = made.lasts(talk.house.hall.now())
    told = _tell(talk, name, f"-- the administrator has muted you {lasts}" + (f": {made.why}" if made.why else ""))
    also = "" if told else "; nobody of that name is here"
    talk.log("muted {target} {lasts}", target=made.target, lasts=lasts)
    talk.answer(f"{made.target} is muted {lasts}{instead}{also}{await _kept(talk)}")


@command("unmute", arguments="name", help="let somebody speak again")
async def unmute(talk: Operating, name: str) -> None:
    lifted = talk.house.hall.bans.lift("mute", name)
    _tell(talk, name, "-- you are not muted any more")
    talk.log("unmuted {target}", target=lifted.target)
    talk.answer(f"{lifted.target} is not muted any more{await _kept(talk)}")


@command("rename", arguments="old new", help="give somebody another nickname")
async def rename(talk: Operating, old: str, new: str) -> None:
    member = talk.house.hall.find(old)
    before = member.nickname
    talk.house.hall.rename(member, new)
    talk.conversation.log_rename(before, member)
    _tell(talk, new, f"-- the administrator calls you {member.nickname} now")
    talk.answer(f"{before} is called {member.nickname} now{await _kept(talk)}")


@command("stats", arguments="[--json]", help="what can be counted: people, lines, refusals")
def stats(talk: Operating, option: str) -> None:
    if option not in ("", "--json"):
        raise BadUsage(TABLE.find("stats"))
    facts = talk.daemon.stats()
    if option:
        talk.answer(json.dumps(facts))
        return
    for name, value in facts.items():
        shown = (
            ", ".join(f"{kind} {count:,}" for kind, count in value.items()) if isinstance(value, dict) else f"{value:,}"
        )
        talk.answer(f"{name.replace('_', ' ')}: {shown or 'none'}")


@command("drain", arguments="[minutes|off]", help="let nobody in any more, and stop after so many minutes")
def drain(talk: Operating, typed: str) -> None:
    minutes = typed.removesuffix("m")
    if typed == "off":
        talk.daemon.open_again()
        talk.log("let people in again")
        talk.answer("people get in again")
    elif not typed:
        talk.daemon.drain(None)
        talk.log("lets nobody in any more")
        talk.answer("nobody gets in any more; /stop ends chatd, /drain off lets people in again")
    elif minutes.isascii() and minutes.isdecimal() and 1 <= int(minutes) <= LONGEST_DRAIN:
        talk.daemon.drain(int(minutes))
        talk.log("lets nobody in any more, and stops chatd in {minutes} min", minutes=minutes)
        talk.answer(f"nobody gets in any more, and chatd stops in {minutes} min; /drain off ends that")
    else:
        raise BadDrain(typed)


@command("stop", help="say goodbye to everyone, and end the daemon")
def stop(talk: Operating) -> None:
    talk.daemon.stop()
    talk.log("stopped chatd")
    talk.answer("chatd stops now")


@command("reload", help="take over what has changed in the configuration")
async def reload(talk: Operating) -> None:
    talk.answer(*await talk.daemon.reload())


@command("log", arguments="level", help="log more or less: debug, info, warn or error")
def log(talk: Operating, level: str) -> None:
    if level not in LOG_LEVELS:
        raise BadUsage(TABLE.find("log"))
    talk.daemon.set_log_level(level)
    talk.answer(f"{level} and what is more important is logged")


TABLE.share(commands.TABLE, "h", "rooms", "time", "motd", "version", "uptime")


@command("quit", "exit", "bye", help="close this door behind you; chatd goes on")
def quit_(talk: Operating) -> None:
    talk.conversation.depart("-- goodbye")


def people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _called(other: Conversation) -> str:
    return other.member.nickname if other.member else other.address


def _conversation_of(talk: Operating, member: Member) -> Conversation:
    return next(other for other in talk.house.people if other.member is member)


def _long_list(talk: Operating) -> Iterator[str]:
    """Yield a line for each connection, also for those without a nickname; with thousands, as they are sent."""
    everybody = tuple(talk.house.people)
    names = widest([_called(other) for other in everybody if other.member] + ["NICKNAME"])
    rooms = widest([*(room.name for room in talk.house.hall.rooms.values()), "ROOM"])
    addresses = widest([*(other.address for other in everybody), "ADDRESS"])
    head = ("NICKNAME", "ROOM", "ADDRESS", "SINCE", "IDLE", "WAITING")
    rows = (_row(other, talk.terminal.view) for other in everybody)
    return table((names, rooms, addresses, 16, 10), chain([head], rows))


def _row(other: Conversation, view: View) -> tuple[str, ...]:
    return (
        other.member.nickname if other.member else "-",
        other.member.room.name if other.member else "-",
        other.address,
        f"{datetime.fromtimestamp(other.began_at, view.zone):%Y-%m-%d %H:%M}",
        in_words(other.terminal.idle),
        f"{other.terminal.waiting:,} B",
    )


def _made(talk: Operating, kind: Kind, target: str, duration: str, why: str) -> Ban:
    """Return the ban that was typed; without a duration it is for good.

    @raises BadDuration: for one that can't be read. A reason that begins with a digit must not pass for one.
    """
    until = None
    if duration[:1].isdigit():
        until = talk.house.hall.now() + seconds_in(duration)
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
    now = talk.house.hall.now()
    return f" (before: {replaced.target} {replaced.lasts(now)})" if replaced and replaced.holds(now) else ""


def _dismiss(others: Iterable[Conversation], done: str, why: str) -> None:
    """Disconnect people, and tell them and their rooms what was done to them; the log is told no reason."""
    because = f": {why}" if why else ""
    for other in others:
        other.depart(f"!! you were {done} by the administrator{because}", f"{done} by the administrator{because}", done)


def _tell(talk: Operating, name: str, line: str) -> bool:
    """Tell who has that name something; return whether they are here."""
    try:
        member = talk.house.hall.find(name)
    except NobodyHere:
        return False
    _conversation_of(talk, member).terminal.answer([line])
    return True


def _from(talk: Operating, network: Network | None) -> list[Conversation]:
    return [other for other in talk.house.people if network and other.ip and other.ip in network]


def _address_of(talk: Operating, other: Conversation) -> str:
    """Return how to ban the address too of somebody who may come back under another name."""
    if other.ip is None:
        return ""
    near = [each for each in _from(talk, network_in(str(other.ip))) if each is not other]
    too = f"; {some_of([_called(each) for each in near])} would be disconnected too" if near else ""
    whole = "" if other.ip.version == 4 else " with its /64"
    return f"/ban {other.ip} bans their address{whole}{too}"


async def _kept(talk: Operating) -> str:
    """Write the bans to their file; return a warning if there is none.

    @raises HallError: if they can't be written.
    """
    return "" if await talk.daemon.keep_bans() else "; without --state, until chatd stops at the latest"
