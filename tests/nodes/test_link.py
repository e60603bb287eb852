"""Several halls that are one, over a log in memory and in simulated time."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import (
    AddresseeAway,
    AddresseeLeft,
    Announced,
    Cause,
    Departure,
    Divided,
    Invited,
    Joined,
    Left,
    LockTurned,
    NicknameLost,
    Renamed,
    Reunited,
    SomeLost,
    Whispered,
    WhisperSent,
)
from chatd.core.nickname import nickname
from chatd.core.owners import Owner
from chatd.core.refusals import (
    AddresseeGone,
    NicknameTaken,
    NotHeardBy,
    OthersUnreachable,
    RoomLocked,
    RoomLooksLike,
    TooMuchWaits,
)
from chatd.core.relay import GiveName, PutOut
from chatd.nodes import names
from chatd.nodes.shared import START, Known, Node, Note, OutOfReach
from chatd.nodes.telling import MOST_TOGETHER, Told
from tests.nodes.halls import Halls, Server, Someone
from tests.nodes.memory_shared import MemoryShared

Kind = TypeVar("Kind")


class HallsCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.halls = Halls("a", "b")
        self.addCleanup(self.check_no_errors)
        self.addCleanup(self.halls.stop)
        self.a, self.b = self.halls.servers

    def check_no_errors(self) -> None:
        self.assertEqual(self.flushLoggedErrors(), [])

    def of(self, someone: Someone, kind: type[Kind]) -> list[Kind]:
        return [event for event in someone.told if isinstance(event, kind)]

    def assert_same(self) -> None:
        """All halls agree on who is where, and in which order."""
        self.assertEqual(self.a.rooms, self.b.rooms)


class VersionTests(HallsCase):
    def test_later(self) -> None:
        """When a node of a later version comes the others stay out, each for itself, until it has gone."""
        alice = self.a.enter("alice")
        later = Node("z.1", "z", 1, version=99)
        shared = MemoryShared(self.halls.memory)
        self.a.do(joined(shared, later))
        self.halls.run(1.5)
        self.assertEqual(len(self.of(alice, Divided)), 1)
        for server in self.halls.servers:
            self.assertFalse(server.link.log.is_linked)
        self.a.do(shared.leave(later))
        self.halls.run(2)
        self.assertEqual(len(self.of(alice, Reunited)), 1)
        self.assert_same()


async def joined(shared: MemoryShared, node: Node) -> None:
    await shared.connect()
    await shared.join(node, 0, Known((), {}))


class TalkTests(HallsCase):
    def test_heard_everywhere(self) -> None:
        """What is said on one node is heard on both; the speaker hears it in its turn."""
        alice, bob = self.a.enter("alice"), self.b.enter("bob")
        self.halls.run(0.01)
        alice.say("hi")
        self.assertEqual(alice.heard, [])
        self.halls.run(0.01)
        self.assertEqual((alice.heard, bob.heard), (["alice: hi"], ["alice: hi"]))

    def test_one_order(self) -> None:
        """Everybody hears lines in one order, whoever said them where."""
        people = [server.enter(f"{name}{server.name}") for server in (self.a, self.b) for name in ("x", "y", "z")]
        self.halls.run(0.1)
        for number in range(50):
            people[number % 6].say(str(number))
            if number % 3:
                self.halls.run(0.001)
        self.halls.run(0.1)
        self.assertEqual(len(people[0].heard), 50)
        for other in people:
            self.assertEqual(other.heard, people[0].heard)

    def test_next_waits(self) -> None:
        """What somebody does next waits until what they did before has had its turn."""
        alice = self.a.enter("alice")
        self.assertIsNone(self.a.link.unsettled(alice.member))
        alice.say("hi")
        waiting = self.a.link.unsettled(alice.member)
        assert waiting is not None
        self.a.do(waiting)
        self.assertEqual(alice.heard, ["alice: hi"])
        self.assertIsNone(self.a.link.unsettled(alice.member))

    def test_come_and_go(self) -> None:
        """People are here everywhere, and told of those of other nodes, in rooms too."""
        alice, bob = self.a.enter("alice"), self.b.enter("bob")
        self.halls.run(1.5)
        self.assertEqual([event.nicknames for event in self.of(alice, Joined)], [("bob",)])
        self.assertIsNone(bob.do(bob.member.move("#den")))
        self.halls.run(0.01)
        self.assert_same()
        self.assertEqual(self.a.rooms["#den"], ["bob"])
        self.assertIsNone(alice.do(alice.member.move("#den")))
        bob.member.leave(Departure(Cause.QUIT, "tired"))
        self.halls.run(1.5)
        self.assertEqual([event.nicknames for event in self.of(alice, Left)], [("bob",)])
        self.assert_same()
        self.assertEqual(self.a.rooms["#den"], ["alice"])

    def test_last_words(self) -> None:
        """A line of somebody who goes at once is heard before they are told to have gone."""
        alice, bob = self.a.enter("alice"), self.b.enter("bob")
        self.halls.run(0.01)
        bob.say("bye")
        bob.member.leave()
        self.halls.run(1.5)
        self.assertEqual(alice.heard, ["bob: bye"])
        self.assertEqual(self.a.rooms, {"#lobby": ["alice"]})
        self.assert_same()

    def test_renamed(self) -> None:
        """A new name holds everywhere, and the old one is free."""
        alice, bob = self.a.enter("alice"), self.b.enter("bob")
        self.assertIsNone(bob.do(bob.member.rename("rob")))
        self.halls.run(1.5)
        self.assertEqual([event.names for event in self.of(alice, Renamed)], [(("bob", "rob"),)])
        self.a.enter("bob")
        self.halls.run(0.01)
        self.assert_same()

    def test_stopped(self) -> None:
        """Of all who leave as their server stops, the others are told in one notice."""
        alice, names = self.a.enter("alice"), [f"bob{number}" for number in range(40)]
        people = [self.b.enter(name) for name in names]
        self.halls.run(3)
        for someone in people:
            someone.member.leave(Departure(Cause.STOPPED))
        self.halls.run(3)
        self.assertEqual([sorted(event.nicknames) for event in self.of(alice, Left)], [sorted(names)])

    def test_announced(self) -> None:
        """What the administrator says on one node is told on both."""
        self.a.enter("alice")
        bob = self.b.enter("bob")
        self.a.hall.announce("lunch", everywhere=True)
        self.halls.run(0.01)
        self.assertEqual([event.text for event in bob.told if hasattr(event, "text")], ["lunch"])

    def test_announced_late(self) -> None:
        """One that comes late says when it was made."""
        bob = self.b.enter("bob")
        self.halls.memory.is_away = True
        self.halls.run(5)
        now = self.halls.clock.seconds()
        self.a.hall.announce("lunch in 5 minutes", everywhere=True)
        self.halls.run(60)
        self.halls.memory.is_away = False
        self.halls.run(3)
        self.assertEqual([event.at for event in bob.told if isinstance(event, Announced)], [now])


class NameTests(HallsCase):
    def test_one_owner(self) -> None:
        """A name, or one that looks like it, is one person's in all halls; the other is told who has it."""
        self.a.enter("alice")
        for typed in ("alice", "ALICE", "a1ice"):
            with self.assertRaises(NicknameTaken) as raised:
                self.b.enter(typed)
            self.assertEqual(raised.exception.holder, "alice")

    def test_just_started(self) -> None:
        """Whoever comes to a node that has just started waits until it is one of the others, or can't be."""
        Server(self.halls, "c").enter("zoe")
        self.halls.memory.is_away = True
        with self.assertRaises(OthersUnreachable):
            Server(self.halls, "d").enter("yan")

    def test_just_stopped(self) -> None:
        """Nobody waits at one that has been stopped."""
        self.halls.memory.is_away = True
        third = Server(self.halls, "c")
        work = Deferred.fromCoroutine(third.link._names.claim(nickname("zoe"), "c 1"))
        third.stop()
        self.failureResultOf(work, OthersUnreachable)

    def test_at_once(self) -> None:
        """Of those who ask at once, one gets the name, and all others are refused."""
        claims = [server.hall.claim("bob") for server in (self.a, self.b, self.a, self.b)]
        from twisted.internet.defer import Deferred

        async def is_granted(claim: Awaitable[None]) -> bool:
            try:
                await claim
            except NicknameTaken:
                return False
            return True

        granted: list[list[bool]] = []
        asked = [Deferred.fromCoroutine(is_granted(claim)) for claim in claims if claim is not None]
        gatherResults(asked).addCallback(granted.append)
        self.halls.run(0.2)
        self.assertEqual(sorted(granted[0]), [False, False, False, True])

    def test_two_here_at_once(self) -> None:
        """Of two at one node who ask at once, the one who gets the name can give it up again."""
        for number in range(4):
            tries = [self.a.hall.claim("bob"), self.a.hall.claim("bob")]
            ended: list[Any] = []
            for claimed in tries if number % 2 else tries[::-1]:
                assert claimed is not None
                Deferred.fromCoroutine(of(claimed)).addBoth(ended.append)
            self.halls.run(0.05)
            self.assertEqual(ended[0], None)
            member = self.a.hall.enter("bob", lambda events: None)
            self.halls.run(0.2)
            self.assertIsInstance(ended[1].value, NicknameTaken)
            member.leave()
            self.halls.run(0.05)
            self.b.enter("bob").member.leave()
            self.halls.run(0.05)

    def test_free_at_once(self) -> None:
        """A name is somebody's again as soon as whoever had it has gone, on another node."""
        alice = self.a.enter("alice")
        alice.member.leave()
        self.b.enter("alice")
        self.halls.run(0.1)
        self.assert_same()

    def test_given_up(self) -> None:
        """A name that was claimed and not used is free again."""
        self.a.do(self.a.hall.claim("bob"))
        self.assertRaises(NicknameTaken, self.b.enter, "bob")
        self.a.link.release(["bob"])
        self.halls.run(0.01)
        self.b.enter("bob")

    def test_freed_behind(self) -> None:
        """A name that somebody has taken is theirs, though an earlier attempt of theirs frees it only now; what frees
        it for others' sake does so.
        """
        alice = self.a.enter("alice")
        holder, telling = self.a.link.roster.holder(alice.member), self.a.link.log.telling
        self.halls.run(0.1)
        renaming = alice.member.rename("dave")
        assert renaming is not None
        Deferred.fromCoroutine(of(renaming))
        while telling.is_read_back:
            self.halls.clock.advance(0.0001)
        freeing, others = Told(["free"], {"dave": holder}), Told(["free"], {"dave": "a.1 9"})
        self.a.link.log.tell(freeing)
        self.a.link.log.tell(others)
        self.halls.run(0.1)
        self.assertEqual(alice.member.nickname, "dave")
        self.assertEqual((freeing.released, others.released), ({}, {"dave": "a.1 9"}))
        self.assertRaises(NicknameTaken, self.b.enter, "dave")

    def test_lost_before_it_is_had(self) -> None:
        """Who takes a name that is another's by then has another, and all know it."""
        alice = self.a.enter("alice")
        self.halls.run(0.1)
        renaming = alice.member.rename("dave")
        assert renaming is not None
        Deferred.fromCoroutine(of(renaming))
        while self.a.link.log.telling.is_read_back:
            self.halls.clock.advance(0.0001)
        self.halls.memory.names["dave"] = "b.1 9"
        self.halls.run(0.1)
        self.assertEqual([event.nickname for event in self.of(alice, NicknameLost)], ["dave-2"])
        self.assertEqual(self.b.rooms, {"#lobby": ["dave-2"]})
        self.assertEqual(set(self.halls.memory.names), {"dave", "dave-2"})
        self.assert_same()


