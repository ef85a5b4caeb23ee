"""Which address a call comes from, and which caller that is: who has one address of an IPv6 /64 has all of them."""
import re
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

_ONE_SUBSCRIBER = 64
_WITH_PORT = re.compile(r"(?:\[(?P<v6>[^\[\]]+)\]|(?P<v4>[0-9.]+)):[0-9]{1,5}")


def said_by_proxy(header: str, proxies: int) -> str:
    """Return what the outermost of the nearest `proxies` proxies wrote into an X-Forwarded-… list, "" for nothing.

    Each proxy adds behind a comma what it saw; what stands further left is the caller's own, and may be anything. So
    quotes mean nothing here: in a reader of quoted lists one quote of the caller would swallow what a proxy added."""
    parts = header.split(",")
    return parts[-proxies].strip() if len(parts) >= proxies > 0 else ""


@lru_cache(maxsize=1024)  # a request asks twice, and reading an address costs more than the rest of the count
def client_network(address: str) -> str:
    """Return the key under which requests and attempts of a client address are counted (decision 43).

    IPv4 stays as it is, IPv4 mapped into IPv6 counts as that IPv4 address, and IPv6 counts by its /64. The port that
    some proxies add is another one with each connection and does not count. A text that is no address (a unix socket
    has none) is its own key."""
    with_port = _WITH_PORT.fullmatch(address)
    try:
        parsed = ip_address(with_port["v6"] or with_port["v4"] if with_port else address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), _ONE_SUBSCRIBER), strict=False))


def is_loopback(address: str) -> bool:
    """Tell whether an address, not a name, is this machine's own; a text that is no address is not."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return (getattr(parsed, "ipv4_mapped", None) or parsed).is_loopback
