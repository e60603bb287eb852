"""The servers under test: how each is started, and the language that its clients speak."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
PEERS = Path(__file__).parent / "peers"

METRICS = "metrics"  # the socket in a server's folder where it shows its figures

# What lifts chatd's own limits on how much may be said and by how many.
CHATD_WITHOUT_LIMITS = ["--line-rate=0", "--byte-rate=0"]

NGIRCD_CONFIGURATION = """\
[Global]
    Name = bench.example
    Info = bench
    AdminInfo1 = bench
    AdminEMail = bench@bench.example
    Listen = 127.0.0.1
    Ports = {port}
    MotdPhrase = bench
[Limits]
    MaxConnections = 0
    MaxConnectionsIP = 0
    MaxNickLength = 16
    MaxPenaltyTime = 0
    PingTimeout = 3600
    PongTimeout = 3600
[Options]
    DNS = no
    Ident = no
    PAM = no
"""


@dataclass(frozen=True)
class Language:
    """What a client says: `login` is what it sends, each with what it then waits for."""

    login: Callable[[bytes], list[tuple[bytes, bytes]]]
    say: Callable[[bytes], bytes]
    whisper: Callable[[bytes, bytes], bytes]
    echo: bool = True  # whether a speaker hears their own lines


LINES = Language(
    login=lambda name: [(b"%s\n" % name, b"welcome %s" % name)],
    say=lambda text: b"%s\n" % text,
    whisper=lambda name, text: b"@%s %s\n" % (name, text),
)
CHATD = Language(
    login=lambda name: [(b"%s\n" % name, b"you are %s in #" % name)],
    say=LINES.say,
    whisper=LINES.whisper,
)
IRC = Language(
    login=lambda name: [
        (b"NICK %s\r\nUSER bench 0 * :bench\r\n" % name, b" 376 "),
        (b"JOIN #bench\r\n", b" 366 "),
    ],
    say=lambda text: b"PRIVMSG #bench :%s\r\n" % text,
    whisper=lambda name, text: b"PRIVMSG %s :%s\r\n" % (name, text),
    echo=False,
)


@dataclass(frozen=True)
class Server:
    """A kind of server: `command` starts it on a port of the loopback, with a folder for files of its own."""

    name: str
    about: str
    language: Language
    command: Callable[[int, Path], list[str]]
    missing: Callable[[], str] = lambda: ""
    """Return what must be installed for it to run, "" if all is there."""
    at_once: int = 40
    """How many clients may log in together: no more than the queue that it listens with."""
    checkout: Path = CHECKOUT
    """Where Python finds its modules."""


def _chatd(port: int, folder: Path) -> list[str]:
    run = "from twisted.scripts.twistd import run; run()"
    listen = f"tcp:{port}:interface=127.0.0.1"
    log = str(folder / "log")
    return [
        *(sys.executable, "-c", run, "--nodaemon", "--pidfile=", "--logfile", log),
        *("chatd", "--listen", listen, *CHATD_WITHOUT_LIMITS),
    ]


def _chatd_with_metrics(port: int, folder: Path) -> list[str]:
    return [*_chatd(port, folder), f"--metrics=unix:{folder / METRICS}"]


def _chatd_with_history(port: int, folder: Path) -> list[str]:
    return [*_chatd(port, folder), "--history-days=7"]


def _ngircd(port: int, folder: Path) -> list[str]:
    configuration = folder / "ngircd.conf"
    configuration.write_text(NGIRCD_CONFIGURATION.format(port=port))
    folder.chmod(0o755)  # started by root, ngircd reads it as nobody
    return [_ngircd_path() or "ngircd", "--nodaemon", "--config", str(configuration)]


def _ngircd_path() -> str | None:
    return shutil.which("ngircd", path=os.pathsep.join([os.defpath, "/usr/sbin", "/usr/local/sbin"]))


def _floor(port: int, folder: Path) -> list[str]:
    program = folder / "floor"
    compiler = shutil.which("cc") or "cc"
    subprocess.run([compiler, "-O2", "-o", str(program), str(PEERS / "floor.c")], check=True)
    return [str(program), str(port)]


CHATD_WITH_METRICS = Server("chatd with metrics", "the same, its metrics read each second", CHATD, _chatd_with_metrics)

CHATD_AGAIN = Server(
    "chatd again", "the same once more, for what two measurements of one thing differ by", CHATD, _chatd
)
CHATD_WITH_HISTORY = Server(
    "chatd with history", "the same, all that is said kept on the disk", CHATD, _chatd_with_history
)


def beside(checkout: Path) -> Server:
    """Return another checkout of chatd, to be measured in turns with this one."""
    return Server("beside", f"the checkout {checkout.name}, limits lifted", CHATD, _chatd, checkout=checkout)


SERVERS = [
    Server("chatd", "this checkout, limits lifted", CHATD, _chatd),
    Server(
        *("ngircd", "an IRC server in C, flood limits lifted", IRC, _ngircd),
        missing=lambda: "" if _ngircd_path() else "ngircd",
        at_once=10,
    ),
    Server(
        *("floor", "a bare epoll loop in C that batches as chatd does (bench/peers/floor.c)", LINES, _floor),
        missing=lambda: "" if shutil.which("cc") else "a C compiler (cc)",
    ),
    Server(
        *("naive Twisted", "`transport.write` for each hearer (bench/peers/naive.py)", LINES),
        command=lambda port, _: [sys.executable, str(PEERS / "naive.py"), str(port)],
    ),
    Server(
        *("threaded Python", "a thread for each client, as in tutorials (bench/peers/threaded.py)", LINES),
        command=lambda port, _: [sys.executable, str(PEERS / "threaded.py"), str(port)],
    ),
]
