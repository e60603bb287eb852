"""What was taken back lately: for a node that was down or out of reach meanwhile, and for lines that come late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chatd.core.memory import Kept, Whose

MOST = 1_000  # that are known, the last ones
CLOCKS = 10.0  # seconds by which the clocks of two nodes may differ


class Forgettings:
    """All nodes that are up know the same of them. They are on no disk."""

    def __init__(self) -> None:
        self._which: dict[tuple[int | None, str, float], Whose] = {}

    def add(self, which: Sequence[Whose], now: float) -> list[Whose]:
        """Those lines are to be remembered nowhere, of what was said until now; return of which that wasn't known."""
        new = []
        for whose in which:
            whose = replace(whose, until=min(whose.until, now))
            key = whose.owner, whose.name, whose.since
            before = self._which.pop(key, None)
            if before is None or before.until < whose.until - CLOCKS:
                new.append(whose)
            self._which[key] = whose if before is None or before.until < whose.until else before
        while len(self._which) > MOST:
            del self._which[next(iter(self._which))]
        return new

    def mean(self, line: Kept) -> bool:
        """Say whether a line is one of them."""
        return any(whose.means(line) for whose in self._which.values())

    def all(self) -> list[Whose]:
        return list(self._which.values())
