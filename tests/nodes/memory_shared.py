"""What nodes share, in memory: a peer of the one in Redis, in which time is simulated, and answers may stay away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Clock

from chatd.nodes.shared import (
    KEPT,
    LEASE,
    START,
    Entry,
    Fenced,
    Joined,
    Known,
    NameTaken,
    Node,
    NodeGone,
    Note,
    OutOfReach,
    Passed,
    StaysOut,
)

WAY = 0.0005  # seconds from a node to what is shared, and back
_HELD = ("generation", "leases", "about", "numbers", "told", "names", "log", "newest", "boxes", "beaten_at")

T = TypeVar("T")


class Memory:
    """What one Redis holds."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.is_away = False
        self.waiting: list[Deferred[None]] = []  # for anything new
        self.lose_all()

    def lose_all(self) -> None:
        self.generation = ""
        self.leases: dict[str, float] = {}
        self.about: dict[str, dict[str, Any]] = {}
        self.numbers: dict[str, int] = {}
        self.told: dict[str, int] = {}  # by those who were given up
        self.names: dict[str, str] = {}
        self.log: list[Entry] = []
        self.newest = START
        self.boxes: dict[str, list[Note]] = {}
        self.beaten_at = -LEASE
        self.places = 0

    def saved(self) -> dict[str, Any]:
        """Return all that it holds, for `restore`."""
        return {name: copy(getattr(self, name)) for name in _HELD}

    def restore(self, saved: dict[str, Any]) -> None:
        """Hold what was held at that earlier moment."""
        for name, value in saved.items():
            setattr(self, name, copy(value))
        self.boxes = {node: list(notes) for node, notes in self.boxes.items()}

    @property
    def last(self) -> str:
        return self.log[-1].place if self.log else "0-0"

    def place(self) -> str:
        self.places += 1
        return f"{int(self.clock.seconds() * 1000)}-{self.places}"

    def has_lost(self, place: str) -> bool:
        """Say whether all is as it was before an entry at that place."""
        places = [entry.place for entry in self.log]
        is_cut_off = not places or _key(places[0]) > _key(place)
        return _key(self.newest) < _key(place) or (place != START and place not in places and not is_cut_off)

    def add(self, node: str, number: int, text: str) -> None:
        self.newest = self.place()
        self.log.append(Entry(self.newest, node, number, text))
        self.wake()

    def wake(self) -> None:
        waiting, self.waiting = self.waiting, []
        for one in waiting:
            one.callback(None)

    def trim(self, seconds: float) -> None:
        oldest = (self.clock.seconds() - seconds) * 1000
        self.log = [entry for entry in self.log if int(entry.place.partition("-")[0]) >= oldest]

    def check(self, me: Node) -> None:
        if me.id not in self.about:
            raise Fenced

    def gone(self, node: str) -> None:
        self.told[node] = self.numbers.get(node, 0)
        for found in (self.leases, self.about, self.numbers):
            found.pop(node, None)
        self.names = {key: holder for key, holder in self.names.items() if not holder.startswith(f"{node} ")}
        self.add(node, 0, "[]")

    def beat(self, node: str) -> None:
        now = self.clock.seconds()
        if now - self.beaten_at > LEASE / 2:
            self.leases = dict.fromkeys(self.leases, now + LEASE)
        self.beaten_at = self.leases[node] = now
        self.leases[node] = now + LEASE
        for other in [other for other, until in self.leases.items() if until <= now]:
            self.gone(other)


