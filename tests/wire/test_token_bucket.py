"""Tests for chatd.wire.token_bucket."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.wire.token_bucket import Allowance


class AllowanceTests(SynchronousTestCase):
    def test_burst(self) -> None:
        """The burst may be spent at once; then one must wait."""
        allowance = Allowance(rate=5, burst=10, now=100)
        for _ in range(10):
            self.assertEqual(allowance.wait(100), 0)
            allowance.spend(1, 100)
        self.assertAlmostEqual(allowance.wait(100), 0.2)
        self.assertEqual(allowance.wait(100.2), 0)

    def test_debt(self) -> None:
        """What costs more than is left is waited for afterwards."""
        allowance = Allowance(rate=5, burst=10, now=0)
        allowance.spend(30, 0)
        self.assertAlmostEqual(allowance.wait(0), 4.2)
        self.assertFalse(allowance.is_full(5.9))
        self.assertTrue(allowance.is_full(6.1))

    def test_no_more_than_the_burst(self) -> None:
        """However long nothing is spent, no more than the burst is there."""
        allowance = Allowance(rate=5, burst=10, now=0)
        allowance.spend(10, 1000)
        self.assertAlmostEqual(allowance.wait(1000), 0.2)

    def test_no_limit(self) -> None:
        """A rate of 0 lifts the limit."""
        allowance = Allowance(rate=0, burst=10, now=0)
        allowance.spend(1_000_000, 0)
        self.assertEqual(allowance.wait(0), 0)
        self.assertTrue(allowance.is_full(0))

    def test_clock_set_back(self) -> None:
        """A clock that is set back takes nothing away and gives nothing."""
        allowance = Allowance(rate=5, burst=10, now=100)
        allowance.spend(10, 100)
        self.assertAlmostEqual(allowance.wait(50), 0.2)

    @given(st.lists(st.tuples(st.floats(0, 10), st.integers(1, 20)), max_size=50))
    def test_long_run(self, spent: list[tuple[float, int]]) -> None:
        """Who always waits spends in the long run no more than the burst, the rate, and the last thing spent."""
        allowance, now, total, last = Allowance(rate=5, burst=10, now=0), 0.0, 0, 0
        for pause, amount in spent:
            now += pause
            now += allowance.wait(now) + 1e-9
            allowance.spend(amount, now)
            total, last = total + amount, amount
        self.assertLessEqual(total, 10 + 5 * now + last + 1e-6)

    def test_change(self) -> None:
        """With another rate and burst, what is left stays as far as it fits; nobody gets a debt of it."""
        allowance = Allowance(5, 1000, 0)
        allowance.spend(900, 0)
        allowance.change(5, 10)
        self.assertEqual(allowance.wait(0), 0)
        allowance.spend(10, 0)
        self.assertEqual(allowance.wait(0), 0.2)
        allowance.change(1, 100)
        self.assertEqual(allowance.wait(0), 1)
        allowance.spend(5, 0)
        allowance.change(1, 10)
        self.assertEqual(allowance.wait(0), 6)
