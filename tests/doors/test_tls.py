"""Tests for chatd.doors.tls: line doors behind TLS, with Python's own `ssl` as the client, in memory."""

from __future__ import annotations

import re
import ssl
import subprocess
import sys
from collections.abc import Sequence
from contextlib import chdir
from contextlib import suppress as let_pass
from pathlib import Path

from cryptography.x509 import load_pem_x509_certificate
from hypothesis import given
from hypothesis import strategies as st
from twisted.application.internet import TimerService
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, execute
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import LogEvent, capturedLogs, formatEvent
from twisted.python.failure import Failure

from chatd.doors.certificate import DAY
from chatd.doors.tls import CHECK_EVERY, HANDSHAKE_WITHIN, SPEAKS_TLS, TLSConnection, TLSFactory, behind_tls
from chatd.wire.lifetime import LINGER
from tests.daemon.test_service import CHECKOUT
from tests.doors.test_certificate import write_pair
from tests.doors.test_line import DoorTestCase


class Wire(StringTransport):
    """The connection below TLS: as with TCP, what is closed is lost a moment later, and takes no more until then."""

    def __init__(self, connection: TLSConnection, clock: Clock) -> None:
        super().__init__(peerAddress=IPv4Address("TCP", "10.0.0.1", 4000))
        self._connection = connection
        self._clock = clock
        self.aborted = False
        self.closes_in_turn = True

    def write(self, data: bytes) -> None:
        if not self.disconnecting:
            super().write(data)

    def loseConnection(self) -> None:
        self._end(ConnectionDone())

    def loseWriteConnection(self) -> None:
        """The client closes its side when the door has closed its own, if it `closes_in_turn`."""
        if self.closes_in_turn:
            self.loseConnection()

    def abortConnection(self) -> None:
        self.aborted = True
        self._end(ConnectionAborted())

    def lose(self, reason: Exception) -> None:
        """Break."""
        self.connected, self.disconnecting = False, True
        self._connection.connectionLost(Failure(reason))

    def taken(self) -> bytes:
        """Return what the door has sent since the last call."""
        data: bytes = self.value()
        self.clear()
        return data

    def _end(self, reason: Exception) -> None:
        if not self.disconnecting:
            self.disconnecting = True
            self._clock.callLater(0, self.lose, reason)


class Client:
    """Speaks TLS at the other end of a wire."""

    def __init__(self, connection: TLSConnection, clock: Clock, context: ssl.SSLContext) -> None:
        self.wire = Wire(connection, clock)
        self.door = connection
        self._arriving, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._arriving, self._leaving)
        self._seen = b""
        self._closed = False
        connection.makeConnection(self.wire)

    def hello(self) -> bytes:
        """Return what a client says first."""
        self._advance()
        return self._leaving.read()

    def type(self, text: str) -> None:
        self.meet()
        self._tls.write(text.encode())
        self.meet()

    def send_and_close(self, records: list[str]) -> None:
        """Send these, then goodbye (close_notify), without waiting for anything."""
        for record in records:
            self._tls.write(record.encode())
        with let_pass(ssl.SSLWantReadError):
            self._tls.unwrap()
        self._closed = True
        self.door.dataReceived(self._leaving.read())

    def meet(self) -> None:
        """Carry bytes to and fro until neither side has any more."""
        while True:
            self._advance()
            leaving, arriving = self._leaving.read(), self.wire.taken()
            if leaving and not self.wire.disconnecting:
                self.door.dataReceived(leaving)
            self._arriving.write(arriving)
            if not leaving and not arriving:
                return

    def seen(self) -> str:
        """Return what came since the last call."""
        self.meet()
        seen, self._seen = self._seen, b""
        return seen.decode()

    def certificate(self) -> bytes | None:
        return self._tls.getpeercert(binary_form=True)

    def _advance(self) -> None:
        if self._closed:
            return
        try:
            self._tls.do_handshake()
            while data := self._tls.read(65536):
                self._seen += data
            self._closed = True
            self._tls.unwrap()
        except ssl.SSLWantReadError:
            pass


