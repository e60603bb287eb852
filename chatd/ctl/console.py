"""The operator's console: what is typed stays whole while lines arrive. It knows a socket and a terminal."""

from __future__ import annotations

import ctypes
import signal
import socket
import sys
from contextlib import suppress
from select import select
from typing import Any

from chatd.ctl.completion import Ask, Completer
from chatd.ctl.talk import WITH_LINES, objects, typed

try:
    import readline
except ImportError:  # then there is no history, and no editing but the terminal's own
    readline = None  # type: ignore[assignment]

PROMPT = "announce> "
LOOK_EVERY = 0.1  # seconds between two looks at what has arrived while somebody types
SENT_WITHIN = 10.0  # seconds
ANSWER_WITHIN = 0.3  # seconds in which an answer still stands above the next prompt


class Closed(Exception):
    """The daemon has closed the connection."""


class Console:
    """Reads lines with Python's readline, and shows above the line that is being typed what arrives meanwhile.

    A timer interrupts readline between two keys, in the same thread; so nothing is ever shown while it draws.
    """

    def __init__(self, connection: socket.socket, ask: Ask) -> None:
        """`ask` does one line on a connection of its own, and returns what came of it."""
        self._connection = connection
        self._completer = Completer(ask)
        self._connection.sendall(f"/format {WITH_LINES}\n".encode())
        self._connection.setblocking(False)
        self._arrived = b""  # of a line that has not ended yet
        self._said_goodbye = False
        self._typing = False

    def run(self) -> bool:
        """Talk until either side says goodbye; return False if the daemon has gone without one."""
        if readline is not None:
            readline.parse_and_bind("set horizontal-scroll-mode on")  # what is typed takes one row, and no more
            readline.parse_and_bind("tab: complete")
            readline.set_completer_delims(" ")
            readline.set_completer(self._completer.complete)
        before = signal.signal(signal.SIGALRM, lambda *_: self._look() if self._typing else None)
        signal.setitimer(signal.ITIMER_REAL, LOOK_EVERY, LOOK_EVERY)
        try:
            self._answer()
            while True:
                self._send(self._read())
                self._answer()
        except Closed:
            return self._said_goodbye
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            self._connection.close()

    def _read(self) -> str:
        """Return the next line; the end of input is a goodbye, Ctrl-C drops what is typed."""
        while True:
            self._typing = True
            try:
                return input(PROMPT)
            except EOFError:
                print()
                return "quit"
            except KeyboardInterrupt:
                print("^C")
            except Closed:
                print()
                raise
            finally:
                self._typing = False

    def _answer(self) -> None:
        with suppress(KeyboardInterrupt):  # which is for what is being typed, and nothing is
            self._look(ANSWER_WITHIN)

    def _send(self, line: str) -> None:
        self._connection.settimeout(SENT_WITHIN)
        try:
            self._connection.sendall(typed(line))
        except OSError:
            pass  # it is closed, or stuck: what it still said comes next
        finally:
            self._connection.setblocking(False)

    def _look(self, wait: float = 0) -> None:
        """Show what has arrived, or arrives in so many seconds.

        @raises Closed: behind the last of it.
        """
        while select([self._connection], [], [], wait)[0]:
            try:
                data = self._connection.recv(65_536)
            except OSError:
                data = b""
            whole, newline, self._arrived = (self._arrived + data).rpartition(b"\n")
            told = list(objects(whole + newline))
            self._show([line for one in told for line in shown(one)])
            self._said_goodbye |= any(one["event"] == "goodbye" for one in told)
            if not data or self._said_goodbye:
                raise Closed
            wait = 0

    def _show(self, lines: list[str]) -> None:
        if not lines:
            return
        clear_line = "\r\x1b[K" if self._typing else ""
        sys.stdout.write(clear_line + "".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
        if self._typing:
            self._draw_again()
            sys.stdout.flush()

    def _draw_again(self) -> None:
        """Bring back the prompt and what is typed, with the cursor where it was, as far as readline lets us."""
        try:
            ctypes.CDLL(readline.__file__).rl_forced_update_display()  # of GNU readline; Python's own has no such call
        except (AttributeError, OSError):
            sys.stdout.write(PROMPT + (readline.get_line_buffer() if readline else ""))


def shown(one: dict[str, Any]) -> list[str]:
    """Return the lines of something that was told, with the mark that says what it is; an event has its own."""
    if one["event"] in ("done", "format_spoken"):
        return []
    mark = "" if "at" in one else "!! " if one["event"] == "refused" else "-- "
    return [mark + line for line in one["lines"]]
