"""What people elsewhere say in rooms: at once, or late where their node was out of reach."""

from __future__ import annotations

from chatd.core.events import Acted, Said, SaidLate
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.nickname import exact_key, nickname
from chatd.core.room import Room
from chatd.core.text import one_line
from chatd.nodes.people import People, unheard
from chatd.nodes.spare import is_spare, spare_name
from chatd.nodes.telling import Fact


class Lines:
    """Brings them to those at home here, and says of a line that will be late what must be known of it then."""

    def __init__(self, hall: Hall, people: People) -> None:
        self._hall = hall
        self._people = people

    def late(self, speaker: Member) -> Fact:
        """Return whose a line is that is said now, for they may have left before it is told: name, account, and whether
        it may be remembered; and if the room is locked, who is inside, for it is for nobody else.
        """
        traces, room = speaker.traces, speaker.room
        return [speaker.nickname, traces.account, traces.remembered, self._people.inside(room) if room.locked else None]

    def hear(self, node: str, fact: Fact) -> None:
        """Somebody elsewhere has said or done something in a room, though an old state may have them in another."""
        _, number, at, acted, text, said_in, late = fact
        known, room = self._people.sender(node, number), self._hall.rooms.get(exact_key(said_in))
        if room is None or (known is not None and room not in (known.room, self._hall.lobby)):
            return
        if late:
            speaker = known or self._stand_in(node, number, late, room)
            line = SaidLate(at, room.name, speaker.nickname, one_line(text), acted)
            self._hear_late(room, speaker, line, late[-1])
            if speaker not in self._hall.members:
                speaker.let_go()
        elif known is not None:
            room.hears(known, (Acted if acted else Said)(at, room.name, known.nickname, one_line(text)))

    def _hear_late(self, room: Room[Member], speaker: Member, line: SaidLate, inside: list[Fact] | None) -> None:
        if inside is None:
            room.hears(speaker, line)
        else:
            room.hears_apart(speaker, line, [self._people.sender(*one) for one in inside])

    def _stand_in(self, node: str, number: int, late: Fact, room: Room[Member]) -> Member:
        """Return who stands for somebody who has left before what they said is told: they themselves, if they have
        proven elsewhere to be the same, else nobody who is here, nor called like anybody.
        """
        shown, account, remembered, _ = late
        back = self._hall.holder_of(account)
        if back is not None:
            return back
        member = Member(self._hall, nickname(shown), unheard, is_remote=True)
        if not is_spare(self._hall, member.name, account):
            member.name = spare_name(self._hall, shown)
        member.traces.account, member.traces.remembered = account, remembered
        owners = self._hall.owners
        ignoring = {one for one in room.members if account in owners.ignored_by(one.traces.account or 0)}
        for other in ignoring | self._people.ignored_by(node, number):
            other.ignore_member(member)
        return member
