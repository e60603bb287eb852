"""What a person in the hall may ask for: the slash commands as one table.

To add one, write a function under `@command(…)`: the parser, the usage line, /h and JSON take the rest from there. The
names of its parameters are those by which programs give its arguments.
"""

from __future__ import annotations

import platform
from collections.abc import Awaitable

from chatd import __version__
from chatd.core.events import Cause, Departure
from chatd.core.member import Member
from chatd.core.refusals import NoSuchRoom
from chatd.session import owning, remembering
from chatd.session.answers import (
    AwaySet,
    BellRings,
    ColoursShown,
    EchoShown,
    FormatSpoken,
    Help,
    HelpOn,
    Ignored,
    InvitationSent,
    Motd,
    People,
    Person,
    Quiet,
    RoomFacts,
    Rooms,
    StillTalkingTo,
    TalkingTo,
    TimeShown,
    Uptime,
    Version,
    WhoIs,
)
from chatd.session.person import AwaitingNickname, Chatting
from chatd.session.refusals import NoSuchTimeZone
from chatd.session.session import Participant, Session
from chatd.session.table import Table
from chatd.session.view import view

TABLE = Table(
    ("text", "is said to your room, or to whom you chose with to:"),
    ("@name text", "private line to name, seen by the two of you alone"),
    ("to:name", "your lines go to name from now on; to: alone: the room"),
    ("quit", "goodbye"),
    ("//text", "says /text"),
)
command = TABLE.command
_COSTLY = 3


def a_person(session: Session) -> AwaitingNickname:
    """Return the state in which a person's session begins."""
    return AwaitingNickname(session, TABLE)


def person(member: Member, room: str | None = None) -> Person:
    """Return a member as one of a list; the room where it is not that of all of them."""
    return Person(member.nickname, member.away, member.quiet, member.since, room)


@command("say", arguments="text...", help="says text, whatever it begins with")
def say(chat: Chatting, text: str) -> None:
    chat.member.speak(text, chat.typed_at)


@command("msg", "m", "tell", arguments="name text...", help="private line to name, as @name text")
def msg(chat: Chatting, name: str, text: str) -> Awaitable[None] | None:
    owner = owning.absent(chat, name)
    if owner is not None:
        return owning.leave_letter(chat, owner, text)
    chat.member.whisper(name, text, chat.typed_at)
    return None


@command("r", "reply", arguments="text...", help="private answer to who last wrote to you privately")
def reply(chat: Chatting, text: str) -> None:
    chat.member.answer(text, chat.typed_at)


@command("to", arguments="[name]", help="your lines go to name from now on; without it: the room")
def to(chat: Chatting, name: str) -> None:
    chat.member.talk_to(name, chat.typed_at)
    other = chat.member.addressee
    chat.answer(TalkingTo(other.nickname if other else chat.member.room.name))


@command("ls", "who", "names", arguments="[#room]", help="who is here", cost=_COSTLY)
def ls(chat: Chatting, room: str) -> None:
    hall = chat.server.hall
    found = hall.find_room(room) if room else chat.member.room
    if not chat.sees(found):
        raise NoSuchRoom(room)  # as if there were none
    people = tuple(found.members)
    chat.answer(People(found.name, len(people), len(hall.members) - len(people), map(person, people)))


@command("h", "help", "?", arguments="[command]", help="the commands, or one of them")
def help_(chat: Participant, command: str) -> None:
    chat.answer(HelpOn(chat.table.find(command.lstrip("/")).facts) if command else Help(chat.table.help()))


@command("i", "quiet", help="quiet: hear and say no room lines; again: talk with it")
def i(chat: Chatting) -> None:
    member = chat.member
    member.set_quiet(not member.quiet)
    chat.answer(Quiet(member.room.name, member.quiet))


@command("me", arguments="text...", help="do something: /me waves")
def me(chat: Chatting, text: str) -> None:
    chat.member.act(text, chat.typed_at)


@command("nick", arguments="name", help="take another nickname", cost=_COSTLY)
def nick(chat: Chatting, name: str) -> None:
    owning.take_name(chat, name)


@command("away", arguments="[why...]", help="tell who writes to you privately that you are away")
def away(chat: Chatting, why: str) -> None:
    chat.member.set_away(why or "away")
    chat.answer(AwaySet(True))


@command("back", help="you are here again")
def back(chat: Chatting) -> None:
    chat.member.set_away("")
    chat.answer(AwaySet(False))


@command("whois", arguments="name", help="where somebody is, and since when", cost=_COSTLY)
def whois(chat: Chatting, name: str) -> None:
    hall = chat.server.hall
    other = hall.find(name)
    room = other.room.name if chat.sees(other.room) else None
    here_for = hall.clock.seconds() - other.came_at
    chat.answer(WhoIs(other.nickname, room, other.since, here_for, other.away, other.quiet))


