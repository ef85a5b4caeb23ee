"""Addresses of the web, read in one way: links and pictures that people name, and the names of hosts.

Nothing here reads a setting. app/http/schemas.py has the field, app/data/columns.py the column, app/http/hosts.py the
hosts of requests."""
import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, urlsplit

import idna

SCHEMES = ("http", "https")
LONGEST_ADDRESS = 2048

# A name of ASCII: labels of letters, digits, hyphens, and the underscores that old storage hosts have.
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
# What ends an attribute or a string of a page, and what browsers read as something else than it says.
_UNSAFE = frozenset(" \"'`<>\\^{|}")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
# A file of our buckets; a proxy that gives a realm a host name of its own leaves out the realm. A read token behind it
# (app/http/private_files.py) comes back when a program sends what it was answered.
_OUR_FILE = re.compile(rf"(?P<address>(?:/(?P<realm>[a-z]+))?/bucket/download/(?P<id>{_UUID}))(?:\?token=[\w.-]*)?")
# What a page may show of a stored address whatever it is: it opens a page of the web or of ours, and runs nothing.
_HARMLESS = re.compile(r"""(?:https?://[^/?#\s]|/(?!/))[^\x00-\x20\x7f"'`<>\\]*\Z""", re.IGNORECASE)


def host_name(text: str) -> str:
    """Return the one form of a host's name or IP address: lower case, IDNA as ASCII (RFC 5890), IPv6 without brackets.

    Raises ValueError when it is neither."""
    if text.startswith("[") and text.endswith("]"):
        return str(ip_address(text[1:-1]))
    try:
        return str(ip_address(text))
    except ValueError:
        pass
    name = text.lower() if text.isascii() else idna.encode(text, uts46=True).decode()
    for label in name.split("."):
        if label.startswith("xn--"):
            idna.decode(label)
    if not _NAME.fullmatch(name):
        raise ValueError("no name of a host")
    return name


def is_this_machine(host: str | None) -> bool:
    """Tell whether a host (in the form of `host_name`) is the machine itself: localhost or a loopback address."""
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


def split_address(text: str) -> SplitResult:
    """Return the parts of an absolute http(s) address; raises ValueError for anything else.

    Refused are control and invisible characters, spaces, quotes, backslashes, what else no address holds unescaped, a
    user name or password, and a host or port that is none."""
    if not text.isprintable() or _UNSAFE & set(text):
        raise ValueError("characters that no address has")
    parts = urlsplit(text)
    if parts.scheme not in SCHEMES or "@" in parts.netloc or parts.port == 0:
        raise ValueError("no address of the web")
    host_name(parts.hostname or "")
    return parts


@dataclass(frozen=True, slots=True)
class OurFile:
    """A file of our buckets: its address without a read token, the realm the address names, if any, and its id."""

    address: str
    realm: str | None
    file_id: str


def our_file(text: str, own: str) -> OurFile | None:
    """Return the file of our buckets that an address names, by its path or below the base URL `own`; else None."""
    base = own if text.startswith(own) else ""
    found = _OUR_FILE.fullmatch(text, len(base))
    return None if found is None else OurFile(base + found["address"], found["realm"], found["id"].lower())


def link(text: str, *, own: str, is_local_fine: bool) -> str:
    """Return the address in ASCII when pages may link to it or show it as a picture; else raise ValueError.

    Good are https addresses, the files of our own buckets (by path, or below the base URL `own`), whose read token
    goes, and with `is_local_fine` http addresses of this machine. A path of ours that is no file is not: shown as a
    picture it would be called by everybody who sees it."""
    file = our_file(text, own)
    if file is not None:
        return file.address
    parts = split_address(text)
    host = host_name(parts.hostname or "")
    if parts.scheme != "https" and not (is_local_fine and is_this_machine(host)):
        raise ValueError("not over https")
    if text.isascii():
        return text
    netloc = parts.netloc if parts.netloc.isascii() else host + (f":{parts.port}" if parts.port else "")
    return quote(parts._replace(netloc=netloc).geturl(), safe=_ASCII)


def harmless(text: str | None) -> str | None:
    """Return a stored address as it is when a page that links to it runs nothing by it, "" for any other; None stays.

    This is less than `link` asks: http addresses that were taken before are still shown."""
    return text if text is None or _HARMLESS.match(text) else ""


def harmless_all(texts: list[str] | None) -> list[str | None] | None:
    """Return a stored list of addresses with each as `harmless` gives it; None stays."""
    return None if texts is None else list(map(harmless, texts))
