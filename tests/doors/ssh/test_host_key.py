"""Tests for chatd.doors.ssh.host_key and the endpoints of chatd.doors.ssh.factory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from twisted.conch.ssh.keys import Key
from twisted.internet import reactor
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatd.daemon.service import ChatService
from chatd.daemon.settings import BadSetting, Settings
from chatd.doors.ssh.host_key import NAME, host_key


class HostKeyTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.path = self.folder / "key"

    def test_made(self) -> None:
        """The key is made where there is none: for its owner alone, ed25519, and the same ever after."""
        key = host_key(self.path)
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(key.type(), "Ed25519")
        self.assertEqual(host_key(self.path), key)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["key"])

    def test_read_by_others(self) -> None:
        """A key that others may read is refused, with what to do about it."""
        host_key(self.path)
        for mode in (0o640, 0o604, 0o660):
            self.path.chmod(mode)
            error = self.assertRaises(ValueError, host_key, self.path)
            self.assertIn(f"chmod 600 {self.path}", str(error))

    def test_no_key(self) -> None:
        """A file without a private ed25519 key is refused, and is left as it is."""
        public = host_key(self.folder / "other").public().toString("openssh")
        other = Key(rsa.generate_private_key(65537, 2048)).toString("openssh", subtype="v1")
        for text in (b"", b"nonsense", public, other):
            self.path.write_bytes(text)
            self.path.chmod(0o600)
            self.assertRaises(ValueError, host_key, self.path)
            self.assertEqual(self.path.read_bytes(), text)

    def test_no_folder(self) -> None:
        """A key that can't be made or read is one clear line."""
        error = self.assertRaises(ValueError, host_key, self.folder / "none" / "key")
        self.assertIn("can't be written (No such file or directory)", str(error))
        self.assertIn("can't be read", str(self.assertRaises(ValueError, host_key, self.folder)))


class Reactor(MemoryReactorClock):
    """Opens no port; what threads have done is handed to the real one."""

    def callFromThread(self, call: Callable[..., object], *arguments: object) -> None:
        IReactorFromThreads(reactor).callFromThread(call, *arguments)


class EndpointTests(TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.reactor = Reactor()

    def open(self, endpoint: str, **settings: Any) -> ChatService:
        service = ChatService(Settings(listen=(endpoint,), **settings), self.reactor)
        service.privilegedStartService()
        service.startService()
        self.addCleanup(service.stopService)
        return service

    def test_named(self) -> None:
        """`ssh:` is opened on a port of TCP, with the key in the file that is named."""
        self.open(rf"ssh:2222:interface=127.0.0.1:hostKey={self.folder}/a\:key")
        self.assertEqual(self.reactor.tcpServers[0][0], 2222)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["a:key"])

    def test_in_the_state_folder(self) -> None:
        """Unless a file is named, it is in the state folder."""
        self.open("ssh:2222:interface=127.0.0.1", state=str(self.folder))
        self.assertTrue((self.folder / NAME).exists())

    def test_refused(self) -> None:
        """Without a place for the key, or without a port, it is one clear line."""
        for endpoint, why in (
            ("ssh:2222", "the host key needs a file, as in ssh:2222:hostKey=FILE, or a folder: --state"),
            (f"ssh:hostKey={self.folder}/key", "a port is needed"),
            ("ssh:x:hostKey=key", ""),
        ):
            error = self.assertRaises(BadSetting, self.open, endpoint, state=None)
            self.assertIn(f"listen {endpoint}: {why}", str(error))
            self.assertNotIn("tcp:2428 would work", str(error))
