"""Tests for chatd.store.people and chatd.store.ledger."""

import sqlite3
from collections.abc import Coroutine
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatd.core import owners
from chatd.core.letters import Letter
from chatd.core.nickname import nickname
from chatd.core.owner_refusals import (
    BadPassword,
    KeyTaken,
    LastKey,
    LettersFull,
    NameOwned,
    NoSuchKey,
    NotOwned,
    OneTimePasswordOver,
    OnlyByKey,
    OwnerNotHere,
    PeopleNotRead,
    PeopleNotWritten,
    RegisteredTooOften,
    TooManyGuesses,
    TooManyKeys,
    TooManyLogins,
)
from chatd.core.owners import MOST_KEYS, Owner, SSHKey
from chatd.core.refusals import HallError, NotHeardBy
from chatd.store.accounts import SCRIPTS
from chatd.store.passwords import MOST_WAITING, Passwords
from chatd.store.people import GUESSES, TIDIED_EVERY, People
from chatd.store.sqlite_file import FileDamaged, FileNewer, FileUnusable, SQLiteFile
from chatd.store.worker import Worker, WorkerThread
from tests.store.at_once import AtOnce, ByHand

T = TypeVar("T")

DAY = 86_400.0
NOW = 1_000 * DAY
SECRET = "correct horse"


def key(name: str) -> SSHKey:
    return SSHKey(f"SHA256:{name}", f"{name}@laptop", NOW)


class PeopleTestCase(SynchronousTestCase):
    """Accounts whose threads do each job at once, and whose passwords cost little."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(NOW)
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.path = self.folder / "people.sqlite"
        self.hashing = ByHand()
        self.people = self.make()
        self.people.open()

    def make(self, log_n: int = 4, hashing: Worker | None = None) -> People:
        passwords = Passwords(hashing or AtOnce(), log_n)
        people = People(self.path, 30, self.clock, self.clock.seconds, AtOnce, passwords)
        port: owners.People = people
        self.addCleanup(lambda: port and self.wait_for(people.close()))
        return people

    def wait_for(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.successResultOf(Deferred.fromCoroutine(doing))

    def refused(self, kind: type[HallError], doing: Coroutine[Any, Any, Any]) -> Any:
        return self.failureResultOf(Deferred.fromCoroutine(doing), kind).value

    def register(self, typed: str, password: str | None = SECRET, key: SSHKey | None = None, where: str = "") -> Owner:
        return self.wait_for(self.people.register(nickname(typed), password, key, where))

    def again(self) -> People:
        """Return the accounts as they are when chatd starts again."""
        people = self.make()
        people.open()
        return people

    def facts(self, people: People) -> dict[int, Owner]:
        return {owner.id: owner for owner in people.owners}

    def rows(self, statement: str) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute(statement).fetchall()

    def holds(self, text: str) -> bool:
        """Say whether any file has these bytes."""
        return any(text.encode() in path.read_bytes() for path in self.folder.iterdir())


class RegisterTests(PeopleTestCase):
    def test_registered(self) -> None:
        """When it is answered, the name is owned in memory and on the disk; the password is nowhere."""
        alice = self.register("Alice")
        self.assertIs(self.people.owners.named("alice"), alice)
        self.assertEqual(alice, Owner(alice.id, nickname("Alice"), NOW, NOW, NOW))
        self.assertEqual(self.rows("select shown from owner"), [("Alice",)])
        self.assertFalse(self.holds(SECRET))
        self.assertEqual(self.facts(self.again()), {alice.id: alice})

    def test_refused(self) -> None:
        """A name that is owned, or a bad password, is refused, and nothing has changed."""
        self.register("alice")
        self.refused(NameOwned, self.people.register(nickname("AIice"), SECRET, None))
        self.refused(BadPassword, self.people.register(nickname("bob"), "short", None))
        self.assertEqual(len(self.again().owners), 1)

    def test_two_at_once(self) -> None:
        """Of two who register a name at the same time the first gets it."""
        self.people = self.make(hashing=self.hashing)
        first = Deferred.fromCoroutine(self.people.register(nickname("alice"), SECRET, None))
        self.refused(NameOwned, self.people.register(nickname("aIice"), SECRET, None))
        self.hashing.work()
        self.assertEqual(self.successResultOf(first).name.shown, "alice")

    def test_leaves_meanwhile(self) -> None:
        """Who leaves while their name is being registered owns it, in memory and on the disk."""
        self.people = self.make(hashing=self.hashing)
        registering = Deferred.fromCoroutine(self.people.register(nickname("alice"), SECRET, None))
        registering.cancel()
        self.failureResultOf(registering)
        self.hashing.work()
        self.assertEqual(self.facts(self.people), self.facts(self.again()))
        self.assertEqual(len(self.people.owners), 1)

    def test_too_often(self) -> None:
        """From one neighbourhood three names a day may be registered; what was refused doesn't count."""
        self.refused(BadPassword, self.people.register(nickname("alice"), "short", None, "192.0.2.1"))
        for typed in ("alice", "bob", "carol"):
            self.register(typed, where="192.0.2.1")
            self.refused(NameOwned, self.people.register(nickname("alice"), SECRET, None, "192.0.2.2"))
        refusal = self.refused(RegisteredTooOften, self.people.register(nickname("dave"), SECRET, None, "192.0.2.1"))
        self.assertEqual(refusal.wait, DAY)
        self.register("dave", where="192.0.2.2")
        self.clock.advance(DAY)
        self.register("erin", where="192.0.2.1")

    def test_by_key_alone(self) -> None:
        """A name may be opened by a key and no password; without either it can't be registered."""
        alice = self.register("alice", None, key("alice"))
        self.assertFalse(alice.has_password)
        self.assertIs(self.people.owners.owner_of_key("SHA256:alice"), alice)
        self.assertEqual(self.facts(self.again()), {alice.id: alice})
        self.refused(OnlyByKey, self.people.check(alice.id, SECRET))
        self.refused(KeyTaken, self.people.register(nickname("bob"), None, key("alice")))
        self.failureResultOf(Deferred.fromCoroutine(self.people.register(nickname("bob"), None, None)), ValueError)


