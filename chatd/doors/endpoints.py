r"""What stands in a Twisted endpoint string, such as `tcp:2428:interface=127.0.0.1`; `\:` is a colon in a value."""

from __future__ import annotations

import os
import re
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path

_HIGHEST_PORT = 65_535
_NEEDS_QUEUE = ("tcp", "tcp6", "unix")  # Twisted's queue of 50 is too short for all who come back at once
_ONLY_V6 = Path("/proc/sys/net/ipv6/bindv6only")
_FIRST_HANDED_OVER = 3  # SD_LISTEN_FDS_START of sd_listen_fds(3)
_QUEUE = Path("/proc/sys/net/core/somaxconn")


def parts(endpoint: str) -> list[str]:
    """Return what stands between the colons, escaped as before."""
    return re.findall(r"(?:[^\\:]|\\.)+", endpoint)


def split(endpoint: str, *names: str) -> tuple[str, dict[str, Path]]:
    """Return the plain endpoint below one like `ssl:2429:privateKey=FILE`, and the files with these names in it.

    A port alone is one of TCP; "" is returned where there is none.
    """
    below: list[str] = []
    files: dict[str, Path] = {}
    for part in parts(endpoint)[1:]:
        name, _, value = part.partition("=")
        if name in names:
            files[name] = Path(unescaped(value)).absolute()  # the daemon will be in another folder
        else:
            below.append(part)
    if below and below[0].isdecimal():
        below.insert(0, "tcp")
    return ":".join(below), files


def unescaped(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value)


def to_listen_on(endpoint: str) -> list[str]:
    """Return the endpoints to open for one that is listened on: all addresses of both families, a queue for everybody.

    Of systemd's sockets these are all that have the name, whatever their `domain` is said to be.

    @raises ValueError: for one that could not be served.
    """
    kind, *others = parts(endpoint) or [""]
    _check(kind, others)
    if kind == "systemd":
        name = next((other[5:] for other in others if other.startswith("name=")), "")
        found = [f"systemd:domain={family}:index={index}" for index, family in handed_over().get(name, ())]
        return found or [endpoint]
    if kind not in _NEEDS_QUEUE:
        return [endpoint]
    named = {other.partition("=")[0] for other in others}
    queue = "" if "backlog" in named else f":backlog={longest_queue()}"
    if kind != "tcp" or "interface" in named or not has_ipv6():
        return [endpoint + queue]
    both = endpoint.replace("tcp:", "tcp6:", 1) + queue
    return [both] if _read(_ONLY_V6) == 0 else [endpoint + queue, both]


def way_in(endpoint: str, host: str) -> str:
    """Return what people type to reach an endpoint on the machine called `host`, "" if that can't be known."""
    kind, *others = parts(endpoint)
    by = "telnet {host} {port}"
    if kind == "ssl":
        by = "openssl s_client -quiet -connect {host}:{port}"
    elif kind == "ssh":
        by = "ssh -p {port} NAME@{host}"
    elif kind not in ("tcp", "tcp6"):
        return ""
    port = next((other.removeprefix("port=") for other in others if "=" not in other or other[:5] == "port="), "")
    interface = next((unescaped(other[10:]) for other in others if other.startswith("interface=")), "")
    return by.format(host=interface or host, port=port) if port.isdecimal() else ""


def _check(kind: str, others: list[str]) -> None:
    """@raises ValueError: for what Twisted would refuse only when the port is opened, or not at all."""
    if kind in ("tcp", "tcp6"):
        port = next((other.removeprefix("port=") for other in others if "=" not in other or other[:5] == "port="), "")
        if not (port.isascii() and port.isdecimal() and len(port) < 6 and int(port) <= _HIGHEST_PORT):
            raise ValueError(f"a port from 0 to {_HIGHEST_PORT} is needed")
    if kind == "unix" and not others:
        raise ValueError("the path of a socket is needed, such as unix:/run/chatd/line")


def longest_queue() -> int:
    """Return how many connections may wait to be accepted, as the system limits it."""
    return _read(_QUEUE) or socket.SOMAXCONN


@cache
def handed_over() -> dict[str, list[tuple[int, str]]]:
    """Return which sockets systemd handed over under each name: their indices and what they really are, as INET6.

    It is asked before they are opened, when Twisted closes what it was handed.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    for index, name in enumerate(os.environ.get("LISTEN_FDNAMES", "").split(":")):
        with suppress(OSError), socket.socket(fileno=os.dup(_FIRST_HANDED_OVER + index)) as handed:
            found.setdefault(name, []).append((index, handed.family.name.removeprefix("AF_")))
    return found


def has_ipv6() -> bool:
    """Say whether this machine can listen on IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::", 0))
    except OSError:
        return False
    return True


def _read(path: Path) -> int:
    """Return the number in a file of the kernel, 0 if there is none."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0
