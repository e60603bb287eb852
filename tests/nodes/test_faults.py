"""Thirty people on three daemons, and what fails while they talk: nothing is lost in silence, nothing comes twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import partial

from tests.nodes.checker import Talk
from tests.nodes.cluster import CHECKOUT, Daemon, Person
from tests.nodes.test_daemons import ClusterCase

PEOPLE = 30
RACERS, RACES = 100, 50
PATIENCE = 9  # names that somebody may be refused; at the tenth they must go


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

    def test_cut_off(self) -> None:
        """A node alone is cut off for 10 s: its people go on, the others hear it later, once and in order, also from
        who has left by then.
        """
        cut = self.cluster.daemons[1]
        proxy = self.proxied(cut)
        proxy.send_signal(signal.SIGSTOP)
        self.talk.go_on(10, rest=0.05)
        there = {person.name for person in self.people if person.daemon is cut}
        gone = {name for event in self.people[0].of("left") for name in event["nicknames"]}
        self.assertEqual(gone, there)
        self.assertEqual(set(self.of("divided")), there)
        leaver = next(person for person in self.people if person.daemon is cut)
        self.cluster.until(lambda: set(leaver.said) <= set(leaver.heard))
        leaver.close()
        proxy.send_signal(signal.SIGCONT)
        self.talk.go_on(2)
        self.check()
        self.assertEqual(set(self.of("reunited")), there - {leaver.name})
        self.assertEqual(self.of("nickname_lost") + self.of("some_lost"), [])

    def proxied(self, daemon: Daemon) -> subprocess.Popen[bytes]:
        """Start a daemon again with a proxy between it and Redis, and let its people come again."""
        path = self.cluster.folder / "proxy.sock"
        command = [sys.executable, "-m", "tests.nodes.proxy", str(path), str(self.cluster.redis.path)]
        proxy = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(CHECKOUT)})
        self.addCleanup(proxy.wait)
        self.addCleanup(proxy.kill)
        daemon.end()
        daemon.redis = f"unix://{path}"
        daemon.start()
        gone = [person for person in self.people if person.daemon is daemon]
        for person in self.people:
            person.events.clear()
        for person in gone:
            person.close()
            self.people[self.people.index(person)] = self.cluster.enter(daemon, person.name)
        back = {person.name for person in gone}  # who is gone again before that is told is not told to have left
        self.cluster.until(lambda: back <= names(self.people[0]))
        for person in self.people:
            person.events.clear()
            person.said.clear()
        return proxy

    def test_race(self) -> None:
        """A hundred people on three daemons race for a name, fifty times: one of them has it each time."""
        for turn in range(RACES):
            if turn % PATIENCE == 0:
                racers = self.racers()
            asked = [racer for racer in racers if not racer.is_in()]
            for racer in asked:
                racer.events.clear()
                racer.type(json.dumps({"do": "nick", "name": f"winner{turn}"}))
            self.cluster.until(partial(_all_answered, asked), 20)
            self.assertEqual({event["code"] for racer in asked for event in racer.of("refused")}, {"NicknameTaken"})
            self.assertEqual(sum(racer.is_in() for racer in asked), 1)

    def racers(self) -> list[Person]:
        """A hundred people come, who have no name yet."""
        found = [Person(self.cluster, self.cluster.daemons[n % 3], f"r{n}") for n in range(RACERS)]
        self.cluster.people += found
        self.cluster.until(lambda: all(one.events for one in found))
        return found

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


def _all_answered(people: list[Person]) -> bool:
    return all(one.of("entered", "refused", "goodbye") for one in people)
