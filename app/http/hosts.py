"""Which host names a request may name: those of PUBLIC_URL and ALLOWED_HOSTS (docs/security.md, "Host names").

Whoever chose the name himself would choose what answers, redirects and checks of cookies say of us."""
import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import quote, urlsplit

from flask import request

from app.errors import InvalidInput
from app.runtime import runtime
from app.settings import Settings
from app.web_addresses import host_name, is_this_machine

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_HOSTS_REMEMBERED = 256  # reading a host costs more than the rest of the check, and nearly all requests name the same
_UNESCAPED_IN_PATH = "/!$&'()*+,:;=@"


def host_check(settings: Settings) -> Callable[[str], None]:
    """Return what refuses a request whose Host header names a foreign host: 400 HostNotAllowed, whatever port it names.

    Outside production this machine's own names are right, too. Health and metrics are asked for by address, by load
    balancers and collectors that know no name of ours; their answers repeat nothing of the request."""
    named = (urlsplit(settings.public_url).hostname or "", *settings.allowed_hosts)
    allowed = frozenset(host_name(name) for name in named)

    def check(host: str) -> None:
        if not _is_allowed(host) and not _may_name_any_host():
            raise InvalidInput("The request names a host that is none of this server's; its operator lists them in "
                               "PUBLIC_URL and ALLOWED_HOSTS", "HostNotAllowed")

    @lru_cache(maxsize=_HOSTS_REMEMBERED)
    def _is_allowed(host: str) -> bool:
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        try:
            name = host_name(found["name"])
        except ValueError:
            return False
        return name in allowed or (not settings.is_production and is_this_machine(name))

    return check


def _may_name_any_host() -> bool:
    return request.method in ("GET", "HEAD") and (request.path.endswith("/health") or request.path == "/metrics")


def public_address() -> str:
    """Return the address of the present request as clients see it, without its query: below PUBLIC_URL."""
    return runtime().settings.public_url.rstrip("/") + quote(request.path, safe=_UNESCAPED_IN_PATH)
