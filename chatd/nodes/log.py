"""This node's part in the shared log: it joins, gives signs of life, tells, and reads on.

  apart --connected, joined, all read that came before--> linked --no answer--> apart
                                                            |  ^
                                      its lease over: fenced|  |joined again, with the names that are left
                                                            v  |
                                                           fenced

It knows no hall, and of facts only those by which a node asks for the state of the hall and is told it.
"""

from __future__ import annotations

import json
from collections.abc import Coroutine
from typing import Any, Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from chatd.nodes.shared import BEAT, START, Entry, Fenced, Known, Node, OutOfReach, Shared, StaysOut
from chatd.nodes.telling import Fact, Telling, Told

REST = 0.002  # seconds between the starts of two appends, so that lines share the work under load
RETRY = 0.3  # seconds between two attempts to connect
STATE_WITHIN = 1.0  # seconds in which a node that is asked for the state of the hall must have told it


class Follower(Protocol):
    """Does what the log says."""

    def known(self) -> Known:
        """Return what to put back if all that was shared is lost."""

    def about(self) -> dict[str, Any]:
        """Return what this node says about itself."""

    def state(self) -> Any:
        """Return the whole state of the hall, as plain data."""

    def restore(self, state: Any) -> None:
        """Take that over."""

    def heard(self, node: str, fact: Fact, is_new: bool, is_in_state: bool) -> None:
        """Another node has told something. Not `is_new`: what people are told of it, they were told before Redis lost
        all. `is_in_state`: what it changes is changed already in the state that was restored since.
        """

    def gone(self, node: str) -> None:
        """A node is no more."""

    def noted(self, text: str) -> None:
        """A note has come for this node."""

    async def claim_again(self) -> list[Told]:
        """Have the names of all at home here again, since Redis may have lost them; return who has another name now.

        @raises OutOfReach, Fenced: if there can be no names now.
        """

    def people_here(self) -> Told:
        """Return who is at home here: the others count them as gone."""

    def lost(self) -> None:
        """Something that was told is lost here."""

    def linked(self) -> None: ...

    def parted(self) -> None: ...


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
        self._changed: dict[str, int] = {}  # up to which entry of each node the hall is changed accordingly
        self._said: dict[str, int] = {}  # up to which people here were told of it
        self._may_tell = self._is_telling = False
        self._next_at = 0.0
        self._behind = 0.0  # seconds, when the last sign of life was given
        self._others: list[str] = []  # who can be asked for the state
        self._needs_state = self._has_state = False
        self._asked = 0  # how often
        self._held_back: list[Entry] | None = None  # what comes behind a question, until it is answered
        self._broken: Exception | None = None
        self._awaited: list[tuple[tuple[int, int], Deferred[None]]] = []
        self._tasks: list[Deferred[None]] = []
        self._stopping = False

    def start(self) -> None:
        self._go(self._run())
        self._go(self._beat())

    async def stop(self) -> None:
        """Be none of the nodes any more, once all is told."""
        self._stopping = True
        try:
            for _ in range(100):
                if not self.is_linked or self.telling.is_read_back:
                    break
                await self.wait(0.01)
            if self.is_linked:
                self._may_tell = False
                await self.shared.leave(self.me)
        except (OutOfReach, Fenced):
            pass  # the others will notice
        self.is_linked = self._may_tell = False
        for task in self._tasks:
            task.cancel()
        self.shared.close()

    def tell(self, told: Told) -> None:
        self.telling.tell(told)
        self._tell_soon()

    async def reached(self, place: str) -> None:
        """Wait until all up to that place has happened here."""
        if _key(self.place) < _key(place):
            waiting: Deferred[None] = Deferred()
            self._awaited.append((_key(place), waiting))
            await waiting

    def wait(self, seconds: float) -> Deferred[None]:
        waited: Deferred[None] = Deferred(lambda _: call.cancel())
        call = self.clock.callLater(seconds, waited.callback, None)
        return waited

    def _go(self, work: Coroutine[Deferred[Any], Any, None]) -> None:
        task = Deferred.fromCoroutine(work)
        task.addErrback(self._task_failed)
        self._tasks = [one for one in (*self._tasks, task) if not one.called]

    def _task_failed(self, failure: Any) -> None:
        if not failure.check(CancelledError):
            self._log.failure("The log of the nodes can't be followed", failure)

    # From apart to linked, and back.

    async def _run(self) -> None:
        while not self._stopping:
            self._broken = None
            try:
                await self.shared.connect()
                await self._join()
                await self._follow()
            except Fenced:
                self._log.warn("This node was frozen or cut off for too long: the others have given it up")
            except OutOfReach as error:
                self._part(f"Redis gives no answer: {error}")
            except StaysOut as error:
                self._part(f"This node stays out: {error}")
            self._may_tell = False
            self.shared.close()
            if not self.is_linked:
                await self.wait(RETRY)

    async def _join(self) -> None:
        me = self.me.id
        joined = await self.shared.join(self.me, self.telling.number, self._known())
        self._others = list(joined.others)
        is_new, all_lost = not self._generation, self._generation not in ("", joined.generation)
        self._generation = joined.generation
        if is_new:
            self.place, self._needs_state = joined.last, bool(joined.others)
        elif all_lost:
            self._log.warn("Redis had lost all that it held")
            self.place = self._notes_place = START
            self._needs_state = not joined.is_first
        while _key(self.place) < _key(joined.last):
            await self._read()
        renamed = [] if is_new or joined.is_first else await self._follower.claim_again()
        if is_new or joined.was_in or joined.is_first:
            self.telling.append_again(with_recent=all_lost)
            for told in renamed:
                self.telling.tell(told)
        else:
            self._changed.pop(me, None)
            self.telling.tell_anew([self._follower.people_here()])
        self._may_tell = True
        self._tell_soon()
        while self._needs_state and self._others:
            await self._ask_state()
        self._needs_state, self._has_state = False, True
        self._log.info("{node} is one of the nodes of this hall; others: {n}", node=self.me.name, n=len(self._others))
        if not self.is_linked:
            self.is_linked = True
            self._follower.linked()

    def _known(self) -> Known:
        known = self._follower.known()
        return Known(known.nodes, known.names, json.dumps([["state", "", 0, self._state()]]))

    def _part(self, why: str) -> None:
        if self.is_linked or not self._generation:
            self._log.error("{why}", why=why)
            self._generation = self._generation or " "
        if self.is_linked:
            self.is_linked = False
            self._follower.parted()

    def _break(self, error: Exception) -> None:
        """Something besides reading has failed; reading fails with it."""
        self._broken = self._broken or error
        self._may_tell = False
        self.shared.close()

    async def _beat(self) -> None:
        while not self._stopping:
            await self.wait(BEAT)
            if self._may_tell:
                try:
                    last = await self.shared.beat(self.me, {**self._follower.about(), "behind": self._behind})
                    self._behind = max(0, _key(last)[0] - _key(self.place)[0]) / 1000
                except (OutOfReach, Fenced) as error:
                    self._break(error)

    # The state of the hall.

    async def _ask_state(self) -> None:
        """Ask another node for it; what comes behind the question is held back until the answer."""
        asked = self._others.pop(0)
        self._others.append(asked)
        self._asked += 1
        self.tell(Told(["hello", asked, self._asked], is_alone=True))
        until = self.clock.seconds() + STATE_WITHIN
        while self._needs_state and self._others and self.clock.seconds() < until:
            await self._read()
        if self._needs_state:
            self._release_held_back()

    def _state(self) -> Any:
        return {"changed": self._changed, "hall": self._follower.state()}

    def _restore(self, state: Any) -> None:
        self._changed = {**state["changed"], self.me.id: self._changed.get(self.me.id, 0)}
        self._follower.restore(state["hall"])
        self._needs_state, self._has_state = False, True
        self._release_held_back()

    def _release_held_back(self) -> None:
        held, self._held_back = self._held_back, None
        for entry in held or ():
            self._take(entry)

    # In.

    async def _follow(self) -> None:
        while self._broken is None:
            await self._read()
            while self._needs_state and self._others:
                await self._ask_state()
        raise self._broken

    async def _read(self) -> None:
        try:
            entries, notes = await self.shared.read(self.me, self.place, self._notes_place)
        except OutOfReach:
            if self._broken is not None:
                raise self._broken from None
            raise
        for entry in entries:
            self.place = entry.place
            if self._held_back is not None and not self._is_answer(entry):
                self._held_back.append(entry)
            else:
                self._take(entry)
        for note in notes:
            self._notes_place = note.place
            if await self.shared.take_back(self.me.id, note.place):
                self._follower.noted(note.text)
        self._fire_reached()

    def _is_answer(self, entry: Entry) -> bool:
        return entry.text.startswith(f'[["state","{self.me.id}",{self._asked},')

    def _take(self, entry: Entry) -> None:
        """@raises Fenced: if the others have given this node up."""
        if entry.node == self.me.id:
            self._take_own(entry)
        elif not entry.number:
            self._others = [one for one in self._others if one != entry.node]
            self._changed.pop(entry.node, None)
            self._said.pop(entry.node, None)
            self._follower.gone(entry.node)
        else:
            self._take_other(entry.node, entry.number, entry.text)

    def _take_own(self, entry: Entry) -> None:
        if not entry.number and self._may_tell:
            raise Fenced
        if entry.number > self._changed.get(self.me.id, 0):
            self._changed[self.me.id] = entry.number
            if self._needs_state and entry.text.startswith('[["hello"'):
                self._held_back = []
            for told in self.telling.read_back(entry.number, self.clock.seconds()):
                self._happen(told)

    def _take_other(self, node: str, number: int, text: str) -> None:
        changed, said = self._changed.get(node, 0), self._said.get(node, 0)
        if number > 0:
            if number <= changed and number <= said:
                return
            if node in self._changed and number > max(changed, said) + 1 and self._has_state:
                self._needs_state = True
                self._follower.lost()
            self._changed[node], self._said[node] = max(number, changed), max(number, said)
            if node not in self._others:
                self._others.append(node)
        for fact in json.loads(text):
            try:
                self._hear(node, fact, number > said, 0 < number <= changed)
            except Exception:  # a bug, here or there, must not keep this node from hearing all else
                self._log.failure("Something that {node} told could not be done", node=node)
        if number > 0:  # the state that was just restored is of a moment before this entry
            self._changed[node] = max(number, self._changed.get(node, 0))

    def _hear(self, node: str, fact: Fact, is_new: bool, is_in_state: bool) -> None:
        if fact[0] == "hello":
            if fact[1] == self.me.id and self._has_state:
                self.tell(Told(["state", node, fact[2], self._state()], is_alone=True))
        elif fact[0] != "state":
            self._follower.heard(node, fact, is_new, is_in_state)
        elif self._needs_state and (fact[1], fact[2]) in ((self.me.id, self._asked), ("", 0)):
            self._restore(fact[3])

    def _happen(self, told: Told) -> None:
        if told.happen is not None:
            try:
                told.happen()
            except Exception:  # likewise
                self._log.failure("Something could not be done in its turn")

    def _fire_reached(self) -> None:
        here = _key(self.place)
        ready = [waiting for place, waiting in self._awaited if place <= here]
        self._awaited = [one for one in self._awaited if one[0] > here]
        for waiting in ready:
            if not waiting.called:
                waiting.callback(None)

    # Out.

    def _tell_soon(self) -> None:
        if self._may_tell and not (self._is_telling or self.telling.is_done):
            self._is_telling = True
            self._go(self._tell_all())

    async def _tell_all(self) -> None:
        try:
            while self._may_tell and not self.telling.is_done:
                rest = self._next_at - self.clock.seconds()
                if rest > 0:
                    await self.wait(rest)
                self._next_at = self.clock.seconds() + REST
                batch = self.telling.next(self.clock.seconds())
                await self.shared.append(self.me, batch.number, batch.text, batch.released)
                self.telling.appended(batch)
        except (OutOfReach, Fenced) as error:
            self._break(error)
        finally:
            self._is_telling = False


def _key(place: str) -> tuple[int, int]:
    milliseconds, _, number = place.partition("-")
    return int(milliseconds), int(number)
