"""Gives back what may have been typed for somebody else. The time is an argument, on a clock that never goes back."""

from __future__ import annotations

from math import inf

NEVER = -inf
SWITCHED = 15.0  # seconds: people take 5 to 15 over a line, so the first one may have been begun before the switch
CHOICE_REFUSED = 2.0  # seconds: the refusal is the answer to what they have just typed
PASTED = 0.2  # seconds: lines that follow each other so fast were not typed one by one


class Guard:
    """Watches over the one to whom lines go when their addressee is not named in them."""

    __slots__ = ("_first_before", "_typed_before")

    def __init__(self) -> None:
        self._typed_before = NEVER  # what was typed before this time is given back
        self._first_before = NEVER  # and so is the first line that is typed before this time

    def began(self, now: float) -> None:
        """What is typed ahead is held: there was nobody to whom lines went, or it may be for nobody here at all."""
        self._typed_before = max(self._typed_before, now)

    def switched(self, now: float) -> None:
        """The addressee is another, and not by the person's own choice."""
        self._typed_before, self._first_before = now, now + SWITCHED

    def choice_refused(self, now: float) -> None:
        """The person wanted another addressee and didn't get them."""
        self._typed_before, self._first_before = now, now + CHOICE_REFUSED

    def chosen(self) -> None:
        """The person has chosen: what they type from now on is meant."""
        self._typed_before = self._first_before = NEVER

    def stops(self, typed_at: float) -> bool:
        """Say whether a line must be given back. What was pasted together with one that is, is given back too."""
        if typed_at >= self._typed_before:
            if typed_at >= self._first_before:
                return False
            self._first_before = NEVER
        self._typed_before = max(self._typed_before, typed_at + PASTED)
        return True
