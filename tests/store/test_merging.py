"""Tests for chatd.store.merging: what several servers keep, and how it becomes the same."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Coroutine, Sequence
from contextlib import closing
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatd.core import copies
from chatd.core.copies import GROUPS, NEVER, AccountCopy, AccountGone, Copy, LetterGone
from chatd.core.nickname import nickname
from chatd.core.owners import Owner, SSHKey
from chatd.core.refusals import HallError
from chatd.store.changes import Merged
from chatd.store.passwords import Passwords
from chatd.store.people import People
from tests.store.at_once import AtOnce

T = TypeVar("T")

DAY = 86_400.0
NOW = 1_764_072_000.0
EXAMPLES = int(os.environ.get("EXAMPLES", "60"))  # more of them, for a longer search
SECRETS = ("correct horse", "battery staple")


class Site:
    """What one server keeps; its clock may be wrong by some seconds."""

    def __init__(self, folder: Path, clock: Clock, wrong_by: float = 0.0) -> None:
        self.path = folder / "people.sqlite"
        folder.mkdir(parents=True)
        self.told: list[Copy] = []
        self.merged: list[Merged] = []
        self.people = People(
            self.path, 30, clock, lambda: clock.seconds() + wrong_by, AtOnce, Passwords(AtOnce("hashing"), 4)
        )
        kept: copies.Kept = self.people
        assert kept
        self.people.open()
        self.people.changes.tell = self.told.extend
        self.people.changes.merged = self.merged.extend

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """@raises HallError: if it is refused."""
        ended: list[Any] = []
        Deferred.fromCoroutine(work).addBoth(ended.append)
        [found] = ended
        if hasattr(found, "raiseException"):
            found.raiseException()
        result: T = found
        return result

    def register(self, name: str, key: SSHKey | None = None, password: str | None = SECRETS[0]) -> Owner:
        return self.do(self.people.register(nickname(name), password, key))

    def merge(self, *told: Copy) -> None:
        self.do(self.people.merge(told))

    def learn(self, other: Site) -> None:
        """Take whatever is later there, as nodes do that compare."""
        here, there = (self.do(site.people.stamps(range(GROUPS))) for site in (self, other))
        later = [
            who for who, stamp in there.items() if any(a > b for a, b in zip(stamp, here.get(who, NEVER), strict=True))
        ]
        self.merge(*self.do(other.people.copies(later)))

    @property
    def all(self) -> list[Copy]:
        return self.do(self.people.copies(self.do(self.people.stamps(range(GROUPS)))))

    @property
    def facts(self) -> Any:
        """What it keeps, on the disk; when owners were last here is the same within the hour."""
        with closing(sqlite3.connect(self.path)) as db:
            return [
                db.execute(f"select {what} order by 1, 2").fetchall()
                for what in (
                    "id, shown, exact, password, valid_until, since, changed_at, remembered from owner",
                    "key, owner from name_key",
                    "fingerprint, owner, comment, since from owner_key",
                    "ignored.owner, other from ignored join owner on other = owner.id",
                    "id, owner, sender, at, text from letter",
                    "id, at from burned",
                    "owner, at from gone",
                )
            ]

    @property
    def in_memory(self) -> Any:
        owners = self.people.owners
        return [(owner, owners.ignored_by(owner.id)) for owner in sorted(owners, key=lambda one: one.id)]

    @property
    def read_again(self) -> Any:
        """The same as it is when chatd starts again."""
        people = People(self.path, 30, Clock(), lambda: NOW, AtOnce, Passwords(AtOnce("hashing"), 4))
        people.open()
        before, self.people = self.people, people
        try:
            return self.in_memory
        finally:
            self.people = before
            Deferred.fromCoroutine(people.close())


class SitesCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(NOW)
        self.folder = Path(self.mktemp()).absolute()
        self.a, self.b, self.c = (self.site(name) for name in "abc")

    def site(self, name: str) -> Site:
        site = Site(self.folder / name, self.clock)
        self.addCleanup(lambda: site.do(site.people.close()))
        return site

    def assert_same(self, *sites: Site) -> None:
        for site in sites:
            self.assertEqual(site.facts, sites[0].facts)
            self.assertEqual(site.in_memory, sites[0].in_memory)
            self.assertEqual(site.in_memory, site.read_again)


class AccountTests(SitesCase):
    def test_registered(self) -> None:
        """A registration holds wherever it is told, with the password, the keys and who is ignored."""
        bob = self.a.register("bob")
        alice = self.a.register("Alice", SSHKey("SHA256:a", "laptop", NOW))
        self.a.do(self.a.people.ignore(alice.id, bob.id))
        self.b.merge(*self.a.told)
        self.assertTrue(self.b.do(self.b.people.check(alice.id, SECRETS[0])))
        self.assertFalse(self.b.do(self.b.people.check(alice.id, SECRETS[1])))
        self.assertEqual(self.b.people.owners.owner_of_key("SHA256:a"), self.a.people.owners.get(alice.id))
        self.assertEqual(self.b.people.owners.ignored_by(alice.id), {bob.id})
        self.assert_same(self.a, self.b)

    def test_every_change(self) -> None:
        """So does each change of it, and then each server says that it keeps the same."""
        changes = (
            lambda people, who: people.change_password(who, SECRETS[1]),
            lambda people, who: people.reset(who),
            lambda people, who: people.set_remembered(who, False),
            lambda people, who: people.add_key(who, SSHKey("SHA256:b", "phone", NOW)),
            lambda people, who: people.remove_key(who, "SHA256:b"),
            lambda people, who: people.saw(who),
            lambda people, who: people.leave_letter(who, "carol", None, "lunch?"),
            lambda people, who: people.remove(who),
        )
        alice = self.a.register("alice")
        for change in changes:
            self.clock.advance(7_200)
            self.a.do(change(self.a.people, alice.id))
            self.b.merge(*self.a.told)
            self.a.told.clear()
            self.assert_same(self.a, self.b)
            self.assertEqual(self.a.do(self.a.people.digests()), self.b.do(self.b.people.digests()))
            self.assertNotEqual(self.a.do(self.a.people.digests()), self.c.do(self.c.people.digests()))

    def test_seen(self) -> None:
        """When an owner was last here is told once an hour, and the later time holds, whatever else is later."""
        alice = self.a.register("alice")
        self.b.merge(*self.a.told)
        self.a.told.clear()
        self.clock.advance(60)
        self.a.do(self.a.people.saw(alice.id))
        self.assertEqual(self.a.told, [])
        self.clock.advance(3_600)
        self.b.do(self.b.people.set_remembered(alice.id, False))
        self.clock.advance(3_600)
        self.a.do(self.a.people.saw(alice.id))
        seen = self.clock.seconds()
        self.b.merge(*self.a.told)
        self.a.merge(*self.b.told)
        for site in (self.a, self.b):
            owner = site.people.owners.demand(alice.id)
            self.assertEqual((owner.seen, owner.remembered), (seen, False))
        self.assert_same(self.a, self.b)

    def test_clock_behind(self) -> None:
        """A change is later than what it changes, though the clock of its server is behind."""
        late = Site(self.folder / "late", self.clock, wrong_by=-500.0)
        self.addCleanup(lambda: late.do(late.people.close()))
        alice = self.a.register("alice")
        late.merge(*self.a.told)
        late.do(late.people.set_remembered(alice.id, False))
        late.do(late.people.ignore(alice.id, alice.id))
        self.a.merge(*late.told)
        self.assertFalse(self.a.people.owners.demand(alice.id).remembered)
        late.told.clear()
        late.do(late.people.remove(alice.id))
        self.a.merge(*late.told)
        self.assertEqual(len(self.a.people.owners), 0)
        self.assert_same(self.a, late)

    def test_not_brought_back(self) -> None:
        """A server that was away for a year brings no account back that was removed meanwhile."""
        alice = self.a.register("alice")
        self.b.merge(*self.a.told)
        self.a.do(self.a.people.remove(alice.id))
        self.clock.advance(365 * DAY)
        self.a.people.start()
        self.b.people.start()
        for one, other in ((self.a, self.b), (self.b, self.a)):
            one.learn(other)
        self.assertEqual((len(self.a.people.owners), len(self.b.people.owners)), (0, 0))
        self.clock.advance(2 * DAY)
        self.assertEqual(self.a.all, [])
        self.a.merge(*self.b.told, AccountGone(alice.id, NOW))
        self.assertEqual(self.a.all, [])

    def test_one_name(self) -> None:
        """Of two accounts of one name the one that was registered first holds, in whatever order they are told."""
        first = self.a.register("alice")
        self.clock.advance(1)
        second = self.b.register("ALICE")
        self.b.do(self.b.people.leave_letter(second.id, "bob", None, "lunch?"))
        told = [*self.a.told, *self.b.told]
        for number, order in enumerate(permutations(told)):
            site = self.site(f"site{number}")
            site.merge(*order)
            self.assertEqual([owner.id for owner in site.people.owners], [first.id])
            site.learn(self.b)
            self.assertEqual(site.facts[4], [])
            self.assertIn((second.id, second.changed_at), [(who, round(at, 6)) for who, at in site.facts[6]])
        self.b.merge(*self.a.told)
        self.a.learn(self.b)
        self.assert_same(self.a, self.b)
        [lost] = [one.before for one in self.b.merged if isinstance(one.now, AccountGone)]
        self.assertEqual(lost, second)

    def test_look_alikes(self) -> None:
        """Two that only look alike stay two; a new name of that look is the older one's."""
        younger = self.a.register("alice")
        self.clock.advance(-10)
        older = self.b.register("aIice")
        self.a.merge(*self.b.told)
        owners = self.a.people.owners
        self.assertEqual(len(owners), 2)
        self.assertEqual((owners.owner_of(nickname("alice")), owners.owner_of(nickname("aIice"))), (younger, older))
        self.assertEqual(owners.owner_of(nickname("a1ice")), older)
        self.a.do(self.a.people.remove(older.id))
        self.assertEqual(owners.owner_of(nickname("a1ice")), younger)

    def test_one_key(self) -> None:
        """An SSH key that was bound to two names opens the one that it was bound to first."""
        key, later = SSHKey("SHA256:k", "laptop", NOW), SSHKey("SHA256:k", "laptop", NOW + 5)
        alice = self.a.register("alice", key)
        bob = self.b.register("bob", later)
        for one, other in ((self.a, self.b), (self.b, self.a)):
            one.merge(*other.told)
        self.c.learn(self.b)
        self.assert_same(self.a, self.b, self.c)
        owner = self.c.people.owners.owner_of_key("SHA256:k")
        self.assertEqual(owner and owner.id, alice.id)
        self.assertEqual(self.c.people.owners.demand(bob.id).ssh_keys, ())

    def test_judgement_is_told(self) -> None:
        """Who has lost a key to somebody has lost it everywhere, also where that one's end was heard of first."""
        bob = self.a.register("bob", SSHKey("SHA256:k", "laptop", NOW))
        alice = self.b.register("alice", SSHKey("SHA256:k", "laptop", NOW + 5))
        bound = list(self.a.told)
        self.a.do(self.a.people.remove(bob.id))
        self.a.merge(*self.b.told)
        self.c.merge(*bound, *self.b.told)
        self.assertEqual([len(site.people.owners.demand(alice.id).ssh_keys) for site in (self.a, self.c)], [1, 0])
        [judged] = self.c.told
        for site in (self.a, self.b):
            site.merge(judged)
        self.c.merge(*self.a.told)
        self.assert_same(self.a, self.c)
        self.assertEqual(self.c.told, [judged])  # and nobody says it again
        self.assertEqual(len(self.a.people.owners), 1)

    def test_unwritten(self) -> None:
        """What can't be written holds nowhere, and the next try mends it."""
        self.a.register("alice")
        with closing(sqlite3.connect(self.b.path)) as db:
            db.execute("drop table ignored")
            db.commit()
            self.assertRaises(HallError, self.b.merge, *self.a.told)
            self.assertEqual(len(self.b.people.owners), 0)
            db.execute("create table ignored (owner integer not null, other integer not null)")
            db.commit()
        self.b.merge(*self.a.told)
        self.assertEqual(len(self.b.people.owners), 1)
        self.flushLoggedErrors()

    def test_many(self) -> None:
        """Thousands are merged in one piece, and nothing is told again of what is the same."""
        names = [nickname(f"person{number}") for number in range(2_000)]
        owners = [Owner(number + 1, name, NOW, NOW, NOW, has_password=False) for number, name in enumerate(names)]
        self.a.merge(*(AccountCopy(owner, None, None) for owner in owners))
        self.b.learn(self.a)
        self.assertEqual(self.a.do(self.a.people.digests()), self.b.do(self.b.people.digests()))
        self.b.merged.clear()
        self.b.merge(*self.a.all)
        self.assertEqual(self.b.merged, [])


