"""What has been measured: a value for each cell, server and measure, the median over all rounds."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import median

Key = tuple[str, str, str]


class Figures:
    """Values by cell ("200 people, 50 lines/s"), server ("chatd") and measure ("cpu")."""

    def __init__(self) -> None:
        self._values: defaultdict[Key, list[float]] = defaultdict(list)
        self.failures: list[str] = []

    def add(self, cell: str, server: str, **measures: float) -> None:
        for measure, value in measures.items():
            self._values[cell, server, measure].append(value)

    def get(self, cell: str, server: str, measure: str) -> float:
        """Return the median over the rounds, NaN if it was not measured."""
        values = [value for value in self._values.get((cell, server, measure), ()) if not math.isnan(value)]
        return median(values) if values else math.nan

    def worst(self, cell: str, server: str, measure: str) -> float:
        """Return the smallest value of all rounds, NaN if it was not measured."""
        return min(self._values.get((cell, server, measure), ()), default=math.nan)

    def cells(self, measure: str) -> list[str]:
        """Return the cells in which something was measured, in the order of measuring."""
        return list(dict.fromkeys(cell for cell, _, what in self._values if what == measure))

    def servers(self, cell: str, measure: str) -> list[str]:
        return [server for in_cell, server, what in self._values if (in_cell, what) == (cell, measure)]
