"""What those say who are out of reach for the others, and in whose sight it comes to when they are back."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from chatd.core.events import Joined, Left
from chatd.core.memory import Memory
from chatd.core.nickname import nickname
from chatd.core.owners import Owner
from chatd.session.outputs import Of
from chatd.session.replays import replay_of
from tests.nodes.halls import Server, Someone
from tests.nodes.test_link import HallsCase

BOB, ALICE = Owner(1, nickname("bob"), 0.0, 0.0, 0.0), Owner(2, nickname("alice"), 0.0, 0.0, 0.0)


class TwoAndTwo(HallsCase):
    """alice and carol at one node, bob and dave at the other."""

    def setUp(self) -> None:
        super().setUp()
        for server in self.halls.servers:
            server.hall.remember(Memory(10))
        self.alice, self.carol = self.a.enter("alice"), self.a.enter("carol")
        self.bob, self.dave = self.b.enter("bob"), self.b.enter("dave")
        self.halls.run(0.1)

    def cut_off(self, server: Server, seconds: float = 5) -> None:
        """Cut a node off, by default for long enough for the others to see its people leave."""
        server.shared.is_cut = True
        server.shared.close()
        self.halls.run(seconds)

    def cut(self) -> None:
        self.cut_off(self.b)

    def back_again(self, server: Server) -> None:
        server.shared.is_cut = False
        self.halls.run(3)

    def back(self) -> None:
        self.back_again(self.b)

    def go_to_den(self, *people: Someone, locked: bool = True) -> None:
        for someone in people:
            self.assertIsNone(someone.do(someone.member.move("#den")))
        if locked:
            self.assertIsNone(people[0].do(people[0].member.turn_lock(True)))
        self.halls.run(0.1)

    def own(self, server: Server, someone: Someone, owner: Owner) -> None:
        server.hall.holders.give(someone.member, owner)
        self.halls.run(0.1)


class CutOffTests(TwoAndTwo):
    def test_left_meanwhile(self) -> None:
        """Who has left before what they said is told is heard all the same, and isn't there again for that."""
        self.cut()
        self.bob.say("x")
        self.bob.say("y")
        self.bob.member.leave()
        self.back()
        self.assertEqual(self.alice.heard, ["bob: x*", "bob: y*"])
        self.assertEqual(self.dave.heard, ["bob: x", "bob: y"])
        gone = [name for event in self.of(self.alice, Left) for name in event.nicknames]
        come = [name for event in self.of(self.alice, Joined) for name in event.nicknames]
        self.assertEqual((gone, come), (["bob", "dave"], ["carol", "bob", "dave", "dave"]))
        self.assert_same()
        self.a.enter("bob")

    def test_broken_off_joining(self) -> None:
        """What was under way when the node was cut off comes, though its first attempt to join again breaks off."""
        self.bob.say("x")
        self.cut()
        self.b.shared.way = 0.3
        self.b.shared.is_cut = False
        while self.b.link.me.id not in self.halls.memory.leases:
            self.halls.clock.advance(0.01)
        self.halls.clock.advance(0.4)
        self.b.shared.close()
        self.b.shared.way = 0.0005
        self.halls.run(5)
        self.assertEqual(self.alice.heard, ["bob: x*"])
        self.assert_same()

    def test_given_up_before_all_was_lost(self) -> None:
        """A node that was given up, and puts back what Redis has lost, tells again what it told lately."""
        third = self.halls.start("c")
        erin = third.enter("erin")
        self.halls.run(1)
        self.cut_off(third, 0)
        self.bob.say("x")
        self.halls.run(0.1)
        self.cut()
        self.a.shared.way = self.b.shared.way = 0.3
        self.b.shared.is_cut = False
        while self.b.link.me.id not in self.halls.memory.leases:
            self.halls.clock.advance(0.01)
        self.halls.clock.advance(0.4)
        self.cut_off(self.a, 0)
        self.halls.memory.lose_all()
        self.b.shared.close()
        self.a.shared.way = self.b.shared.way = 0.0005
        self.halls.run(1)
        self.back_again(self.a)
        self.back_again(third)
        self.assertEqual(self.alice.heard, ["bob: x"])
        self.assertEqual(erin.heard, ["bob: x"])

    def test_cut_off_from_what_it_has_told(self) -> None:
        """What was in the log, and is there no more when the node can read it back, doesn't come twice."""
        self.bob.say("x")
        while "said" not in self.halls.memory.log[-1].text:
            self.halls.clock.advance(0.0001)
        self.cut()
        self.bob.say("y")
        self.halls.run(130)
        self.back()
        self.assertEqual(self.alice.heard, ["bob: x", "bob: y*"])
        self.assertEqual(self.dave.heard, ["bob: x", "bob: y"])

    def test_name_of_another_by_now(self) -> None:
        """Who has left isn't taken for somebody who has come under their name since."""
        self.cut()
        self.bob.say("x")
        self.bob.member.leave()
        self.a.enter("Bob").say("hello")
        self.back()
        self.assertEqual(self.alice.heard, ["Bob: hello", "bob-2: x*"])
        self.assert_same()

    def test_owner_came_in_elsewhere(self) -> None:
        """An owner who has come in elsewhere since is nobody else."""
        for server in self.halls.servers:
            server.hall.owners.put(BOB)
        self.own(self.b, self.bob, BOB)
        self.bob.member.set_traced(False)
        self.cut()
        self.bob.say("x")
        self.bob.member.leave()
        self.a.do(self.a.hall.claim("bob", BOB.id))
        again = self.a.hall.enter("bob", lambda events: None, account=BOB.id)
        self.back()
        self.assertEqual(self.alice.heard, ["bob: x*"])
        self.assertEqual(self.a.hall.lobby.ring.last(), [])
        self.assertTrue(again.traces.remembered)
        self.assert_same()

    def test_name_owned_by_now(self) -> None:
        """Nor is anybody taken for the owner of a name."""
        self.cut()
        self.bob.say("x")
        self.bob.member.leave()
        for server in self.halls.servers:
            server.hall.owners.put(BOB)
        self.back()
        self.assertEqual(self.alice.heard, ["bob-2: x*"])

    def test_ignored(self) -> None:
        """Who is ignored stays so for whoever ignored them, in both directions, and also if they have left."""
        self.alice.member.ignore("bob")
        self.alice.member.ignore("dave")
        self.dave.member.ignore("carol")
        self.cut()
        self.bob.say("x")
        self.bob.member.leave()
        self.dave.say("y")
        self.back()
        self.dave.say("z")
        self.carol.say("hello")
        self.halls.run(0.1)
        self.assertEqual(self.alice.heard, ["carol: hello"])
        self.assertEqual(self.carol.heard, ["bob: x*", "dave: y*", "dave: z", "carol: hello"])
        self.assertNotIn("carol: hello", self.dave.heard)
        self.assertEqual([one.nickname for one in self.alice.member.ignoring], ["dave"])

    def test_ignored_no_more(self) -> None:
        """Who was ignored before one cut, and isn't any more, is heard after the next."""
        self.alice.member.ignore("bob")
        self.cut()
        self.back()
        self.alice.member.unignore("bob")
        self.cut()
        self.back()
        self.bob.say("x")
        self.halls.run(0.1)
        self.assertEqual(self.alice.heard, ["bob: x"])

    def test_taken_back_meanwhile(self) -> None:
        """Between owners it is as they have it by now."""
        for server in self.halls.servers:
            server.hall.owners.put(BOB)
            server.hall.owners.put(ALICE)
        self.own(self.b, self.bob, BOB)
        self.own(self.a, self.alice, ALICE)
        self.alice.member.ignore("bob")
        self.cut()
        self.bob.say("x")
        self.back()
        self.bob.say("y")
        self.halls.run(0.1)
        self.assertEqual(self.alice.heard, ["bob: x*", "bob: y"])

    def test_ignored_in_history(self) -> None:
        """Late lines of somebody who is ignored are left out of what was said, too."""
        self.alice.member.ignore("bob")
        self.alice.member.ignore("dave")
        self.cut()
        self.bob.say("x")
        self.bob.member.leave()
        self.dave.say("y")
        self.back()
        kept = self.a.hall.lobby.ring.last()
        self.assertEqual([line.text for line in kept], ["x", "y"])
        self.assertEqual(replay_of(kept, Of.LAST, self.a.hall, self.alice.member).events, ())

    def test_ignored_by_nobody_here(self) -> None:
        """Whoever ignored them has left, too."""
        self.alice.member.ignore("dave")
        self.cut()
        self.alice.member.leave()
        self.back()
        self.assertEqual(self.a.hall.find("dave").ignored_by, frozenset())

    def test_ignored_by_owner(self) -> None:
        """An owner whom another owner ignores is not heard by them, though they came only when the other had left."""
        for server in self.halls.servers:
            server.hall.owners.put(BOB)
            server.hall.owners.put(ALICE)
            server.hall.owners.set_ignored(ALICE.id, [BOB.id])
        self.own(self.b, self.bob, BOB)
        self.cut()
        self.bob.say("x")
        self.bob.member.leave()
        self.own(self.a, self.alice, ALICE)
        self.back()
        self.assertEqual(self.alice.heard, [])
        self.assertEqual(self.carol.heard, ["bob: x*"])
        self.assertEqual([kept.owner for kept in self.a.hall.lobby.ring.last()], [BOB.id])

    def test_not_remembered(self) -> None:
        """What is said by somebody who doesn't want it remembered isn't, though they have left, or do so by now."""
        self.bob.member.set_traced(False)
        self.dave.member.set_traced(False)
        self.cut()
        self.bob.say("x")
        self.bob.member.leave()
        self.dave.say("z")
        self.dave.member.set_traced(True)
        self.back()
        self.assertEqual(self.alice.heard, ["bob: x*", "dave: z*"])
        self.dave.say("y")
        self.halls.run(0.1)
        self.assertEqual([kept.text for kept in self.a.hall.lobby.ring.last()], ["y"])

    def test_said_in_private(self) -> None:
        """What was said in a locked room is for those alone who were inside, and is remembered nowhere."""
        for leaves in (True, False):
            bob = self.bob if leaves else self.dave
            self.go_to_den(self.alice, locked=False)
            self.go_to_den(bob, locked=False)
            self.alice.do(self.alice.member.turn_lock(True))
            self.halls.run(0.1)
            frank, eve = self.a.enter("frank"), self.a.enter("eve")
            for someone in (frank, eve):
                self.alice.do(self.alice.member.invite(someone.member.nickname))
                self.go_to_den(someone, locked=False)
            frank.member.ignore(bob.member.nickname)
            eve.member.set_quiet(True)
            self.cut()
            bob.say("a secret")
            if leaves:
                bob.member.leave()
            self.assertIsNone(self.alice.do(self.alice.member.turn_lock(False)))
            self.go_to_den(self.carol, locked=False)
            self.back()
            self.assertEqual(self.alice.heard[-1], f"{bob.member.nickname}: a secret*")
            self.assertEqual(self.carol.heard + frank.heard + eve.heard, [])
            frank.member.leave()
            eve.member.leave()
            self.assertEqual(self.a.hall.rooms["#den"].ring.last(), [])
            self.carol.do(self.carol.member.move("#lobby"))
            self.alice.do(self.alice.member.move("#lobby"))
        self.assert_same()

    def test_other_room_of_that_name(self) -> None:
        """If others have locked a room of that name meanwhile, whoever comes back is in the lobby, and told so."""
        self.go_to_den(self.bob, self.dave)
        self.cut()
        self.go_to_den(self.carol)
        self.bob.say("a secret")
        self.back()
        self.bob.say("where are we?")
        self.carol.say("a secret of mine")
        self.halls.run(0.1)
        self.assertEqual(self.carol.heard, ["carol: a secret of mine"])
        self.assertEqual(self.bob.heard, ["bob: a secret", "bob: where are we?"])
        self.assertEqual(self.alice.heard, ["bob: where are we?"])
        self.assertEqual([event.room for event in self.of(self.bob, Joined)][-1], "#lobby")
        self.assertEqual(self.a.rooms["#den"], ["carol"])
        self.assert_same()

    def test_other_room_while_theirs_is_open(self) -> None:
        """Likewise if theirs is open; what they said there isn't said in the other, also if they have left."""
        self.go_to_den(self.bob, self.dave, locked=False)
        self.cut()
        self.go_to_den(self.carol)
        self.bob.say("x")
        self.dave.say("y")
        self.dave.member.leave()
        self.back()
        self.assertEqual(self.carol.heard, [])
        self.assertEqual(self.a.rooms["#den"], ["carol"])
        self.assert_same()

    def test_locked_since(self) -> None:
        """Who was in an open room that somebody inside has locked since is there again, and heard by them."""
        self.go_to_den(self.alice, self.bob, locked=False)
        self.cut()
        self.bob.say("x")
        self.alice.do(self.alice.member.turn_lock(True))
        self.halls.run(130)
        self.back()
        self.assertEqual(self.alice.heard, ["bob: x*"])
        self.assertEqual(self.a.rooms["#den"], ["alice", "bob"])
        self.assert_same()

    def test_frozen(self) -> None:
        """A node that doesn't know yet that the others have given it up: what is said there in a locked room isn't said
        in another of that name, nor in the lobby.
        """
        erin = self.b.enter("erin")
        for locked in (False, True):
            self.go_to_den(self.bob, self.dave)
            self.b.shared.way = 0.02
            self.halls.run(1)
            self.halls.memory.gone(self.b.link.me.id)
            self.begin_den(locked)
            secrets = 0
            for _ in range(400):
                if self.bob.member.room.name == "#den" and self.bob.member.room.locked:
                    self.bob.say("a secret")
                    secrets += 1
                self.halls.clock.advance(0.0005)
            self.b.shared.way = 0.0005
            self.halls.run(3)
            self.assertGreater(secrets, 20)
            self.assertEqual(self.carol.heard + self.alice.heard + erin.heard, [])
            self.assert_same()
            for someone in (self.carol, self.bob, self.dave):
                if someone.member.room.name == "#den":
                    someone.do(someone.member.move("#lobby"))

    def begin_den(self, locked: bool) -> None:
        async def go() -> None:
            moved = self.carol.member.move("#den")
            assert moved is not None
            await moved
            turned = self.carol.member.turn_lock(True) if locked else None
            if turned is not None:
                await turned

        Deferred.fromCoroutine(go())

    def test_room_of_many(self) -> None:
        """Lines that wait have in common who is inside."""
        self.go_to_den(self.bob, self.dave)
        self.cut()
        self.bob.say("x")
        self.dave.say("y")
        waiting = [told.fact[-1][-1] for told in self.b.link.log.telling.waiting() if told.fact[0] == "said"]
        self.assertIs(*waiting)

    def test_same_room(self) -> None:
        """In a locked room in which somebody has stayed they are again."""
        self.go_to_den(self.alice, locked=False)
        self.go_to_den(self.bob, locked=False)
        self.alice.do(self.alice.member.turn_lock(True))
        self.halls.run(0.1)
        self.cut()
        self.bob.say("a secret")
        self.back()
        self.assertEqual(self.alice.heard, ["bob: a secret*"])
        self.assertEqual(self.a.rooms["#den"], ["alice", "bob"])
        self.assert_same()