def any_certificate() -> ssl.SSLContext:
    """Return how a client speaks that trusts everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class TLSTestCase(DoorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        write_pair(self.folder)
        self.tls = self.behind("2429")[1]
        self.clients: list[Client] = []

    def behind(
        self, endpoint: str, files: str = "privateKey={0}/key.pem:certKey={0}/cert.pem"
    ) -> tuple[str, TLSFactory, TimerService]:
        return behind_tls(
            f"ssl:{endpoint}:{files.format(self.folder)}", self.factory, self.clock, execute, self.clock.seconds
        )

    def client(self, context: ssl.SSLContext | None = None) -> Client:
        client = Client(self.tls.buildProtocol(None), self.clock, context or any_certificate())
        self.clients.append(client)
        return client

    def enter(self, nickname: str) -> Client:
        """Return a client that has given its nickname, after what came of that."""
        client = self.client()
        client.type(f"{nickname}\n")
        self.seen_by(client)
        return client

    def seen_by(self, client: Client) -> str:
        """Return what arrived, after the time that notices may take; all clients take theirs."""
        for _ in range(100):
            self.clock.advance(0.02)
            for other in self.clients:
                other.meet()
        return client.seen()

    def assertLeftNoTrace(self) -> None:
        """Nobody is here any more, nothing is waited for, and no failure was logged."""
        self.clock.pump([1, 1])
        self.assertEqual((self.entrance.connections, list(self.hall.members)), (set(), []))
        self.assertEqual(self.entrance.server.sessions, {})
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.flushLoggedErrors(), [])


class TalkTests(TLSTestCase):
    def test_talk(self) -> None:
        """Behind TLS is the same door, also to the clients of a plain port."""
        alice = self.client()
        self.assertEqual(self.seen_by(alice), "-- welcome to the lab; 0 people are here\r\nNickname: ")
        alice.type("alice\n")
        door, bob = self.connect(b"bob\n")
        self.assertIn("-- you are alice in #lobby", self.seen_by(alice))
        door.dataReceived("你好\n".encode())
        self.assertIn("<bob> 你好\r\n", self.seen_by(alice))
        alice.type("hello\nquit\n")
        self.assertTrue(self.seen_by(alice).endswith("<alice> hello\r\n-- goodbye, alice\r\n"))
        self.assertIn("<alice> hello\r\n-- alice left", self.seen(bob))

    def test_private(self) -> None:
        """What is typed here can't be read on its way, unlike on a plain connection from another machine."""
        client = self.client()
        client.type("alice\n")
        [behind_tls] = self.entrance.connections
        self.assertTrue(behind_tls.session.client.is_private)
        plain, _ = self.connect(b"bob\n")
        self.assertFalse(plain.connection.is_private)

    def test_nothing_before_the_handshake(self) -> None:
        """Nothing is sent to a client before it speaks."""
        client = self.client()
        self.clock.pump([0.1] * 100)
        self.assertEqual(client.wire.value(), b"")

    def test_long_answer(self) -> None:
        """An answer of more than TLS takes at once arrives whole."""
        alice = self.enter("alice")
        alice.type("/h all\n" * 100)
        self.assertEqual(self.seen_by(alice).count("-- /quit [why...]"), 100)

    def test_application_protocols(self) -> None:
        """A client that offers protocols by ALPN, as curl does, is served; none is agreed on."""
        context = any_certificate()
        context.set_alpn_protocols(["h2", "http/1.1"])
        self.assertIn("-- welcome", self.seen_by(self.client(context)))

    def test_versions(self) -> None:
        """TLS 1.2 and 1.3 are spoken, and nothing older."""
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = any_certificate()
            context.minimum_version = context.maximum_version = version
            self.assertIn("-- welcome", self.seen_by(self.client(context)))
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            context = any_certificate()
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
            client = self.client(context)
            with self.assertRaisesRegex(ssl.SSLError, "PROTOCOL_VERSION"):
                client.meet()
            with capturedLogs() as events:
                self.clock.advance(0)
            self.assertEqual(
                [formatEvent(event) for event in events],
                ["10.0.0.1:4000 left before giving a nickname (no TLS handshake: unsupported protocol)"],
            )
        self.flushWarnings()  # that these versions are out of date

    def test_weak_cipher(self) -> None:
        """Ciphers of TLS 1.2 without authenticated encryption are not spoken."""
        context = any_certificate()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE-ECDSA-AES128-SHA")
        client = self.client(context)
        self.assertRaises(ssl.SSLError, client.meet)
        self.clock.advance(0)
        self.assertLeftNoTrace()

    def test_half_closed(self) -> None:
        """A client that has sent all it will, and still reads, gets every reply before the connection closes."""
        client = self.client()
        client.type("alice\nhello\n")
        client.door.readConnectionLost()
        self.assertTrue(client.seen().endswith("<alice> hello\r\n-- goodbye, alice\r\n"))
        self.assertTrue(client.wire.disconnecting)
        self.assertLeftNoTrace()

    def test_lost(self) -> None:
        """A connection that breaks leaves no trace."""
        for reason in (ConnectionLost(), ConnectionDone()):
            bob, alice = self.enter("bob"), self.enter("alice")
            self.seen_by(bob)
            alice.wire.lose(reason)
            self.assertIn("-- alice left (connection lost)", self.seen_by(bob))
            bob.type("quit\n")
            self.assertLeftNoTrace()


