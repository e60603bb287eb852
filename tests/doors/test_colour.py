"""Tests for chatd.doors.colour."""

import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import SaidLate
from chatd.doors.colour import OF_16, OF_256, Colours, Frame, colour, painted
from chatd.doors.frames import frame_of_event, frame_of_line
from chatd.doors.wrap import wrap
from chatd.session.view import view
from chatd.session.words.events import event_line

SAID = Frame("21:03 ", opening="<", name="alice", closing="> ")
PALETTES = {
    "xterm": (
        "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 "
        "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
    ),
    "VGA": (
        "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa "
        "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
    ),
    "Windows": (
        "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc "
        "767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2"
    ),
    "GNOME": (
        "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf "
        "555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec"
    ),
    "macOS": (
        "000000 990000 00a600 999900 0000b2 b200b2 00a6b2 bfbfbf "
        "666666 e50000 00d900 e5e500 0000ff e500e5 00e5e5 e5e5e5"
    ),
    "Solarized": (
        "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5 "
        "002b36 cb4b16 586e75 657b83 839496 6c71c4 93a1a1 fdf6e3"
    ),
}
BLACK_AND_WHITE, SOLARIZED = ("000000", "ffffff"), ("002b36", "fdf6e3")


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2 of an RRGGBB."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(colour: str, background: str) -> float:
    darker, lighter = sorted((luminance(colour), luminance(background)))
    return (lighter + 0.05) / (darker + 0.05)


