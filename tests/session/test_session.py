"""Tests for chatd.session.session, over an in-memory terminal."""

from collections.abc import Awaitable, Callable
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher, textFileLogObserver
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.bans import Address
from chatd.core.events import Cause, Departure, Event, Events
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.ports import Deliver
from chatd.doors.telnet import Terminal
from chatd.doors.text import TextCodec
from chatd.session.answers import Editing
from chatd.session.client import Client
from chatd.session.commands import a_person
from chatd.session.inputs import Input, Line, Refused
from chatd.session.outputs import Output, Prompt
from chatd.session.refusals import LineTooLong, NoSuchFormat
from chatd.session.session import Server, Session
from chatd.session.view import view
from tests.core.test_text import is_clean


class Screen:
    """A client in memory: what a person sees, line by line. Prompts are lines of their own."""

    def __init__(self) -> None:
        self._codec = TextCodec(Terminal(ends_with_cr=True))
        self.view = view("off")
        self.lines: list[str] = []
        self.outputs: list[Output] = []
        self.closed = False
        self.charged = 0
        self.idle = 0.0
        self.waiting = 0
        self.neighbourhood = "10.0.0.1"
        self.is_private = True
        self.unreached: list[Event] = []  # what may not have reached the person
        self.once_reached: list[Callable[[], object]] = []

    def deliver(self, events: Events) -> None:
        for event in events:
            self.send(event)

    def send(self, output: Output) -> None:
        self.outputs.append(output)
        self._codec.view = self.view
        sent = b"".join(self._codec.encode(output))
        if isinstance(output, Prompt) and self._codec.row is not None:
            sent += self._codec.row.around(b"")
        text = sent.decode().removeprefix("\r\n")
        if text:
            self.lines += text.removesuffix("\r\n").split("\r\n")

    def track(self) -> Deliver:
        return self.deliver

    def missing(self) -> tuple[Event, ...]:
        return tuple(self.unreached)

    def once_taken(self, call: Callable[[], object]) -> None:
        self.once_reached.append(call)

    def charge(self, lines: int) -> None:
        self.charged += lines

    def speak(self, format: str) -> None:
        raise NoSuchFormat(format, ("text",))

    def edit(self, on: bool) -> None:
        self.send(Editing(on))

    def close(self) -> None:
        self.closed = True

    def take(self) -> list[str]:
        """Return what was shown since the last call."""
        lines, self.lines = self.lines, []
        return lines


_: type[Client] = Screen


class Typing(Session):
    """A session that is typed to."""

    @property
    def person(self) -> Member:
        """The member, for somebody who has come in."""
        assert self.member is not None
        return self.member

    def type(self, *lines: str) -> None:
        for line in lines:
            self.give(Line(line))

    def give(self, given: Input) -> None:
        work = self.receive(given)
        if work is not None:
            Deferred.fromCoroutine(_done(work))


async def _done(work: Awaitable[None]) -> None:
    await work


class TalkTestCase(SynchronousTestCase):
    """A server, and people who talk in its hall."""

    capacity: int | None = None
    motd: tuple[str, ...] = ()

    def setUp(self) -> None:
        self.clock = Clock()
        self.hall = Hall(self.clock, self.capacity)
        self.server = Server(self.hall, "the lab", self.motd)
        self.log = StringIO()
        observer = textFileLogObserver(self.log)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def connect(self, address: str = "10.0.0.1:99", ip: Address | None = None) -> tuple[Typing, Screen]:
        screen = Screen()
        session = Typing(self.server, screen, address, ip, a_person)
        session.begin()
        return session, screen

    def enter(self, nickname: str) -> tuple[Typing, Screen]:
        """Let somebody in, and forget what everybody was shown so far."""
        self.clock.advance(10)
        session, screen = self.connect()
        session.type(nickname)
        return session, screen


