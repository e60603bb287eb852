"""Tests for chatd.core.relay: what members do that takes its turn."""

from __future__ import annotations

from collections.abc import Awaitable

from twisted.internet.defer import Deferred

from chatd.core.nickname import nickname
from chatd.core.owners import Owner
from chatd.core.refusals import NotHeardBy, OthersUnreachable
from chatd.core.relay import Alone, Named, Whisper
from tests.core.test_hall import HallTestCase
from tests.core.turns import ByHand, come_elsewhere


class RelayTestCase(HallTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.enter("alice")
        self.relay = ByHand()
        self.hall.relay = self.relay
        self.zoe = come_elsewhere(self.hall, "zoe")

    def work(self, awaitable: Awaitable[None] | None) -> Deferred[None]:
        assert awaitable is not None
        return Deferred.fromCoroutine(_of(awaitable))


class RenameTests(RelayTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner = Owner(7, nickname("bob"), 0.0, 0.0, 0.0)
        self.hall.owners.put(self.owner)

    def test_in_turn(self) -> None:
        """A name is claimed, and then taken in its turn, with the account of its owner."""
        renaming = self.work(self.alice.rename("bob", 7))
        self.relay.go_on()
        self.assertEqual((self.alice.nickname, self.hall.holders.of(7)), ("alice", None))
        self.relay.go_on()
        self.successResultOf(renaming)
        self.assertEqual((self.alice.nickname, self.hall.holders.of(7)), ("bob", self.alice))

    def test_disowned_meanwhile(self) -> None:
        """The name is taken all the same, as all halls do, if it is nobody's by then."""
        renaming = self.work(self.alice.rename("bob", 7))
        self.relay.go_on()
        self.hall.owners.remove(7)
        self.relay.go_on()
        self.successResultOf(renaming)
        self.assertEqual((self.alice.nickname, self.alice.traces.account), ("bob", None))

    def test_refused(self) -> None:
        """If the turn can't be had any more, the name is claimed no longer, and nothing has changed."""
        renaming = self.work(self.alice.rename("bob", 7))
        self.relay.refusal = OthersUnreachable()
        self.relay.go_on()
        self.failureResultOf(renaming, OthersUnreachable)
        self.assertEqual(self.relay.released, [nickname("bob").keys])
        self.assertEqual((self.alice.nickname, self.hall.holders.of(7)), ("alice", None))

    def test_turn_at_once(self) -> None:
        """A claim may take its time though the turn doesn't."""
        self.relay.turn = Alone().turn  # type: ignore[method-assign]
        renaming = self.work(self.alice.rename("carol"))
        self.relay.go_on()
        self.successResultOf(renaming)
        self.assertEqual(self.alice.nickname, "carol")

    def test_no_account_elsewhere(self) -> None:
        """Of somebody elsewhere the name alone is known."""
        self.zoe.carry_out(Named(nickname("yves")))
        self.assertEqual((self.zoe.nickname, self.zoe.traces.account), ("yves", None))


class TurnToTests(RelayTestCase):
    def test_brought(self) -> None:
        """Who turns to somebody elsewhere talks to them once the line has got there."""
        turning = self.work(self.alice.talk.turn_to("zoe", "psst"))
        self.assertEqual((self.relay.sent, self.alice.talk.addressee), ([Whisper("psst")], None))
        self.relay.go_on()
        self.successResultOf(turning)
        self.assertIs(self.alice.talk.addressee, self.zoe)

    def test_refused(self) -> None:
        """If it is refused there, the addressee is who it was."""
        turning = self.work(self.alice.talk.turn_to("zoe", "psst"))
        self.relay.go_on(NotHeardBy("zoe", unsent="psst"))
        self.failureResultOf(turning, NotHeardBy)
        self.assertIsNone(self.alice.talk.addressee)

    def test_gone_meanwhile(self) -> None:
        """Who has left meanwhile has no tie to anybody."""
        turning = self.work(self.alice.talk.turn_to("zoe", "psst"))
        self.alice.leave()
        self.relay.go_on()
        self.successResultOf(turning)
        self.assertEqual(self.zoe.talk.talked_to_by, set())


async def _of(awaitable: Awaitable[None]) -> None:
    await awaitable
