"""Owned names and letters on real daemons with a real Redis: what people see, and what is on which disk."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

from chatd.wire.pace import CAUGHT_UP
from tests.nodes.cluster import CHECKOUT, Daemon, Person
from tests.nodes.test_daemons import ClusterCase

SECRET, OTHER = "correct horse", "battery staple"


class OwnedCase(ClusterCase):
    owns = True

    def setUp(self) -> None:
        super().setUp()
        self.cluster.until(lambda: all("is one of the nodes" in daemon.log for daemon in self.cluster.daemons))

    def leave(self, person: Person) -> None:
        person.type("/quit")
        self.cluster.until(lambda: not person.is_open)

    def rows(self, daemon: Daemon, statement: str) -> list[tuple[object, ...]]:
        """Return what a daemon has on its disk."""
        with closing(sqlite3.connect(f"file:{daemon.state}/people.sqlite?mode=ro", uri=True)) as db:
            return db.execute(statement).fetchall()

    def owned(self, daemon: Daemon) -> list[object]:
        return [name for (name,) in self.rows(daemon, "select shown from owner order by shown")]


class OwnedNamesTests(OwnedCase):
    def test_registered(self) -> None:
        """A name that is registered on one daemon is its owner's on the other within a second, with all changes."""
        cluster = self.cluster
        alice = cluster.register(self.a, "alice", SECRET)
        took = cluster.until(lambda: self.owned(self.b) == ["alice"])
        self.assertLess(took, 1)
        self.leave(alice)
        alice = cluster.come(self.b, "alice", SECRET)
        alice.do("password")
        for password in (SECRET, OTHER, OTHER):
            alice.do("password", password=password)
        cluster.until(lambda: alice.of("password_changed"))
        self.leave(alice)
        alice = cluster.come(self.a, "alice", OTHER)
        self.assertIn("alice", self.b.operator("owners"))
        self.assertIn("alice", self.b.operator("disown alice"))
        cluster.until(lambda: alice.of("registration_lost"))
        self.assertEqual((self.owned(self.a), self.owned(self.b)), ([], []))
        self.assert_no_traceback()

    def test_redis_lost(self) -> None:
        """Redis is killed and comes back empty: the owner comes in by the other daemon, and nobody else does."""
        cluster = self.cluster
        alice = cluster.register(self.a, "alice", SECRET)
        cluster.redis.kill()
        cluster.until(lambda: alice.of("divided"))
        self.leave(alice)
        cluster.redis.start()
        cluster.until(lambda: all("(this one)" in daemon.operator("nodes") for daemon in (self.a, self.b)))
        cluster.come(self.b, "alice", SECRET)
        self.assert_no_traceback()

    def test_down_meanwhile(self) -> None:
        """A daemon that was down while names were registered, and others given up, knows of it once it is back."""
        cluster = self.cluster
        self.leave(cluster.register(self.a, "zoe", SECRET))
        cluster.until(lambda: self.owned(self.b) == ["zoe"])
        self.b.end()
        self.leave(cluster.register(self.a, "alice", SECRET))
        self.a.operator("disown zoe")
        self.b.start()
        cluster.until(lambda: self.owned(self.b) == ["alice"])
        cluster.come(self.b, "alice", SECRET)
        cluster.enter(self.b, "zoe")
        self.assert_no_traceback()

    def test_letters(self) -> None:
        """A letter that is left on one daemon is read on the other, and then on no disk any more."""
        cluster = self.cluster
        alice, bob = cluster.register(self.a, "alice", SECRET), cluster.enter(self.a, "bob")
        self.leave(alice)
        cluster.until(lambda: bob.of("left"))
        bob.type("@alice lunch?")
        cluster.until(lambda: bob.of("letter_kept"))
        cluster.until(lambda: self.rows(self.b, "select text from letter") == [("lunch?",)])
        alice = cluster.come(self.b, "alice", SECRET)
        cluster.until(lambda: [event["text"] for event in alice.of("whispered")] == ["lunch?"])
        cluster.until(lambda: not any(self.rows(daemon, "select text from letter") for daemon in (self.a, self.b)))
        self.leave(alice)
        alice = cluster.come(self.a, "alice", SECRET)
        cluster.run(0.3)
        self.assertEqual(alice.of("whispered"), [])
        self.assert_no_traceback()

    def test_taken_over(self) -> None:
        """An owner whose connection to one daemon hangs comes in by the other at once; nobody else notices."""
        cluster = self.cluster
        alice, bob = cluster.register(self.a, "alice", SECRET), cluster.enter(self.a, "bob")
        cluster.until(lambda: "  now  " in self.b.operator("owners"))
        alice.type("/join #den")
        cluster.until(lambda: len(alice.of("entered")) == 2)
        bob.type("/join #den")
        cluster.until(lambda: len(bob.of("entered")) == 2)
        began = time.monotonic()
        again = cluster.come(self.b, "alice", SECRET)
        self.assertLess(time.monotonic() - began, 1.5)
        self.assertEqual(again.of("entered")[-1]["room"], "#den")
        cluster.until(lambda: alice.of("came_elsewhere") and not alice.is_open)
        bob.say("still there?")
        cluster.until(lambda: again.heard == ["still there?"])
        cluster.run(2 * CAUGHT_UP)  # what comes sooner may have been typed before they knew where they are
        again.say("yes")
        cluster.until(lambda: bob.heard == ["still there?", "yes"])
        self.assertEqual(bob.of("left", "joined"), [])
        self.assert_no_traceback()

    def test_frozen(self) -> None:
        """Of a daemon that hangs they get their name as well: at once, without what it alone knows."""
        cluster = self.cluster
        cluster.register(self.a, "alice", SECRET)
        cluster.until(lambda: "  now  " in self.b.operator("owners"))
        self.a.freeze()
        began = time.monotonic()
        again = cluster.come(self.b, "alice", SECRET)
        self.assertLess(time.monotonic() - began, 2)
        self.a.thaw()
        again.say("hello")
        cluster.until(lambda: again.heard == ["hello"])
        self.assert_no_traceback()


