"""Where a request comes from. One rule for staff and public."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

from flask import Request

Address = IPv4Address | IPv6Address


def origin_of(request: Request) -> Address | None:
    """The peer, or what a proxy on a private address says of it last; None of a peer that has no address."""
    peer = _address(request.remote_addr or "")
    told = _address(request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip())
    return told or peer if peer is None or peer.is_private else peer


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
