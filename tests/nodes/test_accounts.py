"""Owned names and letters in halls that are one, in simulated time: each node has a disk of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Cause, Departure
from chatd.core.owners import SSHKey
from chatd.daemon.sharing import Tie
from chatd.session.commands import a_person
from chatd.session.identity import Identity
from chatd.session.inputs import Line
from chatd.session.operator_commands import an_operator
from chatd.session.session import Server, Session
from tests.keeping import SECRET, own_names
from tests.nodes import halls
from tests.nodes.halls import Halls
from tests.session.test_operator import NotedDaemon
from tests.session.test_session import Screen

OTHER = "battery staple"


class At:
    """One node, with sessions and a disk."""

    def __init__(self, node: halls.Server, folder: Path) -> None:
        self.node = node
        self.halls = node.halls
        self.server = Server(node.hall, "the lab")
        self.working: dict[Session, Deferred[None]] = {}
        folder.mkdir(exist_ok=True)
        self.people = own_names(self.server, folder, self.halls.clock)
        node.gives_way = self.server.give_way
        Tie(self.server, node.link, self.people)

    def come(self, *typed: str, key: str = "", brief: bool = False) -> tuple[Session, Screen]:
        """Somebody connects, and types their name and more."""
        screen = Screen()
        session = Session(self.server, screen, "10.0.0.1:99", None, a_person)
        session.identity = Identity(key, "ssh-ed25519")
        session.brief = brief
        session.begin()
        for line in typed:
            self.type(session, line)
        return session, screen

    def type(self, session: Session, line: str, wait: float = 0.1) -> None:
        work = session.receive(Line(line, self.halls.clock.seconds()))
        if work is not None:
            self.working[session] = Deferred.fromCoroutine(_of(work))
        self.halls.run(wait)

    def lose(self, session: Session) -> None:
        """The connection is lost, and whatever waits for something there is cancelled."""
        session.lost(Departure(Cause.LOST))
        if session in self.working:
            working = self.working.pop(session)
            working.addErrback(lambda failure: failure.trap(CancelledError))
            working.cancel()

    def operate(self, command: str) -> list[str]:
        """Return what an operator of this node is told."""
        screen = Screen()
        session = Session(self.server, screen, "-", None, lambda session: an_operator(session, NotedDaemon()))
        self.type(session, command)
        return screen.take()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        ended: list[Any] = []
        Deferred.fromCoroutine(work).addBoth(ended.append)
        self.halls.run(0.1)
        [found] = ended
        return found

    @property
    def owned(self) -> list[str]:
        return sorted(owner.name.shown for owner in self.people.owners)

    def shows(self, screen: Screen, text: str) -> bool:
        return any(text in line for line in screen.lines)


class AccountsCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.halls = Halls("a", "b")
        self.addCleanup(self.check_no_errors)
        self.addCleanup(self.halls.stop)
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.a, self.b = (self.at(node) for node in self.halls.servers)

    def at(self, node: halls.Server) -> At:
        at = At(node, self.folder / node.name)
        self.addCleanup(lambda: at.do(at.people.close()))
        return at

    def check_no_errors(self) -> None:
        self.assertEqual(self.flushLoggedErrors(), [])

    def register(self, at: At, name: str, password: str = SECRET) -> tuple[Session, Screen]:
        session, screen = at.come(name, "/register", password, password)
        self.assertIn(f"-- {name} is yours", "\n".join(screen.take()))
        return session, screen

    def digests(self) -> list[Any]:
        return [at.do(at.people.digests()) for at in (self.a, self.b)]

    def cut(self, seconds: float = 5) -> None:
        self.b.node.shared.is_cut = True
        self.b.node.shared.close()
        self.halls.run(seconds)

    def heal(self) -> None:
        self.b.node.shared.is_cut = False
        self.halls.run(5)

    def assert_shows(self, screen: Screen, *texts: str) -> None:
        """These lines, or parts of them, were shown since they were taken last, in that order."""
        shown = iter(screen.take())
        for text in texts:
            self.assertTrue(any(text in line for line in shown), text)


class OwnedNamesTests(AccountsCase):
    def test_registered(self) -> None:
        """A name that is registered on one node is asked a password for on the other, and opened by it."""
        alice, _ = self.register(self.a, "alice")
        self.a.type(alice, "/quit")
        _, screen = self.b.come("alice", OTHER, SECRET)
        self.assert_shows(screen, "Password of alice", "that is not alice's password", "you are alice in #lobby")
        self.assertEqual(self.digests()[0], self.digests()[1])

    def test_every_change(self) -> None:
        """So it is with another password, with keys, and with names that are given up."""
        alice, _ = self.register(self.a, "alice")
        self.a.type(alice, "/password")
        for line in (SECRET, OTHER, OTHER):
            self.a.type(alice, line)
        owner = self.a.people.owners.named("alice")
        assert owner is not None
        self.a.do(self.a.people.add_key(owner.id, SSHKey("SHA256:k", "laptop", self.halls.clock.seconds())))
        self.a.type(alice, "/quit")
        session, screen = self.b.come("alice", OTHER)
        self.assert_shows(screen, "you are alice")
        self.b.type(session, "/quit")
        session, screen = self.b.come("alice", key="SHA256:k")
        self.assert_shows(screen, "you are alice")
        self.b.type(session, "/unregister")
        self.assertEqual((self.a.owned, self.b.owned), ([], []))

    def test_operators(self) -> None:
        """Operators of any node see owners, where they are, reset passwords and disown."""
        _, screen = self.register(self.a, "alice")
        self.assertRegex("\n".join(self.b.operate("/owners")), "alice .* now ")
        self.assertIn("must then choose another", "\n".join(self.b.operate("/reset alice")))
        owner = self.a.people.owners.named("alice")
        self.assertTrue(owner and owner.must_change)
        self.b.operate("/disown alice")
        self.assertEqual((self.a.owned, self.b.owned), ([], []))
        self.assert_shows(screen, "alice is not registered to you any more")
        self.assertEqual((list(self.a.node.hall.holders.accounts), list(self.b.node.hall.holders.accounts)), ([], []))

    def test_operator_gives_an_owned_name(self) -> None:
        """An operator of one node is told why somebody at home at another can't be called so."""
        alice, _ = self.register(self.a, "alice")
        self.a.type(alice, "/quit")
        self.b.come("bob")
        self.assertIn('"alice" has an owner', "\n".join(self.a.operate("/rename bob alice")))
        self.assertEqual(self.a.node.rooms, {"#lobby": ["bob"]})

    def test_follows_the_owner(self) -> None:
        """A mute of an owner's name, made on another node, holds for the owner whatever they are called."""
        alice, screen = self.register(self.a, "alice")
        self.a.type(alice, "/nick carol")
        self.b.operate("/mute alice")
        self.a.type(alice, "hello?")
        self.assert_shows(screen, "muted")

    def test_banned(self) -> None:
        """So it is with a ban, until it is lifted, and even for a key that opens the name."""
        alice, _ = self.register(self.a, "alice")
        owner = self.a.people.owners.named("alice")
        assert owner is not None
        self.a.do(self.a.people.add_key(owner.id, SSHKey("SHA256:k", "laptop", self.halls.clock.seconds())))
        self.a.type(alice, "/quit")
        self.b.operate("/ban alice")
        self.halls.run(0.1)
        _, screen = self.a.come("alice", key="SHA256:k")
        self.assert_shows(screen, '"alice" is banned from this chat')
        self.b.operate("/unban alice")
        self.halls.run(0.1)
        _, screen = self.a.come("alice", key="SHA256:k")
        self.assert_shows(screen, "you are alice in #lobby")

    def test_used_elsewhere(self) -> None:
        """A name that is used on one node is not unused on the other, once all was compared."""
        alice, _ = self.register(self.a, "alice")
        self.a.type(alice, "/quit")
        self.halls.clock.advance(40 * 86_400.0)
        self.halls.run(1)
        alice, _ = self.b.come("alice", SECRET)
        self.b.type(alice, "/quit")
        self.a.node.link.alike.compare()
        self.halls.run(1)
        self.assertEqual(self.a.do(self.a.people.free_unused(self.halls.clock.seconds() - 30 * 86_400, ())), [])

    def test_ignored(self) -> None:
        """Whom an owner ignores they ignore on every node, and whatever node the other comes by."""
        alice, at_alice = self.register(self.a, "alice")
        bob, _ = self.register(self.b, "bob")
        self.a.type(alice, "/ignore bob")
        self.a.type(alice, "/quit")
        alice, at_alice = self.b.come("alice", SECRET)
        at_alice.take()
        self.b.type(bob, "one")
        self.b.type(bob, "/quit")
        bob, at_bob = self.a.come("bob", SECRET)
        self.a.type(bob, "two")
        self.a.type(bob, "@alice three")
        self.assert_shows(at_bob, "ignor")
        self.assertFalse([line for line in at_alice.take() if line.startswith(("<bob>", "[bob"))])

    def test_ignored_before(self) -> None:
        """Whom owners ignore on another node they go on ignoring when that person registers, here or not by then."""
        alice, _ = self.register(self.a, "alice")
        carol, _ = self.register(self.a, "carol")
        bob, _ = self.b.come("bob")
        for session in (alice, carol):
            self.a.type(session, "/ignore bob")
        self.a.type(carol, "/quit")
        for line in ("/register", SECRET, SECRET):
            self.b.type(bob, line)
        for at in (self.a, self.b):
            owners = at.people.owners
            bobs = owners.named("bob")
            for name in ("alice", "carol"):
                owner = owners.named(name)
                assert owner is not None and bobs is not None
                self.assertEqual(owners.ignored_by(owner.id), {bobs.id}, (at.node.name, name))

    def assert_heard(self, screen: Screen, *lines: str) -> None:
        """These lines, and no others, were said in the room since they were taken last."""
        self.assertEqual([line for line in screen.take() if line.startswith("<")], list(lines))

    def test_ignored_until_they_left(self) -> None:
        """Whom owners ignored who are no owners, and still here, they ignore when they come again, by whatever node,
        until they lift it.
        """
        alice, _ = self.register(self.a, "alice")
        bob, at_bob = self.b.come("bob")
        self.a.type(alice, "/ignore bob")
        self.a.type(alice, "/quit")
        self.b.type(bob, "@alice psst")
        self.assert_shows(at_bob, "is ignoring you")
        for at in (self.b, self.a, self.b):
            alice, at_alice = at.come("alice", SECRET)
            at_alice.take()
            self.b.type(bob, "hello")
            self.assert_heard(at_alice)
            if at is self.a:  # to b they come by another connection while they are here
                at.type(alice, "/quit")
        self.b.type(alice, "/unignore bob")
        for at in (self.b, self.a):
            at.type(alice, "/quit")
            alice, at_alice = at.come("alice", SECRET)
            at_alice.take()
            self.b.type(bob, "hello?")
            self.assert_heard(at_alice, "<bob> hello?")

    def test_ignored_and_cut_off(self) -> None:
        """So it is with those whose node was cut off when they left, or is since then."""
        alice, _ = self.register(self.a, "alice")
        for cut_first in (True, False):
            bob, _ = self.b.come("bob")
            self.a.type(alice, "/ignore bob")
            if cut_first:
                self.cut()
            self.a.type(alice, "/quit")
            if not cut_first:
                self.cut()
            self.heal()
            for at in (self.b, self.a):
                alice, at_alice = at.come("alice", SECRET)
                at_alice.take()
                self.b.type(bob, "hello")
                self.assert_heard(at_alice)
            self.b.type(bob, "/quit")

    def test_ignored_and_back_later(self) -> None:
        """So it is with those whose node is still cut off when the owner comes in."""
        alice, _ = self.register(self.a, "alice")
        bob, _ = self.b.come("bob")
        self.a.type(alice, "/ignore bob")
        self.a.type(alice, "/quit")
        self.cut()
        self.a.come("alice", SECRET)
        self.heal()
        for at in (self.a, self.b):
            alice, at_alice = at.come("alice", SECRET)
            at_alice.take()
            self.b.type(bob, "hello")
            self.assert_heard(at_alice)

    def test_lifted_while_cut_off(self) -> None:
        """An ignore of an owner who is out of reach can be lifted, and is when they are back."""
        alice, _ = self.register(self.a, "alice")
        bob, _ = self.register(self.b, "bob")
        self.a.type(alice, "/ignore bob")
        self.cut()
        self.a.type(alice, "/quit")
        alice, at_alice = self.a.come("alice", SECRET)
        self.a.type(alice, "/unignore bob")
        self.heal()
        at_alice.take()
        self.b.type(bob, "hello")
        self.assert_heard(at_alice, "<bob> hello")

    def test_redis_lost(self) -> None:
        """Redis away, and without its data when it is back: every name has its owner all the same."""
        alice, _ = self.register(self.a, "alice")
        self.a.type(alice, "/quit")
        self.halls.memory.is_away = True
        for node in self.halls.servers:
            node.shared.close()
        self.halls.memory.lose_all()
        self.halls.run(3)
        self.halls.memory.is_away = False
        self.halls.run(3)
        _, screen = self.b.come("alice", SECRET)
        self.assert_shows(screen, "Password of alice", "you are alice")

    def test_away_meanwhile(self) -> None:
        """A node that was away has all when it is back, and so have the others what was changed there."""
        self.register(self.a, "alice")
        dave, _ = self.b.come("dave")
        self.cut()
        self.register(self.a, "carol")
        self.a.operate("/disown alice")
        for line in ("/register", SECRET, SECRET):
            self.b.type(dave, line)
        self.assertEqual((self.a.owned, self.b.owned), (["carol"], ["alice", "dave"]))
        self.heal()
        self.assertEqual((self.a.owned, self.b.owned), (["carol", "dave"], ["carol", "dave"]))

    def test_registered_anew_meanwhile(self) -> None:
        """A name that was given up, and registered anew, while a node was away for long is its new owner's."""
        alice, _ = self.register(self.a, "alice")
        self.a.type(alice, "/quit")
        self.halls.run(1)
        self.cut()
        self.a.operate("/disown alice")
        self.register(self.a, "alice")
        self.halls.run(130)  # the log has forgotten it
        self.heal()
        for at in (self.a, self.b):
            at.node.link.alike.compare()
            self.halls.run(2)
        self.assertEqual((self.a.owned, self.b.owned), (["alice"], ["alice"]))

    def test_joins(self) -> None:
        """A node that is new gets all that there is; one that kept names before brings them."""
        self.register(self.a, "alice")
        folder = self.folder / "c"
        folder.mkdir()
        self.register_before(folder, "zoe")
        node = self.halls.start("c")
        self.halls.servers.append(node)
        at = self.at(node)
        node.link.alike.compare()
        self.halls.run(1)
        for one in (self.a, self.b, at):
            self.assertEqual(one.owned, ["alice", "zoe"])

    def register_before(self, folder: Path, name: str) -> None:
        alone = Halls("x")
        before = At(alone.servers[0], folder)
        self.register(before, name)
        before.do(before.people.close())
        alone.stop()

    def test_stopped_meanwhile(self) -> None:
        """A daemon that stops while it compares what is kept logs nothing of that."""
        reading: Deferred[list[str]] = Deferred()

        async def digests() -> list[str]:
            return await reading

        self.patch(self.a.people, "digests", digests)
        self.a.node.link.alike.compare()
        reading.cancel()
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_one_name(self) -> None:
        """Both sides of a cut register one name: the earlier holds; the other's owner is told, and called otherwise."""
        for earlier, later in (("a", "b"), ("b", "a")):
            name = f"alice{earlier}"
            at_b, screen_b = self.b.come(name)
            self.cut()
            at_a, screen_a = self.a.come(name)
            sides = {"a": (self.a, at_a, screen_a), "b": (self.b, at_b, screen_b)}
            for side in (earlier, later):
                at, session, _ = sides[side]
                for line in ("/register", SECRET if side == earlier else OTHER, SECRET if side == earlier else OTHER):
                    at.type(session, line)
                self.halls.run(1)
            for _, _, screen in sides.values():
                screen.take()
            self.heal()
            [owner] = [owner for owner in self.a.people.owners if owner.name.shown == name]
            self.assertEqual(self.b.people.owners.named(name), owner)
            self.assertTrue(self.b.do(self.b.people.check(owner.id, SECRET)))
            _, loser, screen = sides[later]
            lines = screen.take()
            self.assertTrue(any(f"{name} is not registered to you any more" in line for line in lines), lines)
            assert loser.member is not None
            self.assertIn(loser.member.nickname, (f"{name}-2", f"{name}-3"))
            for at, session, _ in sides.values():
                at.type(session, "/quit")
        self.assertEqual(self.digests()[0], self.digests()[1])

    def test_one_key(self) -> None:
        """Both sides of a cut bind one SSH key: it opens the name that it was bound to first."""
        self.register(self.a, "alice")
        _, at_bob = self.register(self.b, "bob")
        self.cut()
        for at, name in ((self.a, "alice"), (self.b, "bob")):
            owner = at.people.owners.named(name)
            assert owner is not None
            for key in (f"SHA256:{name}", "SHA256:k"):
                at.do(at.people.add_key(owner.id, SSHKey(key, "laptop", self.halls.clock.seconds())))
            self.halls.run(1)
        self.heal()
        self.assert_shows(at_bob, "the SSH key SHA256:k does not open bob any more")
        for at in (self.a, self.b):
            holder = at.people.owners.owner_of_key("SHA256:k")
            self.assertEqual(holder and holder.name.shown, "alice")

    def test_nothing_waits(self) -> None:
        """What changes while the others are out of reach waits in no memory: they find it when they are back."""
        self.register(self.b, "alice")
        self.cut()
        owner = self.b.people.owners.named("alice")
        assert owner is not None
        self.b.do(self.b.people.add_key(owner.id, SSHKey("SHA256:k", "laptop", self.halls.clock.seconds())))
        self.assertNotIn("kept", [told.fact[0] for told in self.b.node.link.log.telling.waiting()])
        self.heal()
        self.assertIsNotNone(self.a.people.owners.owner_of_key("SHA256:k"))
        self.assertEqual(self.digests()[0], self.digests()[1])

    def come_on_both_sides(self) -> None:
        """The owner alice, who is at b, comes in at a while b is cut off; at b she is called alice-2 from then on."""
        self.cut()
        self.alice, self.at_alice = self.a.come("alice", SECRET)
        self.heal()
        for node in self.halls.servers:
            self.assertIn("alice-2", node.rooms["#lobby"])

    def test_two_of_one_account(self) -> None:
        """An owner who came in on both sides of a cut is ignored as both, whichever of them leaves first."""
        for first in ("alice", "alice-2"):
            alice_2, _ = self.register(self.b, "alice")
            carol, _ = self.register(self.a, "carol")
            self.a.type(carol, "/ignore alice")
            self.a.type(carol, "/quit")
            self.come_on_both_sides()
            carol, at_carol = self.a.come("carol", SECRET)
            at_carol.take()
            both = {"alice": (self.a, self.alice), "alice-2": (self.b, alice_2)}
            for at, session in both.values():
                at.type(session, "hello")
            at, session = both.pop(first)
            at.type(session, "/quit")
            [(at, session)] = both.values()
            at.type(session, "hello?")
            self.assert_heard(at_carol)
            for node in self.halls.servers:
                self.assertEqual(len(node.hall.holders.accounts), 2)
            for name in ("alice", "carol"):
                self.a.operate(f"/disown {name}")
            at.type(session, "/quit")
            self.a.type(carol, "/quit")

    def test_disowned_as_two(self) -> None:
        """When the name of such an owner is taken from them neither has an account any more, and both are told."""
        _, at_alice_2 = self.register(self.b, "alice")
        self.come_on_both_sides()
        c = self.at(self.halls.start("c"))
        c.node.link.alike.compare()
        self.halls.run(1)
        c.operate("/disown alice")
        for screen in (self.at_alice, at_alice_2):
            self.assert_shows(screen, "alice is not registered to you any more")
        for node in self.halls.servers:
            self.assertEqual(list(node.hall.holders.accounts), [])

    def test_under_a_name_of_an_owner(self) -> None:
        """Who has a name that is registered on the other side of a cut is called otherwise, and told so."""
        alice, _ = self.b.come("alice")
        self.cut()
        owner, _ = self.a.come("alice", "/register", SECRET, SECRET)
        self.a.type(owner, "/quit")
        self.b.node.shared.is_cut = False
        self.halls.run(5)
        assert alice.member is not None
        self.assertEqual(alice.member.nickname, "alice-2")
        self.assertIn("alice-2", [member.nickname for member in self.a.node.hall.members])
        _, screen = self.a.come("alice", SECRET)
        self.assert_shows(screen, "you are alice in #lobby")

    def test_while_the_old_node_joins_again(self) -> None:
        """An owner who comes in elsewhere while their old node is joining again is one person, with one connection."""
        old, _ = self.register(self.a, "alice")
        self.a.node.shared.is_cut = True
        self.halls.run(1.3)
        self.a.node.shared.is_cut, self.a.node.shared.way = False, 0.25
        self.halls.run(0.9)  # it has joined, and not claimed her name yet
        new, at_new = self.b.come("alice", SECRET)
        self.a.node.shared.way = 0.0005
        self.halls.run(6)
        self.assertEqual(self.a.node.rooms, {"#lobby": ["alice"]})
        self.assertEqual(self.b.node.rooms, {"#lobby": ["alice"]})
        self.assertIsNone(old.member)
        self.b.type(new, "hello")
        self.assert_shows(at_new, "<alice> hello")


