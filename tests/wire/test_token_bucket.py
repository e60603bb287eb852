"""Tests for chatd.wire.token_bucket."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.wire.token_bucket import TokenBucket


class AllowanceTests(SynchronousTestCase):
    def test_burst(self) -> None:
        """The burst may be spent at once; then one must wait."""
        bucket = TokenBucket(rate=5, burst=10, now=100)
        for _ in range(10):
            self.assertEqual(bucket.wait(100), 0)
            bucket.spend(1, 100)
        self.assertAlmostEqual(bucket.wait(100), 0.2)
        self.assertEqual(bucket.wait(100.2), 0)

    def test_debt(self) -> None:
        """What costs more than is left is waited for afterwards."""
        bucket = TokenBucket(rate=5, burst=10, now=0)
        bucket.spend(30, 0)
        self.assertAlmostEqual(bucket.wait(0), 4.2)
        self.assertFalse(bucket.is_full(5.9))
        self.assertTrue(bucket.is_full(6.1))

    def test_no_more_than_the_burst(self) -> None:
        """However long nothing is spent, no more than the burst is there."""
        bucket = TokenBucket(rate=5, burst=10, now=0)
        bucket.spend(10, 1000)
        self.assertAlmostEqual(bucket.wait(1000), 0.2)

    def test_no_limit(self) -> None:
        """A rate of 0 lifts the limit."""
        bucket = TokenBucket(rate=0, burst=10, now=0)
        bucket.spend(1_000_000, 0)
        self.assertEqual(bucket.wait(0), 0)
        self.assertTrue(bucket.is_full(0))

    def test_clock_set_back(self) -> None:
        """A clock that is set back takes nothing away and gives nothing."""
        bucket = TokenBucket(rate=5, burst=10, now=100)
        bucket.spend(10, 100)
        self.assertAlmostEqual(bucket.wait(50), 0.2)

    @given(st.lists(st.tuples(st.floats(0, 10), st.integers(1, 20)), max_size=50))
    def test_long_run(self, spent: list[tuple[float, int]]) -> None:
        """Who always waits spends in the long run no more than the burst, the rate, and the last thing spent."""
        bucket, now, total, last = TokenBucket(rate=5, burst=10, now=0), 0.0, 0, 0
        for pause, amount in spent:
            now += pause
            now += bucket.wait(now) + 1e-9
            bucket.spend(amount, now)
            total, last = total + amount, amount
        self.assertLessEqual(total, 10 + 5 * now + last + 1e-6)

    def test_change(self) -> None:
        """With another rate and burst, what is left stays as far as it fits; nobody gets a debt of it."""
        bucket = TokenBucket(5, 1000, 0)
        bucket.spend(900, 0)
        bucket.change(5, 10)
        self.assertEqual(bucket.wait(0), 0)
        bucket.spend(10, 0)
        self.assertEqual(bucket.wait(0), 0.2)
        bucket.change(1, 100)
        self.assertEqual(bucket.wait(0), 1)
        bucket.spend(5, 0)
        bucket.change(1, 10)
        self.assertEqual(bucket.wait(0), 6)
