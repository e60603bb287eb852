"""Tests for chatd.core.owners."""

from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.nickname import Nickname, exact_key, nickname
from chatd.core.owner_refusals import KeyTaken, LastKey, NameOwned, NoSuchKey, NotOwned, TooManyKeys, TooManyOwners
from chatd.core.owners import MOST_GONE, MOST_KEYS, Owner, Owners, SSHKey


def owner(id: int, typed: str, seen: float = 0.0, *keys: SSHKey, keys_of: Nickname | None = None) -> Owner:
    name = keys_of or nickname(typed)
    return Owner(id, Nickname(typed, name.keys, exact_key(typed)), 0.0, seen, 0.0, ssh_keys=keys)


def key(name: str) -> SSHKey:
    return SSHKey(f"SHA256:{name}", "", 0.0)


class OwnersTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.owners = Owners(most=3)
        self.alice = owner(1, "alice")
        self.owners.put(self.alice)

    def test_look_up(self) -> None:
        """An owner is found by the name or a look-alike, by the id, and exactly: then only case and width differ."""
        for typed in ("alice", "ALICE", "ａlice", "aIice"):
            self.assertIs(self.owners.owner_of(nickname(typed)), self.alice)
        for typed, found in (("Alice", self.alice), ("ａlice", self.alice), ("aIice", None), ("bob", None)):
            self.assertIs(self.owners.named(typed), found)
        self.assertIs(self.owners.owner_of(nickname("alison")), None)
        self.assertEqual((self.owners.get(1), self.owners.get(2), self.owners.get(None)), (self.alice, None, None))
        self.assertIs(self.owners.demand(1), self.alice)
        self.assertRaises(NotOwned, self.owners.demand, 2)
        self.assertEqual((len(self.owners), list(self.owners)), (1, [self.alice]))

    def test_nobodys(self) -> None:
        """What can't be a name has no key."""
        for typed in ("", "a b\a", "x" * 100):
            self.assertEqual(exact_key(typed), "")
            self.assertIs(self.owners.named(typed), None)

    def test_reserve(self) -> None:
        """A name that is owned, or being registered, can't be registered; nor can one that looks like it."""
        for typed in ("alice", "aIice"):
            refusal = self.assertRaises(NameOwned, self.reserve, typed)
            self.assertEqual((refusal.typed, refusal.holder), (typed, "alice"))
        with self.owners.reserved(nickname("bill")):
            self.assertRaises(NameOwned, self.owners.check_not_reserved, nickname("biIl"))
            refusal = self.assertRaises(NameOwned, self.reserve, "biIl")
            self.assertEqual(refusal.holder, "bill")
            self.reserve("carol")
        self.owners.check_not_reserved(nickname("biIl"))
        self.reserve("bill")

    def test_reserve_fails(self) -> None:
        """When registering fails, the name is free."""
        with self.assertRaises(KeyError), self.owners.reserved(nickname("bob")):
            raise KeyError
        self.reserve("bob")

    def test_full(self) -> None:
        """There is an end to how many names are owned."""
        for number, typed in ((2, "bob"), (3, "carol")):
            self.reserve(typed)
            self.owners.put(owner(number, typed))
        self.assertRaises(TooManyOwners, self.reserve, "dave")
        self.owners.remove(2)
        self.reserve("dave")

    def reserve(self, typed: str) -> None:
        with self.owners.reserved(nickname(typed)):
            pass

    def test_newer_facts(self) -> None:
        """Newer facts of an account take the place of the old ones."""
        self.owners.put(replace(self.alice, seen=5.0))
        self.assertEqual([one.seen for one in self.owners], [5.0])
        self.assertEqual(self.owners.demand(1).seen, 5.0)

    def test_remove(self) -> None:
        """A name is free when its owner is removed; who is no owner can't be."""
        self.owners.put(owner(2, "bob", 0.0, key("bob")))
        self.owners.ignore(2, 1)
        self.owners.ignore(1, 2)
        self.owners.remove(2)
        self.owners.remove(2)
        self.assertEqual([one.name.shown for one in self.owners], ["alice"])
        for found in (self.owners.owner_of(nickname("bob")), self.owners.named("bob")):
            self.assertIs(found, None)
        self.assertIs(self.owners.owner_of_key("SHA256:bob"), None)
        self.assertEqual((self.owners.ignored_by(1), self.owners.ignored_by(2)), (frozenset(), frozenset()))

    def test_gone(self) -> None:
        """Who is asked for and gone is refused by name, if they are among the last; what was unsent is given back."""
        self.owners.remove(1)
        refusal = self.assertRaises(NotOwned, self.owners.demand, 1, "hi")
        self.assertEqual((refusal.typed, refusal.unsent), ("alice", "hi"))
        for number in range(MOST_GONE):
            self.owners.put(owner(2 + number, f"x{number}"))
            self.owners.remove(2 + number)
        self.assertEqual(self.assertRaises(NotOwned, self.owners.demand, 2).typed, "x0")
        self.assertEqual(self.assertRaises(NotOwned, self.owners.demand, 1).typed, "?")

    def test_unused(self) -> None:
        """Who was not seen for long, and is not here, is unused."""
        self.owners.put(owner(2, "bob", 10.0))
        self.owners.put(owner(3, "carol", 5.0))
        self.assertEqual([one.id for one in self.owners.unused(10.0)], [1, 3])
        self.assertEqual([one.id for one in self.owners.unused(11.0, {3})], [1, 2])

    def test_ignores(self) -> None:
        """An ignore lasts until it is ended, of those who have an account, or get one later."""
        self.owners.ignore(1, 2)
        self.owners.ignore(1, 3)
        self.owners.ignore(1, 2, on=False)
        self.assertEqual(self.owners.ignored_by(1), frozenset())
        self.owners.put(owner(3, "carol"))
        self.assertEqual(self.owners.ignored_by(1), {3})
        self.assertEqual(self.owners.ignored_by(3), frozenset())
        self.owners.set_ignored(1, ())
        self.assertEqual(self.owners.ignored_by(1), frozenset())


