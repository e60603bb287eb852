"""Tests for chatd.core.duration."""

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.duration import LONGEST, in_words, seconds_in
from chatd.core.refusals import BadDuration


class DurationTests(SynchronousTestCase):
    def test_typed(self) -> None:
        """A span is a number and its unit."""
        for typed, seconds in (("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604_800), ("3650d", LONGEST)):
            self.assertEqual(seconds_in(typed), seconds)

    def test_refused(self) -> None:
        """Anything else is refused with what would work."""
        for typed in ("", "2", "h", "0s", "-1h", "2 h", "2hours", "1.5h", "3651d", "9" * 30 + "d", "²h"):
            error = self.assertRaises(BadDuration, seconds_in, typed)
            self.assertIn("90s, 15m, 2h or 7d", str(error))

    def test_in_words(self) -> None:
        """A span is read in its two greatest units; what is less than a second is none."""
        for seconds, words in (
            (0.9, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (119, "1 min 59 s"),
            (3600, "1 h"),
            (7500, "2 h 5 min"),
            (86_400, "1 d"),
            (86_400 * 7 + 3 * 3600 + 59, "7 d 3 h"),
        ):
            self.assertEqual(in_words(seconds), words)
