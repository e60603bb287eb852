"""What an operator may ask for: the slash commands as one table, in the same form as those for people.

What takes its time is a coroutine.
"""

from __future__ import annotations

from collections.abc import Awaitable
from itertools import chain

from chatd.core.member import Member
from chatd.core.nickname import columns
from chatd.core.relay import Tell
from chatd.session import commands, custody, moderation
from chatd.session.commands import person, room_typed, who_is
from chatd.session.operator import Daemon, Operating
from chatd.session.operator_answers import (
    AnnouncedTo,
    ConnectionFacts,
    Connections,
    Draining,
    Everybody,
    Listening,
    LogLevelSet,
    Stats,
    Stopping,
    ToldTo,
)
from chatd.session.refusals import BadDrain
from chatd.session.session import QUIT, Session
from chatd.session.table import Table

LOG_LEVELS = ("debug", "info", "warn", "error")
LONGEST_DRAIN = 10_080  # minutes, a week
_LOOKS = ("bans", "h", "ls", "motd", "rooms", "stats", "uptime", "version", "whois")  # and changes nothing

TABLE = Table(
    ("text", "is announced to everyone, as with /announce"),
    ("//text", "announce /text"),
    essentials=("stop", "drain", "stats", "listen", "bans", "mute", "ban", "kick", "tell", "ls", "text", "quit"),
)
command = TABLE.command


def an_operator(session: Session, daemon: Daemon) -> Operating:
    """Return the state in which an operator's session begins."""
    return Operating(session, TABLE, daemon, _LOOKS)


@command("announce", "say", arguments="text...", help="say something to everyone, as a plain line does")
def announce(state: Operating, text: str) -> None:
    state.server.hall.announce(text, everywhere=True)
    state.log("announced", "made an announcement")
    state.answer(AnnouncedTo(len(state.server.hall.members)))


@command(
    "tell",
    "msg",
    "m",
    "w",
    "私聊",
    arguments="name text...",
    help="say something to one person alone, as the administrator",
)
def tell(state: Operating, name: str, text: str) -> Awaitable[None] | None:
    member = state.server.hall.find(name, unsent=text)
    if member.is_remote:
        return _tell_elsewhere(state, member, text)
    member.hear_administrator(text)
    _told(state, member)
    return None


async def _tell_elsewhere(state: Operating, member: Member, text: str) -> None:
    await state.server.hall.relay.send(None, member, Tell(text))
    _told(state, member)


def _told(state: Operating, member: Member) -> None:
    state.log("told", "told {target} something", target=member.nickname)
    state.answer(ToldTo(member.nickname))


@command("listen", arguments="on|off|#room", help="see who comes and goes, and what is said in #lobby or #room")
def listen(state: Operating, heard: str) -> None:
    hall = state.server.hall
    if heard == "off":
        hall.listen_no_more(state)
        state.log("stopped listening", "stopped listening")
        state.answer(Listening(None))
    else:
        room = hall.lobby if heard == "on" else hall.find_room(room_typed(heard))
        hall.listen(state, room)
        state.log("listening", "listens to {room}", room=room.name)
        state.answer(Listening(room.name))


@command("ls", "who", arguments="[-l]", help="who is here; -l: from where, since when, how idle")
def ls(state: Operating, option: str) -> None:
    members = tuple(state.server.hall.members)
    if not option:
        state.answer(Everybody(len(members), (person(member, member.room.name) for member in members)))
    elif option == "-l":
        state.answer(_connections(state))
    else:
        raise TABLE.find("ls").misused()


TABLE.share(moderation.TABLE)
TABLE.share(custody.TABLE)


@command("stats", arguments="[--json]", help="figures: people, lines, refusals and more")
def stats(state: Operating, option: str) -> None:
    if option not in ("", "--json"):
        raise TABLE.find("stats").misused()
    state.answer(Stats(state.daemon.stats(), as_json=bool(option)))


@command("nodes", help="the servers of this chat: since when, how many people, how far behind")
async def nodes(state: Operating) -> None:
    state.answer(await state.daemon.nodes())


