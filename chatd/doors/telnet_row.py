"""The row of somebody who comes by telnet: how it is agreed on, how it begins, and how it ends."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from chatd.doors.colour import Colours
from chatd.doors.framing import Framing
from chatd.doors.keyboard import Keyboard
from chatd.doors.telnet import Telnet, Terminal
from chatd.doors.terminal import Screen, TerminalCodec
from chatd.doors.text import TextCodec
from chatd.doors.typing import TypedLines
from chatd.session.answers import Editing
from chatd.session.refusals import NoEditor, WhyNoEditor
from chatd.wire.connection import Connection

AGREED_WITHIN = 3.0  # seconds


class TelnetRow:
    """The way of one connection from lines to a row, and back.

    1. There is a row only while the client agrees to ECHO and SUPPRESS GO AHEAD both. If it hasn't done so within three
       seconds, or takes one of them back, it edits its line as before: nobody is left without an echo.
    2. What is half typed goes along, both ways.
    3. While there is a row, keys are read whatever happens to lines.
    """

    __slots__ = (
        "_clock",
        "_codec",
        "_colours",
        "_columns",
        "_deadline",
        "_door",
        "_is_asked_for",
        "_telnet",
        "_terminal",
        "_typed",
        "begun",
        "is_on",
    )

    def __init__(self, door: Framing, telnet: Telnet, terminal: Terminal, clock: IReactorTime) -> None:
        self._door = door
        self._telnet = telnet
        self._terminal = terminal
        self._clock = clock
        self._deadline: IDelayedCall | None = None
        self._is_asked_for = False  # by the person, who is told what comes of it
        self._colours = Colours.OFF.value  # those before there was a row
        self._codec: TerminalCodec | None = None  # once there was a row
        self._typed: TypedLines | None = None  # likewise
        self._columns = 0
        self.begun: tuple[str, float] | None = None  # what was half typed when a row ended, and when that was begun
        self.is_on = False

    @property
    def _connection(self) -> Connection:
        return self._door.connection

    # What the person asks for.

    def ask(self) -> None:
        """Offer the client that its line is edited here.

        @raises NoEditor: if there is none to be edited.
        """
        if not isinstance(self._connection.codec, TextCodec):
            raise NoEditor(WhyNoEditor.FORMAT)
        if not self._terminal.is_telnet:
            raise NoEditor(WhyNoEditor.CLIENT)
        if self.is_on:
            self._connection.send(Editing(True))
        else:
            self._is_asked_for = True
            self._telnet.offer_row()
            self._expect_agreement()

    def leave(self) -> None:
        """Have the client edit its line again, in another format: nothing is said."""
        self.stop()
        self._is_asked_for = False
        self._withdraw()
        if self.is_on:
            self._end()

    def turn_off(self) -> None:
        """Have the client edit its line again."""
        is_on = self.is_on
        self.leave()
        self._tell_off(is_on)

    # What the door calls.

    def check(self) -> None:
        """See what the client has said of the offer."""
        offer = self._telnet.offer
        if self.is_on and not offer.is_open:
            self._end()
            self._tell_off(True)
        elif self.is_on:
            self._fit()
        elif offer.is_agreed:
            self._begin()
        elif offer.is_open:
            self._expect_agreement()
        elif self._deadline is not None:
            self._not_agreed()

    def take(self, data: bytes) -> None:
        """Take what was read: keys, and telnet's words."""
        assert self._typed is not None
        text = self._telnet.text_in(data)
        if len(text) < len(data):
            self._connection.note_read(False)
            self._connection.note_discarded(len(data) - len(text))
            self._typed.note_ahead(len(data) - len(text))
        if text:
            self._typed.take(text)
        if self._typed.is_full:
            self._door.pauseProducing()

    def finish(self, line: bytes) -> None:
        """Take the rest of a line that was begun in the row."""
        assert self.begun is not None and self._typed is not None
        (begun, begun_at), self.begun = self.begun, None
        self._typed.finish(begun + line.decode(errors="surrogateescape"), begun_at)

    def pause(self) -> None:
        """Hand over no further line."""
        if self._typed is not None:
            self._typed.pause()

    def go_on(self) -> bool:
        """Hand over what was finished in the row; return whether lines may be handed over that weren't."""
        if self._typed is not None:
            self._typed.go_on()
            if self.is_on and self._door.paused and not self._typed.is_full:
                self._door.resumeProducing()
        return not (self.is_on or self.lines_wait)

    @property
    def lines_wait(self) -> bool:
        """Whether a line was finished in the row that is not handed over yet."""
        return self._typed is not None and self._typed.wait

    def end(self, ended: Callable[[], object]) -> None:
        """Call that behind the last line that was finished in the row: nothing more will be typed."""
        if self.is_on and self._typed is not None:
            self._typed.end(ended)
        else:
            ended()

    def stop(self) -> None:
        """The connection is gone, or nothing is waited for any more."""
        deadline, self._deadline = self._deadline, None
        if deadline is not None and deadline.active():
            deadline.cancel()

    # The way there.

    def _expect_agreement(self) -> None:
        if self._deadline is None:
            self._deadline = self._clock.callLater(AGREED_WITHIN, self._too_late)

    def _too_late(self) -> None:
        self._withdraw()
        self._not_agreed()

    def _withdraw(self) -> None:
        offer = self._telnet.offer
        if offer.is_open:
            offer.withdraw()
            asked = self._connection.session.asked
            if asked is not None and asked.is_secret and not self.is_on:
                offer.hide_typing()

    def _not_agreed(self) -> None:
        self.stop()
        if self._is_asked_for:
            self._is_asked_for = False
            self._connection.refuse(NoEditor(WhyNoEditor.REFUSED))

    def _begin(self) -> None:
        self.stop()
        connection, door = self._connection, self._door
        codec = self._codec
        if codec is None or self._typed is None:
            codec = self._codec = TerminalCodec(Screen(0, Colours.SIXTEEN), connection.completions)
            self._typed = TypedLines(connection, codec)
        self._colours = connection.view.colours
        self.is_on = True
        connection.edit_with(codec)
        if self._colours == Colours.OFF.value:
            connection.view = connection.view.but(colours=Colours.SIXTEEN.value)
        codec.resize(self._columns)
        self._fit()
        if self._is_asked_for:
            self._is_asked_for = False
            connection.send(Editing(True))
        if door.paused:  # which is for lines alone, from now on
            self._typed.pause()
            door.resumeProducing()
        self._typed.take_back(*(self.begun or ("", 0.0)), door.take_rest())
        self.begun = None

    def _fit(self) -> None:
        if self._columns != self._terminal.columns:
            self._columns = self._terminal.columns
            assert self._codec is not None
            self._codec.resize(self._columns)
            self._connection.redraw()

    # The way back.

    def _end(self) -> None:
        assert self._codec is not None and self._typed is not None
        connection, editor = self._connection, self._codec.editor
        half, begun_at = editor.half_typed, editor.begun_at
        self.begun = (half, begun_at) if half and begun_at is not None else None
        self.is_on = False
        view = connection.view
        connection.replace_codec(TextCodec(self._terminal))
        if view.colours != self._colours:
            connection.view = view.but(colours=self._colours)
        editor.begin("", 0.0)
        self._door.keys = Keyboard(self._terminal, self._telnet)
        if self._typed.is_paused:
            self._door.pauseProducing()

    def _tell_off(self, was_on: bool) -> None:
        """Say that there is no row, and show what was asked or half typed in it."""
        self._connection.send(Editing(False))
        if was_on:
            self._connection.session.state.ask()
        if was_on and self.begun is not None:
            self._connection.write(self.begun[0].replace("\n", "\u21b5").encode())
