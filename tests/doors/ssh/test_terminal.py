"""Tests for sessions over SSH at a terminal: chatd.doors.ssh.terminal, chatd.doors.terminal, chatd.doors.typing."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from typing import Any

from twisted.conch.ssh import connection
from twisted.conch.ssh.common import NS

from chatd.doors.colour import Colours
from chatd.doors.terminal import Screen
from chatd.doors.typing import MOST_AHEAD
from tests.doors.screen import Screen as Drawn
from tests.doors.ssh.client import Client, SSHTestCase, names_in

PASTE, PASTE_END = b"\x1b[200~", b"\x1b[201~"
BELL = "\a"


class TerminalTestCase(SSHTestCase):
    def terminal(self, name: str, term: bytes = b"xterm-256color", columns: int = 80, **options: Any) -> Client:
        client = self.session(name, **options)
        self.assertTrue(client.ask(b"pty-req", NS(term) + struct.pack(">4L", columns, 24, 0, 0) + NS(b"")))
        self.assertTrue(client.ask(b"shell"))
        self.pass_time(client)
        return client

    def plain(self, client: Client) -> str:
        """Return what was sent since the last call, without what draws and paints."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[78]|\r(?!\n)", "", self.said(client))


class RowTests(TerminalTestCase):
    def test_prompt(self) -> None:
        """The row says where a line goes: to the room, or to whom one talks to."""
        alice = self.terminal("alice")
        self.shell("bob")
        self.assertTrue(self.plain(alice).endswith("#lobby> "))
        alice.type(b"to:bob\r")
        self.assertTrue(self.plain(alice).endswith("-- now talking to bob\r\n@bob> "))

    def test_arriving_lines(self) -> None:
        """A line that arrives stands above what is half typed, which stays; the terminal gets CR LF."""
        alice, bob = self.terminal("alice"), self.shell("bob")
        alice.type(b"half ty")
        self.assertTrue(self.plain(alice).endswith("#lobby> half ty"))
        bob.type(b"hello\n")
        self.assertRegex(self.plain(alice), r"<bob> hello\r\n#lobby> half ty$")
        alice.type(b"ped\r")
        self.assertIn("<alice> half typed\n", self.said(bob))

    def test_asked_again(self) -> None:
        """A name that is refused is asked for again on the screen."""
        self.shell("alice")
        other = self.terminal("alice")
        seen = self.plain(other)
        self.assertIn('!! "alice" is taken', seen)
        self.assertTrue(seen.endswith("Nickname: "))
        other.type(b"bob\r")
        self.assertTrue(self.plain(other).endswith("#lobby> "))
        self.assertEqual(names_in(self.hall), ["alice", "bob"])

    def test_always_edited(self) -> None:
        """A terminal's line is always edited here; that can't be turned off."""
        alice = self.terminal("alice")
        self.plain(alice)
        alice.type(b"/edit on\r/edit off\r")
        seen = self.plain(alice)
        self.assertIn("-- your line is edited here", seen)
        self.assertIn(
            "!! by ssh the line of a terminal is always edited here; ssh -T brings no\r\n   terminal\r\n", seen
        )

    def test_leaving(self) -> None:
        """Ctrl-D, Ctrl-C twice and quit leave, and the terminal is as it was before: no row, no bracketed paste."""
        for keys in (b"\x04", b"\x03\x03", b"quit\r"):
            alice = self.terminal("alice")
            alice.seen()
            alice.type(keys)
            seen = self.said(alice)
            self.assertIn("-- goodbye, alice\r\n", re.sub(r"\x1b\[[0-9;]*m", "", seen))
            self.assertTrue(seen.replace(BELL, "").endswith("\r\n\r\x1b[K\x1b[?2004l\x1b[m"), repr(seen[-60:]))
            self.assertEqual(alice.status(), 0)
            alice.close()

    def test_turned_away(self) -> None:
        """The status says whether somebody was let in."""
        first, second = self.session("alice"), self.session("bob")
        self.assertTrue(first.ask(b"shell"))
        self.hall.capacity = 1
        self.assertTrue(second.ask(b"pty-req", NS(b"vt100") + bytes(16) + NS(b"")))
        self.assertTrue(second.ask(b"shell"))
        self.assertIn("this chat is full", self.plain(second))
        self.assertEqual(second.status(), 1)

    def test_end_of_input(self) -> None:
        """So does the end of what is typed; half a line is not said, and that is told."""
        for half, told in ((b"", ""), (b"half a li", "!! your last line had no end; it was not sent")):
            alice = self.terminal("alice")
            alice.type(half)
            self.plain(alice)
            alice.end()
            seen = self.plain(alice)
            self.assertIn("-- goodbye, alice", seen)
            self.assertIn(told, seen)
            self.assertNotIn("<alice>", seen)

    def test_resized(self) -> None:
        """The row and what arrives fit the window that there is now."""
        alice, bob = self.terminal("alice"), self.shell("bob")
        alice.ask(b"window-change", struct.pack(">4L", 30, 10, 0, 0))
        bob.type(b"one two three four five six seven eight\n")
        self.plain(alice)
        lines = self.told(alice, bob, b"one two three four five six seven\n")
        self.assertTrue(all(len(line) <= 30 for line in lines), lines)
        self.assertTrue(any(line.startswith(" ") for line in lines), "continued under the text")

    def told(self, alice: Client, bob: Client, said: bytes) -> list[str]:
        bob.type(said)
        return self.plain(alice).split("\r\n")

    def test_command(self) -> None:
        """A command at a terminal is answered alone, with CR LF."""
        alice = self.session("alice")
        self.assertTrue(alice.ask(b"pty-req", NS(b"xterm") + struct.pack(">4L", 80, 24, 0, 0) + NS(b"")))
        self.assertTrue(alice.ask(b"exec", NS(b"/ls")))
        self.assertEqual(self.said(alice), "1 person is in #lobby: alice\r\n")

    def test_text_alone(self) -> None:
        """A terminal speaks no other format."""
        alice = self.terminal("alice")
        alice.type(b"/format json\r")
        self.assertIn('"json" is not spoken here; text is', self.plain(alice))

    def test_same_screen(self) -> None:
        """What a terminal shows in the end is the lines and the row, however it was drawn."""
        alice, bob = self.terminal("alice", columns=60), self.shell("bob")
        screen = Drawn(60)
        screen.show(re.sub(r"\x1b\[[0-9;]*m", "", self.said(alice)).encode())
        for number in range(5):
            alice.type("你好 word".encode()[number * 2 : number * 2 + 2])
            bob.type(b"line %d\n" % number)
            screen.show(re.sub(r"\x1b\[[0-9;]*m", "", self.said(alice)).encode())
        shown = [line for line in screen.lines() if line.strip()]
        self.assertEqual(shown[-5:], [f"00:00 <bob> line {number}" for number in range(5)])
        self.assertIn("#lobby> ", "".join(cell.text for cell in screen.rows[-1]))


