"""Passwords at the line door, over an in-memory transport: what is hidden from whom, and where a prompt stands."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.python.failure import Failure

from chatd.core.events import Cause, Departure
from chatd.core.nickname import nickname
from chatd.core.refusals import OthersUnreachable
from chatd.wire.connection import DONE_WITHIN
from tests.core.turns import ByHand as TurnsByHand
from tests.doors.test_line import DoorTestCase, Line
from tests.keeping import SECRET, own_names
from tests.store.at_once import ByHand

WILL_ECHO, WONT_ECHO, DO_ECHO = b"\xff\xfb\x01", b"\xff\xfc\x01", b"\xff\xfd\x01"
WONT_SGA = b"\xff\xfc\x03"
DO_BINARY = b"\xff\xfd\x00"  # asked of a telnet once, at its first line
SEEN = b"-- your password shows on your own screen as you type it; telnet would hide it\r\n"
PROMPT = b"Password of alice: "


class PasswordTestCase(DoorTestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        self.people = own_names(self.entrance.server, folder, self.clock)
        for name in ("alice", "bob"):
            self.successResultOf(Deferred.fromCoroutine(self.people.register(nickname(name), SECRET, None)))

    def raw(self, line: Line) -> bytes:
        """Return the bytes that arrived since the last call, but for what any telnet is asked."""
        self.clock.pump([1, 0.1])
        data: bytes = line.value()
        line.clear()
        return data.replace(DO_BINARY, b"")


class EchoTests(PasswordTestCase):
    def test_hidden(self) -> None:
        """Who ends lines as telnet does is asked not to show the password, at that prompt alone."""
        for end in (b"\r\n", b"\r\0"):
            door, line = self.connect(b"alice" + end)
            self.assertEqual(self.raw(line).count(WILL_ECHO + PROMPT), 1)
            door.dataReceived(DO_ECHO)
            door.dataReceived(b"wrong one" + end)
            again = self.raw(line)
            self.assertTrue(again.startswith(WONT_ECHO + b"\r\n!! that is not"), again)
            self.assertTrue(again.endswith(WILL_ECHO + PROMPT), again)
            door.dataReceived(SECRET.encode() + end)
            self.assertTrue(self.raw(line).startswith(WONT_ECHO + b"\r\n-- you are alice in #lobby"))
            door.dataReceived(b"hello" + end + b"/quit" + end)
            self.assertNotIn(b"\xff", self.raw(line))

    def test_hidden_again(self) -> None:
        """So is who can't come in now, or isn't in time: what they type next is the password again."""
        self.hall.relay = relay = TurnsByHand()
        door, line = self.connect(b"alice\r\n")
        for refuse, told in (
            (lambda: relay.go_on(OthersUnreachable()), b"can't be asked just now"),
            (lambda: self.clock.advance(DONE_WITHIN), b"!! "),
        ):
            self.raw(line)
            door.dataReceived(SECRET.encode() + b"\r\n")
            refuse()
            sent = self.raw(line)
            self.assertIn(told, sent)
            self.assertTrue(
                sent.endswith(
                    b"-- give the password again in a moment; an empty line gives none\r\n" + WILL_ECHO + PROMPT
                ),
                sent,
            )
        relay.waiting.clear()
        door.dataReceived(SECRET.encode() + b"\r\n")
        relay.go_on()
        self.assertIn(b"-- you are alice in #lobby", self.raw(line))

    def test_not_looked_at(self) -> None:
        """Nor is a password said that wasn't looked at in time."""
        self.people._passwords._worker = ByHand()
        _, line = self.connect(b"alice\r\n" + SECRET.encode() + b"\r\n")
        self.raw(line)
        self.clock.advance(DONE_WITHIN)
        self.assertTrue(self.raw(line).endswith(b"an empty line gives none\r\n" + WILL_ECHO + PROMPT))

    def test_spoke_telnet(self) -> None:
        """So is who has spoken telnet, and ends lines with LF: its ECHO is ours at once, and stays so for that line."""
        door, line = self.connect(DO_ECHO + b"alice\n")
        sent = self.raw(line)
        self.assertIn(WILL_ECHO, sent)
        self.assertTrue(sent.endswith(PROMPT), sent)
        self.assertNotIn(WONT_ECHO, sent)
        self.clock.advance(3)  # it hasn't agreed to send each key
        self.assertEqual(self.raw(line), WONT_ECHO + WONT_SGA + WILL_ECHO)
        door.dataReceived(b"\xff\xfe\x01" + DO_ECHO + SECRET.encode() + b"\n")
        self.assertTrue(self.raw(line).startswith(WONT_ECHO + b"\r\n-- you are alice in #lobby"))

    def test_seen(self) -> None:
        """nc, ncat and socat, also a raw one, are sent no byte that isn't text; they are told once that it is seen."""
        for end in (b"\n", b"\r"):
            door, line = self.connect(b"alice" + end)
            self.assertIn(b"Nickname: " + SEEN + PROMPT, self.raw(line))
            door.dataReceived(b"wrong one" + end)
            self.assertNotIn(SEEN, self.raw(line))
            door.dataReceived(SECRET.encode() + end + b"quit" + end)
            self.assertNotIn(b"\xff", self.raw(line))

    def test_json(self) -> None:
        """A program is asked in its own words, and nothing is hidden."""
        door, line = self.connect(b"/format json\r\n", b'{"do": "nick", "name": "alice", "id": 1}\r\n')
        sent = self.raw(line)
        self.assertIn(b'{"event": "asked", "for": "password", "nickname": "alice"}\n{"event": "done", "id": 1}\n', sent)
        self.assertNotIn(b"\xff", sent)
        door.dataReceived(b'{"do": "password", "password": "correct horse", "id": 2}\r\n')
        self.assertIn(b'"nickname": "alice", "room": "#lobby"', self.raw(line))

    def test_password_that_is_no_text(self) -> None:
        """A password that can't be read is refused, and asked again; it is not given back."""
        door, line = self.connect(b"alice\n")
        self.raw(line)
        for typed in (b"caf\xe9 horse\n", b"x" * 5000 + b"\n"):
            door.dataReceived(typed)
            sent = self.raw(line)
            self.assertTrue(sent.endswith(PROMPT), sent)
            self.assertNotIn(b"horse", sent)

    def test_erased(self) -> None:
        """Erase characters in a password do what they do in a line."""
        _, line = self.connect(b"alice\n", b"correct hurr\x7f\x7f\x7forse\n")
        self.assertIn(b"-- you are alice in #lobby", self.raw(line))


