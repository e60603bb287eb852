"""Tests for chatd.doors.line: the line door over an in-memory transport."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IProtocol, IPushProducer
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.hall import Hall
from chatd.doors.line import LineDoor, LineFactory
from chatd.session.commands import a_person
from chatd.session.session import Server, Session
from chatd.session.state import State
from chatd.session.view import view
from chatd.wire.batcher import Batcher
from chatd.wire.entrance import Entrance
from chatd.wire.lifetime import SLOW_GOODBYE
from tests.wire.test_gate import UNLIMITED

DO_BINARY = bytes.fromhex("fffd00")  # what a client that looks like telnet is asked for
NEGOTIATED = bytes.fromhex("fffb18")


class Line(StringTransportWithDisconnection):
    """A connection in memory. It says what the door sent, and stays open until the door closes it.

    Where the client `lingers`, it stays open behind that, too: there is something left to read, or the client's side.
    """

    producer: IPushProducer  # the outbox, as long as it has registered
    lingers = False

    def __init__(self, door: IProtocol) -> None:
        super().__init__(peerAddress=IPv4Address("TCP", "10.0.0.1", 4000))
        self.protocol = door
        self.aborted = False

    def loseConnection(self) -> None:
        if not self.lingers:
            super().loseConnection()

    def abortConnection(self) -> None:
        self.aborted = True
        super().abortConnection()


class DoorTestCase(SynchronousTestCase):
    """An entrance without limits, but for those that a test sets."""

    limits: dict[str, Any] = {}

    def setUp(self) -> None:
        self.clock = Clock()
        batcher = Batcher(self.clock)
        self.hall = Hall(self.clock, broadcaster=batcher)
        server = Server(self.hall, "the lab")
        self.entrance = Entrance(
            server, self.clock, batcher, replace(UNLIMITED, **self.limits), self.first, "Line door"
        )
        self.factory = LineFactory(self.entrance)

    def first(self, session: Session) -> State:
        return a_person(session)

    def connect(self, *sent: bytes) -> tuple[LineDoor, Line]:
        """Return a new connection that has sent these segments."""
        door = self.factory.buildProtocol(None)
        line = Line(door)
        door.makeConnection(line)
        door.connection.view = view("off")
        for segment in sent:
            door.dataReceived(segment)
        return door, line

    def seen(self, line: Line) -> str:
        """Return what arrived on a connection since the last call, after the time that notices may take."""
        self.clock.pump([1, 0.1])
        text: str = line.value().replace(DO_BINARY, b"").decode()
        line.clear()
        return text

    def seen_by_telnet(self, line: Line) -> str:
        """Return what arrived, without telnet's words."""
        self.clock.pump([1, 0.1])
        return re.sub(rb"\xff[\xfb-\xfe].", b"", line.value(), flags=re.DOTALL).decode()


