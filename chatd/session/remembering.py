"""What was said before: the commands to see it, to be left out of it and to have it forgotten, as a table."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from chatd.core.memory import Archive, Kept, LinesOf
from chatd.core.owner_refusals import ArchiveSilent
from chatd.core.refusals import HallError, YouAreQuiet
from chatd.core.relay import LinesForgotten
from chatd.session.duration import seconds_in
from chatd.session.outputs import Of
from chatd.session.owner_answers import Forgotten, Remembering
from chatd.session.person import Chatting
from chatd.session.replays import replay_of
from chatd.session.session import Server
from chatd.session.table import Table

MOST_LAST, MOST_FOUND = 200, 20  # lines
_USUAL = 20

TABLE = Table()
command = TABLE.command
_COSTLY = 5


@command("last", arguments="[n]", help="the last lines said in your room", cost=_COSTLY)
async def last(chat: Chatting, n: str) -> None:
    if n and not (n.isascii() and n.isdecimal() and 1 <= int(n) <= MOST_LAST):
        raise chat.table.find("last").misused()
    count, archive = int(n or _USUAL), _archive_of_room(chat)
    ring = chat.member.room.ring
    lines: list[Kept] = []
    if archive is not None:
        lines = await archive.last(chat.member.room.name, count)
    newest = lines[-1].id if lines else 0  # what the disk didn't take yet is in memory alone
    lines += [line for line in ring.last(count) if line.id > newest]
    _show(chat, lines[-count:], Of.LAST)


@command("search", arguments="words...", help="find what was said in your room with these words", cost=_COSTLY)
async def search(chat: Chatting, words: str) -> None:
    archive = _archive_of_room(chat)
    if archive is not None:
        lines = await archive.search(chat.member.room.name, words, MOST_FOUND)
    else:
        wanted = words.casefold().split()
        said = chat.member.room.ring.last()
        lines = [line for line in said if all(word in line.text.casefold() for word in wanted)][-MOST_FOUND:]
    _show(chat, lines, Of.FOUND)


@command("forget", arguments="[duration]", help="take back what you said: /forget 15m")
async def forget(chat: Chatting, duration: str) -> None:
    since = chat.server.hall.now() - seconds_in(duration) if duration else 0.0
    which = chat.member.traces.lines(since)
    chat.server.hall.relay.tell(LinesForgotten(tuple(which)))
    chat.answer(Forgotten(await forget_lines(chat.server, which)))


@command(
    "remember",
    arguments="[on|off]",
    help="whether what you say in rooms is remembered",
    more=(
        "whoever enters a room is shown its last lines; /last and /search show more to all inside",
        "what is kept on the disk can be read by the administrator too, and by whoever gets hold of the disk",
        "/remember off leaves out what you say from now on; /forget takes back what you have said",
        "private lines are never remembered, but for those to an owner who is away; nor is a locked room",
        "rooms other than #lobby are kept on the disk only if the first inside says /remember on; all are told",
        "who opens a room of that name again, and has it kept again, sees what was kept of it before",
    ),
)
async def remember(chat: Chatting, on: str) -> None:
    if on not in ("", "on", "off"):
        raise chat.table.find("remember").misused()
    if on:
        await _remember_person(chat, on == "on")
        if not chat.member.here:  # they have left meanwhile
            return
        await _remember_room(chat, on == "on")
    member, hall = chat.member, chat.server.hall
    days = chat.server.kept_in(member.room).days
    chat.answer(Remembering(member.traces.remembered, member.room.name, hall.memory.lines, days))


async def lock(chat: Chatting) -> None:
    """Lock the person's room; what was kept of it is forgotten first, since nothing of a locked room may be."""
    member, room, hall = chat.member, chat.member.room, chat.server.hall
    member.check_may_turn_lock(True)
    hall.relay.check_reached()
    is_kept, which = room.ring.archived, (LinesOf(room=room.name),)
    archive = _archive_of_room(chat, even_if_quiet=True)
    if archive is not None:
        room.ring.archived = False
        try:
            await archive.forget(which)
        except ArchiveSilent:
            room.ring.archived = True
            raise
        if not member.here:  # they have left meanwhile
            return
    try:
        turn = member.turn_lock(True)
        if is_kept:
            hall.relay.tell(LinesForgotten(which))
        if turn is not None:
            await turn
    except HallError:
        room.ring.archived = is_kept and not room.locked
        raise


async def forget_lines(server: Server, which: Collection[LinesOf]) -> int:
    """Have lines forgotten in memory and on the disk, and return how many there were.

    @raises ArchiveSilent: if that can't be done on the disk now; memory holds them no longer.
    """
    gone = 0
    for room in server.hall.rooms.values():
        forgotten = room.ring.forget(which)
        gone += 0 if room.ring.archived else forgotten
    archive = server.hall.memory.archive
    return gone + (await archive.forget(which) if archive is not None else 0)


async def _remember_person(chat: Chatting, on: bool) -> None:
    member, accounts = chat.member, chat.server.accounts
    if accounts is not None and member.traces.account is not None:
        await accounts.people.set_remembered(member.traces.account, on)
    member.set_traced(on)


async def _remember_room(chat: Chatting, on: bool) -> None:
    """Have the room kept on the disk, or no more, if that is for this person to say."""
    member, room, hall = chat.member, chat.member.room, chat.server.hall
    if hall.memory.archive is None or room is hall.lobby or room.locked or room.first is not member:
        return
    if room.ring.archived != on:
        turn = member.set_remembered(on)
        if turn is not None:
            await turn
        with suppress(ArchiveSilent):  # then it begins empty
            await room.ring.recall()


def _archive_of_room(chat: Chatting, even_if_quiet: bool = False) -> Archive | None:
    """Return where more is kept of the person's room, None if nothing is.

    @raises YouAreQuiet: if they have shut the room out.
    """
    if chat.member.quiet and not even_if_quiet:
        raise YouAreQuiet
    return chat.server.hall.memory.archive if chat.member.room.ring.archived else None


def _show(chat: Chatting, lines: list[Kept], of: Of) -> None:
    chat.send(replay_of(lines, of, chat.server.hall, chat.member))
