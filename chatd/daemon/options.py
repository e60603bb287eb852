"""The command line of `twistd chatd`: the table of settings as options, over those of a configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.python import usage

from chatd import __version__
from chatd.daemon.configuration import load
from chatd.daemon.settings import SETTINGS, BadSetting, Settings, read, rule, shown_default


class CannotStart(SystemExit, Exception):
    """`str()` is the one line on stderr. In the foreground it ends the process as SystemExit, with status 1; a daemon
    that `twistd` has forked hands it to its parent as an Exception.
    """


class Options(usage.Options):
    """The command line, made from the table of settings."""

    synopsis = "[options]"
    longdesc = "A chat daemon that people reach with telnet or nc. Stop it with SIGTERM or Ctrl-C."
    optParameters = [
        ["config", None, None, "TOML file with settings by the names of these options, which win over it  [FILE]"],
        *(
            [
                name,
                None,
                None,
                f"{rule(name).help}  [{rule(name).value}, default: {shown_default(setting.default)}]",
            ]
            for name, setting in SETTINGS.items()
            if rule(name).kind not in ("texts", "flag")
        ),
    ]
    optFlags = [[name, None, rule(name).help] for name in SETTINGS if rule(name).kind == "flag"]

    def __init__(self) -> None:
        super().__init__()
        self["listen"] = []
        self._folder = Path.cwd()  # the daemon will be in another one

    def opt_listen(self, endpoint: str) -> None:
        self["listen"].append(endpoint)

    opt_listen.__doc__ = f"{rule('listen').help}  [ENDPOINT, default: {shown_default(Settings.listen)}]"

    def opt_version(self) -> None:
        """Show which version of chatd this is."""
        print(f"chatd {__version__}")
        raise SystemExit(0)

    def parseOptions(self, options: Any = None) -> None:
        try:
            super().parseOptions(options)
        except usage.UsageError as error:
            raise CannotStart(f"chatd: {error}; --help lists the options") from None

    def settings(self) -> Settings:
        """Return what the configuration file, as it is now, and the command line say.

        @raises BadSetting: for a value that is not allowed; `str()` says where and which are.
        """
        values = load(self._folder / self["config"]) if self["config"] else {}
        for name, setting in SETTINGS.items():
            typed = self[name]
            if not typed and not isinstance(typed, str):
                continue
            try:
                values[setting.name] = read(name, typed, self._folder) if isinstance(typed, str) else self._plain(typed)
            except BadSetting as error:
                raise BadSetting(f"--{name} {typed}: {error}") from None
        return Settings(**values)

    def _plain(self, typed: list[str] | int) -> tuple[str, ...] | bool:
        return tuple(typed) if isinstance(typed, list) else bool(typed)