class LineTests(DoorTestCase):
    def test_welcome(self) -> None:
        """The server speaks UTF-8 with CRLF, asks without a newline, and sends no telnet."""
        _, line = self.connect()
        self.assertEqual(self.seen(line), "-- welcome to the lab; 0 people are here\r\nNickname: ")

    def test_line_ends(self) -> None:
        """LF, CRLF, CR NUL and a bare CR end a line, wherever the segments are cut."""
        for end in (b"\n", b"\r\n", b"\r\0", b"\r"):
            said = b"alice" + end + b"hello" + end + b"quit" + end
            for cut in range(len(said)):
                _, line = self.connect(said[:cut], said[cut:])
                self.assertIn("<alice> hello\r\n-- goodbye, alice\r\n", self.seen(line), (end, cut))

    def test_text(self) -> None:
        """Lines are UTF-8 in and out."""
        _, line = self.connect("李雷\n你好 👋\n".encode())
        self.assertIn("<李雷> 你好 👋\r\n", self.seen(line))

    def test_not_text(self) -> None:
        """A line that isn't UTF-8 is refused once; the connection stays."""
        _, line = self.connect(b"alice\n", b"caf\xe9 cr\xe8me\nhello\n")
        seen = self.seen(line)
        self.assertEqual(seen.count("that line is not UTF-8"), 1)
        self.assertIn("<alice> hello", seen)

    def test_choice_that_is_not_text(self) -> None:
        """Behind one that would have chosen who hears it, in whatever marks and encoding, the next is given back."""
        for typed in ("to:李", "to：李", "ｔｏ：李", "/query 李", "／join #李", " /part 李"):
            for encoded in (typed.encode("gb18030"), typed.encode() + b"\xff"):
                _, line = self.connect(b"alice\n", encoded + b"\nsecret\nquit\n")
                self.assertIn("!! not sent: secret", self.seen(line), typed)
        _, line = self.connect(b"alice\n", "today 李\nhello\nquit\n".encode("gb18030"))
        self.assertIn("<alice> hello", self.seen(line))

    def test_not_text_as_nickname(self) -> None:
        """So it is at the nickname, which is asked again."""
        _, line = self.connect(b"jos\xe9\n")
        self.assertTrue(self.seen(line).endswith("set your terminal to UTF-8\r\nNickname: "))

    def test_longest_line(self) -> None:
        """A line of 4,096 bytes is said whole."""
        _, line = self.connect(b"alice\n", b"x" * 4096 + b"\r\n")
        self.assertIn("<alice> " + "x" * 4096 + "\r\n", self.seen(line))

    def test_too_long(self) -> None:
        """A longer one is refused with the limit, however it arrives; its rest is thrown away, the next is heard."""
        for segments in (
            [b"x" * 4097 + b"\nnext\n"],
            [b"x" * 4000] * 5 + [b"\nnext\n"],
            [b"x" * 70_000, b"yz\nnext\n"],
        ):
            _, line = self.connect(b"alice\n", *segments, b"quit\n")
            seen = self.seen(line)
            self.assertEqual(seen.count("!! that line is longer than 4096 bytes"), 1)
            self.assertNotIn("xx", seen)
            self.assertNotIn("yz", seen)
            self.assertIn("<alice> next\r\n", seen)

    def test_no_newline_ever(self) -> None:
        """A flood without a newline is never buffered beyond one line and one segment."""
        door, line = self.connect(b"alice\n")
        for _ in range(100):
            door.dataReceived(b"x" * 65536)
        self.assertEqual(door.clearLineBuffer(), b"")
        self.assertEqual(self.seen(line).count("!!"), 1)

    def test_behind_quit(self) -> None:
        """Lines behind quit in the same segment are not heard."""
        _, bob = self.connect(b"bob\n")
        self.connect(b"alice\nquit\noops\n")
        self.assertNotIn("oops", self.seen(bob))

    def test_erasing(self) -> None:
        """What a raw terminal sends to erase does so."""
        _, line = self.connect(b"alixe\x7f\x7fce\rhelo\x08lo\rsecret\x15hm\r")
        seen = self.seen(line)
        self.assertIn("<alice> hello\r\n<alice> hm\r\n", seen)
        self.assertNotIn("secret", seen)

    def test_end_of_input(self) -> None:
        """Ctrl-D on an empty line, and telnet's EOF, say goodbye; what was half typed is not sent."""
        for segments in ([b"\x04"], [b"\xff\xec"], [b"hal", b"f\xff\xec"], [b"hello\n\x04"], [b"", b"\x04"]):
            _, line = self.connect(NEGOTIATED + b"alice\n", *segments)
            seen = self.seen_by_telnet(line)
            self.assertIn("-- goodbye, alice\r\n", seen)
            self.assertNotIn("half", seen)

    def test_ctrl_c(self) -> None:
        """Ctrl-C in telnet is answered, so that telnet goes on showing what arrives; what was half typed is gone."""
        door, line = self.connect(b"alice\n")
        self.seen(line)
        door.dataReceived(b"my sec" + bytes.fromhex("fff4fffd06"))
        self.clock.advance(1)
        told = b"-- that line is thrown away; quit leaves\r\n"
        self.assertEqual(line.value(), bytes.fromhex("fffc06") + DO_BINARY + told)
        door.dataReceived(b"hello\n")
        self.assertIn("<alice> hello\r\n", self.seen_by_telnet(line))

    def test_ctrl_c_again_and_again(self) -> None:
        """However often it comes in one segment, it is answered once; at the prompt, the nickname is asked again."""
        _, line = self.connect(bytes.fromhex("fff4") * 10_000)
        self.assertEqual(self.seen_by_telnet(line).count("that line is thrown away; quit leaves\r\nNickname: "), 1)

    def test_telnet_flood(self) -> None:
        """Telnet's words are read at the pace of text, and answers to them that nobody reads don't pile up."""
        door, line = self.connect(b"alice\n")
        line.producer.pauseProducing()
        for _ in range(1000):
            if line.producerState == "producing":
                door.dataReceived(bytes.fromhex("fffd06") * 1000)
        self.clock.advance(1)
        self.assertLess(len(line.value()), 2000)
        self.assertEqual(line.producerState, "paused")

    def test_end_of_input_behind_nonsense(self) -> None:
        """Telnet's EOF is a goodbye too behind half a line that is no text, or too long."""
        for half in (b"caf\xe9", b"x" * 5000):
            _, line = self.connect(NEGOTIATED + b"alice\n", half + b"\xff\xec")
            self.assertIn("-- goodbye, alice", self.seen_by_telnet(line))

    @given(st.lists(st.integers(0, 100), max_size=8))
    def test_any_split(self, cuts: list[int]) -> None:
        """The same bytes give the same talk, however they are cut into segments."""
        self.setUp()
        said = "alice\r\n李雷, hello\n\xff\r/me waves\r\0/ls\n" + "x" * 20 + "\x7fy\nquit\r\n"
        sent = said.encode().replace("ÿ".encode(), b"\xff\xfd\x06\xff\xf1")
        edges = sorted({0, len(sent), *(min(cut, len(sent)) for cut in cuts)})
        _, line = self.connect(*(sent[start:end] for start, end in pairwise(edges)))
        self.clock.advance(1)
        seen = line.value().replace(b"\xff\xfc\x06", b"").replace(DO_BINARY, b"").decode()
        self.assertEqual(
            seen.split("中文\r\n")[1].split("\r\n"),
            [
                "<alice> 李雷, hello",
                "* alice waves",
                "-- 1 person is in #lobby: alice",
                "<alice> " + "x" * 19 + "y",
                "-- goodbye, alice",
                "",
            ],
        )


