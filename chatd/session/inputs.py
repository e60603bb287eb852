"""What a session is given, as values: a codec makes them of what a client sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from chatd.core.refusals import HallError


class Line(NamedTuple):
    """A line as it was typed, without its end: something to say, or a command with its slash.

    `typed_at` is on the hall's clock and never later than the truth; `id` is given back with what comes of it. One that
    is `hidden` was typed unseen, where a password was asked for: it is a password, or nothing. It is a tuple because
    one is made for each line that is typed.
    """

    text: str
    typed_at: float | None = None
    id: Any = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A command by its name, with its arguments by theirs."""

    name: str
    arguments: Mapping[str, str]
    typed_at: float | None = None
    id: Any = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that could not be read. `chooses` says that it began like a choice of those to whom lines go."""

    error: HallError
    chooses: bool = False
    typed_at: float | None = None
    id: Any = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The client will send nothing more: it has `closed` its side, or its person has typed so (Ctrl-D)."""

    closed: bool = False
    id: Any = None


Input = Line | Command | Refused | Ended
