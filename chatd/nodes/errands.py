"""Errands: what somebody wants of one person who is at home at another node, brought there alone, and the answers.

An errand is a note for that node. Whoever deletes it first decides what becomes of it: its addressee, who does it, or
its sender, who gives up. So a private line is never both given back and shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TimedOut
from twisted.logger import Logger

from chatd.core.delivery import tell
from chatd.core.events import AddresseeAway, Event, Events, NicknameGiven, WhisperSent
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.refusals import AddresseeGone, HallError, NoAnswer, OthersUnreachable
from chatd.core.relay import Errand, GiveName, Invite, PutOut, Tell, Whisper
from chatd.nodes.facts import errand_in, of_errand, of_refusal, refusal_in
from chatd.nodes.log import Log
from chatd.nodes.roster import Roster
from chatd.nodes.shared import Fenced, NodeGone, OutOfReach

ANSWER_WITHIN = 3.0  # seconds


class Errands:
    """What this node wants of people of others, and the other way round."""

    _log = Logger()

    def __init__(self, hall: Hall, roster: Roster, log: Log) -> None:
        self._hall = hall
        self._roster = roster
        self._nodes = log
        self._number = 0
        self._asked: dict[int, Deferred[Any]] = {}
        self.ordered: Callable[[int | None], bool] = lambda order: False  # called with what other nodes' operators want

    async def send(self, sender: Member | None, other: Member, errand: Errand) -> None:
        """@raises HallError: if it is refused there, or can't be brought there."""
        log, text = self._nodes, errand.text if isinstance(errand, Whisper | Tell) else ""
        if not log.is_linked:
            raise OthersUnreachable(unsent=text)
        node, to = self._roster.id_of(other)
        number, answer = self._expect()
        who = None if sender is None else self._roster.id_of(sender)[1]
        note = {"do": of_errand(errand), "n": number, "from": log.me.id, "who": who, "to": to, "place": log.place}
        try:
            found = await self._answer(node, note, answer, other.nickname, text)
        finally:
            self._expect_no_more(number)
        if found["refused"] is not None:
            raise refusal_in(found["refused"], text)
        if sender is not None and sender.here and isinstance(errand, Whisper):
            self._show_sent(sender, other, text, found)

    async def order(self, node: str, order: int | None) -> bool | None:
        """Have a node do what this one's operator wants, and return what it says to that, None if it says nothing.

        @raises OthersUnreachable: if it can't be told.
        """
        log = self._nodes
        if not log.is_linked:
            raise OthersUnreachable
        number, answer = self._expect()
        note = {"order": order, "n": number, "from": log.me.id}
        try:
            found = await self._answer(node, note, answer, "", "")
        except NoAnswer:
            return None
        finally:
            self._expect_no_more(number)
        return bool(found["obeyed"])

    def _expect(self) -> tuple[int, Deferred[Any]]:
        self._number += 1
        self._asked[self._number] = Deferred()
        return self._number, self._asked[self._number]

    def _expect_no_more(self, number: int) -> None:
        self._asked.pop(number).addErrback(lambda failure: None)  # which may have come before anybody waited for it

    def give_up(self) -> None:
        """No answer will come: Redis is away."""
        for answer in tuple(self._asked.values()):
            if not answer.called:
                answer.errback(OutOfReach())

    def noted(self, note: dict[str, Any]) -> None:
        if "do" in note:
            Deferred.fromCoroutine(self._do(note)).addErrback(self._failed)
        elif "order" in note:
            obeyed = {"n": note["n"], "obeyed": self.ordered(note["order"])}
            Deferred.fromCoroutine(self._post(note["from"], obeyed)).addErrback(self._failed)
        elif (answer := self._asked.get(note["n"])) is not None and not answer.called:
            answer.callback(note)

    async def _answer(self, node: str, note: dict[str, Any], answer: Deferred[Any], nickname: str, text: str) -> Any:
        log = self._nodes
        try:
            place = await log.shared.post(log.me, node, json.dumps(note, ensure_ascii=False))
        except (Fenced, NodeGone):
            raise OthersUnreachable(unsent=text) from None
        except OutOfReach:
            raise NoAnswer(nickname) from None
        try:
            found = await answer.addTimeout(ANSWER_WITHIN, log.clock)
            await log.reached(found["place"])
        except (TimedOut, OutOfReach):
            try:
                taken_back = await log.shared.take_back(node, place)
            except OutOfReach:
                taken_back = False
            raise (OthersUnreachable(unsent=text) if taken_back else NoAnswer(nickname)) from None
        return found

    def _show_sent(self, sender: Member, other: Member, text: str, found: dict[str, Any]) -> None:
        self._hall.counts.delivered += 1
        tell(WhisperSent(found["at"], other.nickname, text), sender)
        if found["away"] is not None:
            why = "" if other in sender.ignoring else found["away"]
            tell(AddresseeAway(found["at"], other.nickname, why), sender)

    # What others want of people here.

    async def _do(self, note: dict[str, Any]) -> None:
        log = self._nodes
        await log.reached(note["place"])
        answer: dict[str, Any] = {"n": note["n"], "refused": None, "at": self._hall.now(), "away": None}
        try:
            answer["away"] = await self._done(note)
        except HallError as error:
            answer["refused"] = of_refusal(error)
        await self._post(note["from"], answer)

    async def _post(self, node: str, answer: dict[str, Any]) -> None:
        log = self._nodes
        await log.shared.post(log.me, node, json.dumps({**answer, "place": log.place}, ensure_ascii=False))

    async def _done(self, note: dict[str, Any]) -> str | None:
        """Do it, and return why the person is away, "" where that is not said, None if they aren't.

        @raises HallError: if it is refused.
        """
        errand, other = errand_in(note["do"]), self._roster.find(self._nodes.me.id, note["to"])
        if other is None or not other.here:
            raise AddresseeGone("that person")
        match errand:
            case Tell(text):
                other.hear_administrator(text)
            case PutOut(how):
                other.dismiss(how)
            case GiveName(typed):
                turn = self._hall.rename(other, typed)
                if turn is not None:
                    await turn
                tell(NicknameGiven(self._hall.now(), other.nickname), other)
            case Whisper() | Invite():
                sender = self._roster.sender(note["from"], note["who"])
                if sender is None or not sender.here:
                    raise AddresseeGone("you")
                return _sent(sender, other, errand)
        return None

    def _failed(self, failure: Any) -> None:
        if not failure.check(OutOfReach, Fenced):  # the sender is told that there is no answer
            self._log.failure("An errand could not be done", failure)


def _sent(sender: Member, other: Member, errand: Whisper | Invite) -> str | None:
    """Have a stand-in do it, and return what they are told of the other's being away."""
    told: list[Event] = []

    def deliver(events: Events) -> None:
        told.extend(events)

    before, sender.deliver = sender.deliver, deliver
    try:
        sender.send(other, errand)
    finally:
        sender.deliver = before
    return next((event.why for event in told if isinstance(event, AddresseeAway)), None)
