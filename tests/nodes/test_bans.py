"""Bans and mutes in halls that are one: whatever crosses on its way, all of them hold the same in the end."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from dataclasses import replace

from twisted.internet.defer import Deferred

from chatd.core.bans import Ban
from chatd.core.nickname import nickname
from chatd.core.refusals import Muted, NicknameBanned, NotMuted
from chatd.core.relay import BanSet
from tests.nodes.halls import Halls, Server, Someone
from tests.nodes.test_link import HallsCase

ONE, TWO, EVE = Ban("mute", "bob", None, "one"), Ban("mute", "bob", None, "two"), Ban("name", "eve", None, "spam")


class BansCase(HallsCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = self.a.enter("alice"), self.b.enter("bob")
        self.halls.run(0.1)

    def make(self, server: Server, ban: Ban) -> None:
        server.hall.set_ban(BanSet(ban))

    def lift(self, server: Server, ban: Ban) -> None:
        server.hall.set_ban(BanSet(ban, lifted=True))

    def found(self, server: Server) -> list[Ban]:
        return server.hall.bans.in_force(self.halls.clock.seconds())

    def assert_all_have(self, *bans: Ban) -> None:
        for server in self.halls.servers:
            self.assertEqual(self.found(server), list(bans), server.name)

    def part(self, server: Server) -> None:
        """It can't reach the others, for too short a time to be given up by them."""
        server.shared.is_cut = True
        server.shared.close()
        self.halls.run(1.2)
        self.assertFalse(server.link.log.is_linked)

    def rejoin(self, server: Server) -> None:
        server.shared.is_cut = False
        self.halls.run(3)
        self.assertTrue(server.link.log.is_linked)

    def ask_to_be(self, someone: Someone, name: str, by_operator: bool = False) -> list[object]:
        """Somebody wants another name: it is claimed, and the turn in which they have it stands in the log, unread."""
        someone.server.shared.way = 0.1
        self.halls.run(1)
        ended: list[object] = []
        hall = someone.server.hall
        renaming = hall.rename(someone.member, name) if by_operator else someone.member.rename(name)
        assert renaming is not None
        Deferred.fromCoroutine(of(renaming)).addBoth(ended.append)
        before = self.halls.memory.last
        while f',"{name}",' not in self.halls.memory.log[-1].text or self.halls.memory.last == before:
            self.halls.clock.advance(0.0002)
        return ended


class OrderTests(BansCase):
    def test_at_once(self) -> None:
        """A mute is in force where it was made before anybody else knows of it, and everywhere soon."""
        self.make(self.b, ONE)
        self.assertRaises(Muted, self.bob.say, "x")
        self.assertEqual(self.found(self.a), [])
        self.halls.run(0.1)
        self.assert_all_have(ONE)
        self.assertEqual((self.a.bans_heard, self.b.bans_heard), ([BanSet(ONE)], []))

    def test_not_here(self) -> None:
        """So is one of a name that nobody has."""
        mute = replace(ONE, target="dave")
        self.make(self.b, mute)
        self.halls.run(0.1)
        self.assert_all_have(mute)
        self.assertRaises(Muted, self.a.enter("dave").say, "x")

    def test_lifted(self) -> None:
        """A mute that is lifted on another node is lifted everywhere; there is none to lift again."""
        self.make(self.a, ONE)
        self.halls.run(0.1)
        self.lift(self.b, ONE)
        self.assertRaises(NotMuted, self.lift, self.b, ONE)
        self.halls.run(0.1)
        self.assert_all_have()
        self.assertEqual(self.a.bans_heard[-1], BanSet(ONE, lifted=True))

    def test_two_mutes(self) -> None:
        """Of two mutes of one name at once the later one holds everywhere, whoever made it where."""
        for first, second in ((self.a, self.b), (self.b, self.a)):
            self.make(first, ONE)
            self.halls.clock.advance(0.0001)
            self.make(second, TWO)
            self.halls.run(1)
            self.assert_all_have(TWO)

    def test_overtaken(self) -> None:
        """Nobody is told of a mute that another here has taken the place of already."""
        self.make(self.a, ONE)
        self.halls.clock.advance(0.0001)
        self.make(self.b, TWO)
        self.halls.run(1)
        self.assertEqual((self.a.bans_heard, self.b.bans_heard), ([BanSet(TWO)], []))

    def test_mute_and_lift(self) -> None:
        """Of a mute, and a lift of the one before, at once, the later one holds."""
        self.make(self.a, ONE)
        self.halls.run(1)
        self.make(self.a, TWO)
        self.halls.clock.advance(0.0001)
        self.lift(self.b, ONE)
        self.halls.run(1)
        self.assert_all_have()

    def test_made_while_parted(self) -> None:
        """Likewise if they were made where the others were out of reach: they come behind what was told meanwhile."""
        self.part(self.b)
        self.make(self.b, TWO)
        self.make(self.b, EVE)
        self.make(self.a, ONE)
        self.assertEqual(self.found(self.b), [TWO, EVE])
        self.rejoin(self.b)
        self.assert_all_have(TWO, EVE)

    def test_lifted_while_parted(self) -> None:
        """A mute that was lifted there, and that had gone on to another name by then, stays with its person."""
        self.make(self.a, ONE)
        self.halls.run(0.1)
        self.part(self.a)
        self.lift(self.a, ONE)
        self.assertIsNone(self.bob.do(self.b.hall.rename(self.bob.member, "rob")))
        self.rejoin(self.a)
        self.assertEqual(self.found(self.a), self.found(self.b))

    def test_told_to_a_third(self) -> None:
        """What isn't told yet is no part of what another is told of this hall."""
        self.b.shared.way = 0.3
        self.halls.run(1)
        self.make(self.b, TWO)
        self.assertEqual(self.b.link.state()["bans"], [])
        self.halls.servers.append(self.halls.start("c"))
        self.make(self.a, ONE)
        self.halls.run(3)
        self.assert_all_have(TWO)

    def test_renamed_meanwhile(self) -> None:
        """A mute that is made while its person is taking another name stays with them, and so does its lift."""
        self.ask_to_be(self.bob, "rob")
        self.make(self.a, ONE)
        self.halls.run(2)
        self.assert_all_have(replace(ONE, target="rob"))
        self.assertRaises(Muted, self.bob.say, "x")
        renaming = self.b.hall.rename(self.bob.member, "bob")
        self.assertIsNone(self.bob.do(renaming))
        self.halls.run(1)
        self.ask_to_be(self.bob, "rob", by_operator=True)
        self.lift(self.a, ONE)
        self.halls.run(2)
        self.assert_all_have()

    def test_renamed_into(self) -> None:
        """Who takes a name just before it is banned is put out all the same, also where it was banned."""
        ended = self.ask_to_be(self.alice, "eve")
        self.make(self.a, EVE)
        self.halls.run(1)
        self.assertEqual((ended, self.a.rooms["#lobby"]), ([None], ["bob", "eve"]))
        self.assertEqual((self.a.bans_heard, self.b.bans_heard), ([BanSet(EVE)], [BanSet(EVE)]))
        with self.assertRaises(NicknameBanned):
            self.b.enter("eve")


