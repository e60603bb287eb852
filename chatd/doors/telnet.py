"""What terminals send besides text: telnet's own words (RFC 854), line ends of every kind, erase characters.

chatd is no telnet server, it only stays out of telnet's way: it never speaks first, and refuses every option.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from enum import Enum, auto

END_OF_INPUT = "\x04"  # a line that is this and nothing else is a goodbye: Ctrl-D

_IAC, _DONT, _DO, _WONT, _WILL, _SB, _SE, _EOF = 255, 254, 253, 252, 251, 250, 240, 236
_REFUSAL = {_DO: _WONT, _WILL: _DONT}
_TIMING_MARK = 6  # RFC 860; the telnet client is deaf from Ctrl-C until this is answered
_CTRL_D, _CTRL_U = b"\x04", b"\x15"
_LINE_END = re.compile(rb"\r[\n\0]?")


class _Within(Enum):
    """Where in telnet's words the bytes so far have ended."""

    TEXT = auto()
    COMMAND = auto()
    OPTION = auto()
    SUBNEGOTIATION = auto()
    SUBNEGOTIATION_COMMAND = auto()


class Keyboard:
    """Turns the bytes of one connection, however they are cut into segments, into text with a LF behind each line.

    `reply` is called with the bytes that answer telnet.
    """

    __slots__ = ("_after_cr", "_line_is_empty", "_refused", "_reply", "_verb", "_within")

    def __init__(self, reply: Callable[[bytes], object]) -> None:
        self._reply = reply
        self._within = _Within.TEXT
        self._verb = 0
        self._refused: frozenset[tuple[int, int]] = frozenset()
        self._after_cr = False
        self._line_is_empty = True

    def typed(self, data: bytes) -> bytes:
        """Return the text in one segment; the end of the input becomes a line of `END_OF_INPUT`."""
        if _IAC in data or self._within is not _Within.TEXT:
            data = self._without_telnet(data)
        if not data:
            return data
        data = self._with_lf(data)
        if data.endswith(b"\n" + _CTRL_D) or (data == _CTRL_D and self._line_is_empty):
            data += b"\n"
        if data:
            self._line_is_empty = data.endswith(b"\n")
        return data

    def _with_lf(self, data: bytes) -> bytes:
        if self._after_cr and data[0] in b"\n\0":
            data = data[1:]
        self._after_cr = data.endswith(b"\r")
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
        elif byte == _EOF:
            text += _CTRL_U + _CTRL_D + b"\n"  # what was half typed is not sent

    def _refuse(self, verb: int, option: int) -> None:
        """Answer DO with WONT and WILL with DONT: once, so that two sides can't answer each other for ever."""
        if verb not in _REFUSAL:
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
