"""What a table of slash commands is: names, arguments, help, costs. The parser and the usage lines come from there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from chatd.core.refusals import HallError

Does = Callable[..., Awaitable[None] | None]


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    `arguments` is what the usage line shows and the parser obeys: a word each, `[…]` around those that may be missing,
    and `...` behind a last one that takes the whole rest of the line. `cost` is in lines of what a person may say.
    """

    names: tuple[str, ...]
    arguments: str
    help: str
    does: Does
    cost: int

    @property
    def usage(self) -> str:
        return f"/{self.names[0]} {self.arguments}".rstrip()

    def parse(self, typed: str) -> list[str]:
        """Return the arguments in what was typed behind the name, "" for each that is missing.

        @raises BadUsage: if there are too few or too many.
        """
        wanted = self.arguments.split()
        found = []
        for argument in wanted:
            typed = typed.lstrip()
            if argument.strip("[]").endswith("..."):
                word, typed = typed, ""
            else:
                word, _, typed = typed.partition(" ")
            if not word and not argument.startswith("["):
                raise BadUsage(self)
            found.append(word)
        if typed.strip():
            raise BadUsage(self)
        return found


class BadUsage(HallError):
    """The command was given too few arguments, or too many."""

    def __init__(self, command: Command) -> None:
        super().__init__(f"usage: {command.usage} -- {command.help}")


class UnknownCommand(HallError):
    """No command has that name; `near` is one that might be meant, or ""."""

    def __init__(self, name: str, near: str, line: str) -> None:
        hint = f"the nearest is /{near}" if near else "/h lists those there are"
        slashes = "; // in front says a line that begins with /" if line else ""
        super().__init__(f"there is no command /{name[:24]}; {hint}{slashes}", line)


class Table:
    """The commands of one kind of talk. `others` are what else may be typed there, each with what it does, for /h."""

    def __init__(self, *others: tuple[str, str]) -> None:
        self._others = others
        self._commands: list[Command] = []
        self._by_name: dict[str, Command] = {}

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands)

    def command(self, *names: str, arguments: str = "", help: str, cost: int = 1) -> Callable[[Does], Does]:
        """Add a function; it is called with the talk and a string for each argument."""

        def add(does: Does) -> Does:
            self._add(Command(names, arguments, help, does, cost))
            return does

        return add

    def share(self, table: Table, *names: str) -> None:
        """Add commands of another table; without names, all of them."""
        for command in map(table.find, names) if names else table:
            self._add(command)

    def find(self, name: str, line: str = "") -> Command:
        """Return the command of that name.

        @raises UnknownCommand: giving back `line`.
        """
        name = name.lower()
        if name not in self._by_name:
            raise UnknownCommand(name, next(iter(get_close_matches(name, self._by_name, n=1)), ""), line)
        return self._by_name[name]

    def run(self, talk: Any, typed: str, line: str = "") -> Awaitable[None] | None:
        """Do what was typed behind the slash; what takes its time is returned to be awaited.

        @raises HallError: if it is refused, giving back `line`.
        """
        name, _, rest = typed.partition(" ")
        found = self.find(name, line)
        talk.client.charge(found.cost - 1)
        return found.does(talk, *found.parse(rest))

    def is_command(self, typed: str) -> bool:
        """Say whether a line without a slash would be a command with one."""
        name, _, rest = typed.partition(" ")
        try:
            self.find(name).parse(rest)
        except HallError:
            return False
        return True

    def help(self) -> Iterator[str]:
        """Yield a line for each thing that may be typed."""
        rows = [*self._others, *((command.usage, command.help) for command in self)]
        width = max(len(usage) for usage, _ in rows)
        for usage, words in rows:
            yield f"{usage:<{width}}  {words}"

    def _add(self, command: Command) -> None:
        self._commands.append(command)
        self._by_name.update(dict.fromkeys(command.names, command))
