"""How a line is painted: times dim, marks bold, names in a colour each, and never what people say.

A line is wrapped first and painted then. So what counts columns knows no attributes, and what is painted is the frame
at its beginning, and all of it where it names its reader. Knows no events: a line is given with its frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from zlib import crc32

from chatd.core.nickname import exact_key

# All of xterm's colours 16 to 231 whose contrast is 3.5 : 1 (WCAG 2) on black, on white and on both of Solarized.
OF_256 = (31, 32, 64, 65, 66, 99, 100, 133, 134, 165, 166, 196, 197)
# All of the first sixteen whose contrast is 2.3 : 1 on black and white with the palettes of xterm, VGA, Windows, GNOME
# and macOS, and on both of Solarized with its own: red, magenta, and the bright ones of these and of blue.
OF_16 = (1, 5, 9, 12, 13)

_BOLD, _DIM, _NORMAL, _NO_COLOUR = "\x1b[1m", "\x1b[2m", "\x1b[22m", "\x1b[39m"


class Colours(Enum):
    """What a terminal is sent. `OFF` is text alone: no attribute either."""

    OFF = "off"
    SIXTEEN = "16"
    ON = "on"  # of 256


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands in front of a text, in this order and with its spaces: `21:03 <alice> `, `21:03 ## `."""

    time: str = ""
    mark: str = ""
    opening: str = ""
    name: str = ""
    closing: str = ""

    def __str__(self) -> str:
        return self.time + self.mark + self.opening + self.name + self.closing


def painted(line: str, frame: Frame, colours: Colours, *, named: bool = False) -> str:
    """Return a line that begins with `frame`, wrapped already, as it is sent; bold if its reader is `named` in it.

    The frame stays as it is in a window so narrow that it is broken itself.
    """
    if colours is Colours.OFF:
        return line
    head, shown = "", str(frame).rstrip(" ")  # the space behind a frame is left out if the row ends there
    if line.startswith(shown):
        head, line = _painted(frame, colours, named=named).rstrip(" "), line[len(shown) :]
    elif named:
        head = _BOLD
    return head + line + (_NORMAL if named else "")


def colour(name: str, colours: Colours) -> int:
    """Return the number of a name's colour, the same one in every process and for every way to write the name."""
    numbers = OF_16 if colours is Colours.SIXTEEN else OF_256
    return numbers[crc32(exact_key(name).encode()) % len(numbers)]


@lru_cache(maxsize=4096)
def _coloured(name: str, colours: Colours) -> str:
    number = colour(name, colours)
    if colours is Colours.SIXTEEN:
        return f"\x1b[{number + (30 if number < 8 else 82)}m{name}{_NO_COLOUR}"
    return f"\x1b[38;5;{number}m{name}{_NO_COLOUR}"


def _painted(frame: Frame, colours: Colours, *, named: bool) -> str:
    """Return a frame, in which spaces that end a part are not painted; `named` begins to be bold behind the time."""
    time, mark = frame.time.rstrip(" "), frame.mark.rstrip(" ")
    return "".join(
        (
            f"{_DIM}{time}{_NORMAL}" if time else "",
            _BOLD if named else "",
            frame.time[len(time) :],
            f"{_BOLD}{mark}{_NORMAL}" if mark and not named else mark,
            frame.mark[len(mark) :],
            frame.opening,
            _coloured(frame.name, colours) if frame.name else "",
            frame.closing,
        )
    )
