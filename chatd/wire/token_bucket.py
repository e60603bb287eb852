"""A token bucket: how much may be done at once, and how much in each second after that. The time is an argument."""

from __future__ import annotations


class TokenBucket:
    """`burst` may be spent at once, and comes back at `rate` a second; a rate of 0 lifts the limit."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = now

    def change(self, rate: float, burst: float) -> None:
        """Go on with another rate and another burst; what is left stays, as far as it fits."""
        self._rate = rate
        self._left = min(self._left, burst)
        self._burst = burst

    def spend(self, amount: float, now: float) -> float:
        """Take an amount out, even if that leaves a debt; return the seconds in which it comes back."""
        if not self._rate:
            return 0.0
        self._left = self._now_left(now) - amount
        self._at = now
        return amount / self._rate

    def wait(self, now: float) -> float:
        """Return the seconds until something may be spent again; 0 if it may be now."""
        if not self._rate:
            return 0.0
        return max(0.0, (min(1.0, self._burst) - self._now_left(now)) / self._rate)

    def is_full(self, now: float) -> bool:
        """Say whether nothing was spent for so long that the whole burst is there again."""
        return not self._rate or self._now_left(now) >= self._burst

    def _now_left(self, now: float) -> float:
        return min(self._burst, self._left + max(0.0, now - self._at) * self._rate)
