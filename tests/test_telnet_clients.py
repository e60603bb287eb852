"""The editor in real telnet clients: GNU telnet, busybox, PuTTY's plink, TinTin++. `.ci/run` installs them."""

from __future__ import annotations

import os
import shutil

from tests.test_clients import Client, ClientTestCase, needs

TT = shutil.which("tt++", path=f"{os.environ.get('PATH', '')}:/usr/games")  # where Debian puts it
EDITED = "-- your line is edited here"
NOT_EDITED = "-- your line is edited by your own client"
LONG = "this line is long enough to be wrapped at a word, even in a window of a hundred columns, as one can see here"


class EditorTestCase(ClientTestCase):
    def resize(self, client: Client, columns: int) -> None:
        client._run("resize-window", "-t", client._name, "-x", str(columns))

    def nothing_torn(self, client: Client, prompt: str = "#lobby> ") -> None:
        """A line that arrives leaves what is half typed in its row, which is said whole; long ones are indented."""
        other = self.enter("nc 127.0.0.1 {port}", "zoe")
        client.sees("-- zoe joined")
        client._run("send-keys", "-l", "-t", client._name, "half 李雷 ty")
        client.sees(f"{prompt}half 李雷 ty")
        other.say(LONG)
        screen = client.sees("can see here")
        lines = [line for line in screen.split("\n") if line.strip()]
        self.assertEqual(lines[-1].strip(), f"{prompt}half 李雷 ty", screen)
        self.assertRegex(lines[-3], "<zoe> this line is long")
        self.assertRegex(lines[-2], "^ {12}[a-z]")
        client.type("BSpace", "BSpace", "C-e")
        client.say("typed")
        other.sees("half 李雷 typed")
        client.sees(f"half 李雷 typed\n{prompt.rstrip()}\n")

    def turned_off(self, client: Client) -> None:
        """/edit off gives the echo back, and lines."""
        client.say("/edit off")
        client.sees(NOT_EDITED)
        client.say("with an echo")
        client.sees("with an echo", times=2)


class TelnetEditorTests(EditorTestCase):
    skip = needs("telnet", "nc", "tmux")

    def test_asked_for(self) -> None:
        """GNU telnet has a row behind /edit on, follows its window, and has its lines back behind /edit off."""
        alice = self.enter("telnet 127.0.0.1 {port}", "alice")
        alice.say("/edit on")
        alice.sees(EDITED)
        self.nothing_torn(alice)
        self.turned_off(alice)
        alice.say("/edit on")
        alice.sees(EDITED, times=2)
        alice._run("send-keys", "-l", "-t", alice._name, "a half-typed line that is longer than the window will be")
        self.resize(alice, 40)
        alice.sees("the window will be\n")
        self.resize(alice, 90)
        alice.sees("#lobby> a half-typed line that is longer than the window will be\n")
        alice.type("C-c")
        alice.type("C-d")
        alice.sees("-- goodbye, alice")
        alice.sees("CLIENT ENDED")

    def test_speaks_first(self) -> None:
        """One that speaks telnet first has a row without being asked, in the place of the prompt."""
        alice = self.open("telnet")
        alice.sees("telnet>")
        alice.say(f"open 127.0.0.1 -{self.port}")  # as it does by itself to port 23
        alice.sees("Nickname:")
        alice.say("alice")
        screen = alice.sees("#lobby>")
        self.assertLessEqual(screen.count("Nickname"), 1)
        self.nothing_torn(alice)
        alice.type("C-d")
        alice.sees("CLIENT ENDED")

    def test_taken_back(self) -> None:
        """Whoever has their telnet go back to lines has an echo, and what was half typed."""
        alice = self.enter("telnet 127.0.0.1 {port}", "alice")
        alice.say("/edit on")
        alice.sees(EDITED)
        alice._run("send-keys", "-l", "-t", alice._name, "abc")
        alice.sees("#lobby> abc")
        alice.type("C-]")
        alice.sees("telnet>")
        alice.say("mode line")
        alice.sees(NOT_EDITED)
        alice.say("def")
        alice.sees("<alice> abcdef")
        alice.sees("abcdef", times=2)


class OtherEditorTests(EditorTestCase):
    skip = needs("busybox", "plink", "nc", "tmux") or (None if TT else "not installed: tt++")

    def test_plink(self) -> None:
        """plink speaks telnet first: it has a row from the start, until /edit off."""
        alice = self.open("plink -telnet -P {port} 127.0.0.1")
        alice.sees("Nickname:")
        alice.say("alice")
        alice.sees("#lobby>")
        self.nothing_torn(alice)
        self.turned_off(alice)
        alice.say("/edit on")
        alice.sees(EDITED)
        alice.type("C-d")
        alice.sees("-- goodbye, alice")

    def test_busybox(self) -> None:
        """busybox telnet has a row once; it agrees to none behind /edit off, says so, and has its echo."""
        alice = self.enter("busybox telnet 127.0.0.1 {port}", "alice")
        alice.say("/edit on")
        alice.sees(EDITED)
        self.nothing_torn(alice)
        self.turned_off(alice)
        alice.say("/edit on")
        alice.sees("!! your client did not agree")
        alice.say("an echo again")
        alice.sees("an echo again", times=2)

    def test_tintin(self) -> None:
        """TinTin++ has a row, and lines again."""
        alice = self.open(f"{TT} -e '#session chat 127.0.0.1 {{port}}'")
        alice.sees("Nickname:")
        alice.say("alice")
        alice.sees("-- you are alice in #lobby")
        alice.say("/edit on")
        alice.sees(EDITED)
        self.nothing_torn(alice)
        self.turned_off(alice)

    def test_nc(self) -> None:
        """nc is told at once what works, and goes on as before."""
        alice = self.enter("nc 127.0.0.1 {port}", "alice")
        alice.say("/edit on")
        alice.sees("!! your client edits its line itself; telnet and ssh may have it done here, nc has rlwrap")
        alice.say("as before")
        alice.sees("as before", times=2)
