"""Tests for chatd.core.letters."""

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.letters import Letter, check_fits, in_order
from chatd.core.owner_refusals import LettersFull


def letter(number: int, sender: str = "alice", sender_owner: int | None = None, at: float = 0.0) -> Letter:
    return Letter(number, 1, sender, sender_owner, at, "lunch?")


class LetterTests(SynchronousTestCase):
    def test_from_one(self) -> None:
        """From one sender ten may wait; the next one is given back. Others may still write."""
        waiting = [letter(number) for number in range(9)]
        check_fits(letter(9), waiting, "bob")
        waiting.append(letter(9))
        refusal = self.assertRaises(LettersFull, check_fits, letter(10, "ALICE"), waiting, "bob")
        self.assertEqual((refusal.from_you, refusal.limit, refusal.unsent), (True, 10, "lunch?"))
        check_fits(letter(10, "carol"), waiting, "bob")

    def test_from_all(self) -> None:
        """A hundred may wait in all."""
        waiting = [letter(number, f"sender{number}") for number in range(99)]
        check_fits(letter(99), waiting, "bob")
        waiting.append(letter(99))
        refusal = self.assertRaises(LettersFull, check_fits, letter(100, "carol"), waiting, "bob")
        self.assertEqual((refusal.from_you, refusal.limit, refusal.unsent), (False, 100, "lunch?"))

    def test_same_sender(self) -> None:
        """A sender is the account, whatever it is called; without one, the name."""
        self.assertTrue(letter(1, "alice", 5).has_sender_of(letter(2, "bob", 5)))
        self.assertFalse(letter(1, "alice", 5).has_sender_of(letter(2, "alice", 6)))
        self.assertFalse(letter(1, "alice", 5).has_sender_of(letter(2, "alice")))
        self.assertTrue(letter(1, "alice").has_sender_of(letter(2, "Alice")))

    def test_order(self) -> None:
        """They are shown in the order in which they were written, whatever their ids are."""
        first, second, third = letter(9, at=1.0), letter(1, at=2.0), letter(2, at=2.0)
        self.assertEqual(in_order([third, second, first]), [first, second, third])
