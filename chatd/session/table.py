"""What a table of commands is: names, arguments, help, costs. The parser and the usage lines come from there."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from chatd.core.text import one_line
from chatd.session.answers import CommandFacts
from chatd.session.refusals import BadUsage, UnknownCommand

Does = Callable[..., Awaitable[None] | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One command.

    `arguments` is what the usage line shows and the parser obeys: a word each, `[…]` around those that may be missing,
    and `...` behind a last one that takes the whole rest of the line. `parameters` are the names by which programs give
    them. `cost` is in lines of what a person may say. `more` is told to who asks for help on this command alone.
    """

    names: tuple[str, ...]
    arguments: str
    help: str
    does: Does
    cost: int
    parameters: tuple[str, ...]
    more: tuple[str, ...] = ()

    @property
    def usage(self) -> str:
        return f"/{self.names[0]} {self.arguments}".rstrip()

    @property
    def facts(self) -> CommandFacts:
        return CommandFacts(self.usage, self.help, tuple(f"/{name}" for name in self.names[1:]), self.more)

    def parse(self, typed: str) -> list[str]:
        """Return the arguments in what was typed behind the name, "" for each that is missing.

        @raises BadUsage: if there are too few or too many.
        """
        found = []
        for argument in self.arguments.split():
            typed = typed.lstrip()
            if argument.strip("[]").endswith("..."):
                word, typed = typed, ""
            else:
                word, _, typed = typed.partition(" ")
            found.append(word)
        if typed.strip():
            raise self.misused()
        self._check_enough(found)
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
        return BadUsage(self.usage, self.help, unsent=unsent)

    def _check_enough(self, found: list[str]) -> None:
        for argument, value in zip(self.arguments.split(), found, strict=True):
            if not value and not argument.startswith("["):
                raise self.misused()


class Table:
    """The commands of one kind of session. `others` are what else may be typed there, each with what it does."""

    def __init__(self, *others: tuple[str, str]) -> None:
        self._others = tuple(CommandFacts(*other) for other in others)
        self._entries: list[Entry] = []
        self._by_name: dict[str, Entry] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def command(
        self, *names: str, arguments: str = "", help: str, cost: int = 1, more: tuple[str, ...] = ()
    ) -> Callable[[Does], Does]:
        """Add a function; it is called with the state of the session and a string for each argument."""

        def add(does: Does) -> Does:
            parameters = tuple(inspect.signature(does).parameters)[1:]
            self._add(Entry(names, arguments, help, does, cost, parameters, more))
            return does

        return add

    def share(self, table: Table, *names: str) -> None:
        """Add commands of another table; without names, all of them."""
        for entry in map(table.find, names) if names else table:
            self._add(entry)

    def find(self, name: str, unsent: str = "") -> Entry:
        """Return the command of that name.

        @raises UnknownCommand: giving back `unsent`.
        """
        name = name.lower()
        if name not in self._by_name:
            near = next(iter(get_close_matches(name, self._by_name, n=1)), "")
            raise UnknownCommand(name, near, unsent=unsent)
        return self._by_name[name]

    def run_line(self, state: Any, typed: str, unsent: str = "") -> Awaitable[None] | None:
        """Do what was typed behind the slash; what takes its time is returned to be awaited.

        @raises HallError: if it is refused, giving back `unsent`.
        """
        name, _, rest = typed.partition(" ")
        entry = self.find(name, unsent)
        return self.run(state, entry, *entry.parse(rest))

    def run(self, state: Any, entry: Entry, *arguments: str) -> Awaitable[None] | None:
        """Do what a command does.

        @raises HallError: if it is refused.
        """
        state.client.charge(entry.cost - 1)
        return entry.does(state, *arguments)

    def is_command(self, typed: str) -> bool:
        """Say whether a line without a slash would be a command with one."""
        name, _, rest = typed.partition(" ")
        if name.lower() not in self._by_name:
            return False
        try:
            self.find(name).parse(rest)
        except BadUsage:
            return False
        return True

    def help(self) -> tuple[CommandFacts, ...]:
        """Return all that may be typed."""
        return (*self._others, *(replace(entry.facts, more=()) for entry in self))

    def _add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._by_name.update(dict.fromkeys(entry.names, entry))
