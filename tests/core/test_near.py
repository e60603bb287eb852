"""Tests for chatd.core.near."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.near import is_slip


class SlipTests(SynchronousTestCase):
    def test_slips(self) -> None:
        """One character more, less or other, or two in the wrong order."""
        for typed in ("alic", "lice", "alicee", "aalice", "alixe", "blice", "alcie", "laice", "aliec"):
            self.assertTrue(is_slip(typed, "alice"), typed)

    def test_two_slips(self) -> None:
        """Two slips are another name, and so is what has nothing in common."""
        for typed in ("ali", "alixy", "aclie", "bob", "aliceee"):
            self.assertFalse(is_slip(typed, "alice"), typed)

    def test_short_names(self) -> None:
        """In a name of one character a slip would leave nothing."""
        self.assertFalse(is_slip("李", "王"))
        self.assertFalse(is_slip("a", "ab"))

    @given(st.text("abc", max_size=5), st.text("abc", max_size=5))
    def test_either_way(self, one: str, other: str) -> None:
        """It is the same from either side."""
        self.assertEqual(is_slip(one, other), is_slip(other, one))
