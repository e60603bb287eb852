"""Real clients of an SSH port: OpenSSH, PuTTY's plink, dropbear's dbclient. `.ci/run` installs them."""

from __future__ import annotations

import subprocess
import time

from tests.daemon.test_service import TwistdTestCase
from tests.test_clients import ClientTestCase, needs

ADDRESS = "127.0.0.1"


class SSHClientTestCase(ClientTestCase):
    """A daemon of its own process, with an SSH port."""

    options: tuple[str, ...] = ()

    def setUp(self) -> None:
        TwistdTestCase.setUp(self)
        self.listen = f"--listen=ssh:{self.port}:interface={ADDRESS}:hostKey=host_key"
        self.twistd("-n", "--pidfile=", "--logfile=log", "chatd", self.listen, *self.options)
        self.connect().close()
        known = self.folder.absolute() / "known_hosts"
        self.ssh = (
            f"ssh -p {self.port} -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile={known} -o LogLevel=ERROR "
            "-o ControlPath=none -o IdentityAgent=none -F none -o IdentitiesOnly=yes "
        )
        self.plink = f"plink -ssh -batch -hostkey {self.fingerprint()} -P {self.port} "
        self.dbclient = f"dbclient -y -y -p {self.port} "

    def fingerprint(self) -> str:
        """Return the host key's fingerprint, which the log says."""
        return self.logged("The SSH host key is ").split("The SSH host key is ")[1].split()[0]

    def logged(self, text: str) -> str:
        deadline = time.monotonic() + 10
        while text not in (log := (self.folder / "log").read_text()):
            self.assertLess(time.monotonic(), deadline, f"{text!r} was not logged:\n{log}")
        return log

    def run_client(self, command: str, typed: str = "") -> tuple[str, str, int]:
        """Return what a client writes to stdout and stderr, and its status."""
        done = subprocess.run(command.split(), input=typed, capture_output=True, text=True, timeout=20)
        return done.stdout, done.stderr, done.returncode

    def tearDown(self) -> None:
        log = (self.folder / "log").read_text()
        self.assertNotIn("Traceback", log)
        self.assertNotIn("Unhandled", log)


class ScriptTests(SSHClientTestCase):
    skip = needs("ssh", "ssh-keygen", "plink", "dbclient", "sftp")

    def test_openssh(self) -> None:
        """OpenSSH: a command, a refusal, a pipe, JSON, and whatever is refused as sshd would."""
        self.assertEqual(self.run_client(self.ssh + "alice@127.0.0.1 /ls"), ("1 person is in #lobby: alice\n", "", 0))
        out, err, status = self.run_client(self.ssh + "alice@127.0.0.1 /whois nobody")
        self.assertEqual((out, status), ("", 1))
        self.assertIn('nobody here is called "nobody"', err)
        out, err, status = self.run_client(self.ssh + "-T alice@127.0.0.1", "hi\n")
        self.assertRegex(out, r"<alice> hi\n-- goodbye, alice\n$")
        self.assertEqual((err, status), ("", 0))
        out, err, status = self.run_client(self.ssh + "alice@127.0.0.1 json", '{"do": "ls"}\n')
        self.assertTrue(all(line.startswith('{"event": ') for line in out.splitlines()))
        self.assertIn('"event": "people"', out)
        sftp = self.ssh.replace("ssh -p", "sftp -P", 1)
        self.assertIn("subsystem request failed", self.run_client(sftp + "alice@127.0.0.1")[1])
        forwarded = self.run_client(self.ssh.replace("ERROR", "INFO") + "-R 1:localhost:1 alice@127.0.0.1 /ls")
        self.assertIn("remote port forwarding failed", forwarded[1])
        for number in range(5):
            out, err, status = self.run_client(self.ssh + f"-A guest{number}@127.0.0.1 /h all")
            self.assertEqual((out.count("\n") > 20, err, status), (True, "", 0))

    def test_keys(self) -> None:
        """Keys of each kind are shown, RSA keys too, of which server-sig-algs must speak; who has none is let in."""
        for kind in ("rsa", "ecdsa", "ed25519"):
            key = self.folder.absolute() / kind
            subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", key], check=True)
            told = self.run_client(self.ssh.replace("ERROR", "VERBOSE") + f"-i {key} alice@127.0.0.1 /ls")[1]
            self.assertIn('using "publickey"', told, kind)
        _, err, _ = self.run_client(self.ssh.replace("ERROR", "VERBOSE") + "alice@127.0.0.1 /ls")
        self.assertIn('using "keyboard-interactive"', err)

    def test_others(self) -> None:
        """plink and dbclient do as much, and rekeying goes on unseen."""
        for client in (self.plink, self.dbclient):
            out, _, status = self.run_client(client + "alice@127.0.0.1 /ls")
            self.assertEqual((out, status), ("1 person is in #lobby: alice\n", 0))
            out, _, status = self.run_client(client + "-T alice@127.0.0.1", "hi\n")
            self.assertRegex(out, r"<alice> hi\n-- goodbye, alice\n$")
        typed = "".join("/h all\n" for _ in range(9))
        out, _, status = self.run_client(self.ssh + "-T -o RekeyLimit=16K alice@127.0.0.1", typed)
        self.assertEqual((out.count("/whois name"), status), (9, 0))

    def test_no_name_in_the_log(self) -> None:
        """Nothing that people type is in the log."""
        self.run_client(self.ssh + "alice@127.0.0.1 my very secret word")
        self.run_client(self.ssh + "-T alice@127.0.0.1", "another secret\n")
        self.assertNotIn("secret", (self.folder / "log").read_text())


