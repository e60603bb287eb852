"""Whether a line names somebody."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]")


def mentions(text: str, name: str) -> bool:
    """Whether a line names somebody: has the name as a word, whatever its case and width.

    A word goes on with letters, digits, marks and `-_|`, all of which are common in names. Behind an `@` it may also
    end where a script is written without spaces, as in `@李雷你好`; a name that begins so is then named as well.
    """
    return stands_in(folded(text), folded_name(name))


def folded(text: str) -> str:
    """Return a text as names are looked for in it: whatever its case and width."""
    return text.lower() if text.isascii() else _folded(text)


def stands_in(folded: str, wanted: str) -> bool:
    """Whether a name stands as a word in a text; both are folded."""
    place = folded.find(wanted)
    while place >= 0:
        if _is_word(folded, place, place + len(wanted)):
            return True
        place = folded.find(wanted, place + 1)
    return False


@lru_cache(maxsize=16)  # each line is asked about once for each person who hears it
def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


folded_name = lru_cache(maxsize=4096)(_folded.__wrapped__)


def _is_word(text: str, start: int, end: int) -> bool:
    before, behind = text[start - 1 : start], text[end : end + 1]
    if _goes_on(before):
        return False
    return not _goes_on(behind) or (before == "@" and bool(_UNSPACED.search(text, end - 1, end + 1)))


def _goes_on(character: str) -> bool:
    return character.isalnum() or character in ("-", "_", "|") or (character > "\u0300" and _is_mark(character))


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"
