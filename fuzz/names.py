"""Who is honest, and the names and rooms that the hostile try."""

from __future__ import annotations

HONEST = tuple(f"honest{number}" for number in range(5))
ROGUES = tuple(f"rogue{number}" for number in range(40))
DEAF = ROGUES[-4:]  # they never read

# Each is one letter, and others that nobody tells from it on a screen.
_TWINS = {"h": "Hһ", "o": "O0оοо", "n": "N", "e": "Eеe", "s": "Sѕs", "t": "T"}


def look_alikes(name: str) -> frozenset[str]:
    """Return other spellings of a name, under which nobody else may be heard."""
    spellings = {name[:at] + twin + name[at + 1 :] for at, letter in enumerate(name) for twin in _TWINS.get(letter, "")}
    return frozenset(spellings | {name.upper(), name.title()}) - {name}


LOOK_ALIKES = frozenset[str]().union(*map(look_alikes, HONEST))

ODD_NAMES = (
    "李雷", "Ольга", "علی", "می\u200cخواهم", "👩\u200d🚀", "e\u0301ve", "Ⅷ", "ſam", "ＦＵＬＬ", "ǅ", "ß", "İ", "ı",
    "Z" + "\u0301" * 30, "\u0301lead", "\u202etsenoh", "bo\u200bb", "b\u2800b", "bоb", "x" * 24, "x" * 25, "字" * 13,
    "x" * 5000, "\U000e0041tag", "\ufffd", "a b", "a\u3000b", "#den", "@op", "/me", "to:honest1", "quit", "//x", "* x",
    "<honest1>", "[x", "-- x", "!!", "admin", "Server", "you", "АDМIN", "系统", "\u1160", "\u3164", "\uffa0", "=1+1",
    "%s{0}", "{log_source}", "..", "\x1b[31mred", "\x9b2J", "A" + "\U0001f1e6" * 9, "\uac00\u11a8", "½", "㎏", "ﷺ",
)  # fmt: skip

ROOMS = (
    "#lobby",
    "#den",
    "#Den",
    "#attic",
    "#李雷",
    "#honest1",
    "#",
    "##",
    "#" + "x" * 25,
    "#a b",
    "den",
    "#\u202eneD",
)
