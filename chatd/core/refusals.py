"""Every refusal of the hall, in the words that the person reads."""

from __future__ import annotations

from chatd.core.text import one_line


def quoted(name: str) -> str:
    """Return what was typed as a name in quotes, cut to a length that fits in a sentence."""
    name = one_line(name)
    return f'"{name}"' if len(name) <= 40 else f'"{name[:40]}…"'


class HallError(Exception):
    """Something was refused and nothing changed.

    `str()` is a sentence for the person: what was wrong, and what would work. `unsent` is the line that was to be sent
    and is given back, "" where there was none.
    """

    def __init__(self, reason: str, unsent: str = "") -> None:
        super().__init__(f"{reason}; your line was not sent" if unsent else reason)
        self.unsent = unsent

    @property
    def logged_as(self) -> str:
        """What the log may hold of it: nothing that anybody typed."""
        return str(self)


class BadNickname(HallError):
    """The name breaks a rule for nicknames; the sentence says which."""

    def __init__(self, typed: str, rule: str) -> None:
        super().__init__(f"{quoted(typed)} can't be a nickname: {rule}")


class NicknameTaken(HallError):
    """Somebody has this name, or one that looks like it; a lost connection holds it for `lost_after` seconds."""

    def __init__(self, typed: str, holder: str, lost_after: int) -> None:
        like = "" if typed == holder else f" (it looks like {quoted(holder)})"
        until = f"{-(-lost_after // 60)} minutes" if lost_after >= 120 else f"{lost_after} seconds"
        super().__init__(
            f"{quoted(typed)} is taken{like}; if that is your own lost connection, it will be free within {until}"
        )


class TooManyNicknames(HallError):
    """One nickname after the other was refused."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} nicknames were refused; connect again when you have chosen another")


class NicknameTooLate(HallError):
    """No nickname was given in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"you gave no nickname within {seconds:g} seconds; connect again when you are ready")


class NotAdmitted(HallError):
    """The person can't come in, whatever they are called."""


class HallFull(NotAdmitted):
    """As many people are here as the hall holds."""

    def __init__(self, capacity: int) -> None:
        super().__init__(f"this chat is full ({capacity} of {capacity} people are here); come back later")


class HallClosing(NotAdmitted):
    """The administrator lets nobody in any more."""

    def __init__(self) -> None:
        super().__init__("this chat is about to close and lets nobody in; come back later")


class Banned(NotAdmitted):
    """The address is banned; `terms` say for how much longer, and why."""

    def __init__(self, terms: str) -> None:
        super().__init__(f"your address is banned from this chat {terms}; only its administrator can end that")

    @property
    def logged_as(self) -> str:
        return "its address is banned"  # without the reason, which an operator typed


class NicknameBanned(HallError):
    """The name, or one that looks like it, is banned; `terms` say for how much longer, and why."""

    def __init__(self, typed: str, terms: str) -> None:
        super().__init__(f"{quoted(typed)} is banned from this chat {terms}; only its administrator can end that")


class Muted(HallError):
    """The person may not say anything; `terms` say for how much longer, and why."""

    def __init__(self, terms: str, unsent: str = "") -> None:
        super().__init__(f"the administrator has muted you {terms}", unsent)


class NotBanned(HallError):
    """There is nothing to end."""

    def __init__(self, target: str, *, muted: bool) -> None:
        state = "muted" if muted else "banned"
        super().__init__(f"{quoted(target)} is not {state}; /bans lists who is")


class BadDuration(HallError):
    """What was typed is no span of time."""

    def __init__(self, typed: str) -> None:
        super().__init__(f"{quoted(typed)} is no duration; type one such as 90s, 15m, 2h or 7d (at most 3650d)")


class NobodyHere(HallError):
    """Nobody has this name."""

    def __init__(self, name: str, unsent: str = "") -> None:
        super().__init__(f"nobody here is called {quoted(name)}", unsent)


