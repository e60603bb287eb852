"""A session over SSH at a terminal: lines above a row that is edited here, for the client sends every key."""

from __future__ import annotations

from typing import Any

from chatd.core.events import Departure
from chatd.doors.ssh.session import SessionChannel, Wanted
from chatd.doors.ssh.transport import Transport
from chatd.doors.terminal import Screen, TerminalCodec
from chatd.doors.typing import TypedLines
from chatd.session.answers import Editing
from chatd.session.refusals import NoEditor, WhyNoEditor
from chatd.wire.connection import Connection


class TerminalDoor:
    """The editor's side of one session, and its `Wire`."""

    complaint = b""

    def __init__(self, carrier: Transport, channel: SessionChannel, wanted: Wanted) -> None:
        self._carrier = carrier
        self._channel = channel
        self._codec = codec = TerminalCodec(Screen.of(wanted.term, wanted.columns, wanted.no_colour), self._complete)
        self.connection = Connection(carrier.entrance, self, channel, carrier=carrier.socket)
        self._typed = TypedLines(self.connection, codec)

    def makeConnection(self, transport: Any) -> None:
        guest = self._carrier.avatar
        self.connection.begin_admitted(self._carrier.neighbours, guest.identity, guest.name)
        self.connection.redraw()

    def typed(self, data: bytes) -> None:
        self._typed.take(data)
        if self._typed.is_full:
            self._channel.pauseProducing()

    def ended(self) -> None:
        self._typed.end(self.connection.channel_ended)

    def resize(self, columns: int) -> None:
        self._codec.resize(columns)
        self.connection.redraw()

    @property
    def status(self) -> int:
        """The exit status: 1 for somebody who was turned away."""
        return int(self.connection.session.was_turned_away)

    def all_sent(self) -> None:
        self.connection.all_sent()

    def lost(self, how: Departure) -> None:
        self.connection.lost(how)

    def _complete(self, word: str, begins_line: bool) -> list[str]:
        return self.connection.completions(word, begins_line)

    # What the connection calls: this is its wire.

    formats = ("text",)

    def codec_for(self, format: str) -> TerminalCodec:
        return self._codec

    def stop_reading(self) -> None:
        self._typed.pause()

    def read_on(self) -> None:
        self._typed.go_on()
        if not self._typed.is_full:
            self._channel.resumeProducing()

    @property
    def lines_wait(self) -> bool:
        return self._typed.wait

    is_encrypted = True

    def taken(self) -> int:
        return self._channel.taken()

    def unacknowledged(self) -> int:
        return self._channel.unacknowledged()

    def hide_typing(self) -> bool:
        return True  # by the editor

    def edit(self, on: bool) -> None:
        if not on:
            raise NoEditor(WhyNoEditor.ALWAYS)
        self.connection.send(Editing(True))

    def leave_row(self) -> None:
        """No-op: there is none."""

    def close(self) -> None:
        if self._channel.localClosed:
            self._carrier.hang_up()
        else:
            self._channel.loseConnection()

    def abort(self) -> None:
        self._carrier.abort()
