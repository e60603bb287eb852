"""How often something was done from each neighbourhood lately. Times are arguments, on a clock that never goes back."""

from __future__ import annotations

from collections import deque


class Tally:
    """At most `most` within `seconds`, for each neighbourhood by itself; this machine itself ("") is not counted."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most = most
        self.seconds = seconds
        self._when: dict[str, deque[float]] = {}  # the neighbourhood that was last counted stands last

    def wait(self, where: str, now: float) -> float:
        """Return the seconds until it may be done again; 0 if it may be now."""
        when = self._when.get(where)
        if when is None or len(when) < self.most:
            return 0.0
        return max(0.0, when[0] + self.seconds - now)

    def count(self, where: str, now: float) -> None:
        """It is being done."""
        self._drop_old(now)
        if where:
            when = self._when.pop(where, None) or deque(maxlen=self.most)
            when.append(now)
            self._when[where] = when

    def take_back(self, where: str) -> None:
        """The last one doesn't count after all."""
        when = self._when.get(where)
        if when:
            when.pop()

    def __len__(self) -> int:
        """Return of how many neighbourhoods something is remembered."""
        return len(self._when)

    def _drop_old(self, now: float) -> None:
        while self._when:
            where, when = next(iter(self._when.items()))
            if when and now - when[-1] < self.seconds:
                break
            del self._when[where]
