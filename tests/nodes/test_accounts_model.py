"""A model of owners on three nodes, in simulated time, with delays, cuts and a log that is lost."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.copies import GROUPS
from chatd.core.owners import SSHKey
from chatd.core.refusals import HallError
from chatd.session.outputs import Asked, Prompt
from chatd.session.session import Session
from tests.keeping import SECRET
from tests.nodes.test_accounts import At
from tests.nodes.troubles import Troubles, nodes, people, searching
from tests.session.test_session import Screen

NAMES = ("alice", "bob", "carol")
LINES = ("hello", "@alice hi", "@bob hi", "/nick bob", "/nick dave", "/join #den", "/join #lobby", "/lock")
EXAMPLES = 25


class OwnersMachine(Troubles):
    """People register names, come by another node while they are here, change what is theirs, and write to each other
    on three nodes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory(prefix="chatd")
        self.at = [At(node, Path(self.folder.name) / node.name) for node in self.halls.servers]
        self.sessions: list[tuple[At, Session]] = []
        for name in NAMES[:2]:
            self.at[0].come(name, "/register", SECRET, SECRET, "/quit")

    def teardown(self) -> None:
        super().teardown()
        for at in self.at:
            Deferred.fromCoroutine(at.people.close())
        self.folder.cleanup()

    def type(self, number: int, *lines: str) -> None:
        here = [(at, session) for at, session in self.sessions if session.member is not None]
        if here:
            at, session = here[number % len(here)]
            for line in lines:
                at.type(session, line, wait=0.003)

    @rule(node=nodes, name=st.sampled_from(NAMES), hurry=st.booleans())
    def come(self, node: int, name: str, hurry: bool) -> None:
        at = self.at[node]
        session, screen = at.come()
        at.type(session, name, wait=0.01)
        if _is_asked(screen):
            at.type(session, SECRET, wait=0.001 if hurry else 0.5)
        self.sessions.append((at, session))

    @rule(name=st.sampled_from(NAMES), first=nodes, second=nodes)
    def come_twice(self, name: str, first: int, second: int) -> None:
        for node in (first, second):
            self.come(node, name, True)

    @rule(number=people)
    def register(self, number: int) -> None:
        self.type(number, "/register", SECRET, SECRET)

    @rule(number=people)
    def unregister(self, number: int) -> None:
        self.type(number, "/unregister", SECRET)

    @rule(number=people, line=st.sampled_from(LINES))
    def say(self, number: int, line: str) -> None:
        self.type(number, line)

    @rule(number=people, name=st.sampled_from(NAMES))
    def ignore(self, number: int, name: str) -> None:
        self.type(number, f"/ignore {name}")

    @rule(number=people, name=st.sampled_from(NAMES))
    def hear_again(self, number: int, name: str) -> None:
        self.type(number, f"/unignore {name}")

    @rule(number=people, name=st.sampled_from(NAMES))
    def talk_to(self, number: int, name: str) -> None:
        self.type(number, f"to:{name}")

    @rule(number=people)
    def leave(self, number: int) -> None:
        self.type(number, "/quit")

    @rule(number=people)
    def lose_connection(self, number: int) -> None:
        if self.sessions:
            at, session = self.sessions[number % len(self.sessions)]
            at.lose(session)

    @rule(node=nodes, name=st.sampled_from(NAMES))
    def disown(self, node: int, name: str) -> None:
        self.at[node].operate(f"/disown {name}")

    @rule(node=nodes, name=st.sampled_from(NAMES))
    def bind_key(self, node: int, name: str) -> None:
        at = self.at[node]
        owner = at.people.owners.named(name)
        if owner is not None:
            key = SSHKey("SHA256:k", "laptop", self.halls.clock.seconds())
            Deferred.fromCoroutine(at.people.add_key(owner.id, key)).addErrback(lambda failure: failure.trap(HallError))

    def check(self) -> None:
        """All nodes keep the same, and who is here is the same everywhere."""
        first, *others = self.at
        kept = [self.kept(at) for at in self.at]
        for at, one in zip(others, kept[1:], strict=True):
            assert at.node.link.log.is_linked, at.node.name
            assert one == kept[0], (kept[0], one)
            assert at.node.rooms == first.node.rooms, (first.node.rooms, at.node.rooms)
            assert at.node.locked == first.node.locked, (first.node.locked, at.node.locked)
        accounts = [self.accounts(at) for at in self.at]
        assert accounts[1:] == accounts[:-1], accounts
        for at in self.at:
            for someone in at.node.hall.members:
                assert not (someone.is_remote and someone.ignoring), someone.nickname
                assert all(someone in other.ignored_by for other in someone.ignoring), someone.nickname
            for owner in at.people.owners:
                member = at.node.hall.holders.of(owner.id)
                assert member is None or member.here, member
        held = {
            key: f"{one.id} {number}"
            for one, server in ((server.link.me, server) for server in self.halls.servers)
            for number, member in server.link.roster.of(one.id)
            for key in member.name.keys
        }
        assert self.halls.memory.names == held, (self.halls.memory.names, held)
        with_sessions = {session.member for _, session in self.sessions if session.member is not None}
        at_home = {member for server in self.halls.servers for _, member in server.link.roster.of(server.link.me.id)}
        assert at_home == with_sessions, ([one.nickname for one in at_home], [one.nickname for one in with_sessions])

    def accounts(self, at: At) -> dict[tuple[str, int], int | None]:
        """Return under which account each person is here."""
        roster = at.node.link.roster
        return {roster.id_of(member): member.traces.account for member in at.node.hall.members}

    def kept(self, at: At) -> list[str]:
        stamps = at.do(at.people.stamps(range(GROUPS)))
        return sorted(f"{number}: {stamp}" for number, stamp in stamps.items())


