"""How somebody sees the chat: the commands for it, as a table of its own."""

from __future__ import annotations

from chatd.session.answers import BellRings, ColoursShown, EchoShown, FormatSpoken, LanguageSet, TimeShown
from chatd.session.participant import Participant
from chatd.session.person import Chatting
from chatd.session.refusals import NoSuchLanguage, NoSuchTimeZone
from chatd.session.table import Table
from chatd.session.view import zone_name
from chatd.session.words.languages import LANGUAGES

TABLE = Table()
command = TABLE.command


@command("time", arguments="[on|off|zone]", help="the time in front of lines; a zone such as +8")
def time(chat: Participant, zone: str) -> None:
    if zone:
        name = zone.lower() if zone.lower() in ("on", "off") else zone_name(zone)
        try:
            chat.client.view = chat.client.view.but(time=name)
        except ValueError:
            raise NoSuchTimeZone(zone) from None
    chat.answer(TimeShown(chat.client.view.time))


@command("lang", arguments="[code]", help="choose your language; alone: list them")
def lang(chat: Participant, code: str) -> None:
    if code:
        if code.lower() not in LANGUAGES:
            raise NoSuchLanguage(code, tuple(LANGUAGES))
        chat.client.view = chat.client.view.but(code=code.lower())
    known = {language.code: language.name for language in LANGUAGES.values()}
    chat.answer(LanguageSet(chat.client.view.language.code, known))


@command("echo", arguments="[on|off]", help="whether the room shows you your own lines")
def echo(chat: Chatting, shown: str) -> None:
    if shown:
        if shown not in ("on", "off"):
            raise chat.table.find("echo").misused()
        chat.member.echo = shown == "on"
    chat.answer(EchoShown(chat.member.echo))


@command("colour", "color", arguments="[on|off|16]", help="names in colour, if your terminal has it")
def colour(chat: Participant, colours: str) -> None:
    if colours:
        if colours not in ("on", "off", "16"):
            raise chat.table.find("colour").misused()
        chat.client.view = chat.client.view.but(colours=colours)
    chat.answer(ColoursShown(chat.client.view.colours))


@command("bell", arguments="[on|off]", help="whether the bell rings when a line names you")
def bell(chat: Participant, rings: str) -> None:
    if rings:
        if rings not in ("on", "off"):
            raise chat.table.find("bell").misused()
        chat.client.view = chat.client.view.but(bell=rings == "on")
    chat.answer(BellRings(chat.client.view.bell))


@command("edit", arguments="[on|off]", help="in telnet: type in a row that lines leave whole")
def edit(chat: Chatting, on: str) -> None:
    if on not in ("", "on", "off"):
        raise chat.table.find("edit").misused()
    chat.client.edit(on != "off")


@command("format", arguments="text|json", help="the format for programs: docs/json.md")
def format_(chat: Participant, format: str) -> None:
    chat.client.speak(format)
    chat.say_hello()
    chat.answer(FormatSpoken(format))
