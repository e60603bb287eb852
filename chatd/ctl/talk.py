"""What chatctl says to a daemon and hears from it: JSON lines over the control socket (docs/json.md)."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

WITHIN = 60.0  # seconds in which an answer must come
REFUSED = b"!! "  # how a line begins that lets nobody in, before any format can be chosen
WITH_LINES, DATA_ALONE = "json+text", "json"


class Unreachable(Exception):
    """`str()` is one line: what was tried, and what is wrong."""


def connected(path: str) -> socket.socket:
    """@raises Unreachable: if there is no chatd, or it may not be reached."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(WITHIN)
    try:
        connection.connect(path)
    except OSError as error:
        connection.close()
        hint = "you may not open it" if isinstance(error, PermissionError) else "is chatd running with --control?"
        raise Unreachable(f"no chatd can be reached at {path} ({error.strerror or error}); {hint}") from None
    return connection


def asked(path: str, line: str, format: str) -> list[dict[str, Any]]:
    """Type one line as an operator, and return all that came of it, without the greetings.

    @raises Unreachable: if not all of it came.
    """
    with connected(path) as connection:
        try:
            connection.sendall(f"/format {format}\n".encode() + typed(line))
            connection.shutdown(socket.SHUT_WR)
            received = b"".join(iter(lambda: connection.recv(65_536), b""))
        except OSError as error:
            raise Unreachable(f"no answer came from {path} ({error.strerror or error})") from None
    told = list(objects(received))
    if received.startswith(REFUSED):
        why = received.removeprefix(REFUSED).decode(errors="replace").strip()
        raise Unreachable(f"{path} lets nobody in: {why}")
    if not told or told[-1]["event"] != "goodbye":
        raise Unreachable(f"the answer from {path} is not whole; its log may say why")
    return [one for one in told if one["event"] not in ("hello", "format_spoken", "goodbye")]


def typed(line: str) -> bytes:
    """Return the bytes that type a line."""
    return json.dumps({"line": line.encode(errors="replace").decode()}).encode() + b"\n"


def objects(received: bytes) -> Iterator[dict[str, Any]]:
    """Yield the objects in whole lines; what came before the format was chosen is text, and is left out."""
    for line in received.split(b"\n"):
        if line.startswith(b"{"):
            yield json.loads(line)