class DepartureTests(DoorTestCase):
    def test_quit_closes(self) -> None:
        """quit closes the connection once all is sent."""
        _, line = self.connect(b"alice\n", b"quit\n")
        self.assertIn("-- goodbye, alice", self.seen(line))
        self.assertFalse(line.connected)
        self.assertEqual(self.entrance.connections, set())

    def test_half_closed(self) -> None:
        """A client that has sent all it will, and still reads, gets every reply before the connection closes."""
        door, line = self.connect(b"alice\nhello\n")
        door.readConnectionLost()
        self.assertIn("<alice> hello\r\n-- goodbye, alice\r\n", self.seen(line))
        self.assertFalse(line.connected)

    def test_half_closed_in_a_line(self) -> None:
        """A last line without an end is not sent, and that is said."""
        door, line = self.connect(b"alice\nhello\noops")
        door.readConnectionLost()
        seen = self.seen(line)
        self.assertIn("!! your last line had no end; it was not sent", seen)
        self.assertNotIn("oops", seen)

    def test_lost(self) -> None:
        """A connection that breaks, at any place, leaves no trace in the hall; the others are told."""
        _, bob = self.connect(b"bob\n")
        for sent in (b"", b"al", b"alice\n", b"alice\nhel", b"alice\n/ls\n@bob hi\n", b"alice\n" + b"x" * 9000):
            door, line = self.connect(sent)
            line.connected = False
            door.connectionLost(Failure(ConnectionLost()))
            self.assertEqual([member.nickname for member in self.hall.members], ["bob"])
        self.assertEqual((len(self.entrance.connections), len(self.entrance.server.sessions)), (1, 1))
        self.assertIn("-- alice left (connection lost)", self.seen(bob))

    def test_every_end(self) -> None:
        """However a conversation ends, nothing of it is kept."""
        for number in range(12):  # more than the nicknames that may be refused
            self.connect(b"admin\n" * number)
        self.connect(b"quit\n")
        self.connect(b"alice\nquit\n")
        self.connect(b"\x16\x03\x01")
        for _ in range(30):
            self.connect()  # of which only 20 are let in from one address
        self.clock.advance(100)
        self.assertEqual((self.entrance.connections, self.entrance.server.sessions, self.hall.members), (set(), {}, {}))

    def test_closed(self) -> None:
        """A connection that is closed in order needs no reason."""
        _, bob = self.connect(b"bob\n")
        door, _ = self.connect(b"alice\n")
        self.clock.advance(5)
        door.connectionLost(Failure(ConnectionDone()))
        self.assertIn("-- alice left\r\n", self.seen(bob))

    def test_reads_nothing(self) -> None:
        """Who takes nothing of the goodbye is cut off in the end."""
        door, line = self.connect(b"alice\n")
        line.lingers = True  # it waits for the client to read
        door.dataReceived(b"quit\n")
        self.clock.advance(SLOW_GOODBYE - 1)
        self.assertTrue(line.connected)
        self.clock.advance(1)
        self.assertTrue(line.aborted)

    def test_client_does_not_close(self) -> None:
        """A client that has been sent all and doesn't close its side is closed, in order: it may still be reading."""
        door, line = self.connect(b"alice\n")
        line.lingers = True
        door.dataReceived(b"quit\n")
        door.writeConnectionLost()
        line.lingers = False
        self.clock.advance(2)
        self.assertFalse(line.connected)
        self.assertFalse(line.aborted)

    def test_stalled(self) -> None:
        """Who reads nothing for a minute is disconnected; the others see why."""
        _, bob = self.connect(b"bob\n")
        _, line = self.connect(b"alice\n")
        self.clock.advance(5)
        line.producer.pauseProducing()
        self.clock.advance(60)
        self.assertIn("-- alice left (connection stalled for 60 s)", self.seen(bob))
        self.assertFalse(line.connected)

    def test_close_all(self) -> None:
        """The house closes every connection, and knows when all are gone."""
        lines = [self.connect(b"alice\n")[1], self.connect(b"bob\n")[1], self.connect()[1]]
        gone = Deferred.fromCoroutine(self.entrance.close_all(4))
        self.successResultOf(gone)
        self.assertEqual([line.connected for line in lines], [False] * 3)

    def test_close_all_reads_late(self) -> None:
        """Who has taken all in the last moment gets no time to close beyond that which the daemon has."""
        door, line = self.connect(b"alice\n")
        line.lingers = True
        gone = Deferred.fromCoroutine(self.entrance.close_all(4))
        self.clock.advance(3.5)
        line.lingers = False
        door.writeConnectionLost()
        self.clock.advance(0.4)
        self.assertNoResult(gone)
        self.clock.advance(0.1)
        self.successResultOf(gone)
        self.assertFalse(line.connected)

    def test_close_all_reads_nothing(self) -> None:
        """Somebody who reads nothing delays that by no more than the time given."""
        _, line = self.connect(b"alice\n")
        line.lingers = True
        gone = Deferred.fromCoroutine(self.entrance.close_all(4))
        self.assertNoResult(gone)
        line.lingers = False
        self.clock.advance(4)
        self.successResultOf(gone)


