"""Tests for chatd.wire.batcher."""

from itertools import pairwise

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Said
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.doors.text import TextCodec
from chatd.session.view import view
from chatd.wire.batcher import Batcher
from chatd.wire.codec import EncodedEvents
from chatd.wire.outbox import Outbox
from tests.wire.test_outbox import LIMIT, Person


class RoundTests(SynchronousTestCase):
    def test_one_that_breaks(self) -> None:
        """A bug in one outbox is logged, and keeps none of the others waiting."""
        flushed: list[str] = []

        class Waiting:
            def __init__(self, name: str) -> None:
                self.name = name

            def flush(self) -> None:
                if self.name == "broken":
                    raise ZeroDivisionError
                flushed.append(self.name)

        clock = Clock()
        batcher = Batcher(clock)
        for name in ("one", "broken", "two"):
            batcher.expect(Waiting(name))
        clock.advance(1)
        self.assertEqual(flushed, ["one", "two"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def rests(self, size: int, *pauses: float) -> list[float]:
        """Return the seconds between rounds of so many outboxes, each expected again after a pause behind its round."""
        clock = Clock()
        clock.advance(100)
        batcher = Batcher(clock)
        rounds: list[float] = []

        class Waiting:
            def flush(self) -> None:
                if rounds[-1:] != [clock.seconds()]:
                    rounds.append(clock.seconds())

        outboxes = [Waiting() for _ in range(size)]
        for pause in (0, *pauses):
            clock.advance(pause)
            for outbox in outboxes:
                batcher.expect(outbox)
            before = len(rounds)
            while len(rounds) == before:
                clock.advance(0.0005)
        return [round(later - earlier, 3) for earlier, later in pairwise(rounds)]

    def test_longer_rests_under_load(self) -> None:
        """While lines come during the rests, these grow with the outboxes of a round, so that more share a send."""
        for size, rests in (
            (1, [0.005, 0.005, 0.005, 0.005]),
            (200, [0.005, 0.005, 0.005, 0.005]),
            (2000, [0.005, 0.01, 0.02, 0.04]),
        ):
            for rest, expected in zip(self.rests(size, 0, 0, 0, 0), rests, strict=True):
                self.assertAlmostEqual(rest, expected, places=3)

    def test_no_long_rest_without_load(self) -> None:
        """A line that comes when nothing is going on leaves at once, and the next soon, in a big room too."""
        self.assertAlmostEqual(self.rests(2000, 0, 0, 0, 0.2, 0.001)[-1], 0.005, places=3)
        self.assertAlmostEqual(self.rests(2000, 0, 0, 0, 0.2)[-1], 0.2, places=2)


class EncodedEventsTests(SynchronousTestCase):
    def test_once_for_each_format(self) -> None:
        """All with one format get the same bytes object; each event is encoded anew."""
        encoded, codec, other = EncodedEvents(), TextCodec(), TextCodec()
        events = (Said(0.0, "#lobby", "alice", "hello"),)
        self.assertIs(encoded.encode(events, codec), encoded.encode(events, other))
        other.view = view("UTC")
        self.assertEqual(encoded.encode(events, other), b"00:00 <alice> hello\r\n")
        self.assertEqual(encoded.encode((Said(60.0, "#lobby", "bob", "hi"),), other), b"00:01 <bob> hi\r\n")


class BroadcastTests(SynchronousTestCase):
    """What a room says waits for the next round in one piece; everything else that happens comes in its order."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.batcher, self.encoded = Batcher(self.clock), EncodedEvents()
        self.hall = Hall(self.clock, broadcaster=self.batcher)
        self.clock.advance(100)
        self.alice, self.bob, self.carol = map(self.enter, ("alice", "bob", "carol"))
        self.clock.pump([5, 5])
        self.screens()

    def enter(self, nickname: str) -> Member:
        transport = StringTransport()
        codec = TextCodec()
        codec.view = view("off")
        encoded = self.encoded
        outbox = Outbox(transport, Person(), codec, encoded, self.batcher, self.clock, limit=LIMIT, patience=60)
        member = self.hall.enter(nickname, outbox.deliver)
        self.outboxes = {**getattr(self, "outboxes", {}), nickname: (outbox, transport)}
        return member

    def screens(self) -> dict[str, list[str]]:
        """Return what everybody has read since the last call."""
        self.clock.pump([1, 0.1])
        read = {name: transport.value().decode().split("\r\n")[:-1] for name, (_, transport) in self.outboxes.items()}
        for _, transport in self.outboxes.values():
            transport.clear()
        return read

    def test_in_one_piece(self) -> None:
        """Lines that the same people hear are put into their outboxes together, as the same bytes."""
        self.alice.talk.say("one")
        self.bob.talk.act("two")
        self.batcher.settle()
        pieces = [outbox._lines for outbox, _ in self.outboxes.values()]
        self.assertEqual(pieces[0], [b"<alice> one\r\n* bob two\r\n"])
        self.assertTrue(all(piece[0] is pieces[0][0] for piece in pieces))
        self.assertEqual(self.screens()["carol"], ["<alice> one", "* bob two"])

    def test_private_in_between(self) -> None:
        """A private line between two room lines is read between them, by both."""
        self.alice.talk.say("one")
        self.alice.talk.whisper("bob", "two")
        self.alice.talk.say("three")
        read = self.screens()
        self.assertEqual(read["alice"], ["<alice> one", "[you -> bob] two", "<alice> three"])
        self.assertEqual(read["bob"], ["<alice> one", "[alice -> you] two", "<alice> three"])
        self.assertEqual(read["carol"], ["<alice> one", "<alice> three"])

    def test_answer_in_between(self) -> None:
        """So is an answer."""
        self.alice.talk.say("one")
        self.outboxes["bob"][0].answer(iter([b"-- two\r\n"]))
        self.alice.talk.say("three")
        self.assertEqual(self.screens()["bob"], ["<alice> one", "-- two", "<alice> three"])

    def test_change_of_audience(self) -> None:
        """Who comes, goes, is quiet or changes rooms between two lines hears what was said in their time, in order."""
        self.alice.talk.say("one")
        self.carol.set_quiet(True)
        self.alice.talk.say("two")
        self.carol.set_quiet(False)
        self.bob.move("#den")
        self.alice.talk.say("three")
        self.bob.talk.say("four")
        self.bob.move("#lobby")
        self.alice.talk.say("five")
        read = {name: [line for line in lines if not line.startswith("--")] for name, lines in self.screens().items()}
        self.assertEqual(read["alice"], ["<alice> one", "<alice> two", "<alice> three", "<alice> five"])
        self.assertEqual(read["bob"], ["<alice> one", "<alice> two", "<bob> four", "<alice> five"])
        self.assertEqual(read["carol"], ["<alice> one", "<alice> three", "<alice> five"])

    def test_last_words(self) -> None:
        """Who leaves still reads what was said before, their own last line too."""
        self.bob.talk.say("goodbye, all")
        self.bob.leave()
        self.assertEqual(self.screens()["bob"], ["<bob> goodbye, all"])

    def test_notice_in_between(self) -> None:
        """A line, a departure and a line are read in this order."""
        self.alice.talk.say("one")
        self.bob.leave()
        self.alice.talk.say("two")
        self.assertEqual(self.screens()["carol"], ["<alice> one", "-- bob left", "<alice> two"])

    def test_long_lines(self) -> None:
        """However much is said at once, a reader who takes it misses nothing."""
        for number in range(20):
            self.alice.talk.say(f"{number} {'李' * 1300}")
        self.assertEqual([line.split()[1] for line in self.screens()["bob"]], [str(n) for n in range(20)])

    def test_many_short_lines(self) -> None:
        """However many short lines are said at once, a reader with the smallest outbox misses none."""
        for _ in range(2000):
            self.alice.talk.say("x")
        self.assertEqual(self.screens()["bob"], ["<alice> x"] * 2000)

    def test_skipped_are_counted(self) -> None:
        """A piece that doesn't fit is counted by its lines."""
        outbox, _ = self.outboxes["bob"]
        outbox.pauseProducing()
        self.alice.talk.say("x" * 10_000)
        for _ in range(40):
            self.alice.talk.say("x" * 400)
        self.clock.advance(1)
        outbox.resumeProducing()
        read = self.screens()["bob"]
        skipped = int(read[-1].split()[1])
        self.assertEqual(len(read) - 1 + skipped, 41)
        self.assertGreater(skipped, 0)
