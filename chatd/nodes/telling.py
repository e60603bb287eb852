"""What this node tells the others: in order, each fact once, kept until it has been read back. It does no I/O."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chatd.nodes.shared import Passed

RECENT = 10.0  # seconds for which what was told is kept, in case Redis loses all
MOST_RECENT = 10_000  # entries of it
MOST_TOGETHER = 256  # facts in one entry: it must reach Redis within a second, and may all be long lines

Fact = list[Any]
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # `dumps` makes one for each call


@dataclass(slots=True, eq=False)
class Told:
    """A fact, and the names that are free, by key and holder, once it has had its turn; then `happen` is called.

    `passed` are names that have another holder then. With `is_alone` it is no part of an entry with others.
    """

    fact: Fact
    released: dict[str, str] = field(default_factory=dict)
    passed: Sequence[Passed] = ()
    happen: Callable[[], object] | None = None
    is_alone: bool = False


@dataclass(slots=True, eq=False)
class Batch:
    """What is told in one entry."""

    number: int
    facts: list[Told]
    at: float

    @property
    def text(self) -> str:
        return _as_json([told.fact for told in self.facts])

    @property
    def passed(self) -> list[Passed]:
        """Return which names are others', or nobody's, then."""
        free = [Passed(key, holder) for told in self.facts for key, holder in told.released.items()]
        return free + [one for told in self.facts for one in told.passed]


class Telling:
    """queue --`next`--> sent --`read_back`--> recent; what may be lost is appended `again`, under the same numbers."""

    def __init__(self) -> None:
        self.number = 0  # of the last entry
        self._queue: deque[Told] = deque()
        self._sent: deque[Batch] = deque()  # and not read back
        self._recent: deque[Batch] = deque(maxlen=MOST_RECENT)
        self._again: deque[Batch] = deque()

    @property
    def untold(self) -> int:
        """How many facts wait for being told."""
        return len(self._queue)

    @property
    def is_done(self) -> bool:
        return not (self._queue or self._again)

    @property
    def is_read_back(self) -> bool:
        return not (self._queue or self._sent)

    def tell(self, told: Told) -> None:
        self._queue.append(told)

    def withdraw(self, which: Callable[[Told], bool]) -> list[Told]:
        """Return those that are not told yet, and won't be."""
        found = [told for told in self._queue if which(told)]
        self._queue = deque(told for told in self._queue if not which(told))
        return found

    def waiting(self) -> list[Told]:
        """Return what has not had its turn, in order."""
        return [told for batch in self._sent for told in batch.facts] + list(self._queue)

    def withhold(self, keys: Collection[str], holder: str) -> None:
        """Those are somebody's again: nothing that has not had its turn frees them."""
        for told in self.waiting():
            if not told.released.keys().isdisjoint(keys):
                told.released = {key: one for key, one in told.released.items() if key not in keys or one != holder}

    def next(self, now: float) -> Batch:
        """Return what is to be appended next; `appended` says that it was."""
        if self._again:
            return self._again[0]
        facts = [self._queue.popleft()]
        while self._queue and len(facts) < MOST_TOGETHER and not (facts[0].is_alone or self._queue[0].is_alone):
            facts.append(self._queue.popleft())
        self.number += 1
        batch = Batch(self.number, facts, now)
        self._sent.append(batch)
        return batch

    def appended(self, batch: Batch) -> None:
        if self._again and self._again[0] is batch:
            self._again.popleft()

    def read_back(self, number: int, now: float) -> list[Told]:
        """An entry of ours was read; return what has its turn now."""
        facts = []
        while self._sent and self._sent[0].number <= number:
            batch = self._sent.popleft()
            self._recent.append(batch)
            facts += batch.facts
        while self._recent and self._recent[0].at < now - RECENT:
            self._recent.popleft()
        return facts

    def append_again(self, with_recent: bool, held: Mapping[str, str]) -> None:
        """What was sent may be in the log, or not; with all that was read back lately, the same is true of that.

        A name that was free then, and is `held` by the same holder again, stays so.
        """
        for told in [told for batch in self._recent for told in batch.facts]:
            told.released = {key: holder for key, holder in told.released.items() if held.get(key) != holder}
            told.passed = ()
        self._again = deque((*self._recent, *self._sent) if with_recent else self._sent)

    def tell_anew(self, first: Iterable[Told]) -> None:
        """What was sent is not in the log, and its numbers are void: tell it again, behind what comes first."""
        self._queue = deque((*first, *self.waiting()))
        self._sent.clear()
        self._again.clear()