@command(
    "drain",
    arguments="[minutes|off] [node]",
    help="let nobody new in, and stop after that many minutes; here, or another server of this chat",
)
def drain(state: Operating, minutes: str, node: str) -> Awaitable[None] | None:
    if node:
        return _drain_node(state, _minutes(minutes), node)
    if not minutes:
        state.daemon.drain(None)
        state.log("draining", "lets nobody new in")
        state.answer(Draining(True, None))
    elif (number := _minutes(minutes)) is None:
        state.daemon.open_again()
        state.log("opened", "let people in again")
        state.answer(Draining(False, None))
    else:
        state.daemon.drain(number)
        state.log("draining", "lets nobody new in, and stops chatd in {minutes} min", minutes=number)
        state.answer(Draining(True, number))
    return None


async def _drain_node(state: Operating, minutes: int | None, node: str) -> None:
    await state.daemon.drain_node(node, minutes)
    told = "let people in again at {node}" if minutes is None else "lets nobody new in at {node}, which stops"
    state.log("drained", told, node=node)
    state.answer(Draining(minutes is not None, minutes, node))


def _minutes(typed: str) -> int | None:
    """Return after how many minutes chatd shall stop, None to let people in again.

    @raises BadDrain: if that can't be read.
    """
    number = typed.removesuffix("m")
    if typed == "off":
        return None
    if number.isascii() and number.isdecimal() and 1 <= int(number) <= LONGEST_DRAIN:
        return int(number)
    raise BadDrain(typed, LONGEST_DRAIN)


@command("stop", help="say goodbye to everyone, and stop chatd")
def stop(state: Operating) -> None:
    state.daemon.stop()
    state.log("stopped", "stopped chatd")
    state.answer(Stopping())


@command("reload", help="read the configuration again, and apply what has changed")
async def reload(state: Operating) -> None:
    reloaded = await state.daemon.reload()
    state.log("reloaded", "had the configuration read again")
    state.answer(reloaded)


@command("log", arguments="[level]", help="what is logged: debug, info, warn or error and above; alone: show it")
def log(state: Operating, level: str) -> None:
    if level:
        if level not in LOG_LEVELS:
            raise TABLE.find("log").misused()
        state.daemon.set_log_level(level)
        state.log("log level", "set the log level to {least}", least=level)
    state.answer(LogLevelSet(state.daemon.log_level()))


@command("whois", arguments="name", help="where somebody is, since when, and from which address")
def whois(state: Operating, name: str) -> None:
    member = state.server.hall.find(name)
    address = next((one.address for one in state.server.sessions if one.member is member), None)
    state.answer(who_is(state, member, address))


TABLE.share(commands.TABLE, "h", "rooms", "time", "lang", "format", "motd", "version", "uptime")


@command("quit", "exit", "bye", help="leave the console; chatd keeps running")
def quit_(state: Operating) -> None:
    state.session.close(QUIT)


def _connections(state: Operating) -> Connections:
    """Return a row for each connection, also for those without a nickname, and for people without a connection."""
    hall = state.server.hall
    sessions = tuple(state.server.sessions)
    with_session = {session.member for session in sessions}
    others = [member for member in hall.members if member not in with_session]
    names = [member.nickname for member in hall.members]
    widths = (
        max(map(columns, names), default=0),
        max(columns(room.name) for room in hall.rooms.values()),
        max((columns(session.address) for session in sessions), default=0),
    )
    return Connections(chain(map(_row, sessions), map(_row_without_session, others)), widths)


def _row(session: Session) -> ConnectionFacts:
    member, client = session.member, session.client
    nickname, room = (member.nickname, member.room.name) if member else (None, None)
    return ConnectionFacts(nickname, room, session.address, session.began_at, client.idle, client.waiting)


def _row_without_session(member: Member) -> ConnectionFacts:
    return ConnectionFacts(member.nickname, member.room.name, None, member.since, None, None)