class RoomTests(HallsCase):
    def test_opened_at_once(self) -> None:
        """Of two who open a room at once on two nodes, all halls agree who was first, and may lock it."""
        alice, bob = self.a.enter("alice"), self.b.enter("bob")
        for number in range(20):
            moves = [(alice, alice.member.move(f"#r{number}")), (bob, bob.member.move(f"#r{number}"))]
            for someone, move in moves if number % 2 else moves[::-1]:
                self.assertIsNone(someone.do(move))
            self.halls.run(0.01)
            self.assert_same()

    def test_look_alikes(self) -> None:
        """Of two rooms that look alike, opened at once, one is; the other is refused."""
        alice, bob = self.a.enter("alice"), self.b.enter("bob")
        moves = [(alice, alice.member.move("#bob")), (bob, bob.member.move("#b0b"))]
        refused = [someone.do(move) for someone, move in moves]
        self.halls.run(0.01)
        self.assertEqual([type(error) for error in refused], [type(None), RoomLooksLike])
        self.assert_same()

    def test_locked(self) -> None:
        """A room is locked in all halls, to those of others; the invited of others get in."""
        alice, bob = self.a.enter("alice"), self.b.enter("bob")
        self.assertIsNone(alice.do(alice.member.move("#den")))
        self.assertIsNone(alice.do(alice.member.turn_lock(True)))
        self.halls.run(0.01)
        self.assertIsInstance(bob.do(bob.member.move("#den")), RoomLocked)
        self.assertIsNone(alice.do(alice.member.invite("bob")))
        self.assertEqual([event.room for event in self.of(bob, Invited)], ["#den"])
        self.assertIsNone(bob.do(bob.member.move("#den")))
        self.assertIsNone(alice.do(alice.member.turn_lock(False)))
        self.halls.run(0.01)
        self.assertEqual([event.locked for event in self.of(bob, LockTurned)], [False])
        self.assert_same()

    def test_raced_by_a_lock(self) -> None:
        """Whoever goes into a room while it is being locked is inside in all halls, or in none."""
        alice, bob = self.a.enter("alice"), self.b.enter("bob")
        self.assertIsNone(alice.do(alice.member.move("#den")))
        self.halls.run(0.01)
        lock, move = alice.member.turn_lock(True), bob.member.move("#den")
        self.assertIsNone(alice.do(lock))
        self.assertIsInstance(bob.do(move), RoomLocked)
        self.halls.run(0.01)
        self.assert_same()


