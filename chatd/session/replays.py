"""What was said before, as somebody may be shown it."""

from __future__ import annotations

from collections.abc import Iterable

from chatd.core.events import Acted, Said
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.memory import Kept, LinesOf
from chatd.session.outputs import Of, Replay


def replay_of(lines: Iterable[Kept], of: Of, hall: Hall, member: Member) -> Replay:
    """Return lines without those of the people whom a member ignores, or ignored until they left."""
    ignored = [*member.ignored_before, *(one for other in member.ignoring for one in other.traces.lines())]
    ignored += [LinesOf(owner=owner) for owner in hall.owners.ignored_by(member.traces.account or 0)]
    heard = (line for line in lines if not any(one.means(line) for one in ignored))
    return Replay(of, tuple(map(_as_event, heard)), hall.now())


def _as_event(line: Kept) -> Said | Acted:
    kind = Acted if line.acted else Said
    return kind(line.at, line.room, line.name, line.text)
