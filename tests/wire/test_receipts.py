"""Tests for chatd.wire.receipts."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Events, Said
from chatd.doors.text import TextCodec
from chatd.session.view import view
from chatd.wire.receipts import LOOK_AT_THE_END, LOOK_EVERY, MOST, Receipts


def said(*texts: str) -> tuple[Said, ...]:
    return tuple(Said(0.0, "#lobby", "alice", text) for text in texts)


SIZE = len("<alice> 1\r\n")


class ReceiptsTests(SynchronousTestCase):
    """A connection whose peer acknowledges what a test says."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.codec = TextCodec()
        self.codec.view = view("off")
        self.unacknowledged = 0
        self.takes = True
        self.receipts = Receipts(self.send, self, self.clock)
        self.calls: list[str] = []

    def send(self, events: Events) -> bool:
        if self.takes:
            self.unacknowledged += SIZE * len(events)
        return self.takes

    def deliver(self, *texts: str) -> bool:
        return self.receipts.deliver(said(*texts))

    def assertMissing(self, *texts: str) -> None:
        self.assertEqual(self.receipts.missing(), said(*texts))

    def test_missing(self) -> None:
        """What was delivered and not acknowledged is missing: the last of it, as far as the bytes go."""
        self.deliver("1")
        self.deliver("2", "3")
        self.deliver("4")
        for unacknowledged, missing in ((0, ""), (1, "4"), (SIZE, "4"), (SIZE + 1, "234")):
            self.unacknowledged = unacknowledged
            self.assertMissing(*missing)
        self.unacknowledged = 100 * SIZE
        self.assertMissing(*"1234")

    def test_skipped(self) -> None:
        """What a slow reader lost is not missing: they are told of that in another way."""
        self.takes = False
        self.assertFalse(self.deliver("1"))
        self.unacknowledged = SIZE
        self.assertMissing()

    def test_forgotten(self) -> None:
        """What has arrived is remembered no longer, and then nothing is looked at any more."""
        self.deliver("1")
        self.deliver("2")
        self.unacknowledged = SIZE
        self.clock.advance(LOOK_EVERY)
        self.unacknowledged = 100 * SIZE
        self.assertMissing("2")
        self.unacknowledged = 0
        self.clock.advance(LOOK_EVERY)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_bounded(self) -> None:
        """However long a peer acknowledges nothing, no more than so much is remembered."""
        for number in range(MOST + 5):
            self.deliver(str(number % 10))
        self.assertEqual(len(self.receipts.missing()), MOST)

    def test_once_taken(self) -> None:
        """Who waits for what was sent is told when it has arrived; what was sent behind it doesn't matter."""
        self.receipts.once_taken(lambda: self.calls.append("taken"))
        self.deliver("1")
        self.unacknowledged += SIZE
        self.clock.advance(LOOK_EVERY)
        self.assertEqual(self.calls, [])
        self.unacknowledged = SIZE
        self.clock.advance(LOOK_EVERY)
        self.assertEqual(self.calls, ["taken"])
        self.assertMissing("1")

    def test_finish(self) -> None:
        """A connection that is to be closed waits for as long as somebody does, and looks often."""
        self.receipts.once_taken(lambda: self.calls.append("taken"))
        self.unacknowledged = 1
        self.receipts.finish(lambda: self.calls.append("close"))
        self.clock.advance(LOOK_AT_THE_END)
        self.assertEqual(self.calls, [])
        self.unacknowledged = 0
        self.clock.advance(LOOK_AT_THE_END)
        self.assertEqual(self.calls, ["taken", "close"])

    def test_nobody_waits(self) -> None:
        """Where nobody waits it is closed at once."""
        self.deliver("1")
        self.receipts.finish(lambda: self.calls.append("close"))
        self.assertEqual(self.calls, ["close"])

    def test_arrived(self) -> None:
        """A peer that closes in order behind the end has got everything."""
        self.deliver("1")
        self.receipts.once_taken(lambda: self.calls.append("taken"))
        self.receipts.arrived()
        self.assertEqual(self.calls, ["taken"])
        self.assertMissing()

    def test_stop(self) -> None:
        """When the connection is gone, nobody is told anything, and nothing is remembered."""
        self.receipts.stop()
        self.receipts.once_taken(lambda: self.calls.append("taken"))
        self.receipts.stop()
        self.clock.advance(LOOK_EVERY)
        self.assertEqual(self.calls, [])
        self.assertMissing()
