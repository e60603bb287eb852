"""Tests for chatd.doors.certificate: real files, made by the tests themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from OpenSSL import SSL
from twisted.internet.defer import Deferred, execute
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatd.doors.certificate import DAY, Certificate, Credentials

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def signed(key: Key, days: float, serial: int = 1) -> bytes:
    """Return a certificate that a key has signed itself, and that expires so many days after a Clock begins."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "chat.example")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), serial, BEGINNING, BEGINNING + timedelta(days=days))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def pem(
    key: Key | x25519.X25519PrivateKey,
    encryption: KeySerializationEncryption = NoEncryption(),  # noqa: B008
) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def write_pair(folder: Path, days: float = 30_000, serial: int = 1) -> tuple[Path, Path]:
    """Write a new key and its certificate."""
    key = new_key()
    (folder / "key.pem").write_bytes(pem(key))
    (folder / "cert.pem").write_bytes(signed(key, days, serial))
    return folder / "key.pem", folder / "cert.pem"


def shown(certificate: Certificate) -> int:
    """Return the serial number that a new connection would show."""
    found = certificate.serverConnectionForTLS(None).get_certificate()
    assert found is not None
    return found.get_serial_number()


class CertificateTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.clock = Clock()

    def certificate(self, days: float = 30_000) -> Certificate:
        return Certificate(*write_pair(self.folder, days), self.clock.seconds, in_thread=execute)

    def checked(self, certificate: Certificate) -> list[str]:
        """Return what a check logs."""
        with capturedLogs() as events:
            self.successResultOf(Deferred.fromCoroutine(certificate.check()))
        return [f"{event['log_level'].name} {formatEvent(event)}" for event in events]


class RenewalTests(CertificateTestCase):
    def test_unchanged(self) -> None:
        """Files that have not changed are not taken again, and nothing is logged."""
        certificate = self.certificate()
        before = certificate.serverConnectionForTLS(None).get_context()
        self.assertEqual(self.checked(certificate), [])
        self.assertIs(certificate.serverConnectionForTLS(None).get_context(), before)

    def test_renewed(self) -> None:
        """Renewed files are taken at the next check."""
        certificate = self.certificate()
        write_pair(self.folder, days=90, serial=2)
        self.assertEqual(shown(certificate), 1)
        self.assertEqual(
            self.checked(certificate), [f"info {self.folder}/cert.pem was renewed: it is valid until 1970-04-01"]
        )
        self.assertEqual(shown(certificate), 2)

    def test_half_renewed(self) -> None:
        """While the new certificate waits for its new key the old ones stay; that is logged once, not each time."""
        certificate = self.certificate()
        key, path = new_key(), self.folder / "cert.pem"
        path.write_bytes(signed(key, 90, serial=2))
        self.assertEqual(
            self.checked(certificate),
            [
                f"error {self.folder}/key.pem and {path} can't be used together (key values mismatch); "
                "the certificate from before stays in use"
            ],
        )
        self.assertEqual(self.checked(certificate), [])
        self.assertEqual(shown(certificate), 1)
        (self.folder / "key.pem").write_bytes(pem(key))
        self.assertEqual(len(self.checked(certificate)), 1)
        self.assertEqual(shown(certificate), 2)

    def test_gone(self) -> None:
        """A file that is gone leaves the old ones in use, and each time that it goes is logged."""
        certificate = self.certificate()
        path = self.folder / "cert.pem"
        contents = path.read_bytes()
        for _ in range(2):
            path.unlink()
            (line,) = self.checked(certificate)
            self.assertIn(f"error {path} can't be read (No such file or directory); the certificate from", line)
            self.assertEqual(shown(certificate), 1)
            path.write_bytes(contents)
            self.assertEqual(self.checked(certificate), [])

    def test_not_in_the_reactors_thread(self) -> None:
        """Files are read in a thread, and what was read is taken when that is done."""
        jobs: list[Callable[[], Credentials | None]] = []
        done: Deferred[Credentials | None] = Deferred()

        def later(job: Callable[[], Credentials | None]) -> Deferred[Credentials | None]:
            jobs.append(job)
            return done

        certificate = Certificate(*write_pair(self.folder), self.clock.seconds, in_thread=later)
        write_pair(self.folder, serial=2)
        check = Deferred.fromCoroutine(certificate.check())
        (job,) = jobs
        renewed = job()
        self.assertEqual(shown(certificate), 1)
        done.callback(renewed)
        self.successResultOf(check)
        self.assertEqual(shown(certificate), 2)


class ThreadTests(TestCase):
    async def test_default(self) -> None:
        """Unless told otherwise, it is one of the reactor's threads that reads."""
        folder = Path(self.mktemp())
        folder.mkdir()
        certificate = Certificate(*write_pair(folder))
        write_pair(folder, serial=2)
        await certificate.check()
        self.assertEqual(shown(certificate), 2)


