"""What Tab completes in the console: commands, the names of people, and rooms, as the daemon says they are now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatd.ctl.talk import Unreachable

try:
    import readline
except ImportError:  # then nothing is ever completed
    readline = None  # type: ignore[assignment]

Ask = Callable[[str], list[dict[str, Any]]]


class Completer:
    """Asks the daemon when a completion begins, on a connection of its own: what is being typed is not disturbed."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._found: list[str] = []

    def complete(self, text: str, state: int) -> str | None:
        """Return the completion of that number, as readline wants it."""
        if state == 0:
            self._found = self.completions(text, is_first=not readline.get_begidx())
        return self._found[state] if state < len(self._found) else None

    def completions(self, text: str, is_first: bool) -> list[str]:
        """Return what a word may become: a command at the start of a line, a person or a room behind it."""
        try:
            if is_first and text.startswith("/"):
                names = self._commands()
            else:
                names = self._rooms() if text.startswith("#") else self._people()
        except Unreachable:
            return []
        return sorted(f"{name} " for name in names if name.lower().startswith(text.lower()))

    def _commands(self) -> list[str]:
        usages = [one["usage"] for told in self._ask("/h all") if told["event"] == "help" for one in told["commands"]]
        return [usage.split()[0] for usage in usages if usage.startswith("/") and not usage.startswith("//")]

    def _people(self) -> list[str]:
        return [one["name"] for told in self._ask("/ls") if told["event"] == "everybody" for one in told["people"]]

    def _rooms(self) -> list[str]:
        return [one["name"] for told in self._ask("/rooms") if told["event"] == "rooms" for one in told["rooms"]]
