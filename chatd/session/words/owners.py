"""Answers and refusals about owned names, letters and what was said before, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from chatd.core import owner_refusals as refusal
from chatd.session import owner_answers as to
from chatd.session import refusals as session
from chatd.session.view import View
from chatd.session.words.language import Language, rule_words

OfOwners = (
    refusal.BadPassword
    | refusal.NameOwned
    | refusal.OwnsAlready
    | refusal.TooManyOwners
    | refusal.RegisteredTooOften
    | refusal.NotOwned
    | refusal.TooManyGuesses
    | refusal.TooManyLogins
    | refusal.OnlyByKey
    | refusal.OneTimePasswordOver
    | refusal.KeyTaken
    | refusal.TooManyKeys
    | refusal.NoSuchKey
    | refusal.NoPublicKey
    | refusal.LastKey
    | refusal.OwnerNotHere
    | refusal.LettersFull
    | refusal.PeopleNotWritten
    | refusal.PeopleNotRead
    | refusal.ArchiveSilent
    | session.OfPasswords
)


def for_owners(answer: to.ForOwners, view: View) -> Iterator[str]:
    """Yield the lines of an answer, without their mark."""
    language = view.language
    say = language.say
    match answer:
        case to.Keys():
            yield from _key_list(answer, view)
        case to.Registered(nickname, True):
            yours = "{name} is yours: your SSH key opens it; /keys lists keys, /password adds one for other ways in"
            yield say(yours, name=nickname)
        case to.Registered(nickname):
            yours = (
                "{name} is yours: from now on you come in with your password; "
                "/password changes it, /unregister gives it up"
            )
            yield say(yours, name=nickname)
        case to.PasswordChanged(nickname, True):
            yield say("{name} has a password now, too", name=nickname)
        case to.PasswordChanged(nickname):
            yield say("{name} has a new password", name=nickname)
        case to.KeyAdded(nickname, fingerprint):
            yield say("{key} opens {name} from now on", key=fingerprint, name=nickname)
        case to.KeyRemoved(nickname, fingerprint):
            yield say("{key} opens {name} no longer", key=fingerprint, name=nickname)
        case to.Unregistered(nickname):
            yield say("anybody may have {name} again", name=nickname)
        case to.Remembering():
            yield _remembering(answer, language)
        case to.Forgotten(lines):
            one = "1 line is forgotten here, but not on the screens of others or in backups"
            many = "{n} lines are forgotten here, but not on the screens of others or in backups"
            yield language.count(lines, one, many)
        case to.LetterKept(nickname, days):
            yield say(
                "{name} is not here; your line is kept and {name} reads it when they come, within {span}",
                name=nickname,
                span=language.count(days, "1 day", "{n} days"),
            )
        case _:  # pragma: no cover
            assert_never(answer)


def _key_list(answer: to.Keys, view: View) -> Iterator[str]:
    say = view.language.say
    count, name = len(answer.keys), answer.nickname
    if answer.has_password:
        told = view.language.count(
            count, "1 key and a password open {name}", "{n} keys and a password open {name}", name=name
        )
    else:
        told = view.language.count(
            count, "1 key opens {name}, and no password", "{n} keys open {name}, and no password", name=name
        )
    yield told if count else say("a password opens {name}, and no key", name=name)
    for key in answer.keys:
        since = f"{datetime.fromtimestamp(key.since, view.zone):%Y-%m-%d}"
        came = say("; you came with it") if key.here else ""
        yield say("{key} {comment}, since {date}", key=key.fingerprint, comment=key.comment, date=since) + came


def _remembering(answer: to.Remembering, language: Language) -> str:
    say = language.say
    if not answer.remembered:
        return say("what you say in rooms is not remembered; /remember on ends that")
    facts = []
    if answer.days:
        kept = "what you say in {room} is kept for {span}"
        facts.append(say(kept, room=answer.room, span=language.count(answer.days, "1 day", "{n} days")))
    else:
        facts.append(say("what you say in {room} is not kept on disk", room=answer.room))
    if answer.lines:
        shown = "whoever enters is shown the last {n} lines"
        facts.append(language.count(answer.lines, "whoever enters is shown the last line", shown))
    return say("; ").join(facts)


def of_owners(error: OfOwners, language: Language) -> str:
    """Return a refusal as one sentence."""
    say = language.say
    match error:
        case (
            session.WrongPassword()
            | session.TooManyPasswords()
            | session.PasswordsDiffer()
            | session.PasswordFirst()
            | session.NotPrivate()
            | session.NamesNotOwned()
        ):
            return _of_passwords(error, language)
        case refusal.BadPassword(rule):
            return say("that can't be a password: {rule}", rule=rule_words(rule, language))
        case refusal.NameOwned(typed, holder):
            owned = "{name} has an owner; /nick chooses another name"
            if typed != holder:
                owned = "{name} has an owner (it looks like {holder}); /nick chooses another name"
            return say(owned, name=language.quoted(typed), holder=language.quoted(holder))
        case refusal.OwnsAlready(nickname):
            return say("you own {name} already; /unregister gives it up", name=nickname)
        case refusal.TooManyOwners(limit):
            many = "{n} names have owners, the most there may be; the administrator can free some"
            return say(many, n=f"{limit:,}")
        case refusal.RegisteredTooOften(limit, wait):
            often = "{n} names were registered from your address today; try again in {span}"
            return say(often, n=limit, span=_about(wait, language))
        case refusal.NotOwned(typed):
            return say("{name} has no owner", name=language.quoted(typed))
        case refusal.TooManyGuesses(limit, wait):
            guesses = "{n} wrong passwords came from your address; try again in {span}"
            return say(guesses, n=limit, span=_about(wait, language))
        case refusal.TooManyLogins():
            return say("too many people are giving passwords just now; try again in a moment")
        case refusal.OnlyByKey(nickname):
            by_key = "{name} has no password, only an SSH key; come with ssh, or choose another nickname"
            return say(by_key, name=nickname)
        case refusal.OneTimePasswordOver(nickname):
            over = "that password of {name} was valid for a day; the administrator can give you a new one"
            return say(over, name=nickname)
        case _:
            return _of_keys_and_letters(error, language)


def _of_passwords(error: session.OfPasswords, language: Language) -> str:
    say = language.say
    match error:
        case session.WrongPassword(nickname):
            return say("that is not {name}'s password; an empty line gives none", name=nickname)
        case session.TooManyPasswords(limit):
            return say("{n} wrong passwords; the administrator can give you a new one", n=limit)
        case session.PasswordsDiffer():
            return say("these two differ; choose a password again; an empty line gives none")
        case session.PasswordFirst():
            return say("a password is waited for; an empty line gives none, quit leaves")
        case session.NotPrivate(nickname):
            private = "{name} needs a password, which could be read on its way here; come by TLS, or as somebody else"
            return say(private, name=nickname)
        case session.NamesNotOwned():
            return say("names are not owned here")
        case _:  # pragma: no cover
            assert_never(error)


def _of_keys_and_letters(
    error: refusal.KeyTaken
    | refusal.TooManyKeys
    | refusal.NoSuchKey
    | refusal.NoPublicKey
    | refusal.LastKey
    | refusal.OwnerNotHere
    | refusal.LettersFull
    | refusal.PeopleNotWritten
    | refusal.PeopleNotRead
    | refusal.ArchiveSilent,
    language: Language,
) -> str:
    say = language.say
    match error:
        case refusal.KeyTaken(holder):
            return say("that key is {name}'s already; a key opens one name", name=holder)
        case refusal.TooManyKeys(limit):
            return say("a name may have {n} keys at most; remove one first", n=limit)
        case refusal.NoSuchKey(fingerprint):
            return say("there is no key {key}", key=language.quoted(fingerprint))
        case refusal.NoPublicKey():
            return say("that is no SSH key: give a line of a .pub file, or nothing where you came with one")
        case refusal.LastKey():
            return say("that is the only key, and there is no password; /password sets one first")
        case refusal.OwnerNotHere(nickname):
            return say("{name} owns that name and is not here", name=nickname)
        case refusal.LettersFull(nickname, limit, True):
            return say("{name} is not here, and {n} of your lines wait for {name} already", name=nickname, n=limit)
        case refusal.LettersFull(nickname, limit):
            return say("{name} is not here, and {n} lines wait for {name} already", name=nickname, n=limit)
        case refusal.PeopleNotWritten():
            return say("that can't be written to the disk just now, and nothing has changed; try again later")
        case refusal.PeopleNotRead():
            return say("that can't be read from the disk just now; try again later")
        case refusal.ArchiveSilent():
            return say("what was said before can't be reached just now; try again later")
        case _:  # pragma: no cover
            assert_never(error)


def _about(seconds: float, language: Language) -> str:
    minutes = max(1, round(seconds / 60))
    if minutes < 120:
        return language.count(minutes, "a minute", "{n} minutes")
    return language.say("{n} hours", n=round(minutes / 60))