def _is_asked(screen: Screen) -> bool:
    last = screen.outputs[-1]
    return isinstance(last, Prompt) and last.asked is Asked.PASSWORD


FOUND = (  # what once failed, in as few steps as it takes
    """
    come(hurry=False, name='alice', node=0)
    come(hurry=False, name='carol', node=2)
    say(line='/join #lobby', number=8)
    lose_connection(number=5)
    say(line='/nick dave', number=4)
    come(hurry=True, name='alice', node=2)
    """,
    """
    come_twice(first=1, name='alice', second=0)
    cut(node=2)
    cut(node=1)
    unregister(number=9)
    come_twice(first=0, name='alice', second=2)
    """,
    """
    come(hurry=False, name='bob', node=2)
    come(hurry=False, name='alice', node=2)
    come(hurry=False, name='carol', node=2)
    ignore(name='bob', number=4)
    bind_key(name='alice', node=2)
    come(hurry=True, name='alice', node=0)
    come(hurry=True, name='alice', node=1)
    """,
    """
    come_twice(first=0, name='bob', second=1)
    away(lose=True)
    lose_connection(number=2)
    """,
    """
    come_twice(first=0, name='bob', second=1)
    cut(node=1)
    come(hurry=False, name='alice', node=2)
    away(lose=True)
    """,
    """
    come_twice(first=1, name='alice', second=1)
    delay(node=2, way=0.3)
    come(hurry=True, name='alice', node=2)
    come(hurry=False, name='bob', node=2)
    come_twice(first=1, name='alice', second=1)
    """,
    """
    delay(node=0, way=0.3)
    come_twice(first=2, name='alice', second=0)
    come_twice(first=0, name='carol', second=1)
    come(hurry=False, name='carol', node=0)
    disown(name='alice', node=2)
    disown(name='alice', node=2)
    leave(number=3)
    disown(name='carol', node=0)
    away(lose=False)
    """,
    """
    come(hurry=False, name='bob', node=2)
    cut(node=1)
    lose()
    disown(name='carol', node=1)
    come_twice(first=1, name='carol', second=2)
    away(lose=True)
    """,
    """
    come(hurry=False, name='alice', node=1)
    lose()
    delay(node=0, way=0.3)
    wait(seconds=4.0)
    leave(number=0)
    away(lose=True)
    """,
    """
    delay(node=0, way=0.3)
    come_twice(first=1, name='bob', second=1)
    register(number=2)
    come_twice(first=2, name='bob', second=1)
    delay(node=0, way=0.02)
    delay(node=2, way=0.02)
    come_twice(first=1, name='alice', second=2)
    lose()
    wait(seconds=0.5)
    """,
    """
    bind_key(name='alice', node=2)
    cut(node=2)
    disown(name='alice', node=0)
    lose()
    bind_key(name='bob', node=1)
    """,
    """
    lose()
    heal()
    disown(name='alice', node=0)
    come(hurry=False, name='alice', node=1)
    lose()
    register(number=0)
    delay(node=0, way=0.3)
    wait(seconds=4.0)
    away(lose=True)
    """,
    """
    come_twice(first=1, name='alice', second=2)
    come_twice(first=1, name='bob', second=2)
    ignore(name='alice', number=7)
    come(hurry=True, name='bob', node=1)
    lose()
    register(number=5)
    come_twice(first=0, name='bob', second=2)
    lose()
    come_twice(first=1, name='alice', second=2)
    lose()
    come_twice(first=1, name='alice', second=1)
    come_twice(first=2, name='carol', second=2)
    come_twice(first=2, name='bob', second=0)
    """,
    """
    bind_key(name='bob', node=0)
    bind_key(name='alice', node=1)
    disown(name='bob', node=2)
    """,
    """
    bind_key(name='alice', node=2)
    bind_key(name='alice', node=1)
    come(hurry=True, name='carol', node=0)
    cut(node=0)
    lose()
    come_twice(first=1, name='carol', second=0)
    """,
    """
    come(hurry=False, name='bob', node=1)
    away(lose=False)
    disown(name='bob', node=0)
    wait(seconds=0.5)
    ignore(name='alice', number=0)
    """,
    """
    come(hurry=True, name='alice', node=1)
    come_twice(first=0, name='carol', second=0)
    leave(number=8)
    come(hurry=False, name='bob', node=1)
    leave(number=8)
    leave(number=2)
    come_twice(first=0, name='alice', second=1)
    leave(number=3)
    come(hurry=True, name='alice', node=2)
    come_twice(first=0, name='alice', second=1)
    come(hurry=True, name='alice', node=2)
    leave(number=6)
    come_twice(first=1, name='alice', second=0)
    """,
)


class OwnersModelTests(SynchronousTestCase):
    def test_found(self) -> None:
        """What once failed does so no more."""
        for steps in FOUND:
            OwnersMachine().follow(steps)
        self.flushLoggedErrors()

    def test_model(self) -> None:
        """Whatever happens, in the end all nodes keep the same, and everybody is at home where their connection is."""
        run_state_machine_as_test(OwnersMachine, settings=searching(EXAMPLES))
        self.flushLoggedErrors()
