"""The key by which clients know this host again: an ed25519 key in a file that only its owner may read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.ssh.keys import BadKeyError, EncryptedKeyError, Key

NAME = "ssh_host_ed25519_key"  # in the state folder, unless another file is named
OTHERS = 0o077  # the permissions of everybody but the owner


def host_key(path: Path) -> Key:
    """Return the key in a file; if there is no such file, it is made.

    @raises ValueError: if others can read the file, or it holds no ed25519 key.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        _make(path)
        return _read(path)


def _read(path: Path) -> Key:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & OTHERS:
                raise ValueError(f"{path} can be read by others: chmod 600 {path}")
            key: Key = Key.fromString(file.read())
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"{path}: the file can't be read ({error.strerror})") from None
    except (BadKeyError, EncryptedKeyError) as error:
        raise ValueError(f"{path}: {error}") from None
    if key.type() != "Ed25519" or key.isPublic():
        raise ValueError(f"{path}: it is no private ed25519 key: ssh-keygen -t ed25519 -N '' -f {path}")
    return key


def _make(path: Path) -> None:
    """Write a whole key under a name of its own first, so that nobody ever finds half of one.

    @raises ValueError: if it can't be written.
    """
    key = Key(Ed25519PrivateKey.generate())
    try:
        handle, written = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # with O_EXCL and mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(key.toString("openssh", subtype="v1"))
                file.flush()
                os.fsync(handle)
            os.link(written, path)
        finally:
            Path(written).unlink()
    except FileExistsError:
        pass  # another has made one in this moment
    except OSError as error:
        raise ValueError(f"{path}: the key can't be written ({error.strerror})") from None