class CutTests(OwnedCase):
    def setUp(self) -> None:
        super().setUp()
        path = self.cluster.folder / "proxy.sock"
        command = [sys.executable, "-m", "tests.nodes.proxy", str(path), str(self.cluster.redis.path)]
        self.proxy = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(CHECKOUT)})
        self.addCleanup(self.proxy.wait)
        self.addCleanup(self.proxy.kill)
        self.b.end()
        self.b.redis = f"unix://{path}"
        self.b.start()

    def test_one_name(self) -> None:
        """Both sides of a cut register one name: the earlier one holds everywhere, and the other's owner is told."""
        cluster = self.cluster
        here = cluster.enter(self.a, "watcher")
        there = cluster.enter(self.b, "alice")
        cluster.until(lambda: here.of("joined"))
        self.proxy.send_signal(signal.SIGSTOP)
        cluster.until(lambda: here.of("left") and there.of("divided"))
        for daemon, person, password in ((self.a, cluster.enter(self.a, "alice"), SECRET), (self.b, there, OTHER)):
            person.do("register")
            for _ in range(2):
                person.do("password", password=password)
            cluster.until(lambda person=person: person.of("registered"))  # type: ignore[misc]
            self.assertEqual(self.owned(daemon), ["alice"])
        self.proxy.send_signal(signal.SIGCONT)
        cluster.until(lambda: there.of("registration_lost") and there.of("nickname_lost"))
        rows = "select id, password from owner"
        cluster.until(lambda: self.rows(self.a, rows) == self.rows(self.b, rows))
        again = cluster.come(self.b, "alice", SECRET)
        self.assertEqual(again.of("entered")[0]["nickname"], "alice")
        self.assert_no_traceback()
