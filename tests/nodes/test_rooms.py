"""Rooms of halls that are one: who is in which, and that no two of one name are taken for one."""

from __future__ import annotations

from collections.abc import Awaitable

from twisted.internet.defer import Deferred

from chatd.core.events import Event, Events, Joined, Said
from chatd.core.refusals import AddresseeUnclear, HallError, OthersUnreachable, RoomLocked
from tests.keeping import SECRET
from tests.nodes.halls import Someone
from tests.nodes.test_accounts import AccountsCase
from tests.nodes.test_lines import TwoAndTwo


class Ear:
    """An operator who listens to a room."""

    nickname = "the operator"
    is_selective = False

    def __init__(self) -> None:
        self.told: list[Event] = []

    def deliver(self, events: Events) -> None:
        self.told.extend(events)

    def hears(self, speaker: object) -> bool:
        return True


class RoomsTests(TwoAndTwo):
    def begin(self, work: Awaitable[None] | None) -> list[HallError | None]:
        """Have something done, and return where its end will stand."""
        ended: list[HallError | None] = []

        async def do() -> None:
            try:
                if work is not None:
                    await work
                ended.append(None)
            except HallError as error:
                ended.append(error)

        Deferred.fromCoroutine(do())
        return ended

    def test_invited_to_another(self) -> None:
        """An invitation opens the room that it is to, and no other of that name."""
        self.go_to_den(self.alice)
        self.alice.do(self.alice.member.invite("bob"))
        self.b.shared.way = 0.3
        self.halls.run(1)
        moving = self.begin(self.bob.member.move("#den"))
        self.alice.do(self.alice.member.move("#lobby"))
        self.go_to_den(self.carol)
        self.halls.run(2)
        self.assertIsInstance(moving[0], RoomLocked)
        self.assertEqual(self.a.rooms["#den"], ["carol"])
        self.assert_same()

    def test_invited_before_it_was_another(self) -> None:
        """Nor does one to a room that others have opened anew while the node of both was cut off."""
        self.go_to_den(self.bob, self.dave)
        frank = self.b.enter("frank")
        self.bob.do(self.bob.member.invite("frank"))
        self.halls.run(0.1)
        self.cut()
        self.go_to_den(self.carol, locked=False)
        self.back()
        self.assertEqual(self.b.rooms["#den"], ["carol", "bob", "dave"])
        self.carol.do(self.carol.member.turn_lock(True))
        self.assertIsInstance(frank.do(frank.member.move("#den")), RoomLocked)
        self.assert_same()

    def test_another_with_somebody_of_before(self) -> None:
        """Somebody whom they knew is in the other room, too, and the log is cut off in between: it is another."""
        self.go_to_den(self.bob, self.dave)
        self.bob.do(self.bob.member.invite("alice"))
        self.go_to_den(self.alice, locked=False)
        self.cut()
        self.alice.do(self.alice.member.move("#lobby"))
        self.go_to_den(self.carol)
        self.carol.do(self.carol.member.invite("alice"))
        self.go_to_den(self.alice, locked=False)
        self.halls.run(125)
        self.back()
        self.carol.say("a secret for alice")
        self.halls.run(0.1)
        self.assertEqual(self.bob.heard, [])
        self.assertEqual(self.a.rooms["#den"], ["carol", "alice"])
        self.assert_same()

    def test_given_up_move(self) -> None:
        """A move that was refused, and is in the log all the same, is told of; a line typed before that is given back,
        and one that was said before comes where it was said.
        """
        for someone in (self.alice, self.bob):
            self.assertIsNone(someone.do(someone.member.move("#attic")))
        self.halls.run(0.1)
        moving = self.begin(self.bob.member.move("#den"))
        while not any("#den" in entry.text for entry in self.halls.memory.log):
            self.halls.clock.advance(0.0001)
        self.b.shared.is_cut = True
        self.b.shared.close()
        self.halls.run(0.5)
        self.assertIsInstance(moving[0], OthersUnreachable)
        self.bob.say("still in the attic")
        typed_at = self.halls.clock.seconds()
        self.back()
        self.assertEqual(self.of(self.bob, Joined)[-1].room, "#den")
        self.assertRaises(AddresseeUnclear, self.bob.member.talk.speak, "for the attic", typed_at)
        self.assertEqual(self.alice.heard, ["bob: still in the attic*"])
        self.assert_same()

    def test_lock_learnt_late(self) -> None:
        """A lock that a node learns of with the state of the hall ends listening there, too."""
        third = self.halls.start("c")
        third.enter("erin")
        self.go_to_den(self.alice, self.bob, locked=False)
        ear = Ear()
        third.hall.listen(ear, third.hall.find_room("#den"))
        self.cut_off(third)
        self.alice.do(self.alice.member.turn_lock(True))
        self.halls.run(130)
        self.back_again(third)
        self.alice.say("a secret")
        self.halls.run(0.1)
        self.assertFalse([event for event in ear.told if isinstance(event, Said)])
        self.assertTrue(third.hall.rooms["#den"].locked)


