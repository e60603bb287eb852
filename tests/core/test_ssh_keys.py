"""Tests for chatd.core.ssh_keys: lines of `.pub` files."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.ssh.keys import FingerprintFormats, Key
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.owner_refusals import NoPublicKey
from chatd.core.ssh_keys import fingerprint, read_public_key

KEYS = (
    Key(Ed25519PrivateKey.generate()).public(),
    Key(ec.generate_private_key(ec.SECP384R1())).public(),
    Key(rsa.generate_private_key(65537, 2048)).public(),
)


class PublicKeyTests(SynchronousTestCase):
    def test_line(self) -> None:
        """A line of a .pub file gives the fingerprint that OpenSSH shows, and the comment."""
        for key in KEYS:
            line = key.toString("openssh", comment=b"alice@laptop").decode()
            shown = key.fingerprint(FingerprintFormats.SHA256_BASE64).rstrip("=")
            self.assertEqual(read_public_key(f" {line}\n"), (f"SHA256:{shown.removeprefix('SHA256:')}", "alice@laptop"))
            self.assertEqual(fingerprint(key.blob()), f"SHA256:{shown.removeprefix('SHA256:')}")

    def test_comment(self) -> None:
        """A comment is one clean line of at most 40 characters; without one, it is the key's kind."""
        kind, blob = KEYS[0].toString("openssh").decode().split()[:2]
        self.assertEqual(read_public_key(f"{kind} {blob}")[1], "ssh-ed25519")
        self.assertEqual(read_public_key(f"{kind}  {blob}  a\x07b {'x' * 60}")[1], f"ab {'x' * 37}")

    def test_none(self) -> None:
        """Anything else is refused."""
        kind, blob = KEYS[0].toString("openssh").decode().split()[:2]
        for typed in (
            "",
            kind,
            f"{kind} x",
            f"{kind} {blob[:-3]}",
            f"{kind} \u00e9",
            f"ssh-rsa {blob}",
            f"ssh-dss {blob}",
            f"{kind} AAAAC3NzaC1lZDI1NTE5",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
        ):
            self.assertRaises(NoPublicKey, read_public_key, typed)
