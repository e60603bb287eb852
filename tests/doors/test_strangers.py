"""Tests for chatd.doors.strangers: programs that take this port for that of another protocol."""

from http.client import HTTPResponse
from socket import socketpair

from twisted.logger import capturedLogs, formatEvent

from chatd.doors.line import GREETED_AFTER
from chatd.doors.strangers import HTTP_HEAD
from tests.doors.test_line import DoorTestCase

# What such a program says first, and what its protocol is called.
STRANGERS = {
    b"POST / HTTP/1.1\r\nHost: localhost:2428\r\nContent-Length: 15\r\n\r\nx\nmallory\nspam\n": "HTTP",
    b"GET /favicon.ico HTTP/1.1\r\n\r\n": "HTTP",
    b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n": "SSH",
    b"*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n": "the Redis protocol",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 2428\r\nmallory\r\n": "the PROXY protocol",
    b"PROXY UNKNOWN\r\n": "the PROXY protocol",
    b"EHLO mail.example.org\r\n": "SMTP",
}


class StrangerTests(DoorTestCase):
    def test_turned_away(self) -> None:
        """Each gets one clear line, is closed and logged; nothing that it says is a nickname or said."""
        _, alice = self.connect(b"alice\n")
        for sent, protocol in STRANGERS.items():
            with capturedLogs() as events:
                _, line = self.connect(sent)
            head = HTTP_HEAD.decode() if protocol == "HTTP" else ""
            told = f"!! this port speaks plain text, not {protocol}; use telnet or nc\r\n"
            self.assertEqual(self.seen(line), head + told)
            self.assertFalse(line.connected)
            self.assertEqual(
                [formatEvent(event) for event in events],
                [f"10.0.0.1:4000 was refused: it speaks {protocol} where plain text is spoken"],
            )
        self.assertEqual([member.nickname for member in self.hall.members], ["alice"])
        self.assertNotIn("joined", self.seen(alice))

    def test_http(self) -> None:
        """A browser is answered in HTTP, and nothing else."""
        _, line = self.connect(b"GET / HTTP/1.1\r\n\r\n")
        server, client = socketpair()
        with server, client:
            server.sendall(self.seen(line).encode())
            answer = HTTPResponse(client)
            answer.begin()
            server.close()
            body = answer.read()
        self.assertEqual((answer.status, answer.getheader("Content-Type")), (400, "text/plain; charset=utf-8"))
        self.assertEqual(body, b"!! this port speaks plain text, not HTTP; use telnet or nc\r\n")

    def test_greeting_comes_first(self) -> None:
        """Somebody who only looks like a program, long after the greeting, has that on the screen."""
        door, line = self.connect()
        self.assertEqual(line.value(), b"")
        self.clock.advance(GREETED_AFTER)
        greeting = "-- welcome to the lab; 0 people are here\r\nNickname: "
        self.assertEqual(line.value().decode(), greeting)
        door.dataReceived(b"EHLO there\r\n")
        told = "\r\n!! this port speaks plain text, not SMTP; use telnet or nc\r\n"
        self.assertEqual(self.seen(line), greeting + told)

    def test_gone_before_the_greeting(self) -> None:
        """A probe that closes at once is sent nothing, and nothing waits for it any more."""
        door, line = self.connect()
        door.connectionLost()
        self.clock.advance(1)
        self.assertEqual((line.value(), self.clock.getDelayedCalls()), (b"", []))

    def test_said_in_the_chat(self) -> None:
        """What somebody says who is inside may look like any protocol; so may what only resembles one."""
        door, line = self.connect(b"*2x\n")
        self.clock.advance(1)
        door.dataReceived(b"alice\nGET / HTTP/1.1\nEHLO there\n*1\n")
        self.assertIn("<alice> GET / HTTP/1.1\r\n<alice> EHLO there\r\n<alice> *1\r\n", self.seen(line))
