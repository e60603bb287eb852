"""What a person in the hall may type: the slash commands as one table, and the marks that stand for some of them.

To add one, write a function under `@command(…)`: the parser, the usage line and /h take the rest from there.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from chatd import __version__
from chatd.core.duration import in_words
from chatd.core.member import Member
from chatd.core.refusals import HallError, RoomLocked, ToTakesNoText
from chatd.session.table import BadUsage, Table
from chatd.session.words import listing, people_are, view

if TYPE_CHECKING:
    from chatd.session.session import Chatting, Talk


class NoSuchTimeZone(HallError):
    """The tz database has no zone of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no time zone {name[:40]}; try one such as Asia/Shanghai, or UTC")


TABLE = Table(
    ("text", "is said to your room, or to whom you chose with to:"),
    ("@name text", "private line to name, seen by the two of you alone"),
    ("to:name", "your lines go to name from now on; to: alone: the room"),
    ("quit", "goodbye"),
    ("//text", "says /text"),
)
command = TABLE.command
_COSTLY = 3


def obey(chat: Chatting, line: str) -> None:
    """Do what a line asks for: a command, or a line for the addressee.

    @raises HallError: if it is refused.
    """
    mark = line.lstrip()  # an indented command is a command: a slip must not be sent to everyone
    if mark.startswith("//"):
        chat.member.speak(mark[1:], chat.session.typed_at)
    elif mark.startswith("/"):
        TABLE.run(chat, mark[1:], mark)
    elif mark.startswith("@"):
        TABLE.run(chat, f"msg {mark[1:]}", mark)
    elif mark[:3].lower() == "to:":
        if len(mark[3:].split()) > 1:
            raise ToTakesNoText(line)
        TABLE.run(chat, f"to {mark[3:]}", mark)
    elif mark.rstrip() == "quit":
        TABLE.run(chat, "quit", mark)
    else:
        chat.member.speak(line, chat.session.typed_at)


def is_goodbye(typed: str) -> bool:
    """Say whether somebody who has no nickname yet wants to leave."""
    return typed == "quit" or (typed.startswith("/") and typed[1:].lower() in TABLE.find("quit").names)


def _on_off(name: str, typed: str) -> bool:
    """@raises BadUsage: unless it is on or off."""
    if typed not in ("on", "off"):
        raise BadUsage(TABLE.find(name))
    return typed == "on"


def _with_marks(member: Member) -> str:
    marks = [mark for mark, holds in (("away", member.away), ("quiet", member.quiet)) if holds]
    return f"{member.nickname} ({', '.join(marks)})" if marks else member.nickname


@command("msg", "m", "tell", arguments="name text...", help="private line to name, as @name text")
def msg(chat: Chatting, name: str, text: str) -> None:
    chat.member.whisper(name, text)


@command("r", "reply", arguments="text...", help="private answer to who last wrote to you privately")
def reply(chat: Chatting, text: str) -> None:
    chat.member.answer(text)


@command("to", arguments="[name]", help="your lines go to name from now on; without it: the room")
def to(chat: Chatting, name: str) -> None:
    chat.member.talk_to(name)
    other = chat.member.addressee
    chat.answer(f"now talking to {other.nickname if other else chat.member.room.name}")


@command("ls", "who", "names", arguments="[#room]", help="who is here", cost=_COSTLY)
def ls(chat: Chatting, name: str) -> None:
    hall = chat.server.hall
    room = hall.find_room(name) if name else chat.member.room
    if not room.admits(chat.member):
        raise RoomLocked(room.name)
    people = tuple(room.members)
    head = f"{people_are(len(people))} in {room.name}:"
    chat.client.answer(listing(head, (_with_marks(member) for member in people)))
    elsewhere = len(hall.members) - len(people)
    if elsewhere:
        chat.answer(f"{people_are(elsewhere)} in other rooms; /rooms lists them")


@command("h", "help", "?", arguments="[command]", help="the commands, or one of them")
def help_(chat: Talk, name: str) -> None:
    if not name:
        chat.answer(*chat.table.help())
        return
    found = chat.table.find(name.lstrip("/"))
    also = ", ".join(f"/{alias}" for alias in found.names[1:])
    chat.answer(f"{found.usage} -- {found.help}" + (f" (also {also})" if also else ""))


@command("i", "quiet", help="quiet: hear and say no room lines; again: talk with it")
def i(chat: Chatting) -> None:
    member = chat.member
    member.set_quiet(not member.quiet)
    if member.quiet:
        chat.answer(f"you are quiet: {member.room.name} is shut out until you type /i again")
    else:
        chat.answer(f"you hear {member.room.name} again")


@command("me", arguments="text...", help="do something: /me waves")
def me(chat: Chatting, text: str) -> None:
    chat.member.act(text, chat.session.typed_at)


