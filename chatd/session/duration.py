"""Spans of time as people type them."""

from __future__ import annotations

import re

from chatd.session.refusals import BadDuration

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
LONGEST = 3650 * _UNITS["d"]  # seconds; what is to last for longer lasts for good


def seconds_in(typed: str) -> int:
    """Return the seconds in a span such as `90s`, `15m`, `2h` or `7d`.

    @raises BadDuration: for anything else, and beyond ten years.
    """
    match = re.fullmatch(r"([0-9]{1,9})([smhd])", typed)
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 0 < seconds <= LONGEST:
        raise BadDuration(typed)
    return seconds