class TrustTests(DoorTestCase):
    def test_bug(self) -> None:
        """A bug of ours ends one connection, with a traceback in the log, and no other."""
        _, bob = self.connect(b"bob\n")
        door, line = self.connect(b"alice\n")
        self.clock.advance(5)
        self.hall.find = None  # type: ignore[method-assign, assignment]  # the bug
        door.dataReceived(b"@bob hi\n")
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)
        self.assertFalse(line.connected)
        self.assertIn("-- alice left (connection broken)", self.seen(bob))

    def test_commands_without_reading(self) -> None:
        """Who asks for more and more and reads none of it is read no further."""
        door, line = self.connect(b"alice\n")
        line.producer.pauseProducing()
        door.dataReceived(b"/h all\n" * 1000)
        self.assertEqual(line.producerState, "paused")
        line.producer.resumeProducing()
        self.clock.pump([0.01] * 300)
        self.assertEqual(line.producerState, "producing")
        self.assertEqual(line.value().count(b"-- /quit [why...]"), 1000)

    def test_slow_reader_is_refused_private_lines(self) -> None:
        """A private line to somebody whose connection is full is refused to its sender."""
        _, alice = self.connect(b"alice\n")
        _, bob = self.connect(b"bob\n")
        self.clock.advance(1)
        bob.producer.pauseProducing()
        door, line = self.connect(b"carol\n")
        for _ in range(5):
            door.dataReceived(b"x" * 4000 + b"\n")
        door.dataReceived(b"@bob psst\n")
        self.assertIn("!! bob's connection is too slow to take it now", self.seen(line))
        self.assertNotIn("slow", self.seen(alice))


