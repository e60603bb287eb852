"""chatctl: the operator's door from a shell, one command at a time or as a console. It starts fast, without Twisted."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from chatd import __version__
from chatd.ctl.console import Console
from chatd.ctl.talk import DATA_ALONE, WITH_LINES, Unreachable, asked, connected

# Where the socket is looked for: as the unit has it, beside the state of a daemon without systemd, and here.
PLACES = ("/run/chatd/control", "/var/lib/chatd/control", "control")
EXPLANATION = """\
Without a command it is a console: a line is announced to everyone, unless it begins with /, or is a command that only
looks, such as ls. `chatctl h` lists the commands. The socket is that of --control, else of CHATD_CONTROL in the
environment, else /run/chatd/control, /var/lib/chatd/control or ./control, whichever is there. Exit status: 0 done,
1 refused, 2 no chatd could be reached.
"""


class Parser(argparse.ArgumentParser):
    """An argument that is wrong is refused with status 1; 2 is that of an unreachable chatd."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"chatctl: {message}; --help explains\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, and return the exit status."""
    parser = Parser("chatctl", description="Keeps order in a running chatd.", epilog=EXPLANATION)
    parser.add_argument("--control", metavar="PATH", default=control_socket(), help="its --control socket")
    parser.add_argument("--json", action="store_true", help="print what comes as JSON, an object a line: docs/json.md")
    parser.add_argument("--version", action="version", version=f"chatctl {__version__}")
    parser.add_argument("command", nargs=argparse.REMAINDER, help='such as: ls -l, or kick bob "enough"')
    options = parser.parse_args(arguments)
    try:
        if options.command:
            return obey(options, "/" + " ".join(options.command).removeprefix("/"))
        if sys.stdin.isatty() and sys.stdout.isatty() and not options.json:
            if not Console(connected(options.control), lambda line: asked(options.control, line, DATA_ALONE)).run():
                raise Unreachable("chatd has gone without a goodbye")
            return 0
        return max((obey(options, line.strip()) for line in sys.stdin if line.strip()), default=0)
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


def control_socket() -> str:
    """Return where the socket is that no option names."""
    named = os.environ.get("CHATD_CONTROL")
    return named or next(filter(os.path.exists, PLACES), PLACES[0])


def obey(options: argparse.Namespace, line: str) -> int:
    """Do what one line asks for: what it answers goes to stdout, a refusal to stderr. Returns 1 if so, else 0.

    @raises Unreachable: if not all of the answer came.
    """
    if "\n" in line or "\r" in line:
        print("chatctl: a command is one line; nothing was sent", file=sys.stderr)
        return 1
    told = asked(options.control, line, DATA_ALONE if options.json else WITH_LINES)
    for one in told:
        if options.json:
            print(json.dumps(one, ensure_ascii=False))
        else:
            print("\n".join(one["lines"]), file=sys.stderr if one["event"] == "refused" else sys.stdout)
    sys.stdout.flush()  # now, so that it is seen if that fails
    return int(any(one["event"] == "refused" for one in told))


def _give_up_output() -> None:
    """Let what is left in a buffer go nowhere; at the end, Python would try to write it once more, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
