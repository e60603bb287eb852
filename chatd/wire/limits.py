"""What every connection is held to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may send at once and in each second after that, what waits for it, how many there may be.

    Rates of 0 are no limits; `byte_rate`, `byte_burst` and `sendq` are in bytes, times in seconds, and an
    `idle_timeout` of None is for ever. `max_arrivals` are the connections that one address may open in ten seconds.
    """

    line_rate: int
    line_burst: int
    byte_rate: int
    byte_burst: int
    max_connections: int
    max_per_address: int
    max_arrivals: int
    sendq: int
    stall_timeout: int
    peer_timeout: int
    idle_timeout: int | None
