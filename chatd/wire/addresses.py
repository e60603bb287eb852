"""The address of a peer: what may be banned of it, with whom it shares its limits, how the log shows it."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address

from twisted.internet import address as network
from twisted.internet.interfaces import IAddress

from chatd.core.bans import WIDTH_OF_ONE, Address, around


def ip_address_of(address: IAddress) -> Address | None:
    """Return the IP address of a peer, None for this machine itself. IPv4 peers of a dual-stack socket are IPv4."""
    if not isinstance(address, network.IPv4Address | network.IPv6Address):
        return None
    ip = _ip(address.host)
    return None if ip.is_loopback else ip


def neighbourhood(address: IAddress) -> str:
    """Return what an address shares its limits with: its IPv4 address or its IPv6 /64, "" for this machine itself."""
    ip = ip_address_of(address)
    if ip is None or isinstance(ip, IPv4Address):
        return str(ip or "")
    return str(around(ip, WIDTH_OF_ONE))


def shown_address(address: IAddress) -> str:
    """Return an address as the log shows it."""
    if not isinstance(address, network.IPv4Address | network.IPv6Address):
        return "a Unix socket"
    ip = _ip(address.host)
    return f"{ip}:{address.port}" if isinstance(ip, IPv4Address) else f"[{ip}]:{address.port}"


def _ip(host: str) -> Address:
    ip = ip_address(host)
    return ip if isinstance(ip, IPv4Address) else ip.ipv4_mapped or ip
