"""Tests for chatd.core.nickname."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.nickname import (
    MAX_COLUMNS,
    columns,
    exact_key,
    look_alike_keys,
    nickname,
    room_name,
)
from chatd.core.refusals import BadNickname, BadRoomName
from chatd.session.words.language import ENGLISH
from chatd.session.words.refusals import refusal_words
from tests.core.honest_names import HONEST_NAMES
from tests.core.test_text import is_clean


class NicknameTests(SynchronousTestCase):
    def assertSame(self, one: str, other: str) -> None:
        self.assertTrue(nickname(one).keys & nickname(other).keys, f"{one} and {other} should be one name")

    def assertDifferent(self, one: str, other: str) -> None:
        self.assertFalse(nickname(one).keys & nickname(other).keys, f"{one} and {other} should be two names")

    def assertBroken(self, typed: str, rule: str) -> None:
        error = self.assertRaises(BadNickname, nickname, typed)
        self.assertIn(rule, str(error.rule))

    def test_shown_as_typed(self) -> None:
        """A name keeps its case, its accents and its script."""
        for name in ("Alice", "José", "李雷", "Ольга", "Ελένη", "محمد", "🦊", "3com", "o'neil", "a-b_c.d", "李·明"):
            self.assertEqual(nickname(name).shown, name)

    def test_honest_names(self) -> None:
        """People of any script are let in under their own names, and none looks like another."""
        taken: dict[str, str] = {}
        for name in (name for names in HONEST_NAMES.values() for name in names.split()):
            accepted = nickname(name)
            self.assertEqual(accepted.shown, unicodedata.normalize("NFKC", name))  # RFC 8266 wants it so
            for key in accepted.keys:
                self.assertEqual(taken.setdefault(key, name), name)
        self.assertGreater(len(set(taken.values())), 200)

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
        for name in (
            "a1ice",
            "AIice",
            "ALlCE",
            "ali̇ce",
            "alıce",
            "ᎪᏞᏆᏟᎬ",
            "аӏісе",
            "ᴀʟɪᴄᴇ",
            "🅐🅛🅘🅒🅔",
            "ａlice",
            "älícé",
        ):
            self.assertSame("alice", name)
        self.assertSame("modern", "rnodern")
        self.assertSame("paypa", "раура")  # all of it Cyrillic
        self.assertSame("Bob", "B0b")

    def test_accents(self) -> None:
        """Accents tell no two people apart: few can type the other's, and fewer see them."""
        self.assertSame("jose", "josé")
        self.assertSame("Zoe", "Zoë")
        self.assertSame("Ali", "Alı")
        self.assertSame("Hùng", "Hưng")

    def test_upper_case_look_alikes(self) -> None:
        """A name in capitals looks like more than it does in lower case."""
        self.assertSame("hen", "ΗΕΝ")
        self.assertDifferent("hen", "ηεν")

    def test_other_names(self) -> None:
        """Names that don't look alike are different."""
        self.assertDifferent("alice", "alicia")
        self.assertDifferent("bob", "bop")
        self.assertDifferent("李雷", "李蕾")
        self.assertDifferent("李·明", "李明")

    def test_empty_look_alikes(self) -> None:
        """What can't be a name looks like nobody's."""
        for typed in ("", " ", "\x1b", "x" * 5000):
            self.assertEqual(look_alike_keys(typed), frozenset())
            self.assertEqual(exact_key(typed), "")

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
            self.assertBroken(typed, "24 columns wide at most")

    def test_forbidden_characters(self) -> None:
        """Characters that mean something in a line are in no name, not even in disguise."""
        for character in "#@/:!,*?&<>[](){}＠＃（「」":
            self.assertBroken(f"a{character}b", f"contain {unicodedata.normalize('NFKC', character)}")
        self.assertBroken("a b", "contain spaces")
        self.assertBroken("a\u3000b", "contain spaces")

    def test_controls(self) -> None:
        """Controls, bidi overrides and invisible characters are in no name."""
        for character in "\x00\x07\x1b\x9b\u202e\u2066\u200b\ufeff\u2028\ud800":
            self.assertBroken(f"a{character}b", "not allowed in names")

    def test_blanks(self) -> None:
        """Characters that look like nothing, or like a failure to show something, are in no name."""
        for character in "\u2800\ufffc\ufffd\U00016fe4\U0001d159":
            self.assertBroken(f"a{character}", "blank or replacement")

    def test_addresses(self) -> None:
        """What looks like an address would be taken for one where addresses are typed."""
        for typed in ("10.0.0.7", "192.168.1", "1.2"):
            self.assertBroken(typed, "looks like an address")

    def test_first_character(self) -> None:
        """A name starts with a letter, a digit or an emoji: other marks are those of IRC and of later doors."""
        for typed in (*(mark + "a" for mark in "-._'$+~=%^`|＄→"), "\u0301a"):
            self.assertBroken(typed, "must start with a letter, a digit or an emoji")

    def test_marks(self) -> None:
        """Two accents on a letter are a letter of some language, three are a prank; of other marks some bear four."""
        self.assertEqual(len(nickname("q\u0323\u0307y").shown), 4)
        self.assertEqual(nickname("ש\u05c1\u05bc\u05b8\u0596").shown[0], "ש")
        for typed in ("q\u0323\u0307\u0308", "ก" + "\u0e34" * 5, "م" + "\u064e" * 5):
            self.assertBroken(typed, "two accents at most, and four marks in all")

    def test_mixed_scripts(self) -> None:
        """Latin stands beside Chinese, but not beside Cyrillic or Greek."""
        self.assertEqual(nickname("Li雷").shown, "Li雷")
        self.assertBroken("bоb", "it may not mix Cyrillic and Latin letters")
        self.assertBroken("ⲁlice", "Coptic")

    def test_dots(self) -> None:
        """A middle dot stands between parts of a name in Han, or between two l; anywhere else it is no letter."""
        for name in ("李·明", "司馬·懿·仲達", "Gal·la"):
            self.assertEqual(nickname(name).shown, name)
        self.assertSame("李·明", "李・明")
        for typed in ("a·b", "·李", "李·", "李·b", "b·李"):
            self.assertBroken(typed, "not allowed")

    def test_reserved(self) -> None:
        """Nobody can pass for the house, by case, by look-alikes or by decoration."""
        for typed in ("admin", "Administrators", "ADMlN", "admi̇n", "ᴀᴅᴍɪɴ", "аԁміп", "🇦🇩🇲🇮🇳", "admin1", "admin_"):
            self.assertBroken(typed, "mistaken for the administrator")
        for typed in ("you", "Y0U", "a.d.m.i.n", "админ", "管埋员", "管理员1", "站长", "客服", "服務器", "你", "大厅"):
            self.assertBroken(typed, "mistaken for the administrator")
        self.assertBroken("ⲩⲟⲩ", "Coptic")
        self.assertEqual(nickname("administer").shown, "administer")

    def test_refusal_is_short(self) -> None:
        """A refusal quotes the start of a long name, not all of it, and no controls."""
        error = self.assertRaises(BadNickname, nickname, "\x1b[31m" + "x" * 100_000)
        self.assertLess(len(refusal_words(error, ENGLISH)), 120)
        self.assertTrue(is_clean(refusal_words(error, ENGLISH)))

    @given(st.text(max_size=40))
    def test_any_text(self, typed: str) -> None:
        """Any text is refused, or gives a clean name that can be typed again, and found, as it is shown."""
        try:
            name = nickname(typed)
        except BadNickname as error:
            self.assertTrue(is_clean(refusal_words(error, ENGLISH)))
            return
        self.assertTrue(is_clean(name.shown))
        self.assertTrue(1 <= columns(name.shown) <= MAX_COLUMNS)
        self.assertEqual(nickname(name.shown), name)
        self.assertEqual(exact_key(typed), name.exact)
        self.assertEqual(look_alike_keys(typed), name.keys)


