"""Tests for chatd.doors.completion."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.doors.completion import completed, word_start


class WordTests(SynchronousTestCase):
    def test_spaces(self) -> None:
        """A word begins behind a space or where a line does."""
        for text, word in (
            ("", ""),
            ("al", "al"),
            ("hi al", "al"),
            ("hi ", ""),
            ("hi\nal", "al"),
            ("to:a@b", "to:a@b"),
        ):
            self.assertEqual(text[word_start(text, len(text)) :], word, text)
        self.assertEqual(word_start("hi al bo", 5), 3)

    def test_in_chinese(self) -> None:
        """An @ behind a wide character begins one."""
        for text, word in (
            ("你好@李", "@李"),
            ("你好 @李", "@李"),
            ("@李", "@李"),
            ("你好李", "你好李"),
            ("@@李", "@@李"),
        ):
            self.assertEqual(text[word_start(text, len(text)) :], word, text)


class CompletedTests(SynchronousTestCase):
    def test_one(self) -> None:
        """The only candidate is taken as it is written, with a space behind."""
        self.assertEqual(completed("AL", ["alice"]), "alice ")
        self.assertEqual(completed("alice", ["alice"]), "alice ")

    def test_several(self) -> None:
        """Several share their beginning, whatever its case; if that is typed already, there is nothing to add."""
        for word, candidates, wanted in (
            ("a", ["alice", "alina", "ALIX"], "ali"),
            ("AL", ["alice", "Alina"], "ali"),
            ("ali", ["alice", "alina"], None),
            ("", ["alice", "bob"], None),
            ("bo", ["bob", "bobby"], "bob"),
            ("x", ["alice", "alina"], None),
            ("@李", ["@李雷", "@李雷雷"], "@李雷"),
        ):
            self.assertEqual(completed(word, candidates), wanted, (word, candidates))

    def test_whole_characters(self) -> None:
        """No character is taken without its marks."""
        self.assertIsNone(completed("", ["e\u0301a", "e\u0300a"]))
        self.assertEqual(completed("", ["xe\u0301a", "xe\u0301b"]), "xe\u0301")

    @given(st.text("abAé", max_size=3), st.lists(st.text("abAéß", max_size=4), min_size=2, max_size=4))
    def test_any(self, word: str, candidates: list[str]) -> None:
        """What several add continues the word and begins each of them."""
        becomes = completed(word, candidates)
        if becomes is not None:
            self.assertGreater(len(becomes.casefold()), len(word.casefold()))
            self.assertTrue(becomes.casefold().startswith(word.casefold()))
            for candidate in candidates:
                self.assertTrue(candidate.casefold().startswith(becomes.casefold()))
