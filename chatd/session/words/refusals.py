"""A refusal in words: what was wrong, and what would work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never, cast

from chatd.core import refusals as hall
from chatd.core.refusals import HallError
from chatd.session import refusals as session
from chatd.session.words.command_refusals import OfCommands, OfOperators, of_commands, of_operators
from chatd.session.words.language import Language, rule_words
from chatd.session.words.owners import OfOwners, of_owners

OfNames = (
    hall.BadNickname
    | hall.NicknameTaken
    | hall.NicknameBanned
    | hall.NameKept
    | hall.NobodyHere
    | hall.LooksLike
    | hall.ThatIsYou
    | hall.NotHeardBy
    | hall.NotIgnored
    | session.NicknameFirst
    | session.PastedBehindNickname
    | session.TooManyNicknames
    | session.NicknameTooLate
)
OfLines = (
    hall.Muted
    | hall.NothingSaid
    | hall.YouAreQuiet
    | hall.TooSlow
    | hall.NobodyToAnswer
    | hall.AddresseeGone
    | hall.AddresseeUnclear
    | hall.NameChangedHands
    | hall.OthersUnreachable
    | hall.NoAnswer
    | hall.TooMuchWaits
    | session.NotText
    | session.ChangedByTelnet
    | session.TelnetUnfinished
    | session.LineTooLong
    | session.PasteTooLong
    | session.LineCutOff
)
OfRooms = (
    hall.BadRoomName
    | hall.RoomLooksLike
    | hall.NoSuchRoom
    | hall.NotInThatRoom
    | hall.InRoomAlready
    | hall.RoomLocked
    | hall.NotFirstMember
    | hall.LobbyStaysOpen
    | hall.LockKept
)
OfAdmission = (
    hall.HallFull
    | hall.HallClosing
    | hall.Banned
    | session.WrongProtocol
    | session.TooManyConnections
    | session.TooManyFromAddress
    | session.TooManyArrivals
)
AnyRefusal = OfNames | OfLines | OfRooms | OfAdmission | OfCommands | OfOperators | OfOwners


def refusal_lines(error: HallError, language: Language) -> Iterator[str]:
    """Yield the lines of a refusal; the second gives back what was not sent."""
    yield refusal_words(error, language)
    if error.unsent:
        yield language.say("not sent: {line}", line=error.unsent)


def refusal_words(error: HallError, language: Language) -> str:
    """Return a refusal as one sentence."""
    sentence = _words(cast(AnyRefusal, error), language)  # a test sees that there are no others
    if error.unsent:
        sentence = language.say("{refusal}; your line was not sent", refusal=sentence)
    if isinstance(error, hall.NobodyHere) and error.near:
        sentence = language.say("{refusal}; did you mean {near}?", refusal=sentence, near=error.near)
    return sentence


def _words(error: AnyRefusal, language: Language) -> str:
    if isinstance(error, OfNames):
        return _of_names(error, language)
    if isinstance(error, OfLines):
        return _of_lines(error, language)
    if isinstance(error, OfRooms):
        return _of_rooms(error, language)
    if isinstance(error, OfAdmission):
        return _of_admission(error, language)
    if isinstance(error, OfCommands):
        return of_commands(error, language)
    if isinstance(error, OfOwners):
        return of_owners(error, language)
    return of_operators(error, language)


def _of_names(error: OfNames, language: Language) -> str:
    say = language.say
    match error:
        case hall.BadNickname(typed, rule):
            return say(
                "{name} can't be a nickname: {rule}", name=language.quoted(typed), rule=rule_words(rule, language)
            )
        case hall.NicknameTaken(typed, holder, lost_after):
            return _taken(typed, holder, lost_after, language)
        case hall.NicknameBanned(typed, seconds, why):
            terms = _terms(seconds, why, language)
            return say(
                "{name} is banned from this chat {terms}; only its administrator can end that",
                name=language.quoted(typed),
                terms=terms,
            )
        case hall.NameKept(nickname):
            return say("{name} is the nickname already", name=nickname)
        case hall.NobodyHere(typed):
            return say("nobody here is called {name}", name=language.quoted(typed))
        case hall.LooksLike(typed, nickname):
            return say(
                "nobody here is called {name}; {other} looks like it", name=language.quoted(typed), other=nickname
            )
        case hall.ThatIsYou():
            return say("that is your own nickname; name somebody else")
        case hall.NotHeardBy(nickname):
            return say("{name} is ignoring you", name=nickname)
        case hall.NotIgnored(nickname):
            return say("you aren't ignoring {name}", name=nickname)
        case session.NicknameFirst():
            return say("first a nickname; quit leaves")
        case session.PastedBehindNickname():
            return say("it came together with a nickname that was refused")
        case session.TooManyNicknames(limit):
            return say("{n} nicknames were refused; connect again when you have chosen another", n=limit)
        case session.NicknameTooLate(seconds):
            late = "you gave no nickname within {n} seconds; connect again when you are ready"
            return say(late, n=f"{seconds:g}")
        case _:  # pragma: no cover
            assert_never(error)


def _taken(typed: str, holder: str, lost_after: int, language: Language) -> str:
    say = language.say
    free = say("{n} minutes", n=-(-lost_after // 60)) if lost_after >= 120 else say("{n} seconds", n=lost_after)
    taken = "{name} is taken; if that is your own lost connection, it will be free within {span}"
    if typed != holder:
        taken = (
            "{name} is taken (it looks like {holder}); "
            "if that is your own lost connection, it will be free within {span}"
        )
    return say(taken, name=language.quoted(typed), holder=language.quoted(holder), span=free)


def _of_lines(error: OfLines, language: Language) -> str:
    say = language.say
    match error:
        case hall.Muted(seconds, why):
            return say("the administrator has muted you {terms}", terms=_terms(seconds, why, language))
        case hall.NothingSaid():
            return say("there is nothing in that line to show; nothing was sent")
        case hall.YouAreQuiet():
            return say("you have turned the room off; /i turns it back on")
        case hall.TooSlow(nickname):
            return say("{name}'s connection is too slow to take it now; try again later", name=nickname)
        case hall.NobodyToAnswer():
            return say("nobody has written to you privately yet; @name text writes to name")
        case hall.AddresseeGone(nickname):
            return say("{name} has left; to:name talks to somebody else, to: to the room", name=nickname)
        case hall.AddresseeUnclear(addressee):
            return say("that may not have been meant for {name}; type it again if it is", name=addressee)
        case hall.NameChangedHands(nickname):
            changed = "{name} took this name after you had typed that; type it again if it is meant for them"
            return say(changed, name=nickname)
        case hall.OthersUnreachable():
            return say("the other servers of this chat can't be asked just now; try again in a moment")
        case hall.NoAnswer(nickname):
            return say("{name}'s server gives no answer: they may have got that, or not", name=nickname)
        case hall.TooMuchWaits(limit):
            return say("{n} lines wait for the other servers of this chat already; try again later", n=f"{limit:,}")
        case session.NotText():
            return say("that line is not UTF-8; it was not sent; set your terminal to UTF-8")
        case session.ChangedByTelnet():
            return say("your telnet changed a character of that line on its way; it was not sent; type it again")
        case session.TelnetUnfinished():
            return say("your client sent a telnet command without an end; what was in it is lost")
        case session.LineTooLong(limit):
            return say("that line is longer than {n} bytes; none of it was sent; cut it into shorter ones", n=limit)
        case session.PasteTooLong(limit, unit):
            size = "{n} bytes"
            if unit == "lines":
                size = "{n} lines"
            elif unit == "bytes in a line":
                size = "{n} bytes in a line"
            amount = say(size, n=f"{limit:,}")
            return say("that is more than {amount}; nothing of what you pasted was taken", amount=amount)
        case session.LineCutOff():
            return say("your last line had no end; it was not sent; end each line with a newline")
        case _:  # pragma: no cover
            assert_never(error)


def _of_rooms(error: OfRooms, language: Language) -> str:
    say = language.say
    match error:
        case hall.BadRoomName(typed, rule):
            return say("{name} can't be a room: {rule}", name=language.quoted(typed), rule=rule_words(rule, language))
        case hall.RoomLooksLike(typed, room):
            return say("{name} can't be a room: it looks like {room}", name=language.quoted(typed), room=room)
        case hall.NoSuchRoom(typed):
            return say(
                "there is no room {name}; /rooms lists those there are, /join opens a new one",
                name=language.quoted(typed),
            )
        case hall.NotInThatRoom(room):
            return say("you are in {room}: to: talks to it, /join goes to another room", room=room)
        case hall.InRoomAlready(room, None):
            return say("you are in {room} already", room=room)
        case hall.InRoomAlready(room, nickname):
            return say("{name} is in {room} already", name=nickname, room=room)
        case hall.RoomLocked(room):
            return say("{room} is locked; only those its first member invites get in", room=room)
        case hall.NotFirstMember(room, first):
            not_first = "only {first}, who has been in {room} the longest, can do that; /join #name opens your own room"
            return say(not_first, first=first, room=room)
        case hall.LobbyStaysOpen(room):
            return say("{room} stays open to all; /join #name opens a room that you can lock", room=room)
        case hall.LockKept(room, locked):
            return say("{room} is locked already" if locked else "{room} is open already", room=room)
        case _:  # pragma: no cover
            assert_never(error)


def _of_admission(error: OfAdmission, language: Language) -> str:
    say = language.say
    match error:
        case hall.HallFull(capacity):
            return say("this chat is full ({n} of {n} people are here); come back later", n=capacity)
        case hall.HallClosing(""):
            return say("this server is about to close and lets nobody in; come back later")
        case hall.HallClosing(elsewhere):
            told = say("this server is about to close and lets nobody in")
            return say("{told}; go on at: {elsewhere}", told=told, elsewhere=elsewhere)
        case hall.Banned(seconds, why):
            banned = "your address is banned from this chat {terms}; only its administrator can end that"
            return say(banned, terms=_terms(seconds, why, language))
        case session.WrongProtocol(protocol):
            return say("this port speaks plain text, not {protocol}; use telnet or nc", protocol=protocol)
        case session.TooManyConnections(limit):
            return say("the limit on connections ({n}) is reached; come back later", n=f"{limit:,}")
        case session.TooManyFromAddress(limit):
            full = "your address has reached its limit on connections ({n}); close one first"
            return say(full, n=f"{limit:,}")
        case session.TooManyArrivals(limit, seconds):
            again = "your address has made more than {n} connections in {seconds} seconds; wait a little and try again"
            return say(again, n=limit, seconds=f"{seconds:g}")
        case _:  # pragma: no cover
            assert_never(error)


def _terms(seconds: float | None, why: str, language: Language) -> str:
    """Return for how much longer a ban or a mute holds, and why."""
    terms = language.lasts(seconds)
    if seconds is not None:
        terms = language.say("{lasts} more", lasts=terms)
    return language.say("{terms} ({why})", terms=terms, why=why) if why else terms
