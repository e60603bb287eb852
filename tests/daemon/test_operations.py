"""Tests for chatd.daemon.operations: what an operator asks of the daemon as a whole, with connections in memory."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, execute
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent

from chatd.core.bans import Ban
from chatd.core.refusals import Banned
from chatd.daemon.keeping import Keeping
from chatd.daemon.logs import Levels
from chatd.daemon.operations import READ_WITHIN, Operations, limits
from chatd.daemon.settings import BadSetting, Settings
from chatd.session.refusals import NoLevels, NotKept, NotReloaded, OpenAlready, StoppingAlready
from chatd.session.view import view
from chatd.session.words.answers import answer_lines
from chatd.store.state_file import StateFile
from tests.doors.test_line import DoorTestCase


class Reactor(Clock):
    """A clock that notes when it is stopped."""

    stopped = False

    def stop(self) -> None:
        self.stopped = True


class DaemonTestCase(DoorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.settings = Settings(line_rate=0, byte_rate=0, state=None)
        self.new = self.settings
        self.broken: BadSetting | None = None  # why there are no new settings
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.reactor = Reactor()
        self.reactor.rightNow = self.clock.seconds()
        self.levels = Levels("info")
        self.keeping = Keeping(self.settings, self.entrance.server, self.reactor)
        self.keeping.bans = StateFile(self.folder / "bans.json", execute)
        self.daemon = Operations(
            self.settings,
            self.entrance.server,
            self.entrance,
            self.keeping,
            self.reactor,
            levels=self.levels,
            reread=self.reread,
            in_thread=execute,
        )
        self.entrance.apply(limits(self.settings))

    def reread(self) -> Settings:
        if self.broken is not None:
            raise self.broken
        return self.new

    def reload(self, **changed: Any) -> list[str]:
        self.new = replace(self.new, **changed)
        done = self.successResultOf(Deferred.fromCoroutine(self.daemon.reload()))
        return list(answer_lines(done, view("off")))


class ReloadTests(DaemonTestCase):
    def test_nothing(self) -> None:
        """Without a change, nothing changes."""
        self.assertEqual(self.reload(), ["nothing has changed"])

    def test_taken_over(self) -> None:
        """What can change while chatd runs does: welcome, message of the day, capacity, log level."""
        self.assertEqual(
            self.reload(title="the ship", motd=("Be kind.",), capacity=1, log_level="error"),
            ["applied: title, motd, capacity, log-level"],
        )
        _, line = self.connect(b"alice\n")
        seen = self.seen(line)
        self.assertIn("-- welcome to the ship; 0 people are here\r\n-- Be kind.\r\n", seen)
        self.assertIn("this chat is full (1 of 1 people", self.seen(self.connect()[1]))
        self.assertEqual(self.levels.logLevelForNamespace("x").name, "error")
        self.reload(motd=None)
        self.assertEqual(self.entrance.server.motd, ())

    def test_log_level_set_otherwise(self) -> None:
        """A level that an operator has set stays, unless the configuration changes it."""
        self.daemon.set_log_level("debug")
        self.reload(title="the ship")
        self.assertEqual(self.levels.logLevelForNamespace("x").name, "debug")

    def test_limits(self) -> None:
        """Limits hold for those inside, too."""
        door, line = self.connect(b"alice\n")
        self.clock.advance(100)
        self.reload(line_rate=5, line_burst=10, byte_rate=4)
        self.clock.advance(100)
        door.dataReceived(b"x\n" * 20)
        self.clock.advance(0.1)
        self.assertEqual(line.value().count(b"<alice> x"), 10)
        self.reload(line_rate=100, line_burst=100)
        self.clock.pump([0.1] * 10)
        self.assertEqual(line.value().count(b"<alice> x"), 20)
        self.assertIn("the limit on connections (1) is reached", self.limited(max_connections=1))

    def limited(self, **changed: Any) -> str:
        self.reload(**changed)
        return self.seen(self.connect()[1])

    def test_bounds(self) -> None:
        """A slow reader who is inside is held to the new bound, and to the new patience."""
        door, line = self.connect(b"alice\n")
        self.seen(line)
        self.reload(sendq=16, stall_timeout=5)
        line.producer.pauseProducing()
        said = sum(door.connection._outbox.append(b"x" * 998 + b"\r\n") for _ in range(300))
        self.assertEqual(said, 16 * 1024 // 1000)
        self.clock.advance(5)
        self.assertTrue(line.aborted)

    def test_idle_timeout(self) -> None:
        """A new limit on idleness begins with the warning, also for who has been idle for longer; it can be lifted."""
        _, line = self.connect(b"alice\n")
        self.clock.advance(10_000)
        self.seen(line)
        self.reload(idle_timeout=120)
        self.clock.advance(0)
        self.assertIn("you will be disconnected in 60 s", self.seen(line))
        self.reload(title="the ship")  # which changes nothing for who has just been warned
        self.clock.advance(30)
        self.assertTrue(line.connected)
        self.reload(idle_timeout=None)
        self.clock.advance(1000)
        self.assertTrue(line.connected)
        self.reload(idle_timeout=120)
        self.clock.pump([0, 60])
        self.assertIn("goodbye: you were idle for 120 s", self.seen(line))

    def test_nobody_yet(self) -> None:
        """Who has not given a nickname has as much time for it as before."""
        _, line = self.connect()
        self.clock.advance(30)
        self.reload(idle_timeout=120)
        self.clock.advance(29)
        self.assertTrue(line.connected)
        self.clock.advance(1)
        self.assertIn("you gave no nickname within 60 seconds", self.seen(line))

    def test_needs_a_restart(self) -> None:
        """What can't change while chatd runs is named, each time, until it is restarted."""
        for _ in range(2):
            self.assertEqual(
                self.reload(listen=("tcp:1",), state="/tmp"), ["needs a restart: listen", "needs a restart: state"]
            )

    def test_broken(self) -> None:
        """A configuration that can't be used changes nothing, and says why."""
        self.broken = BadSetting("chatd.toml: sendq: no")
        error = self.failureResultOf(Deferred.fromCoroutine(self.daemon.reload()), NotReloaded).value
        self.assertEqual(error.why, "chatd.toml: sendq: no")
        self.assertIs(self.daemon.settings, self.settings)

    def test_too_slow(self) -> None:
        """A configuration that can't be read in time changes nothing; reloads are done one after the other."""
        self.daemon._in_thread = lambda read: Deferred()
        first, second = (Deferred.fromCoroutine(self.daemon.reload()) for _ in range(2))
        self.reactor.advance(READ_WITHIN)
        error = self.failureResultOf(first, NotReloaded).value
        self.assertEqual(error.why, "a file was not read within 20 s")
        self.assertNoResult(second)
        self.reactor.advance(READ_WITHIN)
        self.failureResultOf(second, NotReloaded)

    def test_no_forged_lines(self) -> None:
        """What a file says can't look like an answer of its own."""
        self.broken = BadSetting('chatd.toml: "x\n-- all is well"')
        error = self.failureResultOf(Deferred.fromCoroutine(self.daemon.reload()), NotReloaded).value
        self.assertNotIn("\n", error.why)

    def test_by_signal(self) -> None:
        """For a signal, the log says what came of it."""
        self.new = replace(self.settings, title="the ship", listen=("tcp:1",))
        with capturedLogs() as events:
            self.successResultOf(Deferred.fromCoroutine(self.daemon.reload_and_log()))
            self.broken = BadSetting("chatd.toml: no")
            self.successResultOf(Deferred.fromCoroutine(self.daemon.reload_and_log()))
        self.assertEqual(
            [formatEvent(event) for event in events],
            [
                "Reloaded: applied: title",
                "Reloaded: needs a restart: listen",
                "Not reloaded: chatd.toml: no; nothing has changed",
            ],
        )

    def test_certificates(self) -> None:
        """Certificates are read again, and what came of it is said."""

        async def renewed() -> str:
            return "cert.pem was renewed"

        async def same() -> str:
            return ""

        self.daemon.renewals += [renewed, same]
        self.assertEqual(self.reload(), ["cert.pem was renewed"])


