"""chatctl: the operator's door from a shell, one command at a time or as a console. It starts fast, without Twisted."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from typing import NoReturn

from chatd import __version__
from chatd.ctl.console import Console

CONTROL = "/run/chatd/control"
WELCOME, GOODBYE = "-- chatd, the operator's door", "-- goodbye"  # how an answer begins and ends that is whole
WITHIN = 60.0  # seconds in which an answer must come
EXPLANATION = """\
Without a command it is a console: a line is announced to everyone, unless it begins with /. `chatctl h` lists the
commands. Exit status: 0 done, 1 refused, 2 no chatd could be reached.
"""


class Unreachable(Exception):
    """`str()` is one line: what was tried, and what is wrong."""


class Parser(argparse.ArgumentParser):
    """An argument that is wrong is refused with status 1; 2 is that of an unreachable chatd."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"chatctl: {message}; --help explains\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, and return the exit status."""
    parser = Parser("chatctl", description="Keeps order in a running chatd.", epilog=EXPLANATION)
    parser.add_argument(
        "--control", metavar="PATH", default=CONTROL, help=f"its --control socket  [default: {CONTROL}]"
    )
    parser.add_argument("--version", action="version", version=f"chatctl {__version__}")
    parser.add_argument("command", nargs=argparse.REMAINDER, help='such as: ls -l, or kick bob "enough"')
    options = parser.parse_args(arguments)
    try:
        if options.command:
            return obey(options.control, "/" + " ".join(options.command).removeprefix("/"))
        if sys.stdin.isatty() and sys.stdout.isatty():
            if not Console(connected(options.control), GOODBYE).run():
                raise Unreachable("chatd has gone without a goodbye")
            return 0
        return max((obey(options.control, line.strip()) for line in sys.stdin if line.strip()), default=0)
    except Unreachable as error:
        print(f"chatctl: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # nobody wants to read on: `chatctl h | head`
        _give_up_output()
        return 0
    except OSError as error:
        _give_up_output()
        print(f"chatctl: the answer can't be written ({error.strerror})", file=sys.stderr)
        return 1


def obey(path: str, line: str) -> int:
    """Do what one line asks for: what it answers goes to stdout, a refusal to stderr. Returns 1 if so, else 0.

    @raises Unreachable: if not all of the answer came.
    """
    if "\n" in line or "\r" in line:
        print("chatctl: a command is one line; nothing was sent", file=sys.stderr)
        return 1
    with connected(path) as connection:
        try:
            connection.sendall(f"{line}\n".encode(errors="replace"))
            connection.shutdown(socket.SHUT_WR)
            received = b"".join(iter(lambda: connection.recv(65_536), b""))
        except OSError as error:
            raise Unreachable(f"no answer came from {path} ({error.strerror or error})") from None
    lines = received.decode(errors="replace").split("\r\n")
    if lines[0].startswith("!! "):
        raise Unreachable(f"{path} lets nobody in: {lines[0][3:]}")
    if not (lines[0].startswith(WELCOME) and lines[-2:] == [GOODBYE, ""]):
        raise Unreachable(f"the answer from {path} is not whole; its log may say why")
    return _show(lines[1:-2])


def connected(path: str) -> socket.socket:
    """@raises Unreachable: if there is no chatd, or it may not be reached."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(WITHIN)
    try:
        connection.connect(path)
    except OSError as error:
        connection.close()
        hint = "you may not open it" if isinstance(error, PermissionError) else "is chatd running with --control?"
        raise Unreachable(f"no chatd can be reached at {path} ({error.strerror or error}); {hint}") from None
    return connection


def _give_up_output() -> None:
    """Let what is left in a buffer go nowhere; at the end, Python would try to write it once more, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show(answer: list[str]) -> int:
    """Print lines without the marks that say what they are: here, that is said by where they go."""
    refused = 0
    for line in answer:
        if line.startswith("!! "):
            refused = 1
            print(line[3:], file=sys.stderr)
        else:
            print(line.removeprefix("-- "))
    sys.stdout.flush()  # now, so that it is seen if that fails
    return refused


if __name__ == "__main__":
    sys.exit(main())
