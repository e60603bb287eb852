"""Tests for chatd.core.scripts."""

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.rules import RuleBroken
from chatd.core.scripts import check


def broken_rule(name: str) -> str:
    """Return the rule that a name breaks, "" if it keeps them all."""
    try:
        check(name)
    except RuleBroken as broken:
        return str(broken.rule)
    return ""


class ScriptTests(SynchronousTestCase):
    def test_one_script(self) -> None:
        """Letters of one script are fine, with any digits, symbols and emoji beside them, and so are these alone."""
        for name in (
            "alice",
            "алиса7",
            "أحمد",
            "ᏣᎳᎩ",
            "ⵣⵉⵔⵉ",
            "a_b-c.d",
            "🦊fox",
            "7",
            "🦊",
            "O’Neil",
            "q\u0323y",
            "राम१",
        ):
            self.assertEqual(broken_rule(name), "", name)

    def test_together(self) -> None:
        """Latin stands beside Han, and with it beside kana, Hangul or Bopomofo; no two of these three."""
        for name in ("Li雷", "Taro太郎", "タロウたろう太郎Taro", "김철수Kim金", "ㄅㄆ李Li", "ー太郎", "々木"):
            self.assertEqual(broken_rule(name), "", name)
        self.assertEqual(broken_rule("김たろう"), "it may not mix Hangul and Hiragana letters")
        self.assertEqual(broken_rule("李ㄅ김Li"), "it may not mix Bopomofo and Hangul letters")

    def test_mixed(self) -> None:
        """No other two scripts stand together, and the rule names both."""
        for name, one, other in (
            ("bоb", "Cyrillic", "Latin"),
            ("αlice", "Greek", "Latin"),
            ("ⵏick", "Latin", "Tifinagh"),
            ("aก", "Latin", "Thai"),
            ("李ш", "Cyrillic", "Han"),
            ("ᖃᓪa", "Canadian Aboriginal", "Latin"),
            ("שa", "Hebrew", "Latin"),
        ):
            self.assertEqual(broken_rule(name), f"it may not mix {one} and {other} letters")

    def test_dead(self) -> None:
        """Scripts that nobody writes any more serve look-alikes alone."""
        for name, script in (("ⲩⲟⲩ", "Coptic"), ("ᚱᚢᚾ", "Runic"), ("a𐌰", "Gothic"), ("𐐂", "Deseret")):
            self.assertEqual(
                broken_rule(name), f"it may not contain letters of a script that is no longer written ({script})"
            )

    def test_newer_than_the_tables(self) -> None:
        """A letter that the tables don't know yet might look like anything."""
        self.assertIn("Unknown", broken_rule("\U00010d40"))  # a digit of Garay, Unicode 16

    def test_digits(self) -> None:
        """Digits are of one kind, and stand with letters of their own script."""
        for name in ("٣٤٥", "أحمد٣", "१२", "a12"):
            self.assertEqual(broken_rule(name), "", name)
        self.assertEqual(broken_rule("1٢"), "it may have digits of one kind only")
        self.assertEqual(broken_rule("a٢"), "it may not mix Arabic and Latin letters")
