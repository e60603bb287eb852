"""Tests for chatd.doors.ssh: what a session is, from the name in `name@host` to the exit status."""

from __future__ import annotations

from dataclasses import replace

from twisted.conch.ssh import connection
from twisted.conch.ssh.common import NS
from twisted.internet.defer import Deferred

from chatd.core.events import Cause, Departure
from chatd.wire.lifetime import LINGER
from tests.doors.ssh.client import SSHTestCase, names_in


class ShellTests(SSHTestCase):
    def test_named_by_the_client(self) -> None:
        """Who comes as alice@host is in the hall at once, and is asked nothing."""
        alice = self.shell("alice")
        seen = alice.seen()
        self.assertIn("-- welcome to the lab; 0 people are here\n-- you are alice in #lobby", seen)
        self.assertNotIn("Nickname", seen)
        self.assertEqual(names_in(self.hall), ["alice"])

    def test_talk(self) -> None:
        """What is typed is said, and what others say is seen; lines end in LF, for there is no terminal."""
        alice, bob = self.shell("alice"), self.shell("bob")
        bob.seen()
        alice.type("hello\nyou there 你好\r\n".encode())
        seen = self.said(bob)
        self.assertIn("<alice> hello\n", seen)
        self.assertIn("<alice> you there 你好\n", seen)
        self.assertNotIn("\r", seen)

    def test_with_those_on_other_ports(self) -> None:
        """People with nc and people with ssh are in the same hall."""
        _, line = self.connect(b"carol\n")
        alice = self.shell("alice")
        alice.type(b"hi all\n")
        self.assertIn("<alice> hi all\r\n", self.seen(line))

    def test_no_row(self) -> None:
        """Without a terminal there is no line to edit."""
        alice = self.shell("alice")
        alice.type(b"/edit on\n")
        self.assertIn("!! there is no line to edit without a terminal; ssh -t brings one\n", self.said(alice))

    def test_piped(self) -> None:
        """`echo hi | ssh host` says hi, sees it, and ends with status 0; a last line needs no end."""
        for typed in (b"hi\n", b"hi"):
            alice = self.session("alice")
            alice.type(typed)
            alice.end()
            self.assertTrue(alice.ask(b"shell"))
            seen = self.said(alice)
            self.assertIn("<alice> hi\n", seen)
            self.assertTrue(seen.endswith("-- goodbye, alice\n"))
            self.assertEqual(alice.status(), 0)
            alice.close()

    def test_end_of_input(self) -> None:
        """The end of the input says goodbye, in the order data, exit-status, EOF, CLOSE."""
        alice = self.shell("alice")
        alice.got.clear()
        alice.type(b"hello\n")
        alice.end()
        self.pass_time(alice)
        kinds = [kind for kind, _ in alice.got]
        self.assertEqual(
            [kind for kind in kinds if kind != connection.MSG_CHANNEL_DATA],
            [connection.MSG_CHANNEL_REQUEST, connection.MSG_CHANNEL_EOF, connection.MSG_CHANNEL_CLOSE],
        )
        self.assertEqual(kinds[0], connection.MSG_CHANNEL_DATA)
        self.assertTrue(alice.seen().endswith("-- goodbye, alice\n"))
        self.assertEqual(alice.status(), 0)
        self.assertEqual(names_in(self.hall), [])

    def test_client_closes_last(self) -> None:
        """The connection stays open until the client has closed it, for a second at most."""
        alice = self.shell("alice")
        alice.type(b"quit\n")
        self.pass_time(alice)
        alice.close()
        self.assertTrue(alice.wire.connected)
        self.assertEqual(self.entrance.connections, set())
        self.clock.advance(LINGER)
        self.assertFalse(alice.wire.connected)
        self.assertFalse(alice.wire.aborted)

    def test_client_never_closes(self) -> None:
        """A client that answers no CLOSE is closed all the same."""
        alice = self.shell("alice")
        alice.type(b"quit\n")
        self.clock.pump([0.2, LINGER, LINGER])
        self.assertFalse(alice.wire.connected)
        self.assertEqual(self.entrance.connections, set())
        self.assertEqual(self.entrance.gate.connections, 0)

    def test_closed_by_the_client(self) -> None:
        """A client may close its channel at any time."""
        alice, bob = self.shell("alice"), self.shell("bob")
        alice.close()
        self.pass_time(bob)
        self.clock.advance(60)
        self.pass_time(bob)
        self.assertIn("-- alice left", bob.seen())
        self.assertTrue(alice.take(connection.MSG_CHANNEL_CLOSE))

    def test_lost(self) -> None:
        """So does a connection that is cut."""
        alice = self.shell("alice")
        alice.wire.loseConnection()
        self.assertEqual(names_in(self.hall), [])
        self.assertEqual(self.entrance.gate.connections, 0)

    def test_name_refused(self) -> None:
        """Who comes without a terminal, under a name that is refused, is told why and ends with status 1.

        What comes next from a script is a line for the others, which must not be taken for a name.
        """
        self.shell("alice")
        other = self.session("alice")
        other.type(b"hello\n")
        self.assertTrue(other.ask(b"shell"))
        seen = self.said(other)
        self.assertIn('!! "alice" is taken', seen)
        self.assertEqual(other.status(), 1)
        self.assertEqual(names_in(self.hall), ["alice"])

    def test_no_name(self) -> None:
        """Who gives none is asked."""
        nobody = self.shell("")
        self.assertTrue(nobody.seen().endswith("Nickname: "))
        nobody.type(b"dave\n")
        self.assertIn("-- you are dave", self.said(nobody))

    def test_kicked(self) -> None:
        """Who is put out is told so, and the session ends."""
        alice = self.shell("alice")
        self.hall.find("alice").dismiss(Departure(Cause.KICKED, "spam"))
        self.assertIn("!! ", self.said(alice))
        self.assertTrue(alice.take(connection.MSG_CHANNEL_CLOSE))

    def test_close_all(self) -> None:
        """When chatd stops, sessions are told and closed."""
        alice = self.shell("alice")
        closed: list[None] = []

        Deferred.fromCoroutine(self.entrance.close_all(4)).addCallback(closed.append)
        self.assertIn("-- goodbye", self.said(alice))
        self.assertEqual(alice.status(), 0)
        alice.close()
        self.assertEqual(closed, [None])


