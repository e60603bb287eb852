"""Tests for chatd.session.keyring and chatd.session.identity: names that SSH keys open, over an in-memory terminal."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from chatd.core.member import Member
from chatd.core.owners import Owner, SSHKey
from chatd.session.identity import Identity
from tests.keeping import DAY, SECRET
from tests.session.test_secrets import OwningTestCase
from tests.session.test_session import Screen, Typing

KEY, OTHER = SSHKey("SHA256:abcd", "ed25519", 0.0), SSHKey("SHA256:abef", "alice@laptop", 0.0)
LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl bob@tablet"
PASTED = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
YOURS = "-- alice is yours: your SSH key opens it; /keys lists keys, /password adds one for other ways in"
WITH_KEY = Identity("SHA256:abcd", "ed25519")


class KeyTestCase(OwningTestCase):
    def come_with(self, identity: Identity, *typed: str, brief: bool = False) -> tuple[Typing, Screen]:
        """Let somebody connect who has proven something, and type; return what they see behind the welcome."""
        session, screen = self.connect()
        session.identity, session.brief = identity, brief
        screen.take()
        session.type(*typed)
        return session, screen

    def owner(self, name: str = "alice") -> Owner:
        owner = self.people.owners.named(name)
        assert owner is not None
        return owner

    def here(self, session: Typing) -> Member:
        assert session.member is not None
        return session.member


class RegisteringTests(KeyTestCase):
    def test_register(self) -> None:
        """Who came with a key is asked for no password: the key opens the name."""
        alice, screen = self.come_with(WITH_KEY, "alice", "/register")
        self.assertEqual(screen.take()[-1], YOURS)
        [key] = self.owner().ssh_keys
        self.assertEqual(key, SSHKey("SHA256:abcd", "ed25519", self.clock.seconds()))
        self.assertFalse(self.owner().has_password)
        self.assertEqual(self.here(alice).traces.account, self.owner().id)
        self.assertIn("alice registered the name", self.log.getvalue())

    def test_key_of_another(self) -> None:
        """A key opens one name."""
        self.own("bob", None, KEY)
        _, screen = self.come_with(WITH_KEY, "alice", "/register")
        self.assertEqual(screen.take()[-1], "!! that key is bob's already; a key opens one name")
        self.assertIsNone(self.people.owners.named("alice"))

    def test_password_added(self) -> None:
        """A password can be added for other ways in; the key is proof enough to change it."""
        _, screen = self.come_with(WITH_KEY, "alice", "/register", "/password", SECRET, SECRET)
        self.assertEqual(screen.take()[-3:], ["New password: ", "Again: ", "-- alice has a password now, too"])
        _, screen = self.come("alice", SECRET)
        self.assertIn("-- you were here already: your other connection is closed", screen.take())
        _, screen = self.come_with(WITH_KEY, "alice", "/password", "battery staple", "battery staple")
        self.assertEqual(screen.take()[-1], "-- alice has a new password")


class ComingTests(KeyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.own("alice", None, KEY)

    def test_at_once(self) -> None:
        """Who comes with the key is the owner at once."""
        alice, screen = self.come_with(WITH_KEY, "alice")
        self.assertEqual(screen.take()[0], "-- you are alice in #lobby; 1 person is here: alice")
        self.assertEqual(self.here(alice).traces.account, self.owner().id)
        self.assertEqual(self.owner().seen, self.clock.seconds())

    def test_look_alike(self) -> None:
        """So they are under a name that looks like theirs."""
        alice, _ = self.come_with(WITH_KEY, "a1ice")
        self.assertEqual(self.here(alice).nickname, "alice")

    def test_taken_over(self) -> None:
        """They take over a connection that was lost, or not."""
        _, first_screen = self.come_with(WITH_KEY, "alice")
        second, screen = self.come_with(WITH_KEY, "alice")
        self.assertIn("-- you were here already: your other connection is closed", screen.take())
        self.assertEqual(first_screen.take()[-1], "-- goodbye, alice")
        self.assertEqual([member.nickname for member in self.hall.members], ["alice"])
        self.assertIs(self.hall.holders.of(self.owner().id), second.member)

    def test_brief(self) -> None:
        """Somebody with a single command takes nobody's place."""
        first, first_screen = self.come_with(WITH_KEY, "alice")
        _, screen = self.come_with(WITH_KEY, "alice", brief=True)
        self.assertTrue(screen.take()[0].startswith("!! "))
        self.assertFalse(first_screen.closed)
        self.assertIs(self.hall.holders.of(self.owner().id), first.member)

    def test_other_key(self) -> None:
        """With another key, or with none, it takes the password; where there is none, another way in."""
        refused = "!! alice has no password, only an SSH key; come with ssh, or choose another nickname"
        for identity in (Identity("SHA256:else", "rsa"), Identity(), Identity(account=12)):
            _, screen = self.come_with(identity, "alice")
            self.assertEqual(screen.take()[0], refused)
        self.own("bob", SECRET, OTHER)
        _, screen = self.come_with(WITH_KEY, "bob")
        self.assertEqual(screen.take(), ["Password of bob: "])

    def test_account(self) -> None:
        """Who has given the password already isn't asked again."""
        self.own("bob", SECRET)
        bob, _ = self.come_with(Identity(account=self.owner("bob").id), "bob")
        self.assertEqual(self.here(bob).traces.account, self.owner("bob").id)

    def test_one_time_password(self) -> None:
        """The administrator's password is changed at once by who comes with it, and is nothing to who has the key."""
        self.successResultOf(Deferred.fromCoroutine(self.people.reset(self.owner().id)))
        alice, _ = self.come_with(WITH_KEY, "alice")
        self.assertEqual(self.here(alice).nickname, "alice")
        _, screen = self.come_with(Identity(account=self.owner().id), "alice")
        self.assertEqual(screen.take()[-1], "New password: ")

    def test_nick(self) -> None:
        """Who came under another name takes theirs without a password."""
        alice, screen = self.come_with(WITH_KEY, "tom", "/nick alice")
        self.assertIn("-- your nickname is now alice", screen.take())
        self.assertEqual(self.here(alice).traces.account, self.owner().id)

    def test_full(self) -> None:
        """A full hall lets an owner take over."""
        self.come_with(WITH_KEY, "alice")
        self.hall.capacity = 1
        second, _ = self.come_with(WITH_KEY, "alice")
        self.assertEqual(self.here(second).nickname, "alice")

    def test_unregister(self) -> None:
        """The key is proof enough to give the name up."""
        _, screen = self.come_with(WITH_KEY, "alice", "/unregister")
        self.assertEqual(screen.take()[-1], "-- anybody may have alice again")
        self.assertIsNone(self.people.owners.owner_of_key("SHA256:abcd"))


