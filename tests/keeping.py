"""Names that people own and what is kept of what they say, for tests: real files, and threads that work at once."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from chatd.core.hall import LOBBY
from chatd.core.memory import Memory
from chatd.session.accounts import Accounts
from chatd.session.session import Server
from chatd.store.history import History
from chatd.store.passwords import Passwords
from chatd.store.people import People
from tests.store.at_once import AtOnce

SECRET = "correct horse"
DAY = 86_400.0


def own_names(server: Server, folder: Path, clock: Clock, letters_days: int = 30) -> People:
    """Let names be owned in a chat; passwords cost little."""
    people = People(
        folder / "people.sqlite", letters_days, clock, server.hall.now, AtOnce, Passwords(AtOnce(), log_n=4)
    )
    people.open()
    server.hall.owners = people.owners
    server.accounts = Accounts(people, Deferred.fromCoroutine, False, letters_days)
    return people


def keep_history(server: Server, folder: Path, clock: Clock, days: int = 7, lines: int = 20) -> History:
    """Keep what is said in the lobby of a chat on the disk."""
    history = History(folder / "history.sqlite", days, 1_000, clock, server.hall.now, AtOnce)
    history.open()
    server.hall.remember(Memory(lines, history))
    server.history_days = days
    server.hall.lobby.ring.archived = True
    server.hall.lobby.ring.put_before(history.last_at_start(LOBBY, lines))
    return history
