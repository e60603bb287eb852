"""What the line door hears of any bytes in any cuts, held to a plain description of the protocol."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from chatd.core.events import Departure
from chatd.core.member import Member
from chatd.core.text import one_line
from chatd.doors.text import MAX_LINE
from chatd.session.answers import TalkingTo
from chatd.session.inputs import Command, Line, Refused
from chatd.session.session import QUIT, Session
from chatd.session.state import State
from tests.doors.test_line import DoorTestCase
from tests.doors.test_line import Line as Transport

NOT_TEXT, TOO_LONG, CUT_OFF, END = "not text", "too long", "cut off", "end"
REFUSALS = {
    "that line is not UTF-8": NOT_TEXT,
    "your telnet changed": NOT_TEXT,
    "that line is longer": TOO_LONG,
    "your last line": CUT_OFF,
    "your client sent": None,
}


class Hearing:
    """A state of the session that tells what it hears, and says goodbye at the end."""

    member: Member | None = None
    is_entering = False
    asked = None

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

    def not_read(self, given: Refused) -> None:
        """Nothing was asked."""

    def leave(self, how: Departure, logged_as: str) -> None:
        """Nobody is told."""

    def stands_for(self, state: object) -> bool:
        return state is self


_: type[State] = Hearing


class Described:
    """The protocol, as docs/protocol.md has it: slow, and plain enough to be judged by reading."""

    def __init__(self, segments: Sequence[bytes]) -> None:
        self.told: list[str] = []
        self._line = bytearray()
        self._too_long = self._after_cr = False
        self._is_telnet = False
        typed = list(self._without_telnet(b"".join(segments)))
        read = 0
        for segment in segments:
            read += len(segment)
            while typed and typed[0][0] <= read:
                for byte in typed.pop(0)[1]:
                    self._typed(byte)
            if self._line == b"\x04":  # Ctrl-D has no newline of its own
                self._end_line()
        if self._line and not self._too_long:
            self._tell(CUT_OFF)
        self._tell(END)

    def _without_telnet(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the text in what is sent, each part of it with the number of bytes behind which it is known."""
        at = known = 0
        speaks_telnet = False
        text = bytearray()
        while at < len(data):
            size, typed = 1, data[at : at + 1]
            if typed == b"\xff":
                found = word(data[at:], speaks_telnet, is_unfinished(text))
                if found is None:
                    return
                size, typed, looked_at = found
                known = max(known, at + looked_at)
                whole = data[at : at + size]
                speaks_telnet |= size > 2 and (whole[1] > 0xFA or whole.endswith(b"\xff\xf0"))
            at += size
            known = max(known, at)
            text += typed
            yield known, typed

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


MARK = b"\xff\xfd\x06"
KEYS = {0xF4: b"\x83", 0xF5: b"\x8f", 0xED: b"\x9a", 0xF3: b"\x9c", 0xF7: b"\x7f", 0xF8: b"\x15"}


def word(data: bytes, speaks_telnet: bool, unfinished: bool) -> tuple[int, bytes, int] | None:
    """Return the size of the word of telnet at the start, the text that it is, and how far one must look to know.

    None is for one that is not whole.
    """
    command = data[1:2]
    if not command:
        return None
    if command == b"\xff":
        return 2, b"\xff", 2
    if command in (b"\xfb", b"\xfc", b"\xfd", b"\xfe"):
        if len(data) < 3:
            return None
        return (2, data[:2], 3) if data[2:3] in (b"\r", b"\n") else (3, b"", 3)
    if command == b"\xfa":
        found = re.search(rb"[\r\n]|\xff\xf0", data)
        if found is None:
            return None
        size = found.start() if len(found[0]) == 1 else found.end()
        return size, b"", found.end()
    if command in (b"\xec", b"\xed", b"\xee") and not speaks_telnet:
        behind = data[2:5]
        if behind != MARK:
            agreeing = next((n for n in range(3) if behind[n : n + 1] != MARK[n : n + 1]), 3)
            return (1, b"\xff", 2 + agreeing + 1) if len(behind) > agreeing else None
    elif command < b"\xf0" and command not in (b"\xec", b"\xed", b"\xee"):
        return 1, b"\xff", 2
    if command == b"\xec":
        return 2, b"\x15\x04\n", 2 if speaks_telnet else 5
    key = b"\x15" if command == b"\xf4" and not unfinished else KEYS.get(command[0], b"")
    return 2, key if unfinished or key in (b"\x7f", b"\x15") else b"", 2 if speaks_telnet or command > b"\xef" else 5