class LookAlikeTests(SynchronousTestCase):
    """Two accounts that look alike by newer tables than those by which they were registered."""

    def setUp(self) -> None:
        self.owners = Owners()
        self.old, self.newer = owner(1, "alice"), owner(2, "aIlce", keys_of=nickname("alice"))
        self.newest = owner(3, "aIIce", keys_of=nickname("alice"))
        for one in (self.old, self.newer, self.newest):
            self.owners.put(one)

    def whose(self, typed: str) -> Owner | None:
        return self.owners.owner_of(Nickname(typed, nickname("alice").keys, exact_key(typed)))

    def test_both_stay(self) -> None:
        """Each comes in under their own name; another look-alike is taken for the oldest."""
        self.assertIs(self.whose("alice"), self.old)
        self.assertIs(self.whose("aIlce"), self.newer)
        self.assertIs(self.whose("alIce"), self.old)

    def test_oldest_leaves(self) -> None:
        """When the oldest is gone, look-alikes are the next one's."""
        self.owners.remove(1)
        self.assertIs(self.whose("alIce"), self.newer)
        self.assertIs(self.whose("aIlce"), self.newer)

    def test_newer_leaves(self) -> None:
        """When another is gone, nothing changes for the rest."""
        self.owners.remove(2)
        self.assertIs(self.whose("alIce"), self.old)
        self.owners.remove(1)
        self.assertIs(self.whose("alIce"), self.newest)
        self.owners.remove(3)
        self.assertIs(self.whose("alIce"), None)


class SSHKeyTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.owners = Owners()
        self.alice = owner(1, "alice", 0.0, key("one"), key("two"))
        self.owners.put(self.alice)

    def test_opens(self) -> None:
        """A key opens the name that it is bound to, and no other can have it."""
        self.assertIs(self.owners.owner_of_key("SHA256:one"), self.alice)
        self.assertIs(self.owners.owner_of_key("SHA256:three"), None)
        refusal = self.assertRaises(KeyTaken, self.owners.check_free_key, "SHA256:two")
        self.assertEqual(refusal.holder, "alice")
        self.owners.check_free_key("SHA256:three")

    def test_changes(self) -> None:
        """A key that is taken away opens nothing; another one may be added."""
        self.owners.put(replace(self.alice, ssh_keys=(key("two"), key("three"))))
        self.owners.check_free_key("SHA256:one")
        for name in ("two", "three"):
            self.assertRaises(KeyTaken, self.owners.check_free_key, f"SHA256:{name}")

    def test_limits(self) -> None:
        """There is an end to how many keys a name has, and one that can't be opened otherwise keeps its last."""
        self.alice.check_new_key()
        full = replace(self.alice, ssh_keys=tuple(key(str(number)) for number in range(MOST_KEYS)))
        self.assertRaises(TooManyKeys, full.check_new_key)
        self.assertRaises(NoSuchKey, self.alice.check_old_key, "SHA256:three")
        alone = replace(self.alice, ssh_keys=(key("one"),))
        alone.check_old_key("SHA256:one")
        self.assertRaises(LastKey, replace(alone, has_password=False).check_old_key, "SHA256:one")
        replace(self.alice, has_password=False).check_old_key("SHA256:one")
