"""Knows what each of many people said and heard, and finds what was lost, came twice, or in another order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.nodes.cluster import Cluster, Person


class Talk:
    """People of several daemons in one room, of whom some say a line now and then; each line is like no other."""

    def __init__(self, cluster: Cluster, people: Sequence[Person]) -> None:
        self.cluster = cluster
        self.people = people
        self._next = 0

    def go_on(self, seconds: float, rest: float = 0.02) -> None:
        """Let them talk for so long, a line each `rest`, one after the other."""
        for _ in range(round(seconds / rest)):
            person = self.people[self._next % len(self.people)]
            if person.is_open:
                person.say(f"{person.name} {self._next}")
            self._next += 1
            self.cluster.run(rest)

    def settle(self, seconds: float = 8) -> None:
        """Wait until everybody has heard everything, or no longer."""
        self.cluster.until(lambda: not any(self.missing()), seconds, must=False)

    @property
    def said(self) -> list[str]:
        return [text for person in self.people for text in person.said]

    def missing(self) -> Iterator[str]:
        """Yield what somebody who is still here didn't hear."""
        said = set(self.said)
        for person in self.people:
            if person.is_open:
                for text in sorted(said - set(person.heard)):
                    yield f"{person.name} at {person.daemon.name} didn't hear {text!r}"

    def doubled(self) -> Iterator[str]:
        for person in self.people:
            for text, count in Counter(person.heard).items():
                if count > 1:
                    yield f"{person.name} at {person.daemon.name} heard {text!r} {count} times"

    def disordered(self) -> Iterator[str]:
        """Yield where the lines of one speaker came in another order than they were said."""
        for person in self.people:
            newest: dict[str, int] = {}
            for text in person.heard:
                speaker, number = text.split()
                if int(number) < newest.get(speaker, -1):
                    yield f"{person.name} at {person.daemon.name} heard {text!r} behind {newest[speaker]}"
                newest[speaker] = int(number)

    def orders(self) -> int:
        """Return in how many orders all was heard by those who are still here."""
        return len({tuple(person.heard) for person in self.people if person.is_open})

    def refused(self) -> list[str]:
        """Return the lines that were given back."""
        return [event["unsent"] for person in self.people for event in person.of("refused") if event["unsent"]]
