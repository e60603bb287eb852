"""What people are answered, in words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import assert_never

from chatd.core.nickname import columns
from chatd.session import answers as to
from chatd.session.outputs import Answer
from chatd.session.owner_answers import ForOwners
from chatd.session.view import View
from chatd.session.words.language import WIDTH, Language, broken, people_here
from chatd.session.words.operators import for_operators
from chatd.session.words.owners import for_owners


def answer_lines(answer: Answer, view: View) -> Iterator[str]:
    """Yield the lines of an answer, without their mark."""
    if isinstance(answer, ForOwners):
        return for_owners(answer, view)
    if isinstance(answer, to.ForPeople):
        return _for_people(answer, view.language)
    return for_operators(answer, view)


def _for_people(answer: to.ForPeople, language: Language) -> Iterator[str]:
    say = language.say
    match answer:
        case to.People(room, total, elsewhere, people):
            one, many = "1 person is in {room}:", "{n} people are in {room}:"
            if total:
                head = language.count(total, one, many, room=room)
                yield from language.listing(head, (_with_marks(person, language) for person in people))
            else:
                yield say("nobody is in {room}", room=room)
            if elsewhere:
                one, many = (
                    "1 person is in other rooms; /rooms lists them",
                    "{n} people are in other rooms; /rooms lists them",
                )
                yield language.count(elsewhere, one, many)
        case to.Rooms(rooms):
            yield from language.listing(say("rooms you can see:"), (_with_people(room, language) for room in rooms))
        case to.Help():
            yield from _help(answer, language)
        case to.HelpOn(command):
            also = say(" (also {names})", names=say(", ").join(command.also)) if command.also else ""
            yield f"{language.word(command.usage)} -- {language.word(command.help)}{also}"
            yield from map(language.word, command.more)
        case to.TalkingTo(name):
            yield say("now talking to {name}", name=name)
        case to.Addressee(name):
            yield say("what you type goes to {name}", name=name)
        case to.StillTalkingTo(nickname, room):
            yield say("what you type still goes to {name}; to: talks to {room}", name=nickname, room=room)
        case to.Quiet(room, quiet):
            off = "{room} is off: you neither see nor send lines there until you type /i again"
            yield say(off if quiet else "{room} is back on", room=room)
        case to.NicknameSet(nickname):
            yield say("your nickname is now {name}", name=nickname)
        case to.AwaySet(away):
            yield say("you are away; type /back when you return" if away else "welcome back")
        case to.StillAway():
            yield say("the others still see you as away; type /back if you have returned")
        case to.WhoIs():
            yield _who_is(answer, language)
        case to.InvitationSent(nickname, room):
            yield say("{name} is invited to {room}", name=nickname, room=room)
        case to.IgnoreSet(nickname, ignored):
            told = "you are ignoring {name}; /unignore {name} ends that"
            yield say(told if ignored else "you are no longer ignoring {name}", name=nickname)
        case to.Ignored(nicknames):
            head = say("you are ignoring:" if nicknames else "you aren't ignoring anybody")
            yield from language.listing(head, nicknames)
        case to.TimeShown(time):
            yield say("the time in front of lines: {time}", time=time)
        case to.LanguageSet(code, languages):
            yield say("your language is {name}", name=languages[code])
            others = [f"/lang {one} {name}" for one, name in languages.items() if one != code]
            yield from language.listing(say("other languages:"), others)
        case to.EchoShown(echo):
            yield say("the echo of your own lines: on" if echo else "the echo of your own lines: off")
        case to.ColoursShown(colours):
            yield say("colours: {colours}", colours=colours)
        case to.BellRings(bell):
            yield say("the bell when a line names you: on" if bell else "the bell when a line names you: off")
        case to.Editing(is_here):
            edited = "your line is edited here: Tab completes, Up recalls; /edit off ends that"
            yield say(edited if is_here else "your line is edited by your own client")
        case to.FormatSpoken(format):
            yield say("the format is now {format}", format=format)
        case to.Motd(lines):
            yield from lines or (say("there is no message of the day"),)
        case to.Version(chatd, python):
            yield say("chatd {version} on Python {python}", version=chatd, python=python)
        case to.Uptime(seconds, people):
            here = people_here(people, language)
            yield say("open for {span}; {people_are_here}", span=language.span(seconds), people_are_here=here)
        case _:  # pragma: no cover
            assert_never(answer)


def _help(answer: to.Help, language: Language) -> Iterator[str]:
    if not answer.complete:
        yield language.say("/h all lists every command, /h name explains one")
    usages = [language.word(command.usage) for command in answer.commands]
    width = max(map(columns, usages))
    for usage, command in zip(usages, answer.commands, strict=True):
        first, *more = broken(language.word(command.help), WIDTH - width - 2)
        yield f"{usage}{' ' * (width - columns(usage))}  {first}"
        for line in more:
            yield f"{' ' * width}  {line}"


def _with_marks(person: to.Person, language: Language) -> str:
    marks = [
        language.say(mark) for mark, holds in (("away", person.away is not None), ("quiet", person.quiet)) if holds
    ]
    if not marks:
        return person.name
    return language.say("{name} ({marks})", name=person.name, marks=language.say(", ").join(marks))


def _with_people(room: to.RoomFacts, language: Language) -> str:
    locked = " " + language.say("locked") if room.locked else ""
    return f"{room.name} {room.people:,}{locked}"


def _who_is(who: to.WhoIs, language: Language) -> str:
    say = language.say
    where = say("in {room}", room=who.room) if who.room else say("in a locked room")
    facts = [
        say("{name} is {where}", name=who.nickname, where=where),
        say("here for {span}", span=language.span(who.seconds)),
    ]
    if who.away is not None:
        facts.append(language.because(say("away"), who.away))
    if who.quiet:
        facts.append(say("quiet"))
    if who.address is not None:
        facts.append(say("from {address}", address=who.address))
    return reduce(lambda told, why: say("{told}, {why}", told=told, why=why), facts)
