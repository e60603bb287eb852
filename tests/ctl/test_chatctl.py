"""Tests for chatd.ctl.chatctl and chatd.ctl.console, with a real daemon; the console in a real terminal."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import skipIf

from twisted.trial.unittest import SynchronousTestCase

from chatd import __version__
from chatd.ctl.chatctl import main
from tests.daemon.test_service import CHECKOUT, TwistdTestCase
from tests.short_folder import short_folder
from tests.test_clients import Client, needs


def chatctl(*arguments: str) -> tuple[int, str, str]:
    """Run chatctl in this process; return its exit status, and what it printed as output and as errors."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        try:
            status = main(arguments)
        except SystemExit as ended:
            status = int(ended.code or 0)
    return status, out.getvalue(), err.getvalue()


class ControlTestCase(TwistdTestCase):
    """A daemon with an operator's door."""

    def setUp(self) -> None:
        super().setUp()
        self.short = short_folder(self)
        self.control = str(self.short / "control")
        self.process = self.start()

    def start(self) -> subprocess.Popen[str]:
        process = self.twistd(
            "-n", "--pidfile=", "chatd", self.listen, f"--control={self.control}", f"--state={self.short}"
        )
        self.connect().close()
        return process

    def enter(self, nickname: str) -> socket.socket:
        connection = self.connect()
        connection.sendall(f"{nickname}\n".encode())
        self.read_until(connection, "中文\r\n".encode())
        return connection

    def obey(self, *command: str) -> tuple[int, str, str]:
        return chatctl("--control", self.control, *command)


class CommandTests(ControlTestCase):
    def test_day(self) -> None:
        """An operator's day in single commands, each with its exit status; bans survive a restart."""
        self.assertEqual(Path(self.control).stat().st_mode & 0o777, 0o660)
        alice, bob = self.enter("alice"), self.enter("bob")
        self.assertEqual(self.obey("announce", "we restart", "at noon"), (0, "announced to 2 people\n", ""))
        self.read_until(alice, b"## Administrator: we restart at noon\r\n")
        status, out, err = self.obey("ls", "-l")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, r"(?m)^NICKNAME .*\nalice +#lobby +127\.0\.0\.1:\d+ .*\nbob .* 0 B$")
        self.assertEqual(self.obey("kick", "bob", "enough is enough"), (0, "bob is disconnected\n", ""))
        self.read_until(bob, b"!! you were disconnected by the administrator: enough is enough")
        self.assertEqual(self.read_until(bob, b"")[-1:], b"")
        self.assertEqual(self.obey("/kick", "bob"), (1, "", 'nobody here is called "bob"\n'))
        self.assertEqual(
            self.obey("ban", "bob", "2h", "spam")[:2], (0, "bob is banned for 2 h; nobody of that name is here\n")
        )
        self.assertEqual(json.loads(self.obey("stats", "--json")[1])["people"], 1)
        self.assertEqual(self.obey("stop"), (0, "chatd is stopping\n", ""))
        self.read_until(alice, b"-- goodbye (Enter")
        out, _ = self.assertExits(self.process, 0)
        for said in ("noon", "enough", "spam"):
            self.assertNotIn(said, out)

        self.start()
        self.assertRegex(
            self.obey("bans")[1],
            r"^bob is banned for (2 h|1 h 59 min): spam \(since \d{4}-\d\d-\d\d \d\d:\d\d, by \S.*\)\n$",
        )
        bob = self.connect()
        bob.sendall(b"BOB\n")
        self.read_until(bob, b"is banned from this chat for ")

    def test_piped(self) -> None:
        """Lines come from standard input too, as one would type them in the console; the status is the worst of all."""
        done = subprocess.run(
            (sys.executable, "-m", "chatd.ctl.chatctl", "--control", self.control),
            cwd=CHECKOUT,
            input="/version\n\n/kick nobody\nhello all\n",
            capture_output=True,
            text=True,
            timeout=20,
        )
        self.assertEqual((done.returncode, done.stderr), (1, 'nobody here is called "nobody"\n'))
        self.assertIn(f"chatd {__version__}", done.stdout)
        self.assertIn("announced to 0 people", done.stdout)

    def test_any_text(self) -> None:
        """An announcement may hold what any line may: emoji of several parts, wide spaces, Persian."""
        alice = self.enter("alice")
        for text in ("👩\u200d💻", "午\u3000餐", "می\u200cخواهم", "12\u00a0Uhr"):
            self.assertEqual(self.obey("announce", text), (0, "announced to 1 person\n", ""))
            self.read_until(alice, f"## Administrator: {text}\r\n".encode())

    def test_nobody_reads(self) -> None:
        """Nothing is wrong if nobody wants to read all of an answer; if it can't be written, that is said."""
        run = f"{sys.executable} -m chatd.ctl.chatctl --control {self.control} h"
        for command, status, said in (
            (f"{run} | true; exit ${{PIPESTATUS[0]}}", 0, ""),
            (f"{run} >/dev/full", 1, "chatctl: the answer can't be written (No space left on device)\n"),
        ):
            done = subprocess.run(("bash", "-c", command), cwd=CHECKOUT, capture_output=True, text=True, timeout=20)
            self.assertEqual((done.returncode, done.stderr), (status, said))

    @skipIf(shutil.which("nc") is None, "not installed: nc")
    def test_nc(self) -> None:
        """nc -U reaches the same door."""
        done = subprocess.run(
            ("nc", "-N", "-U", self.control), input=b"/uptime\nhello\n", capture_output=True, timeout=10
        )
        lines = done.stdout.decode().split("\r\n")
        self.assertTrue(lines[1].startswith("-- open for "))
        self.assertEqual(lines[2:], ["-- announced to 0 people", "-- goodbye", ""])

    def test_slow_answers(self) -> None:
        """An answer that needs the disk comes before the goodbye, though the client has sent all it will."""
        for number in range(5):
            self.assertEqual(
                self.obey("ban", f"guest{number}"),
                (0, f"guest{number} is banned for good; nobody of that name is here\n", ""),
            )


class UnreachableTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()

    def serve(self, reply: bytes) -> str:
        """Return the path of a socket where somebody else answers."""
        with chdir(self.folder):  # whose own path may be too long for a socket
            server = socket.socket(socket.AF_UNIX)
            server.bind("control")
        server.listen()
        self.addCleanup(server.close)

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(reply)
                while connection.recv(1024):
                    pass

        thread = threading.Thread(target=answer)
        thread.start()
        self.addCleanup(thread.join)
        return "control"

    def test_nobody_there(self) -> None:
        """Without a daemon there is one clear line, and status 2."""
        status, out, err = chatctl("--control", "/does/not/exist", "ls")
        self.assertEqual((status, out), (2, ""))
        self.assertEqual(
            err,
            "chatctl: no chatd can be reached at /does/not/exist (No such file or directory); "
            "is chatd running with --control?\n",
        )

    def test_somebody_else(self) -> None:
        """An answer that is not whole, or no operator's door's, is no answer."""
        for reply in (
            b"",
            b"-- welcome to chatd; 0 people are here\r\nNickname: ",
            b"-- chatd, the operator's door\r\n-- x",
        ):
            path = self.serve(reply)
            with chdir(self.folder):
                status, out, err = chatctl("--control", path, "ls")
                Path(path).unlink()
            self.assertEqual((status, out), (2, ""))
            self.assertEqual(err, "chatctl: the answer from control is not whole; its log may say why\n")

    def test_no_line(self) -> None:
        """What is more than one line is sent nowhere."""
        status, _, err = chatctl("--control", "/does/not/exist", "announce", "one\ntwo")
        self.assertEqual((status, err), (1, "chatctl: a command is one line; nothing was sent\n"))

    def test_full(self) -> None:
        """Where nobody else is let in, it says why."""
        path = self.serve(b"!! 100 connections are open\r\n")
        with chdir(self.folder):
            status, _, err = chatctl("--control", path, "ls")
        self.assertEqual((status, err), (2, "chatctl: control lets nobody in: 100 connections are open\n"))

    def test_bad_option(self) -> None:
        """An option that there isn't is refused with status 1: 2 is for a chatd that can't be reached."""
        status, _, err = chatctl("--bogus")
        self.assertEqual(status, 1)
        self.assertEqual(err.count("\n"), 1)

    def test_help(self) -> None:
        """--help and --version are as everywhere."""
        status, out, _ = chatctl("--help")
        self.assertEqual(status, 0)
        self.assertIn("Exit status: 0 done, 1 refused, 2 no chatd could be reached", " ".join(out.split()))
        self.assertEqual(chatctl("--version")[:2], (0, f"chatctl {__version__}\n"))


