"""What a nickname may be, and when two of them are the same name.

Shown as RFC 8266 preserves it. Whoever is to be reached is found by the exact name, in which only case and width may
differ; a new name is refused if it looks like one that is taken.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from confusable_homoglyphs.categories import unique_aliases
from confusable_homoglyphs.confusables import confusables_data
from precis_i18n import get_profile

from chatd.core.refusals import BadNickname, BadRoomName

MAX_COLUMNS = 24
MAX_CHARACTERS = 80  # 24 columns with their marks; judged first, for the profile makes 18 of some characters

_FORBIDDEN = frozenset("#@/:!,*?&<>[]")
_ADDRESS = re.compile(r"\d+(?:\.\d+)+")  # of IPv4, or a slip of one; those of IPv6 have colons
_INVISIBLE = frozenset("\u2800\ufffc\ufffd\U00016fe4\U0001d159")
_RESERVED_WORDS = """
administrator admin sysadmin operator moderator root system server service host daemon chatd chat house hall lobby
you me everyone everybody nobody anonymous quit
管理员 管理員 系统 系統 系统管理员 服务器 伺服器 администратор админ система сервер вы
"""

_preserved = get_profile("NicknameCasePreserved").enforce
_mapped = get_profile("NicknameCaseMapped").enforce


@dataclass(frozen=True, slots=True)
class Nickname:
    """A name that keeps the rules: as it is `shown`, as it is looked up, and what looks like it.

    No two people may have one of the `keys` in common. Two that share none are not `exact`ly the same either.
    """

    shown: str
    keys: frozenset[str]
    exact: str


def nickname(typed: str) -> Nickname:
    """Return the name that was typed, or say which rule it breaks.

    @raises BadNickname: with that rule.
    """
    try:
        shown = _checked(typed)
    except _RuleBroken as broken:
        raise BadNickname(typed, str(broken)) from None
    keys = _keys(shown)
    letters = "".join(c for c in shown if unicodedata.category(c)[0] in "LNM")
    if not _reserved().isdisjoint(keys | _keys(letters)):
        raise BadNickname(typed, "it could be mistaken for the house; choose another")
    return Nickname(shown, keys, _exact(shown))


def room_name(typed: str) -> str:
    """Return the shown form of a room's name: `#` and what could be a nickname, reserved or not.

    @raises BadRoomName: with the rule that it breaks.
    """
    if not typed.startswith("#"):
        raise BadRoomName(typed, "a room's name begins with #, such as #den")
    try:
        return "#" + _checked(typed[1:])
    except _RuleBroken as broken:
        raise BadRoomName(typed, str(broken)) from None


@lru_cache(maxsize=4096)
def exact_key(typed: str) -> str:
    """Return what is equal for two typed names of a person or room that differ in case and width alone (RFC 8266).

    The capital İ of Turkish is a case of i, for who types it in lower case has no dot to add. "" is for what could be
    nobody's name.
    """
    shown = _shown(typed)
    return _exact(shown) if shown else ""


@lru_cache(maxsize=4096)
def look_alike_keys(typed: str) -> frozenset[str]:
    """Return the keys of a typed name of a person or room, none if it could be nobody's: what shares one looks like it.

    They are for refusals: to keep a new name off those that are taken, and to say whose a name looks like that nobody
    has. What is sent goes by `exact_key`.
    """
    shown = _shown(typed)
    return _keys(shown) if shown else frozenset()


def look_up_key(typed: str) -> str:
    """Return one of the keys by which look-alikes are found, "" if it could be nobody's."""
    return _skeleton(exact_key(typed))


def columns(text: str) -> int:
    """Return how many columns of a terminal `text` takes (UAX 11: wide characters take two, marks none)."""
    if text.isascii():
        return len(text)
    return sum(0 if _is_mark(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class _RuleBroken(Exception):
    """`str()` is the rule."""


def _checked(typed: str) -> str:
    """Return a name as it is shown.

    @raises _RuleBroken: for the first rule that it breaks.
    """
    if not typed.strip():
        raise _RuleBroken(f"a name is 1 to {MAX_COLUMNS} columns wide; type one")
    if len(typed) > MAX_CHARACTERS:
        raise _RuleBroken(f"at most {MAX_COLUMNS} columns wide")
    try:
        shown = _preserved(typed)
    except UnicodeEncodeError as error:
        kind = error.reason.rpartition("/")[2].replace("_", " ")
        raise _RuleBroken(f"a character in it is not allowed in names ({kind})") from None
    rule = _broken_rule(shown)
    if rule:
        raise _RuleBroken(rule)
    return shown


def _broken_rule(shown: str) -> str:
    """Return the rule that a name breaks, "" if it keeps them all."""
    forbidden = [c for c in shown if c in _FORBIDDEN]
    scripts = unique_aliases(shown)
    if forbidden:
        return f"no {forbidden[0]} in it"
    if any(c.isspace() for c in shown):
        return "no spaces in it"
    if unicodedata.category(shown[0])[0] not in "LNS":
        return "it starts with a letter, a digit or a symbol"
    if columns(shown) > MAX_COLUMNS:
        return f"at most {MAX_COLUMNS} columns wide"
    if _ADDRESS.fullmatch(shown):
        return "it looks like an address"
    if not _INVISIBLE.isdisjoint(shown):
        return "no blank or replacement characters in it"
    if any(all(map(_is_mark, shown[i : i + 3])) for i in range(len(shown) - 2)):
        return "at most two combining marks in a row"
    if "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK"}:
        return "no Latin letters together with Cyrillic or Greek ones"
    return ""


def _shown(typed: str) -> str:
    """Return a name as it is shown, whatever rules of the house it breaks; "" if it is none by RFC 8266."""
    if len(typed) > MAX_CHARACTERS:
        return ""
    try:
        return _preserved(typed)
    except UnicodeEncodeError:
        return ""


def _exact(shown: str) -> str:
    return _mapped(shown.replace("İ", "i"))


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def _keys(shown: str) -> frozenset[str]:
    """Return what a name is compared by.

    The first is the skeleton of the case-mapped name. Upper-case letters have look-alikes of their own (`AIice` with a
    capital i), so the second folds the case only after the skeleton of the name as shown.
    """
    if not shown:
        return frozenset()
    return frozenset({_skeleton(_exact(shown)), _skeleton(_skeleton(shown).casefold())})


def _skeleton(text: str) -> str:
    """Return the skeleton of UTS 39, section 4: two texts look alike if theirs are equal."""
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFD", "".join(map(_prototype, decomposed)))


@lru_cache(maxsize=8192)  # one entry for each character of Unicode that somebody typed
def _prototype(character: str) -> str:
    """Return what stands for all that look like `character`.

    The tables link a character with its prototype in both directions. A prototype of several characters is only ever
    that; among single ones, the prototype is the one that all the others are linked with.
    """
    alike = _linked(character)
    for other in alike:
        if len(other) > 1:
            return other
    return max([character, *alike], key=lambda c: (len(_linked(c)), -ord(c)))


def _linked(character: str) -> set[str]:
    # Right-to-left characters stand between two LEFT-TO-RIGHT MARKs in these tables.
    entries = confusables_data.get(character) or confusables_data.get(f"\u200e{character}\u200e") or ()
    return {entry["c"].strip("\u200e") for entry in entries}


@lru_cache(maxsize=1)
def _reserved() -> frozenset[str]:
    spellings = (spelling for word in _RESERVED_WORDS.split() for spelling in (word, word.upper(), word.capitalize()))
    return frozenset(key for spelling in spellings for key in _keys(spelling))
