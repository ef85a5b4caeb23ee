"""Which addresses a receiver may have: the form of its URL, and the addresses its name leads to (front-door.md FD-20).

The lists are our own: `is_global` lets 64:ff9b::7f00:1, 2002:7f00:1::, ::127.0.0.1, fec0::1 and multicast pass on
Python 3.11, and says other things in later ones."""
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import quote, urlsplit

from app.settings import Settings
from app.web_addresses import LONGEST_ADDRESS, host_name, split_address

HTTPS_PORT = 443
_OWN_ADDRESSES_SECONDS = 10.0

# Special, private and shared networks of IPv4 (the IANA's registry), anycast of tunnels, multicast, reserved; and the
# one address of a cloud's own services that lies among public ones.
_REFUSED_IPV4 = tuple(map(ip_network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32")))
_GOOD_IPV6 = ip_network("2000::/3")
# Teredo, ORCHID and benchmarks (2001::/23), documentation, 6to4. Mapped and NAT64 addresses lie outside 2000::/3.
_REFUSED_IPV6 = tuple(map(ip_network, ("2001::/23", "2001:db8::/32", "3fff::/20", "2002::/16")))


class AddressRefused(ValueError):
    """Nothing is sent to this address; the message says what of it is refused, and names no address of ours."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A URL of good form, in parts: nothing is said yet about where its host leads."""

    url: str
    host: str
    port: int
    is_https: bool

    @property
    def target(self) -> str:
        """The path and query as a request line has them."""
        parts = urlsplit(self.url)
        return quote(parts.path or "/", safe="/%:@!$&()*+,;=~-._") + (f"?{parts.query}" if parts.query else "")

    @property
    def host_header(self) -> str:
        """The host as the `Host` header names it."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (HTTPS_PORT if self.is_https else 80) else f"{name}:{self.port}"


@dataclass(frozen=True, slots=True)
class OutwardRules:
    """What is good on this installation: `own_hosts` are our names, which nothing is sent to.

    `is_local_fine` lets receivers on loopback addresses pass, over http and at any port (demo and test only)."""

    own_hosts: frozenset[str] = frozenset()
    is_local_fine: bool = False

    @classmethod
    def of_settings(cls, settings: Settings) -> "OutwardRules":
        """Return the rules of the settings: OUTWARD_LOCAL, PUBLIC_URL and ALLOWED_HOSTS."""
        named = {host_name(name) for name in (urlsplit(settings.public_url).hostname or "", *settings.allowed_hosts)
                 if name}
        is_local_fine = settings.outward_local and not settings.is_production
        return cls(frozenset(named - {"localhost", "127.0.0.1", "::1"}), is_local_fine)

    def receiver(self, text: str) -> Receiver:
        """Return a URL's parts when its form is good: https, port 443, no user, no fragment, no name of ours.

        A host in another script comes out in ASCII. Raises AddressRefused. Resolves nothing: `judged` says whether
        the addresses of the host are good, at every call anew."""
        if len(text) > LONGEST_ADDRESS:
            raise AddressRefused(f"longer than {LONGEST_ADDRESS} characters")
        try:
            parts = split_address(text)
            host, port = host_name(parts.hostname or ""), parts.port
        except ValueError as error:
            raise AddressRefused("no address of the web: https://host/path, without user and password") from error
        if not text.isascii() and not (parts.path + parts.query).isascii():
            raise AddressRefused("the path must be in ASCII, other characters as %xx")
        if parts.fragment:
            raise AddressRefused("no fragment (#) is sent")
        if "%" in host or "_" in host:
            raise AddressRefused("no name of a host on the web")
        if host in self.own_hosts:
            raise AddressRefused("a name of this installation")
        is_https = parts.scheme == "https"
        if not self.is_local_fine:
            if not is_https:
                raise AddressRefused("not over https")
            if port not in (None, HTTPS_PORT):
                raise AddressRefused("another port than 443")
        port = port or (HTTPS_PORT if is_https else 80)
        netloc = f"[{host}]" if ":" in host else host
        if port != (HTTPS_PORT if is_https else 80):
            netloc += f":{port}"
        return Receiver(parts._replace(netloc=netloc, path=parts.path or "/").geturl(), host, port, is_https)

    def judged(self, receiver: Receiver, addresses: Sequence[str]) -> list[str]:
        """Return the addresses a receiver's host leads to when every one of them is good, in their order.

        Raises AddressRefused when one is not, or there is none: a name with one good and one inner address is no
        mistake of anybody who means well."""
        if not addresses:
            raise AddressRefused("the host has no address")
        if self.is_local_fine and all(_is_loopback(address) for address in addresses):
            return list(dict.fromkeys(addresses))
        if not receiver.is_https or receiver.port != HTTPS_PORT:  # good on loopback alone
            raise AddressRefused("not over https, or another port than 443")
        if not all(map(is_public, addresses)) or _own_addresses(_moment()) & set(addresses):
            raise AddressRefused("the host leads to an address that is not public")
        return list(dict.fromkeys(addresses))


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the public internet and to one machine of it."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in network for network in _REFUSED_IPV4)
    if found.scope_id is not None or found not in _GOOD_IPV6:
        return False
    return not any(found in network for network in _REFUSED_IPV6)


def _is_loopback(address: str) -> bool:
    found = ip_address(address)
    return isinstance(found, IPv4Address | IPv6Address) and found.is_loopback


def _moment() -> int:
    return int(time.monotonic() / _OWN_ADDRESSES_SECONDS)


@cache
def _interfaces(_moment: int) -> frozenset[str]:
    import psutil

    return frozenset(one.address for every in psutil.net_if_addrs().values() for one in every)


def _own_addresses(moment: int) -> frozenset[str]:
    """Return the addresses of this machine's interfaces, asked anew every few seconds: a lease may change them."""
    if _interfaces.cache_info().currsize > 1:
        _interfaces.cache_clear()
    return _interfaces(moment)