class LeftEarlyTests(TwoAndTwo):
    """bob has locked his room, and leaves it while his node is out of reach for a moment, and nobody has noticed."""

    def setUp(self) -> None:
        super().setUp()
        self.go_to_den(self.bob)
        self.bob.do(self.bob.member.invite("alice"))
        self.halls.run(0.1)

    def leave(self) -> None:
        self.cut_off(self.b, 0.2)
        self.bob.member.leave()

    def move(self, someone: Someone) -> HallError | None:
        """Have somebody try to go there."""
        return someone.do(someone.member.move("#den"))

    def test_uninvited(self) -> None:
        """Who wasn't let in is not inside anywhere."""
        self.leave()
        self.assertIsInstance(self.move(self.carol), RoomLocked)
        self.back()
        self.assertNotIn("#den", self.b.rooms)
        self.assert_same()

    def test_invited(self) -> None:
        """Who was invited is inside, and the room is locked, everywhere."""
        self.leave()
        self.assertIsNone(self.move(self.alice))
        self.back()
        self.assertIsInstance(self.move(self.dave), RoomLocked)
        self.assertEqual(self.a.locked, self.b.locked)
        self.assert_same()

    def test_redis_away(self) -> None:
        """Likewise if Redis was away for all, and is back for one of them earlier."""
        for server in self.halls.servers:
            server.shared.is_cut = True
            server.shared.close()
        self.halls.run(2)
        self.bob.member.leave()
        self.a.shared.is_cut = False
        while not self.a.link.log.is_linked:
            self.halls.run(0.01)
        self.assertIsInstance(self.move(self.carol), RoomLocked)
        self.back()
        self.assert_same()


class OwnerLeftEarlyTests(AccountsCase):
    """An owner leaves so, and comes in elsewhere in time."""

    def leave(self, *before: str) -> None:
        """Have the owner bob type something, and leave #den."""
        bob, _ = self.register(self.b, "bob")
        for line in ("/join #den", *before):
            self.b.type(bob, line)
        self.alice, _ = self.b.come("alice", "/join #den")
        self.halls.run(0.5)
        self.b.node.shared.is_cut = True
        self.b.node.shared.close()
        self.halls.run(0.1)
        self.b.type(bob, "/quit")
        self.a.come("bob", SECRET)
        self.halls.run(0.5)
        self.b.node.shared.is_cut = False
        self.halls.run(4)

    def assert_same(self) -> None:
        self.assertEqual(self.a.node.rooms, self.b.node.rooms)
        self.assertEqual(self.a.node.locked, self.b.node.locked)

    def test_locked(self) -> None:
        """They are in their locked room, everywhere."""
        self.leave("/lock")
        self.assertEqual(self.a.node.rooms["#den"], ["bob"])
        self.assert_same()

    def test_order(self) -> None:
        """Who has been in their room for longest is the same everywhere, and may lock it."""
        self.leave()
        self.assert_same()
        self.b.type(self.alice, "/lock")
        self.assert_same()
