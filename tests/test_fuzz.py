"""Tests for fuzz: that an honest person notices what must not be, and that a seed can be repeated."""

from __future__ import annotations

from itertools import islice

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.nickname import nickname
from chatd.core.refusals import BadNickname
from fuzz.chunks import PRIVATE_WAYS, Chunks, draw_examples
from fuzz.faults import Fault
from fuzz.honest import FAREWELL, Ears
from fuzz.names import HONEST, LOOK_ALIKES, look_alikes


class EarsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.ears = Ears("honest1", lambda rogue, number: (rogue, number) == ("rogue2", 7))

    def test_ordinary_lines(self) -> None:
        """Every kind of line may be shown, however it is cut, and the honest ones are counted."""
        shown = (
            "-- you are honest1 in #lobby; 1 person is here: honest1\r\n14:02 <honest0> line 1\r\n<honest0> line 2\r\n"
            "14:02 * rogue1 says <honest0> line 9\r\n[rogue1 -> you] only for honest1: 1 from rogue1\r\n"
            f"14:02 <李雷> 你好\r\n{FAREWELL[1]}\r\n"
        ).encode()
        for number in range(len(shown)):
            self.ears.hear(shown[number : number + 1])
        self.ears.end()
        self.assertEqual(self.ears.heard["honest0"], 2)
        self.assertEqual(self.ears.private, {"only for honest1: 1 from rogue1"})

    def test_faults(self) -> None:
        """Bytes that are no clean text, lines of no known kind and words of the wrong person are faults."""
        for shown in (
            b"<rogue1> \xff\xfd\x06\r\n",
            b"<rogue1> \xc3\r\n",
            b"<rogue1> a\rb\r\n",
            b"<rogue1> a\nb\r\n",
            b"<rogue1> \x1b[2J\r\n",
            "<rogue1> \u202e\r\n".encode(),
            b"words of somebody\r\n",
            b"\r\n",
            b"!! refused\r\n",
            b"-- 3 lines skipped while your connection was slow\r\n",
            b"<honest0> line 2\r\n",
            b"<honest0> line 1\r\n<honest0> line 1\r\n",
            b"<honest0> something\r\n",
            b"* honest0 line 1\r\n",
            b"[honest0 -> you] line 1\r\n",
            b"<h0nest0> line 1\r\n",
            b"<rogue1> only for honest2: 1 from rogue1\r\n",
            b"[rogue1 -> you] only for honest1: 1 from rogue1\r\n" * 2,
        ):
            self.assertRaises(
                Fault, Ears("honest1", lambda rogue, number: (rogue, number) == ("rogue2", 7)).hear, shown
            )

    def test_recalled(self) -> None:
        """Whoever has their line edited by chatd may send it once more."""
        self.ears.hear(b"[rogue2 -> you] only for honest1: 7 from rogue2\r\n" * 2)
        self.assertEqual(self.ears.private, {"only for honest1: 7 from rogue2"})

    def test_no_farewell(self) -> None:
        """Whoever is cut off without a farewell, or in the middle of it, notices."""
        for shown in (b"", b"-- a line\r\n", *(farewell.encode() for farewell in FAREWELL)):
            ears = Ears("honest1", lambda rogue, number: (rogue, number) == ("rogue2", 7))
            ears.hear(shown)
            self.assertRaises(Fault, ears.end)


class ChunksTests(SynchronousTestCase):
    def test_seed(self) -> None:
        """The same seed gives the same examples and the same lives, another one gives others."""

        def lives(seed: int, heard: int) -> list[bytes]:
            """Return what follows a life of which so much was heard."""
            chunks = Chunks(seed, "rogue1", draw_examples(seed, 50))
            self.assertTrue(list(islice(chunks.life(), heard)))
            return [*chunks.life(), *islice(chunks.greedy_life(), 50)]

        self.assertEqual(lives(1, heard=1), lives(1, heard=1))
        self.assertEqual(lives(1, heard=1), lives(1, heard=9), "however early the life before has ended")
        self.assertNotEqual(lives(1, heard=1), lives(2, heard=1))
        self.assertTrue(all(lives(1, heard=1)))

    def test_private_lines(self) -> None:
        """No line of a private chunk is a nickname, so none can be shown to all by way of a name."""
        for way in PRIVATE_WAYS:
            for line in way.format("honest1", "only for honest1: 1 from rogue1").split("\n"):
                self.assertRaises(BadNickname, nickname, line)


class NamesTests(SynchronousTestCase):
    def test_look_alikes(self) -> None:
        """The honest are not among those who look like them."""
        self.assertLess({"h0nest1", "HONEST1", "hоnest1"}, look_alikes("honest1"))
        self.assertTrue(LOOK_ALIKES.isdisjoint(HONEST))
