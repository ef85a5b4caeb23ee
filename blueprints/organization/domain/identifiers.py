"""The only forms in which a tenant and a resource may be named; checked before any connection is made."""
import re

from blueprints.organization.domain.refusals import MalformedResourceId, MalformedTenantId

_TENANT = re.compile(r"[a-z][a-z0-9_-]{1,62}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

RESERVED_TENANT_IDS = frozenset({"oauth", "postgres", "template0", "template1"})
"""Names that belong to PostgreSQL or to routes beside the tenants."""


def tenant_id(text: str) -> str:
    """Return `text` when it is a tenantId (organization.md "Tenants"); raises MalformedTenantId."""
    if not _TENANT.fullmatch(text):
        raise MalformedTenantId("A tenantId is 2 to 63 characters: a lower-case letter, then letters, digits, _ or -.")
    return text


def resource_id(text: object) -> str:
    """Return the lower-case canonical UUID in `text`; raises MalformedResourceId."""
    lowered = text.lower() if isinstance(text, str) else ""
    if not _UUID.fullmatch(lowered):
        raise MalformedResourceId("A resource id is a UUID in its 36-character form.")
    return lowered