class TabTests(TerminalTestCase):
    def test_completed(self) -> None:
        """Tab completes names, and lists those of several that fit."""
        alice = self.terminal("alice")
        for name in ("bob", "carol", "carla"):
            self.shell(name)
        alice.type(b"@b\t")
        self.assertTrue(self.plain(alice).endswith("@bob "))
        alice.type(b"\x15@car\t")
        self.assertIn("-- these fit: @carla, @carol\r\n", self.plain(alice))

    def test_held_back(self) -> None:
        """Who asks for too many is told nothing."""
        self.entrance.apply(replace(self.entrance.limits, byte_rate=4096, byte_burst=16384))
        alice = self.terminal("alice")
        self.shell("bob")
        alice.type(b"@b\t\x15" * 100)
        alice.type(b"@b\t")
        self.assertTrue(self.plain(alice).rstrip(BELL).endswith("@b"))


class PaceTests(TerminalTestCase):
    limits = {"line_rate": 5, "line_burst": 10}

    def test_end(self) -> None:
        """Whose input ends behind many lines is heard to the last one."""
        bob, alice = self.shell("bob"), self.terminal("alice")
        alice.type(b"".join(b"line %d\r" % n for n in range(20)))
        alice.end()
        self.clock.pump([1] * 10)
        self.assertIn("<alice> line 19\n", self.said(bob))
        self.assertTrue(self.plain(alice).endswith("-- goodbye, alice\r\n"))

    def test_keys_go_on(self) -> None:
        """Fifty pasted lines stay in the row until Enter, are said at one's pace, and keys are drawn meanwhile."""
        alice, bob = self.terminal("alice"), self.shell("bob")
        self.said(bob)
        alice.type(PASTE + b"".join(b"line %d\n" % number for number in range(50)) + PASTE_END)
        self.assertNotIn("line", self.said(bob))
        alice.type(b"\r")
        alice.type(b"next")
        self.assertTrue(self.plain(alice).endswith("#lobby> next"))
        alice.type(b"\r")
        heard = ""
        for _ in range(300):
            self.clock.advance(0.1)
            bob.meet()
            heard += bob.seen()
        said = re.findall(r"<alice> (.*)\n", heard)
        self.assertEqual(said, [*(f"line {number}" for number in range(50)), "next"])

    def test_bounded(self) -> None:
        """Who goes on for too long while lines wait is not read any further, until they are said."""
        alice = self.terminal("alice")
        alice.type(b"x\r" * 100)
        for _ in range(MOST_AHEAD // 2000 + 1):
            alice.type(b"y" * 2000)
        alice.take(connection.MSG_CHANNEL_WINDOW_ADJUST)
        alice.type(b"z" * 8000)
        self.assertEqual(alice.take(connection.MSG_CHANNEL_WINDOW_ADJUST), [])
        self.clock.pump([0.2] * 300)
        alice.meet()
        self.assertTrue(alice.take(connection.MSG_CHANNEL_WINDOW_ADJUST))

    def test_too_long_a_paste(self) -> None:
        """A paste that is too long is refused, with the limit."""
        alice = self.terminal("alice")
        alice.type(PASTE + b"x\n" * 300 + PASTE_END)
        self.assertIn("!! that is more than 200 lines; nothing of what you pasted was taken", self.plain(alice))

    def test_typed_at(self) -> None:
        """A line that was begun before one's partner changed is given back, not sent to another."""
        alice, bob = self.terminal("alice"), self.shell("bob")
        alice.type(b"to:bob\r")
        self.said(alice)
        alice.type(b"my secret")
        bob.type(b"quit\n")
        self.clock.advance(1)
        self.shell("carol")
        self.clock.advance(1)
        alice.type(b"\r")
        self.assertIn("not sent: my secret", self.plain(alice))


class CallTests(TerminalTestCase):
    def test_called(self) -> None:
        """A line with one's name rings once and is bold; the line beside it is not, and one's own never."""
        alice, bob = self.terminal("alice"), self.shell("bob")
        self.said(alice)
        bob.type(b"hello alice\nhello all\n")
        seen = self.said(alice)
        self.assertEqual(seen.count(BELL), 1)
        called, other = (line for line in seen.split("\r\n") if "hello" in line)
        self.assertIn("hello alice\x1b[22m", called)
        self.assertNotIn("hello all\x1b", other)
        alice.type(b"I am alice\r")
        self.assertNotIn(BELL, self.said(alice))

    def test_quiet(self) -> None:
        """/bell off silences it."""
        alice, bob = self.terminal("alice"), self.shell("bob")
        alice.type(b"/bell off\r")
        self.said(alice)
        bob.type(b"hello alice\n")
        self.assertNotIn(BELL, self.said(alice))

    def test_colours(self) -> None:
        """Names have colours where TERM knows them, 16 where it is no xterm, none for NO_COLOR or a dumb terminal."""
        for term, expected in ((b"xterm-256color", "38;5;"), (b"vt220", "\x1b[3"), (b"dumb", ""), (b"", "")):
            bob = self.terminal("bob", term)
            bob.type(b"hello\r")
            seen = self.said(bob)
            if expected:
                self.assertIn(expected, seen)
            else:
                self.assertNotRegex(seen, r"\x1b\[[39]\d")
            bob.type(b"/colour off\r")
            self.said(bob)
            bob.type(b"again\r")
            self.assertNotIn("\x1b[38", self.said(bob))
            bob.wire.loseConnection()
        quiet = self.session("alice")
        self.assertTrue(quiet.ask(b"env", NS(b"NO_COLOR") + NS(b"1")))
        self.assertFalse(quiet.ask(b"env", NS(b"LANG") + NS(b"C")))
        self.assertTrue(quiet.ask(b"pty-req", NS(b"xterm-256color") + bytes(16) + NS(b"")))
        self.assertTrue(quiet.ask(b"shell"))
        quiet.type(b"hello\r")
        self.assertNotIn("\x1b[38", self.said(quiet))
        self.assertEqual(Screen.of("xterm", 80, no_colour=True).colours, Colours.OFF)
