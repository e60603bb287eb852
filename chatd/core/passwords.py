"""What a password may be. None is ever stored, logged or given back, and nothing here knows how they are kept."""

from __future__ import annotations

import secrets

from precis_i18n import get_profile

from chatd.core.nickname import Nickname, look_alike_keys
from chatd.core.owner_refusals import BadPassword
from chatd.core.rules import Rule

MIN_CHARACTERS = 8
MAX_CHARACTERS = 128  # judged before the profile, whose time grows with the length

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another
_enforce = get_profile("OpaqueString").enforce


def prepared(typed: str) -> str | None:
    """Return a password in the form that is compared (RFC 8265, OpaqueString), None if it can't be anybody's.

    So it is the same password whichever system it is typed on: accents may be composed or not, any space is a space.
    """
    if len(typed) > MAX_CHARACTERS:
        return None
    try:
        enforced: str = _enforce(typed)
    except UnicodeEncodeError:
        return None
    return enforced


def check_password(typed: str, name: Nickname) -> str:
    """Return a new password for the owner of `name` in the form that is compared.

    @raises BadPassword: with the rule that it breaks.
    """
    if typed.startswith("/"):
        raise BadPassword(Rule("it may not begin with /, which is for commands"))
    if typed.casefold() == "quit":
        raise BadPassword(Rule("quit leaves the chat; choose another"))
    if len(typed) > MAX_CHARACTERS:
        raise BadPassword(Rule("it may have {n} characters at most", {"n": MAX_CHARACTERS}))
    password = prepared(typed)
    if password is None and typed:
        raise BadPassword(Rule("a character in it is not allowed; use letters, digits, signs and spaces"))
    if password is None or len(password) < MIN_CHARACTERS:
        too_short = "it must have at least {n} characters; several words are easy to remember"
        raise BadPassword(Rule(too_short, {"n": MIN_CHARACTERS}))
    if not look_alike_keys(password).isdisjoint(name.keys):
        raise BadPassword(Rule("it may not be the name; choose one that nobody would guess"))
    return password


def one_time_password() -> str:
    """Return a password that nobody can guess, and that is easy to read out: 59 bits in three groups of four."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