class PasteTests(TLSTestCase):
    limits = {"line_rate": 5, "line_burst": 10, "byte_rate": 4096, "byte_burst": 16384}
    pasted = [f"line {number}" for number in range(30)]

    def paste(self, records: list[str]) -> str:
        """Return what bob sees of alice, who sends these records, and her goodbye, at once."""
        bob, alice = self.enter("bob"), self.enter("alice")
        self.clock.advance(10)
        alice.send_and_close(records)
        seen = "".join(self.seen_by(bob) for _ in range(5))
        self.assertIn("-- alice left", seen)
        bob.type("quit\n")
        self.seen_by(bob)
        self.assertLeftNoTrace()
        return seen

    def test_held_back(self) -> None:
        """Lines that are held back are all said, in one record or in many, though a goodbye is behind them."""
        for records in (["".join(f"{line}\n" for line in self.pasted)], [f"{line}\n" for line in self.pasted]):
            self.assertEqual(re.findall("<alice> (.*)\r\n", self.paste(records)), self.pasted)

    def test_read_later(self) -> None:
        """Meanwhile the wire is not read; it is when all is said."""
        alice = self.enter("alice")
        alice.type("".join(f"{line}\n" for line in self.pasted))
        self.assertEqual(alice.wire.producerState, "paused")
        self.clock.pump([0.1] * 100)
        self.assertEqual(alice.wire.producerState, "producing")


