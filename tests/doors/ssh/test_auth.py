"""Tests for chatd.doors.ssh.auth: keys as identities, and those who have none."""

from __future__ import annotations

import struct

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.ssh.common import NS, getNS
from twisted.conch.ssh.keys import FingerprintFormats, Key
from twisted.conch.ssh.userauth import MSG_USERAUTH_FAILURE, MSG_USERAUTH_REQUEST

from chatd.session.identity import NOBODY
from chatd.session.session import Session
from tests.doors.ssh.client import INFO_REQUEST, INFO_RESPONSE, PK_OK, Client, SSHTestCase, names_in

ED25519 = Key(Ed25519PrivateKey.generate())
RSA = Key(rsa.generate_private_key(65537, 2048))
ECDSA = Key(ec.generate_private_key(ec.SECP256R1()))


class KeyTests(SSHTestCase):
    def asking(self) -> Client:
        client = self.arrive()
        client.ask_service()
        return client

    def session_of(self, client: Client) -> Session:
        """Return the session of a client that logs in and asks for a shell."""
        client.open()
        self.assertTrue(client.ask(b"shell"))
        [connection] = self.entrance.connections
        return connection.session

    def test_identity(self) -> None:
        """Whoever proves to hold a key, of any common kind, is known by its fingerprint as OpenSSH shows it."""
        for key, algorithms in (
            (ED25519, [b"ssh-ed25519"]),
            (ECDSA, [b"ecdsa-sha2-nistp256"]),
            (RSA, [b"rsa-sha2-512", b"rsa-sha2-256"]),
        ):
            for algorithm in algorithms:
                client = self.asking()
                client.enter_with(key, "alice", algorithm)
                self.assertTrue(client.is_in, algorithm)
                session = self.session_of(client)
                self.assertEqual(
                    session.identity.fingerprint, f"SHA256:{key.fingerprint(FingerprintFormats.SHA256_BASE64)[:43]}"
                )
                self.assertRegex(session.identity.fingerprint, r"^SHA256:[A-Za-z0-9+/]{43}$")
                self.assertEqual(names_in(self.hall), ["alice"])
                client.wire.loseConnection()

    def test_no_key(self) -> None:
        """Who has no key is let in without a question, and has no identity."""
        client = self.asking()
        client.ask_auth(b"alice", b"keyboard-interactive", NS(b"") + NS(b""))
        [asked] = client.take(INFO_REQUEST)
        self.assertEqual(asked[-4:], bytes(4))
        client.say(INFO_RESPONSE, struct.pack(">L", 0))
        self.assertTrue(client.is_in)
        self.assertEqual(self.session_of(client).identity, NOBODY)

    def test_none(self) -> None:
        """Nobody is let in unasked: clients would never show their keys."""
        client = self.asking()
        for method in (b"none", b"password", b"hostbased", b"caf\xe9", b"", b"keyboard_interactive"):
            client.ask_auth(b"alice", method, b"\0" + NS(b"x"))
            [failure] = client.take(MSG_USERAUTH_FAILURE)
            self.assertEqual(getNS(failure)[0], b"publickey,keyboard-interactive")
        self.assertFalse(client.is_in)

    def test_probe(self) -> None:
        """A client may ask first whether a key would do; it is not let in for that."""
        client = self.asking()
        for key in (ED25519, RSA):
            algorithm = key.supportedSignatureAlgorithms()[0]
            client.ask_auth(b"alice", b"publickey", b"\0" + NS(algorithm) + NS(key.blob()))
            self.assertEqual(client.take(PK_OK), [NS(algorithm) + NS(key.blob())])
        self.assertFalse(client.is_in)

    def test_algorithms(self) -> None:
        """SHA-1 is refused, and so is an algorithm that is not the key's, or not the one that was announced."""
        client = self.asking()
        for key, algorithm, signed_as in (
            (RSA, b"ssh-rsa", None),
            (RSA, b"rsa-sha2-512", b"ssh-rsa"),
            (RSA, b"rsa-sha2-512", b"rsa-sha2-256"),
            (ED25519, b"rsa-sha2-512", b"ssh-ed25519"),
            (ED25519, b"nonsense", b"ssh-ed25519"),
        ):
            client.enter_with(key, "alice", algorithm, signed_as)
            self.assertTrue(client.take(MSG_USERAUTH_FAILURE), (algorithm, signed_as))
        self.assertFalse(client.is_in)

    def test_wrong_signature(self) -> None:
        """A signature for another user, or for another connection, or none at all, lets nobody in."""
        signing, client = self.asking(), self.asking()
        for user, session_id in ((b"bob", client.sessionID), (b"alice", signing.sessionID)):
            asked = NS(user) + NS(b"ssh-connection") + NS(b"publickey") + b"\1" + NS(b"ssh-ed25519")
            data = NS(session_id or b"") + bytes((MSG_USERAUTH_REQUEST,)) + asked + NS(ED25519.blob())
            rest = b"\1" + NS(b"ssh-ed25519") + NS(ED25519.blob()) + NS(ED25519.sign(data))
            client.ask_auth(b"alice", b"publickey", rest)
            self.assertTrue(client.take(MSG_USERAUTH_FAILURE))
        client.ask_auth(b"alice", b"publickey", b"\1" + NS(b"ssh-ed25519") + NS(ED25519.blob()) + NS(b""))
        self.assertFalse(client.is_in)

    def test_no_keys_at_all(self) -> None:
        """Blobs that are no keys are refused, and nothing is logged."""
        client = self.asking()
        for blob in (b"", b"x", NS(b"ssh-ed25519"), NS(b"ssh-ed25519") + NS(b"x"), NS(b"ssh-dss") + bytes(20)):
            client.ask_auth(b"alice", b"publickey", b"\0" + NS(b"ssh-ed25519") + NS(blob))
        self.assertFalse(client.is_in)

    def test_presence(self) -> None:
        """A security key must have been touched."""
        public = ED25519.public()._keyObject.public_bytes_raw()
        blob = NS(b"sk-ssh-ed25519@openssh.com") + NS(public) + NS(b"ssh:")
        for flags, is_good in ((0, False), (1, True)):
            client = self.asking()
            client.user = b"alice"
            asked = NS(b"alice") + NS(b"ssh-connection") + NS(b"publickey") + b"\1" + NS(blob[4:30]) + NS(blob)
            from hashlib import sha256

            data = NS(client.sessionID or b"") + bytes((MSG_USERAUTH_REQUEST,)) + asked
            counted = bytes((flags,)) + bytes(4)
            signed = sha256(b"ssh:").digest() + counted + sha256(data).digest()
            made = NS(ED25519._keyObject.sign(signed))
            client.say(MSG_USERAUTH_REQUEST, asked + NS(NS(blob[4:30]) + made + counted))
            self.assertEqual(client.is_in, is_good)

    def test_attempts(self) -> None:
        """After twenty attempts that fail, the connection is closed."""
        client = self.asking()
        for _ in range(21):
            client.ask_auth(b"alice", b"password", b"\0" + NS(b"x"))
        self.assertIn("too many bad auths", client.farewell)

    def test_unasked_answer(self) -> None:
        """An answer to no question, or to one that was abandoned, lets nobody in."""
        client = self.asking()
        client.say(INFO_RESPONSE, struct.pack(">L", 0))
        client.ask_auth(b"alice", b"keyboard-interactive", NS(b"") + NS(b""))
        client.ask_auth(b"alice", b"none")
        client.say(INFO_RESPONSE, struct.pack(">L", 0))
        self.assertFalse(client.is_in)

    def test_name_of_the_question(self) -> None:
        """The name is the one that was given with what let somebody in."""
        client = self.asking()
        client.ask_auth(b"bob", b"none")
        client.enter_with(ED25519, "alice")
        self.session_of(client)
        self.assertEqual(names_in(self.hall), ["alice"])

    def test_other_service(self) -> None:
        """Nobody logs in for a service that there is not."""
        client = self.asking()
        client.ask_auth(b"alice", b"keyboard-interactive", NS(b"") + NS(b""), service=b"nonsense")
        client.say(INFO_RESPONSE, struct.pack(">L", 0))
        self.assertFalse(client.is_in)


class NoGuestsTests(SSHTestCase):
    guests = False

    def test_no_key(self) -> None:
        """Where guests are not wanted, who has no key is not let in, and is told what there is."""
        client = self.arrive()
        client.ask_service()
        client.ask_auth(b"alice", b"keyboard-interactive", NS(b"") + NS(b""))
        [failure] = client.take(MSG_USERAUTH_FAILURE)
        self.assertEqual(getNS(failure)[0], b"publickey")
        self.assertFalse(client.is_in)
        client.enter_with(ED25519, "alice")
        self.assertTrue(client.is_in)
