"""Keys in, finished lines out: how what is typed in a row reaches a session, at its pace.

Keys are read whatever happens to the lines: who is held back for typing fast goes on editing meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatd.doors.draft import Limit
from chatd.doors.editor import Ended, Listed, PasteRefused, Result, Typed
from chatd.doors.telnet import CTRL_D
from chatd.doors.terminal import TerminalCodec
from chatd.session.outputs import Candidates
from chatd.session.refusals import LineCutOff, PasteTooLong
from chatd.wire.connection import Connection

MOST_AHEAD = 16 * 1024  # bytes that are read while lines wait
_UNITS = {Limit.LINES: "lines", Limit.SIZE: "bytes", Limit.LINE: "bytes in a line", Limit.HIDDEN_LINES: "lines"}


class TypedLines:
    """The lines that were finished in a row, until each may be handed over."""

    __slots__ = ("_ahead", "_codec", "_connection", "_ended", "_results", "is_paused")

    def __init__(self, connection: Connection, codec: TerminalCodec) -> None:
        self._connection = connection
        self._codec = codec
        self._results: list[Result] = []  # that are not handed over yet, the last one first
        self._ahead = 0
        self._ended: Callable[[], object] | None = None
        self.is_paused = False

    @property
    def wait(self) -> bool:
        """Whether something is finished that is not handed over yet."""
        return bool(self._results)

    @property
    def is_full(self) -> bool:
        """Whether so much was typed ahead that no more keys should be read."""
        return self.is_paused and self._ahead > MOST_AHEAD

    def take(self, data: bytes) -> None:
        """Take keys, and hand over the lines that they finish, if that may be now."""
        self._connection.note_read(True)
        self._connection.note_discarded(len(data))
        self._add(self._codec.editor.feed(data, self._connection.read_at))
        self._ahead += len(data)
        self.hand_over()

    def note_ahead(self, size: int) -> None:
        """Count what was read beside keys: it is answered, and reading it costs as much."""
        self._ahead += size

    def take_back(self, begun: str, begun_at: float, keys: bytes) -> None:
        """Go on with what was half typed here, and with keys that were read before there was a row."""
        if begun:
            self._codec.editor.begin(begun, begun_at)
        if keys:
            self._add(self._codec.editor.feed(keys, self._connection.read_at))
        self.hand_over()

    def finish(self, text: str, begun_at: float) -> None:
        """Take a text that was begun in a row, and finished elsewhere; bytes that are no UTF-8 are escaped in it."""
        self._add([Typed(line, begun_at) for line in text.split("\n")])
        self.hand_over()

    def end(self, ended: Callable[[], object]) -> None:
        """Call that behind the last line: nothing more will be typed, and what was only begun is given back."""
        self._ended = ended
        self.hand_over()

    def pause(self) -> None:
        """Hand over no further line."""
        self.is_paused = True
        self._ahead = 0

    def go_on(self) -> None:
        """Hand over what waits, as far as that may be."""
        self.is_paused = False
        self.hand_over()

    def hand_over(self) -> None:
        try:
            while self._results and not self.is_paused:
                self._hand(self._results.pop())
            if self._ended is not None and not self.is_paused:
                ended, self._ended = self._ended, None
                if self._codec.editor.half_typed:
                    self._connection.refuse(LineCutOff())
                ended()
        except Exception:
            self._connection.broken()
        self._connection.redraw()

    def _add(self, results: Sequence[Result]) -> None:
        self._results[:0] = reversed(results)

    def _hand(self, result: Result) -> None:
        match result:
            case Listed(candidates, more):
                self._connection.send(Candidates(candidates, more))
            case PasteRefused(limit):
                self._connection.refuse(PasteTooLong(limit.value, _UNITS[limit]))
            case Ended():
                self._connection.receive_finished(CTRL_D, self._connection.read_at)
            case _:
                line = result.text.encode(errors="surrogateescape")
                self._connection.receive_finished(line, result.begun_at, result.hidden)
