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
from chatd.core.refusals import Muted, NoSuchRoom
from chatd.session import appearance, keyring, owning, remembering
from chatd.session.answers import (
    Addressee,
    AwaySet,
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
    Uptime,
    Version,
    WhoIs,
)
from chatd.session.entering import AwaitingNickname
from chatd.session.participant import Participant
from chatd.session.person import Chatting
from chatd.session.session import Session
from chatd.session.table import Table

TABLE = Table(
    ("text", "say text to your room, or to whomever to: has chosen"),
    ("@name text", "a private line to name; only the two of you see it"),
    ("to:name [text]", "talk to name from now on; to: alone ends that"),
    ("quit", "leave the chat"),
    ("//text", "say /text"),
    essentials=(
        "nick",
        "away",
        "ignore",
        "i",
        "rooms",
        "join",
        "r",
        "to:name [text]",
        "@name text",
        "ls",
        "text",
        "quit",
    ),
    operators_only=(
        *("announce", "ban", "bans", "drain", "kick", "listen", "log"),
        *("mute", "nodes", "reload", "rename", "stats", "stop", "unban", "unmute"),
        *("backup", "disown", "owners", "purge", "reset"),
    ),
)
command = TABLE.command
_COSTLY = 3


def a_person(session: Session) -> AwaitingNickname:
    """Return the state in which a person's session begins."""
    return AwaitingNickname(session, TABLE)


def person(member: Member, room: str | None = None) -> Person:
    """Return a member as one of a list; the room where it is not that of all of them."""
    return Person(member.nickname, member.away, member.quiet, member.since, room)


@command("say", arguments="text...", help="say text, whatever it begins with")
def say(chat: Chatting, text: str) -> Awaitable[None] | None:
    return chat.say(text)


@command(
    "msg", "m", "tell", "w", "pm", "whisper", "私聊", arguments="name text...", help="a private line, as @name text"
)
def msg(chat: Chatting, name: str, text: str) -> Awaitable[None] | None:
    owner = owning.absent(chat, name)
    if owner is not None:
        return owning.leave_letter(chat, owner, text)
    return chat.once(chat.member.talk.whisper(name, text, chat.typed_at), chat.talked)


@command("r", "reply", arguments="text...", help="a private answer to whoever wrote to you last")
def reply(chat: Chatting, text: str) -> Awaitable[None] | None:
    return chat.once(chat.member.talk.answer(text, chat.typed_at), chat.talked)


@command("to", "query", arguments="[name] [text...]", help="talk to name from now on; alone: whom you talk to")
def to(chat: Chatting, name: str, text: str) -> Awaitable[None] | None:
    if name:
        return chat.turn_to(name, text)
    chat.answer(Addressee(chat.talks_to))
    return None


@command(
    "ls",
    "who",
    "names",
    "l",
    "list",
    "users",
    "在线",
    arguments="[#room]",
    help="who is here, or in #room",
    cost=_COSTLY,
)
def ls(chat: Participant, room: str) -> None:
    hall, asker = chat.server.hall, chat.session.member
    here = hall.lobby if asker is None else asker.room
    found = hall.find_room(room_typed(room)) if room else here
    if not chat.sees(found):
        raise NoSuchRoom(room)  # as if there were none
    people = tuple(found.members)
    chat.answer(People(found.name, len(people), len(hall.members) - len(people), map(person, people)))


@command("h", "help", "?", "帮助", arguments="[command|all]", help="what you may type; all of it; or one command")
def help_(chat: Participant, command: str) -> None:
    if not command:
        chat.answer(Help(chat.table.essentials(), False))
    elif command.lower() == "all":
        chat.answer(Help(chat.table.help(), True))
    else:
        chat.answer(HelpOn(chat.table.find(command.lstrip("/／")).facts))


@command("i", "quiet", help="hear and say nothing in your room; again: undo that")
def i(chat: Chatting) -> None:
    member = chat.member
    member.set_quiet(not member.quiet)
    chat.answer(Quiet(member.room.name, member.quiet))


@command("me", arguments="text...", help="do something: /me waves")
def me(chat: Chatting, text: str) -> Awaitable[None] | None:
    return chat.once(chat.member.talk.act(text, chat.typed_at), chat.talked)


@command("nick", arguments="name...", help="change your nickname", cost=_COSTLY)
def nick(chat: Chatting, name: str) -> Awaitable[None] | None:
    return owning.take_name(chat, name)