class ExactKeyTests(SynchronousTestCase):
    def test_case_and_width(self) -> None:
        """Case and width may differ, and how accents are composed."""
        for one, other in (("alice", "ALICE"), ("alice", "ａlice"), ("José", "jose\u0301"), ("ﾀﾛｳ", "タロウ")):
            self.assertEqual(exact_key(one), exact_key(other))
        self.assertEqual(exact_key(" Alice "), "alice")
        self.assertEqual(exact_key("#Den"), "#den")
        self.assertEqual(exact_key("李·明"), "李·明")

    def test_looks(self) -> None:
        """Looks may not: what is sent to one never reaches another who looks like them."""
        for name in ("AIice", "a1ice", "аlice", "alicé", "ali̇ce", "alıce", "ᴀʟɪᴄᴇ"):
            self.assertNotEqual(exact_key(name), exact_key("alice"))
            self.assertFalse(look_alike_keys(name).isdisjoint(look_alike_keys("alice")))

    def test_turkish(self) -> None:
        """İ is a case of i, however it was typed; an i with one more dot is none."""
        for typed in ("İbrahim", "I\u0307brahim", "ibrahim", "İBRAHIM"):
            self.assertEqual(exact_key(typed), "ibrahim")
        self.assertNotEqual(exact_key("i\u0307brahim"), "ibrahim")

    def test_nonsense(self) -> None:
        """What can't be a name has no key that anybody could have."""
        for typed in ("", " ", "\x1b", "x" * 5000, "a·b"):
            self.assertEqual(exact_key(typed), "")

    @given(st.text(st.characters(categories=["L", "M", "N"]), max_size=8))
    def test_exact_is_alike(self, name: str) -> None:
        """Names that are exactly the same look alike too, so that no two people have one."""
        for other in (name.upper(), name.lower(), name.title(), unicodedata.normalize("NFKD", name)):
            if exact_key(name) and exact_key(name) == exact_key(other):
                self.assertFalse(look_alike_keys(name).isdisjoint(look_alike_keys(other)))


