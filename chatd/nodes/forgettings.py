"""What was taken back lately: for a node that was down or out of reach meanwhile, and for lines that come late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

from chatd.core.memory import Kept, LinesOf

MOST = 1_000  # that are known, the last ones
CLOCKS = 10.0  # seconds by which the clocks of two nodes may differ


class Forgettings:
    """All nodes that are up know the same of them. They are on no disk."""

    def __init__(self) -> None:
        self._which: dict[LinesOf, LinesOf] = {}  # by the same, whenever it was

    def add(self, which: Sequence[LinesOf], now: float) -> list[LinesOf]:
        """Those lines are to be remembered nowhere, of what was said until now; return of which that wasn't known."""
        new = []
        for one in which:
            one, key = replace(one, until=min(one.until, now)), replace(one, until=inf)
            before = self._which.pop(key, None)
            if before is None or before.until < one.until - CLOCKS:
                new.append(one)
            self._which[key] = one if before is None or before.until < one.until else before
        while len(self._which) > MOST:
            del self._which[next(iter(self._which))]
        return new

    def mean(self, line: Kept) -> bool:
        """Say whether a line is one of them."""
        return any(one.means(line) for one in self._which.values())

    def all(self) -> list[LinesOf]:
        return list(self._which.values())
