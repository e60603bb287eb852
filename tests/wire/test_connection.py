"""Tests for chatd.wire.connection: sessions that take their time, and when something counts as typed."""

from __future__ import annotations

from collections.abc import Awaitable

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from chatd.core.events import Departure
from chatd.core.member import Member
from chatd.core.refusals import NothingSaid
from chatd.doors.line import LineDoor
from chatd.session.answers import TalkingTo
from chatd.session.inputs import Command, Line, Refused
from chatd.session.session import Session
from chatd.session.state import State
from chatd.wire.connection import DONE_WITHIN
from tests.doors.test_line import DO_BINARY, DoorTestCase
from tests.doors.test_line import Line as Transport

CTRL_C, FREED = bytes.fromhex("fff4fffd06"), bytes.fromhex("fffc06")


class Slow:
    """A state in which `wait` takes its time, and everything else is told at once."""

    member: Member | None = None
    is_entering = False

    def __init__(self, session: Session, work: Deferred[None]) -> None:
        self._session = session
        self._work = work
        self.left: list[str] = []
        self.cancelled = False

    def begin(self) -> None:
        """Nobody is greeted."""

    def ask(self) -> None:
        """Nothing is asked."""

    def receive(self, given: Line | Command) -> Awaitable[None] | None:
        assert isinstance(given, Line)
        if given.text == "wait":
            return self._wait()
        self._session.client.send(TalkingTo(given.text))
        return None

    async def _wait(self) -> None:
        await self._work
        self._session.client.send(TalkingTo("done"))

    asked = None

    def not_read(self, given: Refused) -> None:
        """Nobody was chosen."""

    def leave(self, how: Departure, logged_as: str) -> None:
        self.left.append(logged_as)

    def stands_for(self, state: object) -> bool:
        return state is self


_: type[State] = Slow


class WaitingTests(DoorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.work: Deferred[None] = Deferred()
        self.states: list[Slow] = []

    def first(self, session: Session) -> State:
        self.states.append(Slow(session, self.work))
        return self.states[-1]

    def told(self, line: Transport) -> list[str]:
        return self.seen(line).replace("-- now talking to ", "").split("\r\n")[:-1]

    def start(self, *behind: bytes) -> tuple[LineDoor, Transport]:
        """Return a connection that is busy, with something sent right behind."""
        return self.connect(b"wait\n" + b"".join(behind))

    def test_in_order(self) -> None:
        """What is typed behind a wait of 3 s is heard behind it, in order, all of it; nobody else waits."""
        lines = b"".join(b"%d\n" % number for number in range(20))
        door, line = self.start(lines[:20])
        self.assertEqual(line.producerState, "paused")
        self.clock.advance(3)
        self.assertEqual(self.told(line), [])
        _, other = self.connect(b"hello\n")
        self.assertEqual(self.told(other), ["hello"])
        self.work.callback(None)
        self.clock.advance(0)
        self.assertEqual(line.producerState, "producing")
        door.dataReceived(lines[20:])
        self.assertEqual(self.told(line), ["done", *map(str, range(20))])

    def test_half_closed(self) -> None:
        """So is the end of the input."""
        door, line = self.start(b"one\n")
        self.work.callback(None)
        self.clock.advance(0)
        door.readConnectionLost()
        self.assertEqual(self.told(line), ["done", "one", "-- goodbye"])
        self.assertFalse(line.connected)

    def test_ctrl_c(self) -> None:
        """So is a Ctrl-C of telnet, which is answered."""
        door, line = self.start()
        self.work.callback(None)
        self.clock.advance(0)
        door.dataReceived(CTRL_C + b"one\r\n")
        self.clock.advance(1)
        told = b"-- that line is thrown away; quit leaves\r\n"
        self.assertEqual(
            line.value(), b"-- now talking to done\r\n" + FREED + DO_BINARY + told + b"-- now talking to one\r\n"
        )

    def test_lost(self) -> None:
        """A connection that is lost cancels it; what is behind it is not heard."""
        door, line = self.start(b"one\n")
        line.connected = False
        door.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(self.states[0].left, ["connection lost"])
        self.assertTrue(self.work.called)
        self.clock.advance(100)
        self.assertEqual(line.value(), b"")
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.entrance.connections, set())

    def test_refused(self) -> None:
        """A refusal at its end is told, and what is behind it is heard."""
        _, line = self.start(b"one\n")
        self.work.errback(NothingSaid())
        self.assertEqual(self.told(line), ["!! there is nothing in that line to show; nothing was sent", "one"])

    def test_fault(self) -> None:
        """Any other error is logged, and ends that one connection."""
        _, other = self.connect()
        _, line = self.start(b"one\n")
        self.work.errback(ZeroDivisionError())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual((line.connected, other.connected), (False, True))
        self.assertEqual(self.states[1].left, ["connection broken"])
        self.assertEqual(self.told(line), [])

    def test_too_long(self) -> None:
        """It is given up after a while, which is told; what is behind it is heard."""
        _, line = self.start(b"one\n")
        self.clock.advance(DONE_WITHIN - 2)
        self.assertEqual(self.told(line), [])
        self.clock.advance(1)
        self.assertEqual(self.told(line), ["!! that was not done within 30 seconds; try again later", "one"])

    def test_done_at_once(self) -> None:
        """What doesn't take any time holds up nothing."""
        self.work.callback(None)
        _, line = self.start(b"one\n")
        self.assertEqual(line.producerState, "producing")
        self.assertEqual(self.told(line), ["done", "one"])

    def test_stopped(self) -> None:
        """chatd stops in time, whatever is waited for."""
        _, line = self.start(b"one\n")
        stopped = Deferred.fromCoroutine(self.entrance.close_all(4))
        self.clock.advance(4)
        self.successResultOf(stopped)
        self.assertFalse(line.connected)
        self.assertEqual(self.clock.getDelayedCalls(), [])


