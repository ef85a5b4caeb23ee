"""Which client a request counts for: an IPv4 address, or the /64 of an IPv6 address, which is one customer's."""
from ipaddress import IPv6Address, ip_address, ip_network

_CUSTOMER_BITS = 64


def client_network(address: str) -> str:
    """Return what `address` counts under (decision 43): itself, or its /64; what is no address stays as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, _CUSTOMER_BITS), strict=False))
    return address
