"""SSH keys as people show them: a line of an OpenSSH `.pub` file, and a fingerprint. No key is ever used here."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from binascii import Error

from chatd.core.owner_refusals import NoPublicKey
from chatd.core.text import one_line

KINDS = (
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
_LONGEST_COMMENT = 40


def read_public_key(typed: str) -> tuple[str, str]:
    """Return the fingerprint of a key and what its owner calls it, from `ssh-ed25519 AAAA… comment`.

    @raises NoPublicKey: if that is none.
    """
    kind, _, rest = typed.strip().partition(" ")
    encoded, _, comment = rest.strip().partition(" ")
    try:
        blob = b64decode(encoded, validate=True)
    except (Error, ValueError):
        raise NoPublicKey from None
    size = int.from_bytes(blob[:4])
    if kind not in KINDS or blob[4 : 4 + size] != kind.encode() or len(blob) <= 4 + size:
        raise NoPublicKey
    return fingerprint(blob), one_line(comment).strip()[:_LONGEST_COMMENT] or kind


def fingerprint(blob: bytes) -> str:
    """Return a key's fingerprint as OpenSSH shows it: `SHA256:…`."""
    return "SHA256:" + b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
