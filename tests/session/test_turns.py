"""Tests for sessions in a hall that is one with others: what waits for its turn, and what has changed by then."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from twisted.internet.defer import Deferred

from chatd.core.bans import Ban
from chatd.core.events import Cause, Departure
from chatd.core.nickname import nickname
from chatd.core.owners import SSHKey
from chatd.core.refusals import NicknameTaken, OthersUnreachable
from chatd.core.relay import BanSet, Tell
from chatd.session.identity import Identity
from chatd.session.inputs import Command, Ended, Line
from chatd.session.moderation import take_ban
from chatd.session.operator_commands import an_operator
from chatd.session.outputs import Asked, Prompt
from tests.core.turns import ByHand, come_elsewhere
from tests.keeping import SECRET, keep_history
from tests.session.test_operator import NotedDaemon
from tests.session.test_secrets import AGAIN, ASKED, OwningTestCase, full
from tests.session.test_session import Screen, TalkTestCase, Typing

QUIT = Departure(Cause.QUIT)
TAKEN = NicknameTaken("alice", "alice", 120)


class EnteringTests(TalkTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.relay = ByHand()
        self.hall.relay = self.relay
        self.session, self.screen = self.connect()
        self.screen.take()
        self.session.type("alice")

    def test_granted(self) -> None:
        """Somebody is in once their name is granted."""
        self.assertIsNone(self.session.member)
        self.relay.go_on()
        self.assertEqual(self.session.person.nickname, "alice")

    def test_refused(self) -> None:
        """If it is somebody's elsewhere, that is said."""
        self.relay.go_on(NicknameTaken("alice", "alice", 120))
        self.assertIn('!! "alice" is taken', self.screen.take()[0])

    def test_refused_too_late(self) -> None:
        """Whoever has gone by then is told nothing behind the goodbye."""
        self.session.close(QUIT)
        self.screen.take()
        self.relay.go_on(NicknameTaken("alice", "alice", 120))
        self.assertEqual(self.screen.take(), [])

    def test_granted_too_late(self) -> None:
        """Whoever has gone by then leaves the name free."""
        self.session.close(QUIT)
        self.relay.go_on()
        self.assertEqual(self.relay.released, [nickname("alice").keys])


