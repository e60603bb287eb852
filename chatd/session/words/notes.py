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
        case to.Hint(has_row):
            yield _hint(has_row, language)
        case to.KeptHere(room, days, letters_days):
            if days:
                kept = "what is said in {room} is kept for {span}; /h remember says who reads it and how to be left out"
                yield say(kept, room=room, span=_days(days, language))
            if letters_days:
                yield say(
                    "private lines to an owner who is away are kept until they are read, for {span} at most",
                    span=_days(letters_days, language),
                )
        case to.NameForYou() | to.NewPasswordDue() | to.NoPassword() | to.PasswordAgain() | to.TypingSeen():
            yield _of_passwords(note, language)
        case to.TakenOver():
            yield say("you were here already: your other connection is closed")
        case to.CameElsewhere():
            yield say("you came in from elsewhere; this connection is closed")
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
        case to.Candidates(words, more):
            behind = (say("and {n} others", n=f"{more:,}"),) if more else ()
            yield from language.listing(say("these fit:"), (*words, *behind))
        case to.LinesSkipped(count):
            one = "1 line skipped while your connection was slow"
            yield language.count(count, one, "{n} lines skipped while your connection was slow")
        case to.IdleWarning(seconds):
            yield say("you will be disconnected in {n} s unless you type something", n=f"{seconds:.0f}")
        case _:  # pragma: no cover
            assert_never(note)


def _hint(has_row: bool, language: Language) -> str:
    """Return how to begin; each other language is named in its own words, for those who can't read this one."""
    known = [f"/lang {other.code}: {other.name}" for other in LANGUAGES.values() if other is not language]
    say = language.say
    if has_row:
        hint = say("/h lists commands, Tab completes names, quit leaves")
    else:
        hint = say("/h lists commands, /echo off hides your lines, quit leaves")
    return say("; ").join([hint, *known])


def prompt_words(prompt: to.Prompt, language: Language) -> str:
    """Return what stands in front of the line that is waited for."""
    say = language.say
    match prompt.asked:
        case to.Asked.NICKNAME:
            return say("Nickname: ")
        case to.Asked.PASSWORD:
            return say("Password of {name}: ", name=prompt.nickname)
        case to.Asked.NEW_PASSWORD:
            return say("New password: ")
        case to.Asked.AGAIN:
            return say("Again: ")
        case _:  # pragma: no cover
            assert_never(prompt.asked)


def replay_head(replay: to.Replay, language: Language) -> str:
    """Return the line that stands in front of what happened before, without its mark."""
    say, n = language.say, len(replay.events)
    match replay.of:
        case to.Of.ROOM | to.Of.LAST:
            none = "nothing that was said here before is remembered"
            return language.count(n, "the last line:", "the last {n} lines:") if n else say(none)
        case to.Of.FOUND:
            found = language.count(n, "1 line has that:", "{n} lines have that, the oldest first:")
            return found if n else say("nothing that is remembered has that")
        case to.Of.MISSED:
            missed = "{n} lines that your other connection may not have shown:"
            return language.count(n, "1 line that your other connection may not have shown:", missed)
        case to.Of.LETTERS:
            one = "1 private line came while you were away:"
            return language.count(n, one, "{n} private lines came while you were away:")
        case _:  # pragma: no cover
            assert_never(replay.of)


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


def _of_passwords(
    note: to.NameForYou | to.NewPasswordDue | to.NoPassword | to.PasswordAgain | to.TypingSeen, language: Language
) -> str:
    say = language.say
    match note:
        case to.NameForYou(nickname):
            will = "{name} will be yours alone, with all names that look like it; an empty line ends this"
            return say(will, name=nickname)
        case to.NewPasswordDue():
            return say("that was a one-time password from the administrator; choose your own")
        case to.NoPassword(entering):
            return say("no password; choose another nickname" if entering else "no password; nothing has changed")
        case to.PasswordAgain():
            return say("give the password again in a moment; an empty line gives none")
        case to.TypingSeen():
            return say("your password shows on your own screen as you type it; telnet would hide it")
        case _:  # pragma: no cover
            assert_never(note)


def _days(days: int, language: Language) -> str:
    return language.count(days, "1 day", "{n} days")
