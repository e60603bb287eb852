"""Tests for chatd.doors.ssh.transport: what one connection may cost, and what a client's mistakes lead to."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.conch.ssh import connection, transport
from twisted.conch.ssh.common import NS, getNS
from twisted.conch.ssh.keys import Key

from chatd.doors.ssh.auth import LOGIN_WITHIN
from chatd.doors.ssh.factory import PENDING
from chatd.doors.ssh.transport import HELLO_WITHIN, REKEYS, Transport
from chatd.wire.lifetime import LINGER
from tests.doors.ssh.client import KEXINIT, NEWKEYS, Client, SSHTestCase, Wire, names_in


class AgreementTests(SSHTestCase):
    def test_offered(self) -> None:
        """Nothing is compressed before login, or ever; nothing is offered that would need strict key exchange."""
        client = self.arrive()
        parts = getNS(client.otherKexInitPayload[17:], 10)[:10]
        for compressions in parts[6:8]:
            self.assertEqual(compressions, b"none")
        offered = b",".join(parts)
        for weak in (b"chacha20", b"-etm", b"cbc", b"sha1", b"md5", b"zlib", b"ssh-rsa", b"group14"):
            self.assertNotIn(weak, offered)
        self.assertTrue(parts[0].startswith((b"mlkem768x25519-sha256,curve25519-sha256", b"curve25519-sha256")))
        self.assertEqual(parts[1], b"ssh-ed25519")

    def test_server_sig_algs(self) -> None:
        """Clients are told which of their own keys are taken: RSA keys with SHA-2, whatever the host key is."""
        client = self.arrive()
        [told] = client.take(transport.MSG_EXT_INFO)
        name, value = getNS(told[4:], 2)[:2]
        self.assertEqual(name, b"server-sig-algs")
        self.assertIn(b"rsa-sha2-512", value.split(b","))
        self.assertIn(b"ssh-ed25519", value.split(b","))
        self.assertNotIn(b"ssh-rsa", value.split(b","))

    def test_same_key(self) -> None:
        """The host key is the one in the file."""
        client = self.arrive()
        self.assertTrue(client.is_secure)
        self.assertEqual(Key.fromFile(str(self.key_file)).public(), self.port.publicKeys[b"ssh-ed25519"])


class DeadlineTests(SSHTestCase):
    def test_silence(self) -> None:
        """Who sends no KEXINIT within 15 s is told so and closed."""
        server = self.port.buildProtocol(None)
        wire = Wire(server)
        server.makeConnection(wire)
        self.clock.advance(HELLO_WITHIN - 0.1)
        self.assertFalse(wire.write_closed)
        wire.clear()
        self.clock.advance(0.2)
        self.assertIn(b"you did not log in in time", wire.value())
        self.assertTrue(wire.write_closed)
        self.clock.advance(LINGER)
        self.assertTrue(wire.aborted)
        self.assertEqual(self.entrance.gate.connections, 0)

    def test_no_login(self) -> None:
        """Who asks for no shell within 120 s is closed too, logged in or not."""
        strangers = [self.arrive(), self.arrive(), self.session("alice")]
        strangers[1].ask_service()
        self.clock.advance(LOGIN_WITHIN - 0.1)
        for client in strangers:
            client.meet()
            self.assertEqual(client.farewell, "")
        self.clock.advance(0.2)
        for client in strangers:
            client.meet()
            self.assertIn("you did not log in in time", client.farewell)
        self.clock.advance(LINGER)
        self.assertEqual(self.entrance.gate.connections, 0)

    def test_logged_in(self) -> None:
        """Who is in stays."""
        alice = self.shell("alice")
        self.clock.advance(10 * LOGIN_WITHIN)
        self.assertTrue(alice.wire.connected)

    def test_too_many_pending(self) -> None:
        """Of more than a hundred who are not in yet, the oldest is closed."""
        alice = self.shell("alice")
        first, *_ = waiting = [self.waiting(number) for number in range(PENDING)]
        self.assertFalse(first.write_closed)
        self.waiting(PENDING)
        self.assertTrue(first.write_closed)
        self.assertFalse(any(wire.write_closed for wire in waiting[1:]))
        self.assertFalse(alice.wire.write_closed)

    def waiting(self, number: int) -> Wire:
        server = self.port.buildProtocol(None)
        wire = Wire(server, f"10.0.{number}.1")
        server.makeConnection(wire)
        return wire

    limits = {"max_connections": 1000}


class MistakeTests(SSHTestCase):
    """trial fails a test that logs an error, so that each of these shows that there is no traceback either."""

    def assertDisconnected(self, client: Client, why: str = "") -> None:
        client.meet()
        self.assertIn(why, client.farewell)
        self.assertTrue(client.wire.write_closed)
        self.clock.advance(LINGER)
        self.assertEqual(self.entrance.gate.connections, 0)
        self.assertEqual(self.entrance.connections, set())

    def test_no_ssh(self) -> None:
        """What is no SSH at all is closed."""
        for sent in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01" + bytes(300), b"SSH-1.5-x\r\n", b"x" * 5000):
            client = Client(self.port.buildProtocol(None))
            client.server.makeConnection(client.wire)
            client.server.dataReceived(sent)
            client.server.dataReceived(b"more\n")
            self.clock.advance(HELLO_WITHIN)
            self.clock.advance(LINGER)
            self.assertTrue(client.wire.aborted, sent)
        self.assertEqual(self.entrance.gate.connections, 0)

    def test_early(self) -> None:
        """Nothing but the key exchange is taken before there are keys, and nothing before a version."""
        for packet in (
            struct.pack(">LB", 12, 10) + bytes((KEXINIT,)) + bytes(9) + b"\n",
            b"SSH-2.0-x\r\n" + struct.pack(">LB", 12, 10) + b"\5" + bytes(10),
            b"SSH-2.0-x\r\n" + struct.pack(">LB", 12, 10) + b"\x32" + bytes(10),
            b"SSH-2.0-x\r\n" + struct.pack(">LB", 12, 10) + bytes((NEWKEYS,)) + bytes(10),
        ):
            client = Client(self.port.buildProtocol(None))
            client.makeConnection(client.sent)
            client.sent.clear()
            client.server.makeConnection(client.wire)
            client.server.dataReceived(packet)
            self.assertTrue(client.wire.write_closed, packet)

    def test_torn_packets(self) -> None:
        """Packets that end early, wherever it may be, are refused."""
        for number in (5, 80, 90, 94, 98):
            client = self.session("alice")
            client.say(number, b"\0\0\0")
            self.assertTrue(client.wire.write_closed or client.wire.connected)
            client.wire.loseConnection()
        client = self.session("alice")
        client.say(connection.MSG_CHANNEL_REQUEST, struct.pack(">L", 0) + NS(b"shell"))
        self.assertDisconnected(client, "a packet could not be read")

    def test_bad_mac(self) -> None:
        """A packet that was changed on its way is the last."""
        client = self.session("alice")
        client.server.dataReceived(bytes(200))
        self.assertDisconnected(client)

    def test_long_packet(self) -> None:
        """A packet of more than 64 KiB is not waited for."""
        client = self.arrive()
        client.sendPacket(transport.MSG_IGNORE, NS(bytes(200_000)))
        sent = client.sent.value()
        client.sent.clear()
        for start in range(0, len(sent), 4096):
            client.server.dataReceived(sent[start : start + 4096])
        self.assertLess(len(client.server.buf), 80_000)
        self.assertDisconnected(client, "a packet is too long")

    def test_services(self) -> None:
        """There are two services, each once, one after the other."""
        client = self.arrive()
        client.ask_service(b"ssh-connection")
        self.assertDisconnected(client, "don't have service")
        client = self.arrive()
        client.ask_service(b"nonsense")
        self.assertDisconnected(client)
        client = self.arrive()
        client.enter("alice")
        client.ask_service()
        self.assertDisconnected(client)

    def test_too_many_keys(self) -> None:
        """Keys may be exchanged again, but not all the time."""
        client = self.shell("alice")
        for _ in range(REKEYS - 2):
            client.sendKexInit()
            client.meet()
            client.type(b"hello\n")
            self.assertIn("hello", self.said(client))
        client.sendKexInit()
        self.assertDisconnected(client, "new keys are asked for too often")

    def test_unexpected(self) -> None:
        """Messages that only a server sends are refused."""
        for number, payload in ((81, b""), (82, b""), (91, bytes(16)), (92, bytes(16)), (50, b"")):
            client = self.shell("alice")
            client.say(number, payload)
            client.wire.loseConnection()
        self.assertEqual(names_in(self.hall), [])

    def test_goodbye(self) -> None:
        """A client may say why it disconnects."""
        client = self.shell("alice")
        client.say(transport.MSG_DISCONNECT, struct.pack(">L", 11) + NS(b"bye \xff") + NS(b""))
        self.assertFalse(client.wire.connected)
        self.assertEqual(names_in(self.hall), [])


class AnyPacketTests(SSHTestCase):
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(st.integers(1, 110), st.binary(max_size=60)), max_size=6), st.booleans())
    def test_any_packets(self, packets: list[tuple[int, bytes]], is_in: bool) -> None:
        """Whatever packets come, others are served, nothing is logged, and nothing is left when it is gone."""
        self.setUp()
        client = self.shell("alice") if is_in else self.arrive()
        for number, payload in packets:
            if not client.wire.connected:
                break
            client._keyExchangeState = client._KEY_EXCHANGE_NONE
            client.sendPacket(number, payload)
            sent = client.sent.value()
            client.sent.clear()
            client.server.dataReceived(sent)
        if client.wire.connected:
            client.wire.loseConnection()
        self.assertEqual(self.entrance.gate.connections, 0)
        self.assertEqual(self.entrance.connections, set())
        bob = self.shell("bob")
        bob.type(b"hello\n")
        self.assertIn("<bob> hello", self.said(bob))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.binary(max_size=200), max_size=5), st.booleans())
    def test_any_bytes(self, segments: list[bytes], says_version: bool) -> None:
        """So do any bytes."""
        self.setUp()
        server: Transport = self.port.buildProtocol(None)
        wire = Wire(server)
        server.makeConnection(wire)
        for segment in ([b"SSH-2.0-x\r\n"] if says_version else []) + segments:
            if wire.connected:
                server.dataReceived(segment)
        self.clock.advance(HELLO_WITHIN)
        self.clock.advance(LINGER)
        self.assertTrue(wire.aborted)
        self.assertEqual(self.entrance.gate.connections, 0)
