"""Tests for chatd.core.text."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.text import one_line, shows_nothing
from tests.core.test_marks import LIVING_TEXT

HARMLESS_FORMATS = {"\u200c", "\u200d"}
DANGEROUS_FORMATS = set(
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)


def is_clean(text: str) -> bool:
    """Whether no character of a text could do anything to a terminal but show itself."""
    return not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in DANGEROUS_FORMATS for c in text)


class OneLineTests(SynchronousTestCase):
    def test_ordinary_text(self) -> None:
        """Text in any language, emoji with joiners and Persian with non-joiners stay as they are."""
        for text in ("hello", "naïve café", "你好", "👩\u200d🚀", "  two  spaces ", "", *LIVING_TEXT):
            self.assertEqual(one_line(text), text)

    def test_ansi_sequences(self) -> None:
        """Whole ANSI sequences go, not just their escape character."""
        for dangerous in (
            "\x1b[31m",
            "\x1b[2J",
            "\x1b[1;1H",
            "\x9b31m",
            "\x1b]0;title\x07",
            "\x1b]8;;http://x\x1b\\",
            "\x1bP+q\x1b\\",
            "\x1bc",
            "\x1b(B",
            "\x9d0;title\x9c",
        ):
            self.assertEqual(one_line(f"a{dangerous}b"), "ab", repr(dangerous))

    def test_unfinished_sequence(self) -> None:
        """A sequence without an end takes only its introduction with it, none of the words."""
        self.assertEqual(one_line("\x1b]never ends"), "never ends")

    def test_many_introductions(self) -> None:
        """Introductions of sequences without an end are taken out one by one: none is looked for to the end again."""
        self.assertEqual(one_line("\x90a" * 2000), "a" * 2000)

    def test_nested_sequences(self) -> None:
        """What is left when a sequence is taken out forms no new one."""
        self.assertNotIn("\x1b", one_line("\x1b\x1b[31m[31mred"))

    def test_line_separators(self) -> None:
        """Nothing that any terminal or program takes for the end of a line stays."""
        self.assertEqual(one_line("a\r\nb\x0bc\x0cd\x1ce\x85f\u2028g\u2029h"), "abcdefgh")

    def test_directions_and_invisibles(self) -> None:
        """Bidi controls and invisible characters go."""
        self.assertEqual(one_line("a" + "".join(sorted(DANGEROUS_FORMATS)) + "\U000e0041z"), "az")

    def test_tab(self) -> None:
        """A tab becomes a space."""
        self.assertEqual(one_line("a\tb"), "a b")

    def test_piles(self) -> None:
        """Marks by the thousand on one letter are cut, even where what is taken out stood between them."""
        self.assertLess(len(one_line("Z" + "\u0301" * 2000)), 10)
        self.assertLess(len(one_line("Z" + "\u0301\u200b\x1b[1m" * 2000)), 10)

    def test_every_character(self) -> None:
        """No character of Unicode that could steer a terminal gets through, wherever it stands."""
        everything = "".join(map(chr, range(0x110000)))
        self.assertTrue(is_clean(one_line(everything)))
        self.assertTrue(is_clean(one_line(everything[::-1])))

    @given(st.text())
    def test_any_text(self, text: str) -> None:
        """Whatever comes in, clean text comes out, and cleaning it again changes nothing."""
        clean = one_line(text)
        self.assertTrue(is_clean(clean))
        self.assertEqual(one_line(clean), clean)


class NothingShownTests(SynchronousTestCase):
    def test_nothing(self) -> None:
        """A line of blanks, fillers, joiners and selectors is empty to the eye."""
        blanks = "\u3164\u115f\uffa0\u2800\u200d\u200c\ufe0f\U000e0100\u034f\u17b4\u180b\U0001d159\U0001d173\U00016fe4"
        for text in ("", " ", "\u3000 \u00a0", "\u115f\u1160", "\u2800 \u3164", *blanks):
            self.assertTrue(shows_nothing(text), repr(text))

    def test_something(self) -> None:
        """Anything with ink is something, however little, and with whatever around it."""
        for text in (*".é你\u2801\ufffd\U00013080", " \u0301", "\u3164.\u3164", "👩\u200d🚀", "❤\ufe0f"):
            self.assertFalse(shows_nothing(text), repr(text))

    def test_names_say_so(self) -> None:
        """What Unicode itself names a filler, a blank, a selector or invisible shows nothing."""
        blank = re.compile(r"(HANGUL|KHITAN) .*FILLER|\bBLANK$|VARIATION SELECTOR|ZERO WIDTH|INVISIBLE")
        for character in map(chr, range(0x110000)):
            if blank.search(unicodedata.name(character, "")):
                self.assertTrue(shows_nothing(character), f"{hex(ord(character))} {unicodedata.name(character)}")
