"""A language: what is said in it instead of each English sentence, and how it counts, lists and measures time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import ceil

from chatd.core.nickname import columns
from chatd.core.text import one_line

WIDTH = 75  # columns of a line of an answer: with its mark it fits on a terminal of 80
_UNITS = (("{n} d", 86_400), ("{n} h", 3600), ("{n} min", 60), ("{n} s", 1))


class Language:
    """The sentences of one language by those of English, in which `{name}` stands for a fact.

    What the catalogue lacks is said in English.
    """

    def __init__(self, name: str, catalogue: Mapping[str, str]) -> None:
        self.name = name
        self._catalogue = catalogue

    def say(self, sentence: str, **facts: object) -> str:
        """Return a sentence with its facts."""
        return self._catalogue.get(sentence, sentence).format(**facts)

    def count(self, n: int, one: str, many: str, **facts: object) -> str:
        """Return the sentence for one of something, or that for `{n}` of them."""
        return self.say(one if n == 1 else many, n=f"{n:,}", **facts)

    def span(self, seconds: float) -> str:
        """Return a span of time in its two greatest units: `12 s`, `15 min`, `2 h 5 min`, `7 d`."""
        whole = int(seconds)
        for (unit, size), (smaller, part) in pairwise(_UNITS):
            if whole >= size:
                rest = whole % size // part
                return self.say(unit, n=whole // size) + (" " + self.say(smaller, n=rest) if rest else "")
        return self.say("{n} s", n=whole)

    def lasts(self, seconds: float | None) -> str:
        """Return for how long something holds, None for good."""
        return self.say("for good") if seconds is None else self.say("for {span}", span=self.span(ceil(seconds)))

    def some_of(self, names: Sequence[str]) -> str:
        """Return up to four names in full, of more than that the first two and how many others there are."""
        if len(names) > 4:
            others = f"{len(names) - 2:,}"
            return self.say("{first}, {second} and {n} others", first=names[0], second=names[1], n=others)
        return self.all_of(names)

    def all_of(self, names: Sequence[str]) -> str:
        *most, last = names
        return self.say("{most} and {last}", most=self.say(", ").join(most), last=last) if most else last

    def listing(self, head: str, names: Iterable[str]) -> Iterator[str]:
        """Yield the lines of an answer that lists names behind `head`, as many to a line as fit."""
        comma = self.say(", ").rstrip()
        line, width = head, columns(head)
        between = ""
        for name in names:
            wanted = columns(name) + 2
            if width + wanted > WIDTH:
                yield line + between
                line, width, between = name, columns(name) + 1, comma
                continue
            line = f"{line}{between} {name}"
            width, between = width + wanted, comma
        yield line


def people_are(n: int, language: Language, place: str, **facts: object) -> str:
    """Return how many people are somewhere; `place` is the end of the sentence, with its punctuation."""
    return language.count(n, "1 person is " + place, "{n} people are " + place, **facts)


ENGLISH = Language("en", {})


def quoted(name: str) -> str:
    """Return what was typed as a name in quotes, cut to a length that fits in a sentence."""
    name = one_line(name)
    return f'"{name}"' if len(name) <= 40 else f'"{name[:40]}…"'


def table(widths: Sequence[int], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of an answer that is a table; `widths` are those of its columns but the last."""
    for row in rows:
        cells = (cell + " " * (width - columns(cell)) for cell, width in zip(row, [*widths, 0], strict=True))
        yield "  ".join(cells).rstrip()
