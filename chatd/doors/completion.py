"""What Tab makes of the word before the cursor. Knows no names and no commands: they are given."""

from __future__ import annotations

from collections.abc import Sequence

from chatd.core.nickname import columns
from chatd.doors.cells import after


def word_start(text: str, place: int) -> int:
    """Return where the word that ends at `place` begins.

    Behind a wide character an `@` begins one: Chinese is written without spaces.
    """
    start = max(text.rfind(" ", 0, place), text.rfind("\n", 0, place)) + 1
    at_sign = text.rfind("@", start + 1, place)
    return at_sign if at_sign > 0 and columns(text[at_sign - 1]) == 2 else start


def completed(word: str, candidates: Sequence[str]) -> str | None:
    """Return what `word` becomes: the only candidate and a space, or the beginning that several have in common.

    Case is the first candidate's, and makes no difference. None if nothing can be added.
    """
    if len(candidates) == 1:
        return candidates[0] + " "
    folded = [candidate.casefold() for candidate in candidates]
    lowest, highest, typed = min(folded), max(folded), word.casefold()  # what these two share, all share
    common = lowest[: next((n for n in range(len(lowest)) if lowest[n] != highest[n]), len(lowest))]
    if len(common) <= len(typed) or not common.startswith(typed):
        return None
    first, end = candidates[0], 0
    while end < len(first) and common.startswith(first[: after(first, end)].casefold()):
        end = after(first, end)
    return first[:end] if len(first[:end].casefold()) > len(typed) else None
