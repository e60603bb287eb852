"""Who somebody is: a key that they prove to hold, the password of an owned name, or nobody (RFC 4252, RFC 4256).

Everybody is let in, so a client must not be let in before it has shown a key: "none" is refused, "publickey" comes
first, and whoever has no key answers "keyboard-interactive", which asks nothing. Under an owned name only its owner is
let in: by one of the keys that open it, so that a client with many goes on to the right one, or by its password.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from twisted.conch.error import ConchError, IgnoreAuthentication, ValidPublicKey
from twisted.conch.interfaces import IConchUser
from twisted.conch.ssh.common import NS, getNS
from twisted.conch.ssh.keys import Key
from twisted.conch.ssh.userauth import SSHUserAuthServer
from twisted.cred.credentials import ISSHPrivateKey
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime

from chatd.core import ssh_keys
from chatd.core.owner_refusals import TooManyLogins
from chatd.core.owners import Owner
from chatd.core.refusals import HallError
from chatd.doors.ssh.silence import SILENT
from chatd.session.identity import NOBODY, Identity
from chatd.session.outputs import Asked, Prompt
from chatd.session.refusals import TooManyPasswords
from chatd.session.secrets import MAX_WRONG_PASSWORDS
from chatd.session.session import Server
from chatd.session.words.language import Language
from chatd.session.words.languages import LANGUAGES
from chatd.session.words.notes import prompt_words
from chatd.wire.connection import DONE_WITHIN

LOGIN_WITHIN = 120  # seconds until a shell is asked for; meanwhile, a person may be asked whether our key is right
ALGORITHMS = (  # the signatures of clients that are taken; ssh-rsa and ssh-dss are SHA-1
    b"ssh-ed25519",
    b"ecdsa-sha2-nistp256",
    b"ecdsa-sha2-nistp384",
    b"ecdsa-sha2-nistp521",
    b"rsa-sha2-512",
    b"rsa-sha2-256",
    b"sk-ssh-ed25519@openssh.com",
    b"sk-ecdsa-sha2-nistp256@openssh.com",
)
_INFO_REQUEST, _INFO_RESPONSE = 60, 61
_USER_PRESENT = 0x01  # flags of a security key's signature, which ends with them and a counter of 4 bytes
_Let_in = tuple[Any, "Guest", Callable[[], None]]


@dataclass(slots=True)
class Guest:
    """Who has logged in: the name in `name@host`, and who they have proven to be."""

    name: str
    identity: Identity = NOBODY
    conn: Any = field(default=None, repr=False)  # conch puts its connection there


class Carrier(Protocol):
    """The connection of those who log in."""

    neighbourhood: str

    def sendPacket(self, messageType: int, payload: bytes) -> None: ...

    def turn_away(self, error: HallError) -> None:
        """Say why nobody is let in, and close."""

    def note_wrong_password(self, nickname: str) -> None:
        """Log that a password was wrong."""


class Authentication(SSHUserAuthServer):
    """The authentication of one connection. `guests` says whether somebody who proves nothing is let in."""

    _log = SILENT
    loginTimeout = LOGIN_WITHIN
    protocolMessages = {**SSHUserAuthServer.protocolMessages, _INFO_RESPONSE: "MSG_USERAUTH_INFO_RESPONSE"}

    def __init__(self, carrier: Carrier, server: Server, clock: IReactorTime, guests: bool) -> None:
        self.clock = clock
        self._carrier = carrier
        self._server = server
        self._guests = guests
        self._owner: Owner | None = None  # of the name that the client comes with
        self._answered: Deferred[_Let_in] | None = None  # what was asked
        self._work: Deferred[_Let_in] | None = None  # a password that is looked at
        self._wrong = 0  # passwords

    def ssh_USERAUTH_REQUEST(self, packet: bytes) -> Any:
        self._abandon()  # what was asked before (RFC 4256, 3.2)
        self._owner = owner_of(self._server, getNS(packet)[0])
        can_be_asked = self._guests if self._owner is None else self._owner.has_password
        self.supportedAuthentications = [b"publickey", *([b"keyboard-interactive"] if can_be_asked else [])]
        return super().ssh_USERAUTH_REQUEST(packet)

    def serviceStopped(self) -> None:
        self._abandon()
        super().serviceStopped()

    def auth_keyboard_interactive(self, packet: bytes) -> Deferred[_Let_in]:
        """Ask for the password of an owned name; else nothing, which a client answers without its user."""
        prompts = struct.pack(">L", 0)
        if self._owner is not None:
            prompt = Prompt(Asked.PASSWORD, self._owner.name.shown)
            prompts = struct.pack(">L", 1) + NS(prompt_words(prompt, self._language).encode()) + b"\0"
        self._carrier.sendPacket(_INFO_REQUEST, NS(b"") + NS(b"") + NS(b"") + prompts)
        self._answered = Deferred()
        return self._answered

    def ssh_USERAUTH_INFO_RESPONSE(self, packet: bytes) -> None:
        answered, self._answered = self._answered, None
        if answered is None:
            return
        name = _text(self.user or b"")
        if self._owner is None:
            answered.callback(_let_in(Guest(name)))
            return
        typed = _text(getNS(packet[4:])[0]) if int.from_bytes(packet[:4]) == 1 else ""
        self._work = work = Deferred.fromCoroutine(self._check(self._owner, typed, name))
        work.addTimeout(DONE_WITHIN, self.clock).addBoth(self._tell, work, answered)

    async def _check(self, owner: Owner, typed: str, name: str) -> _Let_in:
        accounts, nickname = self._server.accounts, owner.name.shown
        if accounts is None or not typed.strip():
            raise ConchError("no password")
        try:
            right = await accounts.people.check(owner.id, typed, self._carrier.neighbourhood)
        except TooManyLogins:
            raise ConchError("too many at once") from None
        except HallError as error:
            self._carrier.turn_away(error)
            raise IgnoreAuthentication from None
        if right:
            return _let_in(Guest(name, Identity(account=owner.id)))
        self._carrier.note_wrong_password(nickname)
        self._wrong += 1
        if self._wrong >= MAX_WRONG_PASSWORDS:
            self._carrier.turn_away(TooManyPasswords(MAX_WRONG_PASSWORDS))
            raise IgnoreAuthentication
        raise ConchError("that is not the password")

    def _tell(self, result: Any, work: Deferred[_Let_in], answered: Deferred[_Let_in]) -> None:
        """Say what has come of a password, unless something else is asked for by now."""
        if self._work is work:
            self._work = None
            answered.callback(result)

    def _abandon(self) -> None:
        """Say nothing any more of what was asked."""
        self._answered = None
        work, self._work = self._work, None
        if work is not None:
            work.cancel()

    @property
    def _language(self) -> Language:
        return LANGUAGES[self._server.language]


class AnyKey:
    """The portal that conch asks about a key: any key is good and says who comes, but for a name that others open."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def listCredentialsInterfaces(self) -> list[Any]:
        return [ISSHPrivateKey]

    def login(self, shown: Any, mind: object, *interfaces: Any) -> Deferred[_Let_in]:
        key = Key.fromString(shown.blob)
        if shown.algName not in ALGORITHMS or shown.algName not in key.supportedSignatureAlgorithms():
            return fail(ConchError("this algorithm is not taken with this key"))
        identity = Identity(fingerprint(key), key.type().lower())
        owner = owner_of(self._server, shown.username)
        if owner is not None and not identity.is_of(owner):
            return fail(ConchError("another key opens this name"))
        if shown.signature is None:
            return fail(ValidPublicKey())
        if not _is_signed(shown, key):
            return fail(ConchError("the signature is wrong"))
        return succeed(_let_in(Guest(_text(shown.username), identity)))


def fingerprint(key: Key) -> str:
    """Return a key's fingerprint as OpenSSH shows it."""
    return ssh_keys.fingerprint(key.blob())


def owner_of(server: Server, name: bytes) -> Owner | None:
    """Return who must prove to be that before they are let in under a name; None if nobody must."""
    if server.accounts is None:
        return None
    try:
        return server.hall.owner_of(_text(name))
    except HallError:  # which is told in the session
        return None


def _is_signed(shown: Any, key: Key) -> bool:
    """Whether a signature holds, is of the kind that was announced, and was made in somebody's presence."""
    kind, _, behind = getNS(shown.signature, 2)
    if kind != shown.algName or (key.isSecurityKey() and not behind[0] & _USER_PRESENT):
        return False
    return bool(key.verify(shown.signature, shown.sigData))


def _let_in(guest: Guest) -> _Let_in:
    return IConchUser, guest, lambda: None


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
