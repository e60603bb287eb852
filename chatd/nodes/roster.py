"""Who is who: the people of all nodes, each by a number at their home."""

from __future__ import annotations

from chatd.core.member import Member
from chatd.core.room import Room

PersonId = tuple[str, int]
"""The node at which somebody is at home, and their number there."""

Inside = dict[str, list[int]]
"""People, by their nodes and numbers."""


class Roster:
    """A person's id is another one once they are at home elsewhere; what is told of the old one still means them."""

    def __init__(self) -> None:
        self._members: dict[PersonId, Member] = {}
        self._ids: dict[Member, PersonId] = {}
        self._moved: dict[PersonId, Member] = {}  # who was at home elsewhere before

    def add(self, node: str, number: int, member: Member) -> None:
        self._members[node, number] = member
        self._ids[member] = node, number

    def remove(self, member: Member) -> None:
        del self._members[self._ids.pop(member)]
        self._moved = {before: one for before, one in self._moved.items() if one is not member}

    def move(self, member: Member, node: str, number: int) -> None:
        """Somebody is at home at another node from now on. What they have said at their old home may come behind."""
        before = self._ids[member]
        del self._members[before]
        self._moved[before] = member
        self.add(node, number, member)

    def id_of(self, member: Member) -> PersonId:
        return self._ids[member]

    def known_id(self, member: Member) -> PersonId | None:
        """Return the id of a person, None for one who has left."""
        return self._ids.get(member)

    def find(self, node: str, number: int) -> Member | None:
        return self._members.get((node, number))

    def sender(self, node: str, number: int) -> Member | None:
        """Return who says something there, though they may be at home elsewhere by now."""
        return self.find(node, number) or self._moved.get((node, number))

    def everybody(self) -> list[tuple[PersonId, Member]]:
        return list(self._members.items())

    def of(self, node: str) -> list[tuple[int, Member]]:
        """Return the people of one node, with their numbers."""
        return [(number, member) for (home, number), member in self._members.items() if home == node]

    def inside(self, room: Room[Member]) -> Inside:
        """Return who is in a room."""
        inside: Inside = {}
        for member in room.members:
            if member in self._ids:
                node, number = self._ids[member]
                inside.setdefault(node, []).append(number)
        return inside

    def those(self, inside: Inside) -> set[Member | None]:
        """Return those of them who are here."""
        return {self.sender(node, number) for node, numbers in inside.items() for number in numbers}

    def holder(self, member: Member) -> str:
        """Return what somebody's name is held by, as the nodes share that."""
        node, number = self._ids[member]
        return f"{node} {number}"

    def holders(self) -> dict[str, str]:
        """Return who has each key of the names, as the nodes share that."""
        return {key: self.holder(member) for member in self._ids for key in member.name.keys}
