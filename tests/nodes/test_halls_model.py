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
        self.private: dict[str, set[tuple[str, int]]] = {}  # lines that were said in a locked room, and who was inside

    def here(self, number: int) -> Someone | None:
        present = [one for one in self.people if one.member.here]
        return present[number % len(present)] if present else None

    @rule(node=nodes, name=st.sampled_from(NAMES))
    def enter(self, node: int, name: str) -> None:
        try:
            self.people.append(self.halls.servers[node].enter(name))
        except HallError:
            return

    @rule(node=nodes, other=st.integers(1, 2), name=st.sampled_from(NAMES))
    def freeze_and_take(self, node: int, other: int, name: str) -> None:
        """A node is frozen, and meanwhile somebody elsewhere takes a name that may be free by then."""
        self.halls.servers[node].clock.freeze(5.0)
        self.halls.run(4.0)
        self.enter((node + other) % 3, name)
        self.is_troubled = True
        self.halls.run(1.0)

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
                if someone.member.room.locked:
                    ids = someone.server.link.roster.id_of
                    self.private[text] = {ids(one) for one in someone.member.room.members}
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

    @rule(number=people, other=people)
    def retreat(self, number: int, other: int) -> None:
        """Two go to a room, and whoever came first locks it."""
        for one in (number, other):
            self.move(one, "#den")
        self.halls.run(0.1)
        self.lock(number, True)

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
        """All halls are the same, and nothing is lost, came twice or was overheard."""
        self.check_nothing_lost()
        self.nothing_twice()
        self.nothing_overheard()
        first = self.halls.servers[0]
        for server in self.halls.servers:
            assert server.link.log.is_linked, server.name
            assert server.rooms == first.rooms, (first.rooms, server.rooms)
            assert server.locked == first.locked, (first.locked, server.locked)
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
            for number, member in server.link.roster.of(server.link.me.id)
            for key in member.name.keys
        ]

    @invariant()
    def nothing_twice(self) -> None:
        for someone in self.people:
            texts = [event.text for event in someone.told if isinstance(event, Said | SaidLate)]
            assert len(texts) == len(set(texts)), texts

    @invariant()
    def nothing_overheard(self) -> None:
        """What is said in a locked room is for those alone who are inside then."""
        for someone in self.people:
            for event in someone.told:
                if isinstance(event, Said | SaidLate) and event.text in self.private:
                    assert someone.id in self.private[event.text], (event, someone.id)

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


FOUND = (  # what once failed, in as few steps as it takes
    """
    enter(name='bob', node=1)
    enter(name='carol', node=0)
    enter(name='carol', node=1)
    lose()
    move(number=2, room='#attic')
    lose()
    move(number=5, room='#attic')
    lose()
    """,
    """
    enter(name='eve', node=2)
    lose()
    delay(node=2, way=0.02)
    enter(name='carol', node=1)
    delay(node=0, way=0.02)
    enter(name='alice', node=2)
    enter(name='bob', node=0)
    rename(name='carol', number=5)
    lose()
    enter(name='alice', node=0)
    rename(name='eve', number=7)
    rename(name='dave', number=3)
    rename(name='dave', number=1)
    """,
    """
    enter(name='bob', node=2)
    cut(node=2)
    enter(name='dave', node=0)
    say(number=0, times=3)
    leave(number=0)
    wait(seconds=4.0)
    """,
    """
    enter(name='bob', node=1)
    enter(name='carol', node=1)
    enter(name='eve', node=0)
    retreat(number=0, other=1)
    cut(node=1)
    wait(seconds=4.0)
    move(number=2, room='#den')
    lock(number=2, locked=True)
    wait(seconds=0.5)
    say(number=0, times=2)
    """,
)


class HallsModelTests(SynchronousTestCase):
    def test_found(self) -> None:
        """What once failed does so no more."""
        for steps in FOUND:
            HallsMachine().follow(steps)
        self.flushLoggedErrors()

    def test_model(self) -> None:
        """Whatever happens, names are one person's, nothing comes twice, and in the end all halls are the same."""
        run_state_machine_as_test(HallsMachine, settings=searching(EXAMPLES))
        self.flushLoggedErrors()