class MissedTests(BansCase):
    def test_missed(self) -> None:
        """What was made and lifted while a node was away for longer than the log is kept is heard of there, too."""
        self.make(self.a, ONE)
        self.halls.run(1)
        self.b.bans_heard.clear()
        self.b.shared.is_cut = True
        self.b.shared.close()
        self.halls.run(1)
        self.make(self.a, EVE)
        self.lift(self.a, ONE)
        self.halls.run(130)
        self.assertEqual((self.found(self.b), self.b.bans_heard), ([ONE], []))
        self.rejoin(self.b)
        self.assertEqual(self.b.bans_heard, [BanSet(ONE, lifted=True), BanSet(EVE)])
        self.assert_all_have(EVE)


class KeptTests(BansCase):
    """A daemon that joins has bans of its own, from a file."""

    def join(self, name: str, *kept: Ban) -> Server:
        server = Server(self.halls, name)
        for ban in kept:
            server.hall.bans.add(ban)
        self.halls.servers.append(server)
        self.halls.run(1)
        return server

    def test_was_alone(self) -> None:
        """Its bans hold for all, but those of what the others have banned otherwise; they are heard of."""
        self.make(self.a, ONE)
        third = self.join("c", TWO, EVE)
        self.assert_all_have(ONE, EVE)
        self.assertEqual(self.a.bans_heard, [BanSet(EVE)])
        self.assertEqual(third.bans_heard, [BanSet(ONE)])

    def test_older_file_first(self) -> None:
        """One that has missed a ban may be the first that comes."""
        halls = Halls()
        self.addCleanup(halls.stop)
        self.halls = halls
        self.join("b", ONE)
        self.join("a", ONE, EVE)
        self.assert_all_have(ONE, EVE)

    def test_nothing_new(self) -> None:
        """It tells nothing that the others know."""
        self.make(self.a, ONE)
        self.halls.run(1)
        self.join("c", ONE)
        self.assertNotIn("bans kept", str(self.halls.memory.log))

    def test_lifted_meanwhile(self) -> None:
        """What was lifted while it was down stays so, and is a ban again if it was made anew."""
        now = self.halls.clock.seconds()
        for ban in (replace(ONE, since=now), replace(EVE, since=now)):
            self.make(self.a, ban)
        self.halls.run(1)
        self.lift(self.a, ONE)
        self.lift(self.b, EVE)
        self.halls.run(1)
        third = self.join("c", replace(ONE, since=now), replace(EVE, since=now))
        self.assert_all_have()
        third.stop()
        self.halls.servers.remove(third)
        self.halls.run(1)
        anew = replace(EVE, since=self.halls.clock.seconds())
        self.join("c", anew)
        self.assert_all_have(anew)

    def test_shortened_meanwhile(self) -> None:
        """A mute that gave way to a shorter one, which is over, doesn't come back."""
        now = self.halls.clock.seconds()
        mute = replace(ONE, since=now)
        self.make(self.a, mute)
        self.make(self.b, replace(mute, until=now + 2, since=now + 1))
        self.halls.run(3)
        self.join("c", mute)
        self.assert_all_have()

    def test_moved_meanwhile(self) -> None:
        """A mute that is another name's by now isn't told as that of the old one."""
        mute = replace(ONE, since=self.halls.clock.seconds())
        self.make(self.a, mute)
        self.assertIsNone(self.bob.do(self.b.hall.rename(self.bob.member, "rob")))
        self.join("c", mute)
        self.assert_all_have(replace(mute, target="rob"))

    def test_all_lost(self) -> None:
        """If Redis loses all, and a new node comes before the others are back, they bring their bans along."""
        self.make(self.a, ONE)
        self.halls.run(1)
        for server in self.halls.servers:
            server.shared.is_cut = True
            server.shared.close()
        self.halls.memory.lose_all()
        self.join("c", EVE)
        for server in self.halls.servers:
            server.shared.is_cut = False
        self.halls.run(5)
        self.assertEqual([set(self.found(server)) for server in self.halls.servers], [{ONE, EVE}] * 3)

    def test_in_state(self) -> None:
        """What is changed already in the state that was taken over isn't changed again, behind what came later."""
        self.make(self.a, ONE)
        self.halls.run(1)
        self.lift(self.a, ONE)
        self.halls.run(1)
        told = [fact for entry in self.halls.memory.log for fact in json.loads(entry.text) if fact[0] == "banned"]
        self.b.link.heard(self.a.link.me.id, told[0], True, True)
        self.assert_all_have()


