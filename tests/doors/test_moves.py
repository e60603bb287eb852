"""Tests for chatd.doors.moves."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.doors.cells import joins
from chatd.doors.moves import ERASURES, KILLS, MOVES, Move, blank_word_before, end, start, word_after, word_before

TEXT = "  re: e\u0301tes-vous (李雷、你好) می\u200cخواهم?"


def stops(move: Move, text: str, place: int) -> list[str]:
    """Return the pieces of a text that a move goes over, one after the other."""
    pieces = []
    while (place, move(text, place)) not in ((0, 0), (len(text), len(text))):
        to = move(text, place)
        pieces.append(text[min(place, to) : max(place, to)])
        place = to
    return pieces


class MoveTests(SynchronousTestCase):
    def test_words(self) -> None:
        """Words are what lies between spaces and punctuation of any script; marks and joiners are in them."""
        self.assertEqual(
            stops(word_after, TEXT, 0), ["  re", ": e\u0301tes", "-vous", " (李雷", "、你好", ") می\u200cخواهم", "?"]
        )
        self.assertEqual(
            stops(word_before, TEXT, len(TEXT)),
            ["می\u200cخواهم?", "你好) ", "李雷、", "vous (", "e\u0301tes-", "re: ", "  "],
        )

    def test_between_spaces(self) -> None:
        """Ctrl-W takes what lies between spaces."""
        self.assertEqual(
            stops(blank_word_before, TEXT, len(TEXT)),
            ["می\u200cخواهم?", "(李雷、你好) ", "e\u0301tes-vous ", "re: ", "  "],
        )

    def test_all(self) -> None:
        """Start and end are those of the text."""
        self.assertEqual((start(TEXT, 5), end(TEXT, 5)), (0, len(TEXT)))

    def test_bounded(self) -> None:
        """A move by words goes a bounded way, so that no key takes long."""
        text = " " * 10_000
        self.assertEqual(stops(word_after, text, 0), [" " * 4096, " " * 4096, " " * 1808])

    @given(
        st.lists(
            st.sampled_from(["a", "-", " ", "\n", "李", "e\u0301", "-\u0301", " \u0301", "👩\u200d🚀", "،"]),
            max_size=12,
        )
    )
    def test_any_text(self, characters: list[str]) -> None:
        """Every move leads from between two characters to between two, in its own direction."""
        text = "".join(characters)
        places = [len("".join(characters[:n])) for n in range(len(characters) + 1)]
        for key, move in (*MOVES.items(), *ERASURES.items(), *KILLS.items()):
            forward = key.name.endswith(("RIGHT", "END", "DELETE"))
            for place in places:
                to = move(text, place)
                self.assertTrue(place <= to <= len(text) if forward else 0 <= to <= place, key)
                self.assertFalse(0 < to < len(text) and joins(text, to), key)
                self.assertEqual(to == place, place == (len(text) if forward else 0), key)
