"""This node's part in the shared log: it joins, gives signs of life, tells, and reads on.

  apart --connected, joined, all read that came before--> linked --no answer--> apart
                                                            |  ^
                                      its lease over: fenced|  |joined again, with the names that are left
                                                            v  |
                                                           fenced

It knows no hall and no fact.
"""

from __future__ import annotations

import json
from collections.abc import Coroutine, Sequence
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.defer import TimeoutError as TimedOut
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatd.nodes.entries import Entries, Follower
from chatd.nodes.shared import BEAT, START, Fenced, Known, Node, Note, OutOfReach, Shared, StaysOut
from chatd.nodes.telling import Telling, Told

REST = 0.003  # seconds between the starts of two appends, so that lines share the work under load
READING_REST = 0.0075  # seconds from the end of a read to the next, likewise
REACHED_WITHIN = 3.0  # seconds: whoever waits for longer has been refused
RETRY = 0.3  # seconds between two attempts to connect
STATE_WITHIN = 1.0  # seconds in which a node that is asked for the state of the hall must have told it


class Log:
    """1. A fact is told once, in the order of `tell`, whatever happens to the connection.
    2. What others tell is heard once, in the order of the log; what is missing is never passed over in silence.
    3. `Told.happen` is called at the place that the fact has among those.
    """

    _log = Logger()

    def __init__(self, shared: Shared, clock: IReactorTime, me: Node, follower: Follower) -> None:
        self.shared = shared
        self.me = me
        self.telling = Telling()
        self.is_linked = False
        self.place = START  # the last entry that was read
        self.clock = clock
        self._follower = follower
        self._notes_place = START
        self._generation = ""
        self._has_parted = False  # or could not be linked when it started, and the log says why
        self._has_begun = False  # been linked, or tried to be
        self._awaiting_begin: list[Deferred[None]] = []
        self._lost_all = False  # and what was told lately isn't told again yet
        self._given_up = False  # by the others, and hasn't told them anew who is here yet
        self._entries = Entries(me.id, follower, self.telling, self.tell, clock)
        self._has_joined = self._may_tell = self._is_telling = False
        self._next_at = 0.0
        self._read_at = 0.0  # when something was read last
        self._behind = 0.0  # seconds, when the last sign of life was given
        self._broken: Exception | None = None
        self._awaited: list[tuple[tuple[int, int], Deferred[None]]] = []
        self._tasks: list[Deferred[None]] = []
        self._stopping = False

    @property
    def is_stale(self) -> bool:
        """Whether the hall is not known as it is by now."""
        return self._entries.is_stale

    def start(self) -> None:
        self.go(self._run())
        self.go(self._beat())

    async def stop(self) -> None:
        """Be none of the nodes any more, once all is told."""
        self._stopping = True
        try:
            for _ in range(100):
                if not self.is_linked or self.telling.is_read_back:
                    break
                await self.wait(0.01)
            if untold := self.telling.untold:
                self._log.error("{n:,} things that were said or done here are lost to the other nodes", n=untold)
            if self.is_linked:
                self._has_joined = self._may_tell = self._entries.is_in = False
                await self.shared.leave(self.me)
        except (OutOfReach, Fenced):
            pass  # the others will notice
        self.is_linked = self._has_joined = self._may_tell = False
        for task in self._tasks:
            task.cancel()
        self._begin()
        self.shared.close()

    def tell(self, told: Told) -> None:
        self.telling.tell(told)
        self._tell_soon()

    def begun(self) -> Deferred[None]:
        """Return what fires once this node is one of the others, or has tried to be: it has just started."""
        waiting: Deferred[None] = Deferred()
        self._awaiting_begin.append(waiting)
        if self._has_begun:
            self._begin()
        return waiting

    def _begin(self) -> None:
        self._has_begun = True
        awaiting, self._awaiting_begin = self._awaiting_begin, []
        for waiting in awaiting:
            waiting.callback(None)

    async def reached(self, place: str) -> None:
        """Wait until all up to that place has happened here.

        @raises OutOfReach: if it hasn't in time.
        """
        if _key(self.place) < _key(place):
            waiting: Deferred[None] = Deferred()
            self._awaited.append((_key(place), waiting))
            try:
                await waiting.addTimeout(REACHED_WITHIN, self.clock)
            except TimedOut:
                raise OutOfReach("what came first isn't known here") from None

    def wait(self, seconds: float) -> Deferred[None]:
        waited: Deferred[None] = Deferred(lambda _: call.cancel())
        call = self.clock.callLater(seconds, waited.callback, None)
        return waited

    def go(self, work: Coroutine[Deferred[Any], Any, None]) -> None:
        """Do something beside all else, to its end, or until this stops."""
        task = Deferred.fromCoroutine(work)
        task.addErrback(self._task_failed)
        self._tasks = [one for one in (*self._tasks, task) if not one.called]

    def _task_failed(self, failure: Any) -> None:
        if not failure.check(CancelledError):
            self._log.failure("Something that this node does for good, or beside all else, has ended", failure)

    # From apart to linked, and back.

    async def _run(self) -> None:
        while not self._stopping:
            self._broken = None
            why, is_bug = "", False
            try:
                await self.shared.connect()
                await self._join()
                await self._follow()
            except Fenced:
                self._log.warn("This node was frozen or cut off for too long: the others have given it up")
            except OutOfReach as error:
                why = f"Redis gives no answer: {error}"
            except StaysOut as error:
                why = f"This node stays out: {error}"
            except CancelledError:
                raise
            except Exception:  # a bug, or nonsense in Redis: what was read is passed over, and the rest goes on
                self._log.failure("The log of the nodes could not be followed")
                is_bug = True
            self._has_joined = self._may_tell = self._entries.is_in = False
            self.shared.close()
            if why:
                self._part(why)
            self._begin()
            if is_bug or not self.is_linked:
                await self.wait(RETRY)

    async def _join(self) -> None:
        entries = self._entries
        joined = await self.shared.join(self.me, self.telling.number, self._known(), self.place)
        self._has_joined = True
        entries.others = list(joined.others)
        is_new, all_lost = not self._generation, self._generation not in ("", joined.generation)
        self._generation = joined.generation
        self._lost_all |= all_lost
        given_up = not (is_new or joined.was_in or joined.is_first)
        self._given_up = given_up or (self._given_up and not all_lost)
        if is_new:
            self.place = joined.last
        elif all_lost:
            self._log.warn("Redis had lost what it held, or the last of it")
            self.place = self._notes_place = START
            entries.all_lost()
        if joined.is_first:
            entries.is_stale = False
        elif is_new or all_lost or not joined.was_in or self._follower.went_ahead():
            entries.distrust()  # at once, for this joining may be broken off
        while _key(self.place) < _key(joined.last):
            await self.read_on()
        if self._given_up:
            entries.happened(joined.told)
        renamed = [] if is_new or joined.is_first else await self._follower.claim_again()
        if not self._given_up:
            self.telling.append_again(self._lost_all, self._follower.known().names)
            for told in renamed:
                self.telling.tell(told)
        else:
            entries.forget_own()
            self.telling.tell_anew([self._follower.people_here()])
        self._lost_all = self._given_up = False
        entries.needs_state |= entries.is_stale  # behind what is told again: only so do all agree on its place
        self._may_tell = entries.is_in = True
        self._tell_soon()
        while entries.needs_state and entries.others:
            await self._ask_state()
        entries.needs_state, entries.has_state, entries.is_stale = False, True, False
        self._log.info("{node} is one of the nodes of this hall; others: {n}", node=self.me.name, n=len(entries.others))
        if not self.is_linked:
            self.is_linked = True
            self._follower.linked()
            self._begin()

    def _known(self) -> Known:
        known = self._follower.known()
        return Known(known.nodes, known.names, json.dumps([["state", "", 0, self._entries.state()]]))

    def _part(self, why: str) -> None:
        if self.is_linked or not self._has_parted:
            self._log.error("{why}", why=why)
            self._has_parted = True
        if self.is_linked:
            self.is_linked = False
            self._follower.parted()

    def _break(self, error: Exception) -> None:
        """Something besides reading has failed; reading fails with it."""
        self._broken = self._broken or error
        self._has_joined = self._may_tell = self._entries.is_in = False
        self.shared.close()

    async def _beat(self) -> None:
        while not self._stopping:
            await self.wait(BEAT)
            if self._has_joined:  # and also while it takes its time for the rest
                try:
                    last = await self.shared.beat(self.me, {**self._follower.about(), "behind": self._behind})
                    self._behind = max(0, _key(last)[0] - _key(self.place)[0]) / 1000
                except CancelledError:
                    raise
                except Exception as error:  # whatever it is, a node that gives no sign of life is none of them
                    self._break(error)

    async def _ask_state(self) -> None:
        """Ask another node for the state of the hall."""
        self.tell(self._entries.question())
        until = self.clock.seconds() + STATE_WITHIN * self._entries.patience
        while self._entries.needs_state and self._entries.others and self.clock.seconds() < until:
            await self.read_on()
        if self._entries.needs_state:
            self._entries.unanswered()

    # In.

    async def _follow(self) -> None:
        while self._broken is None:
            rest = self._read_at + READING_REST - self.clock.seconds()
            if rest > 0:
                await self.wait(rest)
            await self.read_on()
            self._read_at = self.clock.seconds()
            while self._entries.needs_state and self._entries.others:
                await self._ask_state()
        raise self._broken

    async def read_on(self) -> None:
        """Read what comes next, waiting for it a second at most; nobody else may be reading."""
        try:
            entries, notes = await self.shared.read(self.me, self.place, self._notes_place)
        except OutOfReach:
            if self._broken is not None:
                raise self._broken from None
            raise
        for entry in entries:
            self.place = entry.place
            self._entries.take(entry)
        if notes:
            await self._take(notes)
        self._fire_reached()

    async def _take(self, notes: Sequence[Note]) -> None:
        """Do what the notes for this node say, but for those that their senders have taken back."""
        self._notes_place = notes[-1].place
        taking = [Deferred.fromCoroutine(self.shared.take_back(self.me.id, note.place)) for note in notes]
        taken = await DeferredList(taking, consumeErrors=True)
        for note, (_, found) in zip(notes, taken, strict=True):
            if found is True:
                self._noted(note.text)
        for _, found in taken:
            if isinstance(found, Failure):
                raise found.value

    def _noted(self, text: str) -> None:
        try:
            self._follower.noted(text)
        except Exception:  # a bug, or nonsense in Redis, must not part this node from the others
            self._log.failure("A note for this node could not be understood")

    def _fire_reached(self) -> None:
        here = _key(self.place)
        ready = [waiting for place, waiting in self._awaited if place <= here]
        self._awaited = [one for one in self._awaited if one[0] > here and not one[1].called]
        for waiting in ready:
            if not waiting.called:
                waiting.callback(None)

    # Out.

    def _tell_soon(self) -> None:
        if self._may_tell and not (self._is_telling or self.telling.is_done):
            self._is_telling = True
            self.go(self._tell_all())

    async def _tell_all(self) -> None:
        try:
            while self._may_tell and not self.telling.is_done:
                rest = self._next_at - self.clock.seconds()
                if rest > 0:
                    await self.wait(rest)
                    continue  # what was to be told may be withdrawn meanwhile
                self._next_at = self.clock.seconds() + REST
                batch = self.telling.next(self.clock.seconds())
                await self.shared.append(self.me, batch.number, batch.text, batch.passed)
                self.telling.appended(batch)
        except CancelledError:
            raise
        except Exception as error:  # likewise, one that can't tell what happens to its people
            self._break(error)
        finally:
            self._is_telling = False


def _key(place: str) -> tuple[int, int]:
    milliseconds, _, number = place.partition("-")
    return int(milliseconds), int(number)
