"""Tests for chatd.doors.telnet_row and chatd.doors.offer: how a telnet client's line comes to be edited here, and back.

The answers of the clients are those that were seen of real ones; tests/test_telnet_clients.py has these themselves.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from chatd.doors.line import LineDoor
from chatd.doors.offer import Offer
from chatd.doors.telnet_row import AGREED_WITHIN
from chatd.doors.typing import MOST_AHEAD
from tests.doors.test_line import DO_BINARY, DoorTestCase, Line
from tests.doors.test_passwords import PasswordTestCase
from tests.doors.test_telnet import OFFER, PLINK
from tests.keeping import SECRET
from tests.store.at_once import ByHand

WILL_ECHO, WONT_ECHO, DO_ECHO, DONT_ECHO = (bytes([255, verb, 1]) for verb in (251, 252, 253, 254))
WONT_SGA, DO_SGA, DONT_SGA = (bytes([255, verb, 3]) for verb in (252, 253, 254))
AGREED, TAKEN_BACK = DO_ECHO + DO_SGA, WONT_ECHO + WONT_SGA
REFUSED = "!! your client did not agree to have its line edited here; nothing has changed\r\n"
EDITED = "-- your line is edited here: Tab completes, Up recalls; /edit off ends that\r\n"
NOT_EDITED = "-- your line is edited by your own client\r\n"


def naws(columns: int, rows: int = 24) -> bytes:
    """Return what a client says of its window (RFC 1073)."""
    size = columns.to_bytes(2) + rows.to_bytes(2)
    return b"\xff\xfa\x1f" + size.replace(b"\xff", b"\xff\xff") + b"\xff\xf0"


def plain(sent: bytes) -> str:
    """Return what a terminal was sent, without telnet's words, and without what draws and paints."""
    text = re.sub(rb"\xff[\xfb-\xfe].", b"", sent, flags=re.DOTALL).decode()
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[78]|\r(?!\n)|\a", "", text)


class RowTestCase(DoorTestCase):
    def telnet(self, nickname: bytes = b"alice") -> tuple[LineDoor, Line]:
        """Return somebody with a telnet that does not speak first."""
        door, line = self.connect(nickname + b"\r\n")
        self.raw(line)
        return door, line

    def edited(self, nickname: bytes = b"alice") -> tuple[LineDoor, Line]:
        """Return somebody whose line is edited here."""
        door, line = self.telnet(nickname)
        door.dataReceived(b"/edit on\r\n")
        door.dataReceived(AGREED)
        self.assertTrue(self.plain(line).endswith(EDITED + "#lobby> "))
        return door, line

    def raw(self, line: Line, seconds: float = 0.5) -> bytes:
        self.clock.pump([seconds / 5] * 5)
        data: bytes = line.value()
        line.clear()
        return data.replace(DO_BINARY, b"")

    def plain(self, line: Line) -> str:
        return plain(self.raw(line))


