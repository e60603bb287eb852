"""What every node keeps on a disk of its own, alike: accounts and letters, told as they change, and compared.

  A: compare, digests ----> each B that keeps anything else: stamps of those groups, for A
  A: kept, what is later here; want, what is later there ----> B: kept, what was wanted

All of it stands in the log, so what one node tells another, all of them hear and merge.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from chatd.core.copies import NEVER, Copy, Kept, Stamp
from chatd.core.refusals import HallError
from chatd.nodes.copies import copy_in, in_pieces
from chatd.nodes.log import Log
from chatd.nodes.telling import Fact, Told

COMPARED_EVERY = 600.0  # seconds, besides whenever a node joins: whatever went wrong is mended then
AT_ONCE = 1_000  # stamps in one entry
_READ_AT_ONCE = 200  # accounts that are read from the disk together


class Alike:
    """`kept` is None where nothing is kept."""

    _log = Logger()

    def __init__(self, log: Log) -> None:
        self.kept: Kept | None = None
        self._nodes = log
        self._wanted: set[int] = set()  # since all was compared last
        self._told: set[int] = set()
        self._comparing = LoopingCall(self.compare)
        self._comparing.clock = log.clock

    def start(self) -> None:
        self._comparing.start(COMPARED_EVERY, now=False)

    def stop(self) -> None:
        if self._comparing.running:
            self._comparing.stop()

    def tell(self, copies: Sequence[Copy]) -> None:
        """Something has changed here; while the others are out of reach they find that out later, by comparing."""
        if self._nodes.is_linked:
            for piece in in_pieces(copies):
                self._nodes.tell(Told(["kept", piece]))

    def compare(self) -> None:
        """Find out what others lack, and what is missing here."""
        if self.kept is not None and self._nodes.is_linked:
            self._wanted.clear()
            self._told.clear()
            self._go(self._compare(self.kept))

    def hear(self, node: str, fact: Fact) -> bool:
        """Say whether a fact of another node is about what is kept, and do what it asks for."""
        if fact[0] not in ("kept", "compare", "stamps", "want"):
            return False
        if self.kept is not None:
            self._go(self._take(self.kept, node, fact))
        return True

    async def _take(self, kept: Kept, node: str, fact: Fact) -> None:
        match fact:
            case ["kept", copies]:
                await kept.merge([copy_in(plain) for plain in copies])
            case ["compare", digests]:
                await self._answer(kept, node, digests)
            case ["stamps", self._nodes.me.id, groups, rows]:
                theirs = {number: (changed_at, seen) for number, changed_at, seen in rows}
                await self._exchange(kept, node, theirs, await kept.stamps(groups))
            case ["want", self._nodes.me.id, ids]:
                await self._tell_all(kept, ids)

    async def _compare(self, kept: Kept) -> None:
        self._nodes.tell(Told(["compare", await kept.digests()], is_alone=True))

    async def _answer(self, kept: Kept, node: str, digests: list[str]) -> None:
        """Tell a node how late all is that is kept here in groups in which it keeps anything else."""
        here = await kept.digests()
        groups = [group for group, digest in enumerate(here) if digest != digests[group]]
        by_group: dict[int, list[list[float]]] = {group: [] for group in groups}
        for number, stamp in (await kept.stamps(groups)).items():
            by_group[number % len(here)].append([number, *stamp])
        told: list[int] = []
        rows: list[list[float]] = []
        for group, found in by_group.items():
            told.append(group)
            rows += found
            if len(rows) >= AT_ONCE or group == groups[-1]:
                await self._say(["stamps", node, told, rows])
                told, rows = [], []

    async def _exchange(self, kept: Kept, node: str, theirs: dict[int, Stamp], here: dict[int, Stamp]) -> None:
        later_here = _later(here, theirs) - self._told
        later_there = _later(theirs, here) - self._wanted
        self._told |= later_here
        self._wanted |= later_there
        for ids in _parts(_removals_first(later_there, theirs), AT_ONCE):
            await self._say(["want", node, ids])
        await self._tell_all(kept, _removals_first(later_here, here))

    async def _tell_all(self, kept: Kept, ids: Iterable[int]) -> None:
        for some in _parts(ids, _READ_AT_ONCE):
            for piece in in_pieces(await kept.copies(some)):
                await self._say(["kept", piece])

    async def _say(self, fact: Fact) -> None:
        """Tell a large fact, and wait until it has been read back: what people say waits for one at most."""
        told: Deferred[None] = Deferred()
        self._nodes.tell(Told(fact, happen=lambda: told.callback(None), is_alone=True))
        await told

    def _go(self, work: Coroutine[Deferred[Any], Any, None]) -> None:
        Deferred.fromCoroutine(work).addErrback(self._failed)

    def _failed(self, failure: Any) -> None:
        if not failure.check(HallError, CancelledError):  # it has been logged; or this daemon stops
            self._log.failure("What the nodes keep could not be compared", failure)


def _later(these: dict[int, Stamp], others: dict[int, Stamp]) -> set[int]:
    """Return the ids of those of which something is later than in the others; of one time, a removal is."""
    return {number for number, stamp in these.items() if _is_later(stamp, others.get(number, NEVER))}


def _is_later(one: Stamp, other: Stamp) -> bool:
    (changed_at, seen), (other_changed_at, other_seen) = one, other
    is_removed = changed_at == other_changed_at and seen == 0 < other_seen
    return changed_at > other_changed_at or seen > other_seen or is_removed


def _removals_first(ids: set[int], stamps: dict[int, Stamp]) -> list[int]:
    """Return ids in the order in which what they stand for is merged: of what was removed nobody was last here."""
    return sorted(ids, key=lambda number: (stamps[number][1] > 0, number))


def _parts(ids: Iterable[int], most: int) -> Iterator[list[int]]:
    left = iter(ids)
    while part := list(islice(left, most)):
        yield part
