"""What a table of commands is: names, arguments, help, costs. The parser and the usage lines come from there."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any
from unicodedata import normalize

from chatd.core.refusals import HallError
from chatd.core.text import one_line
from chatd.session.answers import CommandFacts
from chatd.session.refusals import AdministratorOnly, BadUsage, UnknownCommand

Does = Callable[..., Awaitable[None] | None]

_WORD = re.compile(r"\s*(\S*)\s*(.*)")
_NAME = re.compile(r"\s*@?\s*([^\s,:，：]*)[,:，：]*\s*(.*)")  # no name has a space, a comma or a colon

_NAMES = ("name", "old")  # arguments that are somebody's name


@dataclass(frozen=True, slots=True)
class Entry:
    """One command.

    `arguments` is what the usage line shows and the parser obeys: a word each, `[…]` around those that may be missing,
    and `...` behind a last one that takes the whole rest of the line. A `name`, or an `old` one, may be typed as
    `@alice` or `alice:`. `parameters` are the names by which programs give them. `cost` is in lines of what a person
    may say. `more` is told to whoever asks for help on this command alone. One that `takes_secrets` on lines of their
    own never gives back what stands behind it.
    """

    names: tuple[str, ...]
    arguments: str
    help: str
    does: Does
    cost: int
    parameters: tuple[str, ...]
    more: tuple[str, ...] = ()
    takes_secrets: bool = False

    @property
    def usage(self) -> str:
        return f"/{self.names[0]} {self.arguments}".rstrip()

    @property
    def facts(self) -> CommandFacts:
        return CommandFacts(self.usage, self.help, tuple(f"/{name}" for name in self.names[1:]), self.more)

    def parse(self, typed: str, unsent: str = "") -> list[str]:
        """Return the arguments in what was typed behind the name, "" for each that is missing.

        @raises BadUsage: if there are too few or too many; giving back `unsent`.
        """
        found = []
        for argument in self.arguments.split():
            if argument.strip("[]").endswith("..."):
                word, typed = typed.lstrip(), ""
            else:
                word, typed = split_name(typed) if argument.strip("[]") in _NAMES else split_word(typed)
            found.append(word)
        if typed.strip():
            raise self.misused(unsent)
        self._check_enough(found, unsent)
        return found

    def take(self, arguments: Mapping[str, str]) -> list[str]:
        """Return the arguments that a program gave by their names, "" for each that is missing.

        @raises BadUsage: if there are too few, or one is no text without spaces where a word is wanted.
        """
        found = []
        for argument, name in zip(self.arguments.split(), self.parameters, strict=True):
            value = one_line(arguments.get(name, ""))
            if not argument.strip("[]").endswith("...") and " " in (value := value.strip()):
                raise self.misused()
            found.append(value)
        self._check_enough(found)
        return found

    def misused(self, unsent: str = "") -> BadUsage:
        return BadUsage(self.usage, self.help, unsent="" if self.takes_secrets else unsent)

    def _check_enough(self, found: list[str], unsent: str = "") -> None:
        for argument, value in zip(self.arguments.split(), found, strict=True):
            if not value and not argument.startswith("["):
                raise self.misused(unsent)


class Table:
    """The commands of one kind of session. `others` are what else may be typed there, each with what it does.

    `essentials` are what somebody new should know first, the last of all nearest to where they type: names of commands,
    and how others are typed. `operators_only` are names of commands that only operators have.
    """

    def __init__(
        self, *others: tuple[str, str], essentials: tuple[str, ...] = (), operators_only: tuple[str, ...] = ()
    ) -> None:
        self._others = tuple(CommandFacts(*other) for other in others)
        self._essentials = essentials
        self._operators_only = operators_only
        self._entries: list[Entry] = []
        self._by_name: dict[str, Entry] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def command(
        self,
        *names: str,
        arguments: str = "",
        help: str,
        cost: int = 1,
        more: tuple[str, ...] = (),
        takes_secrets: bool = False,
    ) -> Callable[[Does], Does]:
        """Add a function; it is called with the state of the session and a string for each argument."""

        def add(does: Does) -> Does:
            parameters = tuple(inspect.signature(does).parameters)[1:]
            self._add(Entry(names, arguments, help, does, cost, parameters, more, takes_secrets))
            return does

        return add

    def share(self, table: Table, *names: str) -> None:
        """Add commands of another table; without names, all of them."""
        for entry in map(table.find, names) if names else table:
            self._add(entry)

    def find(self, name: str) -> Entry:
        """Return the command of that name.

        @raises UnknownCommand: if there is none.
        @raises AdministratorOnly: if only operators have it.
        """
        name = normalize("NFKC", name).lower()
        if name in self._by_name:
            return self._by_name[name]
        if name in self._operators_only:
            raise AdministratorOnly(name)
        near = next(iter(get_close_matches(name, self._by_name, n=1)), "")
        raise UnknownCommand(name, near)

    def meant(self, name: str) -> Entry | None:
        """Return the command of that name, or the one that might be meant; None if there is neither.

        @raises AdministratorOnly: if only operators have it.
        """
        try:
            return self.find(name)
        except UnknownCommand as error:
            return self._by_name.get(error.near)

    def parse(self, typed: str, unsent: str = "") -> tuple[Entry, list[str]]:
        """Return the command that was typed behind the slash, and its arguments.

        @raises HallError: if it is none; with its usage, `unsent` is given back.
        """
        name, rest = split_word(typed)
        entry = self.find(name)
        return entry, entry.parse(rest, unsent)

    def run_line(self, state: Any, typed: str, unsent: str = "") -> Awaitable[None] | None:
        """Do what was typed behind the slash; what takes its time is returned to be awaited.

        @raises HallError: if it is refused; with its usage, `unsent` is given back.
        """
        entry, arguments = self.parse(typed, unsent)
        return self.run(state, entry, *arguments)

    def run(self, state: Any, entry: Entry, *arguments: str) -> Awaitable[None] | None:
        """Do what a command does.

        @raises HallError: if it is refused.
        """
        state.client.charge(entry.cost - 1)
        return entry.does(state, *arguments)

    def command_in(self, typed: str) -> Entry | None:
        """Return the command that a line without a slash would be with one, None for any other line."""
        try:
            return self.parse(typed)[0]
        except HallError:
            return None

    def help(self) -> tuple[CommandFacts, ...]:
        """Return all that may be typed."""
        return (*self._others, *(replace(entry.facts, more=()) for entry in self))

    def essentials(self) -> tuple[CommandFacts, ...]:
        """Return what somebody new should know first."""
        others = {other.usage: other for other in self._others}
        return tuple(others[name] if name in others else self.find(name).facts for name in self._essentials)

    def _add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._by_name.update(dict.fromkeys(entry.names, entry))


def split_name(typed: str) -> tuple[str, str]:
    """Return the name that something typed begins with, and what stands behind it: `alice: hi`, `@alice hi`."""
    return _split(_NAME, typed)


def split_word(typed: str) -> tuple[str, str]:
    """Return the word that something typed begins with, and what stands behind it."""
    return _split(_WORD, typed)


def _split(pattern: re.Pattern[str], typed: str) -> tuple[str, str]:
    match = pattern.fullmatch(typed)
    assert match is not None  # it fits any line
    return match[1], match[2]
