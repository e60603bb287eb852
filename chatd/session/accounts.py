"""What a session needs to know of names that people own; it knows no file."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from chatd.core.events import Whispered
from chatd.core.letters import Letter
from chatd.core.owner_refusals import OnlyByKey
from chatd.core.owners import Owner, People
from chatd.session.client import Client
from chatd.session.refusals import NotPrivate


@dataclass(slots=True)
class Accounts:
    """Who owns which name. `aside` does something that nobody waits for; with `private_only`, passwords are taken only
    where nobody on the way can read them. Letters are kept for `letters_days`, 0 is not at all.
    """

    people: People
    aside: Callable[[Coroutine[Any, Any, None]], object]
    private_only: bool = False
    letters_days: int = 0

    def check_private(self, client: Client, nickname: str) -> None:
        """@raises NotPrivate: if no password may be asked for there."""
        if self.private_only and not client.is_private:
            raise NotPrivate(nickname)

    def check_asked(self, client: Client, owner: Owner) -> None:
        """Say whether the password of an owner may be asked for.

        @raises NotPrivate, OnlyByKey: if not.
        """
        if not owner.has_password:
            raise OnlyByKey(owner.name.shown)
        self.check_private(client, owner.name.shown)


def as_events(letters: list[Letter]) -> tuple[Whispered, ...]:
    """Return letters as their addressee is told of them."""
    return tuple(Whispered(letter.at, letter.sender, letter.text) for letter in letters)
