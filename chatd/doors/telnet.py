"""What terminals send besides text: telnet's own words (RFC 854).

chatd never speaks telnet first. To a client that does, or that ends its first line as telnet does, it says `IAC DO
BINARY` once, for GNU telnet takes some bytes of UTF-8 for its own keys until then; to one that agrees, `IAC DO NAWS`,
so that it tells how wide its window is (RFC 1073); and `IAC WILL ECHO` where a password is typed, so that it isn't
shown (RFC 857). A client that begins with telnet is offered to have its line edited here (`offer.py`). Every other
option is refused.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from dataclasses import dataclass
from typing import Protocol

from chatd.doors.offer import DO, DONT, IAC, WILL, WONT, Offer

SB, SE = 250, 240
EL, EC, AYT, AO, IP, BRK = 248, 247, 246, 245, 244, 243
ABORT, SUSP, IAC_EOF = 238, 237, 236
BINARY, TIMING_MARK = 0, 6  # RFC 856; RFC 860, which frees a telnet client that is deaf from Ctrl-C
NAWS = 31

CTRL_C, CTRL_D, CTRL_U, DEL = b"\x03", b"\x04", b"\x15", b"\x7f"
EOF = CTRL_U + CTRL_D  # how telnet's end of file is handed on, with the end of a line behind it
MOST_SUBNEGOTIATED = 256  # bytes; what has no end by then is given up

_MARK = bytes([IAC, DO, TIMING_MARK])
_ASK_BINARY = bytes([IAC, DO, BINARY])
_ASK_WIDTH = bytes([IAC, DO, NAWS])
# What it is answered by: columns and rows in two bytes each, which may be those of a line's end; an IAC is doubled.
_WINDOW = re.compile(rb"\xff\xfa\x1f((?:[^\xff]|\xff\xff){2})((?:[^\xff]|\xff\xff){2})\xff\xf0", re.DOTALL)
_WINDOW_BEGINS = bytes([IAC, SB, NAWS])
_LONGEST_WINDOW = 13  # bytes
_REFUSAL = {DO: WONT, WILL: DONT}
# The bytes of UTF-8 that GNU telnet takes for its keys, by the commands that it sends instead.
_KEYS = {IP: 0x83, AO: 0x8F, SUSP: 0x9A, BRK: 0x9C}
_NOTHING: frozenset[tuple[int, int]] = frozenset()
_UTF_8 = getincrementaldecoder("utf-8")
_END_OF_SUBNEGOTIATION = re.compile(rb"[\r\n]|\xff\xf0")


@dataclass(slots=True)
class Terminal:
    """What has been seen of the client at the other end of a connection."""

    speaks_telnet: bool = False  # it has sent one of telnet's words
    ends_with_cr: bool = False  # or its lines end as those of telnet do
    columns: int = 0  # of its window; 0 if that isn't known
    closes_itself: bool = False  # behind a goodbye: it has closed its side already, or is no nc

    @property
    def is_telnet(self) -> bool:
        return self.speaks_telnet or self.ends_with_cr


class Listener(Protocol):
    """The door whose client speaks telnet."""

    def reply(self, data: bytes) -> None:
        """Answer telnet."""

    def asked_whether_here(self) -> None:
        """The client asks whether anybody is there."""

    def interrupted(self) -> None:
        """The person has pressed Ctrl-C."""

    def word_unfinished(self) -> None:
        """A word without an end was given up."""

    def resized(self) -> None:
        """The terminal has other columns than before."""


class Telnet:
    """Takes telnet's words out of the bytes of one connection, and answers them.

    IAC is telnet's only in front of a command: it is a letter in other encodings, and in front of anything else it
    stays, so that the line is refused as no UTF-8. CR and LF are never part of a word.
    """

    __slots__ = (
        "_asked_binary",
        "_asked_width",
        "_begun",
        "_listener",
        "_refused",
        "_tail",
        "_terminal",
        "_was_interrupted",
        "offer",
    )

    def __init__(self, terminal: Terminal, listener: Listener) -> None:
        self._terminal = terminal
        self._listener = listener
        self._was_interrupted = False  # by this segment; however often, it is told once
        self._begun = b""  # of a word that is not whole yet
        self._tail = b""  # the end of the text before this segment
        self._refused = _NOTHING
        self._asked_binary = self._asked_width = False
        self.offer = Offer(listener.reply)

    def text_in(self, data: bytes) -> bytes:
        """Return the text in one segment."""
        if IAC in data or self._begun:
            data = self._without_words(data)
            if self._was_interrupted:  # told behind the answer to its mark: until then, telnet shows nothing
                self._was_interrupted = False
                self._listener.interrupted()
        self._tail = (self._tail + data[-3:])[-3:]
        return data

    def ask_binary(self) -> None:
        """Ask the client, once, to let all bytes pass as they are."""
        if not self._asked_binary:
            self._asked_binary = True
            self._listener.reply(_ASK_BINARY)

    def offer_row(self) -> None:
        """Offer the client to have its line edited here, and ask how wide its window is."""
        self.offer.make()
        self._ask_width()

    def _ask_width(self) -> None:
        if not self._asked_width:
            self._asked_width = True
            self._listener.reply(_ASK_WIDTH)

    def hide_typing(self) -> bool:
        """Have the client not show what is typed; return False if it doesn't, or is no telnet."""
        return self._terminal.is_telnet and self.offer.hide_typing()

    def _without_words(self, data: bytes) -> bytes:
        data, self._begun = self._begun + data, b""
        text = bytearray()
        at = 0
        while (word := data.find(IAC, at)) >= 0:
            text += data[at:word]
            size = self._take_word(data, word, text)
            if not size:
                self._begun = data[word:]
                return bytes(text)
            at = word + size
        text += data[at:]
        return bytes(text)

    def _take_word(self, data: bytes, at: int, text: bytearray) -> int:
        """Take the word that begins there; return its size, 0 for one that is not whole yet."""
        command = data[at + 1] if at + 1 < len(data) else None
        if command is None:
            return 0
        if command == IAC:  # a data byte of 255, which is no text
            text.append(IAC)
            return 2
        if command >= WILL:
            return self._take_option(data, at, text)
        if command == SB:
            return self._take_subnegotiation(data, at)
        if command in (IAC_EOF, SUSP, ABORT) and not self._terminal.speaks_telnet:
            behind = data[at + 2 : at + 2 + len(_MARK)]
            if behind != _MARK:  # letters, unless telnet's mark follows
                if _MARK.startswith(behind):
                    return 0
                text.append(IAC)
                return 1
        elif command < SE and command not in (IAC_EOF, SUSP, ABORT):
            text.append(IAC)
            return 1
        self._do(command, text)
        return 2

    def _take_option(self, data: bytes, at: int, text: bytearray) -> int:
        if at + 2 == len(data):
            return 0
        verb, option = data[at + 1], data[at + 2]
        if option in b"\r\n":
            text += data[at : at + 2]
            return 2
        self._terminal.speaks_telnet = True
        if verb in _REFUSAL and not (text or self._tail or self._asked_binary) and option != TIMING_MARK:
            self.offer_row()  # to a client that speaks telnet first
        self._answer(verb, option)
        self.ask_binary()
        return 3

    def _take_subnegotiation(self, data: bytes, at: int) -> int:
        """Skip what an option says. It ends before the end of a line: nothing else was agreed that could hold one."""
        if self._asked_width and data.startswith(_WINDOW_BEGINS, at):
            window = _WINDOW.match(data, at)
            if window is not None:
                self._be_as_wide_as(int.from_bytes(window[1].replace(b"\xff\xff", b"\xff"), "big"))
                return window.end() - at
            if len(data) - at < _LONGEST_WINDOW and b"\xff\xf0" not in data[at:]:
                return 0
        end = _END_OF_SUBNEGOTIATION.search(data, at + 2, at + MOST_SUBNEGOTIATED)
        if end is None:
            if len(data) - at < MOST_SUBNEGOTIATED:
                return 0
            self._listener.word_unfinished()
            return MOST_SUBNEGOTIATED
        if end[0] in (b"\r", b"\n"):
            self._listener.word_unfinished()
            return end.start() - at
        self._terminal.speaks_telnet = True
        return end.end() - at

    def _be_as_wide_as(self, columns: int) -> None:
        self._terminal.speaks_telnet = True
        if columns != self._terminal.columns:
            self._terminal.columns = columns
            self._listener.resized()

    def _do(self, command: int, text: bytearray) -> None:
        if command in _KEYS and _is_unfinished(self._tail + text[-3:]):
            text.append(_KEYS[command])
        elif command == IAC_EOF:
            text += EOF + b"\n"  # what was half typed is not sent
        elif command == EC:
            text += DEL
        elif command == EL:
            text += CTRL_U
        elif command == IP and self.offer.is_agreed:
            text += CTRL_C
        elif command == IP:
            text += CTRL_U  # what was half typed is gone at the client already
            self._was_interrupted = True
        elif command == AYT:
            self._listener.asked_whether_here()

    def _answer(self, verb: int, option: int) -> None:
        """Answer DO with WONT and WILL with DONT: once, so that two sides can't answer each other for ever."""
        if (verb, option) == (WILL, BINARY):
            if self._asked_binary:  # to which this is the yes
                self._ask_width()
            return
        if self.offer.takes(verb, option) or (self._asked_width and (verb, option) == (WILL, NAWS)):
            return
            return
        if verb not in _REFUSAL:
            return
        if option == TIMING_MARK or (verb, option) not in self._refused:
            self._refused |= {(verb, option)}
            self._listener.reply(bytes([IAC, _REFUSAL[verb], option]))


def _is_unfinished(text: bytes) -> bool:
    """Say whether a text ends within a character of UTF-8."""
    decoder = _UTF_8("replace")
    decoder.decode(text)
    return bool(decoder.getstate()[0])
