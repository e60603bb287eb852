"""Facts as nodes tell them: lists of plain data, the first of which says what they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, fields
from typing import Any, assert_never

from chatd.core import owner_refusals, refusals
from chatd.core.bans import END_OF_TIME as END
from chatd.core.events import (
    Acted,
    Announced,
    Cause,
    Departure,
    Event,
    Said,
    SaidLate,
    ToldByAdministrator,
    Whispered,
    WhisperSent,
)
from chatd.core.memory import LinesOf
from chatd.core.nickname import nickname
from chatd.core.refusals import HallError
from chatd.core.relay import (
    Act,
    Announcement,
    Errand,
    GiveName,
    Invite,
    LinesForgotten,
    LockSet,
    Moved,
    Named,
    News,
    PutOut,
    RememberSet,
    Tell,
    Went,
    Whisper,
)
from chatd.core.rules import Rule
from chatd.core.text import one_line
from chatd.nodes.telling import Fact

_REFUSALS: dict[str, type[HallError]] = {
    kind.__name__: kind
    for module in (refusals, owner_refusals)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, HallError)
}
_BROUGHT = (Said, Acted, SaidLate, Whispered, WhisperSent, Announced, ToldByAdministrator)  # of plain data alone


def of_act(number: int, act: Act) -> Fact:
    """Return what the person of that number has done, or wants to do when it has its turn.

    What was said is on time, None at the end, until the node goes out of reach (`Lines.late`).
    """
    match act:
        case Said(at, room, _, text):
            return ["said", number, at, False, text, room, None]
        case Acted(at, room, _, text):
            return ["said", number, at, True, text, room, None]
        case Moved(room, invited, opens):
            return ["moved", number, room, invited, opens]
        case LockSet(locked):
            return ["locked", number, locked]
        case RememberSet(on):
            return ["remembered", number, on]
        case Named(name, _, asked_at):
            return ["named", number, name.shown, asked_at]
        case Went(how):
            return ["went", number, *of_departure(how)]
        case _:  # pragma: no cover
            assert_never(act)


def act_in(fact: Fact) -> Act | None:
    """Return what a fact says that somebody did, but for lines; None if it says something else."""
    match fact:
        case ["moved", _, room, invited, opens]:
            return Moved(room, invited, opens)
        case ["locked", _, locked]:
            return LockSet(locked)
        case ["remembered", _, on]:
            return RememberSet(on)
        case ["named", _, shown, asked_at]:
            return Named(nickname(shown), asked_at=asked_at)
        case ["went", _, *how]:
            return Went(departure_in(how))
        case _:
            return None


def of_news(news: News) -> Fact:
    match news:
        case Announcement(at, text):
            return ["announced", at, text]
        case LinesForgotten(which):
            return ["forgotten", of_lines(which)]
        case _:  # pragma: no cover
            assert_never(news)


def news_in(fact: Fact) -> News | None:
    """Return the news in a fact, None if there are none."""
    match fact:
        case ["announced", at, text]:
            return Announcement(at, text)
        case ["forgotten", which]:
            return LinesForgotten(tuple(lines_in(which)))
        case _:
            return None


def of_lines(which: Iterable[LinesOf]) -> list[Fact]:
    return [[one.owner, one.name, one.since, min(one.until, END), one.room] for one in which]


def lines_in(plain: list[Fact]) -> list[LinesOf]:
    return [LinesOf(*its) for its in plain]


def of_events(told: Iterable[Event]) -> list[Fact]:
    """Return those events that can be told elsewhere later: what was said, to the room or to one person."""
    return [[type(event).__name__, *astuple(event)] for event in told if isinstance(event, _BROUGHT)]


def event_in(plain: Fact) -> Event:
    """@raises ValueError: if it is none of those."""
    kind = next((kind for kind in _BROUGHT if kind.__name__ == plain[0]), None)
    if kind is None:
        raise ValueError(plain[0])
    event: Event = kind(*plain[1:])
    return event


def of_errand(errand: Errand) -> Fact:
    match errand:
        case Whisper(text):
            return ["whisper", text]
        case Invite():
            return ["invite"]
        case Tell(text):
            return ["tell", text]
        case PutOut(how):
            return ["put out", *of_departure(how)]
        case GiveName(typed):
            return ["give name", typed]
        case _:  # pragma: no cover
            assert_never(errand)


def errand_in(fact: Fact) -> Errand:
    """@raises ValueError: if it is none."""
    match fact:
        case ["whisper", text]:
            return Whisper(text)
        case ["invite"]:
            return Invite()
        case ["tell", text]:
            return Tell(text)
        case ["put out", *how]:
            return PutOut(departure_in(how))
        case ["give name", typed]:
            return GiveName(typed)
        case _:
            raise ValueError(fact[0])


def of_departure(how: Departure) -> list[Any]:
    return [how.cause.value, how.why, how.seconds]


def departure_in(plain: list[Any]) -> Departure:
    cause, why, seconds = plain
    return Departure(Cause(cause), one_line(why), seconds)


def of_refusal(error: HallError) -> list[Any]:
    """Return a refusal without the line that it gives back: whoever sent that has it."""
    facts = {one.name: getattr(error, one.name) for one in fields(error) if one.name != "unsent"}
    if "rule" in facts:
        facts["rule"] = [facts["rule"].sentence, dict(facts["rule"].facts)]
    return [type(error).__name__, facts]


def refusal_in(plain: list[Any], unsent: str) -> HallError:
    kind, facts = plain
    if "rule" in facts:
        facts = {**facts, "rule": Rule(*facts["rule"])}
    return _REFUSALS[kind](**facts, unsent=unsent)
