"""What waits to be sent to one connection: in order, and bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from twisted.internet import tcp
from twisted.internet.interfaces import IDelayedCall, IPullProducer, IPushProducer, IReactorTime
from zope.interface import implementer

from chatd.core.events import Events
from chatd.session.outputs import LinesSkipped
from chatd.wire.batcher import Batcher
from chatd.wire.codec import Codec, EncodedEvents, Row

CHUNK = 16 * 1024  # bytes given to a slow transport at a time, so that "it takes nothing" can be told from "it is slow"


class Reader(Protocol):
    """The connection whose outbox it is."""

    def taken(self) -> int:
        """Return a number that grows when the peer takes something."""

    def stalled(self, seconds: float) -> None:
        """The peer has accepted no data for `seconds`."""

    def skipped(self, lines: int) -> None:
        """`lines` more lines were dropped."""

    def answered(self) -> None:
        """A long answer has been handed over to its end. This may happen in the middle of a broadcast."""


@implementer(IPushProducer, IPullProducer)
class Outbox:
    """The lines on their way to one connection, encoded by its codec.

    `limit` is in bytes. A reader who falls so far behind loses whole lines, and is told how many once it reads again;
    `reader.stalled` is called when it takes nothing at all for `patience` seconds.
    """

    __slots__ = (
        "_answers",
        "_batcher",
        "_blocked",
        "_clock",
        "_closed",
        "_due",
        "_encoded",
        "_hear",
        "_is_socket",
        "_limit",
        "_lines",
        "_patience",
        "_reader",
        "_registered",
        "_rest",
        "_send",
        "_skipped",
        "_stall",
        "_transport",
        "codec",
        "row",
        "waiting",
    )

    def __init__(
        self,
        transport: Any,
        reader: Reader,
        codec: Codec,
        encoded: EncodedEvents,
        batcher: Batcher,
        clock: IReactorTime,
        *,
        limit: int,
        patience: float,
    ) -> None:
        self.codec = codec
        self.row = codec.row
        self._hear = codec.hear
        self.waiting = 0  # bytes that are not handed over yet
        self._transport = transport
        self._reader = reader
        self._encoded = encoded
        self._batcher = batcher
        self._clock = clock
        self._limit = limit
        self._patience = patience
        self._lines: list[bytes] = []
        self._rest = b""  # of what a flush has begun to send: the row is drawn around it already
        self._answers: list[Iterator[bytes]] = []
        self._skipped = 0  # lines; once there is one, all behind it are skipped too
        self._due = (
            False  # whether a flush is coming: from the batcher, the transport while it is blocked, or `release`
        )
        self._blocked = False
        self._closed = False
        self._stall: IDelayedCall | None = None
        self._registered = False
        # A plain socket can be tried at once. TLS can't, though it hands on the attributes of the socket below it.
        self._is_socket = isinstance(transport, tcp.Connection)
        self._send: Callable[[bytes], int] = transport.getHandle().send if self._is_socket else self._write_all
        if not self._is_socket:
            self._register(streaming=True)

    @property
    def busy(self) -> bool:
        """Whether an answer is not yet handed over to its end."""
        return bool(self._answers)

    def apply(self, limit: int, patience: float) -> None:
        """Go by another bound and another patience from now on."""
        self._limit = -1 if self._closed else limit
        self._patience = patience

    def deliver(self, events: Events) -> bool:
        """Take events; return False if they are skipped because the reader is too slow."""
        if self._batcher.lines:
            self._batcher.settle()
        if self._hear is not None:
            self._hear(events)
        return self.append(self._encoded.encode(events, self.codec))

    def append(self, lines: bytes) -> bool:
        """Take whole lines; return False if they are skipped."""
        if (self._skipped or self.waiting + len(lines) > self._limit) and not self._make_room(len(lines)):
            self._skip(lines)
            return False
        self.waiting += len(lines)
        self._lines.append(lines)
        if not self._due:
            self._due = True
            self._batcher.expect(self)
        return True

    def answer(self, lines: Iterator[bytes]) -> None:
        """Take an answer of any length: its lines are made when there is room for them, and none is skipped."""
        if self._closed:
            return
        self._batcher.settle()
        was_busy = self.busy
        self._answers.append(lines)
        if not was_busy:  # only a flush may bring a long one to its end, and say so
            self._pull(self._limit if self._blocked or self.waiting >= CHUNK else CHUNK)
        self._expect_flush()

    def hold(self) -> None:
        """Send nothing until `release`."""
        self._due = True

    def release(self) -> None:
        """Send what waits, and from now on whatever comes."""
        if not self._closed:
            self.flush()

    def drop(self) -> None:
        """Forget what waits: nothing of it has been sent."""
        self._lines.clear()
        self._rest = b""
        self._answers.clear()
        self.row = None
        self.waiting = 0

    def redraw(self) -> None:
        """Draw the row again if something in it has changed."""
        if self.row is not None and self.row.dirty and not self._closed:
            self._expect_flush()

    def stand(self, row: Row | None) -> None:
        """Have another row stand below what is waiting, or none: then the person has ended the line themselves."""
        if row is None and self.row is None:
            return
        if row is not self.row and not self._closed:
            self._begin_to_send(self._drawn() + (b"" if row is None else row.around(b"")))
        self.row = row
        self.redraw()

    def write(self, data: bytes) -> None:
        """Send bytes that are no line behind all that waits; a row stays where it is."""
        if self.row is None or self.waiting + len(data) > self._limit:
            self.answer(iter((data,)))
        else:
            self._batcher.settle()
            self._begin_to_send(self._drawn() + data)

    def speak(self, codec: Codec) -> None:
        """Go on with another codec behind what is waiting, and with its row."""
        if self.row is not None and not self._closed:
            self._begin_to_send(self.row.finish(self._join()))
        self.codec, self.row, self._hear = codec, codec.row, codec.hear
        self.redraw()

    def flush(self) -> None:
        """Hand over what is waiting, as far as the transport takes it."""
        if self._blocked or self._closed:
            return
        self._due = False
        was_busy = False
        if self._answers:
            was_busy = True
            self._pull(CHUNK)
        lines = self._lines
        data = lines[0] if len(lines) == 1 else b"".join(lines)
        lines.clear()
        if self.row is not None:
            data = self.row.around(data)
        if self._rest:
            data = self._behind_rest(data)
        try:
            taken = self._send(data)
        except OSError:  # it can take nothing now, or is lost, which the transport will find out
            taken = 0
        if taken < len(data):
            self._wait_for_socket(data[taken:])
        else:
            self.waiting = 0
            if self._skipped or self._registered:
                self._caught_up()
        if was_busy or lines:
            self._go_on(was_busy)

    def finish(self) -> None:
        """Hand over what is waiting, however slowly it is taken, then close. Nothing more is accepted."""
        if self._closed:
            return
        self._note_skipped()
        self._pull(max(self._limit, self.waiting + 1))  # a slow reader is said goodbye to as well
        lines = self._join()
        data = self._behind_rest(lines if self.row is None else self.row.finish(lines))
        self.stopProducing()
        self._unregister()
        self._transport.write(data)
        if self._is_socket:
            # Closing a socket with unread input would reset it, and what is on its way to the client would be lost.
            self._transport.loseWriteConnection()
        else:
            self._transport.loseConnection()

    # What the transport calls. A socket is told of us while it has something to send, and calls `resumeProducing` when
    # all of that is sent; any other transport knows us from the start and calls both.

    def pauseProducing(self) -> None:
        self._blocked = self._due = True
        if self._stall is None:
            self._wait_for_reader(self._reader.taken())

    def _wait_for_reader(self, taken: int) -> None:
        self._stall = self._clock.callLater(self._patience, self._judge_reader, taken)

    def _judge_reader(self, taken_before: int) -> None:
        """A reader who takes little is slow; only one who takes nothing has stalled."""
        taken = self._reader.taken()
        if taken > taken_before:
            self._wait_for_reader(taken)
        else:
            self._reader.stalled(self._patience)

    def resumeProducing(self) -> None:
        if not self._blocked:
            return
        self._blocked = False
        self._cancel_stall()
        self.flush()

    def stopProducing(self) -> None:
        """The connection is gone, or about to be."""
        self._closed = True
        self._limit = -1
        self._skipped = 0
        self._lines.clear()
        self._rest = b""
        self._answers.clear()
        self._cancel_stall()

    def _join(self) -> bytes:
        """Return the lines that are waiting."""
        lines = self._lines
        data = lines[0] if len(lines) == 1 else b"".join(lines)
        lines.clear()
        return data

    def _drawn(self) -> bytes:
        """Return the lines that are waiting as they are sent."""
        return self._join() if self.row is None else self.row.around(self._join())

    def _behind_rest(self, data: bytes) -> bytes:
        if self._rest:
            data, self._rest = self._rest + data, b""
        return data

    def _begin_to_send(self, data: bytes) -> None:
        """Have something sent as it is: no row is drawn around it any more."""
        self._rest += data
        self.waiting = len(self._rest)
        if data:
            self._expect_flush()

    def _expect_flush(self) -> None:
        if not self._due:
            self._due = True
            self._batcher.expect(self)

    def _write_all(self, data: bytes) -> int:
        self._transport.write(data)
        return len(data)

    def _wait_for_socket(self, rest: bytes) -> None:
        self.waiting = len(rest)
        if not self._registered:
            self._register(streaming=False)
        self.pauseProducing()
        if len(rest) > CHUNK:
            self._rest = rest[CHUNK:]
        self._transport.write(rest[:CHUNK])

    def _caught_up(self) -> None:
        """The reader has taken all there was; only now are new lines taken for it again, behind the notice."""
        self._note_skipped()
        if self._is_socket:
            self._unregister()

    def _go_on(self, was_busy: bool) -> None:
        """See to what has not been handed over yet, and tell the reader when an answer has."""
        self._expect_flush()
        if was_busy and not self.busy:
            self._reader.answered()

    def _register(self, *, streaming: bool) -> None:
        self._registered = True
        self._transport.registerProducer(self, streaming)

    def _unregister(self) -> None:
        if self._registered:
            self._registered = False
            self._transport.unregisterProducer()

    def _skip(self, lines: bytes) -> None:
        if not self._closed:
            count = lines.count(b"\n")
            self._skipped += count
            self._reader.skipped(count)

    def _make_room(self, size: int) -> bool:
        self.flush()
        return not self._skipped and self.waiting + size <= self._limit

    def _pull(self, wanted: int) -> None:
        """Make the lines of answers until so many bytes are waiting."""
        while self._answers and self.waiting < wanted:
            line = next(self._answers[0], None)
            if line is None:
                del self._answers[0]
            else:
                self._lines.append(line)
                self.waiting += len(line)

    def _note_skipped(self) -> None:
        if self._skipped:
            self._lines += self.codec.encode(LinesSkipped(self._skipped))
            self._skipped = 0

    def _cancel_stall(self) -> None:
        if self._stall is not None and self._stall.active():
            self._stall.cancel()
        self._stall = None
