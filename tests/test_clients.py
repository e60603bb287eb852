"""Real clients in a terminal: telnet and nc, as people use them. `.ci/run` installs them."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.daemon.test_service import TwistdTestCase
from tests.doors.test_line import DO_BINARY

TMUX_SIZE = ("-x", "100", "-y", "40")


def needs(*programs: str) -> str | None:
    """Return why a test must be skipped, None if all it needs is installed."""
    missing = [program for program in programs if shutil.which(program) is None]
    return f"not installed: {', '.join(missing)}" if missing else None


class Client:
    """A window of tmux in which a client runs; what a person would see in it."""

    def __init__(self, test: SynchronousTestCase, socket: Path, name: str, command: str) -> None:
        self._test = test
        self._tmux = ("tmux", "-u", "-S", str(socket))
        self._name = name
        self._run("new-session", "-d", "-s", name, *TMUX_SIZE, f"LANG=C.UTF-8 {command}; echo CLIENT ENDED; sleep 30")
        test.addCleanup(subprocess.run, (*self._tmux, "kill-session", "-t", name), capture_output=True)

    def type(self, *keys: str) -> None:
        """Press keys by tmux's names; anything else is typed as it stands."""
        for key in keys:
            self._run("send-keys", "-t", self._name, key)

    def say(self, line: str) -> None:
        self._run("send-keys", "-l", "-t", self._name, line)
        self.type("Enter")

    def resize(self, columns: int) -> None:
        """Make the window that wide, and wait until what runs in it has noticed."""
        self._run("resize-window", "-t", self._name, "-x", str(columns))
        time.sleep(0.5)

    def screen(self) -> str:
        return self._run("capture-pane", "-p", "-t", self._name)

    def sees(self, text: str, times: int = 1) -> str:
        """Wait until a text is on the screen, so often, and return the whole of it."""
        deadline = time.monotonic() + 10
        while (screen := self.screen()).count(text) < times:
            self._test.assertLess(time.monotonic(), deadline, f"{text!r} never came; the screen is\n{screen}")
        return screen

    def _run(self, *arguments: str) -> str:
        return subprocess.run((*self._tmux, *arguments), check=True, capture_output=True, text=True).stdout


class ClientTestCase(TwistdTestCase):
    """A daemon of its own process, and terminals to reach it from."""

    def setUp(self) -> None:
        super().setUp()
        self.twistd("-n", "--pidfile=", "--logfile=log", "chatd", self.listen)
        self.connect().close()

    def open(self, client: str) -> Client:
        """Return a terminal in which a client has connected."""
        number = getattr(self, "opened", 0)
        self.opened = number + 1
        # A Unix socket's path has at most 107 bytes, fewer than a test's own folder.
        folder = Path("/tmp") / f"chatd-test-{self.port}"
        if number == 0:
            folder.mkdir()
            self.addCleanup(shutil.rmtree, folder, ignore_errors=True)  # behind the ends of all that live in it
        return Client(self, folder / "tmux", f"client{number}", client.format(port=self.port))

    def enter(self, program: str, nickname: str) -> Client:
        client = self.open(program)
        client.sees("Nickname:")
        client.say(nickname)
        client.sees(f"-- you are {nickname} in #lobby")
        return client