class LetterTests(SitesCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.a.register("alice").id
        self.b.merge(*self.a.told)
        self.c.merge(*self.a.told)

    def letters(self, site: Site) -> list[str]:
        return [letter.text for letter in site.do(site.people.letters(self.alice))]

    def test_everywhere(self) -> None:
        """A letter waits on every server, in the order of time, and is gone everywhere once it has arrived."""
        for site, text in ((self.b, "one"), (self.a, "two"), (self.b, "three")):
            site.do(site.people.leave_letter(self.alice, "bob", None, text))
            self.clock.advance(1)
        self.c.merge(*reversed(self.a.told), *reversed(self.b.told))
        self.assertEqual(self.letters(self.c), ["one", "two", "three"])
        self.c.do(self.c.people.burn(self.c.do(self.c.people.letters(self.alice))))
        for site in (self.a, self.b):
            site.merge(*self.c.told)
            self.assertEqual(self.letters(site), [])

    def test_never_again(self) -> None:
        """One that has arrived is not brought back by a server that was away meanwhile."""
        self.b.do(self.b.people.leave_letter(self.alice, "bob", None, "one"))
        self.a.merge(*self.b.told)
        self.a.do(self.a.people.burn(self.a.do(self.a.people.letters(self.alice))))
        self.clock.advance(29 * DAY)
        self.a.learn(self.b)
        self.a.merge(*self.b.told)
        self.assertEqual(self.letters(self.a), [])
        self.b.learn(self.a)
        self.assertEqual(self.letters(self.b), [])
        self.clock.advance(2 * DAY)
        self.a.people.start()
        self.assertEqual([copy for copy in self.a.all if isinstance(copy, LetterGone)], [])
        self.a.merge(*self.b.told)
        self.assertEqual(self.letters(self.a), [])


class SitesMachine(RuleBasedStateMachine):
    """Three servers, whose clocks differ, and that tell each other all, some of it, twice, late or not at all."""

    names = st.sampled_from(("alice", "ALICE", "bob", "carol"))
    sites = st.sampled_from(range(3))
    fingerprints = st.sampled_from(("SHA256:a", "SHA256:b", "SHA256:c"))
    numbers = st.integers(0, 50)

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory(prefix="chatd")
        self.clock = Clock()
        self.clock.advance(NOW)
        self.all = [
            Site(Path(self.folder.name) / str(number), self.clock, wrong_by)
            for number, wrong_by in enumerate((0.0, -5.123, 7.277))
        ]
        self.read: set[int] = set()

    def teardown(self) -> None:
        self.settle()
        for site in self.all:
            site.do(site.people.close())
        self.folder.cleanup()

    def attempt(self, site: Site, work: Coroutine[Any, Any, Any]) -> None:
        self.clock.advance(1)
        try:
            site.do(work)
        except HallError:
            return

    def one(self, site: Site, number: int) -> int:
        owners = sorted(owner.id for owner in site.people.owners)
        return owners[number % len(owners)] if owners else 0

    @rule(site=sites, name=names, fingerprint=fingerprints)
    def register(self, site: int, name: str, fingerprint: str) -> None:
        key = SSHKey(fingerprint, "laptop", self.clock.seconds())
        self.attempt(self.all[site], self.all[site].people.register(nickname(name), SECRETS[0], key))

    @rule(site=sites, number=numbers, other=numbers, what=st.integers(0, 7), fingerprint=fingerprints)
    def change(self, site: int, number: int, other: int, what: int, fingerprint: str) -> None:
        people, who = self.all[site].people, self.one(self.all[site], number)
        works = (
            lambda: people.change_password(who, SECRETS[1]),
            lambda: people.reset(who),
            lambda: people.remove(who),
            lambda: people.set_remembered(who, False),
            lambda: people.ignore(who, self.one(self.all[site], other), bool(other % 3)),
            lambda: people.add_key(who, SSHKey(fingerprint, "phone", self.clock.seconds())),
            lambda: people.remove_key(who, fingerprint),
            lambda: people.saw(who),
        )
        self.attempt(self.all[site], works[what]())

    @rule(site=sites, number=numbers)
    def leave_letter(self, site: int, number: int) -> None:
        who = self.one(self.all[site], number)
        self.attempt(self.all[site], self.all[site].people.leave_letter(who, "dave", None, "lunch?"))

    @rule(site=sites, number=numbers)
    def read_letters(self, site: int, number: int) -> None:
        people, who = self.all[site].people, self.one(self.all[site], number)
        letters = self.all[site].do(people.letters(who))
        self.attempt(self.all[site], people.burn(letters))
        self.read |= {letter.id for letter in letters}
        assert self.all[site].do(people.letters(who)) == []

    @rule(site=sites, other=sites, which=st.lists(numbers, max_size=8))
    def tell(self, site: int, other: int, which: Sequence[int]) -> None:
        told = self.all[other].told
        self.all[site].merge(*[told[number % len(told)] for number in which if told])

    @rule(site=sites, other=sites)
    def learn(self, site: int, other: int) -> None:
        self.all[site].learn(self.all[other])

    @rule()
    def settle(self) -> None:
        """Once all have compared, all keep the same, and no name and no key is anybody's twice."""
        for _ in range(6):
            digests = [site.do(site.people.digests()) for site in self.all]
            if digests.count(digests[0]) == len(digests):
                break
            for site in self.all:
                for other in self.all:
                    site.learn(other)
        first = self.all[0]
        assert digests.count(digests[0]) == len(digests), [site.facts for site in self.all]
        for site in self.all:
            assert site.facts == first.facts, (first.facts, site.facts)
            assert site.in_memory == site.read_again, (site.in_memory, site.read_again)
            assert not self.read & {row[0] for row in site.facts[4]}


class SitesModelTests(SynchronousTestCase):
    def test_model(self) -> None:
        """Whatever happens where, and whatever is told when, all servers come to keep the same."""
        run_state_machine_as_test(
            SitesMachine,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=25,
                deadline=None,
                phases=(Phase.explicit, Phase.reuse, Phase.generate),
                suppress_health_check=list(HealthCheck),
            ),
        )