class CommandTests(SSHTestCase):
    def test_answer(self) -> None:
        """A command is answered alone, in lines with LF, with status 0."""
        alice = self.run_command("alice", "/ls")
        self.assertEqual(alice.seen(), "1 person is in #lobby: alice\n")
        self.assertEqual(alice.errors(), "")
        self.assertEqual(alice.status(), 0)

    def test_long_answer(self) -> None:
        """An answer of any length comes whole."""
        alice = self.run_command("alice", "/h all")
        self.assertGreater(alice.seen().count("\n"), 20)
        self.assertEqual(alice.status(), 0)

    def test_refused(self) -> None:
        """A refusal goes to stderr, with status 1."""
        alice = self.run_command("alice", "/whois nobody")
        self.assertEqual(alice.seen(), "")
        self.assertIn('nobody here is called "nobody"\n', alice.errors())
        self.assertEqual(alice.status(), 1)

    def test_name_refused(self) -> None:
        """So does that of a name; the command is not done, and not taken for a name."""
        other = self.run_command("admin", "/me hello")
        self.assertIn('"admin" can\'t be a nickname', other.errors())
        self.assertEqual(other.errors().count("\n"), 0)
        self.assertEqual(other.status(), 1)
        self.assertEqual(names_in(self.hall), [])

    def test_name_taken(self) -> None:
        """What only asks is answered under a name that is taken, by the person in another window perhaps."""
        alice = self.shell("alice")
        alice.type(b"/join #tea\n")
        alice.type(b"/lock\n")
        alice.seen()
        for command, out, error in (
            ("/ls", "nobody is in #lobby\n1 person is in other rooms; /rooms lists them\n", ""),
            ("／LS", "nobody is in #lobby\n1 person is in other rooms; /rooms lists them\n", ""),
            ("/rooms", "rooms you can see: #lobby 0\n", ""),
            ("/ls #tea", "", 'there is no room "#tea"'),
            ("/whois bob", "", 'nobody here is called "bob"'),
            ("/ls #a #b", "", '"alice" is taken'),
            ("/ls\nhunter2", "", '"alice" is taken'),
            ("/ls a\nb", "", '"alice" is taken'),
            ("/h\r/ls\rhunter2", "", '"alice" is taken'),
            ("/away", "", '"alice" is taken'),
            ("/nick bob", "", '"alice" is taken'),
            ("hello", "", '"alice" is taken'),
        ):
            other = self.run_command("alice", command)
            self.assertEqual((other.seen(), other.status()), (out, int(bool(error))))
            self.assertEqual(other.errors()[: len(error) or 1], error)
        self.assertEqual(names_in(self.hall), ["alice"])
        self.assertEqual(alice.seen(), "")

    def test_says(self) -> None:
        """Other words are said to the room, and nothing of it comes back; what is typed on stdin is not read."""
        bob = self.shell("bob")
        bob.seen()
        alice = self.session("alice")
        alice.type(b"not this\n")
        self.assertTrue(alice.ask(b"exec", NS(b"hello there")))
        alice.type(b"nor this\n")
        self.pass_time(alice, bob)
        self.assertEqual((alice.seen(), alice.status()), ("", 0))
        seen = bob.seen()
        self.assertIn("<alice> hello there\n", seen)
        self.assertNotIn("this", seen)

    def test_json(self) -> None:
        """`ssh host json` speaks JSON lines from the first on."""
        alice = self.run_command("alice", "json")
        alice.type(b'{"do": "say", "text": "hi", "id": 7}\n')
        lines = self.said(alice).splitlines()
        self.assertTrue(all(line.startswith('{"event": "') for line in lines))
        self.assertIn('"nickname": "alice"', lines[1])
        self.assertIn('{"event": "done", "id": 7}', lines)
        alice.end()
        self.pass_time(alice)
        self.assertIn('{"event": "goodbye"', alice.seen())
        self.assertEqual(alice.status(), 0)

    def test_json_refused(self) -> None:
        """A program whose name is refused is told in its format."""
        alice = self.run_command("admin", "json")
        self.assertIn('{"event": "refusal"', alice.seen().replace("refused", "refusal"))
        self.assertEqual(alice.status(), 1)

    def test_hall_is_full(self) -> None:
        """Who is turned away for what the hall says is told so before any keys are exchanged."""
        self.hall.capacity = 1
        self.shell("alice")
        other = self.arrive()
        self.assertIn("this chat is full", other.farewell)


