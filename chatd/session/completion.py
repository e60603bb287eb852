"""What Tab may make of a word that somebody has begun: names, rooms and commands that they may know of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from chatd.core.nickname import exact_key
from chatd.session.person import Chatting
from chatd.session.session import Session

MOST = 500  # candidates; nobody reads so many, and a hall may hold thousands
SHORTEST = 1  # characters that a name must have been begun with


def completions(session: Session, word: str, begins_line: bool) -> list[str]:
    """Return what a word may become, in order, each as it would be typed; `begins_line` says that it is the first."""
    chat = session.state
    if not isinstance(chat, Chatting):
        return []
    return sorted(islice(_candidates(chat, word, begins_line), MOST), key=str.casefold)


def _candidates(chat: Chatting, word: str, begins_line: bool) -> Iterator[str]:
    hall, room = chat.server.hall, chat.member.room
    if word.startswith("/"):
        if begins_line:
            names = (name for entry in chat.table for name in entry.names[:1])
            yield from _those(names, "/", word[1:])
    elif word.startswith("#"):
        yield from _those((one.name[1:] for one in hall.rooms.values() if chat.sees(one)), "#", word[1:])
    elif word.startswith("@"):
        yield from _those((other.nickname for other in hall.members), "@", word[1:])
    elif begins_line and word[:3].lower() == "to:":
        yield from _those((other.nickname for other in hall.members), word[:3], word[3:])
    elif len(word) >= SHORTEST:
        yield from _those((other.nickname for other in room.members), "", word)


def _those(names: Iterable[str], mark: str, begun: str) -> Iterator[str]:
    """Yield the names, behind their mark, that begin with what was typed, whatever its case and width."""
    folded = _folded(begun)
    return (mark + name for name in names if _folded(name).startswith(folded))


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else exact_key(text) or text.casefold()
