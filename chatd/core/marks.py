"""Combining marks: which there are, and how many of them one letter may bear. Knows nothing of names or lines."""

from __future__ import annotations

import re
from unicodedata import category, combining

JOINERS = "\u200c\u200d"  # ZWNJ and ZWJ: they take no column either, and must not break up a pile
MOST = 8  # a letter of pointed and chanted Hebrew bears 5, one of Tibetan Sanskrit up to 7
MOST_ACCENTS = 4  # Vietnamese bears 2, old Greek 3; each lifts the next by about a quarter of a line


def is_mark(character: str) -> bool:
    """Whether a character is drawn onto the one before it and takes no column (general categories Mn and Me).

    What this Python's Unicode hasn't assigned yet, a terminal may know as a mark; outside the BMP it will be an emoji.
    """
    kind = category(character)
    return kind in ("Mn", "Me") or (kind == "Cn" and character < "\U00010000")


def is_accent(character: str) -> bool:
    """Whether a mark may stand on any letter of any script, and so be piled up.

    Those are the marks that overlay, attach, or stand above or below (combining classes 1 and from 200 on; UAX 44,
    table 15) or enclose (Me). A script's own vowels, points and viramas have classes between, or 0.
    """
    where = combining(character)
    return where == 1 or where >= 200 or category(character) == "Me"


def is_point(character: str) -> bool:
    """Whether a mark is a point of Hebrew, Arabic or Syriac (classes 10 to 36), which the same word may go without."""
    return 10 <= combining(character) <= 36


def borne(text: str, most_accents: int, most: int) -> str:
    """Return `text` with at most so many accents in a row on a letter, and at most so many marks, joiners included."""
    kept, accents, marks = [], 0, 0
    for character in text:
        if is_mark(character) or character in JOINERS:
            marks += 1
            accents += is_accent(character)
            if marks > most or accents > most_accents:
                continue
        else:
            accents = marks = 0
        kept.append(character)
    return "".join(kept)


_MARKS = "".join(filter(is_mark, map(chr, range(0x300, 0x10000)))) + JOINERS
_FEW_OF_THEM_MARKS = "\U00010000-\U0001efff\U000e0100-\U000e01ef"  # `re` would try the marks here one by one
_EITHER = f"[{_MARKS}{_FEW_OF_THEM_MARKS}]"
_PERHAPS_A_PILE = re.compile(f"{_EITHER}{_EITHER}{{{min(MOST, MOST_ACCENTS)},}}")  # `re` looks fast for a class alone


def without_piles(text: str) -> str:
    """Return `text` with no more marks on a letter than a terminal can show within its line; the first ones stay."""
    return _PERHAPS_A_PILE.sub(lambda pile: borne(pile[0], MOST_ACCENTS, MOST), text)