class MemoryShared:
    """A `Shared` of one node; with `is_cut` it gets no answers."""

    def __init__(self, memory: Memory, way: float = WAY, clock: IReactorTime | None = None) -> None:
        self.memory = memory
        self.clock = memory.clock if clock is None else clock  # of the node
        self.way = way
        self.kept = KEPT
        self.is_cut = False
        self._is_open = False
        self._asked: list[Deferred[None]] = []

    async def connect(self) -> None:
        self.close()
        self._is_open = True
        await self._do(lambda: None)

    def close(self) -> None:
        self._is_open = False
        asked, self._asked = self._asked, []
        for one in asked:
            if not one.called:
                one.errback(OutOfReach("closed"))

    async def join(self, me: Node, number: int, known: Known, place: str = START) -> Joined:
        return await self._do(lambda: self._join(me, number, known, place))

    async def leave(self, me: Node) -> None:
        await self._do(lambda: self.memory.gone(me.id) if me.id in self.memory.leases else None)

    async def beat(self, me: Node, about: Mapping[str, Any]) -> str:
        def beat() -> str:
            self.memory.check(me)
            if any(its["version"] > me.version for its in self.memory.about.values()):
                raise StaysOut("a later version")
            self.memory.beat(me.id)
            self.memory.trim(self.kept)
            self.memory.about[me.id] = {**_said(me), **about}
            return self.memory.last

        return await self._do(beat)

    async def append(self, me: Node, number: int, text: str, passed: Sequence[Passed]) -> None:
        def append() -> None:
            memory = self.memory
            memory.check(me)
            if number <= memory.numbers.get(me.id, 0):
                return
            memory.numbers[me.id] = number
            for key, before, after in passed:
                if memory.names.get(key) == before:
                    memory.names[key] = after
            memory.names = {key: one for key, one in memory.names.items() if one}
            memory.trim(self.kept)
            memory.add(me.id, number, text)

        await self._do(append)

    async def claim(self, me: Node, holder: str, keys: Collection[str]) -> str:
        def claim() -> str:
            self.memory.check(me)
            for key in keys:
                if self.memory.names.get(key, holder) != holder:
                    raise NameTaken(self.memory.names[key], self.memory.last)
            self.memory.names.update(dict.fromkeys(keys, holder))
            return self.memory.last

        return await self._do(claim)

    async def post(self, me: Node, to: str, text: str) -> str:
        def post() -> str:
            self.memory.check(me)
            if to not in self.memory.leases:
                raise NodeGone(to)
            note = Note(self.memory.place(), text)
            self.memory.boxes.setdefault(to, []).append(note)
            self.memory.wake()
            return note.place

        return await self._do(post)

    async def take_back(self, to: str, place: str) -> bool:
        def take_back() -> bool:
            box = self.memory.boxes.get(to, [])
            left = [note for note in box if note.place != place]
            self.memory.boxes[to] = left
            return len(left) < len(box)

        return await self._do(take_back)

    async def read(self, me: Node, after: str, notes_after: str) -> tuple[list[Entry], list[Note]]:
        def found() -> tuple[list[Entry], list[Note]]:
            entries = [entry for entry in self.memory.log if _key(entry.place) > _key(after)]
            notes = [note for note in self.memory.boxes.get(me.id, ()) if _key(note.place) > _key(notes_after)]
            return entries, notes

        await self._go()
        until = self.memory.clock.seconds() + 1.0
        while True:
            entries, notes = found()
            if entries or notes or self.memory.clock.seconds() >= until:
                await self._go()
                return entries, notes
            waiting: Deferred[None] = Deferred()
            call = self.clock.callLater(
                until - self.memory.clock.seconds(), lambda one=waiting: one.called or one.callback(None)
            )
            self.memory.waiting.append(waiting)
            self._asked.append(waiting)
            try:
                await waiting
            finally:
                if call.active():
                    call.cancel()
                if waiting in self.memory.waiting:
                    self.memory.waiting.remove(waiting)

    async def nodes(self) -> list[dict[str, Any]]:
        now = self.memory.clock.seconds()
        return await self._do(
            lambda: [
                {**self.memory.about.get(node, {}), "id": node, "left_ms": (until - now) * 1000}
                for node, until in self.memory.leases.items()
            ]
        )

    async def _do(self, what: Callable[[], T]) -> T:
        """Do something there, in one step, after the way to it; the answer takes the same way back."""
        await self._go()
        found = what()
        await self._go()
        return found

    async def _go(self) -> None:
        if not self._is_open:
            raise OutOfReach("not connected")
        going: Deferred[None] = Deferred()
        clock = self.clock
        if self.is_cut or self.memory.is_away:
            call = clock.callLater(1.0, lambda: None if going.called else going.errback(OutOfReach("no answer")))
        else:
            call = clock.callLater(self.way, lambda: None if going.called else going.callback(None))
        self._asked = [one for one in (*self._asked, going) if not one.called]
        try:
            await going
        finally:
            if call.active():
                call.cancel()

    def _join(self, me: Node, number: int, known: Known, place: str) -> Joined:
        memory = self.memory
        is_first = not memory.generation or memory.has_lost(place)
        if is_first:
            memory.lose_all()
            memory.generation = f"{me.id} {memory.clock.seconds()}"
            memory.leases = dict.fromkeys(known.nodes, memory.clock.seconds() + LEASE)
            memory.names = dict(known.names)
            memory.add(me.id, -1, known.text)
            number = 0
        for node in tuple(memory.leases):
            about = memory.about.get(node, {})
            if node != me.id and about.get("version", 0) > me.version:
                raise StaysOut("a later version")
            if node != me.id and about.get("name") == me.name:
                if about["started"] > me.started:
                    raise StaysOut("another of this name")
                memory.gone(node)
        was_in = me.id in memory.leases
        memory.beat(me.id)
        memory.about[me.id] = _said(me)
        if not was_in:
            memory.numbers[me.id] = number
        others = tuple(node for node in sorted(memory.leases, key=lambda one: memory.leases[one]) if node != me.id)
        return Joined(memory.generation, is_first, memory.last, was_in, memory.told.get(me.id, 0), others)


def _said(me: Node) -> dict[str, Any]:
    return {"name": me.name, "started": me.started, "version": me.version}


def _key(place: str) -> tuple[int, int]:
    milliseconds, _, number = place.partition("-")
    return int(milliseconds), int(number)
