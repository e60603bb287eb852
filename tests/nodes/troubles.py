"""Three nodes in simulated time, and what may befall them: what the models of halls and of owners have in common."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from zope.interface import implementer

from tests.nodes.halls import Halls

nodes = st.sampled_from(range(3))
people = st.integers(0, 9)


def searching(examples: int) -> settings:
    """Return how a model is searched for what must not be: the same way each time, but for a longer search with
    EXAMPLES in the environment.
    """
    more = os.environ.get("EXAMPLES")
    return settings(
        max_examples=int(more or examples),
        stateful_step_count=35,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
        derandomize=more is None,
    )


@implementer(ILogObserver)
class Failures:
    """What was logged of what went wrong."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    def __call__(self, event: LogEvent) -> None:
        if "log_failure" in event:
            self.seen.append(event["log_failure"])


class Troubles(RuleBasedStateMachine):
    """Nodes may be slow, frozen or cut off, and Redis may be away, and lose all that it holds, or the last of it."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = Failures()
        globalLogPublisher.addObserver(self.failures)
        self.halls = Halls("a", "b", "c")
        self.is_troubled = False
        self.saved: dict[str, Any] = {}

    def follow(self, steps: str) -> None:
        """Take steps, a line each, as a search shows them, to the end."""
        for step in steps.split("\n")[1:-1]:
            eval(f"machine.{step.strip()}", {"machine": self})
        self.teardown()

    def teardown(self) -> None:
        self.heal()
        self.halls.stop()
        globalLogPublisher.removeObserver(self.failures)
        assert not self.failures.seen, self.failures.seen

    def check(self) -> None:
        """@raises AssertionError: if something isn't as it must be when all are in reach."""
        raise NotImplementedError

    @rule(seconds=st.sampled_from((0.001, 0.01, 0.5, 4.0)))
    def wait(self, seconds: float) -> None:
        self.halls.run(seconds)

    @rule(node=nodes, way=st.sampled_from((0.0005, 0.02, 0.3)))
    def delay(self, node: int, way: float) -> None:
        self.halls.servers[node].shared.way = way

    @rule(node=nodes)
    def cut(self, node: int) -> None:
        self.is_troubled = True
        self.halls.servers[node].shared.is_cut = True

    @rule(node=nodes, seconds=st.sampled_from((0.5, 2.0, 5.0)))
    def freeze(self, node: int, seconds: float) -> None:
        """Its process does nothing for so long, and nobody there does."""
        self.is_troubled = True
        self.halls.servers[node].clock.freeze(seconds)
        self.halls.run(seconds)

    @rule(lose=st.booleans())
    def away(self, lose: bool) -> None:
        self.is_troubled = True
        self.halls.memory.is_away = True
        for server in self.halls.servers:
            server.shared.close()
        if lose:
            self.halls.memory.lose_all()

    @rule()
    def save(self) -> None:
        self.saved = self.halls.memory.saved()

    @precondition(lambda self: self.saved)
    @rule()
    def restore(self) -> None:
        """Redis was away, and holds again what it has saved, or what had come to its replica."""
        self.away(lose=False)
        self.halls.memory.restore(self.saved)

    @rule()
    def lose(self) -> None:
        """Somebody has emptied Redis, which was in reach all the time."""
        self.is_troubled = True
        self.halls.memory.lose_all()

    @precondition(lambda self: self.is_troubled)
    @rule()
    def heal(self) -> None:
        """Have all as it should be, and see what must hold then."""
        self.halls.memory.is_away = False
        for server in self.halls.servers:
            server.shared.is_cut, server.shared.way = False, 0.0005
        self.halls.run(12)
        self.is_troubled = False
        self.check()