class DrainTests(DaemonTestCase):
    def test_for_good(self) -> None:
        """Nobody new gets in, those inside are told and stay."""
        _, alice = self.connect(b"alice\n")
        waiting, line = self.connect()
        self.seen(alice)
        self.daemon.drain(None)
        self.assertIn("## Administrator: this server closes soon; nobody new is let in", self.seen(alice))
        self.assertIn("is about to close and lets nobody in", self.seen(self.connect()[1]))
        waiting.dataReceived(b"bob\n")
        self.assertIn("is about to close and lets nobody in; come back later", self.seen(line))
        self.reactor.advance(100_000)
        self.assertFalse(self.reactor.stopped)
        self.assertIn("nobody new is let in", self.daemon.status())

    def test_elsewhere(self) -> None:
        """All are told where they may go, by the configuration as it is then: those inside, at the nickname and new."""
        self.reload(elsewhere="telnet b.example.org 2428")
        _, alice = self.connect(b"alice\n")
        waiting, line = self.connect()
        self.seen(alice)
        self.daemon.drain(10)
        self.assertIn("nobody new is let in; go on at: telnet b.example.org 2428", self.seen(alice))
        refused = "!! this server is about to close and lets nobody in; go on at: telnet b.example.org 2428"
        self.assertIn(refused, self.seen(self.connect()[1]))
        self.reload(elsewhere="telnet c.example.org 2428")
        waiting.dataReceived(b"bob\n")
        self.assertIn("lets nobody in; go on at: telnet c.example.org 2428", self.seen(line))

    def test_with_an_end(self) -> None:
        """After so many minutes chatd stops; people are told at once, and a minute before."""
        _, alice = self.connect(b"alice\n")
        self.seen(alice)
        self.daemon.drain(10)
        self.assertIn("## Administrator: this server closes in 10 minutes; nobody new is let in", self.seen(alice))
        self.reactor.advance(9 * 60)
        self.assertIn("## Administrator: this server closes in 1 minute", self.seen(alice))
        self.reactor.advance(59)
        self.assertFalse(self.reactor.stopped)
        self.reactor.pump([1, 0])
        self.assertTrue(self.reactor.stopped)

    def test_changed(self) -> None:
        """A second drain takes the place of the first; the last minute is told once."""
        _, alice = self.connect(b"alice\n")
        self.daemon.drain(10)
        self.daemon.drain(1)
        self.assertEqual(self.seen(alice).count("closes in 1 minute;"), 1)
        self.reactor.pump([60, 0])
        self.assertTrue(self.reactor.stopped)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_taken_back(self) -> None:
        """Draining can be taken back."""
        _, alice = self.connect(b"alice\n")
        self.assertRaises(OpenAlready, self.daemon.open_again)
        self.daemon.drain(1)
        self.daemon.open_again()
        self.assertIn("## Administrator: this server stays open", self.seen(alice))
        self.assertIn("-- you are bob", self.seen(self.connect(b"bob\n")[1]))
        self.reactor.advance(100)
        self.assertFalse(self.reactor.stopped)
        self.assertEqual(self.daemon.status(), "2 people are here")

    def test_stop_twice(self) -> None:
        """What stops is not stopped again."""
        self.daemon.stop()
        self.assertRaises(StoppingAlready, self.daemon.stop)
        self.reactor.advance(0)
        self.assertTrue(self.reactor.stopped)