@command("join", "j", arguments="#room", help="go to a room, or open one of that name", cost=_COSTLY)
def join(chat: Chatting, room: str) -> None:
    _go_to(chat, room)


@command("leave", help="go back to #lobby")
def leave(chat: Chatting) -> None:
    _go_to(chat, chat.server.hall.lobby.name)


def _go_to(chat: Chatting, room: str) -> None:
    member = chat.member
    member.move(room)
    chat.greet()
    if member.room is not chat.server.hall.lobby:
        chat.tell_kept(member.room)
    chat.replay()
    if member.addressee is not None:
        chat.answer(StillTalkingTo(member.addressee.nickname, member.room.name))


@command("rooms", help="the rooms, and how many people are in each", cost=_COSTLY)
def rooms(chat: Participant) -> None:
    seen = [room for room in chat.server.hall.rooms.values() if chat.sees(room) and chat.wants_to_see(room)]
    chat.answer(Rooms(RoomFacts(room.name, len(room.members), room.locked) for room in seen))


@command("lock", help="only those you invite see your room and get in", cost=_COSTLY)
async def lock(chat: Chatting) -> None:
    await remembering.lock(chat)


@command("unlock", help="anyone gets into your room again")
def unlock(chat: Chatting) -> None:
    chat.member.turn_lock(False)


@command("invite", arguments="name", help="invite somebody to your room")
def invite(chat: Chatting, name: str) -> None:
    other = chat.member.invite(name, chat.typed_at)
    chat.answer(InvitationSent(other.nickname, chat.member.room.name))


@command("ignore", arguments="[name]", help="hear nothing from name; without name, whom you ignore")
async def ignore(chat: Chatting, name: str) -> None:
    if name:
        await owning.ignore(chat, name, True)
    else:
        chat.answer(Ignored(owning.ignored(chat)))


@command("unignore", arguments="name", help="hear name again")
async def unignore(chat: Chatting, name: str) -> None:
    await owning.ignore(chat, name, False)


TABLE.share(owning.TABLE)
TABLE.share(remembering.TABLE)


@command("time", arguments="[on|off|zone]", help="the time in front of lines: on, off, or in a zone")
def time(chat: Participant, zone: str) -> None:
    if zone:
        name = zone.lower() if zone.lower() in ("on", "off") else zone
        try:
            before = chat.client.view
            chat.client.view = view(name, before.colours, before.bell)
        except ValueError:
            raise NoSuchTimeZone(zone) from None
    chat.answer(TimeShown(chat.client.view.time))


@command("echo", arguments="[on|off]", help="whether you see your own lines in the room again")
def echo(chat: Chatting, shown: str) -> None:
    if shown:
        if shown not in ("on", "off"):
            raise chat.table.find("echo").misused()
        chat.member.echo = shown == "on"
    chat.answer(EchoShown(chat.member.echo))


@command("colour", "color", arguments="[on|off|16]", help="names in colour where there is a terminal for it")
def colour(chat: Participant, colours: str) -> None:
    before = chat.client.view
    if colours:
        if colours not in ("on", "off", "16"):
            raise chat.table.find("colour").misused()
        chat.client.view = view(before.time, colours, before.bell)
    chat.answer(ColoursShown(chat.client.view.colours))


@command("bell", arguments="[on|off]", help="whether the bell rings when a line names you")
def bell(chat: Participant, rings: str) -> None:
    before = chat.client.view
    if rings:
        if rings not in ("on", "off"):
            raise chat.table.find("bell").misused()
        chat.client.view = view(before.time, before.colours, rings == "on")
    chat.answer(BellRings(chat.client.view.bell))


@command("format", arguments="text|json", help="speak with programs: docs/json.md")
def format_(chat: Participant, format: str) -> None:
    chat.client.speak(format)
    chat.say_hello()
    chat.answer(FormatSpoken(format))


@command("motd", help="the message of the day")
def motd(chat: Participant) -> None:
    chat.answer(Motd(chat.server.motd))


@command("version", help="which chatd this is")
def version(chat: Participant) -> None:
    chat.answer(Version(__version__, platform.python_version()))


@command("uptime", help="for how long this chat has been open")
def uptime(chat: Participant) -> None:
    chat.answer(Uptime(chat.server.uptime, len(chat.server.hall.members)))


@command("quit", "exit", "bye", arguments="[why...]", help="goodbye")
def quit_(chat: Chatting, why: str) -> None:
    if why:
        chat.member.check_may_speak(why)
    chat.session.close(Departure(Cause.QUIT, why))
