"""What has happened so far, as numbers; never what anybody said."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counts:
    """Numbers that only grow. `delivered` counts a line once for each person it is on its way to, `skipped` those of
    them that a slow reader lost; `silent` are connections that said nothing; `held_back` is in seconds; `refused` is by
    the kind of refusal.
    """

    heard: int = 0
    delivered: int = 0
    skipped: int = 0
    silent: int = 0
    held_back: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)
