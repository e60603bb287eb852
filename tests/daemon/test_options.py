"""Tests for chatd.daemon.options: the command line, and a configuration file below it."""

import re
from contextlib import chdir
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from chatd.daemon.options import CannotStart, Options
from chatd.daemon.settings import SETTINGS, BadSetting, Settings, rule


class OptionsTests(SynchronousTestCase):
    def parsed(self, *arguments: str) -> Settings:
        options = Options()
        options.parseOptions(list(arguments))
        return options.settings()

    def assertRefused(self, *arguments: str, because: str) -> None:
        error = self.assertRaises((BadSetting, CannotStart), self.parsed, *arguments)
        self.assertIn(because, str(error))
        self.assertNotIn("\n", str(error))

    def test_defaults(self) -> None:
        """Without options, the settings are the defaults."""
        self.assertEqual(self.parsed(), Settings())

    def test_all(self) -> None:
        """Each option sets its setting; --listen may come again."""
        settings = self.parsed(
            "--listen",
            "tcp:1",
            "--listen=tcp:2",
            "--title",
            "the lab",
            "--capacity",
            "2",
            "--sendq",
            "64",
            "--stall-timeout",
            "5",
        )
        self.assertEqual(settings.listen, ("tcp:1", "tcp:2"))
        self.assertEqual(
            (settings.title, settings.capacity, settings.sendq, settings.stall_timeout), ("the lab", 2, 64, 5)
        )

    def test_refused(self) -> None:
        """A value that is not allowed, or an unknown option, is one clear line."""
        self.assertRefused("--capacity", "0", because="--capacity 0: a whole number from 1")
        self.assertRefused("--motd", "/does/not/exist", because="can't be read (No such file")
        self.assertRefused("--frobnicate", because="--help lists the options")
        self.assertRefused("extra", because="--help lists the options")

    def test_help(self) -> None:
        """--help explains every option with its value and its default."""
        text = re.sub(r"\s+", " ", str(Options()))
        for name in ("config", *SETTINGS):
            self.assertIn(f"--{name}{'' if name == 'metrics-public' else '='}", text)
        for name in SETTINGS:
            self.assertIn(f"[{rule(name).value}, default: " if rule(name).value else rule(name).help, text)

    def test_configuration(self) -> None:
        """The command line wins over the configuration file, and that over the defaults."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        (folder / "chatd.toml").write_text('listen = ["tcp:1"]\ntitle = "file"\ncapacity = 7\nsendq = 64\n')
        with chdir(folder):
            options = Options()
            options.parseOptions(
                ["--config=chatd.toml", "--title=line", "--capacity=none", "--listen=tcp:2", "--metrics-public"]
            )
        settings = options.settings()  # also from another folder, as a daemon
        self.assertEqual((settings.title, settings.capacity, settings.sendq), ("line", None, 64))
        self.assertEqual((settings.listen, settings.metrics_public), (("tcp:2",), True))
        (folder / "chatd.toml").write_text("sendq = 32\n")
        self.assertEqual(options.settings().sendq, 32)
        (folder / "chatd.toml").write_text("sendq = 1\n")
        error = self.assertRaises(BadSetting, options.settings)
        self.assertEqual(str(error), f"{folder}/chatd.toml: sendq: a whole number from 16 to 65,536 is allowed")

    def test_empty(self) -> None:
        """An empty value is a value, and refused as any other."""
        self.assertRefused("--title=", because="--title : a text of 1 to 60")
