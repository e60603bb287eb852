"""A model of three halls that are one, in simulated time, with delays, cuts, freezes and a log that is lost."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Said, SaidLate, SomeLost
from chatd.core.refusals import HallError
from tests.nodes.halls import Someone
from tests.nodes.troubles import Troubles, nodes, people, searching

NAMES = ("alice", "bob", "carol", "dave", "eve")
ROOMS = ("#lobby", "#den", "#d3n", "#attic")
EXAMPLES = 40


class HallsMachine(Troubles):
    """People come, go, talk and move on three nodes."""

    def __init__(self) -> None:
        super().__init__()
        self.people: list[Someone] = []
        self.said: dict[str, Someone] = {}
        self.owed: list[tuple[str, list[Someone]]] = []  # lines, and who must hear them if they stay where they are
        self.wandered: set[Someone] = set()

    def here(self, number: int) -> Someone | None:
        present = [one for one in self.people if one.member.here]
        return present[number % len(present)] if present else None

    @rule(node=nodes, name=st.sampled_from(NAMES))
    def enter(self, node: int, name: str) -> None:
        try:
            self.people.append(self.halls.servers[node].enter(name))
        except HallError:
            return

    @rule(number=people)
    def leave(self, number: int) -> None:
        if someone := self.here(number):
            someone.member.leave()

    @rule(number=people, times=st.integers(1, 4))
    def say(self, number: int, times: int) -> None:
        if someone := self.here(number):
            for _ in range(times):
                text = str(len(self.said))
                self.said[text] = someone
                someone.say(text)
                if someone not in self.wandered:
                    self.owed.append((text, [one for one in self.people if one.member.here]))

    @rule(number=people, room=st.sampled_from(ROOMS))
    def move(self, number: int, room: str) -> None:
        if someone := self.here(number):
            self.wandered.add(someone)
            self.attempt(someone, lambda: someone.member.move(room))

    @rule(number=people, locked=st.booleans())
    def lock(self, number: int, locked: bool) -> None:
        if someone := self.here(number):
            self.attempt(someone, lambda: someone.member.turn_lock(locked))

    @rule(number=people, name=st.sampled_from(NAMES))
    def rename(self, number: int, name: str) -> None:
        if someone := self.here(number):
            self.attempt(someone, lambda: someone.member.rename(name))

    @rule(number=people, name=st.sampled_from(NAMES))
    def whisper(self, number: int, name: str) -> None:
        if someone := self.here(number):
            self.attempt(someone, lambda: someone.member.talk.whisper(name, "psst"))

    @rule()
    def settle(self) -> None:
        if not self.is_troubled:
            for server in self.halls.servers:
                server.shared.way = 0.0005
            self.halls.run(6)
            self.check()

    def attempt(self, someone: Someone, act: object) -> None:
        try:
            someone.server.do(act(), must=False)  # type: ignore[operator]
        except HallError:
            return

    def check(self) -> None:
        """All halls are the same, and nothing is lost or came twice."""
        self.check_nothing_lost()
        first = self.halls.servers[0]
        for server in self.halls.servers:
            assert server.link.log.is_linked, server.name
            assert server.rooms == first.rooms, (first.rooms, server.rooms)
            locked = {name: room.locked for name, room in server.hall.rooms.items()}
            assert locked == {name: room.locked for name, room in first.hall.rooms.items()}
        holders = {key: f"{node} {number}" for node, number, key in self.held()}
        assert self.halls.memory.names == holders, (self.halls.memory.names, holders)

    def check_nothing_lost(self) -> None:
        """Who never left the lobby has heard all that was said there, or was told that something is lost."""
        for text, owed in self.owed:
            for someone in owed:
                if someone.member.here and someone not in self.wandered:
                    heard = any(event.text == text for event in someone.told if isinstance(event, Said | SaidLate))
                    assert heard or any(isinstance(event, SomeLost) for event in someone.told), (text, someone.told)

    def held(self) -> list[tuple[str, int, str]]:
        return [
            (server.link.me.id, number, key)
            for server in self.halls.servers
            for number, member in server.link.people.of(server.link.me.id)
            for key in member.name.keys
        ]

    @invariant()
    def nothing_twice(self) -> None:
        for someone in self.people:
            texts = [event.text for event in someone.told if isinstance(event, Said | SaidLate)]
            assert len(texts) == len(set(texts)), texts

    @invariant()
    def one_name_a_hall(self) -> None:
        for server in self.halls.servers:
            names = [member.nickname for member in server.hall.members]
            assert len(names) == len(set(names)), names

    @invariant()
    def speakers_in_order(self) -> None:
        """What one person says is heard in the order in which they said it, by everybody."""
        for someone in self.people:
            newest: dict[Someone, int] = {}
            for event in someone.told:
                if isinstance(event, Said | SaidLate):
                    speaker = self.said[event.text]
                    assert int(event.text) > newest.get(speaker, -1), event
                    newest[speaker] = int(event.text)


# What once failed, in as few steps as it takes.
FOUND = """
    enter(name='bob', node=1)
    enter(name='carol', node=0)
    enter(name='carol', node=1)
    lose()
    move(number=2, room='#attic')
    lose()
    move(number=5, room='#attic')
    lose()
"""


class HallsModelTests(SynchronousTestCase):
    def test_found(self) -> None:
        """What once failed does so no more."""
        HallsMachine().follow(FOUND)
        self.flushLoggedErrors()

    def test_model(self) -> None:
        """Whatever happens, names are one person's, nothing comes twice, and in the end all halls are the same."""
        run_state_machine_as_test(HallsMachine, settings=searching(EXAMPLES))
        self.flushLoggedErrors()
