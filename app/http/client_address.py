"""Which caller an address is counted as: whoever has one address of an IPv6 network has the other 2^64 as well."""
from ipaddress import IPv6Address, IPv6Network, ip_address

_ONE_SUBSCRIBER = 64


def client_network(address: str) -> str:
    """Return the key under which requests and attempts of a client address are counted (decision 43).

    IPv4 stays as it is, IPv4 mapped into IPv6 counts as that IPv4 address, and IPv6 counts by its /64. A text that is
    no address (a unix socket has none) is its own key."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), _ONE_SUBSCRIBER), strict=False))
