"""What those say first who take this port for that of another protocol, and what they are answered."""

from __future__ import annotations

import re

_FIRST_WORDS = (
    ("HTTP", re.compile(rb"[A-Z]{3,7} \S* ?HTTP/\d")),
    ("SSH", re.compile(rb"SSH-\d")),
    ("the Redis protocol", re.compile(rb"\*\d+$")),
    ("the PROXY protocol", re.compile(rb"PROXY (?:TCP|UNKNOWN)")),
    ("SMTP", re.compile(rb"(?:EHLO|HELO|LHLO) ", re.IGNORECASE)),
)
TLS_HELLO = b"\x16\x03"  # RFC 8446, 5.1: how TLS begins, and no nickname
HTTP_HEAD = b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"


def protocol_of(line: bytes) -> str | None:
    """Return the protocol that the first line of a connection belongs to, None for what a person may type."""
    return next((name for name, words in _FIRST_WORDS if words.match(line)), None)
