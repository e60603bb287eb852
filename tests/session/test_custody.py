"""Tests for chatd.session.custody, and for bans and mutes of people who own their names."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.defer import Deferred

from chatd.core.nickname import nickname
from chatd.core.owners import Owner, SSHKey
from tests.keeping import DAY, SECRET, keep_history, own_names
from tests.session.test_operator import OperatorTestCase


class CustodyTestCase(OperatorTestCase):
    """carol and dave own their names; carol is here, at 10.0.0.3."""

    def setUp(self) -> None:
        super().setUp()
        self.clock.advance(1_000 * DAY)
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        self.owning = own_names(self.server, folder, self.clock)
        self.history = keep_history(self.server, folder, self.clock)
        for session, _ in list(self.people.values()):
            session.type("quit")
        for number, name in enumerate(("alice", "bob"), start=1):
            self.come(name, f"10.0.0.{number}")
        self.carol, self.dave = self.own("carol"), self.own("dave")
        self.come_as_owner("carol")
        self.take(), self.type()

    def own(self, typed: str, password: str | None = SECRET, key: SSHKey | None = None) -> Owner:
        return self.successResultOf(Deferred.fromCoroutine(self.owning.register(nickname(typed), password, key)))

    def come_as_owner(self, name: str) -> None:
        self.come(name, "10.0.0.3")
        self.people[name][0].type(SECRET)
        self.clock.advance(10)


class OwnersTests(CustodyTestCase):
    def test_owners(self) -> None:
        """/owners lists who owns a name, since when, who is here, and by what they come in."""
        self.type("/time UTC")
        self.own("eve", None, SSHKey("SHA256:x", "", 0.0))
        self.successResultOf(Deferred.fromCoroutine(self.owning.reset(self.dave.id)))
        self.assertEqual(
            self.type("/owners"),
            [
                "-- 3 names have owners",
                "-- NAME   SINCE       LAST HERE   KEYS  PASSWORD",
                "-- carol  1972-10-08  now         -     yes",
                "-- dave   1972-10-08  1972-10-08  -     one-time",
                "-- eve    1972-10-08  1972-10-08  1     -",
            ],
        )
        self.assertEqual(self.type("/owners CAROL")[0], "-- 1 name has an owner")
        self.assertEqual(self.type("/owners car0l"), ['!! "car0l" has no owner'])

    def test_nobody(self) -> None:
        """Where nobody owns a name there is no table."""
        for owner in (self.carol, self.dave):
            self.successResultOf(Deferred.fromCoroutine(self.owning.remove(owner.id)))
        self.assertEqual(self.type("/owners"), ["-- 0 names have owners"])

    def test_none_owned(self) -> None:
        """Where names are not owned, that is said."""
        self.server.accounts = None
        for typed in ("/owners", "/reset carol", "/disown carol"):
            self.assertEqual(self.type(typed), ["!! names are not owned here"])

    def test_reset(self) -> None:
        """/reset gives a password by which the owner comes in once; the log doesn't have it."""
        [answer] = self.type("/reset dave")
        self.assertIn("-- dave can come in with this password within 24 hours, and must then choose another: ", answer)
        password = answer.split()[-1]
        self.come("dave", "10.0.0.4")
        self.people["dave"][0].type(password, "battery staple", "battery staple")
        self.assertEqual(self.people["dave"][0].person.nickname, "dave")
        self.assertIn("Operator root gave dave a new password", self.log.getvalue())
        self.assertNotIn(password, self.log.getvalue())

    def test_disown(self) -> None:
        """/disown makes a name anybody's; who is here stays."""
        self.assertEqual(self.type("/disown carol"), ["-- anybody may have carol again"])
        self.assertIsNone(self.people["carol"][0].person.traces.account)
        self.assertIsNone(self.owning.owners.named("carol"))
        self.assertIn("Operator root disowned carol", self.log.getvalue())