class EndTests(CertificateTestCase):
    def test_warned_of(self) -> None:
        """A certificate's end is warned of from 14 days before, once a day, and also when it has passed."""
        certificate = self.certificate(days=15)
        self.assertEqual(self.checked(certificate), [])
        self.clock.advance(DAY + 1)
        lines = self.checked(certificate)
        self.assertEqual(lines, [f"warn {self.folder}/cert.pem expires on 1970-01-16"])
        self.clock.advance(DAY - 1)
        self.assertEqual(self.checked(certificate), [])
        self.clock.advance(1)
        self.assertEqual(self.checked(certificate), lines)
        self.clock.advance(20 * DAY)
        self.assertEqual(self.checked(certificate), [f"warn {self.folder}/cert.pem expired on 1970-01-16"])

    def test_renewed(self) -> None:
        """A renewed certificate that ends soon, too, is warned of at once; one that doesn't is not."""
        certificate = self.certificate(days=1)
        self.assertEqual(len(self.checked(certificate)), 1)
        write_pair(self.folder, days=2)
        self.assertIn(f"warn {self.folder}/cert.pem expires on 1970-01-03", self.checked(certificate))
        write_pair(self.folder, days=90)
        self.assertEqual([line.split()[0] for line in self.checked(certificate)], ["info"])

    def test_broken(self) -> None:
        """It is warned of too when the new files can't be used."""
        certificate = self.certificate(days=1)
        (self.folder / "cert.pem").write_bytes(b"")
        self.assertEqual([line.split()[0] for line in self.checked(certificate)], ["error", "warn"])


class FilesTests(CertificateTestCase):
    def refusal(self, key: bytes, certificate: bytes) -> str:
        """Return why files with these contents are refused, without their folder."""
        (self.folder / "key").write_bytes(key)
        (self.folder / "cert").write_bytes(certificate)
        error = self.assertRaises(
            ValueError, Certificate, self.folder / "key", self.folder / "cert", self.clock, in_thread=execute
        )
        return str(error).replace(f"{self.folder}/", "")

    def test_missing(self) -> None:
        """A file that isn't there, or is a folder, is named."""
        key, path = write_pair(self.folder)
        for paths, named, why in (
            ((self.folder / "x", path), "x", "No such file or directory"),
            ((key, self.folder / "x"), "x", "No such file or directory"),
            ((key, self.folder), "", "Is a directory"),
        ):
            error = self.assertRaises(ValueError, Certificate, *paths, self.clock)
            self.assertEqual(str(error), f"{self.folder / named} can't be read ({why})")

    def test_no_key(self) -> None:
        """A key that isn't one, or has a password, is refused; nobody is asked for the password."""
        key = new_key()
        why = "key holds no private key in PEM format without a password"
        for contents in (b"", b"junk", signed(key, 1), pem(key, BestAvailableEncryption(b"secret"))):
            self.assertEqual(self.refusal(contents, signed(key, 1)), why)

    def test_no_certificate(self) -> None:
        """A certificate that isn't one is refused."""
        key = new_key()
        for contents in (b"", b"junk", pem(key), signed(key, 1)[:-40]):
            self.assertEqual(self.refusal(pem(key), contents), "cert holds no certificate in PEM format")

    def test_not_together(self) -> None:
        """A key of another certificate, or one that TLS can't use, is refused."""
        key, weak = new_key(), rsa.generate_private_key(65537, 1024)
        for other, path in ((new_key(), key), (rsa.generate_private_key(65537, 2048), key), (weak, weak)):
            self.assertIn("key and cert can't be used together (", self.refusal(pem(other), signed(path, 1)))
        x25519_key = pem(x25519.X25519PrivateKey.generate())
        self.assertIn("key and cert can't be used together (", self.refusal(x25519_key, signed(key, 1)))

    def test_one_file(self) -> None:
        """One file may hold the key and the certificate, in either order."""
        key, path = new_key(), self.folder / "both.pem"
        for contents in (pem(key) + signed(key, 1, serial=7), signed(key, 1, serial=7) + pem(key)):
            path.write_bytes(contents)
            self.assertEqual(shown(Certificate(path, path)), 7)

    def test_chain(self) -> None:
        """A client is shown the chain that stands behind the certificate."""
        key, path = write_pair(self.folder)
        with path.open("ab") as file:
            file.write(signed(new_key(), 1, serial=2) + signed(new_key(), 1, serial=3))
        server = Certificate(key, path).serverConnectionForTLS(None)
        client = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), None)
        server.set_accept_state()
        client.set_connect_state()
        for here, there in ((client, server), (server, client)):
            self.assertRaises(SSL.WantReadError, here.do_handshake)
            there.bio_write(here.bio_read(65536))
        client.do_handshake()
        chain = client.get_peer_cert_chain() or ()
        self.assertEqual([shown.get_serial_number() for shown in chain], [1, 2, 3])
