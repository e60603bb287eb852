"""What people elsewhere say in rooms: at once, or late where their node was out of reach."""

from __future__ import annotations

from chatd.core.events import Acted, Said, SaidLate
from chatd.core.hall import Hall
from chatd.core.member import Member, unheard
from chatd.core.memory import Kept
from chatd.core.nickname import exact_key, nickname
from chatd.core.room import Room
from chatd.core.text import one_line
from chatd.core.traces import Traces
from chatd.nodes.forgettings import Forgettings
from chatd.nodes.ignores import Ignores
from chatd.nodes.roster import Inside, Roster
from chatd.nodes.spare import is_spare, spare_name
from chatd.nodes.telling import Fact


class Lines:
    """Brings them to those at home here, and says of a line that will be late what must be known of it then."""

    def __init__(self, hall: Hall, roster: Roster, ignores: Ignores, forgettings: Forgettings) -> None:
        self._hall = hall
        self._roster = roster
        self._ignores = ignores
        self._forgettings = forgettings
        self._inside: Inside = {}  # a locked room; lines that wait have it together

    def late(self, speaker: Member) -> Fact:
        """Return what must be known of a line that is said now, for whoever said it may have left, and the room may be
        another of that name, before it is told: name, account, whether it may be remembered; the room's id; and if it
        is locked, who is inside, for it is for nobody else.
        """
        traces, room = speaker.traces, speaker.room
        inside = self._roster.inside(room) if room.locked else {}
        if inside and inside != self._inside:
            self._inside = inside
        return [speaker.nickname, traces.account, traces.remembered, room.id, self._inside if inside else None]

    def is_elsewhere(self, speaker: Member, late: Fact | None) -> bool:
        """Say whether somebody is in another room by now than the one in which they have said something."""
        return late is not None and late[3] != speaker.room.id

    def hear(self, node: str, fact: Fact) -> None:
        """Somebody elsewhere has said or done something in a room."""
        _, number, at, acted, text, said_in, late = fact
        speaker, room = self._roster.sender(node, number), self._hall.rooms.get(exact_key(said_in))
        if room is None:
            return
        if late:
            self._hear_late(room, node, fact)
        elif speaker is not None and room in (speaker.room, self._hall.lobby):  # else an old state has them elsewhere
            room.hears(speaker, (Acted if acted else Said)(at, room.name, speaker.nickname, one_line(text)))

    def _hear_late(self, room: Room[Member], node: str, fact: Fact) -> None:
        _, number, at, acted, text, _, (shown, account, remembered, room_id, inside) = fact
        if room.id != room_id:
            return
        speaker = self._roster.sender(node, number) or self._stand_in(node, number, room, at, shown, account)
        line = SaidLate(at, room.name, speaker.nickname, one_line(text), acted)
        traces, wanted = speaker.traces, speaker.traces.remembered
        kept = Kept(0, at, room.name, shown, account, acted, text)
        traces.remembered = remembered and not self._forgettings.mean(kept)
        if inside is None:
            room.hears(speaker, line)
        else:
            room.hears_apart(speaker, line, self._roster.those(inside))
        traces.remembered = wanted
        if speaker not in self._hall.members:
            speaker.let_go()

    def _stand_in(
        self, node: str, number: int, room: Room[Member], at: float, shown: str, account: int | None
    ) -> Member:
        """Return who stands for somebody who has left before what they said is told: they themselves, if they have
        proven elsewhere to be the same, else nobody who is here, nor called like anybody.
        """
        back = self._hall.holders.of(account)
        if back is not None:
            return back
        name = nickname(shown)
        if not is_spare(self._hall, name, account):
            name = spare_name(self._hall, shown)
        member = Member(self._hall, name, unheard, is_remote=True)
        member.traces = Traces(name.shown, at, account)
        owners = self._hall.owners
        ignoring = {one for one in room.members if account in owners.ignored_by(one.traces.account or 0)}
        for other in ignoring | self._ignores.ignored_by((node, number), account):
            other.ignore_member(member)
        return member
