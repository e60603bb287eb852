"""What the line door hears of any bytes in any cuts, held to a plain description of the protocol."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chatd.core.events import Departure
from chatd.core.member import Member
from chatd.core.text import one_line
from chatd.doors.text import MAX_LINE
from chatd.session.answers import TalkingTo
from chatd.session.inputs import Command, Line
from chatd.session.session import QUIT, Session
from tests.doors.test_line import DoorTestCase
from tests.doors.test_line import Line as Transport

NOT_TEXT, TOO_LONG, CUT_OFF, END = "not text", "too long", "cut off", "end"
REFUSALS = {"that line is not UTF-8": NOT_TEXT, "that line is longer": TOO_LONG, "your last line": CUT_OFF}


class Hearing:
    """A state of the session that tells what it hears, and says goodbye at the end."""

    member: Member | None = None
    is_entering = False

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self) -> None:
        """Nothing is said first."""

    def ask(self) -> None:
        """Nothing is asked."""

    def receive(self, given: Line | Command) -> None:
        assert isinstance(given, Line)
        line = one_line(given.text)
        if line == "quit":
            self._session.close(QUIT)
        else:
            self._session.client.send(TalkingTo(repr(line)))

    def choice_refused(self) -> None:
        """Nobody was chosen."""

    def leave(self, how: Departure, logged_as: str) -> None:
        """Nobody is told."""


class Described:
    """The protocol, as docs/protocol.md has it: slow, and plain enough to be judged by reading."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._telnet = self._text()
        next(self._telnet)
        self._line = bytearray()
        self._too_long = self._after_cr = False

    def segment(self, data: bytes) -> None:
        for byte in data:
            self._telnet.send(byte)
        if self._line == b"\x04":  # Ctrl-D has no newline of its own
            self._end_line()

    def half_close(self) -> None:
        if self._line and not self._too_long:
            self._tell(CUT_OFF)
        self._tell(END)

    def _text(self) -> Iterator[None]:
        """Take telnet's words out of what is sent here, byte by byte."""
        while True:
            byte = yield
            if byte != 255:
                self._typed(byte)
                continue
            byte = yield
            if byte == 255:
                self._typed(byte)
            elif byte == 236:  # EOF: what was half typed is gone
                for typed in b"\x15\x04\n":
                    self._typed(typed)
            elif 251 <= byte <= 254:
                yield
            elif byte == 250:
                while (yield) != 255 or (yield) != 240:
                    pass

    def _typed(self, byte: int) -> None:
        goes_with_cr = self._after_cr and byte in b"\n\0"
        self._after_cr = byte == 13
        if goes_with_cr:
            return
        if byte in b"\r\n":
            self._end_line()
            return
        self._line.append(byte)
        if len(self._line) > MAX_LINE and not self._too_long:
            self._too_long = True
            self._tell(TOO_LONG)

    def _end_line(self) -> None:
        line, was_told = bytes(self._line), self._too_long
        self._line.clear()
        self._too_long = False
        if line.endswith(b"\x15\x04"):  # Ctrl-U and Ctrl-D: the line is gone, and an empty one ended
            self._tell(END)
        if was_told:
            return
        try:
            text = self._erased(line.decode())
        except UnicodeDecodeError:
            self._tell(NOT_TEXT)
        else:
            self._tell(END if text == "\x04" or shown(text) == "quit" else repr(shown(text)))

    def _erased(self, text: str) -> str:
        kept: list[str] = []
        for character in text:
            if character == "\x15":
                kept = []
            elif character in "\x7f\x08":
                while kept and unicodedata.combining(kept.pop()):
                    pass
            else:
                kept.append(character)
        return "".join(kept)

    def _tell(self, what: str) -> None:
        if END not in self.told:
            self.told.append(what)


def shown(text: str) -> str:
    """Return a line as the conversation hears it; the alphabet of this test holds no other controls."""
    return text.replace("\x04", "").replace("\0", "")


def told(line: Transport) -> list[str]:
    """Return what a connection was told, without the answers to telnet."""
    found = []
    for answer in re.sub(rb"\xff[\xfc\xfe].", b"", line.value()).decode().split("\r\n"):
        if answer.startswith("-- "):
            found.append(END if answer == "-- goodbye" else answer.removeprefix("-- now talking to "))
        elif answer.startswith("!! "):
            found.append(next(name for words, name in REFUSALS.items() if answer[3:].startswith(words)))
    return found


PIECES = (
    *(b"hello", "李 é".encode(), b"e\xcc\x81", b"\xe6\x9d", b"\xe9", b"quit", b"\n\n", b"\r\n", b"\r\0", b"\r", b"\n"),
    *(b"\x04", b"\x04\n", b"\x7f", b"\x08\x08", b"\x15", b"x" * (MAX_LINE - 2), b"yz", b"x" * (MAX_LINE + 1)),
    *(b"\xff\xf4", b"\xff\xfd\x06", b"\xff\xfb\x03", b"\xff\xfa\x18xterm\n\xff\xf0", b"\xff\xff", b"\xff\xec"),
)
sent = st.lists(st.sampled_from(PIECES), max_size=25).map(b"".join)
cuts = st.lists(st.floats(0, 1), max_size=8)


def cut(data: bytes, places: Sequence[float]) -> list[bytes]:
    edges = sorted({0, len(data), *(int(place * len(data)) for place in places)})
    return [data[start:end] for start, end in pairwise(edges)]


class AnyBytesTests(DoorTestCase):
    @given(sent, cuts)
    def test_as_described(self, data: bytes, places: list[float]) -> None:
        """Lines, refusals and the end come in the order and the number that the protocol's description gives."""
        self.setUp()
        self.entrance.first = Hearing
        described = Described()
        door, line = self.connect()
        for segment in cut(data, places):
            described.segment(segment)
            if line.connected:
                door.dataReceived(segment)
                self.clock.advance(1)
        described.half_close()
        if line.connected:
            door.readConnectionLost()
            self.clock.advance(1)
        self.assertEqual(told(line), described.told, cut(data, places))
