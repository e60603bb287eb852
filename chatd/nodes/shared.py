"""What the nodes of one hall share, as a port: a log, who is one of them, and who has which name. It knows no hall."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

VERSION = 1  # of what nodes tell each other; whoever meets a later one stays out
LEASE = 3.0  # seconds without a sign of life after which a node is gone, and its names are free
BEAT = 0.4  # seconds between two signs of life
KEPT = 120.0  # seconds for which the log holds what was told
START = "0-0"  # the place before all others


class OutOfReach(Exception):
    """What is shared can't be asked, or gave no answer in time; whether something was done is not known."""


class NodeGone(OutOfReach):
    """There is no such node any more; nothing was done."""


class Fenced(Exception):
    """This node is none of them any more: it was frozen, or cut off, for longer than its lease."""


class StaysOut(Exception):
    """This node can't be one of them; `str()` says why."""


class NameTaken(Exception):
    """Another person has that name, or one that looks like it; why is known once all up to that `place` is."""

    def __init__(self, holder: str, place: str) -> None:
        super().__init__(holder)
        self.holder = holder
        self.place = place


@dataclass(frozen=True, slots=True)
class Node:
    """One process that is a node. `id` is never another's; `started` is in milliseconds since 1970."""

    id: str
    name: str
    started: int
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Entry:
    """What a node has told in one piece: the `number`-th of it. `place` orders all entries; its text is JSON.

    Number 0 says that the node is gone.
    """

    place: str
    node: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A message for this node alone."""

    place: str
    text: str


class Passed(NamedTuple):
    """A name, by one of its keys, is another holder's, "" for nobody, if it was the holder's `before`."""

    key: str
    before: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is put back if all that was shared is lost: who are nodes, their names, by key and holder, and the text of
    the first entry, which has no number (-1).
    """

    nodes: Collection[str]
    names: Mapping[str, str]
    text: str = "[]"


@dataclass(frozen=True, slots=True)
class Joined:
    """How a node finds what is shared.

    `generation` is another when all was lost meanwhile, `is_first` if this node has put it back; `last` is the place of
    the last entry; `was_in` whether its names are its own still; `told` is the number of the last entry that it told
    before it was given up last, 0 if it wasn't; `others` are the ids of the other nodes.
    """

    generation: str
    is_first: bool
    last: str
    was_in: bool
    told: int
    others: tuple[str, ...]


class Shared(Protocol):
    """Every method takes at most a second or two, and raises OutOfReach if there is no answer by then."""

    async def connect(self) -> None: ...

    def close(self) -> None:
        """Have everything that waits for an answer fail. It may be connected again."""

    async def join(self, me: Node, number: int, known: Known, place: str = START) -> Joined:
        """Be one of the nodes from now on, whose last entry was `number`; a process of the same name before is gone.

        `place` is that of the last entry that this node has read, START if it is none or of a former generation. If
        what is shared is as it was before that, from an old copy or a replica that lagged, all counts as lost.

        @raises StaysOut: if a node has a later version, or a later process has this node's name.
        """

    async def leave(self, me: Node) -> None:
        """Be none of them any more."""

    async def beat(self, me: Node, about: Mapping[str, Any]) -> str:
        """Give a sign of life, which removes those who gave none, and what was told, for too long; return the place of
        the last entry.

        @raises StaysOut: if a node has a later version by now.
        @raises Fenced: as do all that follow.
        """

    async def append(self, me: Node, number: int, text: str, passed: Sequence[Passed]) -> None:
        """Add an entry, and have names pass at its place. Doing it again does nothing."""

    async def claim(self, me: Node, holder: str, keys: Collection[str]) -> str:
        """Let a holder have all these keys, and return the place behind which nobody else has them.

        @raises NameTaken: if another has one of them; then nothing has changed.
        """

    async def post(self, me: Node, to: str, text: str) -> str:
        """Send a note to one node, and return its place.

        @raises NodeGone: if it is none of the nodes.
        """

    async def take_back(self, to: str, place: str) -> bool:
        """Delete a note, of another or of this node, and say whether it was still there, which is so only once."""

    async def read(self, me: Node, after: str, notes_after: str) -> tuple[list[Entry], list[Note]]:
        """Return what comes behind two places, waiting up to a second for anything."""

    async def nodes(self) -> list[dict[str, Any]]:
        """Return what each node said about itself in its last sign of life, and `id`, `name`, `started`, `left_ms`."""
