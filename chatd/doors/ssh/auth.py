"""Who somebody is: a key that they prove to hold, or nobody in particular (RFC 4252, RFC 4256).

Everybody is let in, so a client must not be let in before it has shown a key: "none" is refused, "publickey" comes
first, and whoever has no key answers "keyboard-interactive", which asks nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twisted.conch.error import ConchError, ValidPublicKey
from twisted.conch.interfaces import IConchUser
from twisted.conch.ssh.common import NS, getNS
from twisted.conch.ssh.keys import FingerprintFormats, Key
from twisted.conch.ssh.userauth import SSHUserAuthServer
from twisted.cred.credentials import ISSHPrivateKey
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime

from chatd.doors.ssh.silence import SILENT

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
    """Who has logged in: the name in `name@host`, and the fingerprint of the key as OpenSSH shows it, None for none."""

    name: str
    identity: str | None
    conn: Any = field(default=None, repr=False)  # conch puts its connection there


class Authentication(SSHUserAuthServer):
    """The authentication of one connection. `guests` says whether somebody without a key is let in."""

    _log = SILENT
    loginTimeout = LOGIN_WITHIN
    protocolMessages = {**SSHUserAuthServer.protocolMessages, _INFO_RESPONSE: "MSG_USERAUTH_INFO_RESPONSE"}

    def __init__(self, clock: IReactorTime, guests: bool) -> None:
        self.clock = clock
        self._methods = [b"publickey", b"keyboard-interactive"] if guests else [b"publickey"]
        self._asked: tuple[Guest, Deferred[_Let_in]] | None = None

    def serviceStarted(self) -> None:
        super().serviceStarted()
        self.supportedAuthentications = self._methods

    def ssh_USERAUTH_REQUEST(self, packet: bytes) -> Any:
        self._asked = None  # what was asked before is abandoned (RFC 4256, 3.2)
        return super().ssh_USERAUTH_REQUEST(packet)

    def auth_keyboard_interactive(self, packet: bytes) -> Deferred[_Let_in]:
        """Ask nothing, which a client answers without its user."""
        answered: Deferred[_Let_in] = Deferred()
        self._asked = Guest(_text(self.user or b""), None), answered
        assert self.transport is not None
        self.transport.sendPacket(_INFO_REQUEST, NS(b"") + NS(b"") + NS(b"") + struct.pack(">L", 0))
        return answered

    def ssh_USERAUTH_INFO_RESPONSE(self, packet: bytes) -> None:
        if self._asked is not None:
            (guest, answered), self._asked = self._asked, None
            answered.callback(_let_in(guest))


class AnyKey:
    """The portal that conch asks about a key: any key is good, and says who comes."""

    def listCredentialsInterfaces(self) -> list[Any]:
        return [ISSHPrivateKey]

    def login(self, shown: Any, mind: object, *interfaces: Any) -> Deferred[_Let_in]:
        key = Key.fromString(shown.blob)
        if shown.algName not in ALGORITHMS or shown.algName not in key.supportedSignatureAlgorithms():
            return fail(ConchError("this algorithm is not taken with this key"))
        if shown.signature is None:
            return fail(ValidPublicKey())
        if not _is_signed(shown, key):
            return fail(ConchError("the signature is wrong"))
        return succeed(_let_in(Guest(_text(shown.username), fingerprint(key))))


def fingerprint(key: Key) -> str:
    """Return a key's fingerprint as OpenSSH shows it."""
    shown: str = key.fingerprint(FingerprintFormats.SHA256_BASE64)
    return f"SHA256:{shown.rstrip('=')}"


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