class HandshakeTests(TLSTestCase):
    def assertLeft(self, client: Client, events: Sequence[LogEvent], why: str) -> None:
        self.assertTrue(client.wire.disconnecting)
        self.assertEqual(
            [formatEvent(event) for event in events], [f"10.0.0.1:4000 left before giving a nickname ({why})"]
        )
        self.assertLeftNoTrace()

    def test_plain_text(self) -> None:
        """Plain text of any kind is answered with one plain line that says what would work, then closed and logged."""
        for text in (b"alice\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\n", b"\xff\xfd\x03", b"\x80\x2e\x01", b"\x15\x03\x01"):
            client = self.client()
            with capturedLogs() as events:
                client.door.dataReceived(text)
                self.clock.advance(0)
            self.assertEqual(client.wire.value(), SPEAKS_TLS)
            self.assertLeft(client, events, "plain text where TLS is spoken")

    def test_too_late(self) -> None:
        """What a client sends after it was told that is not looked at, even if it is TLS now."""
        client = self.client()
        client.wire.closes_in_turn = False
        self.clock.advance(HANDSHAKE_WITHIN)
        client.door.dataReceived(client.hello())
        self.assertEqual(client.wire.value(), SPEAKS_TLS)
        self.clock.pump([LINGER, 0])
        self.assertTrue(client.wire.aborted)
        self.assertLeftNoTrace()

    def test_silent(self) -> None:
        """A client that waits for a welcome without a word is told that this is TLS after 15 s, and closed."""
        client = self.client()
        self.clock.advance(HANDSHAKE_WITHIN - 1)
        self.assertEqual(client.wire.value(), b"")
        with capturedLogs() as events:
            self.clock.pump([1, 0])
        self.assertEqual(client.wire.value(), SPEAKS_TLS)
        self.assertLeft(client, events, "no TLS handshake within 15 s")

    def test_stalled(self) -> None:
        """A handshake that has begun and goes no further is cut off after 15 s."""
        hello = self.client().hello()
        for sent in (hello[:1], hello[:-1], hello):
            self.setUp()
            client = self.client()
            client.door.dataReceived(sent)
            self.clock.advance(HANDSHAKE_WITHIN - 1)
            self.assertTrue(client.wire.connected)
            with capturedLogs() as events:
                self.clock.pump([1, 0])
            self.assertTrue(client.wire.aborted)
            self.assertLeft(client, events, "no TLS handshake within 15 s")

    def test_done(self) -> None:
        """Once it is done, no time runs against it but that for the nickname."""
        client = self.client()
        self.clock.advance(HANDSHAKE_WITHIN - 1)
        client.type("alice\n")
        self.clock.advance(1000)
        self.assertEqual([member.nickname for member in self.hall.members], ["alice"])

    def test_split(self) -> None:
        """A handshake that arrives a byte at a time is as good as any."""
        client = self.client()
        for _ in range(10):
            for byte in client.hello():
                client.door.dataReceived(bytes([byte]))
            client._arriving.write(client.wire.taken())
        self.assertIn("-- welcome", self.seen_by(client))

    def test_closed(self) -> None:
        """A client that closes before or within the handshake leaves no trace, and one line in the log."""
        hello = self.client().hello()
        for sent in (b"", hello[:1], hello[:-1], hello):
            for reason in (ConnectionDone(), ConnectionLost()):
                self.setUp()
                client = self.client()
                if sent:
                    client.door.dataReceived(sent)
                with capturedLogs() as events:
                    client.wire.lose(reason)
                self.assertLeft(client, events, "no TLS handshake: connection closed")

    def test_half_closed(self) -> None:
        """A client that will send no more within the handshake can't finish it, and is closed."""
        client = self.client()
        client.door.dataReceived(client.hello())
        with capturedLogs() as events:
            client.door.readConnectionLost()
            self.clock.advance(0)
        self.assertLeft(client, events, "no TLS handshake: connection closed")

    def test_not_trusted(self) -> None:
        """A client that doesn't trust the certificate says so, and the log repeats it."""
        context = any_certificate()
        context.verify_mode = ssl.CERT_REQUIRED
        client = self.client(context)
        self.assertRaises(ssl.SSLCertVerificationError, client.meet)
        with capturedLogs() as events:
            client.door.dataReceived(client._leaving.read())
            self.clock.advance(0)
        self.assertLeft(client, events, "no TLS handshake: tlsv1 alert unknown ca")

    def test_stopping(self) -> None:
        """When the house closes, it waits for a handshake no longer than for what anybody might still take."""
        client = self.client()
        client.door.dataReceived(client.hello())
        with capturedLogs() as events:
            closed = Deferred.fromCoroutine(self.entrance.close_all(4))
            self.clock.pump([4, 0])
        self.successResultOf(closed)
        self.assertLeft(client, events, "chatd stopped")

    @given(st.binary(max_size=600), st.integers(0, 600), st.booleans())
    def test_garbage(self, garbage: bytes, position: int, instead: bool) -> None:
        """Whatever bytes arrive before or within the handshake hurt nobody else, and leave no traceback."""
        self.setUp()
        alice, bob, mallory = self.enter("alice"), self.enter("bob"), self.client()
        self.clients.remove(mallory)  # it understands no answer
        hello = mallory.hello()
        sent = b"\x16" + garbage if instead else hello[:position] + garbage + hello[position + len(garbage) :]
        mallory.door.dataReceived(sent)
        if not mallory.wire.disconnecting:
            mallory.door.dataReceived(garbage or b"\x17")
        bob.type("hello\n")
        self.assertIn("<bob> hello\r\n", self.seen_by(alice))
        self.clock.advance(HANDSHAKE_WITHIN)
        for client in (alice, bob):
            client.type("quit\n")
        self.assertFalse(mallory.wire.connected)
        self.assertLeftNoTrace()


