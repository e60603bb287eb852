"""The refusals about owned names, letters and what was said before, in words."""

from __future__ import annotations

from typing import assert_never

from chatd.core import owner_refusals as refusal
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
    | refusal.LastKey
    | refusal.OwnerNotHere
    | refusal.LettersFull
    | refusal.PeopleNotWritten
    | refusal.PeopleNotRead
    | refusal.ArchiveSilent
)


def of_owners(error: OfOwners, language: Language) -> str:
    """Return a refusal as one sentence."""
    say = language.say
    match error:
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
            many = "{n} names have owners, which is all there may be; the administrator can free some"
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


def _of_keys_and_letters(
    error: refusal.KeyTaken
    | refusal.TooManyKeys
    | refusal.NoSuchKey
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
            return say("{n} keys are all that a name may have; remove one first", n=limit)
        case refusal.NoSuchKey(fingerprint):
            return say("there is no key {key}", key=language.quoted(fingerprint))
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