class AgreementTests(RowTestCase):
    def test_spoke_first(self) -> None:
        """A client that speaks telnet first, and agrees, has a row at once, in the place of the prompt."""
        door, line = self.connect(PLINK)
        sent = self.raw(line)
        self.assertIn(OFFER, sent)
        self.assertNotIn(TAKEN_BACK, sent)
        door.dataReceived(DO_ECHO)  # it has said DO SGA
        self.assertNotIn(b"\r\nNickname: ", self.raw(line))
        door.dataReceived(b"alice\r")
        seen = self.plain(line)
        self.assertIn("-- you are alice in #lobby", seen)
        self.assertTrue(
            seen.endswith("-- /h lists commands, Tab completes names, quit leaves; /lang zh: 中文\r\n#lobby> ")
        )
        self.assertEqual(self.raw(line, AGREED_WITHIN + 1), b"")

    def test_crossed(self) -> None:
        """What a client asks for that it is about to be offered is its agreement, and is never refused."""
        door, line = self.connect(DO_SGA)
        door.dataReceived(DO_ECHO)
        sent = self.raw(line, AGREED_WITHIN + 1)
        self.assertNotIn(WONT_SGA, sent)
        self.assertTrue(plain(sent).endswith("Nickname: "))
        door.dataReceived(b"al")
        self.assertEqual(self.raw(line), b"al")

    def test_spoke_first_of_something_else(self) -> None:
        """One that agrees to nothing is left as it was, without a word, and has its echo."""
        door, line = self.connect(b"\xff\xfb\x18")
        self.raw(line)
        self.assertEqual(self.raw(line, AGREED_WITHIN + 1), TAKEN_BACK)
        door.dataReceived(b"alice\r\n")
        self.assertTrue(self.raw(line).startswith(b"-- you are alice in #lobby"))

    def test_text_first(self) -> None:
        """Who has typed something has not spoken telnet first: letters of other encodings offer nothing."""
        for sent in (
            b"caf\xff\xfb\x18",
            b"alice\r\n\xff\xfb\x00",
            b"\xff\xf4\xff\xfd\x06",
            b"\xff\xfc\x01\xff\xfe\x03",
        ):
            _, line = self.connect(sent)
            self.assertNotIn(WILL_ECHO, self.raw(line, AGREED_WITHIN + 1), sent)

    def test_asked_for(self) -> None:
        """/edit on offers a row, which comes when both options are agreed on, in any order and however cut."""
        for answers in ([AGREED], [DO_SGA, DO_ECHO], [b"\xff", b"\xfd\x01\xff\xfd", b"\x03"]):
            door, line = self.telnet()
            door.dataReceived(b"/edit on\r\n")
            self.assertEqual(self.raw(line), OFFER)
            for answer in answers:
                door.dataReceived(answer)
            self.assertEqual(self.plain(line), EDITED + "#lobby> ")
            door.dataReceived(b"hel")
            self.assertEqual(self.raw(line), b"hel")
            door.dataReceived(b"lo\r\0")
            self.assertTrue(self.plain(line).endswith("<alice> hello\r\n#lobby> "))
            door.dataReceived(b"/edit\r")
            self.assertTrue(self.plain(line).endswith(EDITED + "#lobby> "))
            door.dataReceived(b"quit\r")

    def test_not_agreed(self) -> None:
        """Half an agreement, a refusal or silence leave all as it was within three seconds, with an echo and a reason.

        The client is told WONT of both, whatever it has answered.
        """
        for answer in (b"", DO_ECHO, DO_SGA, DO_ECHO + DONT_SGA, DONT_ECHO + DO_SGA, DONT_ECHO + DONT_SGA):
            door, line = self.telnet()
            door.dataReceived(b"/edit on\r\n")
            self.raw(line)
            door.dataReceived(answer)
            sent = self.raw(line, AGREED_WITHIN + 1)
            self.assertTrue(sent.startswith(TAKEN_BACK), answer)
            self.assertEqual(plain(sent), REFUSED, answer)
            door.dataReceived(b"hello\r\n")
            self.assertIn(b"<alice> hello\r\n", self.raw(line))
            door.dataReceived(b"quit\r\n")

    def test_typed_meanwhile(self) -> None:
        """What is typed before the client has agreed is heard as it would be, half a line becomes the row's."""
        door, line = self.telnet()
        door.dataReceived(b"/edit on\r\nhello\r\nhalf ")
        self.assertIn(b"<alice> hello\r\n", self.raw(line))
        door.dataReceived(b"a " + AGREED + b"li")
        self.assertTrue(self.plain(line).endswith("#lobby> half a li"))
        door.dataReceived(b"ne\r")
        self.assertIn("<alice> half a line\r\n", self.plain(line))

    def test_late(self) -> None:
        """An agreement that comes too late is taken back once more."""
        door, line = self.telnet()
        door.dataReceived(b"/edit on\r\n")
        self.raw(line, AGREED_WITHIN + 1)
        door.dataReceived(AGREED)
        self.assertEqual(self.raw(line), TAKEN_BACK)

    def test_called_off(self) -> None:
        """Who calls it off before the client has answered is told that once."""
        door, line = self.telnet()
        door.dataReceived(b"/edit on\r\n/edit off\r\n")
        sent = self.raw(line, AGREED_WITHIN + 1)
        self.assertEqual(sent.decode("latin-1").count("\r\n"), 1, sent)
        self.assertTrue(sent.endswith(TAKEN_BACK + NOT_EDITED.encode()))

    def test_lost(self) -> None:
        """A connection that is lost meanwhile leaves nothing behind."""
        door, line = self.telnet()
        door.dataReceived(b"/edit on\r\n")
        self.raw(line)
        door.connectionLost(Failure(ConnectionLost()))
        self.clock.advance(AGREED_WITHIN + 1)
        self.assertEqual((line.value(), self.clock.getDelayedCalls()), (b"", []))


