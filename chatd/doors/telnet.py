"""What terminals send besides text: telnet's own words (RFC 854), line ends of every kind, erase characters.

chatd never speaks telnet first. To a client that does, or that ends its first line as telnet does, it says `IAC DO
BINARY` once, for GNU telnet takes some bytes of UTF-8 for its own keys until then; to one that agrees, `IAC DO NAWS`,
so that it tells how wide its window is (RFC 1073); and `IAC WILL ECHO` where a password is typed, so that it isn't
shown (RFC 857). It refuses every other option.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
EL, EC, AYT, AO, IP, BRK = 248, 247, 246, 245, 244, 243
ABORT, SUSP, IAC_EOF = 238, 237, 236
BINARY, ECHO, TIMING_MARK = 0, 1, 6  # RFC 856; RFC 857; RFC 860, which frees a telnet client that is deaf from Ctrl-C
NAWS = 31

CTRL_D, CTRL_U, DEL = b"\x04", b"\x15", b"\x7f"
EOF = CTRL_U + CTRL_D  # how telnet's end of file is handed on, with the end of a line behind it
MOST_SUBNEGOTIATED = 256  # bytes; what has no end by then is given up

_MARK = bytes([IAC, DO, TIMING_MARK])
_ASK_BINARY = bytes([IAC, DO, BINARY])
_HIDE = bytes([IAC, WILL, ECHO])
_SHOW = bytes([IAC, WONT, ECHO]) + b"\r\n"  # the client has not shown its own Enter
_ASK_WIDTH = bytes([IAC, DO, NAWS])
# What it is answered by: columns and rows in two bytes each, which may be those of a line's end; an IAC is doubled.
_WINDOW = re.compile(rb"\xff\xfa\x1f((?:[^\xff]|\xff\xff){2})((?:[^\xff]|\xff\xff){2})\xff\xf0", re.DOTALL)
_WINDOW_BEGINS = bytes([IAC, SB, NAWS])
_LONGEST_WINDOW = 13  # bytes
_REFUSAL = {DO: WONT, WILL: DONT}
# The bytes of UTF-8 that GNU telnet takes for its keys, by the commands that it sends instead.
_KEYS = {IP: 0x83, AO: 0x8F, SUSP: 0x9A, BRK: 0x9C}
_END_OF_SUBNEGOTIATION = re.compile(rb"[\r\n]|\xff\xf0")
_LINE_END = re.compile(rb"\r[\n\0]?")


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


class Telnet:
    """Takes telnet's words out of the bytes of one connection, and answers them.

    IAC is telnet's only in front of a command: it is a letter in other encodings, and in front of anything else it
    stays, so that the line is refused as no UTF-8. CR and LF are never part of a word.
    """

    __slots__ = (
        "_asked_binary",
        "_asked_width",
        "_begun",
        "_interrupted",
        "_offered_echo",
        "_refused",
        "_reply",
        "_resized",
        "_tail",
        "_terminal",
        "_there",
        "_unfinished",
        "_was_interrupted",
    )

    def __init__(
        self,
        terminal: Terminal,
        reply: Callable[[bytes], object],
        there: Callable[[], object],
        interrupted: Callable[[], object],
        unfinished: Callable[[], object],
        resized: Callable[[], object],
    ) -> None:
        """`reply` is called with what answers telnet, `there` for a client that asks whether anybody is,
        `interrupted` for Ctrl-C, `unfinished` when a word without an end is given up, `resized` when the terminal has
        other columns than before.
        """
        self._terminal = terminal
        self._reply = reply
        self._there = there
        self._interrupted = interrupted
        self._was_interrupted = False  # by this segment; however often, it is told once
        self._unfinished = unfinished
        self._begun = b""  # of a word that is not whole yet
        self._tail = b""  # the end of the text before this segment
        self._refused: frozenset[tuple[int, int]] = frozenset()
        self._resized = resized
        self._asked_binary = self._asked_width = False
        self._offered_echo = False

    def text_in(self, data: bytes) -> bytes:
        """Return the text in one segment."""
        if IAC in data or self._begun:
            data = self._without_words(data)
            if self._was_interrupted:  # told behind the answer to its mark: until then, telnet shows nothing
                self._was_interrupted = False
                self._interrupted()
        self._tail = (self._tail + data[-3:])[-3:]
        return data

    def ask_binary(self) -> None:
        """Ask the client, once, to let all bytes pass as they are."""
        if not self._asked_binary:
            self._asked_binary = True
            self._reply(_ASK_BINARY)

    def _ask_width(self) -> None:
        if self._asked_binary and not self._asked_width:
            self._asked_width = True
            self._reply(_ASK_WIDTH)

    def hide_typing(self) -> bool:
        """Have the client not show what is typed; return False if it is no telnet, which would show these bytes."""
        if self._terminal.is_telnet:
            self._offered_echo = True
            self._reply(_HIDE)
        return self._terminal.is_telnet

    def show_typing(self) -> None:
        """Have the client show again what is typed."""
        self._reply(_SHOW)

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
            self._unfinished()
            return MOST_SUBNEGOTIATED
        if end[0] in (b"\r", b"\n"):
            self._unfinished()
            return end.start() - at
        self._terminal.speaks_telnet = True
        return end.end() - at

    def _be_as_wide_as(self, columns: int) -> None:
        self._terminal.speaks_telnet = True
        if columns != self._terminal.columns:
            self._terminal.columns = columns
            self._resized()

    def _do(self, command: int, text: bytearray) -> None:
        if command in _KEYS and _is_unfinished(self._tail + text[-3:]):
            text.append(_KEYS[command])
        elif command == IAC_EOF:
            text += EOF + b"\n"  # what was half typed is not sent
        elif command == EC:
            text += DEL
        elif command == EL:
            text += CTRL_U
        elif command == IP:
            text += CTRL_U  # what was half typed is gone at the client already
            self._was_interrupted = True
        elif command == AYT:
            self._there()

    def _answer(self, verb: int, option: int) -> None:
        """Answer DO with WONT and WILL with DONT: once, so that two sides can't answer each other for ever."""
        if (verb, option) == (WILL, BINARY):  # which is the yes to what was asked
            self._ask_width()
            return
        if verb not in _REFUSAL or (self._asked_width and (verb, option) == (WILL, NAWS)):
            return
        if self._offered_echo and (verb, option) == (DO, ECHO):  # which is the yes to what was offered
            return
        if option == TIMING_MARK or (verb, option) not in self._refused:
            self._refused |= {(verb, option)}
            self._reply(bytes([IAC, _REFUSAL[verb], option]))