class OwnerTests(SSHClientTestCase):
    skip = needs("ssh", "ssh-keygen", "tmux")
    options = ("--state=state",)

    def key(self, name: str) -> str:
        """Return the options to come with a new key."""
        path = self.folder.absolute() / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
        return f"-i {path} "

    def asking(self, password: str) -> str:
        """Return the command of an ssh that is told a password as if somebody typed it."""
        answer = self.folder.absolute() / "answer"
        answer.write_text(f"#!/bin/sh\necho '{password}'\n")
        answer.chmod(0o700)
        return f"env SSH_ASKPASS={answer} SSH_ASKPASS_REQUIRE=force {self.ssh}"

    def test_key(self) -> None:
        """A key is bound to a name, and opens it; other keys, and none at all, don't."""
        mine, other = self.key("mine"), self.key("other")
        out, _, status = self.run_client(self.ssh + mine + "-T alice@127.0.0.1", "/register\n")
        self.assertIn("-- alice is yours: your SSH key opens it", out)
        out, err, status = self.run_client(self.ssh + mine + "alice@127.0.0.1 /keys")
        self.assertRegex(out, "^1 key opens alice, and no password\nSHA256:.* ed25519, since .*; you came with it\n$")
        self.assertEqual((err, status), ("", 0))
        for shown in (other, ""):
            out, err, status = self.run_client(self.ssh + shown + "alice@127.0.0.1 /ls")
            self.assertIn("Permission denied (publickey)", err)
            self.assertEqual((out, status), ("", 255))
        self.assertEqual(self.run_client(self.ssh + other + mine + "alice@127.0.0.1 /ls")[2], 0)

    def test_password(self) -> None:
        """Who has a password is asked for it by ssh itself."""
        self.run_client(self.ssh + "-T alice@127.0.0.1", "/register\ncorrect horse\ncorrect horse\n")
        out, err, status = self.run_client(self.asking("correct horse") + "alice@127.0.0.1 /ls")
        self.assertEqual((out, status), ("1 person is in #lobby: alice\n", 0), err)
        out, err, status = self.run_client(self.asking("battery staple") + "alice@127.0.0.1 /ls")
        self.assertIn("3 wrong passwords", self.logged("gave a wrong password of alice") and err)
        self.assertEqual((out, status), ("", 255))
        self.assertNotIn("staple", (self.folder / "log").read_text())

    def test_taken_over(self) -> None:
        """An owner goes on at another terminal, where a password is hidden, and the first is told why it ends."""
        mine = self.key("mine")
        first = self.open(f"{self.ssh} {mine} alice@127.0.0.1")
        first.sees("#lobby>")
        first.say("/register")
        first.sees("-- alice is yours")
        first.say("/password")
        first.sees("New password:")
        first.say("correct horse")
        first.sees("Again:")
        first.say("correct horse")
        self.assertNotIn("horse", first.sees("-- alice has a password now, too"))
        first.type("Up")
        self.assertNotIn("horse", first.sees("#lobby> /password"))
        first.type("C-u")
        second = self.open(f"{self.ssh} {mine} alice@127.0.0.1")
        second.sees("-- you were here already: your other connection is closed")
        self.assertIn("-- goodbye, alice", first.sees("CLIENT ENDED"))
        second.say("hello")
        second.sees("<alice> hello")


