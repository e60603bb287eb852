"""What operators are answered, in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, assert_never

from chatd.core.nickname import columns
from chatd.session import operator_answers as to
from chatd.session.view import View
from chatd.session.words.language import Language, people_here, table


def for_operators(answer: to.ForOperators, view: View) -> Iterator[str]:
    """Yield the lines of an answer, without their mark."""
    language = view.language
    say = language.say
    match answer:
        case to.AnnouncedTo(people):
            yield language.count(people, "announced to 1 person", "announced to {n} people")
        case to.Listening(room):
            yield say("you are listening to {room}", room=room) if room else say("you have stopped listening")
        case to.ToldTo(nickname):
            yield say("{name} was told", name=nickname)
        case to.Everybody(total, people):
            head = (
                language.count(total, "1 person is here:", "{n} people are here:") if total else say("nobody is here")
            )
            yield from language.listing(head, (f"{person.name} {person.room}" for person in people))
        case to.Connections():
            yield from _long_list(answer, view)
        case to.Kicked(name):
            yield say("{name} is disconnected", name=name)
        case to.BanMade():
            yield from _ban_made(answer, language)
        case to.MuteMade(made, before, absent, kept):
            yield say("{name} is muted {lasts}", name=made.target, lasts=language.lasts(made.seconds)) + _but(
                before, absent, kept, language
            )
        case to.BanLifted(target, muted):
            yield say("{name} is not muted any more" if muted else "{name} is not banned any more", name=target)
        case to.BanList(bans):
            yield from (_ban(ban, view) for ban in bans)
            if not bans:
                yield say("nobody is banned or muted")
        case to.RenameMade(before_name, nickname):
            yield say("{before} is now called {name}", before=before_name, name=nickname)
        case to.Stats(facts, True):
            yield json.dumps(facts)
        case to.Stats(facts):
            for name, value in facts.items():
                yield language.because(language.word(name.replace("_", " ")), _figure(value) or say("none"))
        case to.Draining():
            yield _draining(answer, language)
        case to.Stopping():
            yield say("chatd is stopping")
        case to.Reloaded():
            yield from _reloaded(answer, language)
        case to.LogLevelSet(level):
            yield say("what is logged: {level} and above", level=level)
        case to.OwnerList():
            yield from _owners(answer, language, view)
        case to.PasswordReset(nickname, password, hours):
            yield say(
                "{name} can come in with this password within {n} hours, and must then choose another: {password}",
                name=nickname,
                n=hours,
                password=password,
            )
        case to.Disowned(nickname):
            yield say("anybody may have {name} again", name=nickname)
        case to.BackedUp(folder):
            yield say("all that is on the disk was copied to {folder}", folder=folder)
        case to.NodeList(nodes, untold):
            yield from (_node(node, view) for node in nodes)
            if untold:
                yield language.count(untold, "1 line waits to be told", "{n} lines wait to be told")
        case _:  # pragma: no cover
            assert_never(answer)


def _long_list(answer: to.Connections, view: View) -> Iterator[str]:
    language = view.language
    head = tuple(map(language.word, ("NICKNAME", "ROOM", "ADDRESS", "SINCE", "IDLE", "WAITING")))
    rows = (
        (
            one.nickname or "-",
            one.room or "-",
            one.address or "-",
            f"{datetime.fromtimestamp(one.since, view.zone):%Y-%m-%d %H:%M}",
            "-" if one.idle is None else language.span(one.idle),
            "-" if one.waiting is None else f"{one.waiting:,} B",
        )
        for one in answer.connections
    )
    names, rooms, addresses = answer.widths
    idle = max(10, columns(language.span(7500)))  # of two units
    widths = (max(names, columns(head[0])), max(rooms, columns(head[1])), max(addresses, columns(head[2])), 16, idle)
    return table(widths, chain([head], rows))


def _owners(answer: to.OwnerList, language: Language, view: View) -> Iterator[str]:
    say = language.say
    yield language.count(answer.total, "1 name has an owner", "{n} names have owners")
    if not answer.total:
        return
    rows = (
        (
            one.name,
            f"{datetime.fromtimestamp(one.since, view.zone):%Y-%m-%d}",
            say("now") if one.here else f"{datetime.fromtimestamp(one.seen, view.zone):%Y-%m-%d}",
            f"{one.keys:,}" if one.keys else "-",
            say("one-time") if one.must_change else say("yes") if one.has_password else "-",
        )
        for one in answer.owners
    )
    head = tuple(map(language.word, ("NAME", "SINCE", "LAST HERE", "KEYS", "PASSWORD")))
    widths = (max(answer.width, columns(head[0])), *(max(10, columns(word)) for word in head[1:3]), columns(head[3]))
    yield from table(widths, chain([head], rows))


def _ban_made(answer: to.BanMade, language: Language) -> Iterator[str]:
    say, made = language.say, answer.ban
    line = say("{name} is banned {lasts}", name=made.target, lasts=language.lasts(made.seconds))
    if answer.disconnected:
        names = language.some_of(answer.disconnected)
        before = _but(answer.before, False, True, language)
        line += before + say("; disconnected: {names}", names=names) + _but((), False, answer.kept, language)
    else:
        line += _but(answer.before, answer.absent, answer.kept, language)
    yield line
    for hint in answer.hints:
        if hint.address is None:
            yield say("they come from this machine itself, so there is no address to ban")
            continue
        whole = "/ban {address} bans their address with its /64"
        bans = say(whole if ":" in hint.address else "/ban {address} bans their address", address=hint.address)
        too = say("; {names} would be disconnected too", names=language.some_of(hint.also)) if hint.also else ""
        yield bans + too


def _but(before: Iterable[to.BanFacts], absent: bool, kept: bool, language: Language) -> str:
    """Return what an operator should know besides of what was done."""
    say, known = language.say, ""
    for ban in before:
        known += say(" (before: {name} {lasts})", name=ban.target, lasts=language.lasts(ban.seconds))
    if absent:
        known += say("; nobody of that name is here")
    if not kept:
        known += say("; without --state it ends when chatd stops")
    return known


def _ban(ban: to.BanFacts, view: View) -> str:
    language = view.language
    holds = "{name} is muted {lasts}" if ban.muted else "{name} is banned {lasts}"
    line = language.because(language.say(holds, name=ban.target, lasts=language.lasts(ban.seconds)), ban.why)
    if ban.since is None:
        return line
    since = f"{datetime.fromtimestamp(ban.since, view.zone):%Y-%m-%d %H:%M}"
    if not ban.by:
        return language.say("{ban} (since {since})", ban=line, since=since)
    return language.say("{ban} (since {since}, by {operator})", ban=line, since=since, operator=ban.by)


def _figure(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{kind} {count:,}" for kind, count in value.items())
    return f"{value:,}"


def _draining(answer: to.Draining, language: Language) -> str:
    what = _draining_here(answer, language)
    return what if answer.node is None else language.say("{node}: {what}", node=answer.node, what=what)


def _draining_here(answer: to.Draining, language: Language) -> str:
    if not answer.draining:
        return language.say("people are let in again")
    if answer.minutes is None:
        return language.say("nobody new is let in; /stop ends chatd, /drain off lets people in again")
    stops = "nobody new is let in, and chatd stops in {n} min; /drain off ends that"
    return language.say(stops, n=answer.minutes)


def _reloaded(answer: to.Reloaded, language: Language) -> Iterator[str]:
    say = language.say
    if answer.taken_over:
        yield say("applied: {names}", names=say(", ").join(answer.taken_over))
    for name in answer.need_restart:
        yield say("needs a restart: {name}", name=name)
    yield from answer.news
    if not (answer.taken_over or answer.need_restart or answer.news):
        yield say("nothing has changed")


def _node(node: to.NodeFacts, view: View) -> str:
    say = view.language.say
    facts = [
        say("up since {when}", when=f"{datetime.fromtimestamp(node.since, view.zone):%Y-%m-%d %H:%M}"),
        people_here(node.people, view.language),
        say("{n} s behind", n=f"{node.behind:.1f}"),
    ]
    this = f" ({say('this one')})" if node.this else ""
    return f"{node.name}{this}: " + say(", ").join(facts)
