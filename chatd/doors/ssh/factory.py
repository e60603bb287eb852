"""`ssh:` endpoints, and what those who come by one port have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

try:
    from twisted.conch.ssh.keys import Key
    from twisted.conch.ssh.service import SSHService
except ImportError:
    raise ImportError("SSH needs Twisted's conch: pip install 'chatd[ssh]'") from None

from twisted.internet.interfaces import IAddress, ILoggingContext
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from zope.interface import implementer

from chatd.doors.endpoints import split
from chatd.doors.ssh.auth import AnyKey, Authentication, fingerprint
from chatd.doors.ssh.channels import Channels
from chatd.doors.ssh.host_key import NAME, host_key
from chatd.doors.ssh.transport import Transport
from chatd.wire.entrance import Entrance

PENDING = 100  # connections that are not logged in; of any more, the oldest is closed


def behind_ssh(
    endpoint: str, entrance: Entrance, state: str | None, guests: Callable[[], bool]
) -> tuple[str, SSHFactory]:
    r"""Return the plain endpoint below an `ssh:` one, and the factory to open there.

    `ssh:2222:hostKey=FILE` is opened on `tcp:2222`, `ssh:systemd:domain=INET6:name=ssh` on what systemd hands over.
    Unless a file is named for the host key, it is in the state folder.

    @raises ValueError: if there is no place for the key.
    """
    below, files = split(endpoint, "hostKey")
    if not below:
        raise ValueError("a port is needed, as in ssh:2222:hostKey=FILE")
    if "hostKey" in files:
        path = files["hostKey"]
    elif state is not None:
        path = Path(state).absolute() / NAME
    else:
        raise ValueError("the host key needs a file, as in ssh:2222:hostKey=FILE, or a folder: --state")
    return below, SSHFactory(entrance, path, guests)


@implementer(ILoggingContext)
class SSHFactory(Factory):
    """Makes the connections of one port. `guests` says whether somebody without a key is let in."""

    noisy = False

    _log = Logger()

    def __init__(self, entrance: Entrance, key_file: Path, guests: Callable[[], bool]) -> None:
        self.entrance = entrance
        self.privateKeys: Mapping[bytes, Key] = {}
        self.publicKeys: Mapping[bytes, Key] = {}
        self._key_file = key_file
        self.portal = AnyKey(entrance.server)
        self._guests = guests
        self._pending: dict[Transport, None] = {}

    def take_key(self) -> None:
        """Read the host key, or make it where there is none: before anybody comes, as the user who will need it again.

        @raises ValueError: if it can't be used.
        """
        key = host_key(self._key_file)
        self.privateKeys = {key.sshType(): key}
        self.publicKeys = {key.sshType(): key.public()}
        self._log.info("The SSH host key is {fingerprint}", fingerprint=fingerprint(key))

    def logPrefix(self) -> str:
        return "SSH door"

    def buildProtocol(self, addr: IAddress | None) -> Transport:  # type: ignore[override]
        return Transport(self)

    def getService(self, asking: Transport, name: bytes) -> Callable[[], SSHService] | None:
        """Return what conch should start: each service once, and one after the other."""
        if name == b"ssh-userauth" and asking.service is None:
            return partial(Authentication, asking, self.entrance.server, self.entrance.clock, self._guests())
        if name == b"ssh-connection" and isinstance(asking.service, Authentication) and hasattr(asking, "avatar"):
            return Channels
        return None

    def note_arrival(self, arrived: Transport) -> None:
        self._pending[arrived] = None
        if len(self._pending) > PENDING:
            oldest = next(iter(self._pending))
            self.forget(oldest)
            oldest.refuse("too many are about to log in")

    def forget(self, arrived: Transport) -> None:
        self._pending.pop(arrived, None)
