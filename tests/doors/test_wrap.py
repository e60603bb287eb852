"""Tests for chatd.doors.wrap."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.doors.cells import cells
from chatd.doors.wrap import wrap

PIECES = (
    "hello",
    "a",
    " ",
    "   ",
    "李雷",
    "你好，世界。",
    "e\u0301" * 3,
    "x" * 50,
    "ж" * 30,
    "👩\u200d🚀",
    "👩\u200d" * 12,
    "か\u3099",
)


def rows(line: str, columns: int, indent: int = 3) -> list[str]:
    return wrap(line, columns, indent).split("\r\n")


class WrapTests(SynchronousTestCase):
    def test_short(self) -> None:
        """A line that fits stays as it is, up to the last column."""
        for line in ("", "hello", "x" * 20, "李" * 10, "a b  c "):
            self.assertEqual(wrap(line, 20, 3), line)

    def test_words(self) -> None:
        """Lines break at spaces, which are left out there; what follows is indented."""
        self.assertEqual(
            rows("21:03 <alice> one two  three   four", 24, 14),
            ["21:03 <alice> one two", " " * 12 + "three   four"],
        )
        self.assertEqual(rows("one  two three  ", 10), ["one  two", "   three  "])
        self.assertEqual(rows("one two three       ", 10), ["one two", "   three"])

    def test_indent(self) -> None:
        """There is always an indent, of half the columns at most."""
        for indent, spaces in ((0, 1), (5, 5), (30, 10)):
            self.assertEqual(rows("hello hello hello hello", 20, indent)[1], " " * spaces + "hello")

    def test_wide(self) -> None:
        """Chinese breaks between any two characters, but not in front of what closes a sentence."""
        self.assertEqual(rows("21:03 <a> 你好，世界。", 14, 4), ["21:03 <a> 你", "    好，世界。"])
        self.assertEqual(rows("hello你好世界。", 14, 2), ["hello你好世", "  界。"])
        self.assertEqual(rows("か\u3099" * 6, 11, 1), ["か\u3099" * 5, " か\u3099"])

    def test_long_word(self) -> None:
        """A word that is longer than a row begins where it is, and is cut."""
        self.assertEqual(
            rows("see http://example.org/a/b/c now", 14, 2), ["see http://exa", "  mple.org/a/b", "  /c now"]
        )
        self.assertEqual(rows("see " + "e\u0301" * 14, 10, 2), ["see " + "e\u0301" * 6, "  " + "e\u0301" * 8])
        self.assertEqual(rows("hello      xxxxxxxxxxxx", 8, 2), ["hello   ", "  xxxxxx", "  xxxxxx"])

    def test_narrow(self) -> None:
        """In a window of a few columns, the terminal breaks lines as it likes."""
        self.assertEqual(wrap("hello hello", 7, 3), "hello hello")

    @given(
        st.lists(st.sampled_from(PIECES), min_size=5, max_size=20).map("".join),
        st.integers(8, 60),
        st.integers(0, 40),
    )
    @example("👩\u200d" * 20 + "a" * 20, 8, 2)
    def test_any_line(self, line: str, columns: int, indent: int) -> None:
        """No row is too wide, none but the first begins at the edge, and nothing but spaces is lost."""
        first, *others = rows(line, columns, indent)
        self.assertLessEqual(max(map(cells, (first, *others))), columns)
        margin = " " * min(max(indent, 1), columns // 2)
        self.assertTrue(all(row.startswith(margin) for row in others))
        texts = [first, *(row[len(margin) :] for row in others)]
        self.assertEqual("".join(texts).replace(" ", ""), line.replace(" ", ""))
        place = 0
        for text in texts:
            self.assertGreaterEqual(line.find(text, place), 0)
            place = line.find(text, place) + len(text)

    @given(st.lists(st.text("abж", min_size=1, max_size=10), min_size=5), st.integers(20, 40), st.integers(0, 30))
    def test_any_words(self, words: list[str], columns: int, indent: int) -> None:
        """No word that fits into a row is cut, and each row has as many as fit."""
        broken = rows(" ".join(words), columns, indent)
        self.assertEqual(" ".join(broken).split(), words)
        for row, following in pairwise(broken):
            self.assertGreater(len(row) + 1 + len(following.split()[0]), columns)
