"""Tests for chatd.session.remembering and chatd.session.replays: what was said before, over an in-memory terminal."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.defer import Deferred

from chatd.core.events import Cause, Departure
from chatd.core.memory import Kept, Memory
from chatd.core.owner_refusals import ArchiveSilent
from chatd.session.inputs import Line
from chatd.session.outputs import Of, Replay
from tests.core.test_memory import Lines
from tests.keeping import DAY, SECRET, keep_history
from tests.session.test_secrets import OwningTestCase
from tests.session.test_session import TalkTestCase, Typing, _done
from tests.store.at_once import ByHand

QUIT = Departure(Cause.QUIT)
NOTHING = "-- nothing that was said here before is remembered"


class Late(Lines):
    """An archive that hasn't got the newest line yet."""

    async def last(self, room: str, count: int, before: int | None = None) -> list[Kept]:
        return (await super().last(room, count, before))[:-1]


class Silent(Lines):
    """An archive that answers nothing."""

    async def last(self, room: str, count: int, before: int | None = None) -> list[Kept]:
        raise ArchiveSilent

    async def search(self, room: str, words: str, count: int) -> list[Kept]:
        raise ArchiveSilent


class RingTestCase(TalkTestCase):
    lines = 20

    def setUp(self) -> None:
        super().setUp()
        self.clock.advance(1_000 * DAY)
        self.remember()
        self.alice, self.screen = self.enter("alice")
        self.screen.take()

    def remember(self) -> None:
        self.hall.remember(Memory(self.lines))

    def come(self, name: str) -> tuple[Typing, list[str]]:
        """Let somebody come in, and return what they are shown behind who is there."""
        session, screen = self.enter(name)
        self.come_screen = screen
        lines = screen.take()
        return session, lines[lines.index("Nickname: ") + 2 : -1]


class ReplayTests(RingTestCase):
    def test_on_joining(self) -> None:
        """Who comes is shown the last lines of the room, each with a mark at its start where no text ever stands."""
        self.alice.type("hello", "/me waves")
        _, shown = self.come("bob")
        self.assertEqual(shown, ["-- the last 2 lines:", "| <alice> hello", "| * alice waves"])
        self.alice.type("/join #den", "what a den")
        bob, screen = self.enter("carol")
        screen.take()
        bob.type("/join #den")
        self.assertEqual(screen.take()[-2:], ["-- the last line:", "| <alice> what a den"])

    def test_no_more_than(self) -> None:
        """They are no more than the setting says, and none for nobody."""
        for number in range(25):
            self.alice.type(str(number))
        _, shown = self.come("bob")
        self.assertEqual((len(shown), shown[-1]), (21, "| <alice> 24"))
        self.hall.memory.lines = 0
        _, shown = self.come("carol")
        self.assertEqual(shown, [])

    def test_day(self) -> None:
        """What was said on another day has it in front, in everyone's own zone."""
        self.alice.type("hello")
        self.clock.advance(DAY)
        bob, screen = self.connect()
        bob.type("bob", "/time UTC")
        screen.take()
        bob.type("/last")
        self.assertEqual(screen.take()[1], "| 1972-09-27 00:00 <alice> hello")
        self.alice.type("again")
        screen.take()
        bob.type("/last 1")
        self.assertEqual(screen.take()[1], "| 00:00 <alice> again")

    def test_ignored(self) -> None:
        """Lines of those whom one ignores are left out, whatever they were called."""
        bob, _ = self.come("bob")
        bob.type("hello", "/nick rob", "hello again")
        self.alice.type("/ignore rob", "mine", "/join #den")
        self.screen.take()
        self.alice.type("/leave")
        self.assertEqual(self.screen.take()[1:], ["-- the last line:", "| <alice> mine"])

    def test_ignored_and_gone(self) -> None:
        """So are those of somebody who was ignored until they left; what the next of that name says is not."""
        bob, _ = self.come("bob")
        self.alice.type("/ignore bob")
        bob.type("hello")
        bob.close(QUIT)
        bob, _ = self.come("bob")
        bob.type("I am another bob")
        self.screen.take()
        self.alice.type("/last")
        self.assertEqual(self.screen.take(), ["-- the last line:", "| <bob> I am another bob"])

    def test_quiet(self) -> None:
        """None are shown to who is quiet, nor answered."""
        self.alice.type("hello", "/i", "/join #den", "/leave")
        self.assertNotIn("| <alice> hello", self.screen.take())
        self.alice.type("/last", "/search hello")
        self.assertEqual(self.screen.take(), ["!! you have turned the room off; /i turns it back on"] * 2)

    def test_private(self) -> None:
        """Private lines, and what somebody said behind /remember off, are shown to nobody."""
        self.come("bob")
        self.alice.type("@bob psst", "/remember off", "not this", "/remember on", "but this")
        _, shown = self.come("carol")
        self.assertEqual(shown, ["-- the last line:", "| <alice> but this"])

    def test_emptied(self) -> None:
        """When the last person has left, the next is shown nothing of what was said."""
        self.alice.type("hello")
        self.alice.close(QUIT)
        _, shown = self.come("bob")
        self.assertEqual(shown, [])

    def test_locked(self) -> None:
        """Locking empties what was there, and nothing said in a locked room is shown to who is invited."""
        bob, _ = self.come("bob")
        screen = self.come_screen
        self.alice.type("/join #den", "before", "/lock", "behind", "/invite bob")
        screen.take()
        bob.type("/join #den", "/last")
        self.assertEqual(screen.take()[-1], NOTHING)


