"""Tests for chatd.session.duration."""

from twisted.trial.unittest import SynchronousTestCase

from chatd.session.duration import LONGEST, seconds_in
from chatd.session.refusals import BadDuration


class DurationTests(SynchronousTestCase):
    def test_typed(self) -> None:
        """A span is a number and its unit."""
        for typed, seconds in (("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604_800), ("3650d", LONGEST)):
            self.assertEqual(seconds_in(typed), seconds)

    def test_refused(self) -> None:
        """Anything else is refused with what would work."""
        for typed in ("", "2", "h", "0s", "-1h", "2 h", "2hours", "1.5h", "3651d", "9" * 30 + "d", "²h"):
            self.assertEqual(self.assertRaises(BadDuration, seconds_in, typed).typed, typed)