class OwnerTests(OwningTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner = self.own("alice")
        self.bob, self.at_bob = self.enter("bob")
        self.at_bob.take()
        self.relay = ByHand()
        self.hall.relay = self.relay

    def test_granted(self) -> None:
        """An owner is in once the name is granted."""
        alice, _ = self.come("alice", SECRET)
        self.relay.go_on()
        self.assertIs(self.hall.holders.of(self.owner.id), alice.member)

    def test_refused(self) -> None:
        """An owner whose name can't be had now is asked for the password again, and it is no nickname."""
        alice, screen = self.come("alice")
        for refusal, told in ((OthersUnreachable(), "can't be asked just now"), (TAKEN, '"alice" is taken')):
            screen.take()
            alice.type(SECRET)
            self.relay.go_on(refusal)
            shown = screen.take()
            self.assertIn(told, shown[0])
            self.assertEqual(shown[1:], [AGAIN, ASKED])
        alice.type(SECRET)
        self.relay.go_on()
        self.assertIs(self.hall.holders.of(self.owner.id), alice.member)
        self.assertNotIn(SECRET, "".join(self.at_bob.take()))

    def test_asked_meanwhile(self) -> None:
        """While the name is asked for the prompt is that for the password still."""
        alice, _ = self.come("alice", SECRET)
        self.assertEqual(alice.asked, Prompt(Asked.PASSWORD, "alice"))

    def test_another_name(self) -> None:
        """Whoever was refused so takes another name behind an empty line."""
        alice, screen = self.come("alice", SECRET)
        self.relay.go_on(OthersUnreachable())
        screen.take()
        alice.type("")
        self.assertEqual(screen.take(), ["-- no password; choose another nickname", "Nickname: "])
        alice.type("carol")
        self.relay.go_on()
        self.assertEqual(alice.person.nickname, "carol")

    def test_banned(self) -> None:
        """An owner whose name is banned meanwhile is asked for another; a password typed ahead is none."""
        alice, screen = self.come("alice")
        self.hall.bans.add(Ban("name", "alice", None, "", self.owner.id))
        alice.type(SECRET)
        self.assertEqual(screen.take()[-1], "Nickname: ")
        alice.give(Line(SECRET, self.clock.seconds()))
        self.assertEqual((self.relay.waiting, screen.take()), ([], ["Nickname: "]))

    def test_chosen(self) -> None:
        """An owner who has chosen a password is asked for that one, if the name can't be had now."""
        given = self.successResultOf(Deferred.fromCoroutine(self.people.reset(self.owner.id)))
        alice, screen = self.come("alice", given, "battery staple", "battery staple")
        self.relay.go_on(OthersUnreachable())
        self.assertEqual(screen.take()[-2:], [AGAIN, ASKED])
        alice.type("battery staple")
        self.relay.go_on()
        self.assertIs(self.hall.holders.of(self.owner.id), alice.member)

    def test_not_stored(self) -> None:
        """A password that can't be stored now is to be chosen again."""
        given = self.successResultOf(Deferred.fromCoroutine(self.people.reset(self.owner.id)))
        alice, screen = self.come("alice", given, "battery staple")
        with full(self.people):
            alice.type("battery staple")
        self.assertEqual(screen.take()[-2:], [AGAIN, "New password: "])
        alice.type("battery staple")
        self.assertEqual(screen.take(), ["Again: "])
        alice.type("battery staple")
        self.relay.go_on()
        self.assertIs(self.hall.holders.of(self.owner.id), alice.member)

    def test_known(self) -> None:
        """Who gave the password before the session began is asked for it too; who came with a key never had one."""
        self.own("dave", None, SSHKey("SHA256:x", "", 0.0))
        for name, identity, asked in (
            ("alice", Identity(account=self.owner.id), [AGAIN, ASKED]),
            ("dave", Identity("SHA256:x"), ["Nickname: "]),
        ):
            session, screen = self.connect()
            screen.take()
            session.identity = identity
            session.type(name)
            self.relay.go_on(OthersUnreachable())
            self.assertEqual(screen.take()[1:], asked)

    def test_nick_refused(self) -> None:
        """A member who can't become an owner now is asked for the password again, and it is not said."""
        carol, heard = self.connect()
        carol.type("carol")
        self.relay.go_on()
        heard.take()
        self.bob.type("/nick alice", SECRET)
        self.relay.go_on(OthersUnreachable())
        self.assertEqual(self.at_bob.take()[-2:], [AGAIN, ASKED])
        self.bob.type(SECRET)
        self.relay.go_on()
        self.relay.go_on()
        self.assertIs(self.hall.holders.of(self.owner.id), self.bob.member)
        self.bob.type("hello")
        self.assertEqual(heard.take()[-1], "<alice> hello")

    def test_nick_chosen(self) -> None:
        """So is one who had to choose another password for that: for the one that they have chosen."""
        given = self.successResultOf(Deferred.fromCoroutine(self.people.reset(self.owner.id)))
        self.bob.type("/nick alice", given, "battery staple", "battery staple")
        self.relay.go_on(OthersUnreachable())
        self.assertEqual(self.at_bob.take()[-2:], [AGAIN, ASKED])
        self.bob.type("battery staple")
        self.relay.go_on()
        self.relay.go_on()
        self.assertIs(self.hall.holders.of(self.owner.id), self.bob.member)

    def test_gone_meanwhile(self) -> None:
        """An owner who has gone by then has the name no longer."""
        alice, _ = self.come("alice", SECRET)
        alice.close(QUIT)
        self.relay.go_on()
        self.assertEqual(self.relay.released, [self.owner.name.keys])
        self.assertIsNone(self.hall.holders.of(self.owner.id))

    def test_in_already(self) -> None:
        """An owner who has come in by another connection meanwhile is taken over, and claims nothing."""
        first, at_first = self.come("alice", SECRET)
        second, _ = self.come("alice", SECRET)
        self.relay.go_on()
        member = first.member
        self.relay.go_on()
        self.assertIs(second.member, member)
        self.assertTrue(at_first.closed)
        self.assertEqual(self.relay.released, [self.owner.name.keys])

    def test_nick(self) -> None:
        """A member becomes an owner in their turn."""
        self.bob.type("/nick alice", SECRET)
        self.relay.go_on()
        self.relay.go_on()
        self.assertIs(self.hall.holders.of(self.owner.id), self.bob.member)
        self.assertEqual(self.at_bob.take()[-1], "-- your nickname is now alice")

    def test_nick_too_late(self) -> None:
        """One who has left by then is nobody's owner, and is told nothing."""
        self.bob.type("/nick alice", SECRET)
        self.relay.go_on()
        self.bob.close(QUIT)
        self.at_bob.take()
        self.clock.advance(10)
        self.relay.waiting.pop(0)[0].callback(None)
        self.assertIsNone(self.hall.holders.of(self.owner.id))
        self.assertLess(self.owner_of("alice").seen, self.clock.seconds())
        self.assertEqual(self.at_bob.take(), [])


class RoomTests(TalkTestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        keep_history(self.server, folder, self.clock)
        self.alice, self.screen = self.enter("alice")
        self.alice.type("/join #den", "/remember on")
        self.room = self.alice.person.room
        self.screen.take()
        self.relay = ByHand()
        self.hall.relay = self.relay

    def test_behind_what_came_first(self) -> None:
        """What is typed behind something that waits for its turn waits with it, and then for its own."""
        self.relay.is_unsettled = True
        self.alice.type("/leave")
        self.relay.go_on()
        self.relay.go_on()
        self.assertIs(self.alice.person.room, self.hall.lobby)

    def test_lock_refused(self) -> None:
        """A room that can't be locked is kept as before."""
        self.alice.type("/lock")
        self.relay.go_on(OthersUnreachable())
        self.assertIn("can't be asked just now", self.screen.take()[0])
        self.assertEqual((self.room.locked, self.room.ring.archived), (False, True))

    def test_remember(self) -> None:
        """Whether a room is kept changes in its turn."""
        self.alice.type("/remember off")
        self.assertTrue(self.room.ring.archived)
        self.relay.go_on()
        self.assertFalse(self.room.ring.archived)

    def test_refused_too_late(self) -> None:
        """Nobody is refused anything behind their goodbye."""
        self.alice.type("/leave")
        self.alice.close(QUIT)
        self.screen.take()
        self.relay.go_on(OthersUnreachable())
        self.assertEqual(self.screen.take(), [])

    def test_one_goodbye(self) -> None:
        """Who is put out behind the end of their input is told one goodbye."""
        self.relay.is_unsettled = True
        self.alice.give(Ended())
        self.assertEqual(self.screen.take(), [])
        self.alice.person.dismiss(Departure(Cause.KICKED))
        self.assertEqual(self.screen.take(), ["!! you were disconnected by the administrator"])
        self.relay.go_on()
        self.assertEqual(self.screen.take(), [])

    def test_lines_behind_lines(self) -> None:
        """Lines for the room don't wait for each other's turns; whatever else is typed waits for theirs."""
        self.relay.is_unsettled = self.relay.only_lines = True
        self.assertIsNone(self.alice.receive(Line("hello")))
        self.assertEqual(self.screen.take(), ["<alice> hello"])
        for typed in ("@bob psst", "/away", "／away", " /ls", "\x1b[1m/ls"):
            self.assertIsNotNone(self.alice.receive(Line(typed)), typed)
        self.assertEqual(self.screen.take(), [])
        self.relay.only_lines = False
        self.assertIsNotNone(self.alice.receive(Line("hello")))
        self.assertIsNotNone(self.alice.receive(Command("say", {"text": "hello"})))

    def test_goodbye(self) -> None:
        """Who ends their input is told goodbye once what they did has had its turn."""
        self.relay.is_unsettled = True
        self.alice.give(Ended())
        self.relay.go_on()
        self.assertIn("goodbye", "".join(self.screen.take()))

    def test_arrived_too_late(self) -> None:
        """Nobody is greeted in a room behind their goodbye."""
        self.alice.type("/leave")
        self.alice.close(QUIT)
        self.screen.take()
        self.relay.waiting.pop(0)[0].callback(None)
        self.assertEqual(self.screen.take(), [])


class OperatorTests(TalkTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, _ = self.enter("alice")
        self.relay = ByHand()
        self.hall.relay = self.relay
        self.zoe = come_elsewhere(self.hall, "zoe")
        self.screen = Screen()
        first = partial(an_operator, daemon=NotedDaemon())
        self.operator = Typing(self.server, self.screen, "-", None, first, user="root")

    def test_tell(self) -> None:
        """Somebody elsewhere is told something there, and the operator once they were."""
        self.operator.type("/tell zoe psst")
        self.assertEqual((self.relay.sent, self.screen.take()), ([Tell("psst")], []))
        self.relay.go_on()
        self.assertEqual(self.screen.take(), ["-- zoe was told"])

    def test_rename(self) -> None:
        """Somebody here gets another name in its turn."""
        self.operator.type("/rename alice carol")
        self.relay.go_on()
        self.assertEqual(self.screen.take(), [])
        self.relay.go_on()
        self.assertEqual(self.screen.take(), ["-- alice is now called carol"])

    def test_ban(self) -> None:
        """A ban is for people of other daemons, too; they are put out there."""
        take_ban(self.server, BanSet(Ban("name", "zoe", None, "spam")))
        self.assertTrue(self.zoe.here)
