"""One connection, whatever is spoken on it.

What comes in: the door hands over each line (`receive`) and the end (`ended`); the codec makes an input of it, the
session takes that. What goes out: the session's outputs and the hall's events, encoded by the codec, by the outbox.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TimedOut
from twisted.logger import Logger

from chatd.core.events import Cause, Departure, Event, Events
from chatd.core.refusals import HallError
from chatd.session.completion import completions
from chatd.session.identity import Identity
from chatd.session.inputs import Command, Ended, Input, Line, Refused
from chatd.session.outputs import Output, Prompt, TypingSeen, TypingTooFast
from chatd.session.refusals import NoSuchFormat, TookTooLong
from chatd.session.session import Session
from chatd.session.view import View
from chatd.wire.addresses import ip_address_of, neighbourhood, shown_address
from chatd.wire.codec import Codec
from chatd.wire.entrance import Entrance
from chatd.wire.gate import PerAddress
from chatd.wire.lifetime import Lifetime
from chatd.wire.limits import Limits
from chatd.wire.outbox import Outbox
from chatd.wire.pace import Pace
from chatd.wire.receipts import Receipts
from chatd.wire.sockets import has_vanished, prepare
from chatd.wire.users import user_of
from chatd.wire.wire import Wire

DONE_WITHIN = 30.0  # seconds in which what takes its time must be done
COMPLETION = 256  # bytes that are as dear as one completion


class Connection:
    """The client of its session, and the reader of its outbox.

    1. It hands an input to the session only when the one before is done, and in the order in which they were typed.
    2. It reads on only in a turn of the reactor of its own: never within a broadcast, or people would see events in
       different orders.
    3. `typed_at` is never later than the truth: what may have waited at the client counts as typed when the connection
       last had nothing waiting.
    """

    _log = Logger()

    deliver: Callable[[Events], bool]

    def __init__(
        self,
        entrance: Entrance,
        wire: Wire,
        transport: Any,
        format: str = "text",
        carrier: Any = None,
    ) -> None:
        """`format` is what is spoken first. `carrier` is what has the socket and was let in, where `transport` is only
        a channel of it.
        """
        clock, limits = entrance.clock, entrance.limits
        self._entrance = entrance
        self._clock = clock
        self._wire = wire
        self._carrier = transport if carrier is None else carrier
        self.codec = wire.codec_for(format)
        self.codec.view = self.codec.view.but(code=entrance.server.language)
        self._outbox = Outbox(
            transport,
            self,
            self.codec,
            entrance.encoded,
            entrance.batcher,
            clock,
            limit=limits.sendq,
            patience=limits.stall_timeout,
        )
        self.deliver = self._outbox.deliver  # bound directly: it is called for each line that the person hears
        self._lifetime = Lifetime(self, wire, clock, limits.idle_timeout)
        self._read_closed = self._is_lost = False
        self._work: Deferred[None] | None = None  # what the session is busy with
        self._told_seen = False
        counts = entrance.server.hall.counts
        self._pace = Pace(wire, clock, limits, counts, self)
        address = self._carrier.getPeer()
        self.neighbourhood = neighbourhood(address)
        self._is_counted = False  # by this connection itself
        self._receipts: Receipts | None = None
        self.session = Session(
            entrance.server,
            self,
            shown_address(address),
            ip_address_of(address),
            entrance.first,
            user_of(transport),
        )
        self.codec.session = self.session

    def begin(self) -> None:
        """Let the person in, or say why not."""
        self._entrance.connections.add(self)
        prepare(self._carrier, self._entrance.limits.peer_timeout)
        self._lifetime.begin()
        self._is_counted = True
        try:
            self._pace.neighbours = self._entrance.gate.admit(self.neighbourhood)
        except HallError as error:
            self.session.turn_away(error)
        else:
            self.session.begin()

    def begin_admitted(self, neighbours: PerAddress | None, identity: Identity, nickname: str) -> None:
        """Let in a person whose carrier has been admitted; they have a nickname unless it is ""."""
        self._entrance.connections.add(self)
        self._lifetime.begin()
        self._pace.neighbours = neighbours
        self.session.identity = identity
        self.session.begin(asking=not nickname)
        if nickname and self.session.is_entering:
            self._take(Command("nick", {"name": nickname}))
            self._pace.hold_back()

    # What the door calls.

    def note_read(self, was_typed: bool) -> None:
        """Something has arrived: what the person has typed, or what their client sends by itself."""
        now = self._clock.seconds()
        self._pace.note_read(now)
        if was_typed:
            self._lifetime.typed(now)

    def receive(self, line: bytes) -> None:
        """Take a line, without its end."""
        self._pace.spend(1, len(line) + 1)
        given = self.codec.decode(line, self._pace.read_at)
        self._outbox.stand(self.codec.row)
        self._take(given)
        self._pace.hold_back()

    def receive_finished(self, line: bytes, begun_at: float, hidden: bool = False) -> None:
        """Take a line that was finished in a row, `hidden` or not; its bytes were counted key by key."""
        self._pace.spend(1, 0)
        given = self.codec.decode(line, begun_at)
        if hidden and isinstance(given, Line):
            given = given._replace(hidden=True)
        self._outbox.stand(self.codec.row)
        self._take(given)
        self._pace.hold_back()

    @property
    def read_at(self) -> float:
        """When what is being read was typed, at the latest."""
        return self._pace.read_at

    def redraw(self) -> None:
        """Draw the row again if something in it has changed."""
        self._outbox.redraw()

    def completions(self, word: str, begins_line: bool) -> list[str]:
        """Return what a word may become; nothing while the person is held back, for names are dear to look through."""
        if self._pace.is_full:
            return []
        self._pace.spend(0, COMPLETION)
        return completions(self.session, word, begins_line)

    def note_discarded(self, size: int) -> None:
        """So many bytes were read that are part of no line; they are read at the same pace."""
        self._pace.spend(0, size)
        self._pace.hold_back()

    def refuse(self, error: HallError) -> None:
        """Refuse something that is no line at all."""
        self._take(Refused(error))

    def hold_greeting(self) -> None:
        """Send nothing yet: the client may begin to speak, and want no greeting."""
        self._outbox.hold()

    def greet(self) -> None:
        """Send what has been held."""
        self._outbox.release()

    def take_greeting_back(self) -> None:
        """Forget what has been held."""
        self._outbox.drop()

    def ended(self) -> None:
        """The client has sent all it will, and may still be reading (`nc -N`)."""
        self._read_closed = True
        if self._lifetime.is_talking:
            self._take(Ended(closed=True))
        else:
            self._wire.close()

    def channel_ended(self) -> None:
        """Likewise for a channel, which is closed only when all is sent and the client closes it too."""
        if self._lifetime.is_talking:
            self._take(Ended())

    def all_sent(self) -> None:
        """All is sent; now it is the client's turn to close."""
        self._lifetime.all_sent()

    def lost(self, how: Departure, logged_as: str = "") -> None:
        """The connection is gone."""
        self._is_lost = True
        self.session.lost(how, logged_as)
        self._outbox.stopProducing()
        if self._receipts is not None:
            if how.cause is Cause.CLOSED and not self._lifetime.is_talking:
                self._receipts.arrived()
            self._receipts.stop()
        self._lifetime.stop()
        self._pace.stop()
        work, self._work = self._work, None
        if work is not None:
            work.cancel()
        if self._is_counted:
            self._entrance.gate.leave(self.neighbourhood)
        self._entrance.gone(self)

    def give_up(self, how: Departure) -> None:
        """End the connection at once."""
        self.session.lost(how)
        self._wire.abort()

    # What the session calls: this is its client.

    @property
    def view(self) -> View:
        return self.codec.view

    @view.setter
    def view(self, view: View) -> None:
        self._entrance.batcher.settle()
        self.codec.view = view

    @property
    def idle(self) -> float:
        return self._lifetime.idle

    @property
    def waiting(self) -> int:
        return self._outbox.waiting

    @property
    def is_private(self) -> bool:
        return self.session.ip is None or self._wire.is_encrypted

    def send(self, output: Output) -> None:
        lines = iter(self.codec.encode(output))
        if isinstance(output, Prompt) and self.codec.row is not None:
            self._show_prompt(output)
        else:
            self._outbox.answer(lines)

    def track(self) -> Callable[[Events], bool]:
        if self._receipts is None:
            self._receipts = Receipts(self.deliver, self, self._clock)
        return self._receipts.deliver

    def missing(self) -> tuple[Event, ...]:
        return self._receipts.missing() if self._receipts is not None else ()

    def once_taken(self, call: Callable[[], object]) -> None:
        self.track()
        assert self._receipts is not None
        self._receipts.once_taken(call)

    def write(self, data: bytes) -> None:
        """Send what the door itself has to say, behind all that waits. It is no line: a row stays where it is."""
        self._outbox.write(data)

    def charge(self, lines: int) -> None:
        self._pace.spend(lines, 0)

    def speak(self, format: str) -> None:
        if format not in self._wire.formats:
            raise NoSuchFormat(format, self._wire.formats)
        self._wire.leave_row()
        self.replace_codec(self._wire.codec_for(format))

    def edit(self, on: bool) -> None:
        self._wire.edit(on)

    def edit_with(self, codec: Codec) -> None:
        """Go on with a codec whose row stands where a prompt may stand now."""
        self._outbox.stand(None)
        self.replace_codec(codec)

    def replace_codec(self, codec: Codec) -> None:
        """Go on with another codec, in the view of the one before."""
        self._entrance.batcher.settle()
        self.write(self.codec.end())
        codec.view = self.codec.view
        codec.session = self.session
        self.codec = codec
        self._outbox.speak(codec)

    def close(self) -> None:
        self._lifetime.leaving()
        self._outbox.finish()
        if self._read_closed and self._receipts is not None:
            self._receipts.finish(self._wire.close)
        elif self._read_closed:
            self._wire.close()

    # What the outbox, the receipts and the entrance call.

    @property
    def unacknowledged(self) -> int:
        return self._wire.unacknowledged() + self._outbox.waiting

    def taken(self) -> int:
        return self._wire.taken()

    def stalled(self, seconds: float) -> None:
        self.give_up(Departure(Cause.STALLED, seconds=seconds))

    def skipped(self, lines: int) -> None:
        self._entrance.server.hall.counts.skipped += lines

    def answered(self) -> None:
        self._pace.go_on_soon()

    def apply(self, limits: Limits) -> None:
        """Go by other limits from now on. A pause that has begun keeps its length."""
        self._pace.apply(limits)
        self._outbox.apply(limits.sendq, limits.stall_timeout)
        prepare(self._carrier, limits.peer_timeout)

    def apply_idle_timeout(self, limit: int | None) -> None:
        """Go by another limit on idleness, and warn the person before it ends."""
        self._lifetime.apply_idle_timeout(limit)

    def drop_vanished(self) -> None:
        """Give up if the peer has vanished."""
        if not self._is_lost and has_vanished(self._carrier, self._entrance.limits.peer_timeout):
            self.give_up(Departure(Cause.LOST))

    def close_within(self, seconds: float) -> None:
        """Say goodbye for chatd, and be gone by then even if the client reads nothing, or up to the last moment."""
        self._lifetime.close_within(seconds)

    def _show_prompt(self, prompt: Prompt) -> None:
        """Leave a prompt at the end of the screen; lines that come before the next input stand above it."""
        if prompt.is_secret and not self._wire.hide_typing() and not self._told_seen:
            self._told_seen = True
            self.send(TypingSeen())
        self._entrance.batcher.settle()
        self._outbox.stand(self.codec.row)

    # Inputs, one after the other.

    def _take(self, given: Input) -> None:
        work = self.session.receive(given)
        if work is not None:
            working = Deferred.fromCoroutine(self._attend(work))
            if not working.called:
                self._work = working

    async def _attend(self, work: Awaitable[None]) -> None:
        """See what the session is busy with to its end."""
        try:
            await Deferred.fromCoroutine(_coroutine(work)).addTimeout(DONE_WITHIN, self._clock)
        except TimedOut:
            self.session.refuse(TookTooLong(DONE_WITHIN))
        except Exception:
            if self._is_lost:
                return  # it was cancelled, or fails too late to matter
            self.broken()
        self._work = None
        self._pace.go_on_soon()

    def broken(self) -> None:
        """A bug of ours is being handled: it must end this connection and no other."""
        self._log.failure("Something that was typed could not be dealt with")
        self.give_up(Departure(Cause.BROKEN))

    @property
    def is_busy(self) -> bool:
        """Whether what was read is still being dealt with, or answered."""
        return self._outbox.busy or self._work is not None

    def typing_too_fast(self) -> None:
        limits = self._entrance.limits
        self.send(TypingTooFast(limits.line_rate, limits.byte_rate))


async def _coroutine(work: Awaitable[None]) -> None:
    await work