class PasswordTests(PeopleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.register("alice").id

    def check(self, password: str, where: str = "") -> bool:
        return self.wait_for(self.people.check(self.alice, password, where))

    def test_check(self) -> None:
        """The password is right, on whatever system it is typed; others are not."""
        self.wait_for(self.people.change_password(self.alice, "cafe\u0301 au lait"))
        self.assertTrue(self.check("caf\u00e9 au lait"))
        for wrong in ("cafe au lait", SECRET, "", "\a", "x" * 1_000):
            self.assertFalse(self.check(wrong))
        self.refused(NotOwned, self.people.check(7, SECRET))

    def test_change(self) -> None:
        """A new password is right at once and the old one wrong, when chatd starts again, too."""
        self.wait_for(self.people.change_password(self.alice, "battery staple"))
        self.assertEqual((self.check(SECRET), self.check("battery staple")), (False, True))
        self.refused(BadPassword, self.people.change_password(self.alice, "Alice"))
        self.people = self.again()
        self.assertEqual((self.check(SECRET), self.check("battery staple")), (False, True))

    def test_guesses(self) -> None:
        """Behind ten wrong ones a neighbourhood's are not even looked at for ten minutes; others' are."""
        for _ in range(GUESSES):
            self.assertTrue(self.check(SECRET, "192.0.2.1"))
            self.assertFalse(self.check("wrong", "192.0.2.1"))
            self.clock.advance(1)
        refusal = self.refused(TooManyGuesses, self.people.check(self.alice, SECRET, "192.0.2.1"))
        self.assertEqual((refusal.limit, refusal.wait), (10, 590.0))
        self.assertTrue(self.check(SECRET, "192.0.2.2"))
        self.assertTrue(self.check(SECRET))
        self.clock.advance(590.0)
        self.assertTrue(self.check(SECRET, "192.0.2.1"))

    def test_guesses_at_once(self) -> None:
        """Guesses that are given all at once count, too."""
        self.people = self.make(hashing=self.hashing)
        self.people.open()
        with capturedLogs():
            asked = [Deferred.fromCoroutine(self.people.check(self.alice, "wrong", "net")) for _ in range(40)]
        self.assertEqual(len(self.hashing.waiting), 1 + MOST_WAITING)
        self.hashing.work(1 + MOST_WAITING)
        for answer in asked[1 + MOST_WAITING :]:
            self.failureResultOf(answer, TooManyLogins)
        self.assertEqual([self.successResultOf(answer) for answer in asked[: 1 + MOST_WAITING]], [False] * 9)
        Deferred.fromCoroutine(self.people.check(self.alice, "wrong", "net"))
        self.refused(TooManyGuesses, self.people.check(self.alice, "wrong", "net"))

    def test_one_time(self) -> None:
        """The administrator's password is valid for a day, and until another is chosen; the old one is no longer."""
        given = self.wait_for(self.people.reset(self.alice))
        for people in (self.people, self.again()):
            self.people = people
            self.assertEqual((self.check(SECRET), self.check(given)), (False, True))
            self.assertTrue(people.owners.demand(self.alice).must_change)
        self.clock.advance(DAY + 1)
        self.refused(OneTimePasswordOver, self.people.check(self.alice, given))
        self.assertFalse(self.check("wrong"))
        self.wait_for(self.people.change_password(self.alice, "battery staple"))
        for people in (self.people, self.again()):
            self.people = people
            self.assertTrue(self.check("battery staple"))
            self.assertFalse(people.owners.demand(self.alice).must_change)

    def test_dearer(self) -> None:
        """When a password costs more than it did, it is stored anew when it is right, and only then."""
        self.people = self.make(log_n=5)
        self.people.open()
        self.assertFalse(self.check("wrong"))
        self.assertTrue(self.rows("select password from owner")[0][0].startswith("scrypt$4$"))
        self.assertTrue(self.check(SECRET))
        self.assertTrue(self.rows("select password from owner")[0][0].startswith("scrypt$5$"))
        self.assertTrue(self.check(SECRET))

    def test_dearer_later(self) -> None:
        """Where that can't be written now, the password is right all the same."""
        self.people = self.make(log_n=5)
        self.people.open()
        self.people._ledger._db.open().execute("pragma query_only = on")
        with capturedLogs():
            self.assertTrue(self.check(SECRET))
        self.assertTrue(self.rows("select password from owner")[0][0].startswith("scrypt$4$"))


class FactsTests(PeopleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = self.register("alice").id, self.register("bob").id
        self.clock.advance(10.0)

    def alices(self) -> Owner:
        """Return the facts about alice, which are the same in memory and on the disk."""
        facts = self.people.owners.demand(self.alice)
        self.assertEqual(facts, self.again().owners.demand(self.alice))
        return facts

    def test_seen(self) -> None:
        """When an owner was last here is no change that another server must be told of."""
        self.wait_for(self.people.saw(self.alice))
        self.assertEqual((self.alices().seen, self.alices().changed_at), (NOW + 10, NOW))
        self.wait_for(self.people.saw(7))

    def test_remembered(self) -> None:
        """An owner may choose that what they say is not remembered."""
        self.wait_for(self.people.set_remembered(self.alice, False))
        self.assertEqual((self.alices().remembered, self.alices().changed_at), (False, NOW + 10))
        self.wait_for(self.people.set_remembered(self.alice, True))
        self.assertTrue(self.alices().remembered)

    def test_ignores(self) -> None:
        """Ignores last until they are ended."""
        self.wait_for(self.people.ignore(self.alice, self.bob))
        self.wait_for(self.people.ignore(self.alice, self.bob))
        for people in (self.people, self.again()):
            self.assertEqual(people.owners.ignored_by(self.alice), {self.bob})
        self.wait_for(self.people.ignore(self.alice, self.bob, on=False))
        for people in (self.people, self.again()):
            self.assertEqual(people.owners.ignored_by(self.alice), frozenset())
        self.refused(NotOwned, self.people.ignore(self.alice, 7))

    def test_keys(self) -> None:
        """Keys can be added and removed; each opens one name."""
        self.wait_for(self.people.add_key(self.alice, key("one")))
        self.wait_for(self.people.add_key(self.alice, key("two")))
        self.assertEqual(self.alices().ssh_keys, (key("one"), key("two")))
        self.assertLess(abs(self.alices().changed_at - NOW - 10), 1)
        self.refused(KeyTaken, self.people.add_key(self.bob, key("one")))
        self.refused(NoSuchKey, self.people.remove_key(self.bob, "SHA256:one"))
        self.wait_for(self.people.remove_key(self.alice, "SHA256:one"))
        self.assertEqual(self.alices().ssh_keys, (key("two"),))
        self.assertIs(self.people.owners.owner_of_key("SHA256:one"), None)
        self.wait_for(self.people.add_key(self.bob, key("one")))

    def test_key_limits(self) -> None:
        """There is an end to how many there are, and the last way to come in stays."""
        for number in range(MOST_KEYS):
            self.wait_for(self.people.add_key(self.alice, key(str(number))))
        self.refused(TooManyKeys, self.people.add_key(self.alice, key("more")))
        carol = self.register("carol", None, key("carol")).id
        self.refused(LastKey, self.people.remove_key(carol, "SHA256:carol"))
        self.wait_for(self.people.change_password(carol, SECRET))
        self.wait_for(self.people.remove_key(carol, "SHA256:carol"))
        self.assertTrue(self.wait_for(self.people.check(carol, SECRET)))

    def test_remove(self) -> None:
        """A name that is given up is free, and nothing of the account is left but that it was there."""
        self.wait_for(self.people.add_key(self.alice, key("one")))
        for owner, other in ((self.alice, self.bob), (self.bob, self.alice)):
            self.wait_for(self.people.ignore(owner, other))
        self.wait_for(self.people.leave_letter(self.alice, "carol", None, "xyzzy"))
        self.wait_for(self.people.ignore(self.bob, self.alice, on=False))
        self.wait_for(self.people.leave_letter(self.bob, "alice", self.alice, "hello"))
        self.wait_for(self.people.remove(self.alice))
        for trace in ("xyzzy", "SHA256:one", "laptop"):
            self.assertFalse(self.holds(trace), trace)
        for people in (self.people, self.again()):
            self.assertEqual([owner.name.shown for owner in people.owners], ["bob"])
            self.assertEqual(people.owners.ignored_by(self.bob), frozenset())
        self.assertEqual([letter.sender_owner for letter in self.wait_for(self.people.letters(self.bob))], [None])
        [[gone, at]] = self.rows("select owner, at from gone")
        self.assertEqual(gone, self.alice)
        self.assertLess(abs(at - NOW - 10), 1)
        self.refused(NotOwned, self.people.remove(self.alice))
        self.assertNotEqual(self.register("alice").id, self.alice)

    def test_free_unused(self) -> None:
        """Names that were not used for long are free, but for those of who is here."""
        carol = self.register("carol").id
        self.clock.advance(365 * DAY)
        self.wait_for(self.people.saw(self.alice))
        freed = self.wait_for(self.people.free_unused(self.clock.seconds() - 365 * DAY + 1, {carol}))
        self.assertEqual([owner.name.shown for owner in freed], ["bob"])
        self.assertEqual({owner.id for owner in self.again().owners}, {self.alice, carol})


class LetterTests(PeopleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = self.register("alice").id, self.register("bob").id

    def leave(self, text: str, sender: str = "alice", owner: int | None = None) -> None:
        self.wait_for(self.people.leave_letter(self.bob, sender, owner, text))

    def letters(self) -> list[Letter]:
        return self.wait_for(self.people.letters(self.bob))

    def test_wait(self) -> None:
        """Letters wait, in the order in which they were written, over a restart, too."""
        self.leave("lunch?", owner=self.alice)
        self.clock.advance(5.0)
        self.leave("ping", "carol")
        for people in (self.people, self.again()):
            self.people = people
            facts = [(letter.sender, letter.sender_owner, letter.at, letter.text) for letter in self.letters()]
            self.assertEqual(facts, [("alice", self.alice, NOW, "lunch?"), ("carol", None, NOW + 5, "ping")])
        self.assertEqual(self.wait_for(self.people.letters(self.alice)), [])

    def test_burn(self) -> None:
        """Those that have arrived are on the disk no longer, and come no second time; newer ones wait."""
        self.leave("xyzzy")
        arrived = self.letters()
        self.leave("later")
        self.wait_for(self.people.burn(arrived))
        self.assertFalse(self.holds("xyzzy"))
        self.assertEqual([letter.text for letter in self.letters()], ["later"])

    def test_full(self) -> None:
        """From one sender ten may wait; the next is given back."""
        for number in range(10):
            self.leave(str(number), owner=self.alice)
        refusal = self.refused(LettersFull, self.people.leave_letter(self.bob, "alice", self.alice, "lunch?"))
        self.assertEqual((refusal.nickname, refusal.unsent, refusal.from_you), ("bob", "lunch?", True))
        self.assertEqual(len(self.letters()), 10)

    def test_not_wanted(self) -> None:
        """None from those whom the owner ignores; none at all where no letters are kept; each is given back."""
        self.wait_for(self.people.ignore(self.bob, self.alice))
        for kind, sender in ((NotHeardBy, self.alice), (OwnerNotHere, None), (NotOwned, None)):
            refusal = self.refused(kind, self.people.leave_letter(self.bob, "alice", sender, "lunch?"))
            self.assertEqual(refusal.unsent, "lunch?")
            if kind is OwnerNotHere:
                self.wait_for(self.people.remove(self.bob))
            self.people.letters_days = 0
        self.assertEqual(self.rows("select * from letter"), [])

    def test_too_old(self) -> None:
        """What nobody came for in so many days is not shown any more, makes room, and is deleted within the hour."""
        self.people.start()
        for number in range(10):
            self.leave(f"xyzzy {number}")
        self.clock.advance(30 * DAY + 1)
        self.leave("new")
        self.assertEqual([letter.text for letter in self.letters()], ["new"])
        self.clock.advance(TIDIED_EVERY)
        self.assertFalse(self.holds("xyzzy"))
        self.assertEqual([letter.text for letter in self.letters()], ["new"])

    def test_gone_long_ago(self) -> None:
        """That an account was there is remembered for a year."""
        self.wait_for(self.people.remove(self.alice))
        for days, remembered in ((365, 1), (2, 0)):
            self.clock.advance(days * DAY)
            people = self.again()
            people.start()
            self.assertEqual(len(self.rows("select * from gone")), remembered)


class FileTests(PeopleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.register("alice")

    def close(self) -> None:
        self.wait_for(self.people.close())

    def test_damaged(self) -> None:
        """A damaged file is refused as it is: beginning anew would give every name away."""
        self.close()
        for damaged in (b"x" * 5_000, b""):
            self.path.write_bytes(damaged)
            self.assertRaises(FileDamaged, self.make().open)
            self.assertEqual([path.read_bytes() for path in self.folder.iterdir()], [damaged])

    def test_first_version(self) -> None:
        """In a file of the first version letters have ids that another server may give too: they get others."""
        path = self.folder / "older.sqlite"
        with closing(SQLiteFile(path, SCRIPTS[:1], disposable=False).open()) as db:
            for text in ("one", "two"):
                db.execute("insert into letter (owner, sender, at, text) values (1, 'bob', ?, ?)", (NOW, text))
        self.path = path
        letters = self.wait_for(self.again().letters(1))
        self.assertEqual({letter.text for letter in letters}, {"one", "two"})
        self.assertEqual({letter.id for letter in letters} & {1, 2}, set())

    def test_damaged_within(self) -> None:
        """So is one in which the damage is where SQLite wouldn't look by itself."""
        for number in range(100):
            self.register(f"guest{number}")
        self.close()
        with self.path.open("r+b") as file:
            file.seek(-4_096, 2)
            file.write(b"\xff" * 4_096)
        refusal = self.assertRaises(FileDamaged, self.make().open)
        self.assertTrue(str(refusal).startswith("damaged ("), refusal)

    def test_not_ours(self) -> None:
        """So is one without our tables."""
        self.close()
        with closing(sqlite3.connect(self.path)) as db:
            db.execute("drop table name_key")
        self.assertRaises(FileUnusable, self.make().open)

    def test_newer(self) -> None:
        """The file of a later chatd is refused in one line."""
        self.close()
        with closing(sqlite3.connect(self.path)) as db:
            db.execute("pragma user_version = 7")
        refusal = self.assertRaises(FileNewer, self.make().open)
        self.assertEqual(str(refusal), f"made by a later chatd (version 7): {self.path}")

    def test_removed(self) -> None:
        """When the file is removed while chatd runs, nothing is changed any more until it is back."""
        moved = self.path.rename(f"{self.path}.moved")
        with capturedLogs() as events:
            for change in (
                self.people.change_password(self.alice.id, "battery staple"),
                self.people.remove(self.alice.id),
                self.people.register(nickname("bob"), SECRET, None, "192.0.2.1"),
                self.people.set_remembered(self.alice.id, False),
            ):
                self.refused(PeopleNotWritten, change)
            self.refused(PeopleNotRead, self.people.check(self.alice.id, SECRET))
            refusal = self.refused(PeopleNotWritten, self.people.leave_letter(self.alice.id, "bob", None, "hello"))
            self.wait_for(self.people.saw(self.alice.id))
            moved.rename(self.path)
            self.assertIn("removed or replaced while chatd runs", self.people.trouble)
            self.register("bob")
        self.assertEqual(refusal.unsent, "hello")
        self.assertEqual(self.people.trouble, "")
        self.assertEqual([owner.name.shown for owner in self.people.owners], ["alice", "bob"])
        self.assertEqual(self.facts(self.again()), self.facts(self.people))
        lines = [formatEvent(event) for event in events]
        self.assertEqual(sum("can't be changed" in line for line in lines), 1)
        self.assertEqual(sum("can be changed again" in line for line in lines), 1)

    def test_full(self) -> None:
        """When the disk is full, changes are refused, and memory says the same as the disk."""
        db = self.people._ledger._db.open()
        [[pages]] = db.execute("pragma page_count")
        db.execute(f"pragma max_page_count = {pages}").fetchall()
        text = "x" * 5_000
        with capturedLogs():
            refusal = self.refused(PeopleNotWritten, self.people.leave_letter(self.alice.id, "bob", None, text))
        self.assertEqual(refusal.unsent, text)
        self.assertEqual(self.wait_for(self.people.letters(self.alice.id)), [])

    def test_read_meanwhile(self) -> None:
        """A change is not refused because somebody reads what it deletes: that is erased the next time."""
        self.people._ledger._db.open().execute("pragma busy_timeout = 10")
        self.wait_for(self.people.leave_letter(self.alice.id, "bob", None, "xyzzy"))
        with closing(sqlite3.connect(self.path, isolation_level=None)) as reading:
            reading.execute("begin")
            reading.execute("select * from letter").fetchall()
            with capturedLogs() as events:
                self.wait_for(self.people.burn(self.wait_for(self.people.letters(self.alice.id))))
        self.assertIn("may still be on the disk", formatEvent(events[-1]))
        self.wait_for(self.people.burn([]))
        self.assertFalse(self.holds("xyzzy"))

    def test_backup(self) -> None:
        """A backup is a file that chatd can start with."""
        target = self.folder / "backup"
        self.successResultOf(self.people.backup(target))
        self.close()
        target.rename(self.path)
        self.assertEqual(self.facts(self.again()), {self.alice.id: self.alice})

    def test_newer_tables(self) -> None:
        """When the tables of look-alikes change, names go by the new ones; both of two that look alike by then stay."""
        self.register("bob")
        self.close()
        with closing(sqlite3.connect(self.path)) as db:
            db.execute("update name_key set key = key || '-of-old'")
            db.execute("update owner set exact = 'old', shown = 'root' where shown = 'bob'")  # reserved meanwhile
            db.execute("insert into owner select 7, 'aIice', 'aiice', null, null, 5e9, 0, 0, 1")
            db.execute("insert into name_key values ('aiice', 7)")
            db.execute("update fact set value = 'older'")
            db.commit()
        self.people = self.again()
        found = self.people.owners.owner_of(nickname("ALICE"))
        self.assertEqual(found and found.id, self.alice.id)
        lookalike = self.people.owners.owner_of(nickname("aIice"))
        self.assertEqual(lookalike and lookalike.id, 7)
        self.assertEqual(
            set(self.rows("select owner.shown, key from name_key join owner on id = owner")),
            {("alice", "allce"), ("aIice", "allce"), ("root", "bob-of-old")},
        )
        self.assertEqual(self.facts(self.again()), self.facts(self.people))


class ThreadTests(TestCase):
    async def test_leaves_meanwhile(self) -> None:
        """A change is in memory when it is on the disk, though whoever waited for it has gone at that moment."""
        path = Path(self.mktemp()).absolute()
        people = People(path, 30, reactor, reactor.seconds, partial(WorkerThread, reactor=IReactorFromThreads(reactor)))
        self.addCleanup(lambda: Deferred.fromCoroutine(people.close()))
        people.open()
        alice = await people.register(nickname("alice"), None, key("alice"))
        change = Deferred.fromCoroutine(people.set_remembered(alice.id, False))
        with closing(sqlite3.connect(path)) as db:
            while db.execute("select remembered from owner").fetchall() == [(1,)]:
                """The reactor doesn't run meanwhile, so the change is on the disk and can't have been answered."""
        change.cancel()
        with self.assertRaises(CancelledError):
            await change
        await people.saw(alice.id)
        self.assertFalse(people.owners.demand(alice.id).remembered)
