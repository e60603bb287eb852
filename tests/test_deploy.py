"""Tests for deploy/: systemd finds nothing wrong with the units, and chatd runs on sockets that it is handed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from chatd.daemon.options import Options
from chatd.daemon.settings import Settings
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

    def test_several(self) -> None:
        """Nor about several behind one socket, and one that opens its sandbox to Redis."""
        self.copy("chatd@.service", self.folder / "chatd@.service")
        self.copy("chatd-several.conf", self.folder / "chatd.socket.d" / "several.conf")
        several = self.folder / "chatd@1.service", self.folder / "chatd.socket"
        self.assertEqual(self.analyze("verify", *several), "")
        for name in ("chatd-redis.conf", "chatd-redis-remote.conf"):
            for unit in ("chatd", "chatd@"):
                self.copy(name, self.folder / f"{unit}.service.d" / "redis.conf")
            self.assertEqual(self.analyze("verify", *self.units), "")
            self.assertEqual(self.analyze("verify", *several), "")

    def test_password_for_redis(self) -> None:
        """Each file for Redis hands the password over, and one that is missing stops nobody."""
        for name in ("chatd-redis.conf", "chatd-redis-remote.conf"):
            lines = (DEPLOY / name).read_text().splitlines()
            self.assertIn("LoadCredential=redis-password:/etc/chatd/redis-password", lines)
            self.assertIn(r"SetCredential=redis-password:\n", lines)

    def test_same_sandbox(self) -> None:
        """One of several may do what one alone may, and asks for no group of Redis, which not every machine has."""
        one, several = ((DEPLOY / name).read_text() for name in ("chatd.service", "chatd@.service"))
        behind = "# What it may not do"
        self.assertEqual(one.partition(behind)[2], several.partition(behind)[2])
        self.assertNotIn("SupplementaryGroups", several)

    def test_security(self) -> None:
        """The service is hardly exposed."""
        found = re.search(r"Overall exposure level for chatd.service: ([0-9.]+)", self.exposure())
        assert found is not None
        self.assertLessEqual(float(found[1]), ALLOWED_EXPOSURE)

    def exposure(self) -> str:
        return self.analyze("security", "--offline=true", "--no-pager", self.units[0])


class FirstClusterTests(SynchronousTestCase):
    """The five commands of docs/cluster.md, but for pip and systemctl, with a folder in place of /etc."""

    def setUp(self) -> None:
        self.etc = Path(self.mktemp()).absolute()
        (self.etc / "chatd").mkdir(parents=True)
        shutil.copy(DEPLOY / "chatd.toml", self.etc / "chatd")
        text = (CHECKOUT / "docs" / "cluster.md").read_text(encoding="utf-8").partition("## A first cluster")[2]
        commands, self.lines = re.findall(r"^```(?:toml)?\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)[:2]
        self.commands = commands.replace("|\n", "|").splitlines()

    def follow(self) -> Settings:
        """Return what the settings are for a daemon to which systemd has handed the password."""
        for command in self.commands:
            if not command.startswith(("/opt/chatd/bin/pip ", "systemctl ")):
                typed = "secret\n" if "/etc/chatd/redis-password" in command else self.lines
                command = command.replace("/etc/", f"{self.etc}/")
                subprocess.run(command, shell=True, cwd=CHECKOUT, input=typed, text=True, check=True, timeout=20)
        os.environ["CREDENTIALS_DIRECTORY"] = str(self.etc / "chatd")
        self.addCleanup(os.environ.pop, "CREDENTIALS_DIRECTORY", None)
        options = Options()
        options.parseOptions(["--config", str(self.etc / "chatd" / "chatd.toml")])
        return options.settings()

    def test_settings(self) -> None:
        """They are five; chatd reads the file that they leave, with their settings in force and all else as it was."""
        self.assertEqual(len(self.commands), 5)
        self.assertEqual(len(self.lines.splitlines()), 3)
        expected = replace(
            Settings(),
            redis="rediss://redis.example.org",
            redis_password=str(self.etc / "chatd" / "redis-password"),
            node="berlin",
        )
        for _ in "once", "again":
            self.assertEqual(self.follow(), expected)

    def test_password(self) -> None:
        """The password is what was typed, and readable for root alone."""
        self.follow()
        path = self.etc / "chatd" / "redis-password"
        self.assertEqual((path.read_text(), path.stat().st_mode & 0o777), ("secret\n", 0o600))

    def test_drop_in(self) -> None:
        """The unit gets what the sandbox needs to be opened for, with the address of Redis."""
        self.follow()
        dropped = (self.etc / "systemd/system/chatd.service.d/redis.conf").read_text().splitlines()
        self.assertIn("PrivateNetwork=no", dropped)
        self.assertIn("IPAddressAllow=203.0.113.7 localhost", dropped)


class ClusterTests(TwistdTestCase):
    skip = needs("redis-server")

    def test_try(self) -> None:
        """`make cluster` lets three people on three daemons talk, and ends with all of them at Ctrl-C."""
        self.port = next(port for port in range(20_000, 30_000, 3) if not any(map(taken, range(port, port + 3))))
        binaries = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        process = subprocess.Popen(
            [DEPLOY / "cluster"],
            cwd=self.folder,
            env={**os.environ, "PATH": binaries, "PYTHONPATH": str(CHECKOUT), "PORT": str(self.port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # which background jobs ignore
        )
        self.addCleanup(self.end_all, process)
        people = []
        for number in range(3):
            people.append(self.connect())
            self.port += 1
            self.enter(people[-1], f"p{number}")
        people[0].sendall(b"hello\n")
        for person in people:
            self.read_until(person, b"<p0> hello\r\n")
        os.killpg(process.pid, signal.SIGINT)
        for person in people:
            self.read_until(person, b"goodbye")
        process.communicate(timeout=20)

    def end_all(self, process: subprocess.Popen[str]) -> None:
        """End Redis and the daemons, too, which hold what the script writes to."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        self.end(process)

    def enter(self, connection: socket.socket, name: str) -> None:
        """Come in at the first try, though the daemon may have just started."""
        connection.sendall(f"{name}\n".encode())
        seen = b""
        while b"quit leaves" not in seen:
            seen += connection.recv(65_536)
            self.assertNotIn(b"can't be asked", seen)


def taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


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
