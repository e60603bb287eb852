"""What is typed with a client that edits its own lines: line ends of every kind, erase characters, lines too long."""

from __future__ import annotations

import re
import unicodedata
from typing import Protocol

from chatd.doors.telnet import CTRL_D, CTRL_U, DEL, EOF, Terminal

_ALONE = b"\n" + CTRL_D
_LINE_END = re.compile(rb"\r[\n\0]?")


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
        if data.endswith(CTRL_D) and (data.endswith(_ALONE) or (len(data) == 1 and not self._column)):
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