class RequestTests(SSHTestCase):
    def test_refused(self) -> None:
        """Subsystems, agents, X11 and whatever else a session may ask for are refused."""
        client = self.session("alice")
        for kind, rest in (
            (b"subsystem", NS(b"sftp")),
            (b"auth-agent-req@openssh.com", b""),
            (b"x11-req", b"\0" + NS(b"") + NS(b"") + bytes(4)),
            (b"env", NS(b"LANG") + NS(b"C")),
            (b"signal", NS(b"TERM")),
            (b"caf\xe9", b""),
        ):
            self.assertFalse(client.ask(kind, rest), kind)
        self.assertTrue(client.ask(b"shell"))
        self.assertFalse(client.ask(b"shell"), "once is enough")
        self.assertFalse(client.ask(b"exec", NS(b"/ls")))

    def test_forwarding(self) -> None:
        """Forwarding is prohibited, other channels are unknown, and a second session is refused."""
        client = self.session("alice")
        for kind, reason in (
            (b"direct-tcpip", connection.OPEN_ADMINISTRATIVELY_PROHIBITED),
            (b"x11", connection.OPEN_ADMINISTRATIVELY_PROHIBITED),
            (b"nonsense", connection.OPEN_UNKNOWN_CHANNEL_TYPE),
            (b"session", connection.OPEN_RESOURCE_SHORTAGE),
        ):
            client.open(kind)
            [failure] = client.take(connection.MSG_CHANNEL_OPEN_FAILURE)
            self.assertEqual(int.from_bytes(failure[4:8]), reason)

    def test_global_requests(self) -> None:
        """Forwarding of ports is refused; keepalives are answered, by a refusal as OpenSSH does."""
        client = self.shell("alice")
        for kind in (b"tcpip-forward", b"keepalive@openssh.com"):
            client.say(connection.MSG_GLOBAL_REQUEST, NS(kind) + b"\1" + NS(b"") + bytes(4))
            self.assertEqual(len(client.take(connection.MSG_REQUEST_FAILURE)), 1)
        self.assertTrue(client.wire.connected)

    def test_behind_the_end(self) -> None:
        """What a client sends in a channel that is closed on both sides is forgotten."""
        client = self.shell("alice")
        client.close()
        client.type(b"hello\n")
        client.grow(100)
        client.end()
        client.close()
        self.assertTrue(client.wire.connected)
        self.assertEqual(client.farewell, "")

    def test_small_packets(self) -> None:
        """Who wants packets of less than 512 bytes is refused: each would cost as much as a large one."""
        for largest in (0, 1, 511):
            client = self.arrive()
            client.enter("alice")
            client.open(largest=largest)
            self.assertTrue(client.take(connection.MSG_CHANNEL_OPEN_FAILURE))


