"""Who edits the line, as telnet has it: the options of a client that is asked to send each key by itself.

RFC 857 (ECHO), 858 (SUPPRESS GO AHEAD), and 1143 for who answers whom.
"""

from __future__ import annotations

from collections.abc import Callable

IAC, DONT, DO, WONT, WILL = 255, 254, 253, 252, 251
ECHO, SGA = 1, 3

_EDIT = bytes([IAC, WILL, ECHO, IAC, WILL, SGA])
_LEAVE = bytes([IAC, WONT, ECHO, IAC, WONT, SGA])
_HIDE = bytes([IAC, WILL, ECHO])
_SHOW = bytes([IAC, WONT, ECHO]) + b"\r\n"  # the client has not shown its own Enter
_NONE: frozenset[int] = frozenset()


class Offer:
    """What a telnet client was offered, and what it has agreed to.

        closed --make--> open --DO ECHO and DO SGA--> agreed
          ^               |                             |
          +---------------+-----withdraw, DONT----------+

    1. What a client says of an option that it is about to be offered, or was, is its agreement, and never refused.
    2. Nobody is left without an echo: `withdraw` takes both options back, whatever was answered.
    3. A DONT that only confirms what was taken back says nothing of an offer that was made since.
    """

    __slots__ = ("_agreed", "_late", "_refuses_echo", "_reply", "hides", "is_open")

    def __init__(self, reply: Callable[[bytes], object]) -> None:
        self._reply = reply
        self._agreed = _NONE  # the options of which the client has said DO
        self._late: tuple[int, ...] = ()  # the options of which a DONT is still to come that only confirms
        self.hides = False  # ECHO is offered for one line alone
        self._refuses_echo = False
        self.is_open = False

    @property
    def is_agreed(self) -> bool:
        """Whether the client sends each key, and shows none."""
        return self.is_open and {ECHO, SGA} <= self._agreed

    def make(self) -> None:
        """Offer to edit the line."""
        if not self.is_open:
            self.is_open = True
            self._refuses_echo = False
            self._reply(_EDIT)

    def withdraw(self) -> None:
        """Leave the line to the client."""
        self.is_open = self.hides = False
        self._reply(_LEAVE)
        self._late += tuple(self._agreed)
        self._agreed = _NONE

    def hide_typing(self) -> bool:
        """Have the client not show what is typed; return False if it has refused that."""
        if not (self.is_open or self.hides or self._refuses_echo):
            self.hides = True
            self._reply(_HIDE)
        return not self._refuses_echo

    def show_typing(self) -> None:
        """Have the client show again what is typed, unless it has left that to us."""
        if self.hides:
            self.hides = False
            self._late += tuple(self._agreed & {ECHO})
            self._agreed -= {ECHO}
            self._reply(_SHOW)

    def takes(self, verb: int, option: int) -> bool:
        """Take what a client says of an option; return False if that is no answer to what it was offered."""
        if verb == DO and ((self.is_open and option in (ECHO, SGA)) or (self.hides and option == ECHO)):
            self._agreed |= {option}
            return True
        if verb == DONT and option in self._late:
            place = self._late.index(option)
            self._late = self._late[:place] + self._late[place + 1 :]
        elif verb == DONT and self.is_open and option in (ECHO, SGA):
            self._refuses_echo = option == ECHO
            self._agreed -= {option}  # it confirms no WONT of what it has taken back itself
            self.withdraw()
        return False
