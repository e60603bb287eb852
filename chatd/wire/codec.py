"""What is spoken on a connection: a codec makes inputs of lines, and lines of outputs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Protocol

from chatd.core.events import Events
from chatd.session.inputs import Input
from chatd.session.outputs import Output
from chatd.session.session import Session
from chatd.session.view import View


class Row(Protocol):
    """The last row of a terminal, in which something is being typed; what arrives is shown above it."""

    @property
    def dirty(self) -> bool:
        """Whether it is to be drawn again, be there anything to show above it or not."""

    def around(self, data: bytes) -> bytes:
        """Return what shows whole lines, or nothing, above the row as it is now. It is asked once for each flush."""

    def finish(self, data: bytes) -> bytes:
        """Return what shows whole lines, or nothing, and takes the row away."""


Hear = Callable[[Events], None]


class Codec(Protocol):
    """One format, as it is spoken on one connection. It has no I/O and no clock."""

    view: View
    session: Session | None
    """Whose talk it is, None before that has begun."""

    @property
    def hear(self) -> Hear | None:
        """What is told of events before they are encoded, None where nothing depends on who hears them."""

    @property
    def row(self) -> Row | None:
        """The row that stands below all that is sent, None where there is none: a prompt, until a line is decoded."""

    @property
    def max_line(self) -> int:
        """The bytes that a line may have, without its end. A longer one is handed over cut to one byte more."""

    @property
    def format(self) -> Hashable:
        """Two codecs whose formats are equal encode events alike, so that one of them is enough."""

    def decode(self, line: bytes, typed_at: float) -> Input:
        """Return what a line asks for."""

    def encode(self, output: Output) -> Iterable[bytes]:
        """Return what is sent for an output, in pieces of whole lines; a long one is made as it is taken."""

    def end(self) -> bytes:
        """Return what ends the line that was begun, before another format is spoken."""


class EncodedEvents:
    """The bytes of the last events, made once for each format: those who are told them come one after the other."""

    __slots__ = ("_by_format", "_events")

    def __init__(self) -> None:
        self._events: Events = ()
        self._by_format: dict[Hashable, bytes] = {}

    def encode(self, events: Events, codec: Codec) -> bytes:
        if events is not self._events:
            self._events = events
            self._by_format = {}
        try:
            return self._by_format[codec.format]
        except KeyError:
            encoded = b"".join(piece for event in events for piece in codec.encode(event))
            self._by_format[codec.format] = encoded
            return encoded
