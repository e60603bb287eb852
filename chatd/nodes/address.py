"""Where Redis is, as a URL says it; passwords and certificates are named elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

PORT, SENTINEL_PORT = 6379, 26379
_EXAMPLES = "redis://host:6379, rediss://user@host, unix:///run/redis/redis.sock or sentinel://host,host/name"

Host = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Address:
    """`hosts` is the one of Redis, or those of Sentinel, which are asked for the master called `service`."""

    kind: Literal["tcp", "tls", "unix", "sentinel"]
    hosts: tuple[Host, ...] = ()
    path: str = ""
    user: str = ""
    service: str = ""

    @classmethod
    def parse(cls, typed: str) -> Address:
        """@raises ValueError: for anything else; `str()` says what works."""
        parts = urlsplit(typed)
        user, _, hosts = parts.netloc.rpartition("@")
        if ":" in user:
            raise ValueError("a password in it could be read by anybody here; --redis-password names a file with it")
        user, name = unquote(user), parts.path.strip("/")
        if parts.scheme == "unix" and parts.path.startswith("/") and not hosts:
            return cls("unix", path=parts.path, user=user)
        if parts.scheme in ("redis", "rediss") and hosts and name in ("", "0"):
            return cls("tls" if parts.scheme == "rediss" else "tcp", (_host(hosts, PORT),), user=user)
        if parts.scheme == "sentinel" and hosts and name:
            found = tuple(_host(host, SENTINEL_PORT) for host in hosts.split(","))
            return cls("sentinel", found, user=user, service=name)
        raise ValueError(f"a URL is allowed, as {_EXAMPLES}")


def _host(typed: str, port: int) -> Host:
    """@raises ValueError: for a port that is none."""
    parts = urlsplit(f"//{typed}")
    if not parts.hostname:
        raise ValueError(f"a URL is allowed, as {_EXAMPLES}")
    return parts.hostname, parts.port or port