class BansTests(DaemonTestCase):
    def test_survive(self) -> None:
        """What an operator has banned is banned after a restart."""
        self.hall.bans.add(Ban("network", "10.0.0.0/8", None, "why"))
        self.assertTrue(self.successResultOf(Deferred.fromCoroutine(self.daemon.keep_bans())))
        self.setUpAgain()
        self.assertRaises(Banned, self.hall.check_admission, ip_address("10.0.0.1"))
        self.assertIn("your address is banned", self.seen(self.connect()[1]))

    def setUpAgain(self) -> None:
        folder = self.folder
        self.setUp()
        self.keeping.bans = StateFile(folder / "bans.json", execute)
        self.daemon.restore_bans()

    def test_damaged(self) -> None:
        """A file that holds something else is kept aside, and chatd starts."""
        for damaged in ("[]", "{}", '{"bans": 7}', '{"bans": [7]}'):
            (self.folder / "bans.json").write_text(damaged)
            with capturedLogs() as events:
                self.daemon.restore_bans()
            self.assertIn("it is kept as bans.json.damaged-", formatEvent(events[0]))
            self.assertFalse((self.folder / "bans.json").exists())

    def test_not_kept(self) -> None:
        """If they can't be kept, it says why."""
        (self.folder / ".bans.json.new").mkdir()
        with capturedLogs() as events:
            problem = self.failureResultOf(Deferred.fromCoroutine(self.daemon.keep_bans()), NotKept)
        self.assertEqual(problem.value.why, "Is a directory")
        self.assertIn("can't be written", formatEvent(events[0]))
        self.keeping.bans = None
        self.daemon.restore_bans()
        self.assertFalse(self.successResultOf(Deferred.fromCoroutine(self.daemon.keep_bans())))


class StatsTests(DaemonTestCase):
    limits = {"line_rate": 5, "line_burst": 10}

    def test_stats(self) -> None:
        """All that is counted is there; nothing of it is what anybody said."""
        self.entrance.apply(replace(self.entrance.limits, line_rate=5))
        alice, line = self.connect(b"alice\n")
        self.connect(b"bob\n")
        self.connect()
        self.clock.advance(10)
        line.producer.pauseProducing()
        alice.dataReceived(b"hello\n@nobody psst\n/x\n" * 10)
        self.clock.pump([0.1] * 100)
        stats = self.daemon.stats()
        self.assertEqual((stats["people"], stats["rooms"], stats["connections"]), (2, 1, 3))
        self.assertEqual((stats["lines_heard"], stats["lines_delivered"]), (10, 20))
        self.assertEqual(stats["refusals"], {"NobodyHere": 10, "UnknownCommand": 10})
        self.assertGreater(stats["held_back_seconds"], 0)
        self.assertGreater(stats["bytes_waiting"], 100)
        self.assertEqual(
            (stats["lines_skipped"], stats["draining"], stats["uptime_seconds"]), (0, 0, int(self.clock.seconds()))
        )
        self.assertNotIn("psst", str(stats))

    def test_no_levels(self) -> None:
        """A log that is not ours has no level to set."""
        self.daemon.levels = None
        self.assertRaises(NoLevels, self.daemon.set_log_level, "debug")
        self.reload(log_level="debug")