class FloodTests(DoorTestCase):
    limits = {"line_rate": 5, "line_burst": 10, "byte_rate": 4096, "byte_burst": 16384}

    def said(self, line: Line) -> int:
        value: bytes = line.value()
        return value.count(b"<alice> ")

    def test_paste(self) -> None:
        """A pasted text of 200 lines arrives whole and in order, ten lines at once and five a second after that."""
        self.clock.advance(100)
        door, line = self.connect(b"alice\n")
        self.clock.advance(100)
        door.dataReceived(b"".join(b"line %d\n" % number for number in range(200)))
        self.clock.advance(0.1)
        self.assertEqual(self.said(line), 10)
        for second in range(1, 10):
            self.clock.pump([0.05] * 20)
            self.assertIn(self.said(line) - 5 * second, (9, 10, 11))
        self.clock.pump([0.05] * 20 * 30)
        seen = line.value().decode()
        self.assertEqual(
            [text for text in seen.split("\r\n") if text.startswith("<alice>")],
            [f"<alice> line {number}" for number in range(200)],
        )
        self.assertEqual(
            seen.count("-- you are typing faster than 5 lines a second; your lines are being sent at that pace"), 1
        )

    def test_read_no_further(self) -> None:
        """Meanwhile nothing more is read from the connection, and reading goes on afterwards."""
        door, line = self.connect(b"alice\n")
        door.dataReceived(b"hello\n" * 12)
        self.assertEqual(line.producerState, "paused")
        self.clock.pump([0.1] * 10)
        self.assertEqual(line.producerState, "producing")

    def test_ten_at_once(self) -> None:
        """Ten lines at once are no flood, and nobody is told anything."""
        self.clock.advance(100)
        door, line = self.connect(b"alice\n")
        self.clock.advance(100)
        door.dataReceived(b"hello\n" * 10)
        self.clock.advance(1)
        self.assertEqual(self.said(line), 10)
        self.assertNotIn(b"typing faster", line.value())

    def test_told_again(self) -> None:
        """Who was held back, then was silent for a while, is told again the next time."""
        door, line = self.connect(b"alice\n")
        for _ in range(2):
            door.dataReceived(b"hello\n" * 20)
            self.clock.pump([0.1] * 200)
        self.assertEqual(line.value().count(b"typing faster"), 2)

    def test_bytes(self) -> None:
        """Long lines are read at 4 KiB a second."""
        self.clock.advance(100)
        door, _ = self.connect(b"alice\n/echo off\n")
        _, bob = self.connect(b"bob\n")
        self.clock.advance(100)
        door.dataReceived((b"x" * 4095 + b"\n") * 9)
        self.clock.pump([0.1])
        self.assertEqual(bob.value().count(b"<alice> "), 5)
        self.clock.pump([0.1] * 22)
        self.assertEqual(bob.value().count(b"<alice> "), 7)

    def test_no_newline(self) -> None:
        """What is thrown away of a line without end counts too."""
        door, line = self.connect(b"alice\n")
        door.dataReceived(b"x" * 65536)
        self.assertEqual(line.producerState, "paused")
        self.clock.pump([0.1] * 110)
        self.assertEqual(line.producerState, "paused")
        self.clock.pump([0.1] * 20)
        self.assertEqual(line.producerState, "producing")

    def test_costly_commands(self) -> None:
        """Commands that cost more than a line draw more."""
        self.clock.advance(100)
        door, line = self.connect(b"alice\n")
        self.clock.advance(100)
        door.dataReceived(b"/ls\n" * 10)
        self.clock.pump([0.01])
        self.assertEqual(line.value().count(b"1 person is in"), 4)

    def test_lines_that_had_to_wait(self) -> None:
        """Lines that waited while the addressee changed are given back, not sent to somebody new."""
        self.clock.advance(100)
        self.connect(b"carol\n")
        bob_door, _ = self.connect(b"bob\n")
        door, line = self.connect(b"alice\nto:carol\n")
        self.clock.advance(100)
        door.dataReceived(b"between us\n" * 20)
        bob_door.dataReceived(b"@alice psst\n")
        self.clock.pump([0.1] * 50)
        seen = line.value().decode()
        self.assertEqual(seen.count("[you -> carol] between us"), 10)
        self.assertEqual(seen.count("!! not sent: between us"), 10)
        self.assertNotIn("[you -> bob]", seen)

    def test_lines_that_waited_at_the_client(self) -> None:
        """So are lines that were typed before and read only later, because they waited at the client."""
        self.clock.advance(100)
        self.connect(b"carol\n")
        bob_door, bob = self.connect(b"bob\n")
        door, line = self.connect(b"alice\nto:carol\n")
        self.clock.advance(100)
        door.dataReceived(b"between us\n" * 12)
        self.clock.advance(0.1)
        bob_door.dataReceived(b"@alice psst\n")
        self.clock.pump([0.1] * 8)
        self.assertEqual(line.producerState, "producing")
        door.dataReceived(b"between us\n" * 3)
        self.clock.pump([0.1] * 20)
        self.assertNotIn("between us", bob.value().decode())
        self.assertEqual(line.value().count(b"!! not sent: between us"), 5)

    def test_lost_while_held_back(self) -> None:
        """A connection that is lost while it is held back leaves nothing timed behind."""
        _, line = self.connect(b"alice\n" + b"hello\n" * 50)
        line.loseConnection()
        self.clock.pump([0.1, 0.1])
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.hall.members, {})


