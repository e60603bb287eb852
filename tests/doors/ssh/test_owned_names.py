"""Tests for chatd.doors.ssh.auth: names that people own, by a key or by a password that is asked for."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.ssh.common import NS, getNS
from twisted.conch.ssh.keys import Key
from twisted.conch.ssh.userauth import MSG_USERAUTH_FAILURE
from twisted.internet.defer import Deferred

from chatd.core.nickname import nickname
from chatd.core.owners import Owner, SSHKey
from chatd.core.refusals import OthersUnreachable
from chatd.core.ssh_keys import fingerprint
from chatd.store.people import GUESSES
from chatd.wire.connection import DONE_WITHIN
from tests.core.turns import ByHand as TurnsByHand
from tests.doors.ssh.client import INFO_REQUEST, INFO_RESPONSE, PK_OK, Client, SSHTestCase, names_in
from tests.keeping import SECRET, own_names
from tests.store.at_once import ByHand

KEY, OTHER = Key(Ed25519PrivateKey.generate()), Key(Ed25519PrivateKey.generate())


class OwnedTestCase(SSHTestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        self.people = own_names(self.entrance.server, folder, self.clock)

    def own(self, name: str, password: str | None = None, key: Key | None = None) -> Owner:
        shown = None if key is None else SSHKey(fingerprint(key.blob()), "ed25519", 0.0)
        return self.successResultOf(Deferred.fromCoroutine(self.people.register(nickname(name), password, shown, "")))

    def asking(self) -> Client:
        client = self.arrive()
        client.ask_service()
        return client

    def ask(self, client: Client, name: str = "alice") -> list[bytes]:
        """Ask for a question; return what is asked."""
        client.ask_auth(name.encode(), b"keyboard-interactive", NS(b"") + NS(b""))
        return client.take(INFO_REQUEST)

    def answer(self, client: Client, *typed: str) -> None:
        client.say(INFO_RESPONSE, struct.pack(">L", len(typed)) + b"".join(NS(one.encode()) for one in typed))

    def methods(self, client: Client) -> list[bytes]:
        return [getNS(failure)[0] for failure in client.take(MSG_USERAUTH_FAILURE)]

    def enter_hall(self, client: Client) -> str:
        """Ask for a shell; return what is shown."""
        client.open()
        self.assertTrue(client.ask(b"shell"))
        return self.said(client)


class KeyTests(OwnedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.own("alice", None, KEY)

    def test_owner(self) -> None:
        """The owner's key lets in, and takes over another connection."""
        first, second = self.asking(), self.asking()
        first.enter_with(KEY, "alice")
        self.assertIn("-- you are alice in #lobby", self.enter_hall(first))
        second.enter_with(KEY, "alice")
        self.assertIn("-- you were here already", self.enter_hall(second))
        self.assertIn("-- goodbye, alice", self.said(first))
        self.assertEqual(names_in(self.hall), ["alice"])

    def test_right_one_of_many(self) -> None:
        """A client that offers all its keys is told which one is right, under names that look like it as well."""
        client = self.asking()
        for key, name, good in ((OTHER, b"alice", False), (OTHER, b"a1ice", False), (KEY, b"a1ice", True)):
            client.ask_auth(name, b"publickey", b"\0" + NS(b"ssh-ed25519") + NS(key.blob()))
            self.assertEqual(bool(client.take(PK_OK)), good)
            self.assertEqual(self.methods(client), [] if good else [b"publickey"])
        client.enter_with(OTHER, "alice")
        self.assertFalse(client.is_in)

    def test_no_password(self) -> None:
        """Where there is no password, nobody is asked."""
        client = self.asking()
        self.assertEqual(self.ask(client), [])
        self.assertEqual(self.methods(client), [b"publickey"])

    def test_other_names(self) -> None:
        """The key is somebody's, whatever name they come with: /nick makes them that."""
        client = self.asking()
        client.enter_with(KEY, "tom")
        self.assertIn("-- you are tom", self.enter_hall(client))
        client.type(b"/nick alice\n")
        self.assertIn("-- your nickname is now alice", self.said(client))

    def test_command(self) -> None:
        """A command takes nobody's place: what asks is answered, and the rest refused."""
        first = self.asking()
        first.enter_with(KEY, "alice")
        self.enter_hall(first)
        for command, out, error, status in (
            (b"/ls", "1 person is in #lobby: alice\n", "", 0),
            (b"/me waves", "", '"alice" is taken', 1),
        ):
            second = self.asking()
            second.enter_with(KEY, "alice")
            second.open()
            self.assertTrue(second.ask(b"exec", NS(command)))
            self.pass_time(second)
            self.assertEqual((self.said(second), second.status()), (out, status))
            self.assertEqual(second.errors()[: len(error) or 1], error)
        self.assertEqual(self.said(first), "")

    def test_letters_behind_a_command(self) -> None:
        """A command shows no letters, and so they wait."""
        self.shell("bob").type(b"@alice lunch?\n")
        for command, shows in ((b"/ls", False), (b"json", True)):
            client = self.asking()
            client.enter_with(KEY, "alice")
            client.open()
            self.assertTrue(client.ask(b"exec", NS(command)))
            self.assertEqual("lunch?" in self.said(client), shows)
            client.close()
            self.clock.pump([2, 0.1, 2])

    def test_colours(self) -> None:
        """What a terminal can show is its own affair: who comes again with nc is sent nothing but text."""
        first = self.asking()
        first.enter_with(KEY, "alice")
        first.open()
        self.assertTrue(first.ask(b"pty-req", NS(b"xterm-256color") + struct.pack(">4L", 80, 24, 0, 0) + NS(b"")))
        self.assertTrue(first.ask(b"shell"))
        self.assertIn("\x1b[", self.said(first))
        second = self.asking()
        second.enter_with(KEY, "alice")
        seen = self.enter_hall(second)
        self.assertIn("-- you were here already", seen)
        self.assertNotIn("\x1b", seen)

    def test_full(self) -> None:
        """A full hall has a place for owners, who may be there already."""
        first = self.asking()
        first.enter_with(KEY, "alice")
        self.enter_hall(first)
        self.hall.capacity = 1
        second = self.asking()
        second.enter_with(KEY, "alice")
        self.assertIn("-- you were here already", self.enter_hall(second))
        third = self.arrive(host="10.0.0.2")
        third.enter("tom")
        self.assertIn("!! ", self.enter_hall(third))


