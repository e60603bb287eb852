"""Tests for chatd.doors.cells."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.nickname import columns
from chatd.doors.cells import MOST_IN_A_CELL, MOST_JOINED, after, before, cells, end_of_fitting, joins

ASTRONAUT = "👩\u200d🚀"
WAVE = "👋\U0001f3fd"  # with a skin tone
HEART = "❤\ufe0f"
TOGETHER = ("a", " ", "李", "e\u0301", "e\u0301\u0323", "नि", "می\u200c"[1:], ASTRONAUT, WAVE, HEART, "ａ", "\u3000")


class CellsTests(SynchronousTestCase):
    def test_usual_text(self) -> None:
        """ASCII takes a cell each, wide characters two, marks and joiners none."""
        for text, wanted in (("", 0), ("hello", 5), ("naïve", 5), ("你好", 4), ("e\u0301", 1), ("می\u200cخواهم", 7)):
            self.assertEqual(cells(text), wanted, text)

    def test_where_terminals_disagree(self) -> None:
        """What some terminals give more cells than others counts as most that any of them gives it."""
        for text, wanted in ((HEART, 2), (ASTRONAUT, 4), (WAVE, 4), ("🇩🇪", 4), ("नि", 2), ("\U0001fae8", 2)):
            self.assertEqual(cells(text), wanted, text)

    def test_every_character(self) -> None:
        """No character counts less than its usual width, but for the joiners, which are none."""
        narrower = [c for c in map(chr, range(0x20000)) if cells(c) < columns(c) and c not in "\u200c\u200d"]
        self.assertEqual(narrower, [])


class TogetherTests(SynchronousTestCase):
    def test_each(self) -> None:
        """Marks, joiners, skin tones and the parts of an emoji go with what they stand on."""
        for character in TOGETHER:
            text = f"x{character}y"
            self.assertEqual(after(text, 1), len(text) - 1, character)
            self.assertEqual(before(text, len(text) - 1), 1, character)

    def test_edges(self) -> None:
        """There is nothing before the start and nothing behind the end; a mark may come first."""
        self.assertEqual((before("", 0), after("", 0)), (0, 0))
        self.assertEqual((before("ab", 0), after("ab", 2)), (0, 2))
        self.assertEqual((before("\u0301a", 1), after("\u0301a", 0)), (0, 1))

    def test_joiner_between_letters(self) -> None:
        """A joiner joins emoji to each other, and nothing else to what comes before."""
        self.assertFalse(joins("क\u200dष", 2))

    def test_heap_of_marks(self) -> None:
        """A heap of marks is cut into pieces of bounded length."""
        heap = "e" + "\u0301" * 100
        self.assertEqual((after(heap, 0), before(heap, 101)), (MOST_JOINED, 101 - MOST_JOINED))

    @given(st.lists(st.sampled_from(TOGETHER)))
    def test_there_and_back(self, characters: list[str]) -> None:
        """Going through a text from either end stops at the same places."""
        text, places = "".join(characters), [0]
        for character in characters:
            places.append(places[-1] + len(character))
        forth, back = [0], [len(text)]
        while forth[-1] < len(text):
            forth.append(after(text, forth[-1]))
        while back[-1] > 0:
            back.append(before(text, back[-1]))
        self.assertEqual((forth, back), (places, places[::-1]))


class FittingTests(SynchronousTestCase):
    def test_from_a_place_on(self) -> None:
        """What fits is counted from a place on, in whole characters."""
        for text, start, room, end in (
            ("hello", 0, 3, 3),
            ("hello", 3, 80, 5),
            ("hello", 5, 0, 5),
            ("你好", 0, 3, 1),
            ("xe\u0301y", 0, 2, 3),
            ("xxe\u0301", 0, 2, 2),
            ("xy" + ASTRONAUT, 0, 5, 2),
        ):
            self.assertEqual(end_of_fitting(text, start, room), end, (text, start, room))

    def test_heap_of_marks(self) -> None:
        """Of marks, which take no cells, only so many fit."""
        self.assertLessEqual(end_of_fitting("e\u0301\u0301\u0301\u0301\u0301\u0301" * 20, 0, 10), 10 * MOST_IN_A_CELL)

    @given(st.lists(st.sampled_from(TOGETHER)).map("".join), st.integers(0, 20))
    def test_any_text(self, text: str, room: int) -> None:
        """It takes no more cells than there are, ends with a whole character, and leaves no room for the next one."""
        end = end_of_fitting(text, 0, room)
        self.assertLessEqual(cells(text[:end]), room)
        if end < len(text):
            self.assertFalse(end and joins(text, end))
            self.assertGreater(cells(text[: after(text, end)]), room)