class TrustTests(TLSTestCase):
    limits = {"max_connections": 2}

    def test_broken_record(self) -> None:
        """A record that was changed on its way ends that connection, which the others are told, and no other."""
        alice, bob = self.enter("alice"), self.enter("bob")
        self.seen_by(alice)
        bob.door.dataReceived(b"\x17\x03\x03\x00\x20" + b"x" * 32)
        self.clients.remove(bob)
        self.assertIn("-- bob left (connection lost)", self.seen_by(alice))
        alice.type("still here\n")
        self.assertIn("<alice> still here\r\n", self.seen_by(alice))

    def test_counted(self) -> None:
        """Connections count from their beginning, and one too many is told so once it understands."""
        first, second, third = self.client(), self.client(), self.client()
        self.assertEqual(self.entrance.gate.connections, 3)
        self.assertRegex(self.seen_by(third), r"^!! the limit on connections \(2\) is reached; .*\r\n$")
        self.assertIn("-- welcome", self.seen_by(first))
        self.clock.advance(HANDSHAKE_WITHIN)
        self.assertIn("-- welcome", self.seen_by(second))


class PlainPortTests(DoorTestCase):
    def test_client_hello(self) -> None:
        """TLS on the plain port is answered with one line, closed, and logged in one line."""
        door, line = self.connect()
        self.seen(line)
        with capturedLogs() as events:
            door.dataReceived(bytes.fromhex("1603010200010001fc0303") + b"\n\xff\xff\n" * 9)
            door.dataReceived(b"more\n")
        self.assertEqual(self.seen(line), "\r\n!! this port speaks plain text, not TLS; use telnet or nc\r\n")
        self.assertFalse(line.connected)
        self.assertEqual(
            [formatEvent(event) for event in events],
            ["10.0.0.1:4000 was refused: it speaks TLS where plain text is spoken"],
        )

    def test_keys(self) -> None:
        """The same bytes from somebody who is chatting, Ctrl-V and Ctrl-C, end nothing."""
        _, line = self.connect(b"alice\n", b"\x16\x03", b"hello\n")
        self.assertIn("hello\r\n", self.seen(line))
        self.assertTrue(line.connected)


class RenewalTests(TLSTestCase):
    def test_renewed(self) -> None:
        """New connections get a renewed certificate within a minute; whoever is connected stays so."""
        _, self.tls, watch = self.behind("2429")
        watch.startService()
        alice = self.enter("alice")
        write_pair(self.folder, serial=2)
        before, bob = alice.certificate(), self.enter("bob")
        self.assertEqual(bob.certificate(), before)
        self.clock.advance(CHECK_EVERY)
        carol = self.enter("carol")
        self.assertNotEqual(carol.certificate(), before)
        alice.type("hello\n")
        self.assertIn("<alice> hello\r\n", self.seen_by(carol))
        self.successResultOf(watch.stopService())
        for client in (alice, bob, carol):
            client.type("quit\n")
        self.assertLeftNoTrace()

    def test_ends_soon(self) -> None:
        """A certificate that ends soon is warned of when the daemon starts, and each day after that."""
        write_pair(self.folder, days=10)
        _, _, watch = self.behind("2429")
        with capturedLogs() as events:
            watch.startService()
            self.assertEqual(len(events), 1)
            self.clock.pump([CHECK_EVERY] * int(2 * DAY / CHECK_EVERY))
        self.assertEqual(
            [formatEvent(event) for event in events], [f"{self.folder}/cert.pem expires on 1970-01-11"] * 3
        )
        self.successResultOf(watch.stopService())