class WelcomeTests(TalkTestCase):
    motd = ("Be kind.", "Backups at noon.")

    def test_welcome(self) -> None:
        """One sees whose chat it is, how many are here, the message of the day, and is asked for a nickname."""
        self.enter("alice")
        _, screen = self.connect()
        self.assertEqual(
            screen.take(),
            ["-- welcome to the lab; 1 person is here", "-- Be kind.", "-- Backups at noon.", "Nickname: "],
        )

    def test_entering(self) -> None:
        """Who enters sees where they are and with whom; the others see who came."""
        _, alice = self.enter("alice")
        alice.take()
        _, bob = self.enter("bob")
        self.assertEqual(
            bob.take()[4:],
            [
                "-- you are bob in #lobby; 2 people are here: alice, bob",
                "-- /h lists commands, /echo off hides your lines, quit leaves; /lang zh: 中文",
            ],
        )
        self.assertEqual(alice.take(), ["-- bob joined"])

    def test_many_people(self) -> None:
        """Who enters a full room sees some names, and how many more there are."""
        for number in range(12):
            self.enter(f"guest{number}")
        _, screen = self.enter("alice")
        self.assertIn("guest9, and 3 others", " ".join(line[3:] for line in screen.take()))

    def test_asked_again(self) -> None:
        """A nickname that is taken or breaks a rule is refused with the reason, and asked again."""
        self.enter("alice")
        talk, screen = self.connect()
        screen.take()
        own = "if that is your own lost connection, it will be free within 2 minutes"
        for typed, refusal in (
            ("ALICE", f'!! "ALICE" is taken (it looks like "alice"); {own}'),
            ("alice", f'!! "alice" is taken; {own}'),
            ("al ice", '!! "al ice" can\'t be a nickname: it may not contain spaces'),
        ):
            talk.type(typed)
            self.assertEqual(screen.take(), [refusal, "Nickname: "])
        talk.type("bob")
        self.assertIn("-- you are bob in #lobby", screen.take()[0])

    def test_too_many_tries(self) -> None:
        """After ten refused nicknames one is let go."""
        self.enter("alice")
        talk, screen = self.connect()
        for _ in range(9):
            talk.type("alice")
        self.assertFalse(screen.closed)
        talk.type("al ice")
        self.assertIn("!! 10 nicknames were refused", screen.take()[-1])
        self.assertTrue(screen.closed)

    def test_empty_line(self) -> None:
        """An empty line at the prompt is no nickname; the prompt comes again."""
        talk, screen = self.connect()
        screen.take()
        talk.type("   ")
        self.assertEqual(screen.take(), ["Nickname: "])

    def test_hears_nothing(self) -> None:
        """Who has no nickname yet hears nothing of the hall."""
        alice, _ = self.enter("alice")
        _, screen = self.connect()
        screen.take()
        alice.type("hello")
        self.hall.announce("noon")
        alice.type("quit")
        self.assertEqual(screen.take(), [])

    def test_leaving_without_a_name(self) -> None:
        """quit, /quit, /exit and /bye leave from the prompt too."""
        for typed in ("quit", "/quit", "/exit", "/BYE"):
            talk, screen = self.connect()
            screen.take()
            talk.type(typed)
            self.assertEqual(screen.take(), ["-- goodbye"])
            self.assertTrue(screen.closed)
            talk.type("alice")
        self.assertEqual(len(self.hall.members), 0)

    def test_refused_line(self) -> None:
        """What the door refuses is told, and the nickname is asked again."""
        talk, screen = self.connect()
        screen.take()
        talk.receive(Refused(LineTooLong(4096)))
        self.assertEqual(
            screen.take(),
            ["!! that line is longer than 4096 bytes; none of it was sent; cut it into shorter ones", "Nickname: "],
        )


class FullTests(TalkTestCase):
    capacity = 2

    def test_third_is_turned_away(self) -> None:
        """A third person in a hall for two is told so and let go, without being asked for a name."""
        self.enter("alice")
        self.enter("bob")
        _, screen = self.connect()
        self.assertEqual(screen.take(), ["!! this chat is full (2 of 2 people are here); come back later"])
        self.assertTrue(screen.closed)

    def test_full_meanwhile(self) -> None:
        """Likewise if the hall fills while they think about their name."""
        self.enter("alice")
        talk, screen = self.connect()
        self.enter("bob")
        screen.take()
        talk.type("carol")
        self.assertIn("this chat is full", screen.take()[0])
        self.assertTrue(screen.closed)


