"""Where a request comes from, behind proxies too."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable

from aiohttp import web

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_address_of(trusted: Iterable[str]) -> Callable[[web.BaseRequest], str]:
    """A function from a request to the address of who sent it.

    trusted: addresses or networks whose X-Forwarded-For is believed; of that header, the last
    address that is not itself a trusted proxy.
    """
    networks: list[_Network] = [ipaddress.ip_network(item, strict=False) for item in trusted]

    def is_trusted(text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in networks)

    def client_address(request: web.BaseRequest) -> str:
        peer = request.remote or ""
        forwarded = request.headers.get("X-Forwarded-For")
        if not forwarded or not is_trusted(peer):
            return peer
        for hop in reversed([part.strip() for part in forwarded.split(",")]):
            if not is_trusted(hop):
                try:
                    return str(ipaddress.ip_address(hop))
                except ValueError:
                    return peer
        return peer

    return client_address