class Words(Protocol):
    """What stands among the text, and is no part of it."""

    def text_in(self, data: bytes) -> bytes:
        """Return the text in one segment."""

    def ask_binary(self) -> None:
        """Ask the client to let all bytes pass as they are."""


class Keyboard:
    """Turns the text of one connection, however it is cut into segments, into lines with a LF behind each.

    A line that is too long is handed on as soon as that is known, cut to one byte more than it may have, and its rest
    is dropped.
    """

    __slots__ = ("_after_cr", "_column", "_first", "_telnet", "_terminal")

    def __init__(self, terminal: Terminal, telnet: Words) -> None:
        self._terminal = terminal
        self._telnet = telnet
        self._after_cr = False
        self._first = True  # no line has ended yet
        self._column = 0  # bytes of the line so far; one more than it may have while its rest is dropped

    def typed(self, data: bytes, max_line: int) -> bytes:
        """Return the lines in one segment; Ctrl-D on an empty line gets an end of its own."""
        data = self._telnet.text_in(data)
        if not data:
            return data
        data = self._with_lf(data)
        if data.endswith(b"\n" + CTRL_D) or (data == CTRL_D and not self._column):
            data += b"\n"
        if self._column + len(data) > max_line:
            return self._cut(data, max_line)
        newline = data.rfind(b"\n")
        self._column = len(data) - newline - 1 if newline >= 0 else self._column + len(data)
        return data

    def _with_lf(self, data: bytes) -> bytes:
        if self._after_cr and data[0] in b"\n\0":
            self._terminal.ends_with_cr = True
            data = data[1:]
        self._after_cr = data.endswith(b"\r")
        if b"\r" in data:
            self._note_cr(data)
            data = _LINE_END.sub(b"\n", data)
        self._first = self._first and b"\n" not in data
        return data

    def _note_cr(self, data: bytes) -> None:
        """Telnet is known by its CR LF, in one segment with the text before it; nc -C sends them apart."""
        if b"\r\n" in data or b"\r\0" in data:  # a bare CR is no telnet's, but a raw terminal's
            self._terminal.ends_with_cr = True
        if self._first and data.find(b"\r\n") > 0:
            self._telnet.ask_binary()

    def _cut(self, data: bytes, max_line: int) -> bytes:
        kept = bytearray()
        *lines, unfinished = data.split(b"\n")
        for line in lines:
            was_cut = self._take(line, kept, max_line)
            if not was_cut:
                kept += b"\n"
            elif line.endswith(EOF):
                kept += CTRL_D + b"\n"
            self._column = 0
        self._take(unfinished, kept, max_line)
        return bytes(kept)

    def _take(self, text: bytes, kept: bytearray, max_line: int) -> bool:
        """Keep what there is room for in the line; return whether that is the end of it."""
        if self._column <= max_line:
            text = text[: max_line + 1 - self._column]
            kept += text
            self._column += len(text)
            if self._column > max_line:
                kept += b"\n"
        return self._column > max_line


def erased(line: str) -> str:
    """Return a line as the erase characters in it leave it: DEL and BS take back a character, Ctrl-U all so far."""
    kept: list[str] = []
    for character in line:
        if character == "\x15":
            kept.clear()
        elif character in "\x7f\x08":
            while kept and unicodedata.combining(kept.pop()):
                pass  # the marks on a character go with it
        else:
            kept.append(character)
    return "".join(kept)


def needs_erasing(line: bytes) -> bool:
    """Say whether `erased` would change anything."""
    return DEL in line or b"\x08" in line or CTRL_U in line


def _is_unfinished(text: bytes) -> bool:
    """Say whether a text ends within a character of UTF-8."""
    for back in range(1, min(3, len(text)) + 1):
        byte = text[-back]
        if byte >= 0xC0:
            return back < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4)
        if byte < 0x80:
            return False
    return False