class ColourTests(DoorTestCase):
    def test_asked_for(self) -> None:
        """Without a row there is not one attribute, until /colour on paints names, marks and times."""
        alice, line = self.connect(b"alice\n")
        _, bob = self.connect(b"bob\n")
        bob.protocol.dataReceived(b"alice: hello\n")
        self.assertNotIn("\x1b", self.seen(line))
        alice.dataReceived(b"/colour on\n")
        self.assertEqual(self.seen(line), "\x1b[1m--\x1b[22m colours: on\r\n")
        bob.protocol.dataReceived(b"alice: hello\n")
        self.assertRegex(self.seen(line), "^<\x1b\\[38;5;[0-9]+mbob\x1b\\[39m> alice: hello\r\n$")
        alice.dataReceived(b"@nobody x\n")
        self.assertIn("\x1b[1m!!\x1b[22m nobody here is called", self.seen(line))
        self.assertNotIn("\x1b", self.seen(bob))
        alice.dataReceived(b"/colour off\n@nobody x\n")
        self.assertNotIn("\x1b", self.seen(line))


class BytesOnlyTests(DoorTestCase):
    limits = {"byte_rate": 4096, "byte_burst": 4096}

    def test_told(self) -> None:
        """Where only bytes are limited, that is what one is told."""
        _, line = self.connect(b"alice\n" + (b"x" * 4000 + b"\n") * 3)
        self.assertTrue("-- you are typing faster than 4 KiB a second;" in self.seen(line))