class EndpointTests(TLSTestCase):
    def test_below(self) -> None:
        """All but the files is left to the endpoint below, which is TCP unless it is named."""
        for endpoint, below in (
            ("2429", "tcp:2429"),
            ("2429:interface=127.0.0.1:backlog=9", "tcp:2429:interface=127.0.0.1:backlog=9"),
            (r"2429:interface=\:\:1", r"tcp:2429:interface=\:\:1"),
            ("systemd:domain=INET6:name=tls", "systemd:domain=INET6:name=tls"),
            ("unix:/tmp/x", "unix:/tmp/x"),
        ):
            plain, factory, _ = self.behind(endpoint)
            self.assertEqual(plain, below)
            self.assertIsInstance(factory, TLSFactory)

    def test_colon_in_a_name(self) -> None:
        """A backslash takes the meaning from a colon, and from a backslash."""
        folder = self.folder / "a:b\\c=d"
        folder.mkdir()
        write_pair(folder)
        _, factory, _ = self.behind("1", r"privateKey={0}/a\:b\\c=d/key.pem:certKey={0}/a\:b\\c=d/cert.pem")
        self.assertShows(factory, folder / "cert.pem")

    def test_relative_name(self) -> None:
        """Names of files are relative to where chatd was started, also when it has gone to another folder."""
        with chdir(self.folder):
            _, factory, _ = self.behind("1", "privateKey=key.pem:certKey=cert.pem")
        with capturedLogs() as events:
            self.successResultOf(Deferred.fromCoroutine(factory.certificate.check()))
        self.assertEqual(events, [])

    def test_one_file(self) -> None:
        """Without certKey, the key's file holds both."""
        (self.folder / "both.pem").write_bytes(
            (self.folder / "key.pem").read_bytes() + (self.folder / "cert.pem").read_bytes()
        )
        _, factory, _ = self.behind("1", "privateKey={0}/both.pem")
        self.assertShows(factory, self.folder / "cert.pem")

    def assertShows(self, factory: TLSFactory, certificate: Path) -> None:
        shown = factory.certificate.serverConnectionForTLS(None).get_certificate()
        assert shown is not None
        self.assertEqual(shown.to_cryptography(), load_pem_x509_certificate(certificate.read_bytes()))

    def test_refused(self) -> None:
        """A string without port or key, and files that can't be used, are refused in one sentence."""
        for endpoint, why in (
            ("ssl:", "a port and its key are needed, as in ssl:2429:privateKey="),
            ("ssl:2429", "a port and its key are needed"),
            ("ssl:2429:certKey=x", "a port and its key are needed"),
            ("ssl:privateKey=x", "a port and its key are needed"),
            ("ssl:2429:privateKey=/does/not/exist", "/does/not/exist can't be read (No such file or directory)"),
            ("ssl:2429:privateKey=", "can't be read (Is a directory)"),
        ):
            error = self.assertRaises(ValueError, behind_tls, endpoint, self.factory, self.clock)
            self.assertIn(why, str(error))

    def test_not_installed(self) -> None:
        """Without pyOpenSSL chatd serves plain ports, and says what to install when it is asked for TLS."""
        run = "import sys; sys.modules['OpenSSL'] = None; from chatd.daemon.service import *\n"
        run += "options = Options(); options.parseOptions(['--listen=tcp:1', *sys.argv[1:]]); makeService(options)"
        for endpoints, said in (
            ((), ""),
            (
                ("--listen=ssl:2429:privateKey=x",),
                "chatd: listen ssl:2429:privateKey=x: TLS needs pyOpenSSL: pip install '.[tls]'\n",
            ),
        ):
            done = subprocess.run(
                (sys.executable, "-c", run, *endpoints), cwd=CHECKOUT, capture_output=True, text=True, timeout=20
            )
            self.assertTrue(done.stderr.endswith(said), done.stderr)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (len(endpoints), len(endpoints)))