class AskingTests(RingTestCase):
    def test_last(self) -> None:
        """/last shows as many lines as one wants, without a disk those that memory has."""
        self.alice.type("/last")
        self.assertEqual(self.screen.take(), [NOTHING])
        self.alice.type("a", "b", "c")
        self.screen.take()
        self.alice.type("/last 2")
        self.assertEqual(self.screen.take(), ["-- the last 2 lines:", "| <alice> b", "| <alice> c"])
        for wrong in ("0", "x", "201", "١"):
            self.alice.type(f"/last {wrong}")
            self.assertIn("!! usage: /last [n]", self.screen.take()[0])

    def test_search(self) -> None:
        """/search finds the lines that hold each word or part of one, in any case, and in any script."""
        self.alice.type("Привет, мир", "我们明天去颐和园玩吧", "Hello world", "/search nothing")
        self.assertEqual(self.screen.take()[-1], "-- nothing that is remembered has that")
        for words, found in (("МИР прив", "Привет, мир"), ("颐和", "我们明天去颐和园玩吧"), ("WORLD", "Hello world")):
            self.alice.type(f"/search {words}")
            self.assertEqual(self.screen.take(), ["-- 1 line has that:", f"| <alice> {found}"])

    def test_forget(self) -> None:
        """/forget takes back what one has said: in all rooms, under all names of this visit, or the last of it."""
        bob, screen = self.enter("bob")
        self.alice.type("a", "/nick alicia", "/join #den", "b", "/leave")
        self.clock.advance(3600)
        bob.type("c")
        self.alice.type("d")
        self.screen.take(), screen.take()
        self.alice.type("/forget 15m")
        one = "-- 1 line is forgotten here, but not on the screens of others or in backups"
        self.assertEqual(self.screen.take(), [one])
        bob.type("/last")
        self.assertEqual(screen.take(), ["-- the last 2 lines:", "| <alice> a", "| <bob> c"])
        self.alice.type("/forget", "/forget")
        self.assertEqual(len(self.screen.take()), 2)
        bob.type("/last")
        self.assertEqual(screen.take(), ["-- the last line:", "| <bob> c"])
        self.alice.type("/forget soon")
        self.assertIn("!!", self.screen.take()[0])

    def test_remember(self) -> None:
        """/remember says what is remembered of what one says, and changes that."""
        for typed, answered in (
            ("", "what you say in #lobby is not kept on disk; whoever enters is shown the last 20 lines"),
            ("off", "what you say in rooms is not remembered; /remember on ends that"),
            ("on", "what you say in #lobby is not kept on disk; whoever enters is shown the last 20 lines"),
        ):
            self.alice.type(f"/remember {typed}")
            self.assertEqual(self.screen.take(), [f"-- {answered}"])
        self.alice.type("/remember me")
        self.assertIn("!! usage: /remember [on|off]", self.screen.take()[0])
        self.hall.memory.lines = 0
        self.alice.type("/remember")
        self.assertEqual(self.screen.take(), ["-- what you say in #lobby is not kept on disk"])

    def test_help(self) -> None:
        """/h remember says who reads what is said, and how to be left out."""
        self.alice.type("/h remember")
        shown = " ".join(self.screen.take())
        for words in ("/remember off leaves out", "/forget takes back", "the administrator", "private lines are never"):
            self.assertIn(words, shown)