STEP = 0.05  # seconds


class TypedAtTests(DoorTestCase):
    """bob talks to alice; others write to him at any time, while what he types is held back in every way there is."""

    limits = {"line_rate": 5, "line_burst": 10, "byte_rate": 4096, "byte_burst": 16384}

    schedule = st.lists(
        st.tuples(st.sampled_from(("paste", "long", "ask", "flood")), st.integers(1, 20))
        | st.tuples(st.sampled_from(("whisper",)), st.integers(0, 2))
        | st.tuples(st.sampled_from(("wait",)), st.sampled_from((1, 10, 30, 100, 400))),
        max_size=12,
    )

    def start(self) -> None:
        self.setUp()
        self.clock.advance(100)
        self.others = [self.connect(b"%s\n" % name) for name in (b"alice", b"carol", b"dave")]
        self.neighbour = self.connect(b"erin\n")
        self.bob = self.connect(b"bob\nto:alice\n")
        self.clock.advance(100)
        self.unread = {self.bob: b"", self.neighbour: b""}  # what waits at the clients
        self.typed: list[int] = []  # to whom bob's lines went when he typed them, by their numbers
        self.addressee = 0

    def type(self, count: int, size: int) -> None:
        for _ in range(count):
            self.unread[self.bob] += b"line %d %s\n" % (len(self.typed), b"x" * size)
            self.typed.append(self.addressee)

    def act(self, what: str, amount: int) -> None:
        match what:
            case "paste":
                self.type(amount, 1)
            case "long":
                self.type(amount, 3900)
            case "ask":
                self.unread[self.bob] += b"/h\n" * amount
            case "flood":
                self.unread[self.neighbour] += b"x" * 4000 * amount
            case "whisper":
                self.others[amount][0].dataReceived(b"@bob hello\n")
                self.read_on(1)
                self.addressee = amount
            case "wait":
                self.read_on(amount)

    def read_on(self, steps: int) -> None:
        """Let time pass. What a door doesn't read waits; what it reads comes in the segments that a socket gives."""
        for _ in range(steps):
            for (door, line), unread in self.unread.items():
                while unread and line.producerState == "producing":
                    door.dataReceived(unread[:4096])
                    unread = unread[4096:]
                self.unread[door, line] = unread
            self.clock.advance(STEP)

    @given(schedule)
    def test_any_schedule(self, schedule: list[tuple[str, int]]) -> None:
        """Each line reaches the one to whom bob talked when he typed it, or nobody."""
        self.start()
        for what, amount in schedule:
            self.act(what, amount)
        self.read_on(20_000 if any(self.unread.values()) else 20)
        for number, (_, line) in enumerate(self.others):
            for heard in line.value().decode().split("\r\n"):
                if heard.startswith("[bob -> you] line "):
                    self.assertEqual(self.typed[int(heard.split()[4])], number, schedule)
