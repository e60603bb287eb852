"""Tests for chatd.core.tally."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.tally import Tally


class TallyTests(SynchronousTestCase):
    def test_limit(self) -> None:
        """So much may be done within the time, by each neighbourhood, and more when the first of it is long ago."""
        tally = Tally(3, 60.0)
        for now in (0.0, 1.0, 2.0):
            self.assertEqual(tally.wait("a", now), 0.0)
            tally.count("a", now)
        self.assertEqual(tally.wait("a", 10.0), 50.0)
        self.assertEqual(tally.wait("b", 10.0), 0.0)
        self.assertEqual(tally.wait("a", 60.0), 0.0)
        tally.count("a", 60.0)
        self.assertEqual(tally.wait("a", 60.0), 1.0)

    def test_take_back(self) -> None:
        """What doesn't count after all leaves room for another."""
        tally = Tally(1, 60.0)
        tally.count("a", 0.0)
        tally.take_back("a")
        self.assertEqual(tally.wait("a", 0.0), 0.0)
        tally.take_back("a")
        tally.take_back("b")
        self.assertEqual(tally.wait("a", 0.0), 0.0)

    def test_this_machine(self) -> None:
        """This machine itself has no limit."""
        tally = Tally(1, 60.0)
        tally.count("", 0.0)
        self.assertEqual((tally.wait("", 0.0), len(tally)), (0.0, 0))

    def test_forgets(self) -> None:
        """Neighbourhoods that did nothing for so long cost no memory."""
        tally = Tally(2, 60.0)
        tally.count("taken back", 0.0)
        tally.take_back("taken back")
        for now in range(200):
            tally.count(f"{now}", float(now))
        self.assertEqual(len(tally), 60)

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.0, 30.0)), max_size=60))
    def test_never_more(self, tries: list[tuple[str, float]]) -> None:
        """Whatever is tried, nobody gets more within any such time."""
        tally, now, done = Tally(3, 60.0), 0.0, []
        for where, pause in tries:
            now += pause
            if not tally.wait(where, now):
                tally.count(where, now)
                done.append((where, now))
        for where, start in done:
            self.assertLessEqual(sum(w == where and start <= at < start + 60.0 for w, at in done), 3)
