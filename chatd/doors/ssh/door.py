"""One session over SSH: what is spoken on it, and how its bytes become lines."""

from __future__ import annotations

from chatd.core.events import Departure, Events
from chatd.doors.framing import Framing
from chatd.doors.jsonl import JSON_CODECS
from chatd.doors.keyboard import Keyboard
from chatd.doors.ssh.answers import AnswersCodec
from chatd.doors.ssh.session import Door, SessionChannel, Wanted
from chatd.doors.ssh.terminal import TerminalDoor
from chatd.doors.ssh.transport import Transport
from chatd.doors.telnet import Terminal
from chatd.doors.text import TextCodec
from chatd.session.entering import AwaitingNickname
from chatd.session.outputs import Asked
from chatd.session.refusals import NoEditor, WhyNoEditor
from chatd.session.session import QUIT, Session
from chatd.wire.codec import Codec
from chatd.wire.connection import Connection


class PlainBytes:
    """SSH has no words among the text, as telnet has."""

    def text_in(self, data: bytes) -> bytes:
        return data

    def ask_binary(self) -> None:
        """No-op: all bytes pass."""


def door(carrier: Transport, channel: SessionChannel, wanted: Wanted) -> Door:
    """Return what is behind a session: a row to type in for a shell on a terminal, lines for whatever else."""
    if wanted.term and not wanted.command:
        return TerminalDoor(carrier, channel, wanted)
    return SSHDoor(carrier, channel, wanted)


def _shows_nothing(events: Events) -> bool:
    """Take no events where only answers are shown: a private line is refused then, and not lost."""
    return False


class SSHDoor(Framing):
    """The framing of one session without a terminal, and its `Wire`.

    A command is read as if it were all that is typed: `ssh host /ls`. A format is spoken from the start, as in
    `ssh host json`. Whoever comes without a name that is free is not asked for another: what they type next is hardly
    one. To somebody whose name is taken, by themselves perhaps, what only asks is answered all the same.
    """

    def __init__(self, carrier: Transport, channel: SessionChannel, wanted: Wanted) -> None:
        super().__init__()
        self._carrier = carrier
        self._channel = channel
        self._command = wanted.command or ""
        self._terminal = Terminal(closes_itself=True)
        self._answers = AnswersCodec("\r\n" if wanted.term else "\n")
        self._input_ended = self._end_is_said = self._name_was_refused = self._asks_unnamed = False

    def connectionMade(self) -> None:
        carrier, command = self._carrier, self._command
        spoken = command if command in self.formats else "text"
        self.connection = Connection(carrier.entrance, self, self._channel, spoken, carrier.socket)
        self.keys = Keyboard(self._terminal, PlainBytes())
        guest = carrier.avatar
        if not self._is_shell:
            self.connection.session.brief = True
            self.connection.deliver = _shows_nothing
        self.connection.begin_admitted(carrier.neighbours, guest.identity, guest.name)
        if command and command not in self.formats:
            self.dataReceived(command.encode() + b"\n")
            self.ended()
        else:
            self._check_let_in()

    def typed(self, data: bytes) -> None:
        """Take what the client sends; with a command, it has nothing to say."""
        if not self._input_ended:
            self.dataReceived(data)

    def lineReceived(self, line: bytes) -> None:
        self._check_let_in()
        super().lineReceived(line)

    def ended(self) -> None:
        """The client has sent all it will."""
        self._input_ended = True
        self._say_ended()

    @property
    def complaint(self) -> bytes:
        """What a command has to say on stderr: why it was refused."""
        return self._answers.refused

    @property
    def status(self) -> int:
        """The exit status: 1 for somebody who was not let in, and for a command that was refused."""
        return int(self._name_was_refused or self.connection.session.was_turned_away or bool(self.complaint))

    def resize(self, columns: int) -> None:
        """No-op: lines have no width."""

    def all_sent(self) -> None:
        self.connection.all_sent()

    def lost(self, how: Departure) -> None:
        self.connection.lost(how)

    @property
    def _is_shell(self) -> bool:
        return self._command in ("", *self.formats)

    def _check_let_in(self) -> None:
        """Say goodbye to somebody whose name was refused, or who has to choose a password before their command."""
        session = self.connection.session
        if session.is_entering and self._carrier.avatar.name and not self.paused:
            if self._is_shell and session.asked is not None and session.asked.is_secret and not self._can_come_again:
                return  # the client asks its person, or answers it
            if self._may_ask_unnamed(session):
                return
            self._name_was_refused = True
            session.close(QUIT)

    @property
    def _can_come_again(self) -> bool:
        """Whether a password is waited for that was given before the session began: SSH asks for it the next time."""
        session = self.connection.session
        asked_again = session.asked is not None and session.asked.asked is Asked.PASSWORD
        return asked_again and session.identity.account is not None

    def _may_ask_unnamed(self, session: Session) -> bool:
        """Whether the command is a question that is answered to somebody whose name is taken."""
        state = session.state
        if not self._asks_unnamed and isinstance(state, AwaitingNickname) and state.answers(self._command):
            self._asks_unnamed = True
            self._answers.refused = b""  # that the name is taken
        return self._asks_unnamed

    def _say_ended(self) -> None:
        if self._input_ended and not (self._end_is_said or self.paused):
            rest = self.clearLineBuffer()
            if rest:
                self._lines += 1
                self.lineReceived(rest)
            if not self.paused:
                self._end_is_said = True
                self.connection.channel_ended()

    # What the connection calls: this is its wire.

    formats = ("text", *JSON_CODECS)

    def codec_for(self, format: str) -> Codec:
        """To a command, text is the answers alone."""
        if format != "text":
            return JSON_CODECS[format]()
        return TextCodec(self._terminal, "\n") if self._is_shell else self._answers

    def read_on(self) -> None:
        super().read_on()
        self._check_let_in()
        self._say_ended()

    is_encrypted = True

    def taken(self) -> int:
        return self._channel.taken()

    def unacknowledged(self) -> int:
        return self._channel.unacknowledged()

    def hide_typing(self) -> bool:
        return False  # a client without a terminal here may have one of its own

    def edit(self, on: bool) -> None:
        raise NoEditor(WhyNoEditor.NO_TERMINAL)

    def leave_row(self) -> None:
        """No-op: there is none."""

    def close(self) -> None:
        if self._channel.localClosed:
            self._carrier.hang_up()
        else:
            self._channel.loseConnection()

    def abort(self) -> None:
        self._carrier.abort()
