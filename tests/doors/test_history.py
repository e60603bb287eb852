"""Tests for chatd.doors.history."""

from twisted.trial.unittest import SynchronousTestCase

from chatd.doors.history import MOST_CHARACTERS, MOST_LINES, History


def all_of(history: History) -> list[str]:
    """Return all that can be recalled, the newest first."""
    lines = []
    while recalled := history.older("row", None):
        lines.append(recalled[0])
    return lines


class HistoryTests(SynchronousTestCase):
    def history(self, *lines: str) -> History:
        history = History()
        for line in lines:
            history.add(line)
        return history

    def test_there_and_back(self) -> None:
        """Below the newest line stands the row as it was, and when it was begun."""
        history = self.history("one", "two")
        self.assertIsNone(history.newer())
        recalled = [history.older("row", 5.0), history.older("two", 6.0), history.older("one", 7.0)]
        self.assertEqual(recalled, [("two", None), ("one", None), None])
        self.assertEqual([history.newer(), history.newer(), history.newer()], [("two", None), ("row", 5.0), None])

    def test_not_kept(self) -> None:
        """Blank lines, repetitions and what is too long are not kept."""
        history = self.history("one", "one", "", "  ", "two", "one", "x" * (MOST_CHARACTERS + 1))
        self.assertEqual(all_of(history), ["one", "two", "one"])

    def test_goes_back(self) -> None:
        """Whoever enters a line stands below all of them again."""
        history = self.history("one", "two")
        all_of(history)
        history.add("")
        self.assertEqual(all_of(history), ["two", "one"])
        history.leave()
        self.assertEqual(all_of(history), ["two", "one"])

    def test_bounds(self) -> None:
        """So many lines are kept, or fewer if they are long."""
        history = self.history(*map(str, range(60)))
        self.assertEqual(all_of(history), list(map(str, reversed(range(60 - MOST_LINES, 60)))))
        for letter in "abc":
            history.add(letter * (MOST_CHARACTERS // 2))
        self.assertEqual([line[0] for line in all_of(history)], ["c", "b"])

    def test_long_row(self) -> None:
        """A row that is too long to be put aside is not left."""
        history = self.history("one")
        self.assertIsNone(history.older("x" * (MOST_CHARACTERS + 1), None))
        self.assertEqual(history.older("x" * MOST_CHARACTERS, None), ("one", None))
