"""A language: what is said in it instead of each English sentence, and how it counts, lists and measures time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import ceil
from unicodedata import east_asian_width

from chatd.core.nickname import columns
from chatd.core.rules import Rule
from chatd.core.text import one_line

WIDTH = 75  # columns of a line of an answer: with its mark it fits on a terminal of 80
_UNITS = (("{n} d", 86_400), ("{n} h", 3600), ("{n} min", 60), ("{n} s", 1))


class Language:
    """The sentences of one language by those of English, in which `{name}` stands for a fact.

    `code` is what people type to choose it, `name` what it is called in itself. `plurals` are the forms of sentences
    that count, by the English one for one of something; `which` returns the form for a number. What the language lacks
    is said in English.
    """

    def __init__(
        self,
        code: str,
        name: str,
        sentences: Mapping[str, str] | None = None,
        plurals: Mapping[str, Sequence[str]] | None = None,
        which: Callable[[int], int] = lambda n: int(n != 1),
    ) -> None:
        self.code = code
        self.name = name
        self._sentences = sentences or {}
        self._plurals = plurals or {}
        self._which = which

    def say(self, sentence: str, /, **facts: object) -> str:
        """Return a sentence with its facts."""
        return self.word(sentence).format(**facts)

    def word(self, text: str) -> str:
        """Return what stands for a text that may hold braces of its own, such as one of the facts in a sentence."""
        return self._sentences.get(text, text)

    def count(self, n: int, one: str, many: str, /, **facts: object) -> str:
        """Return the sentence for one of something, or that for `{n}` of them."""
        forms = self._plurals.get(one)
        sentence = forms[self._which(n)] if forms else one if n == 1 else many
        return sentence.format(n=f"{n:,}", **facts)

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

    def because(self, told: str, why: str) -> str:
        """Return what is told, with the reason behind it if there is one."""
        return self.say("{told}: {why}", told=told, why=why) if why else told

    def quoted(self, name: str) -> str:
        """Return what was typed as a name in quotes, cut to a length that fits in a sentence."""
        name = one_line(name)
        return self.say('"{name}"', name=name if len(name) <= 40 else f"{name[:40]}…")

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
        """Yield the lines of an answer that lists names behind `head`, as many to a line as fit.

        Full-width punctuation, as Chinese has it, brings its own space.
        """
        comma = self.say(", ")
        line, width = head, columns(head)
        between = "" if east_asian_width(head[-1]) in "WF" else " "
        for name in names:
            wanted = columns(between) + columns(name)
            if width + wanted + columns(comma.rstrip()) > WIDTH:
                yield line + between.rstrip()
                line, width = name, columns(name)
            else:
                line = f"{line}{between}{name}"
                width += wanted
            between = comma
        yield line


def broken(text: str, room: int) -> Iterator[str]:
    """Yield a text in lines of so many columns, broken at spaces; a word that is wider has a line of its own."""
    line = ""
    for word in text.split(" "):
        if line and columns(line) + 1 + columns(word) > room:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def people_here(n: int, language: Language) -> str:
    """Return how many people are in the chat, or in a room that was named before."""
    return language.count(n, "1 person is here", "{n} people are here")


def rule_words(rule: Rule, language: Language) -> str:
    """Return a rule that something typed breaks; its facts may be words, such as the name of a script."""
    facts = {name: language.word(fact) if isinstance(fact, str) else fact for name, fact in rule.facts.items()}
    return language.say(rule.sentence, **facts)


ENGLISH = Language("en", "English")


def table(widths: Sequence[int], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of an answer that is a table; `widths` are those of its columns but the last."""
    for row in rows:
        cells = (cell + " " * (width - columns(cell)) for cell, width in zip(row, [*widths, 0], strict=True))
        yield "  ".join(cells).rstrip()
