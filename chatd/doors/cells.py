"""What a text takes on a terminal, and which of its characters can't be parted. Knows no terminal and no bytes."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

MOST_IN_A_CELL = 4  # characters on average, so that what is drawn is bounded though marks take no cell
MOST_JOINED = 32  # characters that belong together; a person's text has a handful, a heap of marks is cut here

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_EMOJI_STYLE = "\ufe0f"


def cells(text: str) -> int:
    """Return how many cells of a terminal `text` takes at most.

    Terminals disagree about emoji, spacing marks and what is newer than their tables; whatever is drawn must not wrap
    in any of them, so each character counts as much as the most generous of the common ones gives it. (UAX 11 calls
    Greek, Cyrillic and quotation marks ambiguous: they count one, though a terminal can be told to give them two.)
    `chatd.core.nickname.columns` is the usual width, for tables.
    """
    return len(text) if text.isascii() else sum(map(_cells, text))


@lru_cache(maxsize=4096)
def _cells(character: str) -> int:
    if character in (_ZWNJ, _ZWJ):
        return 0
    if unicodedata.category(character) in ("Mn", "Me"):
        return 1 if character == _EMOJI_STYLE else 0
    is_pictograph = "\U0001f000" <= character <= "\U0001faff"  # those that Unicode has yet to add included
    return 2 if is_pictograph or unicodedata.east_asian_width(character) in "WF" else 1


def joins(text: str, place: int) -> bool:
    """Whether the character at `place`, which isn't the first, belongs to the one before it.

    Marks and joiners do, skin tones, and what a ZERO WIDTH JOINER joins to an emoji: the parts of UAX 29's grapheme
    clusters that people type. (Flags are two characters here, Hangul is what was typed.)
    """
    character = text[place]
    if character < "\u0300":
        return False
    return _joins(character) or (text[place - 1] == _ZWJ and unicodedata.category(character) == "So")


@lru_cache(maxsize=4096)
def _joins(character: str) -> bool:
    return (
        unicodedata.category(character)[0] == "M"
        or character in (_ZWNJ, _ZWJ)
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def before(text: str, place: int) -> int:
    """Return where the character in front of `place` begins, 0 at the start."""
    start, least = place - 1, place - MOST_JOINED
    while start > 0 and start > least and joins(text, start):
        start -= 1
    return max(start, 0)


def after(text: str, place: int) -> int:
    """Return where the character at `place` ends, the length of the text at its end."""
    end, most = place + 1, min(len(text), place + MOST_JOINED)
    while end < most and joins(text, end):
        end += 1
    return min(end, len(text))


def end_of_fitting(text: str, start: int, room: int) -> int:
    """Return up to where whole characters of `text` fit into `room` cells, from `start` on; heaps of marks may not."""
    if 2 * (len(text) - start) <= room:  # however wide they are
        return len(text)
    if text[start : start + room + 1].isascii():
        return min(start + room, len(text))
    end, most = start, start + room * MOST_IN_A_CELL
    while end < len(text):
        following = after(text, end)
        room -= cells(text[end:following])
        if room < 0 or following > most:
            break
        end = following
    return end
