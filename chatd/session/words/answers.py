"""What people are answered, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from chatd.session import answers as to
from chatd.session.view import View
from chatd.session.words.language import Language, people_are
from chatd.session.words.operators import for_operators
from chatd.session.words.owners import OfOwning, of_owning

OfPeople = (
    to.People
    | to.Rooms
    | to.Help
    | to.HelpOn
    | to.TalkingTo
    | to.StillTalkingTo
    | to.Quiet
    | to.NicknameSet
    | to.AwaySet
    | to.WhoIs
    | to.InvitationSent
    | to.IgnoreSet
    | to.Ignored
    | to.TimeShown
    | to.EchoShown
    | to.ColoursShown
    | to.BellRings
    | to.FormatSpoken
    | to.Motd
    | to.Version
    | to.Uptime
)


def answer_lines(answer: to.Answer, language: Language, view: View) -> Iterator[str]:
    """Yield the lines of an answer, without their mark."""
    if isinstance(answer, OfOwning):
        return iter((of_owning(answer, language),))
    if isinstance(answer, OfPeople):
        return _for_people(answer, language)
    return for_operators(answer, language, view)


def _for_people(answer: OfPeople, language: Language) -> Iterator[str]:
    say = language.say
    match answer:
        case to.People(room, total, elsewhere, people):
            head = people_are(total, language, "in {room}:", room=room)
            yield from language.listing(head, (_with_marks(person, language) for person in people))
            if elsewhere:
                yield people_are(elsewhere, language, "in other rooms; /rooms lists them")
        case to.Rooms(rooms):
            yield from language.listing(
                say("rooms that you can see:"), (_with_people(room, language) for room in rooms)
            )
        case to.Help(commands):
            width = max(len(command.usage) for command in commands)
            for command in commands:
                yield f"{command.usage:<{width}}  {say(command.help)}"
        case to.HelpOn(command):
            also = say(" (also {names})", names=", ".join(command.also)) if command.also else ""
            yield f"{command.usage} -- {say(command.help)}{also}"
            yield from map(say, command.more)
        case to.TalkingTo(name):
            yield say("now talking to {name}", name=name)
        case to.StillTalkingTo(nickname, room):
            yield say("what you type still goes to {name}; to: talks to {room}", name=nickname, room=room)
        case to.Quiet(room, quiet):
            told = "you are quiet: {room} is shut out until you type /i again" if quiet else "you hear {room} again"
            yield say(told, room=room)
        case to.NicknameSet(nickname):
            yield say("you are called {name} now", name=nickname)
        case to.AwaySet(away):
            yield say("you are away; /back when you are here again" if away else "welcome back")
        case to.WhoIs():
            yield _who_is(answer, language)
        case to.InvitationSent(nickname, room):
            yield say("{name} is invited to {room}", name=nickname, room=room)
        case to.IgnoreSet(nickname, ignored):
            told = "you hear nothing from {name} any more; /unignore {name} ends that"
            yield say(told if ignored else "you hear {name} again", name=nickname)
        case to.Ignored(nicknames):
            head = say("you ignore:" if nicknames else "you ignore nobody")
            yield from language.listing(head, nicknames)
        case to.TimeShown(time):
            yield say("the time in front of lines: {time}", time=time)
        case to.EchoShown(echo):
            yield say("the echo of your own lines: on" if echo else "the echo of your own lines: off")
        case to.ColoursShown(colours):
            yield say("colours: {colours}", colours=colours)
        case to.BellRings(bell):
            yield say("the bell when a line names you: on" if bell else "the bell when a line names you: off")
        case to.FormatSpoken(format):
            yield say("the format is {format} from now on", format=format)
        case to.Motd(lines):
            yield from lines or (say("there is no message of the day"),)
        case to.Version(chatd, python):
            yield say("chatd {version} on Python {python}", version=chatd, python=python)
        case to.Uptime(seconds, people):
            here = people_are(people, language, "here")
            yield say("open for {span}; {people_are_here}", span=language.span(seconds), people_are_here=here)
        case _:  # pragma: no cover
            assert_never(answer)


def _with_marks(person: to.Person, language: Language) -> str:
    if person.room:
        return f"{person.name} {person.room}"
    marks = [language.say(mark) for mark, holds in (("away", person.away), ("quiet", person.quiet)) if holds]
    return f"{person.name} ({language.say(', ').join(marks)})" if marks else person.name


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
    if who.away:
        facts.append(say("away: {why}", why=who.away))
    if who.quiet:
        facts.append(say("quiet"))
    return say(", ").join(facts)
