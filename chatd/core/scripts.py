"""Which scripts may stand together in one name: "highly restrictive" as UTS 39, section 5.2, has it."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from unicodedata import decimal

from confusable_homoglyphs.categories import alias

from chatd.core.rules import RuleBroken

# UAX 31, tables 5 and 7: those in everyday use, and those that smaller communities use; Mongolian is one, too.
_WRITTEN_TODAY = """
ARABIC ARMENIAN BENGALI BOPOMOFO CYRILLIC DEVANAGARI ETHIOPIC GEORGIAN GREEK GUJARATI GURMUKHI HAN HANGUL HEBREW
HIRAGANA KANNADA KATAKANA KHMER LAO LATIN MALAYALAM MYANMAR ORIYA SINHALA TAMIL TELUGU THAANA THAI TIBETAN
ADLAM BALINESE BAMUM BATAK CANADIAN_ABORIGINAL CHAKMA CHAM CHEROKEE HANIFI_ROHINGYA JAVANESE KAYAH_LI LEPCHA LIMBU
LISU MANDAIC MEETEI_MAYEK MIAO MONGOLIAN NEWA NEW_TAI_LUE NKO NYIAKENG_PUACHUE_HMONG OL_CHIKI OSAGE SAURASHTRA
SUNDANESE SYLOTI_NAGRI SYRIAC TAI_LE TAI_THAM TAI_VIET TIFINAGH VAI WANCHO YI
"""
_LIVING = frozenset(_WRITTEN_TODAY.split())
_OF_ANY_SCRIPT = frozenset({"COMMON", "INHERITED"})
_TOGETHER = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
)


def check(name: str) -> None:
    """@raises RuleBroken: for the first rule about scripts and digits that a name breaks."""
    scripts = {_script(character) for character in name} - _OF_ANY_SCRIPT
    dead = scripts - _LIVING
    if dead:
        raise RuleBroken(
            "it may not contain letters of a script that is no longer written ({script})", script=_in_words(min(dead))
        )
    for one, other in combinations(sorted(scripts), 2):  # scripts that may stand together two by two may all do
        if not any(together.issuperset((one, other)) for together in _TOGETHER):
            mixed = {"one": _in_words(one), "other": _in_words(other)}
            raise RuleBroken("it may not mix {one} and {other} letters", **mixed)
    if len({ord(c) - value for c in name if (value := decimal(c, None)) is not None}) > 1:
        raise RuleBroken("it may have digits of one kind only")


@lru_cache(maxsize=8192)
def _script(character: str) -> str:
    """Return the script of a character, "Unknown" for one that is newer than the tables."""
    if "\u0660" <= character <= "\u0669":  # Common by themselves, but by Script_Extensions Arabic
        return "ARABIC"
    return str(alias(character))


def _in_words(script: str) -> str:
    return script.replace("_", " ").title()