@command("nick", arguments="name", help="take another nickname", cost=_COSTLY)
def nick(chat: Chatting, name: str) -> None:
    before = chat.member.nickname
    chat.member.rename(name)
    chat.session.log_rename(before, chat.member)
    chat.answer(f"you are called {chat.member.nickname} now")


@command("away", arguments="[why...]", help="tell who writes to you privately that you are away")
def away(chat: Chatting, why: str) -> None:
    chat.member.set_away(why or "away")
    chat.answer("you are away; /back when you are here again")


@command("back", help="you are here again")
def back(chat: Chatting) -> None:
    chat.member.set_away("")
    chat.answer("welcome back")


@command("whois", arguments="name", help="where somebody is, and since when", cost=_COSTLY)
def whois(chat: Chatting, name: str) -> None:
    hall = chat.server.hall
    other = hall.find(name)
    where = f"in {other.room.name}" if other.room.admits(chat.member) else "in a locked room"
    facts = [f"{other.nickname} is {where}", f"here for {in_words(hall.now() - other.came_at)}"]
    if other.away:
        facts.append(f"away: {other.away}")
    if other.quiet:
        facts.append("quiet")
    chat.answer(", ".join(facts))


@command("join", "j", arguments="#room", help="go to a room, or open one of that name", cost=_COSTLY)
def join(chat: Chatting, name: str) -> None:
    _go_to(chat, name)


@command("leave", help="go back to #lobby")
def leave(chat: Chatting) -> None:
    _go_to(chat, chat.server.hall.lobby.name)


def _go_to(chat: Chatting, name: str) -> None:
    member = chat.member
    member.move(name)
    chat.session.greet(member)
    if member.addressee is not None:
        chat.answer(f"what you type still goes to {member.addressee.nickname}; to: talks to {member.room.name}")


@command("rooms", help="the rooms, and how many people are in each", cost=_COSTLY)
def rooms(chat: Talk) -> None:
    seen = [room for room in chat.server.hall.rooms.values() if chat.sees(room)]
    marks = (f"{room.name} {len(room.members):,}{' locked' if room.locked else ''}" for room in seen)
    chat.client.answer(listing("rooms that you can see:", marks))


@command("lock", help="only those you invite see your room and get in", cost=_COSTLY)
def lock(chat: Chatting) -> None:
    chat.member.turn_lock(True)


@command("unlock", help="anyone gets into your room again")
def unlock(chat: Chatting) -> None:
    chat.member.turn_lock(False)


@command("invite", arguments="name", help="invite somebody to your room")
def invite(chat: Chatting, name: str) -> None:
    other = chat.member.invite(name)
    chat.answer(f"{other.nickname} is invited to {chat.member.room.name}")


@command("ignore", arguments="[name]", help="hear nothing from name; without name, whom you ignore")
def ignore(chat: Chatting, name: str) -> None:
    if name:
        other = chat.member.ignore(name)
        chat.answer(f"you hear nothing from {other.nickname} any more; /unignore {other.nickname} ends that")
    else:
        ignored = sorted(other.nickname for other in chat.member.ignoring)
        chat.client.answer(listing("you ignore:" if ignored else "you ignore nobody", ignored))


@command("unignore", arguments="name", help="hear name again")
def unignore(chat: Chatting, name: str) -> None:
    chat.answer(f"you hear {chat.member.unignore(name).nickname} again")


@command("time", arguments="[on|off|zone]", help="the time in front of lines: on, off, or in a zone")
def time(chat: Talk, typed: str) -> None:
    if typed:
        name = typed.lower() if typed.lower() in ("on", "off") else typed
        try:
            chat.client.view = view(name)
        except ValueError:
            raise NoSuchTimeZone(typed) from None
    chat.answer(f"the time in front of lines: {chat.client.view.time}")


@command("echo", arguments="[on|off]", help="whether you see your own lines in the room again")
def echo(chat: Chatting, typed: str) -> None:
    if typed:
        chat.member.echo = _on_off("echo", typed)
    chat.answer(f"the echo of your own lines: {'on' if chat.member.echo else 'off'}")


@command("motd", help="the message of the day")
def motd(chat: Talk) -> None:
    chat.answer(*(chat.server.motd or ("there is no message of the day",)))


@command("version", help="which chatd this is")
def version(chat: Talk) -> None:
    chat.answer(f"chatd {__version__} on Python {platform.python_version()}")


@command("uptime", help="for how long this chat has been open")
def uptime(chat: Talk) -> None:
    hall, now = chat.server.hall, chat.server.hall.now()
    chat.answer(f"open for {in_words(now - chat.server.opened_at)}; {people_are(len(hall.members))} here")


@command("quit", "exit", "bye", arguments="[why...]", help="goodbye")
def quit_(chat: Chatting, why: str) -> None:
    if why:
        chat.member.check_may_speak(why)
    chat.session.depart(f"-- goodbye, {chat.member.nickname}", why)
