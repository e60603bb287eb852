"""Tests for chatd.core.memory."""

from collections.abc import Collection

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Acted, Said
from chatd.core.memory import Archive, Kept, LinesOf, Memory, Ring
from chatd.core.owner_refusals import ArchiveSilent


class Lines(list[Kept]):
    """The plainest archive: a list."""

    def keep(self, line: Kept) -> None:
        self.append(line)

    async def last(self, room: str, count: int, before: int | None = None) -> list[Kept]:
        return [line for line in self if line.room == room and (before is None or line.id < before)][-count:]

    async def search(self, room: str, words: str, count: int) -> list[Kept]:
        return [line for line in self if line.room == room and words in line.text][-count:]

    async def forget(self, which: Collection[LinesOf]) -> int:
        raise ArchiveSilent


_: type[Archive] = Lines


class SlowLines(Lines):
    """Answers when a test says so."""

    def __init__(self, lines: list[Kept]) -> None:
        super().__init__(lines)
        self.answer: Deferred[None] = Deferred()

    async def last(self, room: str, count: int, before: int | None = None) -> list[Kept]:
        await self.answer
        return await super().last(room, count, before)


def texts(ring: Ring, count: int | None = None) -> list[str]:
    return [line.text for line in ring.last(count)]


class RingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.lines = Lines()
        self.memory = Memory(3, self.lines)
        self.ring = self.memory.ring("#lobby")

    def say(self, *texts: str, at: float = 0.0, name: str = "alice", owner: int | None = None) -> None:
        for text in texts:
            self.ring.keep(Said(at, "#lobby", name, text), owner)

    def recall(self) -> None:
        self.successResultOf(Deferred.fromCoroutine(self.ring.recall()))

    def test_last(self) -> None:
        """The last lines are there, as they were said, the oldest first; no more of them than memory is for."""
        self.say("one", "two", "three")
        self.ring.keep(Acted(5.5, "#lobby", "bob", "waves"), 7)
        self.assertEqual(texts(self.ring), ["two", "three", "waves"])
        self.assertEqual(texts(self.ring, 2), ["three", "waves"])
        self.assertEqual(texts(self.ring, 9), ["two", "three", "waves"])
        self.assertEqual(texts(self.ring, 0), [])
        self.assertEqual(self.ring.last()[-1], Kept(5500, 5.5, "#lobby", "bob", 7, True, "waves"))

    def test_fewer(self) -> None:
        """When memory is to hold fewer lines, fewer are shown at once."""
        self.say("one", "two", "three")
        self.memory.lines = 1
        self.assertEqual(texts(self.ring), ["three"])
        self.memory.lines = 0
        self.assertEqual(texts(self.ring), [])
        self.say("four")
        self.memory.lines = 3
        self.assertEqual(texts(self.ring), [])

    def test_trim(self) -> None:
        """They can be dropped at once, so that more are shown no more when memory is to hold more again."""
        self.say("one", "two", "three")
        self.memory.lines = 1
        self.ring.trim()
        self.memory.lines = 3
        self.assertEqual(texts(self.ring), ["three"])

    def test_locked_meanwhile(self) -> None:
        """What was read for a room that is locked by then doesn't get into its memory."""
        self.say("one", at=1.0)
        lines = SlowLines(self.ring.last())
        ring = Memory(3, lines).ring("#lobby")
        ring.archived = True
        recalling = Deferred.fromCoroutine(ring.recall())
        ring.archived = False
        lines.answer.callback(None)
        self.successResultOf(recalling)
        self.assertEqual(texts(ring), [])

    def test_ids(self) -> None:
        """Ids grow through all rooms and over a restart, even if the clock is set back."""
        other = self.memory.ring("#den")
        for ring, at in ((self.ring, 10.0), (other, 10.0), (self.ring, 9.0), (other, 11.0)):
            ring.keep(Said(at, "#lobby", "alice", ""), None)
        ids = sorted(line.id for ring in (self.ring, other) for line in ring.last())
        self.assertEqual(ids, [10_000, 10_001, 10_002, 11_000])
        again = Memory(3).ring("#lobby")
        again.put_before(self.ring.last())
        again.keep(Said(1.0, "#lobby", "alice", ""), None)
        self.assertEqual([line.id for line in again.last()], [10_000, 10_002, 10_003])

    def test_archived(self) -> None:
        """The archive gets what is said in archived rooms alone, though memory itself may hold nothing."""
        self.say("kept nowhere else")
        self.ring.archived = True
        self.say("kept")
        self.memory.lines = 0
        self.say("kept, too")
        self.assertEqual([line.text for line in self.lines], ["kept", "kept, too"])
        self.assertEqual(texts(self.ring), [])
        self.memory.archive = None
        self.say("not kept any more")
        self.assertEqual(len(self.lines), 2)

    def test_recall(self) -> None:
        """A room goes on where the archive left off, with no line twice and none missing."""
        self.ring.archived = True
        self.say("one", "two", "three", "four")
        self.ring = self.memory.ring("#lobby")
        self.recall()
        self.assertEqual(texts(self.ring), [])
        self.ring.archived = True
        self.say("five")
        self.recall()
        self.assertEqual(texts(self.ring), ["three", "four", "five"])
        self.recall()
        self.assertEqual(texts(self.ring), ["three", "four", "five"])

    def test_recall_nothing(self) -> None:
        """Where nothing is archived, a room begins empty."""
        self.memory.archive = None
        self.ring.archived = True
        self.recall()
        self.memory.archive = Lines()
        self.recall()
        self.assertEqual(texts(self.ring), [])

    def test_forget(self) -> None:
        """What is forgotten is gone, and nothing else; so it is with a whole room."""
        self.say("one", name="alice", owner=1)
        self.say("two", name="bob")
        self.assertEqual(self.ring.forget([LinesOf(owner=1), LinesOf(name="eve")]), 1)
        self.assertEqual(texts(self.ring), ["two"])
        self.ring.clear()
        self.assertEqual(texts(self.ring), [])


class LinesOfTests(SynchronousTestCase):
    def test_owner(self) -> None:
        """An owner's lines are theirs whatever they were called, others' are not, whatever those were called."""
        lines = LinesOf(owner=1)
        self.assertTrue(lines.means(Kept(1, 1.0, "#lobby", "bob", 1, False, "")))
        self.assertFalse(lines.means(Kept(1, 1.0, "#lobby", "alice", 2, False, "")))
        self.assertFalse(lines.means(Kept(1, 1.0, "#lobby", "", None, False, "")))

    def test_name(self) -> None:
        """A name is whoever had it in that time, in whatever case."""
        lines = LinesOf(name="Bob", since=2.0, until=4.0)
        meant = [at for at in (1.0, 2.0, 3.0, 4.0, 5.0) if lines.means(Kept(1, at, "#lobby", "bOB", None, False, ""))]
        self.assertEqual(meant, [2.0, 3.0, 4.0])
        self.assertFalse(lines.means(Kept(1, 3.0, "#lobby", "bobby", None, False, "")))

    def test_room(self) -> None:
        """A room's lines are meant whoever said them, in whatever case its name is; without a room those of all are."""
        line = Kept(1, 3.0, "#Den", "bob", None, False, "")
        self.assertTrue(LinesOf(room="#den").means(line))
        self.assertFalse(LinesOf(room="#den", until=2.0).means(line))
        self.assertFalse(LinesOf(room="#den", owner=1).means(line))
        self.assertFalse(LinesOf(room="#lobby").means(line))
        self.assertTrue(LinesOf().means(line))