class DepartureTests(TalkTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.alice_sees = self.enter("alice")
        self.bob, self.bob_sees = self.enter("bob")
        self.clock.advance(10)
        self.alice_sees.take()
        self.bob_sees.take()

    def test_quit(self) -> None:
        """quit says goodbye, and the others are told."""
        self.bob.type("quit")
        self.assertEqual(self.bob_sees.take(), ["-- goodbye, bob"])
        self.assertTrue(self.bob_sees.closed)
        self.assertEqual(self.alice_sees.take(), ["-- bob left"])

    def test_reason(self) -> None:
        """The others are told the reason."""
        self.bob.type("/quit gone fishing")
        self.assertEqual(self.alice_sees.take(), ['-- bob left ("gone fishing")'])

    def test_lines_behind_quit(self) -> None:
        """What arrives behind a goodbye is not heard, whatever it is."""
        self.bob.type("quit")
        self.bob_sees.take()
        for line in ("oops, the password is 1234", "/me x", "quit", "@alice x"):
            self.bob.type(line)
        self.bob.receive(Refused(LineTooLong(4096)))
        self.bob.lost(Departure(Cause.LOST))
        self.assertEqual(
            self.bob_sees.take(),
            ["!! that line is longer than 4096 bytes; none of it was sent; cut it into shorter ones"],
        )
        self.assertEqual(self.alice_sees.take(), ["-- bob left"])

    def test_lost(self) -> None:
        """A connection that is lost is told to the others with the reason; the name is free."""
        self.bob.lost(Departure(Cause.LOST))
        self.assertEqual(self.alice_sees.take(), ["-- bob left (connection lost)"])
        self.enter("bob")

    def test_closed(self) -> None:
        """A connection that is closed in order needs no reason."""
        self.bob.lost(Departure(Cause.CLOSED))
        self.assertEqual(self.alice_sees.take(), ["-- bob left"])


class LogTests(TalkTestCase):
    def test_log(self) -> None:
        """Logged are who came, took another name, left and was refused, from where; never what people say."""
        alice, _ = self.enter("alice")
        refused, _ = self.connect()
        for line in ("alice", "secret question", "quit"):
            refused.type(line)
        for line in ("secret", "@bob secret", "/away secret", "/secret", "/nick alicia", "/quit secret"):
            alice.type(line)
        bob, _ = self.enter("bob")
        bob.lost(Departure(Cause.LOST))
        log = self.log.getvalue()
        for line in (
            "alice came from 10.0.0.1:99",
            "10.0.0.1:99 was refused a nickname: NicknameTaken",
            "10.0.0.1:99 was refused a nickname: BadNickname",
            "10.0.0.1:99 left before giving a nickname (quit)",
            "alice is now called alicia",
            "alicia left (quit), was at 10.0.0.1:99",
            "bob left (connection lost), was at 10.0.0.1:99",
        ):
            self.assertIn(line, log)
        self.assertNotIn("secret", log)

    def test_full_is_logged(self) -> None:
        """So is who finds the hall full."""
        self.hall.capacity = 0
        self.connect()
        self.assertIn("10.0.0.1:99 was refused: this chat is full", self.log.getvalue())


class AnyTextTests(SynchronousTestCase):
    @given(
        st.lists(st.text() | st.sampled_from(["alice", "/away ", "/nick ", "@bob ", "to:bob", "/i", "/h"]), max_size=8)
    )
    def test_any_lines(self, lines: list[str]) -> None:
        """Whatever is typed, everybody's screen shows clean lines, no two people share a name, nothing raises."""
        server = Server(Hall(Clock()), "the lab")
        talks = [Typing(server, Screen(), "somewhere", None, a_person) for _ in range(2)]
        for talk, name in zip(talks, ("bob", "carol"), strict=True):
            talk.begin()
            talk.type(name)
        for line in lines:
            talks[0].type(line)
            talks[1].type("/me " + line)
        for talk in talks:
            screen = talk.client
            assert isinstance(screen, Screen)
            self.assertTrue(all(is_clean(line.replace("\u200e", "")) for line in screen.lines), screen.lines)
        names = [member.nickname for member in server.hall.members]
        self.assertEqual(len(names), len(set(names)))
