"""Real daemons on a real Redis: what people see, and what they must not when something fails."""

from __future__ import annotations

import socket
import time

from twisted.trial.unittest import SynchronousTestCase

from chatd.wire.pace import CAUGHT_UP
from tests.nodes.cluster import Cluster, Person
from tests.nodes.redis_server import MISSING
from tests.short_folder import short_folder


class ClusterCase(SynchronousTestCase):
    skip = MISSING or None
    names: tuple[str, ...] = ("a", "b")
    keeps = owns = False

    def setUp(self) -> None:
        self.cluster = Cluster(short_folder(self), *self.names, keeps=self.keeps, owns=self.owns)
        self.addCleanup(self.cluster.close)
        self.a, self.b = self.cluster.daemons[:2]

    def assert_no_traceback(self) -> None:
        for daemon in self.cluster.daemons:
            self.assertNotIn("Traceback", daemon.log)


class EmptiedTests(ClusterCase):
    def test_emptied(self) -> None:
        """Somebody empties Redis: nobody leaves, nothing that is said is lost, and operators are answered."""
        cluster = self.cluster
        alice, bob = cluster.enter(self.a, "alice"), cluster.enter(self.b, "bob")
        cluster.until(lambda: alice.of("joined"))
        for number in range(20):
            if number % 10 == 5:
                cluster.redis.run("FLUSHALL")
                self.assertNotIn("Traceback", self.a.operator("nodes"))
            alice.say(f"a{number}")
            bob.say(f"b{number}")
            cluster.run(0.1)
        for one in (alice, bob):
            cluster.until(lambda: all(len(each.heard) >= 40 for each in (alice, bob)))
            self.assertEqual(sorted(one.heard), sorted((*alice.said, *bob.said)))
            self.assertEqual(one.of("left"), [])
        self.assert_no_traceback()

    def test_as_it_was(self) -> None:
        """Redis dies, and is back as it was when it was last saved: what was said since is heard once, nobody has left,
        and names that were given up since are free.
        """
        cluster = self.cluster
        alice, bob, carol = cluster.enter(self.a, "alice"), cluster.enter(self.b, "bob"), cluster.enter(self.b, "carol")
        cluster.until(lambda: len(alice.of("joined")) == 2)
        cluster.redis.run("SAVE")
        carol.type("/quit")
        bob.type("/nick robert")
        for number in range(5):
            for one in (alice, bob):
                one.say(f"{one.name} {number}")
            cluster.run(0.1)
        cluster.until(lambda: len(alice.heard) == len(bob.heard) == 10 and alice.of("left"))
        cluster.redis.kill()
        cluster.until(lambda: alice.of("divided") and bob.of("divided"))
        for one in (alice, bob):
            one.say(f"{one.name} while it is away")
        cluster.redis.start()
        cluster.until(lambda: alice.of("reunited") and bob.of("reunited"))
        dave, _ = (cluster.enter(self.a, name, within=3) for name in ("bob", "carol"))
        dave.say("here")
        cluster.until(lambda: all(len(one.heard) >= 13 for one in (alice, bob)))
        for one in (alice, bob):
            self.assertEqual(sorted(one.heard), sorted((*alice.said, *bob.said, *dave.said)))
            self.assertEqual([name for event in one.of("left") for name in event["nicknames"]], ["carol"])
        self.assert_no_traceback()


