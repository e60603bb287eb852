"""What a nickname or a room's name may be, and when two of them are the same name.

Shown as RFC 8266 preserves it. Whoever is to be reached is found by the exact name, in which only case and width may
differ; a new name is refused if it looks like one that is taken.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from precis_i18n import get_profile

from chatd.core import scripts
from chatd.core.house import is_the_house
from chatd.core.look_alikes import skeleton
from chatd.core.marks import JOINERS, borne, is_mark
from chatd.core.refusals import BadNickname, BadRoomName
from chatd.core.rules import Rule, RuleBroken
from chatd.core.text import shows_nothing

MAX_COLUMNS = 24
MAX_CHARACTERS = 80  # 24 columns with their marks; judged first, for the profile makes 18 of some characters

_FORBIDDEN = frozenset("#@/:!,*?&<>")
_BRACKETS = ("Ps", "Pe")  # one in a name and one in what is said would pair, and turn the name around (UAX 9, N0)
_FIRST = ("L", "N", "So")  # not $ % & + = ~ . which mark hosts, rooms and ranks on IRC, nor what later doors may need
_ADDRESS = re.compile(r"\d+(?:\.\d+)+")  # of IPv4, or a slip of one; those of IPv6 have colons
_FAILURES = frozenset("\ufffc\ufffd")  # shown where something else could not be
_HAN = "[々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
_DOT_IN_A_NAME = re.compile(f"(?<={_HAN})·(?={_HAN})")  # 李·明; RFC 5892 has that dot for Catalan alone

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
    except RuleBroken as broken:
        raise BadNickname(typed, broken.rule) from None
    if is_the_house(shown):
        raise BadNickname(typed, Rule("it could be mistaken for the administrator or for chatd itself"))
    return Nickname(shown, _keys(shown), _exact(shown))


def room_name(typed: str) -> str:
    """Return the shown form of a room's name: `#` and what could be a nickname, reserved or not.

    @raises BadRoomName: with the rule that it breaks.
    """
    if not typed.startswith("#"):
        raise BadRoomName(typed, Rule("a room's name begins with #, such as #den"))
    try:
        return "#" + _checked(typed[1:])
    except RuleBroken as broken:
        raise BadRoomName(typed, broken.rule) from None


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


def columns(text: str) -> int:
    """Return how many columns of a terminal `text` takes (UAX 11: wide characters take two, marks and joiners none)."""
    if text.isascii():
        return len(text)
    return sum(0 if is_mark(c) or c in JOINERS else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _checked(typed: str) -> str:
    """Return a name as it is shown.

    @raises RuleBroken: for the first rule that it breaks.
    """
    if not typed.strip():
        raise RuleBroken("a name is 1 to {n} columns wide; type one", n=MAX_COLUMNS)
    if len(typed) > MAX_CHARACTERS:
        raise RuleBroken("it may be {n} columns wide at most", n=MAX_COLUMNS)
    try:
        shown = _preserved_with_dots(typed)
    except UnicodeEncodeError as error:
        kind = error.reason.rpartition("/")[2].replace("_", " ")
        raise RuleBroken("a character in it is not allowed in names ({kind})", kind=kind) from None
    _check_rules(shown)
    return shown


def _check_rules(shown: str) -> None:
    """@raises RuleBroken: for the first rule that a name breaks."""
    forbidden = [c for c in shown if c in _FORBIDDEN or unicodedata.category(c) in _BRACKETS]
    if forbidden:
        raise RuleBroken("it may not contain {character}", character=forbidden[0])
    if any(c.isspace() for c in shown):
        raise RuleBroken("it may not contain spaces")
    if not unicodedata.category(shown[0]).startswith(_FIRST):
        raise RuleBroken("it must start with a letter, a digit or an emoji")
    if columns(shown) > MAX_COLUMNS:
        raise RuleBroken("it may be {n} columns wide at most", n=MAX_COLUMNS)
    if _ADDRESS.fullmatch(shown):
        raise RuleBroken("it looks like an address")
    if any(c in _FAILURES or shows_nothing(c) for c in shown if c not in JOINERS):
        raise RuleBroken("it may not contain blank or replacement characters")
    if borne(shown, most_accents=2, most=4) != shown:  # UTS 39, section 5.4, has the four
        raise RuleBroken("a letter may have two accents at most, and four marks in all")
    scripts.check(shown)


def _shown(typed: str) -> str:
    """Return a name as it is shown, whatever rules of the house it breaks; "" if it is none by RFC 8266."""
    if len(typed) > MAX_CHARACTERS:
        return ""
    try:
        return _preserved_with_dots(typed)
    except UnicodeEncodeError:
        return ""


def _preserved_with_dots(typed: str) -> str:
    """@raises UnicodeEncodeError: for characters that RFC 8266 disallows."""
    return "·".join(map(_preserved, _DOT_IN_A_NAME.split(typed)))


def _exact(shown: str) -> str:
    return "·".join(map(_mapped, _DOT_IN_A_NAME.split(shown.replace("İ", "i"))))


def _keys(shown: str) -> frozenset[str]:
    """Return the skeletons by which a name is compared: those of its lower case and of its letters as they are shown.

    Upper-case letters have look-alikes of their own: Greek ΗΕΝ looks like HEN, ηεν does not.
    """
    return frozenset({skeleton(_exact(shown)), skeleton(shown)})
