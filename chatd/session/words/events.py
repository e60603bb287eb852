"""An event in words."""

from __future__ import annotations

from typing import assert_never

from chatd.core.events import (
    Acted,
    AddresseeAway,
    AddresseeChanged,
    AddresseeLeft,
    Announced,
    Cause,
    ClosingAnnounced,
    ClosingCalledOff,
    Departure,
    Divided,
    Event,
    Invited,
    Joined,
    KeyLost,
    Left,
    LockTurned,
    MuteChanged,
    NicknameGiven,
    NicknameLost,
    RegistrationLost,
    RememberTurned,
    Renamed,
    Reunited,
    RoomIsYours,
    Said,
    SaidLate,
    SomeLost,
    ToldByAdministrator,
    WentElsewhere,
    Whispered,
    WhisperSent,
)
from chatd.session.view import View
from chatd.session.words.frame import framed
from chatd.session.words.language import Language


def event_line(event: Event, view: View) -> str:
    """Return the line, without its end, in which a person reads an event."""
    return _framed(event, view.language, stamp_of(event, view))


def stamp_of(event: Event, view: View) -> str:
    """Return the time in front of an event; that of a late line is shown even to those who want none."""
    if isinstance(event, SaidLate):
        return f"({view.language.say('said at {time}', time=view.time_of_day(event.at))}) "
    return view.stamp(event.at)


def replayed_line(event: Event, view: View, now: float) -> str:
    """Return the same for an event of earlier, with its day unless that is today's."""
    return _framed(event, view.language, view.day(event.at, now) + view.stamp(event.at))


def event_words(event: Event, language: Language) -> str:
    """Return what a person reads of an event, with the mark that says what it is, and without the time."""
    return _framed(event, language, "")


def _framed(event: Event, language: Language, stamp: str) -> str:
    say = language.say
    match event:
        case SaidLate(_, _, speaker, text, acted):
            return framed(f"{stamp}* {speaker} " if acted else f"{stamp}<{speaker}> ", text)
        case Said(_, _, speaker, text):
            return framed(f"{stamp}<{speaker}> ", text)
        case Acted(_, _, speaker, text):
            return framed(f"{stamp}* {speaker} ", text)
        case Whispered(_, sender, text):
            return framed(f"{stamp}[{sender} -> {say('you')}] ", text)
        case WhisperSent(_, addressee, text):
            return framed(f"{stamp}[{say('you')} -> {addressee}] ", text)
        case AddresseeAway(_, nickname, ""):
            return f"{stamp}-- {say('{nickname} is away', nickname=nickname)}"
        case AddresseeAway(_, nickname, why):
            return framed(f"{stamp}-- {say('{nickname} is away: ', nickname=nickname)}", why)
        case Announced(_, text):
            return f"{stamp}## {say('Administrator: ')}{text}"
        case ToldByAdministrator(_, text):
            return f"{stamp}## {say('Administrator to you: ')}{text}"
        case ClosingAnnounced() | ClosingCalledOff():
            return f"{stamp}## {say('Administrator: ')}{_closing(event, language)}"
        case _:
            return f"{stamp}-- {_notice(event, language)}"