class OnDiskTests(RingTestCase):
    """With a history on the disk."""

    def remember(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.history = keep_history(self.server, self.folder, self.clock, lines=2)

    def kept(self, room: str = "#lobby") -> list[str]:
        lines = self.successResultOf(Deferred.fromCoroutine(self.history.last(room, 100)))
        return [line.text for line in lines]

    def test_welcome(self) -> None:
        """Whoever comes is told that what is said is kept, for how long, and where to read more."""
        _, screen = self.connect()
        self.assertEqual(
            screen.take()[1],
            "-- what is said in #lobby is kept for 7 days; /h remember says who reads it and how to be left out",
        )

    def test_more_than_memory(self) -> None:
        """/last and /search show what memory does not hold any more."""
        self.alice.type("a needle", "b", "c", "d")
        self.screen.take()
        self.alice.type("/last 3")
        self.assertEqual(self.screen.take()[1:], ["| <alice> b", "| <alice> c", "| <alice> d"])
        self.alice.type("/search NEEDLE")
        self.assertEqual(self.screen.take()[1:], ["| <alice> a needle"])
        _, shown = self.come("bob")
        self.assertEqual(shown, ["-- the last 2 lines:", "| <alice> c", "| <alice> d"])

    def test_not_on_the_disk_yet(self) -> None:
        """What the disk doesn't take for now is shown from memory, behind what it has."""
        self.hall.memory.archive = Late()
        self.alice.type("a", "b", "c")
        self.screen.take()
        self.alice.type("/last")
        self.assertEqual(self.screen.take()[1:], ["| <alice> a", "| <alice> b", "| <alice> c"])

    def test_forget(self) -> None:
        """/forget takes it back from the disk, too, and each line counts once."""
        self.alice.type("a", "b", "c", "/join #den", "d")
        self.screen.take()
        self.alice.type("/forget")
        self.assertIn("-- 4 lines are forgotten here", self.screen.take()[0])
        self.assertEqual(self.kept(), [])

    def test_other_rooms(self) -> None:
        """Another room is kept only behind its first member's word, and all are told; nobody else has a say."""
        bob, _ = self.come("bob")
        bob_screen = self.come_screen
        self.alice.type("/join #den", "a")
        bob.type("/join #den", "/remember on", "b")
        self.assertEqual(self.kept("#den"), [])
        bob_screen.take(), self.screen.take()
        self.alice.type("/remember on", "c")
        told = "-- alice turned on the history of #den: it is kept on the disk; /h remember says how long"
        self.assertEqual(bob_screen.take(), [told, "<alice> c"])
        self.assertEqual(
            self.screen.take()[1],
            "-- what you say in #den is kept for 7 days; whoever enters is shown the last 2 lines",
        )
        self.assertEqual(self.kept("#den"), ["c"])
        _, screen = self.enter("carol")
        carol, screen = self.enter("dave")
        carol.type("/join #den")
        self.assertIn("-- what is said in #den is kept for 7 days", "".join(screen.take()))
        self.alice.type("/remember off", "/remember on", "/remember on")
        ended = "-- alice turned off the history of #den: nothing more is kept on the disk"
        self.assertEqual([line for line in bob_screen.take() if line in (told, ended)], [ended, told])

    def test_opened_again(self) -> None:
        """Whoever opens such a room again, and has it kept again, goes on where it was left."""
        self.alice.type("/join #den", "/remember on", "a", "/leave", "/join #den", "/last")
        self.assertEqual(self.screen.take()[-1], NOTHING)
        self.alice.type("/remember on", "b")
        self.screen.take()
        self.alice.type("/last")
        self.assertEqual(self.screen.take()[1:], ["| <alice> a", "| <alice> b"])

    def test_locking_forgets(self) -> None:
        """What was kept of a room is forgotten before it is locked; if that can't be, it isn't locked."""
        self.alice.type("/join #den", "/remember on", "a")
        self.hall.memory.archive = Silent()
        self.screen.take()
        self.alice.type("/lock")
        self.assertIn("!! what was said before can't be reached just now", self.screen.take()[0])
        self.assertFalse(self.alice.person.room.locked)
        self.hall.memory.archive = self.history
        self.alice.type("b", "/lock", "c")
        self.assertTrue(self.alice.person.room.locked)
        self.assertEqual(self.kept("#den"), [])
        self.alice.type("/remember on", "d")
        self.assertEqual(self.kept("#den"), [])

    def test_put_out_meanwhile(self) -> None:
        """Who is put out while the disk forgets locks nothing any more."""
        self.alice.type("/join #den", "/remember on", "a")
        room, writer = self.alice.person.room, ByHand()
        self.history._db._writer = writer
        work = self.alice.receive(Line("/lock"))
        assert work is not None
        locking = Deferred.fromCoroutine(_done(work))
        self.alice.person.dismiss(QUIT)
        self.screen.take()
        while writer.waiting:
            writer.work()
        self.successResultOf(locking)
        self.assertFalse(room.locked)
        self.assertEqual(self.screen.take(), [])

    def test_silent(self) -> None:
        """A disk that doesn't answer is a refusal, and nobody who talks notices."""
        self.hall.memory.archive = Silent()
        for typed in ("/last", "/search x", "/forget"):
            self.alice.type(typed)
            self.assertEqual(self.screen.take(), ["!! what was said before can't be reached just now; try again later"])
        self.alice.type("/join #den", "/remember on", "hello")
        self.assertEqual(self.screen.take()[-1], "<alice> hello")

    def test_memory_goes_on(self) -> None:
        """After a restart the lobby's last lines are shown as before."""
        self.alice.type("a", "b", "c")
        self.clock.advance(1)
        again = keep_history(self.server, self.folder, self.clock, lines=2)
        self.assertEqual([line.text for line in self.hall.lobby.ring.last()], ["b", "c"])
        self.assertIs(self.hall.memory.archive, again)


class OwnersLinesTests(OwningTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.history = keep_history(self.server, self.folder, self.clock)
        self.own("alice")
        self.alice, self.screen = self.come("alice", SECRET)
        self.screen.take()

    def test_welcome(self) -> None:
        """Letters are told of at the door, too."""
        _, screen = self.connect()
        self.assertEqual(
            screen.take()[2],
            "-- private lines to an owner who is away are kept until they are read, for 30 days at most",
        )

    def test_put_out_meanwhile(self) -> None:
        """Who is put out while the disk writes down what they want changes nothing of the room any more."""
        self.alice.type("/join #den", "/remember on")
        room, writer = self.alice.person.room, ByHand()
        self.people._ledger._db._writer = writer
        work = self.alice.receive(Line("/remember off"))
        assert work is not None
        remembering = Deferred.fromCoroutine(_done(work))
        self.alice.person.dismiss(QUIT)
        self.screen.take()
        writer.work()
        self.successResultOf(remembering)
        self.assertTrue(room.ring.archived)
        self.assertEqual(self.screen.take(), [])

    def test_all_of_an_owner(self) -> None:
        """An owner takes back all that they ever said, whatever they were called."""
        self.alice.type("a", "/nick carol", "b", "quit")
        self.alice, self.screen = self.come("alice", SECRET, "/forget")
        self.assertIn("-- 2 lines are forgotten here", self.screen.take()[-1])

    def test_remembered(self) -> None:
        """What an owner says about being remembered holds when they come again."""
        self.alice.type("/remember off", "quit")
        self.alice, self.screen = self.come("alice", SECRET, "a", "/last")
        self.assertEqual(self.screen.take()[-1], NOTHING)

    def test_ignored_and_away(self) -> None:
        """The lines of an owner whom an owner ignores are left out though they aren't here."""
        self.own("bob")
        self.come("bob", SECRET, "hello", "quit")
        self.alice.type("/ignore bob", "/last")
        self.assertEqual(self.screen.take()[-1], NOTHING)
        replay = self.screen.outputs[-1]
        self.assertEqual(replay, Replay(Of.LAST, (), self.clock.seconds()))
