"""The entries of the log as they are read: each is taken once, and nothing that is missing is passed over in silence.

A node that is new, or has missed something, asks another for the state of the hall: `hello` at one place of the log,
and behind it `state`, which is that of the place of the question. What stands between them is held back until then. It
does no I/O.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from chatd.nodes.shared import Entry, Fenced, Known
from chatd.nodes.telling import Fact, Telling, Told


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

    def put_back(self, state: Any) -> None:
        """Redis had lost all, and another node has put back what it knew: tell who of this one isn't there any more, or
        has another name.
        """

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

    def went_ahead(self) -> bool:
        """Say whether something has been done here that others will do only when it has its turn."""

    def people_here(self) -> Told:
        """Return who is at home here: the others count them as gone."""

    def all_lost(self) -> None:
        """Redis has lost all that it held; what was told and has not had its turn may have had it elsewhere."""

    def lost(self) -> None:
        """Something that was told is lost here."""

    def linked(self) -> None: ...

    def parted(self) -> None: ...


class Entries:
    """Takes entries for a follower. `tell` is for answers; `others` are the nodes that can be asked.

    With `needs_state` the follower doesn't know the state of the hall, and if that `is_stale`, it isn't for others;
    with `is_in` this node is one of the nodes.
    """

    _log = Logger()

    def __init__(
        self, me: str, follower: Follower, telling: Telling, tell: Callable[[Told], object], clock: IReactorTime
    ) -> None:
        self.others: list[str] = []
        self.needs_state = self.has_state = self.is_stale = self.is_in = False
        self._me = me
        self._follower = follower
        self._telling = telling
        self._tell = tell
        self._clock = clock
        self._changed: dict[str, int] = {}  # up to which entry of each node the hall is changed accordingly
        self._said: dict[str, int] = {}  # up to which people here were told of it; also of nodes that are gone
        self._asked = 0  # how often
        self._in_vain = 0  # since a state came last
        self._asking: set[str] = set()  # of the others, those who wait for a state
        self._held_back: list[Entry] | None = None

    def question(self) -> Told:
        """Return what asks the next of the others for the state. What stands before it happens before the answer."""
        self.release()
        asked = self.others.pop(0)
        self.others.append(asked)
        self._asked += 1
        return Told(["hello", asked, self._asked], is_alone=True)

    @property
    def patience(self) -> int:
        """How many times as long as the first time an answer is waited for. Where all ask each other, each answers once
        it has given up its own question: whoever waits as long as the others gets each answer too late.
        """
        return 1 + (sum(other < self._me for other in self.others) if self._in_vain else 0)

    def state(self) -> Any:
        """Return the state of the hall, at the place that was read last."""
        return {"changed": dict(self._changed), "hall": self._follower.state()}

    def all_lost(self) -> None:
        """Redis has lost all: there will be no answer, and what was held back until it came is told again."""
        self.needs_state, self._held_back = False, None
        self._follower.all_lost()

    def distrust(self) -> None:
        """What is known here may be out of date: until a state has come nobody is told it, nor what was to be told."""
        self.is_stale = True
        for told in self._telling.waiting():
            if told.fact[0] == "state":
                told.fact[:] = ["free"]

    def forget_own(self) -> None:
        """The others count this node as gone."""
        self._changed.pop(self._me, None)

    def take(self, entry: Entry) -> None:
        """@raises Fenced: if the others have given this node up."""
        if self._held_back is not None:
            if not self._is_answer(entry):
                self._held_back.append(entry)
                return
            self._restore(entry)
        if entry.node == self._me:
            self._take_own(entry)
        elif not entry.number:
            self.others = [one for one in self.others if one != entry.node]
            self._changed.pop(entry.node, None)
            self._asking.discard(entry.node)
            self._follower.gone(entry.node)
        else:
            self._take_other(entry.node, entry.number, entry.text)

    def happened(self, number: int) -> None:
        """What this node has told, up to that entry, was in the log, but is there no more to be read back."""
        for told in self._telling.read_back(number, self._clock.seconds()):
            self._happen(told)

    def release(self) -> None:
        """Hold nothing back any more: the answer has come, or won't."""
        held, self._held_back = self._held_back, None
        for entry in held or ():
            self.take(entry)

    def unanswered(self) -> None:
        """No answer has come in time. Where that is so of each of the others, all may be asking: then what is known
        here has to do for them; and if all are, the first of them goes on with what it knows.
        """
        self._in_vain += 1
        self.release()
        all_ask = self._asking.issuperset(self.others)
        if all_ask and self._in_vain >= len(self.others) and self._me < min(self.others, default=""):
            self.needs_state, self.has_state, self.is_stale, self._in_vain = False, True, False, 0
            self.release()

    def _is_question(self, entry: Entry) -> bool:
        """Say whether this is what was asked last; of what was asked before no answer is waited for any more."""
        return entry.text.startswith('[["hello",') and entry.text.endswith(f",{self._asked}]]")

    def _is_answer(self, entry: Entry) -> bool:
        return entry.text.startswith(f'[["state","{self._me}",{self._asked},')

    def _take_own(self, entry: Entry) -> None:
        if not entry.number and self.is_in:
            raise Fenced
        if entry.number > self._changed.get(self._me, 0):
            self._changed[self._me] = entry.number
            if self.needs_state and self._is_question(entry):
                self._held_back = []
            for told in self._telling.read_back(entry.number, self._clock.seconds()):
                self._happen(told)

    def _happen(self, told: Told) -> None:
        if told.happen is not None:
            try:
                told.happen()
            except Exception:  # a bug must not keep this node from hearing all else
                self._log.failure("Something could not be done in its turn")

    def _take_other(self, node: str, number: int, text: str) -> None:
        changed, said = self._changed.get(node, 0), self._said.get(node, 0)
        if number > 0:
            if number <= changed and number <= said:
                return
            if node in self._changed and number > said + 1 and self.has_state:
                self.needs_state = True
                self._follower.lost()
            self._changed[node], self._said[node] = max(number, changed), max(number, said)
            if node not in self.others:
                self.others.append(node)
        for fact in json.loads(text):
            try:
                self._hear(node, fact, number > said, 0 < number <= changed)
            except Exception:  # likewise
                self._log.failure("Something that {node} told could not be done", node=node)
        if number > 0:  # the state that was just restored is of a moment before this entry
            self._changed[node] = max(number, self._changed.get(node, 0))

    def _hear(self, node: str, fact: Fact, is_new: bool, is_in_state: bool) -> None:
        if fact[0] == "hello":
            self._asking.add(node)
            is_known = self.has_state and not self.is_stale
            if fact[1] == self._me and (is_known or self._in_vain >= len(self.others)):
                self._tell(Told(["state", node, fact[2], self.state()], is_alone=True))
                self._asking.discard(node)
        elif fact[0] != "state":
            self._follower.heard(node, fact, is_new, is_in_state)
        elif fact[1]:
            self._asking.discard(fact[1])
        else:
            self._follower.put_back(fact[3]["hall"])

    def _restore(self, answer: Entry) -> None:
        """Take over the state in an answer, and then what was held back, which stands before it."""
        [[_, _, _, state]] = json.loads(answer.text)
        self._changed = {**state["changed"], self._me: self._changed.get(self._me, 0)}
        if self.has_state and self.is_stale:  # what was missed may be told again
            self._said = {**state["changed"], **self._said}
        else:  # it is known to be lost, or nobody was here
            self._said = {node: max(number, self._said.get(node, 0)) for node, number in state["changed"].items()}
        self._follower.restore(state["hall"])
        self.needs_state, self.has_state, self.is_stale, self._in_vain = False, True, False, 0
        self.release()
