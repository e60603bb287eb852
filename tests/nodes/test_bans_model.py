"""A model of bans and mutes in three halls that are one, with all that befalls these."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.bans import Ban, Kind
from chatd.core.refusals import HallError
from chatd.core.relay import BanSet
from tests.nodes.test_halls_model import NAMES, HallsMachine
from tests.nodes.troubles import nodes, people, searching

EXAMPLES = 40
kinds = st.sampled_from(("name", "mute", "mute"))
names = st.sampled_from(NAMES[:2])


class BansMachine(HallsMachine):
    """Operators on three nodes, who don't know of each other."""

    @rule(node=nodes, kind=kinds, name=names)
    def make(self, node: int, kind: Kind, name: str) -> None:
        hall = self.halls.servers[node].hall
        hall.set_ban(BanSet(Ban(kind, name, None, "", hall.now())))

    @rule(node=nodes, kind=kinds, name=names)
    def lift(self, node: int, kind: Kind, name: str) -> None:
        try:
            self.halls.servers[node].hall.set_ban(BanSet(Ban(kind, name, None, ""), lifted=True))
        except HallError:
            return

    @rule(number=people, name=names)
    def give_name(self, number: int, name: str) -> None:
        if someone := self.here(number):
            self.attempt(someone, lambda: someone.server.hall.rename(someone.member, name))

    def say(self, number: int, times: int) -> None:
        """Nobody says anything: whoever is muted couldn't."""

    def check(self) -> None:
        super().check()
        now = self.halls.clock.seconds()
        first, *others = [server.hall.bans.in_force(now) for server in self.halls.servers]
        for other in others:
            assert other == first, (first, other)


class BansModelTests(SynchronousTestCase):
    def test_model(self) -> None:
        """Whatever happens, in the end all halls have the same bans and mutes."""
        run_state_machine_as_test(BansMachine, settings=searching(EXAMPLES))
        self.flushLoggedErrors()