class BannedNameTests(BansCase):
    def rename(self, name: str) -> Deferred[None]:
        """bob wants a name that is banned on the other node in the same moment."""
        self.b.shared.way = 0.1
        self.halls.run(1)
        renaming = self.bob.member.rename(name)
        assert renaming is not None
        return Deferred.fromCoroutine(of(renaming))

    def test_banned_first(self) -> None:
        """If the ban comes first the name is refused in all halls, and who asked for it is called as before."""
        renaming = self.rename("eve")
        self.make(self.a, EVE)
        self.halls.run(2)
        self.assertEqual(self.failureResultOf(renaming).value.why, "spam")
        self.assertEqual(self.a.rooms, {"#lobby": ["alice", "bob"]})
        self.assert_same()
        self.assertEqual(set(self.halls.memory.names), nickname("alice").keys | nickname("bob").keys)
        self.lift(self.a, EVE)
        self.halls.run(1)
        self.a.enter("eve")

    def test_ended_meanwhile(self) -> None:
        """A ban that had ended when the name was asked for counts in no hall, though the clock of one be slow."""
        self.make(self.a, replace(EVE, until=self.halls.clock.seconds() + 1))
        self.a.hall.now = lambda: self.halls.clock.seconds() - 30
        self.halls.run(1)
        renaming = self.rename("eve")
        self.halls.run(2)
        self.successResultOf(renaming)
        self.assertEqual(self.a.rooms, {"#lobby": ["alice", "eve"]})
        self.assert_same()


class LostNameTests(BansCase):
    """bob is cut off for so long that somebody else is called bob when he is back."""

    def cut(self, comes: bool = True) -> None:
        self.b.shared.is_cut = True
        self.b.shared.close()
        self.halls.run(5)
        if comes:
            self.other = self.a.enter("bob")

    def test_stays_muted(self) -> None:
        """Who is muted and loses their name stays muted, in all halls, and the other isn't."""
        self.make(self.a, ONE)
        self.halls.run(0.1)
        self.cut()
        self.assertRaises(Muted, self.other.say, "x")
        self.rejoin(self.b)
        self.assertEqual(self.bob.member.nickname, "bob-2")
        self.assertRaises(Muted, self.bob.say, "spam")
        self.other.say("hi")
        self.assert_all_have(replace(ONE, target="bob-2"))

    def test_taken_by_renaming(self) -> None:
        """So it is if somebody who was there has taken their name."""
        self.make(self.a, ONE)
        self.halls.run(0.1)
        self.cut(comes=False)
        self.assertIsNone(self.alice.do(self.alice.member.rename("bob")))
        self.rejoin(self.b)
        self.assertRaises(Muted, self.bob.say, "spam")
        self.assert_all_have(replace(ONE, target="bob-2"))

    def test_muted_since(self) -> None:
        """A mute that was made of the other stays with the other."""
        self.make(self.a, ONE)
        self.halls.run(0.1)
        self.cut()
        self.make(self.a, TWO)
        self.rejoin(self.b)
        self.bob.say("hi")
        self.assertRaises(Muted, self.other.say, "spam")
        self.assert_all_have(TWO)

    def test_muted_while_cut_off(self) -> None:
        """Who was muted while their node was cut off, and loses their name then, stays muted."""
        self.b.shared.is_cut = True
        self.b.shared.close()
        self.halls.run(2)
        self.make(self.b, ONE)
        self.cut()
        self.rejoin(self.b)
        self.assertRaises(Muted, self.bob.say, "spam")
        self.assert_all_have(replace(ONE, target="bob-2"))


async def of(work: Awaitable[None]) -> None:
    await work
