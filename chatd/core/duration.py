"""Spans of time as people type and read them."""

from __future__ import annotations

import re

from chatd.core.refusals import BadDuration

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


def in_words(seconds: float) -> str:
    """Return a span in its two greatest units: `12 s`, `15 min`, `2 h 5 min`, `7 d`."""
    whole = int(seconds)
    for unit, size, smaller, part in (("d", 86_400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"