@command("away", arguments="[why...]", help="tell whoever writes to you privately that you are away")
def away(chat: Chatting, why: str) -> None:
    chat.member.set_away(why)
    chat.answer(AwaySet(True))


@command("back", help="you are back")
def back(chat: Chatting) -> None:
    chat.member.set_away(None)
    chat.answer(AwaySet(False))


@command("whois", arguments="name", help="where somebody is, and since when", cost=_COSTLY)
def whois(chat: Participant, name: str) -> None:
    chat.answer(who_is(chat, chat.server.hall.find(name, asker=chat.session.member)))


def who_is(state: Participant, other: Member, address: str | None = None) -> WhoIs:
    """Return what somebody may know of a member."""
    room = other.room.name if state.sees(other.room) else None
    here_for = state.server.hall.clock.seconds() - other.came_at
    return WhoIs(other.nickname, room, other.since, here_for, other.away, other.quiet, address)


@command("join", "j", arguments="#room", help="go to a room, or open a new one", cost=_COSTLY)
def join(chat: Chatting, room: str) -> Awaitable[None] | None:
    return _go_to(chat, room_typed(room))


def room_typed(name: str) -> str:
    """Return the name of a room as it was typed, with the mark that may be left out."""
    return "#" + name.removeprefix("＃").removeprefix("#")


@command("leave", "part", help="go back to #lobby")
def leave(chat: Chatting) -> Awaitable[None] | None:
    return _go_to(chat, chat.server.hall.lobby.name)


def _go_to(chat: Chatting, room: str) -> Awaitable[None] | None:
    return chat.once(chat.member.move(room), lambda: _arrived(chat))


def _arrived(chat: Chatting) -> None:
    member = chat.member
    chat.greet()
    if member.room is not chat.server.hall.lobby:
        chat.tell_kept(member.room)
    chat.replay()
    if member.talk.addressee is not None:
        chat.answer(StillTalkingTo(member.talk.addressee.nickname, member.room.name))


@command("rooms", help="the rooms, and how many people are in each", cost=_COSTLY)
def rooms(chat: Participant) -> None:
    seen = [room for room in chat.server.hall.rooms.values() if chat.sees(room) and chat.wants_to_see(room)]
    chat.answer(Rooms(RoomFacts(room.name, len(room.members), room.locked) for room in seen))


@command("lock", help="lock your room: only the invited see it and get in", cost=_COSTLY)
async def lock(chat: Chatting) -> None:
    await remembering.lock(chat)


@command("unlock", help="let everybody into your room again")
def unlock(chat: Chatting) -> Awaitable[None] | None:
    return chat.member.turn_lock(False)


@command("invite", arguments="name", help="invite somebody to your room")
def invite(chat: Chatting, name: str) -> Awaitable[None] | None:
    sent = chat.member.invite(name, chat.typed_at)
    nickname, room = chat.server.hall.find(name).nickname, chat.member.room.name
    return chat.once(sent, lambda: chat.answer(InvitationSent(nickname, room)))


@command("ignore", "屏蔽", arguments="[name]", help="hide what name says; alone: list whom you ignore")
async def ignore(chat: Chatting, name: str) -> None:
    if name:
        await owning.ignore(chat, name, True)
    else:
        chat.answer(Ignored(owning.ignored(chat)))


@command("unignore", arguments="name", help="show what name says again")
async def unignore(chat: Chatting, name: str) -> None:
    await owning.ignore(chat, name, False)


TABLE.share(owning.TABLE)
TABLE.share(keyring.TABLE)
TABLE.share(remembering.TABLE)
TABLE.share(appearance.TABLE)


@command("motd", help="the message of the day")
def motd(chat: Participant) -> None:
    chat.answer(Motd(chat.server.motd))


@command("version", help="which version of chatd this is")
def version(chat: Participant) -> None:
    chat.answer(Version(__version__, platform.python_version()))


@command("uptime", help="how long this chat has been open")
def uptime(chat: Participant) -> None:
    chat.answer(Uptime(chat.server.uptime, len(chat.server.hall.members)))


@command("quit", "exit", "bye", "q", "退出", arguments="[why...]", help="leave the chat")
def quit_(chat: Chatting, why: str) -> None:
    try:
        chat.member.check_may_speak()
    except Muted:  # who may say nothing may still go, without a word
        why = ""
    chat.session.close(Departure(Cause.QUIT, why))
