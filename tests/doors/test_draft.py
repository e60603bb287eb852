"""Tests for chatd.doors.draft."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.doors.draft import MOST_KILLED, Draft, Limit


def draft(text: str, at: int | None = None, begun_at: float = 1.0) -> Draft:
    """Return a draft with a text in it and the cursor somewhere, at the end if that isn't given."""
    new = Draft()
    new.put(text, begun_at)
    new.at = len(text) if at is None else at
    return new


class WritingTests(SynchronousTestCase):
    def test_type(self) -> None:
        """What is typed goes in at the cursor, which goes behind it."""
        written = draft("hlo", 1)
        self.assertTrue(written.type("el", 2.0))
        self.assertEqual((written.text, written.at), ("hello", 3))

    def test_insert(self) -> None:
        """So does what is inserted, and it may take the place of what stands before the cursor."""
        written = draft("hi al!", 5)
        self.assertIsNone(written.insert("alice ", 2.0, 3))
        self.assertEqual((written.text, written.at), ("hi alice !", 9))

    def test_erase(self) -> None:
        """What lies between the cursor and a place is taken out and returned."""
        written = draft("hello", 3)
        self.assertEqual((written.erase(1), written.text, written.at), ("el", "hlo", 1))
        self.assertEqual((written.erase(3), written.text, written.at), ("lo", "h", 1))
        self.assertEqual((written.erase(1), written.text), ("", "h"))

    def test_transpose(self) -> None:
        """The characters around the cursor change places with their marks, at the end the last two."""
        for text, at, wanted, behind in (
            ("abc", 1, "bac", 2),
            ("abc", 3, "acb", 3),
            ("e\u0301x", 2, "xe\u0301", 3),
            ("李雷", 2, "雷李", 2),
        ):
            written = draft(text, at)
            self.assertTrue(written.transpose())
            self.assertEqual((written.text, written.at), (wanted, behind))
        for text, at in (("", 0), ("a", 1), ("abc", 0), ("a\nb", 1), ("a\nb", 2)):
            self.assertFalse(draft(text, at).transpose(), (text, at))


class BegunTests(SynchronousTestCase):
    def test_first_character(self) -> None:
        """A draft is begun by what comes into it when it is empty, and by nothing later."""
        written = Draft()
        written.type("", 1.0)
        self.assertIsNone(written.begun_at)
        written.type("a", 2.0)
        written.type("b", 3.0)
        written.insert("c", 4.0)
        self.assertEqual(written.begun_at, 2.0)

    def test_emptied(self) -> None:
        """It is begun anew once it was empty, however that came."""
        written = draft("ab")
        written.erase(0)
        self.assertIsNone(written.begun_at)
        written.put("", 5.0)
        self.assertIsNone(written.begun_at)
        written.insert("c", 6.0)
        self.assertEqual(written.begun_at, 6.0)

    def test_replaced_whole(self) -> None:
        """A word that becomes another one was begun with its first character."""
        written = draft("al")
        written.insert("alice ", 5.0, 0)
        self.assertEqual(written.begun_at, 1.0)


class KillTests(SynchronousTestCase):
    def test_yank(self) -> None:
        """What was killed can be put in again, more than once; only the last is kept."""
        written = draft("one two", 4)
        self.assertFalse(written.yank(2.0))
        written.kill(7, goes_on=False)
        written.kill(0, goes_on=False)
        self.assertTrue(written.yank(2.0) and written.yank(3.0))
        self.assertEqual((written.text, written.begun_at), ("one one ", 2.0))

    def test_goes_on(self) -> None:
        """What is killed in a row is one, in the order in which it stood."""
        written = draft("one two three", 8)
        for place in (4, 0, 5):
            self.assertTrue(written.kill(place, goes_on=True))
        self.assertFalse(written.kill(0, goes_on=True))
        written.yank(2.0)
        self.assertEqual(written.text, "one two three")

    def test_bound(self) -> None:
        """More than is kept is not kept at all."""
        written = draft("\n".join(["x" * 4000] * 3))
        self.assertGreater(len(written.text), MOST_KILLED)
        self.assertTrue(written.kill(0, goes_on=False))
        self.assertFalse(written.yank(2.0))


class LimitTests(SynchronousTestCase):
    def test_typed(self) -> None:
        """A line takes 4,096 bytes; of what is typed each character goes in that finds room."""
        for text in ("x" * 4097, "é" * 2049, "x" * 4095 + "é"):
            written = Draft()
            self.assertFalse(written.type(text, 1.0))
            self.assertEqual(written.text, text[:-1])
        self.assertTrue(written.type("y", 1.0))

    def test_typed_in_a_line(self) -> None:
        """Each of several lines takes as much, and all of them 65,536 characters."""
        lines = ["x" * 4096, "y" * 4000, "z" * 4096]
        written = draft("\n".join(lines), 5000)
        self.assertFalse(written.type("y" * 200, 2.0))
        self.assertEqual(written.text.split("\n")[1], "y" * 4096)
        written = draft("\n".join(["x" * 4095] * 15 + ["x" * 4000]))
        self.assertFalse(written.type("x" * 200, 2.0))
        self.assertEqual(len(written.text), Limit.SIZE.value)

    def test_inserted(self) -> None:
        """What is inserted goes in as a whole or not at all."""
        for text, limit in (
            ("x" * 4096, None),
            ("x" * 4097, Limit.LINE),
            ("é" * 2049, Limit.LINE),
            ("x\n" * 200, None),
            ("x\n" * 201, Limit.LINES),
            (("x" * 4000 + "\n") * 17, Limit.SIZE),
        ):
            written = Draft()
            self.assertEqual(written.insert(text, 1.0), limit)
            self.assertEqual(written.text, "" if limit else text)

    def test_joined(self) -> None:
        """Lines that were too long as one can't be made one."""
        text = "x" * 4000 + "\n" + "y" * 4000
        written = draft(text, 4000)
        self.assertEqual((written.erase(4001), written.kill(4001, goes_on=False), written.text), ("", False, text))
        self.assertEqual(written.erase(8001), "\n" + "y" * 4000)

    @given(st.text("xé李🚀", max_size=20), st.integers(4070, 4096), st.booleans())
    def test_however_it_comes(self, typed: str, size: int, in_a_line: bool) -> None:
        """What is typed fits the same whether it comes at once or character by character."""
        line = "x" * size
        at_once, one_by_one = (draft(f"a\n{line}\nb" if in_a_line else line, size) for _ in range(2))
        at_once.type(typed, 2.0)
        for character in typed:
            one_by_one.type(character, 2.0)
        self.assertEqual((at_once.text, at_once.at), (one_by_one.text, one_by_one.at))
