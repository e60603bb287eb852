"""Tests for chatd.core.mentions."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.mentions import mentions

NAMED = (
    ("alice", "alice"),
    ("hi Alice!", "alice"),
    ("hi ALICE, are you there?", "alice"),
    ("@alice: look", "alice"),
    ("is that alice's?", "alice"),
    ("(alice)", "Alice"),
    ("malice, but alice", "alice"),
    ("alice\u3001bob", "bob"),
    ("ｈｉ　ＡＬＩＣＥ", "alice"),
    ("größe JOSÉ", "josé"),
    ("jose\u0301", "josé"),
    ("STRASSE", "straße"),
    ("你好 李雷", "李雷"),
    ("你好，李雷！", "李雷"),
    ("@李雷你好", "李雷"),
    ("你好@李雷", "李雷"),
    ("你好＠李雷你好", "李雷"),
    ("@alice你好", "alice"),
    ("@李雷abc", "李雷"),
    ("@철수야", "철수"),
    ("@สมชายครับ", "สมชาย"),
    ("@李雷你好", "李"),
    ("x [a-b] y", "a-b"),
)
NOT_NAMED = (
    ("", "alice"),
    ("hello", "alice"),
    ("malice", "alice"),
    ("alices", "alice"),
    ("alice_", "alice"),
    ("alice-b", "alice"),
    ("x|alice", "alice"),
    ("alice2", "alice"),
    ("@alicex", "alice"),
    ("alice你好", "alice"),
    ("你好李雷你好", "李雷"),
    ("李雷你好", "李雷"),
    ("@你李雷", "李雷"),
    ("hello", "李雷"),
    ("नमस्तेि x", "नमस्त"),
)


class MentionsTests(SynchronousTestCase):
    def test_named(self) -> None:
        """A name is found as a word, whatever its case and width; behind an @, without spaces too."""
        for text, name in NAMED:
            self.assertTrue(mentions(text, name), (text, name))

    def test_not_named(self) -> None:
        """Part of a longer word is no name."""
        for text, name in NOT_NAMED:
            self.assertFalse(mentions(text, name), (text, name))

    @given(st.text(max_size=20), st.sampled_from(["alice", "李雷", "José", "a|b"]), st.text(max_size=20))
    def test_any_text(self, before: str, name: str, behind: str) -> None:
        """A name between spaces is found in any text."""
        self.assertTrue(mentions(f"{before} {name.upper()} {behind}", name))