def _notice(
    event: AddresseeChanged
    | AddresseeLeft
    | Joined
    | WentElsewhere
    | Left
    | Renamed
    | LockTurned
    | RoomIsYours
    | RememberTurned
    | Invited
    | MuteChanged
    | NicknameGiven
    | Divided
    | Reunited
    | SomeLost
    | NicknameLost
    | RegistrationLost
    | KeyLost,
    language: Language,
) -> str:
    say = language.say
    match event:
        case AddresseeChanged(_, nickname, before):
            return say("now talking to {nickname} (was {before})", nickname=nickname, before=before)
        case AddresseeLeft(_, nickname):
            return say("{nickname}, whom you were talking to, has left; to:name or to: chooses anew", nickname=nickname)
        case Joined(_, _, nicknames):
            return say("{names} joined", names=language.some_of(nicknames))
        case WentElsewhere(_, _, nicknames):
            names = language.some_of(nicknames)
            return language.count(
                len(nicknames), "{names} went to another room", "{names} went to other rooms", names=names
            )
        case Left(_, _, nicknames, how):
            because = departure_words(how, language) if how else ""
            names = language.some_of(nicknames)
            if because:
                return say("{names} left ({because})", names=names, because=because)
            return say("{names} left", names=names)
        case Renamed(_, _, names):
            return _renamed(names, language)
        case LockTurned(_, room, nickname, locked):
            turned = "{nickname} locked {room}" if locked else "{nickname} unlocked {room}"
            return say(turned, nickname=nickname, room=room)
        case RoomIsYours(_, room):
            return say("{room} is yours now: /unlock, /invite", room=room)
        case RememberTurned(_, room, nickname, remembered):
            turned = "{nickname} turned on the history of {room}: it is kept on the disk; /h remember says how long"
            if not remembered:
                turned = "{nickname} turned off the history of {room}: nothing more is kept on the disk"
            return say(turned, nickname=nickname, room=room)
        case Invited(_, room, host):
            return say("{host} invites you to {room}: /join {room} takes you there", host=host, room=room)
        case MuteChanged(_, False, _, _):
            return say("you are not muted any more")
        case MuteChanged(_, _, seconds, why):
            told = say("the administrator has muted you {lasts}", lasts=language.lasts(seconds))
            return language.because(told, why)
        case NicknameGiven(_, nickname):
            return say("the administrator has changed your nickname to {nickname}", nickname=nickname)
        case Divided():
            return say("the other servers of this chat can't be reached; those here hear you, the others will later")
        case Reunited():
            return say("the other servers of this chat can be reached again; what you said meanwhile goes to them now")
        case SomeLost():
            return say("some of what was said on the other servers of this chat is lost here")
        case NicknameLost(_, nickname, before):
            lost = "{before} is somebody else now, who took that name while this server was cut off; you are {nickname}"
            return say(lost, before=before, nickname=nickname)
        case RegistrationLost(_, nickname):
            lost = (
                "{nickname} is not registered to you any more: on another server of this chat somebody had registered"
                " it before you, or it was given up there"
            )
            return say(lost, nickname=nickname)
        case KeyLost(_, nickname, fingerprint):
            lost = (
                "the SSH key {fingerprint} does not open {nickname} any more: on another server of this chat it had"
                " opened another name before"
            )
            return say(lost, nickname=nickname, fingerprint=fingerprint)
        case _:  # pragma: no cover
            assert_never(event)


def _closing(event: ClosingAnnounced | ClosingCalledOff, language: Language) -> str:
    if isinstance(event, ClosingCalledOff):
        return language.say("this server stays open")
    told = _closing_in(event.minutes, language)
    if event.elsewhere:
        return language.say("{told}; go on at: {elsewhere}", told=told, elsewhere=event.elsewhere)
    return told


def _closing_in(minutes: int | None, language: Language) -> str:
    if minutes is None:
        return language.say("this server closes soon; nobody new is let in")
    if minutes == 0:
        return language.say("this server is closing now")
    one = "this server closes in 1 minute; nobody new is let in"
    return language.count(minutes, one, "this server closes in {n} minutes; nobody new is let in")


def departure_words(how: Departure, language: Language) -> str:
    """Return how somebody left the chat, as the others read it; "" if there is nothing to say."""
    say, why = language.say, how.why
    match how.cause:
        case Cause.QUIT:
            return say('"{name}"', name=why) if why else ""  # in quotes, for it is not chatd that says so
        case Cause.CLOSED:
            return ""
        case Cause.LOST:
            return say("connection lost")
        case Cause.STALLED:
            return say("connection stalled for {n} s", n=f"{how.seconds:g}")
        case Cause.BROKEN:
            return say("connection broken")
        case Cause.IDLE:
            return say("idle for {n} s", n=f"{how.seconds:g}")
        case Cause.KICKED:
            told = say("disconnected by the administrator")
            return language.because(told, why)
        case Cause.BANNED:
            told = say("banned by the administrator: {lasts}", lasts=language.lasts(how.seconds))
            return say("{told}, {why}", told=told, why=why) if why else told
        case Cause.STOPPED:
            return say("chatd stopped")
        case _:  # pragma: no cover
            assert_never(how.cause)


def _renamed(names: tuple[tuple[str, str], ...], language: Language) -> str:
    pairs = [language.say("{before} is now called {after}", before=before, after=after) for before, after in names]
    if len(pairs) > 4:
        others = f"{len(pairs) - 2:,}"
        return language.say(
            "{first}, {second} and {n} others took other names", first=pairs[0], second=pairs[1], n=others
        )
    return language.all_of(pairs)