def cube(number: int) -> str:
    """Return the RRGGBB of xterm's colours 16 to 231."""
    levels = (0, 95, 135, 175, 215, 255)
    number -= 16
    return "".join(f"{levels[part]:02x}" for part in (number // 36, number // 6 % 6, number % 6))


class ChoiceTests(SynchronousTestCase):
    def test_of_256(self) -> None:
        """They are all that stand on black, white and both of Solarized."""
        backgrounds = BLACK_AND_WHITE + SOLARIZED
        standing = [n for n in range(16, 232) if min(contrast(cube(n), ground) for ground in backgrounds) >= 3.5]
        self.assertEqual(OF_256, tuple(standing))

    def test_of_16(self) -> None:
        """They are all that can be read on black and white, whatever the terminal makes of them."""

        def least(number: int, palette: str) -> float:
            backgrounds = SOLARIZED if palette == "Solarized" else BLACK_AND_WHITE
            return min(contrast(PALETTES[palette].split()[number], ground) for ground in backgrounds)

        readable = [n for n in range(16) if min(least(n, palette) for palette in PALETTES) >= 2.3]
        self.assertEqual(OF_16, tuple(readable))


class ColourTests(SynchronousTestCase):
    def test_stable(self) -> None:
        """A name has the same colour for ever, however it is written."""
        self.assertEqual([colour(name, Colours.ON) for name in ("alice", "bob", "李雷")], [99, 64, 66])
        self.assertEqual([colour(name, Colours.SIXTEEN) for name in ("alice", "bob", "李雷")], [1, 13, 1])
        for colours in (Colours.ON, Colours.SIXTEEN):
            self.assertEqual(colour("Alice", colours), colour("alice", colours))

    def test_all_are_used(self) -> None:
        """Every colour is somebody's."""
        for colours, numbers in ((Colours.ON, OF_256), (Colours.SIXTEEN, OF_16)):
            self.assertEqual({colour(f"guest{n}", colours) for n in range(200)}, set(numbers))


class PaintedTests(SynchronousTestCase):
    def test_said(self) -> None:
        """The time is dim and the name has its colour; the text has none."""
        for colours, code in ((Colours.ON, "38;5;99"), (Colours.SIXTEEN, "31")):
            self.assertEqual(
                painted("21:03 <alice> hi", SAID, colours), f"\x1b[2m21:03\x1b[22m <\x1b[{code}malice\x1b[39m> hi"
            )

    def test_sixteen(self) -> None:
        """The bright ones of sixteen have numbers of their own."""
        codes = {
            painted(f"{n}", Frame(name=f"{n}"), Colours.SIXTEEN).partition("m")[0].removeprefix("\x1b[")
            for n in range(200)
        }
        self.assertEqual(codes, {"31", "35", "91", "94", "95"})

    def test_mark(self) -> None:
        """Marks are bold."""
        self.assertEqual(
            painted("21:03 ## Closing", Frame("21:03 ", "## "), Colours.ON),
            "\x1b[2m21:03\x1b[22m \x1b[1m##\x1b[22m Closing",
        )
        self.assertEqual(painted("!! no", Frame(mark="!! "), Colours.SIXTEEN), "\x1b[1m!!\x1b[22m no")

    def test_replayed(self) -> None:
        """Of a line that was said before, the mark alone is painted."""
        line = "| 21:03 <alice> hi"
        self.assertEqual(painted(line, frame_of_line(line), Colours.ON), "\x1b[1m|\x1b[22m 21:03 <alice> hi")

    def test_late(self) -> None:
        """The time of a late line is dim, and the name of its speaker in a colour, as in any other."""
        for acted in (False, True):
            event = SaidLate(0.0, "#lobby", "alice", "hi", acted)
            sent = painted(event_line(event, view("UTC")), frame_of_event(event, view("UTC")), Colours.ON)
            self.assertIn("\x1b[2m(said at 00:00:00)\x1b[22m ", sent)
            self.assertIn("\x1b[38;5;99malice\x1b[39m", sent)

    def test_named(self) -> None:
        """A line that names its reader is bold to its end, the time still dim, the name in its colour."""
        self.assertEqual(
            painted("21:03 <alice> hi", SAID, Colours.ON, named=True),
            "\x1b[2m21:03\x1b[22m\x1b[1m <\x1b[38;5;99malice\x1b[39m> hi\x1b[22m",
        )
        self.assertEqual(painted("## x", Frame(mark="## "), Colours.ON, named=True), "\x1b[1m## x\x1b[22m")
        self.assertEqual(
            painted("21:03 x", Frame("21:03 "), Colours.ON, named=True), "\x1b[2m21:03\x1b[22m\x1b[1m x\x1b[22m"
        )

    def test_off(self) -> None:
        """Without colours there is not one attribute."""
        self.assertEqual(painted("21:03 <alice> hi", SAID, Colours.OFF, named=True), "21:03 <alice> hi")

    def test_wrapped(self) -> None:
        """A line that is wrapped behind its frame is painted; one whose frame is broken is not, but for bold."""
        line = "21:03 <alice> hellohello"
        behind, within = wrap(line, 19, 3), wrap(line, 11, 3)
        self.assertTrue(painted(behind, SAID, Colours.ON).endswith("malice\x1b[39m>\r\n   hellohello"))
        self.assertEqual(painted(within, SAID, Colours.ON), within)
        self.assertEqual(painted(within, SAID, Colours.ON, named=True), f"\x1b[1m{within}\x1b[22m")

    @given(
        st.builds(
            Frame,
            st.sampled_from(["", "21:03 "]),
            st.sampled_from(["", "## ", "-- "]),
            st.sampled_from(["", "<", "* ", "[you -> "]),
            st.sampled_from(["", "alice", "李雷"]),
            st.sampled_from(["", "> ", " -> you] "]),
        ),
        st.text("ab 李", max_size=40),
        st.integers(8, 60),
        st.sampled_from(Colours),
        st.booleans(),
    )
    def test_any_line(self, frame: Frame, text: str, columns: int, colours: Colours, named: bool) -> None:
        """What is painted is the same line, and no attribute outlives it."""
        line = wrap(f"{frame}{text}", columns, 3)
        sent = painted(line, frame, colours, named=named)
        self.assertEqual(re.sub(r"\x1b\[[0-9;]*m", "", sent), line)
        codes = re.findall(r"\x1b\[([0-9;]*)m", sent)
        self.assertEqual(codes.count("1") + codes.count("2"), codes.count("22"))
        self.assertEqual(sum(code.startswith(("38", "9")) or code in ("31", "35") for code in codes), codes.count("39"))