class NeighbourTests(DoorTestCase):
    limits = {"line_rate": 5, "line_burst": 10, "byte_rate": 4096, "byte_burst": 16384, "max_per_address": 6}

    def test_shared(self) -> None:
        """Six connections from one address are together read as fast as four."""
        self.clock.advance(100)
        connections = [self.connect(b"guest%d\n" % number) for number in range(6)]
        self.clock.advance(100)
        for door, _ in connections:
            door.dataReceived(b"hello\n" * 10)
        self.clock.pump([0.01])
        self.assertEqual(connections[0][1].value().count(b"> hello\r\n"), 42)  # each says one, then sees the debt

    def test_one_too_many(self) -> None:
        """One connection too many gets one line that says why, and is closed; the others stay."""
        lines = [self.connect()[1] for _ in range(7)]
        self.assertEqual([line.connected for line in lines], [True] * 6 + [False])
        self.assertEqual(
            self.seen(lines[6]),
            "!! your address has reached its limit on connections (6); close one first\r\n",
        )
        lines[0].loseConnection()
        self.assertTrue(self.connect()[1].connected)


class TimeoutTests(DoorTestCase):
    limits = {"idle_timeout": 600}

    def test_no_nickname(self) -> None:
        """Who gives no nickname within a minute is told so, on a line of its own, and let go."""
        _, line = self.connect()
        self.clock.advance(59)
        self.assertTrue(line.connected)
        self.clock.advance(1)
        self.assertTrue(
            self.seen(line).endswith(
                "Nickname: \r\n!! you gave no nickname within 60 seconds; connect again when you are ready\r\n"
            )
        )
        self.assertFalse(line.connected)

    def test_idle(self) -> None:
        """Who types nothing is warned a minute before, and then disconnected; the others see why."""
        bob_door, bob = self.connect(b"bob\n")
        _, line = self.connect(b"alice\n")
        for _ in range(53):
            self.clock.advance(10)
            bob_door.dataReceived(b"still here\n")
        self.assertNotIn("disconnected", self.seen(line))
        self.clock.advance(9)
        self.assertIn("-- you will be disconnected in 60 s unless you type something", self.seen(line))
        self.clock.advance(60)
        self.assertIn("-- goodbye: you were idle for 600 s (Enter or Ctrl-C closes nc)\r\n", self.seen(line))
        self.assertFalse(line.connected)
        self.assertIn("-- alice left (idle for 600 s)", self.seen(bob))

    def test_warned_in_time(self) -> None:
        """Who types something after the warning stays."""
        door, line = self.connect(b"alice\n")
        self.clock.pump([60, 480])
        door.dataReceived(b"hello\n")
        self.clock.pump([60, 470])
        self.assertTrue(line.connected)
        self.assertEqual(self.seen(line).count("you will be disconnected"), 1)


class NoIdleTimeoutTests(DoorTestCase):
    def test_forever(self) -> None:
        """By default one may be silent for ever."""
        _, line = self.connect(b"alice\n")
        self.clock.pump([3600] * 48)
        self.assertTrue(line.connected)
        self.assertEqual(self.clock.getDelayedCalls(), [])
