"""A line as frame and text, so that a terminal which turns right-to-left text around leaves the frame where it is.

Such a terminal lays out the whole line as one paragraph by the Unicode Bidirectional Algorithm (UAX 9): a Hebrew name
and a Hebrew text behind it become one run, shown from right to left, and the end of the text stands where the name
should. Knows nothing of who says what.
"""

from __future__ import annotations

import re

# LRM counts as an invisible left-to-right letter. Isolates (FSI … PDI) would say more, but older terminals show them as
# boxes, and the Linux console and mlterm, which know LRM, give them a cell of their own.
_LRM = "\u200e"
# The blocks of right-to-left scripts (UAX 9, table 4: R, AL and AN, and what is unassigned beside them).
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")


def framed(frame: str, text: str) -> str:
    """Return the line: a frame, such as `14:02 <alice> `, and the text behind it.

    Where either has right-to-left letters, an LRM stands between them, and another before the first such letter of the
    frame, so that the line is one from left to right also for who takes its direction from its first letter. Neither
    stands at the start of the line, nor in the time or mark that it begins with: VTE drops it there, and scripts look
    there. Any other line is as it would be without.
    """
    line = frame + text
    if line.isascii():
        return line
    first = _RIGHT_TO_LEFT.search(line)
    if not first:
        return line
    if first.start() >= len(frame):
        return f"{frame}{_LRM}{text}"
    return f"{frame[: first.start()]}{_LRM}{frame[first.start() :]}{_LRM}{text}"
