"""Tests for chatd.store.passwords."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.owner_refusals import TooManyLogins
from chatd.store.passwords import LOG_N, MOST_WAITING, Passwords
from tests.store.at_once import AtOnce, ByHand

T = TypeVar("T")


class PasswordsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.passwords = Passwords(AtOnce(), log_n=4)

    def wait_for(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.successResultOf(Deferred.fromCoroutine(doing))

    def test_matches(self) -> None:
        """The password that was stored matches, and no other; it is not to be read from what is stored."""
        stored = self.wait_for(self.passwords.hash("correct horse 密码"))
        self.assertNotIn("horse", stored)
        self.assertTrue(self.wait_for(self.passwords.matches("correct horse 密码", stored)))
        for wrong in ("", "correct horse", "Correct horse 密码"):
            self.assertFalse(self.wait_for(self.passwords.matches(wrong, stored)))
        self.passwords.close()

    def test_salted(self) -> None:
        """Two owners with the same password have nothing in common."""
        one, other = (self.wait_for(self.passwords.hash("correct horse")) for _ in range(2))
        self.assertNotEqual(one.split("$")[4], other.split("$")[4])
        self.assertNotEqual(one.split("$")[5], other.split("$")[5])

    def test_cost(self) -> None:
        """What is stored says what it cost: now that of RFC 7914 for logins; older ones match, and are outdated."""
        stored = self.wait_for(Passwords(AtOnce()).hash("correct horse"))
        self.assertTrue(stored.startswith("scrypt$14$8$1$"))
        self.assertEqual(LOG_N, 14)
        self.assertFalse(Passwords(AtOnce()).is_outdated(stored))
        dearer = Passwords(AtOnce(), log_n=15)
        self.assertTrue(dearer.is_outdated(stored))
        self.assertTrue(self.wait_for(dearer.matches("correct horse", stored)))

    def test_known(self) -> None:
        """The hash is that of RFC 7914, section 12."""
        stored = "scrypt$10$8$16$TmFDbA==$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI="
        self.assertTrue(self.wait_for(self.passwords.matches("password", stored)))

    def test_bound(self) -> None:
        """So many may wait; the next one is refused without being looked at. Who has gone takes up no place."""
        worker = ByHand()
        passwords = Passwords(worker, log_n=4)
        waiting = [Deferred.fromCoroutine(passwords.hash("correct horse")) for _ in range(1 + MOST_WAITING)]
        self.failureResultOf(Deferred.fromCoroutine(passwords.hash("correct horse")), TooManyLogins)
        waiting[3].cancel()
        self.failureResultOf(waiting.pop(3))
        waiting.append(Deferred.fromCoroutine(passwords.hash("correct horse")))
        self.failureResultOf(Deferred.fromCoroutine(passwords.hash("correct horse")), TooManyLogins)
        worker.work(len(worker.waiting))
        for hashed in waiting:
            self.successResultOf(hashed)
        Deferred.fromCoroutine(passwords.hash("correct horse"))
