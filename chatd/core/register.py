"""Who has which name: no two that look alike are different people's."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from chatd.core.near import is_slip
from chatd.core.nickname import Nickname, exact_key, look_alike_keys

MANY = 2_000  # people; among more of them, to look for a name that is near would keep everybody waiting


class Holder(Protocol):
    """Somebody with a name, who may have left already, and has it until others know of that."""

    @property
    def here(self) -> bool: ...


Someone = TypeVar("Someone", bound=Holder)


class Register(Generic[Someone]):
    """Names are typed by people: case and width make no difference."""

    def __init__(self) -> None:
        self._by_key: dict[str, Someone] = {}  # of what looks like their names
        self._by_name: dict[str, Someone] = {}  # by their exact keys

    def take(self, name: Nickname, someone: Someone) -> None:
        self._by_key.update(dict.fromkeys(name.keys, someone))
        self._by_name[name.exact] = someone

    def release(self, name: Nickname) -> None:
        for key in name.keys:
            del self._by_key[key]
        del self._by_name[name.exact]

    def holder(self, name: Nickname, but: Someone | None = None) -> Someone | None:
        """Return who has a name, or one that looks like it, and is another than `but`."""
        holders = (self._by_key.get(key) for key in name.keys)
        return next((holder for holder in holders if holder is not None and holder is not but), None)

    def named(self, typed: str) -> Someone | None:
        """Return who is here under a name."""
        return _if_here(self._by_name.get(exact_key(typed)))

    def alike(self, typed: str) -> Someone | None:
        """Return who is here under a name that looks like that."""
        holders = (_if_here(self._by_key.get(key)) for key in look_alike_keys(typed))
        return next((holder for holder in holders if holder is not None), None)

    def near(self, typed: str, but: Someone | None) -> Someone | None:
        """Return the only other person here than `but` whose name begins like that or is a slip away."""
        key = exact_key(typed)
        if not key or len(self._by_name) > MANY:
            return None
        near = [
            someone
            for name, someone in self._by_name.items()
            if someone is not but and someone.here and (name.startswith(key) or is_slip(key, name))
        ]
        return near[0] if len(near) == 1 else None


def _if_here(someone: Someone | None) -> Someone | None:
    return someone if someone is not None and someone.here else None