class ColumnTests(SynchronousTestCase):
    def test_columns(self) -> None:
        """Wide characters take two columns, marks and joiners none, all others one."""
        for text, width in (
            ("alice", 5),
            ("李雷", 4),
            ("José", 4),
            ("Jose\u0301", 4),
            ("علی\u200cرضا", 6),
            ("ကျော်", 4),
            ("🦊", 2),
        ):
            self.assertEqual(columns(text), width, text)


class RoomNameTests(SynchronousTestCase):
    def test_names(self) -> None:
        """A room is # and what could be a nickname, reserved ones too."""
        self.assertEqual(room_name("#Den"), "#Den")
        self.assertEqual(room_name("#系统"), "#系统")

    def test_refused(self) -> None:
        """Anything else is refused with the rule."""
        for typed, rule in (
            ("den", "begins with #"),
            ("#", "1 to 24"),
            ("#a b", "contain spaces"),
            ("##a", "contain #"),
            ("#$a", "start with"),
            ("#lоbby", "Cyrillic"),
        ):
            error = self.assertRaises(BadRoomName, room_name, typed)
            self.assertIn(rule, str(error.rule))

    def test_same_room(self) -> None:
        """Rooms that look alike are one."""
        for typed in ("#Lobby", "#Iobby", "#l0bby", "#ІоЬЬу", "#ʟᴏʙʙʏ", "#1öbbÿ"):
            self.assertFalse(look_alike_keys(typed).isdisjoint(look_alike_keys("#lobby")))
        self.assertTrue(look_alike_keys("#den").isdisjoint(look_alike_keys("#dent")))
