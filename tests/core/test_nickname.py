"""Tests for chatd.core.nickname."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.nickname import MAX_COLUMNS, columns, exact_key, look_alike_keys, look_up_key, nickname, room_name
from chatd.core.refusals import BadNickname, BadRoomName
from tests.core.test_text import is_clean


class NicknameTests(SynchronousTestCase):
    def assertSame(self, one: str, other: str) -> None:
        self.assertTrue(nickname(one).keys & nickname(other).keys, f"{one} and {other} should be one name")

    def assertDifferent(self, one: str, other: str) -> None:
        self.assertFalse(nickname(one).keys & nickname(other).keys, f"{one} and {other} should be two names")

    def assertBroken(self, typed: str, rule: str) -> None:
        error = self.assertRaises(BadNickname, nickname, typed)
        self.assertIn(rule, str(error))

    def test_shown_as_typed(self) -> None:
        """A name keeps its case, its accents and its script."""
        for name in ("Alice", "José", "李雷", "Ольга", "Ελένη", "محمد", "🦊", "$foo", "3com", "o'neil", "a-b_c.d"):
            self.assertEqual(nickname(name).shown, name)

    def test_normalised(self) -> None:
        """Full-width letters and spaces around a name are not part of it (RFC 8266)."""
        self.assertEqual(nickname(" ａlice ").shown, "alice")
        self.assertEqual(nickname("Jose\u0301").shown, "José")

    def test_case(self) -> None:
        """Names that differ in case alone are one name."""
        self.assertSame("Alice", "aLICE")
        self.assertSame("ΣΊΣΥΦΟΣ", "σίσυφος")

    def test_look_alikes(self) -> None:
        """Names that look alike are one name, whichever letter was replaced (UTS 39)."""
        self.assertSame("alice", "a1ice")
        self.assertSame("alice", "AIice")  # with a capital i
        self.assertSame("modern", "rnodern")
        self.assertSame("paypa", "раура")  # all of it Cyrillic
        self.assertSame("Bob", "B0b")

    def test_other_names(self) -> None:
        """Names that don't look alike are different."""
        self.assertDifferent("alice", "alicia")
        self.assertDifferent("bob", "bop")
        self.assertDifferent("李雷", "李蕾")
        self.assertDifferent("jose", "josé")

    def test_look_up_ignores_script(self) -> None:
        """A name is found by its look-alike in another script, though that may not be taken."""
        self.assertEqual(look_up_key("аlice"), look_up_key("Alice"))
        self.assertBroken("аlice", "Cyrillic")

    def test_look_up_of_nonsense(self) -> None:
        """What can't be a name has no key that anybody could have."""
        for typed in ("", " ", "\x1b", "x" * 5000):
            self.assertEqual(look_up_key(typed), "")

    def test_empty(self) -> None:
        """A name has at least one character."""
        for typed in ("", "  "):
            self.assertBroken(typed, "1 to 24 columns")

    def test_width(self) -> None:
        """24 columns fit: 24 Latin letters, or 12 Chinese characters; marks take none."""
        self.assertEqual(nickname("x" * 24).shown, "x" * 24)
        self.assertEqual(nickname("李" * 12).shown, "李" * 12)
        self.assertEqual(nickname("ক্ষ" * 8).shown, "ক্ষ" * 8)
        for typed in ("x" * 25, "李" * 13, "x" * 100_000):
            self.assertBroken(typed, "at most 24 columns")

    def test_forbidden_characters(self) -> None:
        """Characters that mean something in a line are in no name, not even in disguise."""
        for character in "#@/:!,*?&<>[]＠＃":
            self.assertBroken(f"a{character}b", "in it")
        self.assertBroken("a b", "no spaces")
        self.assertBroken("a\u3000b", "no spaces")

    def test_controls(self) -> None:
        """Controls, bidi overrides and invisible characters are in no name."""
        for character in "\x00\x07\x1b\x9b\u202e\u2066\u200b\ufeff\u2028\ud800":
            self.assertBroken(f"a{character}b", "not allowed in names")

    def test_blanks(self) -> None:
        """Characters that look like nothing, or like a failure to show something, are in no name."""
        for character in "\u2800\ufffc\ufffd\U00016fe4\U0001d159":
            self.assertBroken(f"a{character}", "blank or replacement")

    def test_first_character(self) -> None:
        """A name starts with a letter, a digit or a symbol."""
        for typed in ("-a", ".a", "_a", "'a", "\u0301a", "(a)"):
            self.assertBroken(typed, "starts with")

    def test_marks(self) -> None:
        """Two combining marks in a row are a letter of some language, three are a prank."""
        self.assertEqual(len(nickname("q\u0323\u0307y").shown), 4)
        self.assertBroken("q\u0323\u0307\u0308", "two combining marks")

    def test_mixed_scripts(self) -> None:
        """Latin stands beside Chinese, but not beside Cyrillic or Greek."""
        self.assertEqual(nickname("Li雷").shown, "Li雷")
        for typed in ("bоb", "αlice"):
            self.assertBroken(typed, "Cyrillic or Greek")

    def test_reserved(self) -> None:
        """Nobody can pass for the house, by case, by look-alikes or by decoration."""
        for typed in (
            "admin",
            "Administrator",
            "ADMlN",
            "sуstеm".replace("у", "y").replace("е", "e"),
            "server",
            "chatd",
        ):
            self.assertBroken(typed, "mistaken for the house")
        for typed in ("you", "Y0U", "管理员", "系统", "admin_", "a.d.m.i.n", "$server$", "админ", "quit"):
            self.assertBroken(typed, "mistaken for the house")
        self.assertEqual(nickname("administer").shown, "administer")

    def test_refusal_is_short(self) -> None:
        """A refusal quotes the start of a long name, not all of it, and no controls."""
        error = self.assertRaises(BadNickname, nickname, "\x1b[31m" + "x" * 100_000)
        self.assertLess(len(str(error)), 120)
        self.assertTrue(is_clean(str(error)))

    @given(st.text(max_size=40))
    def test_any_text(self, typed: str) -> None:
        """Any text is refused, or gives a clean name that can be typed again, and found, as it is shown."""
        try:
            name = nickname(typed)
        except BadNickname as error:
            self.assertTrue(is_clean(str(error)))
            return
        self.assertTrue(is_clean(name.shown))
        self.assertTrue(1 <= columns(name.shown) <= MAX_COLUMNS)
        self.assertEqual(nickname(name.shown), name)
        self.assertEqual(exact_key(typed), name.exact)
        self.assertEqual(look_alike_keys(typed), name.keys)
        self.assertIn(look_up_key(typed), name.keys)