class TogetherTests(ClusterCase):
    def test_talk(self) -> None:
        """People on two daemons are in one hall: rooms, private lines, names, the administrator's commands."""
        cluster = self.cluster
        alice, bob = cluster.enter(self.a, "alice"), cluster.enter(self.b, "bob")
        alice.say("hello")
        cluster.until(lambda: bob.heard == ["hello"] and alice.heard == ["hello"])
        cluster.run(2 * CAUGHT_UP)  # what comes sooner may have been typed before alice had that name
        bob.type("@alice psst")
        cluster.until(lambda: alice.of("whispered") and bob.of("whisper_sent"))
        alice.type("/join #den")
        cluster.until(lambda: len(alice.of("entered")) == 2)
        bob.type("/join #DEN")
        cluster.until(lambda: len(bob.of("entered")) == 2)
        self.assertEqual(bob.of("entered")[1]["nicknames"], ["alice", "bob"])
        bob.type("/lock")
        cluster.until(lambda: bob.of("refused"))
        self.assertEqual(bob.of("refused")[-1]["code"], "NotFirstMember")
        bob.type("/nick Alice")
        cluster.until(lambda: len(bob.of("refused")) == 2)
        self.assertEqual(bob.of("refused")[-1]["code"], "NicknameTaken")
        self.assertRegex(self.a.operator("nodes"), r"a \(this one\): up since .*1 person is here.*\nb: up since")
        self.a.operator("announce lunch")
        cluster.until(lambda: bob.of("announced"))
        self.a.operator("mute bob 1h")
        cluster.until(lambda: bob.of("mute_changed"))
        bob.say("x")
        cluster.until(lambda: len(bob.of("refused")) == 3)
        self.a.operator("unmute bob")
        self.a.operator("rename bob rob")
        cluster.until(lambda: bob.of("nickname_given"))
        self.assertIn("rob is disconnected", self.a.operator("kick rob enough"))
        cluster.until(lambda: not bob.is_open)
        self.assertEqual(bob.of("goodbye")[0]["why"], "kicked")
        carol = cluster.enter(self.b, "carol")
        self.a.operator("ban carol")
        cluster.until(lambda: not carol.is_open)
        again = Person(cluster, self.b, "carol")
        again.type("/nick carol")
        cluster.until(lambda: again.of("refused"))
        self.assertEqual(again.of("refused")[0]["code"], "NicknameBanned")
        again.close()
        self.assertIn("no server of this chat is called zurich", self.a.operator("drain 5 zurich"))
        self.assertIn("people are let in already", self.a.operator("drain off b"))
        self.assertIn("b: nobody new is let in, and chatd stops in 5 min", self.a.operator("drain 5 b"))
        self.assertRegex(self.b.operator("stats"), "draining: 1")
        self.assertIn("b: people are let in again", self.a.operator("drain off b"))
        self.assertIn("a: nobody new is let in", self.a.operator("drain 5 a"))
        for daemon in (self.b, self.a):
            daemon.end()
            self.assertIn("Server Shut Down", daemon.log)
        self.assert_no_traceback()

    def test_piped(self) -> None:
        """Who pipes lines in and reads to the end sees their own line, as `printf … | nc -N` does."""
        self.cluster.enter(self.a, "alice")
        for number in range(10):
            with socket.socket(socket.AF_UNIX) as piped:
                piped.settimeout(10)
                piped.connect(str(self.a.path))
                piped.sendall(f"p{number}\nhello {number}\n".encode())
                piped.shutdown(socket.SHUT_WR)
                seen = b"".join(iter(lambda piped=piped: piped.recv(65_536), b""))  # type: ignore[misc]
            self.assertIn(f"<p{number}> hello {number}".encode(), seen)
            self.assertIn(b"goodbye", seen)

    def test_forgotten(self) -> None:
        """What somebody has forgotten is remembered on no daemon."""
        cluster = self.cluster
        alice, bob = cluster.enter(self.a, "alice"), cluster.enter(self.b, "bob")
        alice.say("secret")
        cluster.until(lambda: bob.heard == ["secret"])
        alice.type("/forget")
        cluster.until(lambda: alice.of("forgotten"))
        alice.say("other")
        cluster.until(lambda: bob.heard == ["secret", "other"])
        bob.type("/last")
        cluster.until(lambda: bob.of("replay"))
        cluster.run(0.1)
        replayed = [event["text"] for event in bob.of("said") if event.get("replayed")]
        self.assertEqual(replayed, ["other"])

    def test_killed(self) -> None:
        """Of a daemon that is killed all are told within 3.5 s, and the names are free; started again, at once."""
        cluster = self.cluster
        alice, _ = cluster.enter(self.a, "alice"), cluster.enter(self.b, "bob")
        cluster.until(lambda: alice.of("joined"))
        self.b.kill()
        took = cluster.until(lambda: any("bob" in event["nicknames"] for event in alice.of("left")))
        self.assertLess(took, 4)
        cluster.enter(self.a, "bob", within=1)
        self.b.start()
        carol = cluster.enter(self.b, "carol")
        self.b.kill()
        carol.close()
        self.b.start()
        cluster.until(self.b.path.exists)
        began = time.monotonic()
        cluster.enter(self.b, "carol")
        self.assertLess(time.monotonic() - began, 1.5)
        self.assertNotIn("Traceback", self.a.log)
