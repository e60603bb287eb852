"""Whose process is at the other end of a Unix socket."""

from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import Any

from twisted.internet import unix

PASSWD = Path("/etc/passwd")
_CREDENTIALS = struct.Struct("3i")  # struct ucred (unix(7)): pid, uid, gid
_UNMAPPED = 65_534  # what a user namespace shows for everybody whom it doesn't know


def user_of(transport: Any, passwd: Path = PASSWD) -> str:
    """Return the name of that user, `uid 1000` for one whom `passwd` doesn't have; "" for any other transport."""
    if not isinstance(transport, unix.Server):
        return ""
    credentials = transport.getHandle().getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(credentials)
    return user_name(uid, passwd)


def user_name(uid: int, passwd: Path = PASSWD) -> str:
    """Return what a user is called, by the file alone: the system's own look-up may wait for a directory server."""
    if uid == _UNMAPPED:
        return f"uid {uid}"
    try:
        lines = passwd.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    users = (line.split(":") for line in lines)
    return next((user[0] for user in users if len(user) > 2 and user[2] == str(uid)), f"uid {uid}")