def is_unfinished(text: bytes | bytearray) -> bool:
    """Say whether a text ends within a character."""
    for size in range(1, 4):
        try:
            text[-size:].decode()
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data":
                return True
    return False


def shown(text: str) -> str:
    """Return a line as the conversation hears it; the alphabet of this test holds no other controls."""
    return text.replace("\x04", "").replace("\0", "")


def told(line: Transport) -> list[str]:
    """Return what a connection was told, without the answers to telnet."""
    found = []
    for answer in re.sub(rb"\xff[\xfb-\xfe].", b"", line.value(), flags=re.DOTALL).decode().split("\r\n"):
        if answer.startswith("-- "):
            if answer not in ("-- chatd is here", "-- that line is thrown away; quit leaves"):
                found.append(END if answer.startswith("-- goodbye") else answer.removeprefix("-- now talking to "))
        elif answer.startswith("!! "):
            refusal = next(name for words, name in REFUSALS.items() if answer[3:].startswith(words))
            found += [refusal] if refusal else []
    return found


PIECES = (
    *(b"hello", "李 é".encode(), b"e\xcc\x81", b"\xe6\x9d", b"\xe9", b"quit", b"\n\n", b"\r\n", b"\r\0", b"\r", b"\n"),
    *(b"\x04", b"\x04\n", b"\x7f", b"\x08\x08", b"\x15", b"x" * (MAX_LINE - 2), b"yz", b"x" * (MAX_LINE + 1)),
    *(b"\xff", b"\xff\xf6", b"\xff\xf7", b"\xff\xf8", b"\xff\xed" + MARK, b"\xe5\xb0\xff\xf5" + MARK),
    *(
        b"\xff\xf4",
        b"\xff\xfd\x06",
        b"\xff\xfb\x03",
        b"\xff\xfa\x18xterm\n",
        b"\xff\xfa\x18xterm\xff\xf0",
        b"\xff\xff",
        b"\xff\xec",
    ),
)
sent = st.lists(st.sampled_from(PIECES), max_size=25).map(b"".join)
cuts = st.lists(st.floats(0, 1), max_size=8)


def cut(data: bytes, places: Sequence[float]) -> list[bytes]:
    edges = sorted({0, len(data), *(int(place * len(data)) for place in places)})
    return [data[start:end] for start, end in pairwise(edges)]


class AnyBytesTests(DoorTestCase):
    @given(sent, cuts)
    @example(b"\xff\xff\xff\xf4\x04\n", [])  # an FF that is no letter, behind which Ctrl-C is none of its bytes
    @example(b"\xff\xff\xfa\x18xterm\xff\xf0\xff\xec", [])  # what ends with SE, and has not begun, is no telnet
    def test_as_described(self, data: bytes, places: list[float]) -> None:
        """Lines, refusals and the end come in the order and the number that the protocol's description gives."""
        self.setUp()
        self.entrance.first = Hearing
        segments = cut(data, places)
        door, line = self.connect()
        for segment in segments:
            if line.connected:
                door.dataReceived(segment)
                self.clock.advance(1)
        if line.connected:
            door.readConnectionLost()
            self.clock.advance(1)
        self.assertEqual(told(line), Described(segments).told, segments)