class KeysTests(KeyTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.own("alice", None, SSHKey("SHA256:abcd", "ed25519", 400 * DAY))
        self.alice, self.screen = self.come_with(WITH_KEY, "alice")
        self.screen.take()

    def told(self, *typed: str) -> list[str]:
        self.alice.type(*typed)
        return self.screen.take()

    def test_list(self) -> None:
        """/keys tells what opens the name, and with what one came."""
        self.assertEqual(
            self.told("/keys"),
            [
                "-- 1 key opens alice, and no password",
                "-- SHA256:abcd ed25519, since 1971-02-05; you came with it",
            ],
        )
        bob, screen = self.enter("bob")
        screen.take()
        bob.type("/keys")
        self.assertEqual(screen.take(), ['!! "bob" has no owner'])

    def test_add(self) -> None:
        """A key is added from a .pub file, and opens the name from then on."""
        self.assertEqual(self.told(f"/keys add {LINE}"), [f"-- {PASTED} opens alice from now on"])
        self.assertEqual([key.comment for key in self.owner().ssh_keys], ["ed25519", "bob@tablet"])
        second, _ = self.come_with(Identity(PASTED, "ed25519"), "alice")
        self.assertEqual(self.here(second).nickname, "alice")

    def test_add_refused(self) -> None:
        """What is no key, or opens a name already, is refused, and none of it is given back."""
        none = "!! that is no SSH key: give a line of a .pub file, or nothing where you came with one"
        self.assertEqual(self.told("/keys add ssh-ed25519 secret"), [none])
        self.assertEqual(self.told("/keys add"), ["!! that key is alice's already; a key opens one name"])
        self.assertEqual(self.told("/keys ad x")[0][:10], "!! usage: ")
        self.assertEqual(len(self.owner().ssh_keys), 1)

    def test_add_the_one_here(self) -> None:
        """Who came with another key, and gave the password, adds that; the password is asked for once more."""
        self.own("bob", SECRET)
        bob, screen = self.come_with(Identity("SHA256:bobs", "rsa"), "bob", SECRET, "/keys add", SECRET)
        self.assertEqual(screen.take()[-2:], ["Password of bob: ", "-- SHA256:bobs opens bob from now on"])
        self.assertEqual([key.comment for key in self.owner("bob").ssh_keys], ["rsa"])
        bob.type("/keys")
        self.assertEqual(screen.take()[0], "-- 1 key and a password open bob")

    def test_without_ssh(self) -> None:
        """By telnet there is no key to add but one from a file, for the password."""
        self.own("bob", SECRET)
        bob, screen = self.come("bob", SECRET)
        screen.take()
        bob.type("/keys")
        self.assertEqual(screen.take(), ["-- a password opens bob, and no key"])
        bob.type("/keys add")
        self.assertIn("that is no SSH key", screen.take()[0])
        bob.type(f"/keys add {LINE}", SECRET)
        self.assertEqual(screen.take(), ["Password of bob: ", f"-- {PASTED} opens bob from now on"])

    def test_remove(self) -> None:
        """A key is taken away by the beginning of its fingerprint, but for the last way in."""
        self.successResultOf(Deferred.fromCoroutine(self.people.add_key(self.owner().id, OTHER)))
        self.assertEqual(self.told("/keys remove SHA256:ab"), ['!! there is no key "SHA256:ab"'])
        self.assertEqual(self.told("/keys remove"), ['!! there is no key ""'])
        self.assertEqual(self.told("/keys remove abef"), ["-- SHA256:abef opens alice no longer"])
        last = "!! that is the only key, and there is no password; /password sets one first"
        self.assertEqual(self.told("/keys remove SHA256:abcd"), [last])
        self.assertEqual(self.told("/password", SECRET, SECRET)[-1], "-- alice has a password now, too")
        self.assertEqual(self.told("/keys remove SHA256:abcd"), ["-- SHA256:abcd opens alice no longer"])
        self.assertEqual(self.told("/unregister"), ["Password of alice: "])
