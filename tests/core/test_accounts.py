"""Tests for chatd.core.hall: people who own their names, and what their rooms remember."""

from dataclasses import replace

from chatd.core.bans import Ban
from chatd.core.events import RememberTurned, Said
from chatd.core.member import Member
from chatd.core.memory import Memory
from chatd.core.nickname import nickname
from chatd.core.owner_refusals import NameOwned, NotOwned
from chatd.core.owners import Owner
from chatd.core.refusals import LockKept, Muted, NicknameBanned, NotFirstMember, RoomLocked
from tests.core.test_hall import CLOSED, HallTestCase
from tests.core.test_memory import Lines
from tests.core.turns import come_elsewhere


class AccountTests(HallTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = (self.own(number, typed) for number, typed in ((1, "alice"), (2, "bob")))

    def own(self, id: int, typed: str) -> Owner:
        owner = Owner(id, nickname(typed), 0.0, 0.0, 0.0)
        self.hall.owners.put(owner)
        return owner

    def come(self, owner: Owner) -> Member:
        return self.hall.enter(owner.name.shown, list, account=owner.id)

    def test_owned(self) -> None:
        """Under an owned name, or one that looks like it, nobody comes in but its owner, nor takes it later."""
        carol = self.enter("carol")
        for typed in ("alice", "AIice"):
            self.assertRaises(NameOwned, self.hall.enter, typed, list)
            self.assertRaises(NameOwned, self.hall.enter, typed, list, account=2)
            self.assertRaises(NameOwned, carol.rename, typed)
        self.assertEqual(self.come(self.alice).traces.account, 1)
        self.assertEqual([member.nickname for member in self.hall.members], ["carol", "alice"])

    def test_who_must_say_so(self) -> None:
        """Who must agree to a name is its owner, unless that is who asks; a banned name is refused first."""
        self.assertIs(self.hall.owner_of("AIice"), self.alice)
        self.assertIsNone(self.hall.owner_of("AIice", account=1))
        self.assertIsNone(self.hall.owner_of("carol"))
        self.hall.bans.add(Ban("name", "alice", None, ""))
        self.assertRaises(NicknameBanned, self.hall.owner_of, "alice")

    def test_gone_account(self) -> None:
        """An account that is gone meanwhile lets nobody in."""
        self.hall.owners.remove(1)
        self.assertRaises(NotOwned, self.hall.enter, "dave", list, account=1)

    def test_here(self) -> None:
        """The hall knows under which accounts people are here, whatever they are called."""
        member = self.come(self.alice)
        member.rename("carol")
        self.assertIs(self.hall.holders.of(1), member)
        self.assertEqual(list(self.hall.holders.accounts), [1])
        member.leave(CLOSED)
        self.assertIsNone(self.hall.holders.of(1))

    def test_account_taken(self) -> None:
        """Without the account they stay, as somebody without one."""
        member = self.come(self.alice)
        self.hall.holders.take(1)
        self.hall.holders.take(2)
        self.assertIsNone(member.traces.account)
        member.leave(CLOSED)

    def test_another_account(self) -> None:
        """Who proves to be another owner is that one from then on."""
        member = self.come(self.alice)
        self.hall.holders.give(member, replace(self.bob, remembered=False))
        self.assertIsNone(self.hall.holders.of(1))
        self.assertIs(self.hall.holders.of(2), member)
        self.assertFalse(member.traces.remembered)

    def test_ignores_hold_again(self) -> None:
        """The ignores between owners hold again when both are here, whoever came first."""
        self.hall.owners.ignore(1, 2)
        for first, second in ((self.alice, self.bob), (self.bob, self.alice)):
            members = {owner: self.come(owner) for owner in (first, second)}
            self.assertEqual(list(members[self.alice].ignoring), [members[self.bob]])
            self.assertEqual(members[self.bob].ignoring, set())
            for member in members.values():
                member.leave(CLOSED)

    def test_mute_follows(self) -> None:
        """The mute of an owner holds under each name, and when they come again."""
        self.hall.bans.add(Ban("mute", "alice", None, "", account=1))
        member = self.come(self.alice)
        self.assertRaises(Muted, member.talk.say, "hello")
        self.hall.rename(member, "carol")
        member.leave(CLOSED)
        self.assertRaises(Muted, self.come(self.alice).talk.say, "hello")
        self.enter("carla").talk.say("hello")

    def test_ban_follows(self) -> None:
        """So does a ban: by no name does the account come in, and whoever lifts it may name either."""
        self.hall.bans.add(Ban("name", "carol", None, "", account=1))
        self.assertRaises(NicknameBanned, self.come, self.alice)
        self.assertEqual(self.hall.bans.lift("name", "alice", 1).target, "carol")
        self.come(self.alice)

    def test_ban_is_kept(self) -> None:
        """A ban of an account survives a restart."""
        self.hall.bans.add(Ban("name", "alice", None, "", account=1))
        plain = self.hall.bans.plain(0)
        self.hall.bans.lift("name", "alice")
        self.hall.bans.restore(plain, 0)
        self.assertRaises(NicknameBanned, self.hall.bans.check_name, nickname("carol"), 0, 1)
        self.assertRaises(ValueError, self.hall.bans.restore, [{**plain[0], "account": "x"}], 0)


class IgnoredTests(HallTestCase):
    """Whom owners ignore, and others, by halls that are one."""

    def setUp(self) -> None:
        super().setUp()
        self.hall.owners.put(Owner(1, nickname("zoe"), 0.0, 0.0, 0.0))
        self.zoe, self.bob, self.carol = come_elsewhere(self.hall, "zoe"), self.enter("bob"), self.enter("carol")
        self.hall.holders.stand_in(self.zoe, 1)

    def test_elsewhere(self) -> None:
        """Somebody at home elsewhere ignores nobody here: their home sees to that."""
        self.hall.holders.shun(1, self.bob)
        self.assertEqual((self.zoe.ignoring, self.bob.traces.shunned_by), (frozenset(), frozenset()))

    def test_without_account(self) -> None:
        """Who has no account ignored nobody before."""
        self.bob.traces.shunned_by = frozenset((1,))
        self.hall.holders.come_home(self.carol)
        self.assertEqual(self.carol.ignoring, frozenset())

    def test_lost_on_the_way(self) -> None:
        """Who comes home here has no account any more that is gone, though their old home had not said so."""
        self.hall.owners.remove(1)
        self.hall.holders.take(1)
        self.assertEqual(self.zoe.traces.account, 1)
        self.zoe.come_home(lambda events: None, None)
        self.assertEqual((self.zoe.traces.account, self.hall.holders.of(1)), (None, None))

    def test_nobody_else(self) -> None:
        """Who ignores some from now on, and nobody else, hears all others again."""
        self.bob.ignore("zoe")
        self.bob.ignore_only(frozenset((self.carol,)))
        self.assertEqual((self.bob.ignoring, self.carol.ignored_by), ({self.carol}, {self.bob}))
        self.assertEqual(self.zoe.ignored_by, frozenset())


class RememberedTests(HallTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.archive = Lines()
        self.hall.remember(Memory(3, self.archive))
        self.one, self.two = self.enter("alice"), self.enter("bob")

    def remembered(self) -> list[str]:
        return [line.text for line in self.one.room.ring.last()]

    def test_said(self) -> None:
        """The last lines of a room are remembered, with who said them and when."""
        for text in ("a", "b", "c"):
            self.one.talk.say(text)
        self.two.talk.act("d")
        self.assertEqual(self.remembered(), ["b", "c", "d"])
        last = self.one.room.ring.last()[-1]
        self.assertEqual((last.name, last.at, last.acted, last.owner), ("bob", 1020.0, True, None))
        self.assertEqual(self.archive, [])

    def test_private(self) -> None:
        """What is said to one person is not."""
        self.one.talk.whisper("bob", "psst")
        self.assertEqual(self.remembered(), [])

    def test_left_out(self) -> None:
        """Nor is what somebody says who doesn't want it."""
        self.one.traces.remembered = False
        self.one.talk.say("a")
        self.two.talk.say("b")
        self.assertEqual(self.remembered(), ["b"])

    def test_empty(self) -> None:
        """When the last person has left, nothing of a room is remembered, unless it is kept on the disk."""
        for kept in (False, True):
            self.hall.lobby.ring.archived = kept
            self.one.talk.say("a")
            self.one.leave(CLOSED)
            self.two.leave(CLOSED)
            self.assertEqual(len(self.hall.lobby.ring.last()), int(kept))
            self.one, self.two = self.enter("alice"), self.enter("bob")

    def test_locked(self) -> None:
        """Locking empties what was there, and nothing of a locked room is remembered."""
        for member in (self.one, self.two):
            member.move("#den")
        self.one.room.remember(self.one, True)
        self.one.talk.say("a")
        self.assertEqual([line.text for line in self.archive], ["a"])
        self.one.turn_lock(True)
        self.two.talk.say("b")
        self.assertEqual(self.remembered(), [])
        self.one.turn_lock(False)
        self.two.talk.say("c")
        self.assertEqual(self.remembered(), ["c"])
        self.assertEqual([line.text for line in self.archive], ["a"])

    def test_may_turn_lock(self) -> None:
        """Whether somebody may lock a room can be asked first."""
        for member in (self.one, self.two):
            member.move("#den")
        self.one.check_may_turn_lock(True)
        self.assertRaises(LockKept, self.one.check_may_turn_lock, False)
        self.assertRaises(NotFirstMember, self.two.check_may_turn_lock, True)
        self.assertFalse(self.one.room.locked)

    def test_all_are_told(self) -> None:
        """All inside are told that a room is kept on the disk."""
        self.two.move("#den")
        self.forget()
        self.two.room.remember(self.two, True)
        self.assertEqual(self.heard(self.two), [RememberTurned(1020.0, "#den", "bob", True)])
        self.assertEqual(self.heard(self.one), [])

    def test_taken_over(self) -> None:
        """Another connection brings a person's events from then on, and the news that they were put out."""
        events: list[object] = []
        self.two.hand_over(events.extend, events.append)
        self.forget()
        self.one.talk.say("a")
        self.assertEqual(events, [Said(1020.0, "#lobby", "alice", "a")])
        self.two.dismiss(CLOSED)
        self.assertEqual((events[-1], self.heard(self.two)), (CLOSED, []))

    def test_rooms_apart(self) -> None:
        """A room that is opened again remembers nothing."""
        self.one.move("#den")
        self.one.talk.say("a")
        self.one.move("#lobby")
        self.one.move("#den")
        self.assertEqual(self.remembered(), [])
        self.one.turn_lock(True)
        self.assertRaises(RoomLocked, self.two.move, "#den")
