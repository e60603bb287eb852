"""What an operator may type: the slash commands as one table, in the same form as those for people.

What takes its time is a coroutine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from chatd.core.duration import in_words
from chatd.core.refusals import HallError
from chatd.session import commands, moderation
from chatd.session.table import BadUsage, Table
from chatd.session.words import View, listing, people_are, table, widest

if TYPE_CHECKING:
    from chatd.session.operator import Operating
    from chatd.session.session import Session

LOG_LEVELS = ("debug", "info", "warn", "error")
LONGEST_DRAIN = 10_080  # minutes, a week

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
    talk.server.hall.announce(text)
    talk.answer(f"announced to {people(len(talk.server.hall.members))}")


@command("listen", arguments="on|off", help="see who comes and goes, and what is said in #lobby")
def listen(talk: Operating, typed: str) -> None:
    if typed not in ("on", "off"):
        raise BadUsage(TABLE.find("listen"))
    talk.server.hall.listen(talk, typed == "on")
    lobby = talk.server.hall.lobby.name
    talk.answer(f"you hear {lobby}" if typed == "on" else f"you hear {lobby} no more")


@command("ls", "who", arguments="[-l]", help="who is here; -l: from where, since when, how idle")
def ls(talk: Operating, option: str) -> None:
    members = talk.server.hall.members
    if not option:
        head = f"{people_are(len(members))} here" + (":" if members else "")
        talk.client.answer(listing(head, (f"{member.nickname} {member.room.name}" for member in members)))
    elif option == "-l":
        talk.client.answer(_long_list(talk))
    else:
        raise BadUsage(TABLE.find("ls"))


TABLE.share(moderation.TABLE)


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
    talk.session.depart("-- goodbye")


def people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _long_list(talk: Operating) -> Iterator[str]:
    """Yield a line for each connection, also for those without a nickname; with thousands, as they are sent."""
    everybody = tuple(talk.server.people)
    names = widest(["NICKNAME", *(other.member.nickname for other in everybody if other.member)])
    rooms = widest([*(room.name for room in talk.server.hall.rooms.values()), "ROOM"])
    addresses = widest([*(other.address for other in everybody), "ADDRESS"])
    head = ("NICKNAME", "ROOM", "ADDRESS", "SINCE", "IDLE", "WAITING")
    rows = (_row(other, talk.client.view) for other in everybody)
    return table((names, rooms, addresses, 16, 10), chain([head], rows))


def _row(other: Session, view: View) -> tuple[str, ...]:
    return (
        other.member.nickname if other.member else "-",
        other.member.room.name if other.member else "-",
        other.address,
        f"{datetime.fromtimestamp(other.began_at, view.zone):%Y-%m-%d %H:%M}",
        in_words(other.client.idle),
        f"{other.client.waiting:,} B",
    )
