"""Names that somebody may have meant who typed another. They serve suggestions alone: nothing is sent by them."""

from __future__ import annotations


def is_slip(typed: str, name: str) -> bool:
    """Say whether one slip makes one of the other: a character more, less or other, or two in the wrong order."""
    if min(len(typed), len(name)) < 2 or abs(len(typed) - len(name)) > 1:
        return False
    same = 0
    for one, other in zip(typed, name, strict=False):
        if one != other:
            break
        same += 1
    rest, name_rest = typed[same:], name[same:]
    if len(rest) != len(name_rest):
        longer, shorter = sorted((rest, name_rest), key=len, reverse=True)
        return longer[1:] == shorter
    return rest[1:] == name_rest[1:] or (rest[1:2] + rest[:1] == name_rest[:2] and rest[2:] == name_rest[2:])
