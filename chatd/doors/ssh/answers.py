"""What a command is answered over SSH, as a script wants it: `ssh host /ls`."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from chatd.doors.text import TextCodec
from chatd.session.outputs import Answer, Output, Refusal
from chatd.session.words.answers import answer_lines
from chatd.session.words.refusals import refusal_lines


class AnswersCodec(TextCodec):
    """A `Codec` for a script: answers alone, without marks, and nothing else. Why something was refused is kept."""

    __slots__ = ("refused",)

    def __init__(self, line_end: str) -> None:
        super().__init__(line_end=line_end)
        self.refused = b""

    def encode(self, output: Output) -> Iterable[bytes]:
        if isinstance(output, Answer):
            return (f"{line}{self._line_end}".encode() for line in answer_lines(output, self.view))
        if isinstance(output, Refusal):
            self.refused += "".join(
                f"{line}{self._line_end}" for line in refusal_lines(output.error, self.view.language)
            ).encode()
        return ()

    def _format(self) -> Hashable:
        return AnswersCodec
