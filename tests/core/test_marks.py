"""Tests for chatd.core.marks."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.marks import MOST, MOST_ACCENTS, borne, is_accent, is_mark, is_point, without_piles

LIVING_TEXT = (
    "ที่นี่มีน้ำใจ กี่ปี้",  # Thai: a vowel and a tone
    unicodedata.normalize("NFD", "Việt Nữ Tường Ngữ"),
    "हिन्दी ज़िंदगी क्षत्रिय",
    "בְּרֵאשִׁ֖ית בָּרָ֣א יְרוּשָׁלִַ֔ם",  # Hebrew with points and chant
    "שָּׁ֖ב",  # four marks on one letter
    "ٱللَّهُ مُحَمَّدٌ",
    "သူငယ်ချင်း မြို့ ဖြိုး ကျော်",
    "སྒྲོལ་མ་ རྡོ་རྗེ་ ཧཱུྃ",
    "ᾧ ἄνδρα",
    "👩\u200d❤️\u200d💋\u200d👨 👨\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈 1️⃣",
    "می\u200cخواهم",
    "𑄌𑄋𑄴𑄟𑄳𑄦",  # Chakma, outside the BMP
)


class PileTests(SynchronousTestCase):
    def test_living_text(self) -> None:
        """Text in any language, emoji sequences too, stays as it is."""
        for text in LIVING_TEXT:
            for form in (text, unicodedata.normalize("NFD", text), unicodedata.normalize("NFC", text)):
                self.assertEqual(without_piles(form), form)

    def test_accents(self) -> None:
        """Of accents piled onto a letter the first four stay, whichever they are."""
        for accents in ("\u0301", "\u0316\u0301", "\u0336\u20dd", "\u0303\u1dc4"):
            pile = accents * 1000
            self.assertEqual(without_piles(f"a{pile}b"), f"a{pile[:4]}b")

    def test_other_marks(self) -> None:
        """Of marks that no letter of any script bears so many of, the first eight stay."""
        for mark in ("\u0e34", "\u05b0", "\u064e", "\u200d", "\u034f", "\ufe0f", "\u1add", "\U00011134"):
            self.assertEqual(without_piles(f"a{mark * 2000}b"), f"a{mark * 8}b", hex(ord(mark)))

    def test_joiners_hide_nothing(self) -> None:
        """A joiner between the marks makes no new letter of them."""
        self.assertEqual(without_piles("a" + "\u0301\u200d" * 1000).count("\u0301"), 4)

    def test_a_letter_ends_a_pile(self) -> None:
        """Each letter bears its own."""
        text = "o\u0301\u0301\u0301\u0301" * 100
        self.assertEqual(without_piles(text), text)
        self.assertEqual(borne(text, MOST_ACCENTS, MOST), text)

    @given(st.text(st.sampled_from("ab \u0301\u0316\u05b0\u064e\u0e34\u200d\ufe0f\U00011134é你👩"), max_size=60))
    def test_any_text(self, text: str) -> None:
        """What stays is what `borne` leaves, whether or not there was reason to look closely."""
        self.assertEqual(without_piles(text), borne(text, MOST_ACCENTS, MOST))


class KindTests(SynchronousTestCase):
    def test_kinds(self) -> None:
        """An accent stands on any letter, a point on those of its script; a vowel of a script is neither."""
        for mark in "\u0301\u0336\u0327\u20dd\ufe20":
            self.assertTrue(is_mark(mark) and is_accent(mark) and not is_point(mark), hex(ord(mark)))
        for mark in "\u05b0\u05c1\u064e\u0670":
            self.assertTrue(is_mark(mark) and is_point(mark) and not is_accent(mark), hex(ord(mark)))
        for mark in "\u0e34\u093c\u094d\u3099\u0f71":
            self.assertTrue(is_mark(mark) and not is_point(mark) and not is_accent(mark), hex(ord(mark)))

    def test_no_marks(self) -> None:
        """Letters are none, nor vowels that take a column, nor an emoji that this Python doesn't know yet."""
        for character in "aא你\u0903🦊\U0001faff":
            self.assertFalse(is_mark(character), hex(ord(character)))
