"""Tests for chatd.nodes.facts: what nodes tell each other, as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.refusals import BadNickname, HallError, NotAdmitted
from chatd.core.rules import Rule
from chatd.nodes.facts import of_refusal, refusal_in
from tests.samples import REFUSALS


class RefusalTests(SynchronousTestCase):
    def test_every_refusal(self) -> None:
        """Whatever the core refuses comes back from another node as what it is."""
        samples = [error for error in REFUSALS if _is_of_core(type(error))]
        kinds = {kind for kind in _kinds_of(HallError) if _is_of_core(kind)} - {NotAdmitted}
        self.assertEqual({type(error) for error in samples}, kinds)
        for error in (*samples, BadNickname("x", Rule("at most {most} characters", {"most": 20}))):
            found = refusal_in(json.loads(json.dumps(of_refusal(error))), error.unsent)
            self.assertEqual((type(found), vars(found)), (type(error), vars(error)))


def _kinds_of(kind: type[HallError]) -> Iterator[type[HallError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _kinds_of(one)


def _is_of_core(kind: type) -> bool:
    return kind.__module__.startswith("chatd.core.")