class PaceTests(SSHTestCase):
    limits = {"line_rate": 5, "line_burst": 10}

    def test_held_back(self) -> None:
        """Who types too fast is read later: all is heard, in order, and the window stays shut meanwhile."""
        self.entrance.apply(replace(self.entrance.limits, sendq=1 << 20))
        alice = self.shell("alice")
        alice.type(b"".join(b"%d %s\n" % (number, b"x" * 300) for number in range(45)))
        alice.end()
        self.assertEqual(alice.take(connection.MSG_CHANNEL_WINDOW_ADJUST), [])
        heard = ""
        for _ in range(400):
            self.clock.advance(0.1)
            alice.meet()
            heard += alice.seen()
        numbers = [line.split()[2] for line in heard.splitlines() if "<alice>" in line]
        self.assertEqual(numbers, [str(number) for number in range(45)])
        self.assertIn("-- goodbye, alice", heard)

    def test_window_opens_again(self) -> None:
        """The window opens again when what was sent is read."""
        alice = self.shell("alice")
        for number in range(10):
            alice.type(b"%d\n" % number + b"x" * 1500 + b"\n")
        self.clock.pump([1] * 20)
        alice.meet()
        [grown] = alice.take(connection.MSG_CHANNEL_WINDOW_ADJUST)
        self.assertGreater(int.from_bytes(grown[4:8]), 8 * 1024)

    def test_more_than_the_window(self) -> None:
        """Who sends more than the window has room for is disconnected, and told why."""
        alice = self.shell("alice")
        alice.type(b"x" * 16_385)
        self.assertIn("more was sent than there is room for", alice.farewell)
        self.assertEqual(names_in(self.hall), ["alice"])
        self.clock.advance(LINGER)
        self.assertEqual(names_in(self.hall), [])

    def test_private_line_to_a_command(self) -> None:
        """A private line to whoever is here for a command alone would not be shown, and is given back."""
        bob = self.shell("bob")
        alice = self.session("alice")
        self.assertTrue(alice.ask(b"exec", NS(b"/ls\n" * 10)))
        bob.type(b"@alice psst\n")
        self.assertIn("!! not sent: psst\n", self.said(bob))
        self.clock.pump([1] * 10)
        alice.meet()
        self.assertEqual(alice.status(), 0)


class LimitTests(SSHTestCase):
    def test_counted_once(self) -> None:
        """A connection is counted when it comes, not again for its session, and no more when it is gone."""
        self.entrance.apply(replace(self.entrance.limits, max_per_address=2))
        alice, bob = self.shell("alice"), self.shell("bob")
        self.assertEqual(self.entrance.gate.connections, 2)
        third = self.arrive()
        self.assertIn("your address has reached its limit on connections (2)", third.farewell)
        self.assertTrue(third.wire.write_closed)
        self.clock.advance(LINGER)
        self.assertTrue(third.wire.aborted)
        for client in (alice, bob):
            client.wire.loseConnection()
        self.assertEqual(self.entrance.gate.connections, 0)

    def test_same_gate(self) -> None:
        """Connections to other ports count beside it."""
        self.entrance.apply(replace(self.entrance.limits, max_connections=1))
        self.connect(b"alice\n")
        self.assertIn("the limit on connections (1) is reached", self.arrive().farewell)