class PlacesTests(SynchronousTestCase):
    """Where chatctl looks for its socket."""

    def setUp(self) -> None:
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        here = chdir(folder)
        here.__enter__()
        self.addCleanup(here.__exit__, None, None, None)
        before = os.environ.pop("CHATD_CONTROL", None)
        self.addCleanup(
            lambda: os.environ.pop("CHATD_CONTROL", None) if before is None else os.environ.update(CHATD_CONTROL=before)
        )

    def test_environment(self) -> None:
        """CHATD_CONTROL names it, unless an option does."""
        os.environ["CHATD_CONTROL"] = "/from/environment"
        self.assertIn("at /from/environment ", chatctl("ls")[2])
        self.assertIn("at /from/option ", chatctl("--control", "/from/option", "ls")[2])

    def test_places(self) -> None:
        """Else it is that of the unit, or `control` in the folder of the state, whichever is there."""
        self.assertIn("at /run/chatd/control ", chatctl("ls")[2])
        Path("control").touch()
        self.assertIn("at control ", chatctl("ls")[2])


class ConsoleTests(ControlTestCase):
    skip = needs("tmux")

    def setUp(self) -> None:
        super().setUp()
        command = f"cd {CHECKOUT}; {sys.executable} -m chatd.ctl.chatctl --control {self.control}; echo STATUS $?"
        self.client = Client(self, self.short / "tmux", "console", command)
        self.client.sees("-- chatd, the operator's door")
        self.client.sees("announce>")

    def test_typing(self) -> None:
        """What arrives is shown above what is being typed, which stays whole, and the cursor where it was."""
        self.client.say("/listen on")
        self.client.sees("-- you are listening to #lobby")
        self.client._run("send-keys", "-l", "-t", "console", "we restrt at noon")
        self.client.type(*["Left"] * 10)
        alice = self.enter("alice")
        alice.sendall(b"hello?\n")
        self.client.sees("<alice> hello?\nannounce> we restrt at noon\n")
        self.client.type("a")
        self.client.sees("announce> we restart at noon")
        alice.sendall(b"hello??\n")
        self.client.sees("<alice> hello??")
        self.client.type("Enter")
        self.read_until(alice, b"## Administrator: we restart at noon\r\n")
        self.client.sees("-- announced to 1 person")

    def test_completion(self) -> None:
        """Tab completes commands, names and rooms."""
        alice = self.enter("alice")
        alice.sendall(b"/join #den\n")
        self.read_until(alice, b"#den")
        self.client._run("send-keys", "-l", "-t", "console", "/who")
        self.client.type("Tab")
        self.client._run("send-keys", "-l", "-t", "console", "al")
        self.client.type("Tab")
        self.client.sees("announce> /whois alice")
        self.client.type("Enter")
        self.client.sees("-- alice is in #den, here for")
        self.client._run("send-keys", "-l", "-t", "console", "/listen #d")
        self.client.type("Tab", "Enter")
        self.client.sees("-- you are listening to #den")

    def test_keys(self) -> None:
        """The up key brings back a line, Ctrl-C drops one, Ctrl-D says goodbye."""
        self.client.say("/uptime")
        self.client.sees("-- open for")
        self.client.type("Up", "C-c")
        self.client.sees("^C\nannounce>")  # what is typed before that may be lost with the line
        self.client.type("Up", "Enter")
        self.client.sees("-- open for", times=2)
        self.assertEqual(self.client.screen().count("^C\nannounce>"), 1)
        self.client.type("Enter", "C-c")  # which may come before the next prompt
        self.client.say("/version")
        self.client.sees("-- chatd 0")
        self.client.type("C-d")
        self.client.sees("-- goodbye\nSTATUS 0")

    def test_daemon_stops(self) -> None:
        """When the daemon stops, the console ends."""
        self.process.send_signal(signal.SIGTERM)
        self.client.sees("-- goodbye\nannounce>\nSTATUS 0")

    def test_daemon_killed(self) -> None:
        """When the daemon is gone without a goodbye, the console says so."""
        self.process.kill()
        self.client.sees("chatctl: chatd has gone without a goodbye\nSTATUS 2")