class RefusedTests(SSHClientTestCase):
    skip = needs("ssh", "plink", "tmux")
    options = ("--max-connections=1", "--ssh-guests=no")

    def test_refused(self) -> None:
        """A refusal is read as such by its reader: `Received disconnect`, and not as a broken pipe."""
        held = self.connect()
        self.read_until(held, b"SSH-2.0-chatd")
        out, err, status = self.run_client(self.ssh.replace("ERROR", "INFO") + "alice@127.0.0.1 /ls")
        self.assertIn("the limit on connections (1) is reached; come back later", err)
        self.assertIn("Received disconnect", err)
        self.assertNotIn("roken pipe", err)
        self.assertEqual((out, status), ("", 255))
        self.assertIn("the limit on connections (1) is reached", self.run_client(self.plink + "alice@127.0.0.1 /ls")[1])

    def test_no_guests(self) -> None:
        """Where only keys are let in, who has none is told what would be."""
        _, err, status = self.run_client(self.ssh + "alice@127.0.0.1 /ls")
        self.assertIn("Permission denied (publickey)", err)
        self.assertEqual(status, 255)


class TerminalTests(SSHClientTestCase):
    skip = needs("ssh", "plink", "dbclient", "tmux")

    def test_talk(self) -> None:
        """Three clients at three terminals: rows, Tab, an addressee; each terminal is left as it was."""
        people = []
        for name, client in (("alice", self.ssh), ("bob", self.dbclient), ("carol", self.plink + "-t")):
            people.append(self.open(f"{client} {name}@127.0.0.1; stty -a"))
            people[-1].sees("#lobby>")
        alice, bob, carol = people
        alice.sees("-- carol joined")
        alice.type("half typed 你好")
        alice.sees("#lobby> half typed 你好")
        bob.say("hello alice")
        carol.sees("<bob> hello alice")
        screen = alice.sees("<bob> hello alice").rstrip().splitlines()
        self.assertTrue(screen[-1].startswith("#lobby> half typed 你好"), screen)
        alice.type("Enter")
        bob.sees("<alice> half typed 你好")
        alice.type("@car", "Tab")
        alice.sees("#lobby> @carol")
        alice.say("psst")
        carol.sees("[alice -> you] psst")
        alice.say("to:bob")
        alice.sees("@bob>")
        for person, keys in ((alice, ("C-d",)), (bob, ("C-c", "C-c")), (carol, ("quit", "Enter"))):
            person.type(*keys)
            left = person.sees("CLIENT ENDED")
            self.assertIn("-- goodbye", left)
            self.assertNotIn("-icanon", left)
            self.assertNotIn("-echo ", left)

    def test_name_asked_again(self) -> None:
        """A name that is taken is asked for again on the screen."""
        alice = self.open(self.ssh + "alice@127.0.0.1")
        alice.sees("#lobby>")
        other = self.open(self.ssh + "alice@127.0.0.1")
        other.sees('"alice" is taken')
        other.sees("Nickname:")
        other.say("bob")
        alice.sees("-- bob joined")
