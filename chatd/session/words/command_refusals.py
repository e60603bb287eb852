"""Why a command is refused, in words: one that anybody gives, and one of an operator's."""

from __future__ import annotations

from typing import assert_never

from chatd.core import refusals as hall
from chatd.session import refusals as session
from chatd.session.words.language import Language

OfCommands = (
    session.BadUsage
    | session.UnknownCommand
    | session.AdministratorOnly
    | session.CommandElsewhere
    | session.PasswordDue
    | session.NoSuchTimeZone
    | session.NoSuchFormat
    | session.NoEditor
    | session.NoSuchLanguage
    | session.NotAnObject
    | session.NothingAsked
    | session.BadArgument
    | session.BadDuration
    | session.TookTooLong
)
OfOperators = (
    hall.NotBanned
    | hall.NotMuted
    | session.LooksLikeCommand
    | session.NoPrivateLines
    | session.NotByAddress
    | session.NotAnAddress
    | session.BadDrain
    | session.NotReloaded
    | session.NotKept
    | session.NotBackedUp
    | session.OnlyOne
    | session.NoSuchNode
    | session.NodeSilent
    | session.NoLevels
    | session.OpenAlready
    | session.StoppingAlready
)


def of_commands(error: OfCommands, language: Language) -> str:
    """Return why a command of anybody is refused, as one sentence."""
    say = language.say
    match error:
        case session.BadUsage(usage, help):
            return say("usage: {usage} -- {help}", usage=language.word(usage), help=language.word(help))
        case session.UnknownCommand():
            return _unknown(error, language)
        case session.AdministratorOnly(name):
            return say("only the administrator can /{name}; /ignore name hides what somebody says", name=name)
        case session.CommandElsewhere(only=True):
            return say("commands begin with a slash here, as in /ls or /help")
        case session.PasswordDue():
            return say("that was a one-time password; come without a command first, to choose your own")
        case session.CommandElsewhere():
            return say("to say it, type it again; quit leaves, /h helps")
        case session.NoSuchTimeZone(typed):
            return say("there is no time zone {name}; try one such as Asia/Shanghai, or +8", name=typed[:40])
        case session.NoSuchLanguage(typed, codes):
            return say(
                "{name} is not spoken here; {known} are", name=language.quoted(typed), known=language.all_of(codes)
            )
        case session.NoSuchFormat(typed, known):
            spoken = (
                "{name} is not spoken here; {known} are" if len(known) > 1 else "{name} is not spoken here; {known} is"
            )
            return say(spoken, name=language.quoted(typed), known=language.all_of(known))
        case session.NoEditor(why):
            return _why_no_editor(why, language)
        case session.NotAnObject():
            return say("that line is not a JSON object; /format text goes back to text")
        case session.NothingAsked():
            return say('an object asks for something by "do", or types a line by "line"')
        case session.BadArgument(name):
            return say("{name} must be a text of one line", name=language.quoted(name))
        case session.BadDuration(typed):
            bad = "{span} is not a duration; type one such as 90s, 15m, 2h or 7d (at most 3650d)"
            return say(bad, span=language.quoted(typed))
        case session.TookTooLong(seconds):
            return say("that was not done within {n} seconds; try again later", n=f"{seconds:g}")
        case _:  # pragma: no cover
            assert_never(error)


def of_operators(error: OfOperators, language: Language) -> str:
    """Likewise for an operator's."""
    say = language.say
    match error:
        case hall.NotBanned(target):
            return say("{name} is not banned; /bans lists who is", name=language.quoted(target))
        case hall.NotMuted(target):
            return say("{name} is not muted; /bans lists who is", name=language.quoted(target))
        case session.LooksLikeCommand(name):
            return say("/{name} is a command and needs its /; /announce says the line to everyone", name=name)
        case session.NoPrivateLines():
            return say("that would be a private line: /tell name text says it to one, /announce text to everyone")
        case session.NotByAddress(network):
            return say("{network} is this machine itself; its people can be banned by name alone", network=network)
        case session.NotAnAddress(typed):
            wanted = "{name} is not an address; type one such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/64"
            return say(wanted, name=language.quoted(typed))
        case session.BadDrain(typed, longest):
            bad = "{typed} is not a number of minutes from 1 to {longest}; off ends draining"
            return say(bad, typed=typed[:24], longest=f"{longest:,}")
        case session.NotReloaded(why):
            return say("{why}; nothing has changed", why=why)
        case session.NotKept(path, why):
            return say("{path} can't be written ({why}); it holds until chatd stops", path=path, why=why)
        case session.OnlyOne():
            return say("this chatd is the only one of its hall; with --redis it is one of several")
        case session.NoSuchNode(typed):
            return say("no server of this chat is called {typed}; /nodes lists them", typed=typed)
        case session.NodeSilent(node):
            return say("{node} gives no answer: it may do that, or not; /nodes says whether it is up", node=node)
        case session.NotBackedUp(why):
            return say("there is no backup: {why}", why=why)
        case session.NoLevels():
            return say("the log is twistd's own (a .tac, --syslog or --logger); its level can't be changed here")
        case session.OpenAlready():
            return say("people are let in already")
        case session.StoppingAlready():
            return say("chatd is stopping already")
        case _:  # pragma: no cover
            assert_never(error)


def _unknown(error: session.UnknownCommand, language: Language) -> str:
    say, near = language.say, error.near
    unknown = say("there is no command /{name}", name=error.name[:24])
    hint = say("the nearest is /{near}", near=near) if near else say("/h all lists them all")
    slashes = [say("//text says /text")] if error.explains else []
    return say("; ").join([unknown, hint, *slashes])


def _why_no_editor(why: session.WhyNoEditor, language: Language) -> str:
    say = language.say
    match why:
        case session.WhyNoEditor.CLIENT:
            return say("your client edits its line itself; telnet and ssh may have it done here, nc has rlwrap")
        case session.WhyNoEditor.REFUSED:
            return say("your client did not agree to have its line edited here; nothing has changed")
        case session.WhyNoEditor.FORMAT:
            return say("a program has no line to edit; /format text goes back to text")
        case session.WhyNoEditor.NO_TERMINAL:
            return say("there is no line to edit without a terminal; ssh -t brings one")
        case session.WhyNoEditor.ALWAYS:
            return say("by ssh the line of a terminal is always edited here; ssh -T brings no terminal")
        case _:  # pragma: no cover
            assert_never(why)