class PasswordTests(OwnedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.own("alice", SECRET, KEY)

    def test_password(self) -> None:
        """Who has none of the keys is asked for the password, which the client doesn't show."""
        client = self.asking()
        [asked] = self.ask(client)
        self.assertEqual(asked, NS(b"") * 3 + struct.pack(">L", 1) + NS(b"Password of alice: ") + b"\0")
        self.answer(client, SECRET)
        self.assertTrue(client.is_in)
        self.assertIn("-- you are alice in #lobby", self.enter_hall(client))
        self.assertIsNotNone(self.hall.holders.of(self.alice.id))

    def test_wrong(self) -> None:
        """A wrong one can be given again; three end the connection, and are logged without what was typed."""
        client = self.asking()
        for _ in range(2):
            self.ask(client)
            self.answer(client, "battery staple")
            self.assertEqual(self.methods(client), [b"publickey,keyboard-interactive"])
        self.ask(client)
        self.answer(client, "battery staple")
        self.assertIn("3 wrong passwords", client.farewell)
        self.assertFalse(client.is_in)

    def test_no_answer(self) -> None:
        """An empty answer, none or more than one are no password, and none that counts."""
        client = self.asking()
        for typed in ((), ("",), (" ",), (SECRET, SECRET)):
            self.ask(client)
            self.answer(client, *typed)
            self.assertEqual(self.methods(client), [b"publickey,keyboard-interactive"])
        self.ask(client)
        client.say(INFO_RESPONSE, struct.pack(">L", 1) + NS(b"\xff\xfe"))
        self.assertEqual(len(self.methods(client)), 1)
        self.ask(client)
        self.answer(client, SECRET)
        self.assertTrue(client.is_in)

    def test_too_many_guesses(self) -> None:
        """Whoever has guessed too often is told so, and is not asked any more."""
        for _ in range(GUESSES):
            wrong = Deferred.fromCoroutine(self.people.check(self.alice.id, "battery staple", "10.0.0.1"))
            self.assertFalse(self.successResultOf(wrong))
        client = self.asking()
        self.ask(client)
        self.answer(client, SECRET)
        self.assertIn("wrong passwords came from your address", client.farewell)
        self.assertFalse(client.is_in)

    def test_other_names(self) -> None:
        """Under any other name, nobody is asked."""
        client = self.asking()
        [asked] = self.ask(client, "tom")
        self.assertEqual(asked[-4:], bytes(4))
        [asked] = self.ask(client, "alice")
        self.answer(client)  # to the one before
        self.assertFalse(client.is_in)


class OneTimeTests(OwnedTestCase):
    """An owner who comes with the administrator's password, and has to choose another."""

    def setUp(self) -> None:
        super().setUp()
        alice = self.own("alice", SECRET)
        given = self.successResultOf(Deferred.fromCoroutine(self.people.reset(alice.id)))
        self.client = self.asking()
        self.ask(self.client)
        self.answer(self.client, given)

    def test_without_a_terminal(self) -> None:
        """It is chosen on lines as well."""
        self.assertIn(
            "-- that was a one-time password from the administrator; choose your own", self.enter_hall(self.client)
        )
        self.client.type(b"battery staple\nbattery staple\n")
        self.assertIn("-- you are alice in #lobby", self.said(self.client))

    def test_command(self) -> None:
        """A command is not done, and is no password; the script is told why."""
        self.client.open()
        self.assertTrue(self.client.ask(b"exec", NS(b"/ls")))
        self.pass_time(self.client)
        self.assertEqual(self.client.status(), 1)
        self.assertEqual(
            self.client.errors(), "that was a one-time password; come without a command first, to choose your own\n"
        )
        self.assertEqual(names_in(self.hall), [])


class RefusedTests(OwnedTestCase):
    """An owner who has given their password, and can't come in now."""

    def setUp(self) -> None:
        super().setUp()
        self.own("alice", SECRET)
        self.client = self.asking()
        self.ask(self.client)
        self.answer(self.client, SECRET)
        self.hall.relay = self.relay = TurnsByHand()
        self.client.open()

    def test_terminal(self) -> None:
        """At a terminal they are asked for it again, unseen."""
        client = self.client
        self.assertTrue(client.ask(b"pty-req", NS(b"dumb") + struct.pack(">4L", 80, 24, 0, 0) + NS(b"")))
        self.assertTrue(client.ask(b"shell"))
        self.said(client)
        self.relay.go_on(OthersUnreachable())
        seen = self.said(client)
        self.assertIn("-- give the password again in a moment; an empty line gives none", seen)
        self.assertIn("Password of alice: ", seen)
        client.type(SECRET.encode())
        self.assertNotIn(SECRET, self.said(client))
        client.type(b"\r")
        self.relay.go_on()
        self.assertIn("-- you are alice in #lobby", self.said(client))

    def test_too_late(self) -> None:
        """So they are if it takes too long."""
        self.assertTrue(self.client.ask(b"pty-req", NS(b"dumb") + struct.pack(">4L", 80, 24, 0, 0) + NS(b"")))
        self.assertTrue(self.client.ask(b"shell"))
        self.clock.advance(DONE_WITHIN)
        self.assertIn("Password of alice: ", self.said(self.client))

    def test_lines(self) -> None:
        """Without one the connection ends, for the client asks them the next time; a command isn't done."""
        self.assertTrue(self.client.ask(b"shell"))
        self.relay.go_on(OthersUnreachable())
        self.assertIn("can't be asked just now", self.said(self.client))
        self.assertEqual(self.client.status(), 1)

    def test_command(self) -> None:
        """A command is not done either."""
        self.assertTrue(self.client.ask(b"exec", NS(b"/me waves")))
        self.relay.go_on(OthersUnreachable())
        self.pass_time(self.client)
        self.assertEqual((self.said(self.client), self.client.status()), ("", 1))
        self.assertIn("can't be asked just now", self.client.errors())


class SlowTests(OwnedTestCase):
    """Passwords that are looked at when a test says so."""

    def setUp(self) -> None:
        super().setUp()
        self.own("alice", SECRET)
        hashing: Any = self.people._passwords
        self.worker = hashing._worker = ByHand()
        self.client = self.asking()
        self.ask(self.client)
        self.answer(self.client, SECRET)

    def test_meanwhile(self) -> None:
        """Until it was looked at nothing is answered, and a second answer is none."""
        self.answer(self.client, SECRET)
        self.assertEqual(len(self.worker.waiting), 1)
        self.assertFalse(self.client.is_in)
        self.worker.work()
        self.client.meet()
        self.assertTrue(self.client.is_in)

    def test_abandoned(self) -> None:
        """Who asks for something else meanwhile hears nothing of it, and is not let in by it."""
        self.client.ask_auth(b"bob", b"none")
        self.assertEqual(len(self.methods(self.client)), 1)
        self.worker.work()
        self.client.meet()
        self.assertEqual(self.methods(self.client), [])
        self.assertFalse(self.client.is_in)

    def test_gone(self) -> None:
        """Nor is who has gone."""
        self.client.wire.loseConnection()
        self.worker.work()
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_too_late(self) -> None:
        """It takes no longer than anything else may."""
        self.clock.advance(DONE_WITHIN)
        self.client.meet()
        self.assertEqual(len(self.methods(self.client)), 1)
        self.assertFalse(self.client.is_in)


class NoGuestsTests(OwnedTestCase):
    guests = False

    def test_password(self) -> None:
        """Where guests are not wanted, owners may still come by their passwords."""
        self.own("alice", SECRET)
        client = self.asking()
        self.assertEqual(self.ask(client, "tom"), [])
        self.ask(client)
        self.answer(client, SECRET)
        self.assertTrue(client.is_in)