class ForgettingTests(CustodyTestCase):
    def kept(self) -> list[str]:
        lines = self.successResultOf(Deferred.fromCoroutine(self.history.last("#lobby", 100)))
        return [line.text for line in lines]

    def test_forget(self) -> None:
        """/forget takes back what somebody said: the lines of a name, of who has it now, and of its owner."""
        self.people["carol"][0].type("a", "/nick cora", "b", "/nick carol")
        self.people["alice"][0].type("c")
        self.people["bob"][0].type("d", "/nick rob", "e")
        self.assertIn("-- 2 lines are forgotten here", self.type("/forget carol")[0])
        self.assertIn("-- 2 lines are forgotten here", self.type("/forget rob")[0])
        self.assertEqual(self.kept(), ["c"])

    def test_duration(self) -> None:
        """With a duration, what they said in that time."""
        self.people["alice"][0].type("a")
        self.clock.advance(3600)
        self.people["alice"][0].type("b")
        self.assertIn("-- 1 line is forgotten here", self.type("/forget alice 15m")[0])
        self.assertEqual(self.kept(), ["a"])
        self.assertIn("is not a duration", self.type("/forget alice soon")[0])

    def test_purge(self) -> None:
        """/purge takes back all that was said in a room, or everywhere."""
        self.people["alice"][0].type("a")
        self.people["bob"][0].type("/join #den", "b")
        self.assertIn("-- 1 line is forgotten here", self.type("/purge #lobby")[0])
        self.assertEqual(self.kept(), [])
        self.people["alice"][0].type("c")
        self.assertIn("-- 2 lines are forgotten here", self.type("/purge all")[0])
        self.assertEqual(self.hall.rooms["#den"].ring.last(), [])
        self.assertIn("!! usage: /purge #room|all", self.type("/purge den")[0])

    def test_nothing_on_disk(self) -> None:
        """Without a disk it is memory alone."""
        self.hall.memory.archive = None
        self.hall.lobby.ring.archived = False
        self.people["alice"][0].type("a")
        self.assertIn("-- 1 line is forgotten here", self.type("/purge all")[0])

    def test_backup(self) -> None:
        """/backup says where the copy is."""
        self.assertEqual(self.type("/backup monday"), ["-- all that is on the disk was copied to /backups/monday"])
        self.assertIn("Operator root made a backup", self.log.getvalue())


class AccountBanTests(CustodyTestCase):
    def test_ban(self) -> None:
        """The ban of an owned name is that of the account, whatever its owner is called."""
        self.people["carol"][0].type("/nick cora")
        self.assertIn("-- carol is banned for good; disconnected: cora", self.type("/ban carol")[0])
        self.assertIn('!! "carol" is banned', self.come("carol", "10.0.0.3"))
        self.type("/unban carol")
        self.come_as_owner("carol")
        self.assertEqual(self.people["carol"][0].person.nickname, "carol")

    def test_ban_by_another_name(self) -> None:
        """So is the ban of the name that an owner has just now."""
        self.people["carol"][0].type("/nick cora")
        self.type("/ban cora")
        self.assertIn('!! "carol" is banned', self.come("carol", "10.0.0.3"))

    def test_mute(self) -> None:
        """A mute follows the account: to another name, out of the door and in again."""
        self.assertIn("-- carol is muted for good", self.type("/mute carol")[0])
        carol, screen = self.people["carol"]
        screen.take()
        self.type("/rename carol cora")
        carol.type("hello", "quit")
        self.assertIn("!! the administrator has muted you for good", "".join(screen.take()))
        self.come_as_owner("carol")
        carol, screen = self.people["carol"]
        screen.take()
        carol.type("hello")
        self.assertIn("!! the administrator has muted you for good", screen.take()[0])
        self.type("/unmute carol")
        self.assertEqual(screen.take(), ["-- you are not muted any more"])
        carol.type("hello")
        self.assertEqual(screen.take(), ["<carol> hello"])

    def test_mute_of_a_look_alike(self) -> None:
        """The mute of a name that only looks like somebody's tells them nothing."""
        self.assertIn("-- car0l is muted for good; nobody of that name is here", self.type("/mute car0l")[0])
