"""Which texts look alike: those whose skeletons are equal. Knows nothing of what may be a name.

The skeleton is that of UTS 39, section 4, drawn wider where terminals and their fonts tell less apart: accents, points
and case are gone, i, l, 1 and | are one, so are o and 0, and a letter in a small capital, a circle, a square or a flag
is that letter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from unicodedata import category, digit, name, normalize

from chatd.core.marks import is_accent, is_mark, is_point

_A_LETTER = re.compile(
    r"(?!.*\b(?:TURNED|REVERSED|INVERTED|SIDEWAYS|SHARP)\b)"
    r"(?:.* )?(?:LATIN|REGIONAL INDICATOR SYMBOL) (?:.* )?LETTER (?:.* )?([A-Z])(?: WITH .*)?"
)
# What UTS 39 keeps apart, or leaves at a letter that nobody reads: `в` looks like `ʙ` there, and `м` like `ʍ`.
_LOOKS_LIKE = {
    **dict(zip("iꮖᏆĸʍƅßꞓπωχþŋɜʌμςة", "lllkmbbenwxpn3auσه", strict=True)),
    "w": "vv",
}


@lru_cache(maxsize=4096)
def skeleton(text: str) -> str:
    """Return what is equal for all texts that look like `text`. The skeleton of a skeleton is itself."""
    return normalize("NFD", "".join(map(_look, text)))


@lru_cache(maxsize=8192)  # one entry for each character of Unicode that somebody typed
def _look(character: str) -> str:
    """Return the skeleton of one character: what it looks like, until that looks like nothing else."""
    for look in _looks(character):
        if look != character:
            return "".join(map(_look, look))
    return character


def _looks(character: str) -> Iterator[str]:
    """Yield what a character may look like, the surest first, or itself."""
    yield _LOOKS_LIKE.get(character, character)
    yield "".join(c for c in normalize("NFKD", character) if not _is_overlooked(c))
    letter = _A_LETTER.fullmatch(name(character, ""))
    yield letter[1].lower() if letter else character
    yield str(digit(character, character)) if category(character) in ("No", "So") else character
    yield _prototype(character)
    yield character.lower()


def _is_overlooked(character: str) -> bool:
    return is_mark(character) and (is_accent(character) or is_point(character))


def _prototype(character: str) -> str:
    """Return what stands for all that look like `character` in the tables of UTS 39.

    These tables link a character with its prototype in both directions, so that only a prototype has several links. Of
    a pair it is the sequence, or else the letter, or what comes first, but none that is only another form of its other.
    """
    alike = _linked(character)
    if len(alike) != 1:
        return character
    (other,) = alike
    if len(other) > 1 or len(_linked(other)) > 1:
        return other
    if normalize("NFKD", other) == character:
        return character
    return min(character, other, key=lambda c: (category(c)[0] != "L", c))


def _linked(character: str) -> set[str]:
    # Right-to-left characters stand between two LEFT-TO-RIGHT MARKs in these tables.
    found = _LINKED.get(character) or _LINKED.get(f"\u200e{character}\u200e") or ()
    return {one.strip("\u200e") for one in found}


def _linked_in_tables() -> dict[str, list[str]]:
    """Return the tables of UTS 39 that confusable_homoglyphs brings: what each character is linked with.

    Its own module holds the name of each character as well, "n" beside "c": twice the memory.
    """
    tables = (files("confusable_homoglyphs") / "confusables.json").read_bytes()
    found: dict[str, list[str]] = json.loads(tables, object_hook=lambda one: one["c"] if len(one) == 2 else one)
    return found


_LINKED = _linked_in_tables()
