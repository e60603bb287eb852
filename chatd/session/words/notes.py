"""What a session and its connection say of themselves, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from chatd.core.events import Cause, Departure
from chatd.session import outputs as to
from chatd.session.words.language import Language, people_here
from chatd.session.words.languages import LANGUAGES


def note_lines(note: to.Note, language: Language) -> Iterator[str]:
    """Yield the lines of a note, without their mark."""
    say = language.say
    match note:
        case to.Welcome(title, people, motd):
            yield say(
                "welcome to {title}; {people_are_here}", title=title, people_are_here=people_here(people, language)
            )
            yield from motd
        case to.Hello(title, people, nickname, room):
            yield say(
                "welcome to {title}; {people_are_here}", title=title, people_are_here=people_here(people, language)
            )
            if nickname:
                yield say("you are {name} in {room}", name=nickname, room=room)
        case to.Entered(nickname, room, people, nicknames):
            others = people - len(nicknames)
            names = [*nicknames, say("and {n} others", n=f"{others:,}")] if others else nicknames
            one, many = "you are {name} in {room}; 1 person is here:", "you are {name} in {room}; {n} people are here:"
            head = language.count(people, one, many, name=nickname, room=room)
            yield from language.listing(head, names)
        case to.Hint():
            yield _hint(language)
        case to.OperatorWelcome():
            yield say("chatd, the operator's door: a plain line is announced to everyone; /h helps")
        case to.LineDropped():
            yield say("that line is thrown away; quit leaves")
        case to.StillHere():
            yield say("chatd is here")
        case to.TypingTooFast(0, size):
            too_fast = "you are typing faster than {n} KiB a second; your lines are being sent at that pace"
            yield say(too_fast, n=size // 1024)
        case to.TypingTooFast(lines):
            too_fast = "you are typing faster than {n} lines a second; your lines are being sent at that pace"
            yield say(too_fast, n=lines)
        case to.LinesSkipped(count):
            one = "1 line skipped while your connection was slow"
            yield language.count(count, one, "{n} lines skipped while your connection was slow")
        case to.IdleWarning(seconds):
            yield say("you will be disconnected in {n} s unless you type something", n=f"{seconds:.0f}")
        case _:  # pragma: no cover
            assert_never(note)


def _hint(language: Language) -> str:
    """Return how to begin; each other language is named in its own words, for those who can't read this one."""
    known = [f"/lang {other.code}: {other.name}" for other in LANGUAGES.values() if other is not language]
    hint = language.say("/h lists commands, /echo off hides your lines, quit leaves")
    return language.say("; ").join([hint, *known])


def goodbye_words(goodbye: to.Goodbye, language: Language) -> str:
    """Return the last line, without its mark; "" if the one before has said why."""
    how = goodbye.how
    if how is None:
        return ""
    if is_dismissal(goodbye):
        return _dismissal(how, language)
    if how.cause is Cause.IDLE:
        return language.say("goodbye: you were idle for {n} s", n=f"{how.seconds:g}")
    if goodbye.nickname and how.cause is not Cause.STOPPED:
        return language.say("goodbye, {name}", name=goodbye.nickname)
    return language.say("goodbye")


def is_dismissal(goodbye: to.Goodbye) -> bool:
    """Say whether the administrator has put the person out; then the last line has the mark of a refusal."""
    return goodbye.how is not None and goodbye.how.cause in (Cause.KICKED, Cause.BANNED)


def _dismissal(how: Departure, language: Language) -> str:
    say = language.say
    if how.cause is Cause.KICKED:
        told = say("you were disconnected by the administrator")
        return language.because(told, how.why)
    told = say("you were banned by the administrator: {lasts}", lasts=language.lasts(how.seconds))
    return say("{told}, {why}", told=told, why=how.why) if how.why else told
