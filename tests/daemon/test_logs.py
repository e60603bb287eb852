"""Tests for chatd.daemon.logs."""

import json
import os
import signal
import sys
from io import StringIO
from pathlib import Path

from twisted.logger import Logger, LogPublisher
from twisted.trial.unittest import SynchronousTestCase

from chatd.daemon.logs import Levels, observer, read_by_systemd, stream_for


class FormatTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.out = StringIO()
        self.levels = Levels("info")

    def log(self, log_format: str) -> Logger:
        return Logger("chatd.test", observer=LogPublisher(observer(self.out, log_format, self.levels)))

    def lines(self) -> list[str]:
        text = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        return text.splitlines()

    def fail_with(self, log: Logger) -> None:
        try:
            raise ZeroDivisionError("no")
        except ZeroDivisionError:
            log.failure("It broke")

    def test_text(self) -> None:
        """For people: the time, how bad it is unless it isn't, and what; a failure with its traceback."""
        log = self.log("text")
        log.info("{name} came", name="alice")
        log.warn("soon")
        self.fail_with(log)
        lines = self.lines()
        self.assertRegex(lines[0], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d alice came$")
        self.assertRegex(lines[1], r" warn: soon$")
        self.assertRegex(lines[2], r" critical: It broke$")
        self.assertEqual(lines[-1], "builtins.ZeroDivisionError: no")

    def test_systemd(self) -> None:
        """For systemd: its priority in front of each line, also of a traceback, and no time."""
        self.levels.set("debug")
        log = self.log("systemd")
        for level in ("debug", "info", "warn", "error"):
            getattr(log, level)("{word}", word=level)
        self.assertEqual(self.lines(), ["<7>debug", "<6>info", "<4>warn", "<3>error"])
        self.fail_with(log)
        lines = self.lines()
        self.assertEqual(lines[0], "<2>It broke")
        self.assertTrue(all(line.startswith("<2>") for line in lines))
        self.assertGreater(len(lines), 2)

    def test_json(self) -> None:
        """For programs: one object a line, with the traceback in it."""
        log = self.log("json")
        log.info('{name} came\n"', name="李")
        self.fail_with(log)
        first, second = map(json.loads, self.lines())
        self.assertEqual((first["level"], first["logger"], first["message"]), ("info", "chatd.test", '李 came\n"'))
        self.assertRegex(first["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$")
        self.assertNotIn("traceback", first)
        self.assertEqual(set(first), {"time", "level", "logger", "message", "name"})
        self.assertIn("ZeroDivisionError", second["traceback"])

    def test_json_facts(self) -> None:
        """Each fact in the message has a field, but none that would hide another, or that is no plain value."""
        self.log("json").info(
            "{nickname} left ({reason})", event="left", nickname="李", reason="quit", message=7, x=object()
        )
        [line] = map(json.loads, self.lines())
        self.assertEqual(
            (line["event"], line["nickname"], line["reason"], line["message"]), ("left", "李", "quit", "李 left (quit)")
        )
        self.assertNotIn("x", line)

    def test_json_of_twisted(self) -> None:
        """What Twisted logs, by whichever of its ways, is Twisted's."""
        log = observer(self.out, "json", self.levels)
        Logger("log_legacy", observer=LogPublisher(log)).info("started", system="-", isError=0)
        [line] = map(json.loads, self.lines())
        self.assertEqual((line["logger"], line["message"]), ("twisted", "started"))
        self.assertNotIn("isError", line)

    def test_levels(self) -> None:
        """What is less important than the level is not logged, and the level can change."""
        log = self.log("text")
        log.debug("one")
        self.levels.set("debug")
        log.debug("two")
        self.levels.set("error")
        log.warn("three")
        log.error("four")
        self.assertEqual([line[20:] for line in self.lines()], ["debug: two", "error: four"])


class StreamTests(SynchronousTestCase):
    def test_foreground(self) -> None:
        """In the foreground twistd logs to the terminal, unless it is told another file."""
        self.assertIs(stream_for({"nodaemon": True, "logfile": None}, None), sys.stdout)
        self.assertIs(stream_for({"nodaemon": False, "logfile": "-"}, None), sys.stdout)

    def test_file(self) -> None:
        """A log file is for its owner and group alone, and a bounded number of full ones is kept."""
        self.addCleanup(signal.signal, signal.SIGUSR1, signal.getsignal(signal.SIGUSR1))
        path = Path(self.mktemp()).absolute()
        file = stream_for({"nodaemon": False, "logfile": str(path)}, None)
        self.addCleanup(file.close)
        for _ in range(25):
            file.write("x" * 500_000)
        self.assertEqual(path.stat().st_mode & 0o777, 0o640)
        self.assertEqual(len(list(path.parent.glob(f"{path.name}.*"))), 9)

    def test_read_by_systemd(self) -> None:
        """systemd names the journal's stream by its device and inode; another stream is not it."""
        with Path(self.mktemp()).open("w") as journal, Path(self.mktemp()).open("w") as other:
            status = os.fstat(journal.fileno())
            environment = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
            self.assertTrue(read_by_systemd(journal, environment))
            self.assertFalse(read_by_systemd(other, environment))
            self.assertFalse(read_by_systemd(journal, {}))
        self.assertFalse(read_by_systemd(StringIO(), environment))
        self.assertFalse(read_by_systemd(journal, environment))
