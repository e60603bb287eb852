"""What terminals send besides text: telnet's own words (RFC 854), line ends of every kind, erase characters.

chatd is no telnet server, it only stays out of telnet's way: it refuses every option, and speaks first only to have a
password not shown (ECHO, RFC 857), where the client has spoken telnet or ends its lines as telnet does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from enum import Enum, auto

_IAC, _DONT, _DO, _WONT, _WILL, _SB, _SE, _IAC_EOF = 255, 254, 253, 252, 251, 250, 240, 236
_REFUSAL = {_DO: _WONT, _WILL: _DONT}
_ECHO = 1
_TIMING_MARK = 6  # RFC 860; the telnet client is deaf from Ctrl-C until this is answered
CTRL_D, CTRL_U = b"\x04", b"\x15"
EOF = CTRL_U + CTRL_D  # how telnet's end of file is handed on, with the end of a line behind it
_HIDE_TYPING = bytes([_IAC, _WILL, _ECHO])
_SHOW_TYPING = bytes([_IAC, _WONT, _ECHO]) + b"\r\n"  # the client has not shown its own Enter
_LINE_END = re.compile(rb"\r[\n\0]?")


class _Within(Enum):
    """Where in telnet's words the bytes so far have ended."""

    TEXT = auto()
    COMMAND = auto()
    OPTION = auto()
    SUBNEGOTIATION = auto()
    SUBNEGOTIATION_COMMAND = auto()


class Keyboard:
    """Turns the bytes of one connection, however they are cut into segments, into lines with a LF behind each.

    A line that is too long is handed on as soon as that is known, cut to one byte more than it may have, and its rest
    is dropped. `reply` is called with the bytes that answer telnet.
    """

    __slots__ = ("_after_cr", "_column", "_is_telnet", "_offered", "_refused", "_reply", "_verb", "_within")

    def __init__(self, reply: Callable[[bytes], object]) -> None:
        self._reply = reply
        self._is_telnet = False  # it speaks telnet, or ends its lines as telnet does
        self._offered = False  # to do the echo
        self._within = _Within.TEXT
        self._verb = 0
        self._refused: frozenset[tuple[int, int]] = frozenset()
        self._after_cr = False
        self._column = 0  # bytes of the line so far; one more than it may have while its rest is dropped

    def typed(self, data: bytes, max_line: int) -> bytes:
        """Return the lines in one segment; Ctrl-D on an empty line gets an end of its own."""
        if _IAC in data or self._within is not _Within.TEXT:
            data = self._without_telnet(data)
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

    def hide(self) -> bool:
        """Have the client not show what is typed; return False if it is no telnet, which would show these bytes."""
        if self._is_telnet:
            self._offered = True
            self._reply(_HIDE_TYPING)
        return self._is_telnet

    def show(self) -> None:
        """Have the client show again what is typed."""
        self._reply(_SHOW_TYPING)

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

    def _with_lf(self, data: bytes) -> bytes:
        if self._after_cr and data[0] in b"\n\0":
            self._is_telnet = True
            data = data[1:]
        self._after_cr = data.endswith(b"\r")
        if not self._is_telnet and (b"\r\n" in data or b"\r\0" in data):
            self._is_telnet = True
        return _LINE_END.sub(b"\n", data) if b"\r" in data else data

    def _without_telnet(self, data: bytes) -> bytes:
        text = bytearray()
        for byte in data:
            match self._within:
                case _Within.TEXT if byte == _IAC:
                    self._within = _Within.COMMAND
                case _Within.TEXT:
                    text.append(byte)
                case _Within.COMMAND:
                    self._command(byte, text)
                case _Within.OPTION:
                    self._refuse(self._verb, byte)
                    self._within = _Within.TEXT
                case _Within.SUBNEGOTIATION if byte == _IAC:
                    self._within = _Within.SUBNEGOTIATION_COMMAND
                case _Within.SUBNEGOTIATION_COMMAND:
                    self._within = _Within.TEXT if byte == _SE else _Within.SUBNEGOTIATION
        return bytes(text)

    def _command(self, byte: int, text: bytearray) -> None:
        self._within = _Within.TEXT
        if _WILL <= byte <= _DONT:
            self._verb, self._within = byte, _Within.OPTION
        elif byte == _SB:
            self._within = _Within.SUBNEGOTIATION
        elif byte == _IAC:  # a data byte of 255, which is no text either
            text.append(byte)
        elif byte == _IAC_EOF:
            text += EOF + b"\n"  # what was half typed is not sent

    def _refuse(self, verb: int, option: int) -> None:
        """Answer DO with WONT and WILL with DONT: once, so that two sides can't answer each other for ever.

        DO ECHO is an answer itself once that has been offered.
        """
        self._is_telnet = True
        if verb not in _REFUSAL or (self._offered and (verb, option) == (_DO, _ECHO)):
            return
        if option == _TIMING_MARK or (verb, option) not in self._refused:
            self._refused |= {(verb, option)}
            self._reply(bytes([_IAC, _REFUSAL[verb], option]))


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
    return b"\x7f" in line or b"\x08" in line or b"\x15" in line