class PrivateTests(HallsCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = self.a.enter("alice"), self.b.enter("bob")
        self.halls.run(0.01)

    def test_whispered(self) -> None:
        """A private line is told at the other's home, and its echo says that it was."""
        self.assertIsNone(self.alice.do(self.alice.member.talk.whisper("bob", "psst")))
        self.assertEqual([event.text for event in self.of(self.bob, Whispered)], ["psst"])
        self.assertEqual([event.text for event in self.of(self.alice, WhisperSent)], ["psst"])
        self.assertIsNone(self.bob.do(self.bob.member.talk.answer("hm?")))
        self.assertEqual([event.text for event in self.of(self.alice, Whispered)], ["hm?"])

    def test_refused(self) -> None:
        """A refusal comes from there instead of the echo, with the line."""
        self.bob.member.ignore("alice")
        error = self.alice.do(self.alice.member.talk.whisper("bob", "psst"))
        self.assertIsInstance(error, NotHeardBy)
        assert error is not None
        self.assertEqual(error.unsent, "psst")
        self.assertEqual(self.of(self.alice, WhisperSent) + self.of(self.bob, Whispered), [])

    def test_away(self) -> None:
        """Who writes to somebody away elsewhere is told so, and why unless they ignore them."""
        self.bob.member.set_away("lunch")
        self.assertIsNone(self.alice.do(self.alice.member.talk.whisper("bob", "psst")))
        self.alice.member.ignore("bob")
        self.assertIsNone(self.alice.do(self.alice.member.talk.whisper("bob", "psst")))
        self.assertEqual([event.why for event in self.of(self.alice, AddresseeAway)], ["lunch", ""])

    def test_nothing_left(self) -> None:
        """A private line is nowhere once it has arrived, and never in the log."""
        self.assertIsNone(self.alice.do(self.alice.member.talk.whisper("bob", "psst")))
        self.halls.run(0.01)
        self.assertEqual([note for box in self.halls.memory.boxes.values() for note in box], [])
        self.assertNotIn("psst", str(self.halls.memory.log))

    def test_not_long_after(self) -> None:
        """A line whose place in the log isn't reached here in time is not shown later: its sender was told so."""
        ahead = f"{int(self.halls.clock.seconds() * 1000) + 5_000}-0"
        note = {"do": ["whisper", "psst"], "n": 1, "from": self.a.link.me.id, "who": 1, "to": 1, "place": ahead}
        self.halls.memory.boxes[self.b.link.me.id] = [Note(self.halls.memory.place(), json.dumps(note))]
        self.halls.run(6)
        self.alice.say("x")
        self.halls.run(0.1)
        self.assertEqual(self.bob.heard, ["alice: x"])
        self.assertEqual(self.of(self.bob, Whispered), [])

    def test_name_not_reached(self) -> None:
        """Who waits for a name is refused if Redis goes away before all that came first is known here."""
        ahead = f"{int(self.halls.clock.seconds() * 1000) + 60_000}-0"
        work = Deferred.fromCoroutine(self.a.link.log.reached(ahead))
        self.halls.run(4)
        self.failureResultOf(work, OutOfReach)

    def test_behind_what_came_first(self) -> None:
        """A private line never overtakes what its sender did before."""
        self.b.shared.way = 0.0005
        self.alice.do(self.alice.member.rename("carol"))
        self.assertIsNone(self.alice.do(self.alice.member.talk.whisper("bob", "psst")))
        self.assertEqual([event.sender for event in self.of(self.bob, Whispered)], ["carol"])

    def test_cut(self) -> None:
        """While the other can't be reached the line is given back, at once or after a while."""
        self.b.shared.is_cut = True
        error = self.alice.do(self.alice.member.talk.whisper("bob", "psst"))
        self.assertIsInstance(error, OthersUnreachable | AddresseeGone)
        assert error is not None
        self.assertEqual(error.unsent, "psst")
        self.b.shared.is_cut = False
        self.halls.run(5)
        self.assertEqual(self.of(self.bob, Whispered), [])

    def test_given_up(self) -> None:
        """A line for somebody whose node is given up before it has read it is given back, and never shown."""
        for seconds in (0.0, 1.0, 1.9):
            self.b.shared.is_cut = True
            self.b.shared.close()
            self.halls.run(seconds)
            error = self.alice.do(self.alice.member.talk.whisper("bob", "psst"))
            assert isinstance(error, OthersUnreachable), (error, seconds)
            self.assertEqual(error.unsent, "psst")
            self.b.shared.is_cut = False
            self.halls.run(5)
        self.assertEqual(self.of(self.bob, Whispered), [])

    def test_gone(self) -> None:
        """So it is with one whose node is none of them any more, which isn't known here yet."""
        self.a.shared.way = 0.3
        self.b.stop()
        self.halls.run(0.1)
        error = self.alice.do(self.alice.member.talk.whisper("bob", "psst"))
        assert isinstance(error, OthersUnreachable), error
        self.assertEqual(error.unsent, "psst")

    def test_taken_back(self) -> None:
        """A line that its sender has just taken back isn't shown, though it was read."""

        async def take_back(to: str, place: str) -> bool:
            return False

        self.patch(self.b.shared, "take_back", take_back)
        error = self.alice.do(self.alice.member.talk.whisper("bob", "psst"))
        self.assertIsInstance(error, OthersUnreachable)
        self.assertEqual(self.of(self.bob, Whispered), [])

    def test_left(self) -> None:
        """Who talks to somebody elsewhere is told when they leave."""
        self.alice.member.talk.choose("bob")
        self.bob.member.leave()
        self.halls.run(0.01)
        self.assertEqual([event.nickname for event in self.of(self.alice, AddresseeLeft)], ["bob"])

    def test_put_out(self) -> None:
        """The administrator of one node puts out, and renames, people of another."""
        bob_at_a = self.a.hall.find("bob")
        self.assertIsNone(self.a.do(self.a.link.send(None, bob_at_a, GiveName("rob"))))
        self.assertEqual(self.bob.member.nickname, "rob")
        self.assertIsNone(self.a.do(self.a.link.send(None, bob_at_a, PutOut(Departure(Cause.KICKED)))))
        self.halls.run(0.01)
        self.assertFalse(self.bob.member.here)
        self.assertEqual(self.a.rooms, {"#lobby": ["alice"]})


class AwayTests(HallsCase):
    """What is shared can't be reached for a while."""

    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob, self.carol = self.a.enter("alice"), self.b.enter("bob"), self.a.enter("carol")
        self.halls.run(0.01)

    def talk(self, seconds: float) -> list[str]:
        """Have alice and bob say a line each 0.1 s; return what they said."""
        said = []
        for number in range(int(seconds * 10)):
            for someone in (self.alice, self.bob):
                said.append(f"{number}")
                someone.say(str(number))
            self.halls.run(0.1)
        return said

    def check(self, lines: int) -> None:
        """Everybody has heard each line once, and those of each speaker in order."""
        for hearer in (self.alice, self.bob, self.carol):
            for speaker in ("alice", "bob"):
                heard = [line.rstrip("*").partition(": ")[2] for line in hearer.heard if line.startswith(speaker)]
                self.assertEqual(heard, [str(number) for number in range(lines)], (hearer.member.nickname, speaker))

    def away(self, lose: bool, seconds: float = 6) -> None:
        self.halls.memory.is_away = True
        for server in (self.a, self.b):
            server.shared.close()
        if lose:
            self.halls.memory.lose_all()
        self.talk_on(seconds)
        self.halls.memory.is_away = False

    def talk_on(self, seconds: float) -> None:
        for _ in range(int(seconds * 10)):
            for someone in (self.alice, self.bob):
                someone.say(str(self.said))
            self.said += 1
            self.halls.run(0.1)

    said = 0

    def test_away_and_back(self) -> None:
        """Those here hear each other at once, the others later; nothing is lost, nothing comes twice."""
        for lose in (False, True):
            self.talk_on(1)
            self.away(lose)
            self.talk_on(3)
            self.halls.run(1)
            self.check(self.said)
            self.assertTrue(any(line.endswith("*") for line in self.carol.heard if line.startswith("bob")))
            self.assertFalse(any(line.endswith("*") for line in self.carol.heard if line.startswith("alice")))
            self.assertEqual(self.of(self.alice, Left) + self.of(self.bob, Left), [])
            self.assert_same()
        self.assertEqual(len(self.of(self.alice, Divided)), 2)
        self.assertEqual(len(self.of(self.alice, Reunited)), 2)

    def test_refused_meanwhile(self) -> None:
        """New names, moves and private lines to others wait, with a clear refusal; those here can whisper."""
        self.halls.memory.is_away = True
        self.halls.run(3)
        self.assertRaises(OthersUnreachable, self.a.enter, "dave")
        self.assertRaises(OthersUnreachable, self.alice.member.move, "#den")
        self.assertIsInstance(self.alice.do(self.alice.member.rename("eve")), OthersUnreachable)
        self.assertIsInstance(self.alice.do(self.alice.member.talk.whisper("bob", "x")), OthersUnreachable)
        self.assertIsNone(self.alice.member.talk.whisper("carol", "x"))
        self.halls.memory.is_away = False
        self.halls.run(3)
        self.a.enter("dave")

    def test_bound(self) -> None:
        """Beyond a bound lines are given back."""
        self.a.link.turns.most_waiting = 10
        self.halls.memory.is_away = True
        self.halls.run(3)
        for _ in range(10):
            self.alice.say("x")
        with self.assertRaises(TooMuchWaits) as raised:
            self.alice.say("y")
        self.assertEqual(raised.exception.unsent, "y")

    def test_bound_of_traits(self) -> None:
        """Who turns something on and off while Redis is away takes no place from what others say."""
        self.a.link.turns.most_waiting = 10
        self.halls.memory.is_away = True
        self.halls.run(3)
        for number in range(20):
            self.alice.member.set_away(str(number))
            self.carol.member.set_quiet(number % 2 == 0)
        self.alice.say("x")
        self.halls.memory.is_away = False
        self.halls.run(3)
        self.assertEqual(self.b.hall.find("alice").away, "19")
        self.assertFalse(self.b.hall.find("carol").quiet)
        self.assertEqual(self.bob.heard, ["alice: x*"])

    def test_moving_when_it_goes_away(self) -> None:
        """Whoever is on the way to a room when Redis goes away can talk on, and is told if they get there after all."""
        for lost_on_the_way in (False, True):
            self.halls.memory.is_away = lost_on_the_way
            move = self.alice.member.move(f"#den{lost_on_the_way}")
            self.halls.clock.advance(0.0004)  # it is on its way, and so not to be stopped
            self.halls.memory.is_away = True
            self.assertIsInstance(self.alice.do(move), OthersUnreachable)
            self.alice.say(f"still here {lost_on_the_way}")
            self.assertIsNone(self.a.link.unsettled(self.alice.member))
            self.halls.memory.is_away = False
            self.halls.run(3)
            self.assertEqual(self.bob.heard, ["alice: still here False*"])  # it was said in the lobby, the other not
            self.assertEqual(self.alice.member.room.name, f"#den{lost_on_the_way}")
            told = [event.room for event in self.of(self.alice, Joined)]
            self.assertEqual(told[-1], f"#den{lost_on_the_way}")
            self.assert_same()

    def lose_unread_by_a(self) -> None:
        """Redis loses all; it is put back by a node that had not read what those at home at the other did last."""
        self.halls.memory.is_away = True
        for server in (self.a, self.b):
            server.shared.close()
        self.halls.memory.lose_all()
        self.halls.run(2)
        self.b.shared.is_cut = True
        self.halls.memory.is_away, self.a.shared.way = False, 0.0005
        self.halls.run(2)
        self.b.shared.is_cut = False
        self.halls.run(5)

    def test_done_again(self) -> None:
        """What somebody did last, and the node that puts all back doesn't know of, is done again in all halls."""
        dave = self.b.enter("dave")
        self.a.shared.way = 0.5
        self.halls.run(1.5)
        self.assertIsNone(self.bob.do(self.bob.member.move("#den")))
        self.assertIsNone(dave.do(dave.member.move("#den")))
        self.assertIsNone(self.bob.do(self.bob.member.turn_lock(True)))
        self.assertIsNone(self.bob.do(self.bob.member.set_remembered(True)))
        self.lose_unread_by_a()
        self.assertEqual(self.b.rooms["#den"], ["bob", "dave"])
        self.assert_same()
        for server in (self.a, self.b):
            self.assertTrue(server.hall.rooms["#den"].locked)

    def test_put_back_by_one_that_dies(self) -> None:
        """If the node that puts all back dies at once, the others go on without it."""
        third = self.halls.start("c")
        self.halls.servers.append(third)
        third.enter("dave")
        self.halls.memory.is_away = True
        for server in self.halls.servers:
            server.shared.close()
        self.halls.memory.lose_all()
        self.halls.run(2)
        self.b.shared.is_cut = third.shared.is_cut = True
        self.halls.memory.is_away = False
        self.halls.run(2)
        self.a.shared.is_cut, self.b.shared.is_cut, third.shared.is_cut = True, False, False
        self.halls.run(12)
        self.assertTrue(self.b.link.log.is_linked and third.link.log.is_linked)
        self.assertEqual(self.b.rooms, {"#lobby": ["bob", "dave"]})
        self.assertEqual(third.rooms, self.b.rooms)

    def test_put_back_by_one_that_was_cut_off(self) -> None:
        """If the node that puts all back was cut off, all know again who has come, or left, at the others meanwhile."""
        third = self.halls.start("c")
        self.halls.servers.append(third)
        eve, frank = third.enter("eve"), third.enter("frank")
        self.halls.run(0.01)
        self.a.shared.is_cut = True
        self.a.shared.close()
        self.halls.run(5)
        dave = self.b.enter("dave")
        frank.member.leave()
        self.assertIsNone(eve.do(eve.member.rename("ellen")))
        dave.do(dave.member.move("#den"))
        dave.do(dave.member.turn_lock(True))
        self.halls.run(12)
        for someone in (self.bob, eve):
            someone.say("it is long ago that dave came and frank left")
        self.halls.run(1)
        self.halls.memory.is_away = True
        for server in (self.b, third):
            server.shared.close()
        self.halls.memory.lose_all()
        self.halls.run(2)
        self.b.shared.is_cut = third.shared.is_cut = True
        self.a.shared.is_cut = self.halls.memory.is_away = False
        self.halls.run(2)
        third.shared.is_cut = False
        self.halls.run(1)
        self.b.shared.is_cut = False
        self.halls.run(5)
        for server in self.halls.servers:
            self.assertEqual(server.rooms, self.b.rooms)
            self.assertEqual(len(server.hall.members), 5)
            self.assertTrue(server.hall.find("dave").here)
        told = {event.room for event in self.of(dave, Joined)}
        self.assertEqual(told, set() if "#den" in self.b.rooms else {"#lobby"})
        self.a.enter("frank")
        self.a.enter("eve")

    def test_heard_where_it_was_said(self) -> None:
        """What somebody says is heard in that room alone, though an old state has them, and the room, otherwise."""
        self.assertIsNone(self.alice.do(self.alice.member.move("#den")))
        self.halls.run(0.1)
        self.a.shared.is_cut = True
        self.a.shared.close()
        self.halls.run(5)
        self.bob.do(self.bob.member.move("#den"))
        self.bob.do(self.bob.member.turn_lock(True))
        self.halls.run(12)
        self.bob.say("a secret")
        self.halls.run(0.1)
        self.halls.memory.is_away = True
        self.b.shared.close()
        self.halls.memory.lose_all()
        self.halls.run(2)
        self.b.shared.is_cut = True
        self.a.shared.is_cut = self.halls.memory.is_away = False
        self.halls.run(2)
        self.b.shared.is_cut = False
        self.halls.run(5)
        self.assertEqual(self.alice.heard, [])
        self.assert_same()

    def test_missed_for_good(self) -> None:
        """Who was cut off, and misses what Redis has lost, is told so."""
        self.b.shared.is_cut = True
        self.b.shared.close()
        self.alice.say("x")
        self.halls.run(12)
        self.carol.say("y")
        self.halls.run(1)
        self.halls.memory.lose_all()
        self.a.shared.close()
        self.a.shared.way = 0.5  # it tells again behind what the other asks
        self.halls.run(2)
        self.b.shared.is_cut = False
        self.halls.run(8)
        self.assertEqual(self.bob.heard, ["carol: y"])
        self.assertEqual(len(self.of(self.bob, SomeLost)), 1)

    def test_broken_off_when_all_was_lost(self) -> None:
        """What was said just before Redis lost all is told again, though the first attempt at that breaks off."""
        self.b.shared.way = 0.3
        self.alice.say("x")
        self.halls.run(0.02)
        self.assertEqual(self.carol.heard, ["alice: x"])
        self.halls.memory.lose_all()
        self.a.shared.close()
        while self.a.link.log.place != START:
            self.halls.clock.advance(0.0005)
        self.a.shared.close()
        self.b.shared.way = 0.0005
        self.halls.run(5)
        self.assertEqual((self.bob.heard, self.carol.heard), (["alice: x"], ["alice: x"]))
        self.assert_same()

    def test_broken_off_before_it_asks(self) -> None:
        """Who doesn't know what the others know by now asks them, though the first attempt to join breaks off."""
        self.b.shared.is_cut = True
        self.b.shared.close()
        self.halls.memory.lose_all()
        self.a.shared.close()
        self.halls.run(1)
        self.b.shared.is_cut = False
        while self.b.link.log.place != START:
            self.halls.clock.advance(0.0005)
        self.b.shared.close()
        self.halls.run(5)
        self.assertTrue(self.halls.memory.log[-1].text.startswith('[["state","b.'))

    def test_said_before_a_node_was_there(self) -> None:
        """What is told again is not heard, nor done, where it was before the node's time."""
        self.bob.do(self.bob.member.move("#den"))
        self.bob.do(self.bob.member.turn_lock(True))
        self.bob.say("a secret")
        self.bob.do(self.bob.member.move("#lobby"))
        self.b.hall.announce("soon", everywhere=True)
        self.halls.run(60)
        third = self.halls.start("c")
        self.halls.servers.append(third)
        dave = third.enter("dave")
        self.away(True)
        self.halls.run(5)
        self.assertEqual([line for line in dave.heard if "secret" in line], [])
        self.assertEqual(self.of(dave, Announced), [])

    def test_fetched_twice_meanwhile(self) -> None:
        """Who has left while Redis is away, and come in elsewhere, is there once, and has left if they leave there."""
        self.b.shared.is_cut = True
        self.b.shared.close()
        self.halls.run(0.5)
        self.bob.member.leave()
        row = [1, "bob", "#lobby", "", 0.0, None, False, True, None]
        facts = [["home", self.b.link.me.id, 1, "bob", row], ["went", 1, "quit", "", None]]
        for number, fact in enumerate((*facts, ["home", self.b.link.me.id, 1, "bob", [2, *row[1:]]]), 1):
            self.halls.memory.add("x.1", number, json.dumps([fact]))
        self.b.shared.is_cut = False
        self.halls.run(2)
        self.assertEqual(self.a.rooms, {"#lobby": ["alice", "carol"]})
        self.assert_same()

    def test_leaving_meanwhile(self) -> None:
        """Who leaves while Redis is away has left everywhere when it is back, and the name is free."""
        self.halls.memory.is_away = True
        self.halls.run(3)
        self.bob.member.leave()
        self.halls.memory.is_away = False
        self.halls.run(3)
        self.assert_same()
        self.a.enter("bob")

    def test_one_cut_off(self) -> None:
        """The people of a node that is cut off leave for the others, and come again; who lost their name is told."""
        self.b.shared.is_cut = True
        self.b.shared.close()
        self.talk_on(5)
        self.assertEqual([event.nicknames for event in self.of(self.alice, Left)], [("bob",)])
        other = self.a.enter("bob")
        self.talk_on(5)
        self.b.shared.is_cut = False
        self.halls.run(3)
        self.talk_on(1)
        self.assertEqual([event.nickname for event in self.of(self.bob, NicknameLost)], ["bob-2"])
        self.assertEqual(self.bob.member.nickname, "bob-2")
        self.assertEqual(sorted(self.a.rooms["#lobby"]), ["alice", "bob", "bob-2", "carol"])
        self.assert_same()
        heard = [line.partition(": ")[2].rstrip("*") for line in self.carol.heard if line.startswith("bob")]
        self.assertEqual(heard, [str(number) for number in range(self.said)])
        self.assertEqual(other.member.nickname, "bob")

    def test_other_name_is_nobodys(self) -> None:
        """Whoever has lost their name is not called as somebody who owns that name."""
        for server in (self.a, self.b):
            server.hall.owners.put(Owner(1, nickname("bob-2"), 0.0, 0.0, 0.0))
        self.b.shared.is_cut = True
        self.b.shared.close()
        self.halls.run(5)
        self.a.enter("bob")
        self.b.shared.is_cut = False
        self.halls.run(3)
        self.assertEqual(self.bob.member.nickname, "bob-3")
        self.assert_same()

    def test_locked_room_of_one_cut_off(self) -> None:
        """A locked room whose people were gone for the others is locked when they are back."""
        self.bob.do(self.bob.member.move("#den"))
        self.bob.do(self.bob.member.turn_lock(True))
        self.b.shared.is_cut = True
        self.b.shared.close()
        self.halls.run(5)
        self.assertNotIn("#den", self.a.rooms)
        self.b.shared.is_cut = False
        self.halls.run(3)
        self.assertIsInstance(self.alice.do(self.alice.member.move("#den")), RoomLocked)
        self.bob.say("a secret")
        self.halls.run(0.1)
        self.assertEqual(self.alice.heard, [])
        self.assert_same()

    def test_room_of_others_meanwhile(self) -> None:
        """If others have opened a room of that name meanwhile, it is as it is there, and whoever comes back is told.
        What was said in the locked one is not for them.
        """
        self.bob.do(self.bob.member.move("#den"))
        self.bob.do(self.bob.member.turn_lock(True))
        self.b.shared.is_cut = True
        self.b.shared.close()
        self.halls.run(5)
        self.assertIsNone(self.alice.do(self.alice.member.move("#den")))
        self.bob.say("a secret")
        self.b.shared.is_cut = False
        self.halls.run(3)
        self.bob.say("who are you?")
        self.halls.run(0.1)
        self.assertEqual(self.alice.heard, ["bob: who are you?"])
        self.assertEqual(self.b.rooms["#den"], ["alice", "bob"])
        self.assertFalse(self.b.hall.rooms["#den"].locked)
        self.assertEqual([event.locked for event in self.of(self.bob, LockTurned)], [True, False])
        self.assertIn(("alice",), [event.nicknames for event in self.of(self.bob, Joined)])
        self.assert_same()
        self.assertIsNone(self.alice.do(self.alice.member.turn_lock(True)))
        self.halls.run(0.1)
        self.assertTrue(self.b.hall.rooms["#den"].locked)

    def test_nonsense(self) -> None:
        """Nonsense in the log is logged and passed over; talk goes on."""
        for text in ("{", "[1]", '[["said"]]', '[["came",[1]]]', '[["state",1,2,3]]', '[{"a":1}]'):
            self.halls.memory.add("x.1", 1, text)
            self.halls.run(1)
            self.halls.memory.gone("x.1")
        self.halls.run(1)
        self.assertGreater(len(self.flushLoggedErrors()), 0)
        self.talk_on(1)
        self.halls.run(0.1)
        self.check(self.said)

    def test_told_in_pieces(self) -> None:
        """What has waited is told in entries of bounded size, in order."""
        self.halls.memory.is_away = True
        for server in (self.a, self.b):
            server.shared.close()
        said = [str(number) for number in range(2 * MOST_TOGETHER + 10)]
        for text in said:
            self.alice.say(text)
        self.halls.memory.is_away = False
        self.halls.run(3)
        self.assertEqual(self.bob.heard, [f"alice: {text}*" for text in said])
        self.assertEqual(max(len(json.loads(entry.text)) for entry in self.halls.memory.log), MOST_TOGETHER)

    def test_restarted_while_the_other_is_slow(self) -> None:
        """A node that gets no answer for a while asks on, and doesn't take an empty hall for what is known."""
        for trouble in ("is_cut", "way"):
            halls = Halls("a", "b")
            a, b = halls.servers
            bob = b.enter("bob")
            halls.run(0.1)
            a.stop()
            halls.run(0.5)
            before = getattr(b.shared, trouble)
            setattr(b.shared, trouble, 0.6 if trouble == "way" else True)
            a = halls.start("a")
            halls.run(1.7)
            setattr(b.shared, trouble, before)
            halls.run(8)
            self.assertEqual(a.rooms, {"#lobby": ["bob"]}, trouble)
            carol = a.enter("carol")
            halls.run(0.2)
            bob.say("hi")
            halls.run(0.2)
            self.assertEqual((carol.heard, bob.heard), (["bob: hi"], ["bob: hi"]))
            halls.stop()

    def cut_off_a(self, seconds: float) -> None:
        self.a.shared.is_cut = True
        self.halls.run(seconds)
        self.a.shared.is_cut = False

    def test_leaving_while_names_are_claimed(self) -> None:
        """Who leaves while their node joins again is gone, and it joins at the first try."""
        people = [self.a.enter(f"p{number}") for number in range(4)]
        self.cut_off_a(1.3)
        claim, joined = self.a.shared.claim, []

        async def leave_and_claim(*asked: Any) -> str:
            joined.append(1)
            if people:
                people.pop().member.leave()
            return await claim(*asked)

        self.patch(self.a.shared, "claim", leave_and_claim)
        self.halls.run(2)
        self.assertLess(len(people), 3)
        self.assertTrue(self.a.link.log.is_linked)
        self.assertLess(len(joined), 10)
        self.assert_same()

    def test_far_from_redis(self) -> None:
        """A node with many people that is far from Redis joins again, though that takes longer than its lease."""
        self.patch(names, "AT_ONCE", 4)
        for number in range(30):
            self.a.enter(f"p{number}")
        self.cut_off_a(5)
        self.a.shared.way = 0.3
        self.halls.run(20)
        self.assertTrue(self.a.link.log.is_linked)
        self.assert_same()

    def cut_off_while_renaming(self) -> list[Any]:
        """alice is about to be zoe when her node is cut off for longer than its lease, and another zoe comes in."""
        append = self.a.shared.append

        async def cut_and_append(*told: Any) -> None:
            self.a.shared.is_cut = self.a.shared.is_cut or "named" in told[2]
            await append(*told)

        self.patch(self.a.shared, "append", cut_and_append)
        renamed = self.alice.member.rename("zoe")
        assert renamed is not None
        ended: list[Any] = []
        Deferred.fromCoroutine(of(renamed)).addBoth(ended.append)
        self.halls.run(5)
        self.patch(self.a.shared, "append", append)
        zoe = self.b.enter("zoe")
        self.halls.run(0.1)
        [failure] = ended
        self.assertIsInstance(failure.value, OthersUnreachable)
        return [zoe]

    def test_name_taken_meanwhile(self) -> None:
        """Who was refused a name doesn't get it later, when somebody else has it."""
        [zoe] = self.cut_off_while_renaming()
        self.a.shared.is_cut = False
        self.halls.run(6)
        self.assertEqual((self.alice.member.nickname, zoe.member.nickname), ("alice", "zoe"))
        self.assert_same()
        self.alice.member.leave()
        self.halls.run(1)
        self.assert_same()
        self.assertEqual(self.halls.memory.names.keys(), {*["bob", "carol", "zoe"]})

    def test_leaving_with_a_name_under_way(self) -> None:
        """Likewise if they leave before their node is back."""
        self.cut_off_while_renaming()
        self.alice.member.leave()
        self.halls.run(1)
        self.a.shared.is_cut = False
        self.halls.run(6)
        self.assertTrue(self.a.link.log.is_linked)
        self.assert_same()

    def test_renamed_twice_at_once(self) -> None:
        """Of two new names that are under way together, the first is free when the second is had."""
        works = [self.alice.member.rename("zoe"), self.alice.member.rename("ann")]
        for work in works:
            assert work is not None
            Deferred.fromCoroutine(of(work))
        self.halls.run(0.5)
        self.assertEqual(self.alice.member.nickname, "ann")
        self.b.enter("zoe")

    def test_nonsense_about_a_node(self) -> None:
        """A node whose sign of life fails, whatever the reason, is one of the nodes again as soon as it doesn't."""
        self.halls.memory.about["x.1"] = {}
        self.halls.run(1)
        self.assertGreater(len(self.flushLoggedErrors()), 0)
        del self.halls.memory.about["x.1"]
        self.halls.run(5)
        self.flushLoggedErrors()
        for server in (self.a, self.b):
            self.assertIn(server.link.me.id, self.halls.memory.leases)
        self.talk_on(1)
        self.halls.run(0.1)
        self.check(self.said)

    def test_nonsense_in_a_note(self) -> None:
        """A note that is nonsense is logged, and parts nobody from the others."""
        closed = []
        self.patch(self.b.shared, "close", lambda: closed.append(1))
        for text in ("{", "[]", "{}", '{"luggage":[]}'):
            self.halls.memory.boxes.setdefault(self.b.link.me.id, []).append(Note(self.halls.memory.place(), text))
        self.assertIsNone(self.alice.do(self.alice.member.talk.whisper("bob", "psst")))
        self.assertEqual(closed, [])
        self.assertEqual(len(self.flushLoggedErrors()), 4)

    def test_node_lost(self) -> None:
        """A node that is no more is told of within 3.5 s, and its names are free."""
        self.b.shared.is_cut = True
        self.b.stop()
        self.halls.run(4.2)
        self.assertEqual(self.a.rooms, {"#lobby": ["alice", "carol"]})
        self.a.enter("bob")

    def test_restarted(self) -> None:
        """A node that is started again at once ends what it was before, and its people get their names."""
        self.b.shared.is_cut = True
        self.b.stop()
        again = self.halls.start("b")
        self.halls.servers.append(again)
        again.enter("bob")
        self.halls.run(0.1)
        self.assertEqual(self.a.rooms, again.rooms)

    def test_started_without_redis(self) -> None:
        """A node that can't reach Redis at first says so once; when it can, it begins, and has lost nothing."""
        halls = Halls()
        self.addCleanup(halls.stop)
        halls.memory.is_away = True
        with capturedLogs() as logged:
            halls.servers.append(halls.start("a"))
            halls.run(5)
            halls.memory.is_away = False
            halls.run(2)
        told = ["Redis gives no answer: no answer", "a is one of the nodes of this hall; others: 0"]
        self.assertEqual([formatEvent(event) for event in logged], told)

    def test_stopped_while_away(self) -> None:
        """The log says how much is lost that was said where nobody else could hear it."""
        self.halls.memory.is_away = True
        self.halls.run(5)
        for text in ("x", "y"):
            self.alice.say(text)
        with capturedLogs() as logged:
            self.a.stop()
        lost = "2 things that were said or done here are lost to the other nodes"
        self.assertEqual([formatEvent(event) for event in logged], [lost])

    def test_told_by_one_who_was_told(self) -> None:
        """A node that asks one that has just started itself misses nothing."""
        halls = Halls("a")
        self.addCleanup(halls.stop)
        alice = halls.servers[0].enter("alice")
        halls.run(0.25)
        halls.servers.append(halls.start("b"))
        halls.servers.append(halls.start("c"))  # b gave its sign of life longer ago than a, and is asked
        self.assertIn('"hello","b.', str(halls.memory.log[-2]))
        alice.say("x")
        halls.run(0.1)
        self.assertEqual([server.lost for server in halls.servers], [0, 0, 0])
        self.assertEqual(halls.servers[2].rooms, {"#lobby": ["alice"]})

    def test_broken_off_while_it_asks(self) -> None:
        """What a node's people do while it waits for the state of the hall is done before it asks another time."""
        halls = Halls("a", "b", "c")
        self.addCleanup(halls.stop)
        a, b, c = halls.servers
        bob, dave = b.enter("bob"), a.enter("dave")
        b.shared.is_cut = True
        dave.say("x")
        halls.run(1.5)
        halls.memory.log.clear()
        b.shared.is_cut = False
        halls.run(1.5)
        c.shared.is_cut = True  # it doesn't answer
        dave.say("y")
        halls.run(0.1)
        self.assertIn('"hello","c.', str(halls.memory.log[-1]))
        bob.member.move("#den")
        bob.member.move("#attic")
        halls.run(0.1)
        b.shared.close()
        c.shared.is_cut = False
        dave.do(dave.member.move("#attic"))
        halls.run(5)
        self.assertEqual(a.rooms["#attic"], ["bob", "dave"])
        for server in halls.servers:
            self.assertEqual(server.rooms, a.rooms)

    def test_asks_again_before_it_has_read_its_question(self) -> None:
        """What a node's people do between two of its questions is in the answer to the second, and isn't done twice."""
        halls = Halls("a", "b", "c")
        self.addCleanup(halls.stop)
        a, b, _ = halls.servers
        dave, bob, carol = a.enter("dave"), b.enter("bob"), b.enter("carol")
        b.shared.is_cut = True
        dave.say("x")
        halls.run(1.5)
        halls.memory.log.clear()
        b.shared.is_cut = False
        halls.run(1.5)
        b.shared.way = 0.5
        bob.say("w")  # the question stands behind it, and is late
        dave.say("y")
        halls.run(1.2)
        for member, room in ((bob, "#den"), (bob, "#attic"), (carol, "#attic")):
            member.member.move(room)
        halls.run(0.4)
        b.shared.way = 0.0005
        halls.run(5)
        told = [fact for entry in halls.memory.log if entry.node == b.link.me.id for fact in json.loads(entry.text)]
        self.assertEqual([fact[0] for fact in told][:6], ["said", "hello", "moved", "moved", "moved", "hello"])
        self.assertEqual(a.rooms["#attic"], ["bob", "carol"])
        for server in halls.servers:
            self.assertEqual(server.rooms, a.rooms)

    def test_third(self) -> None:
        """A node that starts beside others knows all that is, at once, and in the same order."""
        self.bob.do(self.bob.member.move("#den"))
        self.alice.do(self.alice.member.move("#den"))
        self.bob.do(self.bob.member.turn_lock(True))
        third = self.halls.start("c")
        self.halls.servers.append(third)
        self.assertEqual(third.rooms, self.a.rooms)
        self.assertTrue(third.hall.rooms["#den"].locked)
        dave = third.enter("dave")
        self.halls.run(0.01)
        dave.say("hi")
        self.halls.run(0.01)
        self.assertEqual(self.carol.heard, ["dave: hi"])


async def of(work: Awaitable[None]) -> None:
    await work
