"""Tests for chatd.daemon.service: the options in memory, and `twistd` as a process."""

from __future__ import annotations

import errno
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn
from urllib.request import urlopen

from twisted.internet.error import CannotListenError
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

import chatd
from chatd import __version__
from chatd.daemon.options import CannotStart
from chatd.daemon.service import ChatService
from chatd.daemon.settings import BadSetting, Settings

CHECKOUT = Path(chatd.__file__).parent.parent


class ChatServiceTests(SynchronousTestCase):
    def test_endpoints(self) -> None:
        """Every endpoint is listened on."""
        reactor = MemoryReactorClock()
        service = ChatService(
            Settings(state=None, listen=("tcp:1111", "tcp:2222:interface=127.0.0.1", "unix:/tmp/x")), reactor
        )
        service.privilegedStartService()
        service.startService()
        self.assertEqual([server[0] for server in reactor.tcpServers], [1111, 2222])
        self.assertEqual(reactor.unixServers[0][0], "/tmp/x")

    def test_malformed_endpoint(self) -> None:
        """A malformed endpoint is refused with an example."""
        for endpoint in ("", "tcp:x", "nonsense:1", "tcp", "tcp:1:nonsense=2"):
            error = self.assertRaises(
                BadSetting, ChatService, Settings(state=None, listen=(endpoint,)), MemoryReactorClock()
            )
            self.assertIn("tcp:2428 would work", str(error))

    def test_taken(self) -> None:
        """A port that is taken is one clear line."""

        class Taken(MemoryReactorClock):
            def listenTCP(self, *arguments: object, **options: object) -> NoReturn:
                raise CannotListenError("", 2428, OSError(98, "Address already in use"))

        service = ChatService(Settings(state=None), Taken())
        error = self.assertRaises(CannotStart, service.privilegedStartService)
        self.assertEqual(str(error), "chatd: Address already in use: can't listen on tcp:2428")


class TwistdTestCase(SynchronousTestCase):
    """`twistd` as a process of its own, and connections to it."""

    environment: dict[str, str] = {}

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.listen = f"--listen=tcp:{self.port}:interface=127.0.0.1"

    def twistd(self, *arguments: str, files: int | None = None) -> subprocess.Popen[str]:
        """Start twistd; `files` is how many it may have open."""

        def prepare() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs ignore it, and so would twistd
            if files is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

        process = subprocess.Popen(
            [sys.executable, "-c", "from twisted.scripts.twistd import run; run()", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT), **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=prepare,
        )
        self.addCleanup(self.end, process)
        return process

    def end(self, process: subprocess.Popen[str]) -> None:
        if process.poll() is None:
            process.kill()
        process.communicate()

    def connect(self) -> socket.socket:
        """Return a connection as soon as the daemon listens."""
        deadline = time.monotonic() + 10
        while True:
            try:
                connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
            except ConnectionRefusedError:
                self.assertLess(time.monotonic(), deadline, "the daemon never listened")
            else:
                self.addCleanup(connection.close)
                return connection

    def let_in(self) -> socket.socket | None:
        """Return a connection that was asked for a nickname, None if it was closed instead."""
        connection = self.connect()
        try:
            self.read_until(connection, b"Nickname: ")
        except (AssertionError, ConnectionError):
            return None
        return connection

    def read_until(self, connection: socket.socket, expected: bytes) -> bytes:
        """Return what arrives up to a text; with b"", up to the end."""
        received = b""
        while not expected or expected not in received:
            data = connection.recv(65536)
            if not data:
                break
            received += data
        self.assertIn(expected, received)
        return received

    def wait_until_gone(self, pidfile: Path) -> None:
        """A daemon takes its pidfile away as the last thing."""
        deadline = time.monotonic() + 10
        while pidfile.exists():
            self.assertLess(time.monotonic(), deadline, "the daemon never ended")

    def assertExits(self, process: subprocess.Popen[str], status: int) -> tuple[str, str]:
        out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, status, out + err)
        self.assertNotIn("Traceback", out + err)
        return out, err