class OtherClientTests(RowTestCase):
    def test_nc(self) -> None:
        """Who ends lines as nc does is told what works, and is sent no byte of telnet."""
        door, line = self.connect(b"alice\n")
        self.raw(line)
        for typed in (b"/edit on\n", b"/edit\n"):
            door.dataReceived(typed)
            told = "!! your client edits its line itself; telnet and ssh may have it done here, nc has rlwrap\r\n"
            self.assertEqual(self.raw(line, AGREED_WITHIN + 1).decode(), told)
        door.dataReceived(b"/edit off\n")
        self.assertEqual(self.raw(line).decode(), NOT_EDITED)
        door.dataReceived(b"/edit maybe\n")
        self.assertTrue(self.raw(line).startswith(b"!! usage: /edit [on|off]"))

    def test_programs(self) -> None:
        """A program has no line to edit; /format json ends a row."""
        door, line = self.edited()
        door.dataReceived(b"/format json\r")
        sent = self.raw(line)
        self.assertIn(TAKEN_BACK, sent)
        self.assertIn(b'\x1b[?2004l\x1b[m{"event": "hello"', sent)
        door.dataReceived(b'{"do": "edit", "on": "on"}\n')
        self.assertIn(b'"code": "NoEditor"', self.raw(line))
        door.dataReceived(b"/format text\n/edit on\r\n")
        door.dataReceived(DONT_ECHO + DONT_SGA + AGREED)
        self.assertTrue(self.plain(line).endswith("#lobby> "))


class WayBackTests(RowTestCase):
    def test_edit_off(self) -> None:
        """/edit off takes the row away, and /edit on brings it again, with what was typed in it before."""
        door, line = self.edited()
        door.dataReceived(b"first\r/edit off\r")
        sent = self.raw(line)
        self.assertIn(TAKEN_BACK, sent)
        self.assertTrue(sent.endswith(b"\r\x1b[K\x1b[?2004l\x1b[m" + NOT_EDITED.encode()), sent)
        door.dataReceived(b"second\r\n")
        self.assertIn(b"<alice> second\r\n", self.raw(line))
        door.dataReceived(b"/edit on\r\n")
        door.dataReceived(DONT_ECHO + DONT_SGA + AGREED)  # what came of WONT, then of WILL
        self.assertTrue(self.plain(line).endswith("#lobby> "))
        door.dataReceived(b"\x1b[A\x1b[A")
        self.assertEqual(self.plain(line), "first")

    def test_colours(self) -> None:
        """With the row come colours, unless there were some, and go with it."""
        for before, within, behind in ((b"", "\x1b[", ""), (b"/colour on\r\n", "38;5;", "38;5;")):
            door, line = self.telnet()
            door.dataReceived(before + b"/edit on\r\n")
            door.dataReceived(AGREED + b"hello\r")
            self.assertIn(within, self.raw(line).replace(OFFER, b"").decode())
            door.dataReceived(b"/edit off\r")
            self.raw(line)
            door.dataReceived(b"hello\r\n")
            seen = self.raw(line).decode()
            self.assertEqual("\x1b" in seen, bool(behind))
            self.assertIn(behind, seen)
            door.dataReceived(b"quit\r\n")

    def test_half_typed(self) -> None:
        """Who takes the echo back keeps what was half typed: it is shown, and what comes behind it is one line."""
        for refused in (DONT_ECHO, DONT_SGA, DONT_ECHO + DONT_SGA):
            door, line = self.edited()
            door.dataReceived(b"abc" + refused + b"d")
            sent = self.raw(line)
            self.assertIn(TAKEN_BACK, sent)
            self.assertTrue(sent.endswith(NOT_EDITED.encode() + b"abcd"), sent)
            door.dataReceived(b"ef\r\nnext\r\n")
            self.assertIn(b"<alice> abcdef\r\n", seen := self.raw(line))
            self.assertIn(b"<alice> next\r\n", seen)
            door.dataReceived(b"quit\r\n")

    def test_several_half_typed(self) -> None:
        """So it is with several lines that were pasted, and with what is no text behind them."""
        door, line = self.edited()
        door.dataReceived(b"\x1b[200~one\ntwo\nthr\x1b[201~" + DONT_ECHO)
        self.assertTrue(self.raw(line).endswith("one\u21b5two\u21b5thr".encode()))
        door.dataReceived(b"ee\r\n")
        seen = self.raw(line)
        for said in (b"one", b"two", b"three"):
            self.assertIn(b"<alice> " + said + b"\r\n", seen)
        door.dataReceived(b"/edit on\r\n")
        door.dataReceived(DONT_SGA + AGREED)
        door.dataReceived(b"ab" + DONT_SGA)
        door.dataReceived(b"\xe9\r\n")
        self.assertIn("your telnet changed a character of that line", self.plain(line))

    def test_half_typed_and_back(self) -> None:
        """What was half typed when a row ended is in the next one, if nothing became of it."""
        door, line = self.edited()
        door.dataReceived(b"abc" + DONT_ECHO)
        self.raw(line)
        door._telnet.offer.make()  # as if somebody had asked for it elsewhere
        door.dataReceived(AGREED)
        self.assertTrue(self.plain(line).endswith("#lobby> abc"))

    def test_nickname(self) -> None:
        """Whoever has no nickname yet is asked for it again."""
        door, line = self.connect(PLINK + DO_ECHO + b"al")
        self.assertTrue(self.plain(line).endswith("Nickname: al"))
        door.dataReceived(DONT_SGA)
        self.assertTrue(self.raw(line).endswith(NOT_EDITED.encode() + b"Nickname: al"))
        door.dataReceived(b"ice\n")
        self.assertTrue(self.raw(line).startswith(b"-- you are alice in #lobby"))

    def test_ends(self) -> None:
        """A goodbye, and the end of chatd, leave the terminal as it was."""
        for end in ("quit", "Ctrl-D", "stop"):
            self.setUp()
            door, line = self.edited()
            if end == "stop":
                door.connection.close_within(5)
            else:
                door.dataReceived(b"quit\r" if end == "quit" else b"\x04")
            sent = self.raw(line, 5)
            self.assertRegex(sent, rb"goodbye.*\r\n\r\x1b\[K\x1b\[\?2004l\x1b\[m$")


