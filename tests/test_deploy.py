"""Tests for deploy/: systemd finds nothing wrong with the units, and chatd runs on sockets that it is handed."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.daemon.test_service import CHECKOUT, TwistdTestCase
from tests.test_clients import needs

DEPLOY = CHECKOUT / "deploy"
ALLOWED_EXPOSURE = 0.2


class UnitTests(SynchronousTestCase):
    skip = needs("systemd-analyze")

    def setUp(self) -> None:
        """Copy the units, with programs in place that may be run."""
        self.folder = Path(self.mktemp()).absolute()
        for name in ("twistd", "chatctl"):
            program = self.folder / "bin" / name
            program.parent.mkdir(parents=True, exist_ok=True)
            program.touch(0o755)
        self.units = [self.folder / name for name in ("chatd.service", "chatd.socket", "chatd-tls.socket")]
        for unit in self.units:
            self.copy(unit.name, unit)

    def copy(self, name: str, to: Path) -> None:
        to.parent.mkdir(exist_ok=True)
        to.write_text((DEPLOY / name).read_text().replace("/opt/chatd/bin", str(self.folder / "bin")))

    def analyze(self, *arguments: str | Path) -> str:
        done = subprocess.run(
            ("systemd-analyze", *arguments), capture_output=True, text=True, timeout=60, env={**os.environ, "LANG": "C"}
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_verify(self) -> None:
        """systemd-analyze verify has nothing to say, with and without the part for TLS."""
        self.assertEqual(self.analyze("verify", *self.units), "")
        self.copy("chatd-tls.conf", self.folder / "chatd.service.d" / "tls.conf")
        self.assertEqual(self.analyze("verify", *self.units), "")

    def test_security(self) -> None:
        """The service is hardly exposed."""
        found = re.search(r"Overall exposure level for chatd.service: ([0-9.]+)", self.exposure())
        assert found is not None
        self.assertLessEqual(float(found[1]), ALLOWED_EXPOSURE)

    def exposure(self) -> str:
        return self.analyze("security", "--offline=true", "--no-pager", self.units[0])


class SocketActivationTests(TwistdTestCase):
    skip = needs("systemd-socket-activate")

    def activate(self, *addresses: str) -> subprocess.Popen[str]:
        """Let systemd listen on addresses, all under one name, and hand them to chatd at the first connection."""
        process = subprocess.Popen(
            [
                "systemd-socket-activate",
                *(f"--listen={address}" for address in addresses),
                "--fdname=" + ":".join(["chatd"] * len(addresses)),
                f"--setenv=PYTHONPATH={CHECKOUT}",
                sys.executable,
                "-c",
                "from twisted.scripts.twistd import run; run()",
                "-n",
                "--pidfile=",
                "chatd",
                "--listen=systemd:domain=INET:name=chatd",
            ],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.end, process)
        return process

    def test_one_name(self) -> None:
        """All sockets under one name are served as what they are, whatever their domain is said to be."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            other = probe.getsockname()[1]
        activator = self.activate(f"127.0.0.1:{self.port}", f"[::1]:{other}")
        alice = self.connect()
        alice.sendall(b"alice\n")
        bob = socket.create_connection(("::1", other), timeout=10)
        self.addCleanup(bob.close)
        bob.sendall(b"bob\nhello\n")
        self.read_until(alice, b"<bob> hello\r\n")
        activator.send_signal(signal.SIGTERM)
        out, err = self.assertExits(activator, -signal.SIGTERM)
        self.assertIn(f"[::1]:{bob.getsockname()[1]}", out + err)

    def test_talk(self) -> None:
        """systemd listens, the first connection starts chatd, and people talk."""
        activator = self.activate(f"127.0.0.1:{self.port}")
        alice, bob = self.connect(), self.connect()
        alice.sendall(b"alice\n")
        self.read_until(alice, "中文\r\n".encode())
        bob.sendall(b"bob\nhello\n")
        self.read_until(alice, b"<bob> hello\r\n")
        activator.send_signal(signal.SIGTERM)  # by now it is chatd itself
        self.read_until(alice, b"-- goodbye (Enter")
        self.assertExits(activator, -signal.SIGTERM)