class TwistdTests(TwistdTestCase):
    """`twistd` as people start it."""

    def test_foreground(self) -> None:
        """twistd -n serves people until SIGTERM or SIGINT; then everybody is told, and it ends in order."""
        for sign in (signal.SIGTERM, signal.SIGINT):
            process = self.twistd("-n", "--pidfile=", "chatd", self.listen)
            connection = self.connect()
            connection.sendall(b"alice\r\n")
            self.read_until(connection, b"quit leaves")
            process.send_signal(sign)
            self.assertIn(
                b"## Administrator: this server is closing now\r\n-- goodbye\r\n", self.read_until(connection, b"")
            )
            out, _ = self.assertExits(process, -sign)  # as twistd ends, for whoever waits for it
            self.assertIn("alice came from 127.0.0.1:", out)
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            self.assertIn(f"Up to {hard:,} files and connections may be open", out)
            self.assertIn("alice left (chatd stopped)", out)

    def test_stops_though_nobody_reads(self) -> None:
        """It ends within five seconds even if somebody reads nothing of what is waiting."""
        process = self.twistd("-n", "--pidfile=", "chatd", self.listen, "--line-rate=0", "--byte-rate=0")
        deaf = socket.socket()
        self.addCleanup(deaf.close)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.connect().close()
        deaf.connect(("127.0.0.1", self.port))
        deaf.sendall(b"deaf\r\n")
        speaker = self.connect()
        speaker.sendall(b"alice\n/echo off\n")
        self.read_until(speaker, b"off")
        for _ in range(100):
            speaker.sendall(b"x" * 4000 + b"\n")
        speaker.sendall(b"@deaf are you there?\n")
        self.read_until(speaker, b"too slow")
        process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        self.assertExits(process, -signal.SIGTERM)
        self.assertLess(time.monotonic() - started, 5)

    def test_daemon(self) -> None:
        """twistd without -n leaves a daemon behind, which serves and is stopped by its pidfile."""
        self.assertExits(self.twistd("--pidfile=chatd.pid", "--logfile=chatd.log", "chatd", self.listen), 0)
        connection = self.connect()
        pid = int((self.folder / "chatd.pid").read_text())
        try:
            self.read_until(connection, b"Nickname: ")
        finally:
            os.kill(pid, signal.SIGTERM)
        self.read_until(connection, b"")
        self.wait_until_gone(self.folder / "chatd.pid")

    def test_tac(self) -> None:
        """chatd.tac is the same service: it is loaded, and finds its port taken or serves it."""
        text = (CHECKOUT / "chatd.tac").read_text().replace("Options()", "options")
        (self.folder / "chatd.tac").write_text(
            text.replace(
                "application = ", f"options = Options()\noptions.parseOptions([{self.listen!r}])\napplication = "
            )
        )
        process = self.twistd("-n", "--pidfile=", "-y", "chatd.tac")
        self.read_until(self.connect(), b"Nickname: ")
        process.send_signal(signal.SIGTERM)
        self.assertExits(process, -signal.SIGTERM)

    def test_frozen(self) -> None:
        """What was loaded is looked through by no garbage collection, which would stop everybody for long."""
        run = "import gc; from twisted.internet import reactor; from chatd.daemon.service import Options, makeService;"
        run += (
            "makeService(Options()); reactor.callWhenRunning(lambda: (print(gc.get_freeze_count()), reactor.stop()));"
        )
        done = subprocess.run(
            [sys.executable, "-c", f"{run} reactor.run()"], capture_output=True, text=True, cwd=self.folder, check=True
        )
        self.assertGreater(int(done.stdout), 10_000)

    def test_taken_port(self) -> None:
        """A port that is taken is one line on stderr and exit status 1, in the foreground and as a daemon."""
        taken = socket.create_server(("127.0.0.1", self.port))
        self.addCleanup(taken.close)
        _, err = self.assertExits(self.twistd("-n", "--pidfile=", "chatd", self.listen), 1)
        self.assertEqual(err, f"chatd: Address already in use: can't listen on tcp:{self.port}:interface=127.0.0.1\n")
        _, err = self.assertExits(self.twistd("--pidfile=x.pid", "chatd", self.listen), 1)
        self.assertIn("Address already in use", err)
        self.wait_until_gone(self.folder / "x.pid")
        log = (self.folder / "twistd.log").read_text()
        why = f"Address already in use: can't listen on tcp:{self.port}:interface=127.0.0.1"
        self.assertEqual(log.count(f"critical: chatd can't start: {why}\n"), 1, log)

    def test_bad_options(self) -> None:
        """A malformed endpoint, a missing file and a capacity of 0 are one line on stderr and exit status 1."""
        for option in ("--listen=tcp:x", "--motd=/does/not/exist", "--capacity=0"):
            _, err = self.assertExits(self.twistd("-n", "--pidfile=", "chatd", option), 1)
            self.assertEqual(len(err.splitlines()), 1, err)
            self.assertTrue(err.startswith(f"chatd: {option.replace('=', ' ').replace('--listen', 'listen')}: "), err)

    def test_out_of_files(self) -> None:
        """Out of file descriptors, who is in stays untouched, and new people get in again once there is room."""
        process = self.twistd("-n", "--pidfile=", "chatd", self.listen, files=40)
        inside: list[socket.socket] = []
        while connection := self.let_in():
            connection.sendall(b"guest%d\n" % len(inside))
            self.read_until(connection, b"quit leaves")
            inside.append(connection)
        self.assertGreater(len(inside), 10)
        inside[0].sendall(b"are you all there?\n")
        for connection in inside:
            self.read_until(connection, b"<guest0> are you all there?")
        inside.pop().close()
        deadline = time.monotonic() + 10
        while not self.let_in():
            self.assertLess(time.monotonic(), deadline, "nobody gets in any more")
        process.send_signal(signal.SIGTERM)
        self.assertExits(process, -signal.SIGTERM)

    def test_reload(self) -> None:
        """SIGHUP takes over what has changed in the configuration; a broken one changes nothing and is logged."""
        config = self.folder / "chatd.toml"
        config.write_text('title = "the lab"\n')
        process = self.twistd("-n", "--pidfile=", "chatd", self.listen, "--config=chatd.toml", "--log-level=info")
        self.read_until(self.connect(), b"-- welcome to the lab;")
        assert process.stdout is not None
        for text, said in (
            ('title = "the ship"\n', "Reloaded: applied: title"),
            ("title = 7\n", "error: Not reloaded: "),
            ('title = "the sea"\nmetrics = "tcp:1"\n', "other machines could reach it"),
            ('title = "the ship"\nlisten = ["tcp:1"]\n', "Reloaded: nothing has changed"),
        ):
            config.write_text(text)
            process.send_signal(signal.SIGHUP)
            while said not in (line := process.stdout.readline()):
                self.assertTrue(line, "the log ended")
        self.read_until(self.connect(), b"-- welcome to the ship;")
        process.send_signal(signal.SIGTERM)
        self.assertExits(process, -signal.SIGTERM)

    def test_log_formats(self) -> None:
        """The log is as the option says, also for twistd's own lines, and each thing is logged once."""
        for log_format, pattern in (
            ("text", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S.*"),
            ("systemd", r"<6>\S.*"),
            ("json", r'\{"time": "[^"]*", "level": "info", "logger": "(?!log_)[^"]*", "message": ".*"(, .*)?\}'),
        ):
            process = self.twistd("-n", "--pidfile=", "chatd", self.listen, f"--log-format={log_format}")
            connection = self.connect()
            connection.sendall(b"alice\nhello\n")
            self.read_until(connection, b"<alice> hello\r\n")
            process.send_signal(signal.SIGTERM)
            out, err = self.assertExits(process, -signal.SIGTERM)
            for line in out.splitlines():
                self.assertRegex(line, f"^{pattern}$")
            self.assertIn(f"People come in by: telnet 127.0.0.1 {self.port}", out)
            self.assertEqual((out.count("alice came from"), out.count("alice left"), err), (1, 1, ""))
            self.assertNotIn("hello", out)

    def test_daemons_log(self) -> None:
        """A daemon's log is for its owner and group alone."""
        self.assertExits(self.twistd("--pidfile=chatd.pid", "chatd", self.listen), 0)
        self.connect().close()
        os.kill(int((self.folder / "chatd.pid").read_text()), signal.SIGTERM)
        self.wait_until_gone(self.folder / "chatd.pid")
        log = self.folder / "twistd.log"
        self.assertEqual(log.stat().st_mode & 0o777, 0o640)
        self.assertIn(f"Line door starting on {self.port}", log.read_text())

    def test_metrics(self) -> None:
        """Prometheus and health checks are answered, and not logged."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        endpoint = f"--metrics=tcp:{port}:interface=127.0.0.1"
        process = self.twistd("-n", "--pidfile=", "chatd", self.listen, endpoint)
        connection = self.connect()
        connection.sendall(b"alice\nhello\n")
        self.read_until(connection, b"<alice> hello\r\n")
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
            self.assertIn("text/plain", page.headers["Content-Type"])
            self.assertIn(b"chatd_people 1.0\n", page.read())
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as page:
            self.assertEqual(page.read(), b"ok\n")
        process.send_signal(signal.SIGTERM)
        out, _ = self.assertExits(process, -signal.SIGTERM)
        self.assertNotIn("healthz", out)

    def test_log_that_cannot_be(self) -> None:
        """A log file that can't be written is one line, too."""
        _, err = self.assertExits(self.twistd("-n", "--pidfile=", "--logfile=/does/not/exist/log", "chatd"), 1)
        self.assertEqual(
            err, "chatd: --logfile /does/not/exist/log: the file can't be written (No such file or directory)\n"
        )

    def test_public_metrics(self) -> None:
        """Where others could read them, metrics are refused unless that is wanted."""
        _, err = self.assertExits(self.twistd("-n", "--pidfile=", "chatd", self.listen, "--metrics=tcp:9428"), 1)
        self.assertEqual(
            err,
            "chatd: metrics tcp:9428: other machines could reach it; add --metrics-public if they may; "
            "tcp:9428:interface=127.0.0.1 would work\n",
        )

    def test_bad_configuration(self) -> None:
        """A configuration that can't be used is one line on stderr and exit status 1."""
        (self.folder / "chatd.toml").write_text("line-rate = -1\n")
        _, err = self.assertExits(self.twistd("-n", "--pidfile=", "chatd", "--config=chatd.toml"), 1)
        self.assertEqual(
            err, f"chatd: {self.folder.absolute()}/chatd.toml: line-rate: a whole number from 0 to 100,000 is allowed\n"
        )

    def test_control_that_cannot_be(self) -> None:
        """An operator's door that can't be opened is one line on stderr and none in the log, and no daemon."""
        (self.folder / "taken.lock").symlink_to("1")  # the id of a process that lives
        for path, why in (
            ("/does/not/exist/control", "No such file or directory"),
            ("x" * 200, "AF_UNIX path too long"),
            ("taken", "Cannot acquire lock"),
        ):
            process = self.twistd("-n", "--pidfile=", "chatd", self.listen, f"--control={path}")
            out, err = self.assertExits(process, 1)
            self.assertRegex(err, rf"^chatd: {why}: can't listen on [^\n]*{path}\n$")
            self.assertNotIn("can't listen", out)
        self.assertRaises(ConnectionRefusedError, socket.create_connection, ("127.0.0.1", self.port))

    def test_all_at_once(self) -> None:
        """A thousand people who connect at the same moment, as behind a switch that restarts, are all greeted."""
        process = self.twistd("-n", "--pidfile=", "--logfile=log", "chatd", self.listen, files=4096)
        self.connect().close()
        process.send_signal(signal.SIGSTOP)
        people = []
        for _ in range(1000):
            person = socket.socket()
            self.addCleanup(person.close)
            person.settimeout(10)
            person.setblocking(False)
            self.assertIn(person.connect_ex(("127.0.0.1", self.port)), (0, errno.EINPROGRESS))
            people.append(person)
        process.send_signal(signal.SIGCONT)
        for person in people:
            person.settimeout(10)
            self.read_until(person, b"Nickname: ")

    def test_stopped_twice(self) -> None:
        """What would stop chatd once more while it says goodbye is no error."""
        process = self.twistd("-n", "--pidfile=", "--logfile=log", "chatd", self.listen)
        slow = self.connect()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b"alice\n" + b"/h\n" * 8)
        self.read_until(slow, b"you are alice")
        process.terminate()
        self.read_until(slow, b"closing now")
        process.terminate()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertNotIn("Traceback", (self.folder / "log").read_text())

    def test_impossible_endpoints(self) -> None:
        """An endpoint that reads well and can't be opened is one line too."""
        for endpoint, why in (
            ("unix:/does/not/exist/socket", "[^\n]*: can't listen on unix:/does/not/exist/socket[^\n]*"),
            ("tcp:99999", "listen tcp:99999: a port from 0 to 65535 is needed; tcp:2428 would work"),
            ("unix:", "listen unix:: the path of a socket is needed, [^\n]*"),
            ("haproxy:unix:", "listen haproxy:unix:: the path of a socket is needed, [^\n]*"),
        ):
            _, err = self.assertExits(self.twistd("-n", "--pidfile=", "chatd", f"--listen={endpoint}"), 1)
            self.assertRegex(err, rf"^chatd: {why}\n$")

    def test_version(self) -> None:
        """--version names chatd's own version."""
        out, _ = self.assertExits(self.twistd("chatd", "--version"), 0)
        self.assertEqual(out, f"chatd {__version__}\n")