class TypingTests(RowTestCase):
    limits = {"line_rate": 5, "line_burst": 10}

    def test_held_back(self) -> None:
        """Keys show at once, even while lines wait for their pace; none of these is lost on the way back."""
        door, line = self.edited()
        door.dataReceived(b"\x1b[200~" + b"\n".join(b"line %d" % n for n in range(20)) + b"\x1b[201~\r")
        seen = self.plain(line)
        self.assertNotIn("line 19", seen)
        door.dataReceived(b"meanwhile")
        self.clock.advance(0.05)
        self.assertIn(b"meanwhile", line.value())
        door.dataReceived(DONT_ECHO)
        door.dataReceived(b" typed\r\nlast\r\n")
        said = re.findall("<alice> (.*?)\r\n", plain(self.raw(line, 20)))
        self.assertEqual(said[-4:], ["line 18", "line 19", "meanwhile typed", "last"])

    def test_agreed_while_held_back(self) -> None:
        """Lines that waited when the row began are heard, in order and at their pace, and keys show meanwhile."""
        door, line = self.telnet()
        door.dataReceived(b"/edit on\r\n")
        door.dataReceived(b"".join(b"line %d\r\n" % n for n in range(20)) + AGREED)
        door.dataReceived(b"typed")
        self.clock.advance(0.05)
        self.assertTrue(plain(line.value()).endswith("#lobby> typed"))
        seen = plain(self.raw(line, 20))
        self.assertEqual(re.findall("<alice> line (.*?)\r\n", seen), [str(n) for n in range(20)])

    def test_end_behind_lines_that_wait(self) -> None:
        """Who closes their side behind many lines is heard to the last one."""
        door, line = self.edited()
        door.dataReceived(b"".join(b"line %d\r" % n for n in range(20)))
        door.readConnectionLost()
        seen = plain(self.raw(line, 20))
        self.assertIn("<alice> line 19\r\n", seen)
        self.assertTrue(seen.endswith("-- goodbye, alice\r\n"))
        self.assertFalse(line.connected)

    def test_addressee_renamed(self) -> None:
        """All rows whose lines go to somebody say what that person is called now, whoever's codec makes the notice."""
        self.connect(b"bob\n")
        rows = [self.edited(name) for name in (b"alice", b"carol")]
        for door, line in rows:
            door.dataReceived(b"to:bob\r")
            self.assertTrue(self.plain(line).endswith("@bob> "))
        self.hall.find("bob").rename("robert")
        for _, line in rows:
            self.assertTrue(self.plain(line).endswith("@robert> "))

    def test_end_behind_half_a_line(self) -> None:
        """Who closes their side within a line has not said it, and is told so."""
        door, line = self.edited()
        door.dataReceived(b"half a li")
        door.readConnectionLost()
        seen = plain(self.raw(line))
        self.assertIn("!! your last line had no end; it was not sent", seen)
        self.assertNotIn("<alice>", seen)

    def test_long_before(self) -> None:
        """What was typed before lines had to wait is not typed ahead."""
        door, line = self.edited()
        for _ in range(5):
            door.dataReceived(b"y" * 4096 + b"\x15")
        door.dataReceived(b"x\r" * 30)
        self.assertEqual(line.producerState, "producing")

    def test_typed_ahead(self) -> None:
        """What is typed ahead has a bound: no more keys are read until lines are heard again."""
        door, line = self.edited()
        door.dataReceived(b"x\r" * 30)
        self.assertEqual(line.producerState, "producing")
        door.dataReceived(b"y" * (MOST_AHEAD + 1))
        self.assertEqual(line.producerState, "paused")
        self.raw(line, 60)
        self.assertEqual(line.producerState, "producing")

    def test_words_ahead(self) -> None:
        """Telnet's words count too: what they are answered has a bound, be it read or not."""
        self.entrance.apply(replace(self.entrance.limits, byte_rate=1_000, byte_burst=2_000))
        door, line = self.edited()
        for word in (b"\xff\xf1", b"\xff\xfd\x06", naws(80) + naws(81)):
            door.dataReceived(word * (8_000 // len(word)))
            self.assertEqual(line.producerState, "producing")
            door.dataReceived(word * (MOST_AHEAD // len(word)))
            self.assertEqual(line.producerState, "paused", word)
            self.raw(line, 60)
            self.assertEqual(line.producerState, "producing", word)

    def test_telnets_words(self) -> None:
        """Ctrl-C, Ctrl-D and AYT, which some clients send as words, do what they do in any row."""
        door, line = self.edited()
        door.dataReceived(b"half\xff\xf4\xff\xfd\x06")
        sent = self.raw(line)
        self.assertEqual(sent, b"\xff\xfc\x06")
        door.dataReceived(b"\xff\xf6")
        self.assertIn("-- chatd is here\r\n#lobby> ", self.plain(line))
        idle = door.connection.idle
        door.dataReceived(b"\xff\xf1" + naws(100))
        self.assertEqual(door.connection.idle, idle)  # nobody has typed that
        door.dataReceived(b"half\xff\xec")
        self.assertIn("-- goodbye, alice", self.plain(line))


class WindowTests(RowTestCase):
    def test_width(self) -> None:
        """Long lines wrap at words, indented; with a new width, at other words."""
        door, line = self.edited()
        bob, _ = self.telnet(b"bob")
        text = b"one two three four five six seven eight nine ten"
        door.dataReceived(naws(40))
        bob.dataReceived(text + b"\r\n")
        self.assertIn("<bob> one two three four five six seven\r\n      eight nine ten\r\n", self.plain(line))
        door.dataReceived(naws(200))
        bob.dataReceived(text + b"\r\n")
        self.assertIn(f"<bob> {text.decode()}\r\n", self.plain(line))

    def test_any_bytes_in_a_size(self) -> None:
        """A size may hold bytes that end lines, and IAC, and be cut anywhere."""
        for columns, rows in ((13, 10), (10, 13), (255, 255), (0x0A0D, 24), (80, 0xFFFF)):
            for cut in range(len(naws(columns, rows)) + 1):
                door, line = self.edited()
                sent = naws(columns, rows)
                door.dataReceived(b"a" + sent[:cut])
                door.dataReceived(sent[cut:] + b"b\r")
                self.assertIn("<alice> ab", self.plain(line))
                self.assertEqual(door._terminal.columns, columns)
                door.dataReceived(b"quit\r")

    def test_no_size(self) -> None:
        """What only begins like a size is skipped as any other subnegotiation, and before one was asked for too."""
        door, line = self.edited()
        door.dataReceived(b"\xff\xfa\x1fabcdefgh\xff\xf0ok\r")
        self.assertIn("<alice> ok", self.plain(line))
        door, line = self.telnet(b"bob")
        door.dataReceived(naws(80) + b"ok\r\n")
        self.assertIn("<bob> ok", self.plain(line))


class SecretTests(RowTestCase, PasswordTestCase):
    def test_hidden(self) -> None:
        """A password is not shown in a row; if that ends meanwhile, the client is asked to hide it, or is told."""
        for refused, is_hidden in ((b"", True), (DONT_SGA, True), (DONT_ECHO, False)):
            door, line = self.connect(PLINK + DO_ECHO + b"alice\r")
            self.assertTrue(self.plain(line).endswith("Password of alice: "))
            door.dataReceived(b"wrong" + refused)
            sent = self.raw(line)
            self.assertNotIn(b"wrong", sent)
            if refused:
                self.assertEqual(sent.endswith(WILL_ECHO + b"Password of alice: "), is_hidden, sent)
                self.assertEqual(b"shows on your own screen" in sent, not is_hidden)
            door.dataReceived(SECRET.encode() + b"\n" if refused else b"\x15" + SECRET.encode() + b"\r")
            self.assertIn("-- you are alice in #lobby", self.plain(line))
            door.dataReceived(b"quit\n")
            self.raw(line)

    def test_typed_twice(self) -> None:
        """A password that is typed again while it is looked at is not said when it was right, nor given back."""
        self.people._passwords._worker = hashing = ByHand()
        _, heard = self.telnet(b"carol")
        for client in (PLINK, b""):
            door, line = self.connect(client + DO_ECHO + b"bob\r") if client else self.edited(b"dave")
            door.dataReceived(b"" if client else b"/nick bob\r")
            self.assertTrue(self.plain(line).endswith("Password of bob: "))
            door.dataReceived(2 * (SECRET.encode() + b"\r"))
            self.raw(line)
            hashing.work()
            seen = self.plain(line)
            self.assertIn("!! that may not have been meant for #lobby; type it again if it is\r\n#lobby> ", seen)
            self.assertNotIn(SECRET, seen + self.plain(heard))
            door.dataReceived(b"hello\rquit\r")
            self.assertIn("<bob> hello", self.plain(heard))

    def test_asked_ahead(self) -> None:
        """A DONT that confirms the end of a password's WONT is no refusal of a row that was asked for behind it."""
        door, line = self.connect(b"alice\r\n")
        door.dataReceived(DO_ECHO)
        self.raw(line)
        door.dataReceived(SECRET.encode() + b"\r\n/edit on\r\n")
        self.raw(line)
        door.dataReceived(DONT_ECHO + AGREED)
        self.assertTrue(self.plain(line).endswith(EDITED + "#lobby> "))


class OfferTests(SynchronousTestCase):
    def offer(self) -> tuple[Offer, list[Any]]:
        sent: list[Any] = []
        return Offer(sent.append), sent

    def test_once(self) -> None:
        """What is offered already is not offered again."""
        offer, sent = self.offer()
        offer.make()
        offer.make()
        offer.hide_typing()
        offer.show_typing()
        offer.withdraw()
        offer.make()
        self.assertEqual(sent, [OFFER[:6], TAKEN_BACK, OFFER[:6]])

    def test_taken_back_twice(self) -> None:
        """A client that takes an option back confirms no WONT of it, and may take it back again the next time."""
        for option in (1, 3):
            offer, sent = self.offer()
            for _ in range(2):
                offer.make()
                for agreed in (1, 3):
                    self.assertTrue(offer.takes(253, agreed))
                self.assertTrue(offer.is_agreed)
                offer.takes(254, option)
                self.assertFalse(offer.is_open)
                offer.takes(254, 4 - option)  # which confirms
            self.assertEqual(sent, [OFFER[:6], TAKEN_BACK] * 2)

    def test_refused_echo(self) -> None:
        """Who has refused ECHO is not offered it for a password alone, until the row is asked for again."""
        offer, sent = self.offer()
        offer.make()
        self.assertFalse(offer.takes(254, 1))
        self.assertFalse(offer.hide_typing())
        self.assertEqual(sent, [OFFER[:6], TAKEN_BACK])
        offer.make()
        self.assertTrue(offer.hide_typing())
