"""Real clients of a TLS port: openssl s_client and ncat, in a terminal and in pipes. `.ci/run` installs them."""

from __future__ import annotations

import subprocess
import time

from tests.daemon.test_service import TwistdTestCase
from tests.doors.test_certificate import write_pair
from tests.test_clients import PipeTestCase, needs

S_CLIENT = "openssl s_client -quiet -connect 127.0.0.1:{port}"
NCAT = "ncat --ssl 127.0.0.1 {port}"
FILES = "privateKey=key.pem:certKey=cert.pem"


class TLSClientTestCase(PipeTestCase):
    """A daemon of its own process whose port speaks TLS."""

    def setUp(self) -> None:
        TwistdTestCase.setUp(self)
        write_pair(self.folder)
        self.listen = f"--listen=ssl:{self.port}:interface=127.0.0.1:{FILES}"
        self.twistd("-n", "--pidfile=", "--logfile=log", "chatd", self.listen)
        self.connect().close()

    def assertLogged(self, line: str, times: int = 1) -> None:
        """Wait until a line is in the log so many times; nowhere in it is a traceback."""
        deadline = time.monotonic() + 10
        while (log := (self.folder / "log").read_text()).count(line) < times:
            self.assertLess(time.monotonic(), deadline, f"{line!r} was not logged {times} times:\n{log}")
        self.assertNotIn("Traceback", log)
        self.assertNotIn("Unhandled", log)

    def output(self, command: str, typed: str) -> str:
        """Return all that a client shows when this is piped into it."""
        command = command.format(port=self.port)
        done = subprocess.run(command.split(), input=typed, capture_output=True, text=True, timeout=20)
        return done.stdout


class TerminalTests(TLSClientTestCase):
    skip = needs("openssl", "ncat", "tmux")

    def test_talk(self) -> None:
        """People with openssl s_client and ncat see each other's lines; quit ends s_client, and ncat with its input."""
        alice, bob = self.enter(S_CLIENT, "alice"), self.enter(NCAT, "bob")
        alice.sees("-- bob joined")
        bob.say("Quite good, 你好")  # s_client without -quiet would eat a line that begins with Q
        alice.sees("<bob> Quite good, 你好")
        alice.say("Quick answer")
        bob.sees("<alice> Quick answer")
        alice.say("quit")
        alice.sees("CLIENT ENDED")
        bob.say("quit")
        bob.sees("-- goodbye, bob")
        bob.type("C-d")
        bob.sees("CLIENT ENDED")
        self.assertLogged("bob left (quit)")

    def test_ctrl_c(self) -> None:
        """Ctrl-C in either client leaves, as it does without TLS."""
        alice = self.enter(NCAT, "alice")
        for client in (S_CLIENT, NCAT):
            bob = self.enter(client, "bob")
            bob.type("C-c")
            self.assertLogged("bob left (closed the connection)")
            alice.sees("-- bob left")


class PipeTests(TLSClientTestCase):
    skip = needs("openssl", "ncat", "tmux")

    def test_ncat(self) -> None:
        """A script with ncat gets every reply, every time, whether it says quit or its input simply ends."""
        for number in range(10):
            self.assertEveryReply(NCAT, f"guest{number}")
        self.assertLogged("guest9 left (quit)")

    def test_s_client(self) -> None:
        """A script with openssl s_client that says quit gets every reply, with each version of TLS."""
        for number in range(5):
            for version in ("-tls1_2", "-tls1_3"):
                shown = self.output(f"{S_CLIENT} {version}", f"guest{number}\nhello\nquit\n")
                self.assertIn(f"<guest{number}> hello\n-- goodbye, guest{number}\n", shown)
        self.assertLogged("guest4 left (quit)")

    def test_old_version(self) -> None:
        """A client that speaks only TLS 1.1 is refused, which is one line in the log."""
        self.output(f"{S_CLIENT} -tls1_1 -cipher ALL:@SECLEVEL=0", "alice\n")
        self.assertLogged("left before giving a nickname (no TLS handshake: unsupported protocol)")


class WrongPortTests(TLSClientTestCase):
    skip = needs("openssl", "ncat", "nc", "tmux")

    def test_plain_text(self) -> None:
        """People with nc at the TLS port are told what it speaks, with CRLF in a segment of its own too."""
        for client in ("nc -N 127.0.0.1 {port}", "nc -C -N 127.0.0.1 {port}", "ncat 127.0.0.1 {port}"):
            self.assertRegex(
                self.output(client, "alice\n"), r"^!! this port speaks TLS: use openssl s_client [^\n]*\n$"
            )
        self.assertLogged("left before giving a nickname (plain text where TLS is spoken)")

    def test_tls(self) -> None:
        """TLS clients at the plain port end at once, and leave one line each in the log."""
        TwistdTestCase.setUp(self)
        self.twistd("-n", "--pidfile=", "--logfile=log", "chatd", self.listen)
        self.connect().close()
        for client in (S_CLIENT, NCAT):
            self.output(client, "")
        self.assertLogged("was refused: it speaks TLS where plain text is spoken", times=2)
