"""Tests for chatd.core.passwords."""

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.nickname import nickname
from chatd.core.owner_refusals import BadPassword
from chatd.core.passwords import MAX_CHARACTERS, check_password, one_time_password, prepared

ALICE = nickname("alice-liddell")


class PasswordTests(SynchronousTestCase):
    def test_good(self) -> None:
        """Whatever a keyboard gives is a password."""
        for typed in ("correct horse", "密码密码密码密码", "p@$$/w0rd", "not alice-liddell", "x" * MAX_CHARACTERS):
            self.assertEqual(check_password(typed, ALICE), typed)

    def test_same(self) -> None:
        """It is the same one whichever system it is typed on; case makes a difference."""
        self.assertEqual(check_password("cafe\u0301\u3000noir", ALICE), "caf\u00e9 noir")
        self.assertEqual(prepared("cafe\u0301\u3000noir"), "caf\u00e9 noir")
        self.assertNotEqual(prepared("Secret"), prepared("secret"))

    def test_bad(self) -> None:
        """Others are refused, with what would work and without what was typed."""
        for typed, rule in (
            ("", "at least 8"),
            ("7 chars", "at least 8"),
            ("bell \a bell", "not allowed"),
            ("x" * (MAX_CHARACTERS + 1), "at most"),
            ("Alice-Liddell", "not be the name"),
            ("ａlice-liddeｌl", "not be the name"),
            ("/register", "begin with /"),
            ("QUIT", "leaves"),
        ):
            refusal = self.assertRaises(BadPassword, check_password, typed, ALICE)
            self.assertIn(rule, str(refusal.rule))
            self.assertNotIn(typed or "\0", str(refusal))

    def test_nobodys(self) -> None:
        """What can't be a password is nobody's."""
        for typed in ("", "\a", "x" * (MAX_CHARACTERS + 1)):
            self.assertIsNone(prepared(typed))

    def test_one_time(self) -> None:
        """A password that chatd makes is a good one, and another each time."""
        made = {one_time_password() for _ in range(100)}
        self.assertEqual(len(made), 100)
        for password in made:
            self.assertEqual(check_password(password, ALICE), password)
