"""Thirty people on three daemons, and what fails while they talk: nothing is lost in silence, nothing comes twice."""

from __future__ import annotations

from tests.nodes.checker import Talk
from tests.nodes.cluster import Person
from tests.nodes.test_daemons import ClusterCase

PEOPLE = 30


class FaultCase(ClusterCase):
    names = ("a", "b", "c")

    def setUp(self) -> None:
        super().setUp()
        daemons = self.cluster.daemons
        self.people = [self.cluster.enter(daemons[n % 3], f"p{n}") for n in range(PEOPLE)]
        self.cluster.until(lambda: all(len(names(person)) >= PEOPLE - 1 - n for n, person in enumerate(self.people)))
        self.talk = Talk(self.cluster, self.people)
        self.talk.go_on(0.5)

    def check(self) -> None:
        self.talk.settle()
        self.assertEqual(list(self.talk.missing())[:5], [])
        self.assertEqual(list(self.talk.doubled())[:5], [])
        self.assertEqual(list(self.talk.disordered())[:5], [])
        self.assertEqual(self.talk.refused(), [])
        for daemon in self.cluster.daemons:
            self.assertNotIn("Traceback", daemon.log)

    def check_nobody_left(self) -> None:
        """Nobody was told that anybody left, lost their name, or that something is lost."""
        told = [(one.name, event) for one in self.people for event in one.of("left", "some_lost", "nickname_lost")]
        self.assertEqual(told, [])

    def of(self, kind: str) -> list[str]:
        """Return who was told something of that kind."""
        return [person.name for person in self.people if person.of(kind)]


class RedisTests(FaultCase):
    def test_one_order(self) -> None:
        """When nothing fails, all hear all in one order."""
        self.talk.go_on(3, rest=0.002)
        self.check()
        self.assertEqual(self.talk.orders(), 1)

    def test_killed_without_data(self) -> None:
        """Redis is killed for 6 s and comes back empty."""
        self.away()

    def away(self) -> None:
        self.cluster.redis.kill()
        self.talk.go_on(6)
        self.assertEqual(len(self.of("divided")), PEOPLE)
        self.cluster.redis.start()
        self.talk.go_on(3)
        self.check()
        self.assertEqual(len(self.of("reunited")), PEOPLE)
        self.check_nobody_left()
        self.cluster.run(1)
        before = [len(person.heard) for person in self.people]
        self.talk.go_on(1)
        self.check()
        behind = {tuple(person.heard[n:]) for person, n in zip(self.people, before, strict=True)}
        self.assertEqual(len(behind), 1)  # one order again

    def test_frozen(self) -> None:
        """Redis is frozen for 10 s: talk goes on here after a second, and everywhere when it thaws."""
        self.cluster.redis.freeze()
        self.talk.go_on(10, rest=0.05)
        self.cluster.redis.thaw()
        self.talk.go_on(2)
        self.check()
        self.check_nobody_left()

    def test_trimmed(self) -> None:
        """The log is trimmed under a node that lags: its people are told that something is lost."""
        lagging = self.cluster.daemons[1]
        lagging.freeze()
        self.talk.go_on(1)
        self.cluster.redis.run("XTRIM", "{chatd}:log", "MAXLEN", "0")
        lagging.thaw()
        self.talk.go_on(2)
        self.talk.settle(3)
        told = set(self.of("some_lost"))
        for line in self.talk.missing():
            self.assertIn(line.split()[0], told)
        self.assertEqual(list(self.talk.doubled())[:5], [])
        before = [len(person.heard) for person in self.people]
        self.talk.go_on(1)
        self.cluster.run(1)
        self.assertEqual(len({tuple(one.heard[n:]) for one, n in zip(self.people, before, strict=True)}), 1)


class KeepingTests(FaultCase):
    keeps = True

    def test_killed_with_data(self) -> None:
        """Redis is killed for 6 s and comes back with its data."""
        RedisTests.away(self)  # type: ignore[arg-type]


class NodeTests(FaultCase):
    def test_frozen(self) -> None:
        """A node is frozen for 10 s and a name of its people is taken: they get another, and nothing is lost."""
        frozen, here = self.cluster.daemons[1], self.people[0]
        frozen.freeze()
        self.talk.go_on(5)
        gone = {name for event in here.of("left") for name in event["nicknames"]}
        self.assertEqual(gone, {person.name for person in self.people if person.daemon is frozen})
        self.cluster.enter(self.cluster.daemons[0], "p1")
        self.talk.go_on(5)
        frozen.thaw()
        self.talk.go_on(2)
        self.check()
        self.assertEqual(self.of("nickname_lost"), ["p1"])
        spoke = {event["speaker"] for event in here.of("said", "said_late") if event["text"].startswith("p1 ")}
        self.assertEqual(spoke, {"p1", "p1-2"})
        taken_at = max(at for at, event in here.events if event["event"] == "joined" and "p1" in event["nicknames"])
        late = [event for at, event in here.events if at > taken_at and event.get("speaker") == "p1"]
        self.assertEqual(late, [])

    def test_killed(self) -> None:
        """A node is killed: what its people were shown is heard by all others, once."""
        killed = self.cluster.daemons[1]
        self.talk.go_on(1, rest=0.005)
        killed.kill()
        self.talk.go_on(5)
        gone = [person for person in self.people if person.daemon is killed]
        shown = {text for person in gone for text in person.heard}
        for person in self.people:
            if person.daemon is not killed:
                self.assertEqual(shown - set(person.heard), set())
        self.assertEqual(list(self.talk.doubled())[:5], [])
        self.assertEqual(list(self.talk.disordered())[:5], [])


def names(person: Person) -> set[str]:
    """Return who somebody was told to have come."""
    return {name for event in person.of("joined") for name in event["nicknames"]}
