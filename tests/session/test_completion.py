"""Tests for chatd.session.completion."""

from __future__ import annotations

from chatd.session.completion import MOST, completions
from tests.session.test_session import TalkTestCase


class CompletionTests(TalkTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.session, _ = self.connect()
        for name in ("Alice", "albert", "李雷", "bob"):
            self.hall.enter(name, lambda events: None)
        self.hall.enter("zoe", lambda events: None).move("#den")

    def offered(self, word: str, begins_line: bool = True) -> list[str]:
        return completions(self.session, word, begins_line)

    def test_names(self) -> None:
        """A name in one's room is found by how it begins, whatever its case; @ and to: find everybody in the hall."""
        self.session.type("carol")
        self.assertEqual(self.offered("AL", False), ["albert", "Alice"])
        self.assertEqual(self.offered("李"), ["李雷"])
        self.assertEqual(self.offered("z"), [])
        self.assertEqual(self.offered("@z", False), ["@zoe"])
        self.assertEqual(self.offered("to:b"), ["to:bob"])
        self.assertEqual(self.offered("to:b", False), [])
        self.assertEqual(self.offered(""), [])

    def test_commands(self) -> None:
        """A command is one only at the beginning of a line."""
        self.session.type("carol")
        self.assertEqual(self.offered("/un"), ["/unignore", "/unlock", "/unregister"])
        self.assertEqual(self.offered("/un", False), [])

    def test_rooms(self) -> None:
        """Rooms that one may not know of are not offered."""
        self.session.type("carol")
        self.assertEqual(self.offered("#"), ["#den", "#lobby"])
        self.hall.find("zoe").turn_lock(True)
        self.assertEqual(self.offered("#"), ["#lobby"])

    def test_nobody(self) -> None:
        """Somebody without a nickname is told no names."""
        self.assertEqual(self.offered("a"), [])

    def test_many(self) -> None:
        """Of thousands of names, some are enough."""
        self.session.type("carol")
        for number in range(MOST + 10):
            self.hall.enter(f"guest{number}", lambda events: None)
        self.assertEqual(len(self.offered("@g")), MOST)