class ThatIsYou(HallError):
    """One can't talk to, invite or ignore oneself."""

    def __init__(self, unsent: str = "") -> None:
        super().__init__("that is your own nickname; name somebody else", unsent)


class NothingSaid(HallError):
    """The line holds nothing that can be shown."""

    def __init__(self) -> None:
        super().__init__("there is nothing in that line to show; nothing was sent")


class YouAreQuiet(HallError):
    """A quiet person neither hears nor says room lines."""

    def __init__(self, unsent: str) -> None:
        super().__init__("you are quiet: type /i to talk with the room again", unsent)


class NotHeardBy(HallError):
    """The other ignores this person."""

    def __init__(self, nickname: str, unsent: str = "") -> None:
        super().__init__(f"{nickname} has chosen to hear nothing from you", unsent)


class TooSlow(HallError):
    """The other reads too slowly for what is waiting already."""

    def __init__(self, nickname: str, unsent: str) -> None:
        super().__init__(f"{nickname}'s connection is too slow to take it now; try again later", unsent)


class NobodyToAnswer(HallError):
    """Nobody has written privately yet."""

    def __init__(self, unsent: str) -> None:
        super().__init__("nobody has written to you privately yet; @name text writes to name", unsent)


class AddresseeGone(HallError):
    """The other end of the private conversation has left; the line must not fall through to the room."""

    def __init__(self, nickname: str, unsent: str) -> None:
        super().__init__(f"{nickname} has left; to:name talks to somebody else, to: to the room", unsent)


class AddresseeUnclear(HallError):
    """The addressee changed, or was refused, so shortly before that the line may have been meant for another."""

    def __init__(self, addressee: str, unsent: str) -> None:
        super().__init__(f"that may not have been meant for {addressee}; type it again if it is", unsent)


class ToTakesNoText(HallError):
    """`to:` chooses whom one talks to, and says nothing."""

    def __init__(self, unsent: str) -> None:
        super().__init__("to:name chooses whom you talk to, and stands alone; @name text says one line to name", unsent)


class BadRoomName(HallError):
    """The name breaks a rule for rooms."""

    def __init__(self, typed: str, rule: str) -> None:
        super().__init__(f"{quoted(typed)} can't be a room: {rule}")


class NoSuchRoom(HallError):
    """No room of that name exists."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no room {quoted(name)}; /rooms lists those there are, /join opens a new one")


class NotInThatRoom(HallError):
    """One talks to the room one is in."""

    def __init__(self, room: str) -> None:
        super().__init__(f"you are in {room}: to: talks to it, /join goes to another room")


class RoomLocked(HallError):
    """Only the invited enter, or see who is inside."""

    def __init__(self, room: str) -> None:
        super().__init__(f"{room} is locked; only those its first member invites get in")


class NotFirstMember(HallError):
    """Only who has been in the room for longest may do this."""

    def __init__(self, room: str, first: str) -> None:
        super().__init__(
            f"only {first}, who has been in {room} for longest, can do that; /join #name opens your own room"
        )


class LobbyStaysOpen(HallError):
    """The room where everybody arrives can't be locked."""

    def __init__(self, room: str) -> None:
        super().__init__(f"{room} stays open to all; /join #name opens a room that you can lock")


class AlreadySo(HallError):
    """What was asked for is the case already."""


class NotText(HallError):
    """A door could not read the line as text."""

    def __init__(self) -> None:
        super().__init__("that line is not UTF-8; it was not sent; set your terminal to UTF-8")


class LineTooLong(HallError):
    """A door did not read the line to its end."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"that line is longer than {limit} bytes; none of it was sent; cut it into shorter ones")


class LineCutOff(HallError):
    """The input ended in the middle of a line."""

    def __init__(self) -> None:
        super().__init__("your last line had no end; it was not sent; end each line with a newline")


class SpokeTLS(HallError):
    """Somebody speaks TLS where plain text is spoken."""

    def __init__(self) -> None:
        super().__init__("this port speaks plain text, not TLS; use telnet or nc")
