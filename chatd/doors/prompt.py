"""A prompt at the end of the screen of somebody whose terminal edits the line itself. No I/O, no clock."""

from __future__ import annotations


class OpenPrompt:
    """The `Row` of a prompt that nothing was typed behind yet: what arrives stands above it.

    What is half typed there is not known, and is shown by the terminal where it was typed.
    """

    __slots__ = ("_before", "_line_end", "_prompt", "dirty")

    def __init__(self, prompt: str, line_end: str, begins_line: bool) -> None:
        """`begins_line`: no other prompt stands where it will."""
        self._prompt = prompt.encode()
        self._line_end = line_end.encode()
        self._before = b"" if begins_line else self._line_end
        self.dirty = True  # until it is drawn

    def around(self, data: bytes) -> bytes:
        if self.dirty:
            self.dirty = False
            return data + self._before + self._prompt
        return self._line_end + data + self._prompt if data else b""

    def finish(self, data: bytes) -> bytes:
        return self._line_end + data
