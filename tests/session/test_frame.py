"""Tests for chatd.session.words.frame, by the visual order of UAX 9 as a library lays it out."""

import unicodedata

from bidi import get_display
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.text import one_line
from chatd.session.words.frame import framed

LRM = "\u200e"
LETTERS = "abzאבתשرمصطڤޝߊ你é"
BRACKETS = "()[]{}「」"  # in no name: one in front of the text would pair with one in it
OTHERS = "0179٣۴ <>«»‹›.,:;!?-+*/\"'#$%&_\u05b8\u064e\u0301\u200c\u200d🦊→"


INVISIBLE = str.maketrans("", "", LRM + "\u200c\u200d")  # where among the others these stand is anybody's choice


def seen(line: str) -> str:
    """Return what a terminal shows of a line in a paragraph from left to right."""
    laid_out: str = get_display(line, base_dir="L")
    return laid_out.translate(INVISIBLE)


def frames(name: str) -> tuple[str, ...]:
    return (f"14:02 <{name}> ", f"* {name} ", f"14:02 [{name} -> you] ", f"[you -> {name}] ", f"-- {name} is away: ")


class FramedTests(SynchronousTestCase):
    def assertApart(self, frame: str, text: str) -> None:
        line = framed(frame, text)
        self.assertEqual(line.replace(LRM, ""), frame + text)
        self.assertEqual(seen(line), seen(frame) + seen(text))
        if LRM in line:
            self.assertEqual(get_display(line), get_display(line, base_dir="L"), "taken for a right-to-left paragraph")

    def test_another_name_in_front(self) -> None:
        """A right-to-left text that ends with another's name doesn't bring that name to the front."""
        frame, text = "14:02 <דן> ", "תעבירו לי את הכסף ‹שרה"
        self.assertTrue(seen(frame + text).startswith("14:02 <הרש"))  # that's what it is good for
        self.assertTrue(seen(framed(frame, text)).startswith("14:02 <ןד> "))
        self.assertApart(frame, text)

    def test_directions(self) -> None:
        """Names and texts of either direction, with digits and brackets between them, keep apart."""
        for name in ("alice", "דן", "محمد", "דן5", "007", "🦊", "שa", "_ב_", "ߊߋ"):
            for text in ("hello", "שלום", "سلام ٣٤", "123 שלום", "(א) b", ") א", "]א[", "> <שרה>", "!", "א!", "", " א"):
                for frame in frames(name):
                    self.assertApart(frame, text)

    def test_frame_in_order(self) -> None:
        """Time, mark and name stand in their order, whatever the name is made of."""
        for name in ("alice", "דן", "محمد٣", "דן5", "_ב_", "🦊א"):
            line = seen(framed(f"14:02 <{name}> ", "שרה: שלום"))
            self.assertEqual(line[:7] + line[7 + len(name) :][:2], "14:02 <> ")
            self.assertEqual(sorted(line[7 : 7 + len(name)]), sorted(name))

    def test_nothing_at_the_start(self) -> None:
        """A line begins with its time or mark, not with what nobody sees."""
        for text in ("שלום", "hello"):
            self.assertEqual(framed("14:02 <דן> ", text), f"14:02 <{LRM}דן> {LRM}{text}")
        self.assertEqual(framed("14:02 <alice> ", "שלום"), f"14:02 <alice> {LRM}שלום")

    def test_left_to_right(self) -> None:
        """Lines without right-to-left letters are as they would be without a frame."""
        for frame, text in (("14:02 <alice> ", "hello"), ("14:02 <Zoë> ", "naïve 你好 Привет 🦊"), ("", "")):
            self.assertEqual(framed(frame, text), frame + text)

    def test_every_right_to_left_character(self) -> None:
        """Every character that could turn a line around is known as one."""
        for character in map(chr, range(0x110000)):
            if unicodedata.bidirectional(character) in ("R", "AL", "AN") and character not in "\u200f\u061c":
                self.assertIn(LRM, framed("<alice> ", character), hex(ord(character)))

    def test_nobody_types_it(self) -> None:
        """What a person says holds no character that turns a line around by itself, nor an LRM."""
        for character in map(chr, range(0x110000)):
            if unicodedata.bidirectional(character) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"):
                self.assertEqual(one_line(f"a{character}b"), "ab")
        self.assertEqual(one_line("\u200ea\u200fb\u061cc"), "abc")

    @given(
        st.text(st.sampled_from(LETTERS + OTHERS), min_size=1, max_size=8), st.text(st.sampled_from(LETTERS + OTHERS))
    )
    def test_any_line(self, name: str, text: str) -> None:
        """Whatever stands in either, the line shows the frame as it is by itself, then the text as it is by itself."""
        for frame in frames(name):
            self.assertApart(frame, one_line(text))