class LetterTests(AccountsCase):
    def setUp(self) -> None:
        super().setUp()
        alice, _ = self.register(self.a, "alice")
        self.a.type(alice, "/quit")

    def test_everywhere(self) -> None:
        """A letter that was left on one node is shown on the other, once, and is on no disk any more."""
        _, at_bob = self.a.come("bob", "@alice lunch?")
        self.assert_shows(at_bob, "alice is not here")
        _, screen = self.b.come("alice", SECRET)
        self.assert_shows(screen, "[bob -> you] lunch?")
        for call in screen.once_reached:
            call()
        self.halls.run(0.1)
        self.assertEqual(self.digests()[0], self.digests()[1])
        for at in (self.a, self.b):
            self.assertEqual(self.letters(at), [])

    def test_left_while_cut_off(self) -> None:
        """A letter to an owner who is here, at a node that is cut off, is shown to them once that is back, and once
        only; then it is on no disk any more.
        """
        c = self.at(self.halls.start("c"))
        c.node.link.alike.compare()
        self.halls.run(1)
        _, at_alice = self.b.come("alice", SECRET)
        self.cut()
        self.a.come("bob", "@alice lunch?")
        at_alice.take()
        self.heal()
        self.assertEqual([line for line in at_alice.take() if "lunch?" in line], ["| [bob -> you] lunch?"])
        for call in at_alice.once_reached:
            call()
        self.halls.run(0.1)
        for at in (self.a, self.b, c):
            self.assertEqual(self.letters(at), [])

    def test_left_while_cut_off_for_nobody(self) -> None:
        """It waits for who gives a single command, and where letters are off."""
        for brief in (False, True):
            alice, at_alice = self.b.come("alice", SECRET, brief=brief)
            self.assertIsNotNone(alice.member)
            accounts = self.b.server.accounts
            assert accounts is not None
            self.b.server.accounts = replace(accounts, letters_days=30 if brief else 0)
            self.cut()
            self.a.come(f"bob{brief}", "@alice lunch?")
            self.heal()
            self.assertFalse(self.b.shows(at_alice, "lunch?"))
            self.b.type(alice, "/quit")
        self.assertEqual(len(self.letters(self.b)), 2)

    def letters(self, at: At) -> Any:
        owner = at.people.owners.named("alice")
        assert owner is not None
        return at.do(at.people.letters(owner.id))


async def _of(work: Awaitable[None]) -> None:
    await work
