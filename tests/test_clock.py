"""The wall clock is set while a real daemon runs: nothing that is measured may notice."""

from __future__ import annotations

import time
from pathlib import Path

from tests.daemon.test_service import TwistdTestCase

LIBRARIES = tuple(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


class SteppingClockTests(TwistdTestCase):
    if not LIBRARIES:
        skip = "not installed: libfaketime"

    def test_back_an_hour(self) -> None:
        """When the clock goes back an hour, people who are held back are read on, and the uptime goes on."""
        step = self.folder.absolute() / "step"
        step.write_text("+0")
        self.environment = {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(step),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.twistd("-n", "--pidfile=", "--logfile=log", "chatd", self.listen)
        alice = self.connect()
        alice.sendall(b"alice\n/time UTC\n" + b"".join(b"line %d\n" % number for number in range(20)))
        before = self.read_until(alice, b"line 3\r\n")
        step.write_text("-3600")
        began = time.monotonic()
        seen = before + self.read_until(alice, b"line 19\r\n")
        self.assertLess(time.monotonic() - began, 8)
        alice.sendall(b"/uptime\n")
        self.assertRegex(self.read_until(alice, b"open for"), rb"open for \d+ s; 1 person is here")
        self.assertEqual([b"line %d\r\n" % n in seen for n in range(20)], [True] * 20)
        stamps = {line[:2] for line in seen.split(b"\r\n") if b"<alice>" in line}
        self.assertEqual(len(stamps), 2, "the clock was not set")
