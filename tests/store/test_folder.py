"""Tests for chatd.store.folder."""

import os
import sys
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from chatd.store.folder import FolderInUse, FolderUnusable, StateFolder

TRY = """
import sys
from chatd.store.folder import StateFolder, StoreError
try:
    StateFolder.take(sys.argv[1])
except StoreError as error:
    print(error)
"""


class FolderTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute()

    def take(self) -> StateFolder:
        folder = StateFolder.take(str(self.path))
        assert folder is not None
        self.addCleanup(folder.release)
        return folder

    def test_made(self) -> None:
        """It is made for its owner alone, whatever the umask is, and is there to be used again."""
        self.addCleanup(os.umask, os.umask(0))
        self.assertEqual(self.take().path, self.path)
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o700)

    def test_given(self) -> None:
        """One that is there is used as it is."""
        self.path.mkdir(mode=0o755)
        self.take()
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o755)

    def test_none(self) -> None:
        """`none` keeps nothing."""
        self.assertIs(StateFolder.take("none"), None)
        self.assertFalse(Path("none").exists())

    def test_in_use(self) -> None:
        """A second daemon can't have it, and is told so in one line that begins with the reason."""
        self.take()
        self.assertRaises(FolderInUse, StateFolder.take, str(self.path))
        told = run([sys.executable, "-c", TRY, self.path], stdout=PIPE, text=True, check=True).stdout
        self.assertEqual(told, f"in use by another chatd: the state folder {self.path}; give each its own by --state\n")

    def test_released(self) -> None:
        """When the first one is done with it, or has died, the second can have it."""
        folder = StateFolder.take(str(self.path))
        assert folder is not None
        folder.release()
        run([sys.executable, "-c", TRY, self.path], check=True)
        self.take()

    def test_unusable(self) -> None:
        """A folder that can't be made, or is none, is refused with the reason."""
        self.path.touch()
        for path, reason in ((self.path, "File exists"), (self.path.with_name("no") / "folder", "No such file")):
            refusal = self.assertRaises(FolderUnusable, StateFolder.take, str(path))
            self.assertTrue(str(refusal).startswith(reason), refusal)

    def test_not_writable(self) -> None:
        """So is one in which nothing can be written."""
        with TemporaryDirectory() as around:
            Path(around).chmod(0o755)
            path = Path(around) / "state"
            path.mkdir(mode=0o555)
            if os.geteuid() == 0:  # who may write anywhere
                os.seteuid(65534)
                self.addCleanup(os.seteuid, 0)
            refusal = self.assertRaises(FolderUnusable, StateFolder.take, str(path))
            os.seteuid(os.getuid())
        self.assertTrue(str(refusal).startswith("Permission denied"), refusal)
