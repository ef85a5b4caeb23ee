"""What production demands of the settings, in one table; what the demo is given instead is published, so refused there.

A row is a setting, what its value must be, and whether it is."""
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.web_addresses import is_this_machine

# What the demo runs with where nothing is set; `make run` works without a setting, and everybody can read this file.
DEMO_SECRETS = {
    "secret_key": "guildhall-demo-secret-not-for-production",
    "superadmin_password": "superadmin-demo-1",
    "stripe_secret_key": "sk_test_guildhall",
    "stripe_webhook_secret": "whsec_guildhall_demo",
    "stripe_webhook_secret_network": "whsec_guildhall_demo_network",
}
# The superAdmin of the documents (rules-platform §3.1), used outside production: that mailbox is a stranger's.
SUPER_ADMIN_EMAIL = "admin@admin.com"
_PUBLISHED = (*DEMO_SECRETS.values(), SUPER_ADMIN_EMAIL, "demo-pass-1", "dora-pass-1", "replay-pass-1")
# What stands in deploy/ for a name or a password of one's own.
_PLACEHOLDER = re.compile(r"(?:^|[/@.])example\.org\b|:PASSWORD@", re.IGNORECASE)
_TLS_MODES = frozenset({"require", "verify-ca", "verify-full"})


@dataclass(frozen=True, slots=True)
class Demand:
    """What the value of the field `setting` must be, in words that follow "must", and the test of it."""

    setting: str
    wanted: str
    is_met: Callable[[Any], bool]


def is_published(value: object) -> bool:
    """True for a value, or a password in a URL, that stands in our documents or code, and for a placeholder."""
    parts = [part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, str)]
    return any(part in _PUBLISHED or _PLACEHOLDER.search(part) or any(f":{known}@" in part for known in _PUBLISHED)
               for part in parts)


def _is_private(url: str) -> bool:
    """True when nobody on the way can read what goes to the server: TLS, or a server of this machine."""
    parts = urlsplit(url)
    if not url or parts.scheme in ("https", "rediss", "unix", "file") or parts.scheme.startswith("sqlite"):
        return True
    asked = parse_qs(parts.query)
    if asked.get("sslmode", [""])[-1] in _TLS_MODES:
        return True
    hosts = [host for named in asked.get("host", [parts.hostname or ""]) for host in named.split(",")]
    return all(is_this_machine(host) or host[:1] in ("", "/") for host in hosts)  # none or a path: a socket


def _is_secret_of_length(value: str) -> bool:
    return len(value) >= 32


# Of a setting with several rows, the first that is not met is told.
DEMANDS = (
    *(Demand(name, "be set", bool)
      for name in ("secret_key", "superadmin_email", "superadmin_password", "stripe_secret_key",
                   "stripe_webhook_secret")),
    Demand("secret_key", "have at least 32 characters", _is_secret_of_length),
    Demand("public_url", "begin with https://", lambda value: value.startswith("https://")),
    Demand("cors_origins", "name https:// origins alone", lambda value: all(one[:8] == "https://" for one in value)),
    Demand("password_min_length", "be 8 or more", lambda value: value >= 8),
    Demand("ratelimit_enabled", "be 1", bool),
    Demand("email_verification_required", "be 1", bool),
    Demand("mail_transport", "be smtp: nobody reads the outbox", lambda value: value == "smtp"),
    Demand("mail_from", "be an address of your own", lambda value: not value.rstrip("> ").endswith("@localhost")),
    Demand("clock_offset", "be 0", lambda value: value == 0),
    Demand("outward_local", "be 0: a receiver that people name must not reach this machine", lambda value: not value),
    Demand("stripe_api_base", "be left out: localstripe is for demo and test", lambda value: not value),
    Demand("redis_url", "begin with rediss:// unless it names this machine", _is_private),
    *(Demand(name, "end in ?sslmode=require, verify-ca or verify-full unless it names this machine", _is_private)
      for name in ("database_url", "organization_database")),
    *(Demand(name, "begin with https:// unless it names this machine", _is_private)
      for name in ("s3_endpoint_url", "aws_endpoint_url")),
)