class ExactKeyTests(SynchronousTestCase):
    def test_case_and_width(self) -> None:
        """Case and width may differ, and how accents are composed."""
        for one, other in (("alice", "ALICE"), ("alice", "ａlice"), ("José", "jose\u0301"), ("ﾀﾛｳ", "タロウ")):
            self.assertEqual(exact_key(one), exact_key(other))
        self.assertEqual(exact_key(" Alice "), "alice")
        self.assertEqual(exact_key("#Den"), "#den")

    def test_looks(self) -> None:
        """Looks may not: what is sent to one never reaches another who looks like them."""
        for name in ("AIice", "a1ice", "аlice", "alıce"):
            self.assertNotEqual(exact_key(name), exact_key("alice"))
            self.assertFalse(look_alike_keys(name).isdisjoint(look_alike_keys("alice")))

    def test_turkish(self) -> None:
        """İ is a case of i, however it was typed; an i with one more dot is none."""
        for typed in ("İbrahim", "I\u0307brahim", "ibrahim", "İBRAHIM"):
            self.assertEqual(exact_key(typed), "ibrahim")
        self.assertNotEqual(exact_key("i\u0307brahim"), "ibrahim")

    def test_nonsense(self) -> None:
        """What can't be a name has no key that anybody could have."""
        for typed in ("", " ", "\x1b", "x" * 5000):
            self.assertEqual(exact_key(typed), "")

    @given(st.text(st.characters(categories=["L", "M", "N"]), max_size=8))
    def test_exact_is_alike(self, name: str) -> None:
        """Names that are exactly the same look alike too, so that no two people have one."""
        for other in (name.upper(), name.lower(), name.title(), unicodedata.normalize("NFKD", name)):
            if exact_key(name) and exact_key(name) == exact_key(other):
                self.assertFalse(look_alike_keys(name).isdisjoint(look_alike_keys(other)))


class RoomNameTests(SynchronousTestCase):
    def test_names(self) -> None:
        """A room is # and what could be a nickname, reserved ones too."""
        self.assertEqual(room_name("#Den"), "#Den")
        self.assertEqual(room_name("#系统"), "#系统")

    def test_refused(self) -> None:
        """Anything else is refused with the rule."""
        for typed, rule in (("den", "begins with #"), ("#", "1 to 24"), ("#a b", "no spaces"), ("##a", "no #")):
            error = self.assertRaises(BadRoomName, room_name, typed)
            self.assertIn(rule, str(error))

    def test_same_room(self) -> None:
        """Rooms that look alike are one."""
        self.assertEqual(look_up_key("#Den"), look_up_key("#den"))