class PromptTests(PasswordTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.bob, self.bob_line = self.connect(b"bob\n" + SECRET.encode() + b"\n")
        self.carol, self.carol_line = self.connect(b"carol\n")
        self.raw(self.carol_line)

    def test_stands_at_the_end(self) -> None:
        """Lines that come while a prompt is open stand on lines of their own, and the prompt comes again."""
        self.carol.dataReceived(b"/register\n")
        self.assertTrue(self.raw(self.carol_line).endswith(b"\r\nNew password: "))
        self.bob.dataReceived(b"hello\n")
        self.assertEqual(self.raw(self.carol_line), b"\r\n<bob> hello\r\nNew password: ")
        self.bob.dataReceived(b"one\n@carol two\n")
        self.assertEqual(
            self.raw(self.carol_line).replace(b"\r\nNew password: \r\n", b"\r\n"),
            b"\r\n<bob> one\r\n[bob -> you] two\r\nNew password: ",
        )
        self.carol.dataReceived(b"battery staple\n")
        self.assertEqual(self.raw(self.carol_line), b"Again: ")
        self.carol.dataReceived(b"battery staple\n")
        self.assertTrue(self.raw(self.carol_line).startswith(b"-- carol is yours"))
        self.bob.dataReceived(b"hello\n")
        self.assertEqual(self.raw(self.carol_line), b"<bob> hello\r\n")

    def test_in_the_same_round(self) -> None:
        """So they do when they come in the same moment as the prompt, before or behind it."""
        self.bob.dataReceived(b"before\n")
        self.carol.dataReceived(b"/register\n")
        self.bob.dataReceived(b"behind\n")
        sent = self.raw(self.carol_line)
        self.assertTrue(sent.endswith(b"New password: \r\n<bob> behind\r\nNew password: "), sent)
        self.assertIn(b"<bob> before\r\n-- carol will be", sent)

    def test_telnets_words(self) -> None:
        """What telnet is answered moves no prompt."""
        _, line = self.connect()
        self.raw(line)
        line.protocol.dataReceived(b"\xff\xfb\x18")
        self.assertEqual(self.raw(line), WILL_ECHO + b"\xff\xfb\x03\xff\xfd\x1f\xff\xfe\x18")
        line.protocol.dataReceived(b"dave\n")
        self.assertTrue(self.raw(line).startswith(b"-- you are dave"))

    def test_end(self) -> None:
        """The goodbye stands on a line of its own, too."""
        self.carol.dataReceived(b"/register\n")
        self.raw(self.carol_line)
        carol = self.carol.connection.session.member
        assert carol is not None
        carol.dismiss(Departure(Cause.KICKED, "enough"))
        self.assertTrue(self.raw(self.carol_line).startswith(b"\r\n!! you were disconnected"))


class WaitingTests(PasswordTestCase):
    """Passwords that are looked at when a test says so."""

    def setUp(self) -> None:
        super().setUp()
        self.hashing = ByHand()
        self.people._passwords._worker = self.hashing

    def test_pasted(self) -> None:
        """What is pasted behind a password waits, and is said in order."""
        _, line = self.connect(b"alice\ncorrect horse\nhello\n/me waves\n")
        self.assertNotIn(b"hello", self.raw(line))
        self.hashing.work()
        self.assertIn(b"<alice> hello\r\n* alice waves\r\n", self.raw(line))

    def test_lost_meanwhile(self) -> None:
        """If the connection is lost while the password is looked at, nobody enters."""
        door, _ = self.connect(b"alice\ncorrect horse\n")
        door.connectionLost(Failure(ConnectionLost()))
        self.hashing.work()
        self.assertEqual(len(self.hall.members), 0)

    def test_sixty_seconds(self) -> None:
        """The time for a nickname is that for its password, too."""
        _, line = self.connect(b"alice\n")
        self.clock.advance(61)
        self.assertIn(b"!! you gave no nickname within 60 seconds", self.raw(line))


class LetterTests(PasswordTestCase):
    """A transport in memory acknowledges what was sent at once."""

    def letters(self) -> int:
        owner = self.people.owners.named("alice")
        assert owner is not None
        return len(self.successResultOf(Deferred.fromCoroutine(self.people.letters(owner.id))))

    def setUp(self) -> None:
        super().setUp()
        self.connect(b"carol\n@alice lunch?\nquit\n")

    def test_deleted(self) -> None:
        """A letter is deleted some seconds behind its arrival."""
        self.connect(b"alice\ncorrect horse\n")
        self.assertEqual(self.letters(), 1)
        self.clock.pump([2, 0.1])
        self.assertEqual(self.letters(), 0)

    def test_script(self) -> None:
        """A script that leaves at once has read its letters."""
        door, line = self.connect(b"alice\ncorrect horse\n")
        door.readConnectionLost()
        self.clock.pump([0.1] * 3)
        self.assertIn(b"[carol -> you] lunch?", line.value())
        self.assertFalse(line.connected)
        self.assertEqual(self.letters(), 0)

    def test_quit(self) -> None:
        """So has who says goodbye, and closes behind ours."""
        door, line = self.connect(b"alice\ncorrect horse\nquit\n")
        if line.connected:
            door.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.letters(), 0)

    def test_lost(self) -> None:
        """Whoever loses the connection is shown them again."""
        door, _ = self.connect(b"alice\ncorrect horse\n")
        door.connectionLost(Failure(ConnectionLost()))
        self.clock.pump([2, 0.1])
        self.assertEqual(self.letters(), 1)