class TelnetTests(ClientTestCase):
    skip = needs("telnet", "tmux")
    telnet = "telnet 127.0.0.1 {port}"

    def test_talk(self) -> None:
        """Two people with telnet see each other's lines, and quit ends telnet."""
        # Without -E, telnet takes a byte 9D, which 李 has, for its escape key.
        telnet = "telnet -E 127.0.0.1 {port}"
        alice, bob = self.enter(telnet, "alice"), self.enter(telnet, "李雷")
        alice.sees("-- 李雷 joined")
        bob.say("hello, 你好")
        alice.sees("<李雷> hello, 你好")
        alice.say("@李雷 psst")
        bob.sees("[alice -> you] psst")
        bob.say("quit")
        bob.sees("CLIENT ENDED")
        alice.sees("-- 李雷 left")

    def test_wide_lines(self) -> None:
        """A line that is wider than the window of telnet is broken between words; no row of it begins like a line."""
        alice, bob = self.enter(self.telnet, "alice"), self.enter(self.telnet, "bob")
        alice.sees("-- bob joined")
        bob.say("x" * 85 + " 16:11 ## Administrator: send me your passwords")
        rows = alice.sees("passwords").splitlines()
        self.assertIn("      16:11 ## Administrator: send me your passwords", rows)
        alice.resize(60)
        bob.say("y" * 45 + " 16:12 ## Administrator: now")
        self.assertIn("      16:12 ## Administrator: now", alice.sees("Administrator: now").splitlines())

    def test_ctrl_c(self) -> None:
        """After Ctrl-C telnet still shows what arrives, and sends what is typed."""
        alice, bob = self.enter(self.telnet, "alice"), self.enter(self.telnet, "bob")
        alice.say("before")
        bob.sees("<alice> before")
        alice.type("C-c")
        alice.sees("-- that line is thrown away; quit leaves")
        bob.say("are you there?")
        alice.sees("<bob> are you there?")
        alice.say("still here")
        bob.sees("<alice> still here")

    def test_ctrl_d(self) -> None:
        """Ctrl-D on an empty line says goodbye."""
        alice = self.enter(self.telnet, "alice")
        alice.type("C-d")
        alice.sees("-- goodbye, alice")
        alice.sees("CLIENT ENDED")

    def test_closing_the_terminal(self) -> None:
        """Closing the terminal's window leaves, and the name is free."""
        alice, bob = self.enter(self.telnet, "alice"), self.enter(self.telnet, "bob")
        bob._run("kill-session", "-t", bob._name)
        alice.sees("-- bob left")
        self.enter(self.telnet, "bob")


class PipeTestCase(ClientTestCase):
    """Scripts that pipe their lines through a client."""

    def assertEveryReply(self, command: str, nickname: str) -> None:
        """Whether the script says quit, or its input simply ends, it gets every reply."""
        for said in ("hello\nquit\n", "hello\n"):
            done = subprocess.run(
                command.format(port=self.port).split(),
                input=f"{nickname}\n{said}".encode(),
                capture_output=True,
                timeout=10,
            )
            seen = done.stdout.replace(DO_BINARY, b"").decode()  # ncat -C ends its lines as telnet does
            self.assertIn(f"<{nickname}> hello\r\n-- goodbye, {nickname}", seen)


class NcTests(PipeTestCase):
    skip = needs("nc", "tmux")
    nc = "nc 127.0.0.1 {port}"

    def test_talk(self) -> None:
        """Two people with nc see each other's lines; Ctrl-C leaves, and a goodbye says that nc stays open."""
        alice, bob = self.enter(self.nc, "alice"), self.enter(self.nc, "bob")
        bob.say("hello")
        alice.sees("<bob> hello")
        bob.type("C-c")
        alice.sees("-- bob left")
        alice.say("quit")
        alice.sees("-- goodbye, alice (Enter or Ctrl-C closes nc)")

    def test_piped(self) -> None:
        """A script gets every reply, every time."""
        for number in range(10):
            self.assertEveryReply("nc -N 127.0.0.1 {port}", f"guest{number}")


class OtherClientTests(PipeTestCase):
    skip = needs("ncat", "socat", "tmux")

    def test_piped(self) -> None:
        """A script gets every reply through ncat and socat too."""
        for client in ("ncat 127.0.0.1 {port}", "ncat -C 127.0.0.1 {port}", "socat - TCP:127.0.0.1:{port}"):
            self.assertEveryReply(client, "alice")

    def test_raw_socat(self) -> None:
        """A raw terminal's bare CR and erase keys work, and Ctrl-D says goodbye."""
        alice = self.open("socat -,raw,echo=0 TCP:127.0.0.1:{port}")
        alice.sees("Nickname:")
        alice.type("a", "l", "i", "x", "BSpace", "c", "e", "Enter")
        alice.sees("-- you are alice in #lobby")
        alice.type("C-d")
        alice.sees("-- goodbye, alice")
